/** The tables of README.md, made from the manifest and from what the specs say of themselves. */

import manifest from "../specs/manifest.ts";
import type { ManifestRow } from "../src/cli/suite/suite.ts";
import type { Spec } from "../src/spec/define-spec.ts";

const rows: readonly ManifestRow[] = manifest;

const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

function table(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const cells = (line: readonly string[]): string =>
    `| ${line.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return cells(header) + cells(header.map(() => "---")) + lines.map(cells).join("");
}

/** A row for each spec: what it is, where it comes from, its largest recorded row, and how many there are. */
export async function specTable(): Promise<string> {
  const isClassic = (file: string): boolean => file.startsWith("classic/");
  const files = [...new Set(rows.map((row) => row.spec))].sort((a, b) => +isClassic(a) - +isClassic(b));
  const lines = files.map(async (file) => {
    const { href } = new URL(`../specs/${file}`, import.meta.url);
    const { default: spec } = (await import(/* @vite-ignore */ href)) as { default: Spec };
    const recorded = rows.filter((row) => row.spec === file);
    const largest = recorded.reduce((a, b) => ((b.distinct ?? 0) > (a.distinct ?? 0) ? b : a));
    return [
      `[${spec.name}](specs/${file})`,
      spec.summary,
      spec.source,
      largest.distinct === null ? "" : grouped(largest.distinct),
      largest.generated === null ? "" : grouped(largest.generated),
      String(largest.depth ?? ""),
      settingsOf(largest),
      String(recorded.length),
    ];
  });
  const header = ["spec", "what", "after", "distinct", "generated", "steps", "with", "rows"];
  return table(header, await Promise.all(lines));
}

/** A row for each recorded counterexample. */
export function bugTable(): string {
  const lines = rows
    .filter((row) => row.traceLength !== null)
    .map((row) => [
      row.spec.replace(/\.ts$/, "").replace(/^classic\//, ""),
      settingsOf(row),
      row.expect.replace(/^violated:/, ""),
      String(row.traceLength),
    ]);
  return lines.length === 0 ? "" : table(["spec", "with", "what fails", "steps"], lines);
}

function settingsOf(row: ManifestRow): string {
  const parameters = Object.entries(row.parameters).map(([name, value]) => `${name}=${value}`);
  return [...parameters, ...(row.symmetry ? [] : ["no symmetry"])].join(", ") || "the defaults";
}
