/** One document of all checks of a configuration, for systems that take one: JUnit, SARIF, annotations, a summary. */

import type { ReportInput } from "../kinds.ts";
import { duration, grouped } from "../layout.ts";
import type { CiRow } from "../text/ci-text.ts";
import { githubReport } from "./github.ts";
import { markdownReport, SUMMARY_BYTES_MAX } from "./markdown.ts";
import { sarifReport } from "./sarif.ts";

export async function ciJunit(rows: readonly CiRow[]): Promise<string> {
  const { junitDocument } = await import("./junit.ts");
  const notRun = rows.flatMap(({ input, name, why }) =>
    input === null ? [{ name, message: why ?? "" }] : [],
  );
  return junitDocument(inputsOf(rows), notRun);
}

function inputsOf(rows: readonly CiRow[]): ReportInput[] {
  return rows.flatMap(({ input }) => (input === null ? [] : [input]));
}

// --- SARIF -----------------------------------------------------------------------------------------

interface SarifRule {
  readonly id: string;
}

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex?: number;
  readonly suppressions?: readonly object[];
}

interface SarifRun {
  readonly tool: { readonly driver: { readonly rules: readonly SarifRule[] } };
  readonly invocations: readonly object[];
  readonly results: readonly SarifResult[];
  readonly properties?: object;
}

interface SarifDocument {
  readonly runs: readonly [SarifRun];
}

/**
 * One run of all checks: GitHub takes 20 runs in a document, and refuses two of the same category. What a
 * configuration expects to fail is no finding, and whoever shows findings may not know of suppressions; it is left out.
 */
export function ciSarif(rows: readonly CiRow[], config: string): string | null {
  const documents = inputsOf(rows).map((input) => JSON.parse(sarifReport(input)) as SarifDocument);
  const [first] = documents;
  if (first === undefined) return null;
  const runs = documents.map((document) => document.runs[0]);
  const rules = [
    ...new Map(runs.flatMap((run) => run.tool.driver.rules.map((rule) => [rule.id, rule]))).values(),
  ];
  const results = runs
    .flatMap((run) => run.results)
    .filter(({ suppressions }) => suppressions === undefined)
    .map((result) => ({ ...result, ruleIndex: rules.findIndex(({ id }) => id === result.ruleId) }));
  const { properties: _properties, ...run } = first.runs[0];
  const combined = {
    ...run,
    tool: { driver: { ...run.tool.driver, rules } },
    automationDetails: { id: "dscheck/ci/", description: { text: `All checks of ${config}` } },
    invocations: runs.flatMap((one) => one.invocations),
    results,
  };
  return `${JSON.stringify({ ...first, runs: [combined] }, null, 2)}\n`;
}

// --- annotations -----------------------------------------------------------------------------------

const LEVELS = ["error", "warning", "notice"] as const;

/** Errors first: GitHub shows ten of a kind. Of checks that are as expected only warnings are worth a line. */
export function ciAnnotations(rows: readonly CiRow[]): string {
  const lines = rows.flatMap(({ input, good }) =>
    input === null
      ? []
      : githubReport(input)
          .split("\n")
          .filter((line) => line !== "" && (good === false || line.startsWith("::warning"))),
  );
  return LEVELS.flatMap((level) => lines.filter((line) => line.startsWith(`::${level} `)))
    .map((line) => `${line}\n`)
    .join("");
}

// --- summary ---------------------------------------------------------------------------------------

/** A table of all checks, then each that failed, with as much of its trace as there is room for. */
export function ciMarkdown(rows: readonly CiRow[], end: string): string {
  const table = [
    `# dscheck: ${end}`,
    "",
    "| | Check | Verdict | States | Time |",
    "| --- | --- | --- | ---: | ---: |",
    ...rows.map(tableRow),
  ].join("\n");
  const blocks = [table];
  let left = SUMMARY_BYTES_MAX - bytesOf(table);
  const failed = rows.filter((row) => row.good === false && row.input !== null);
  for (const [at, { input, differences }] of failed.entries()) {
    const why = differences.map((text) => `- ${escaped(text)}`).join("\n");
    const block = markdownReport(
      input!,
      Math.floor(left / (failed.length - at)) - bytesOf(why) - 2,
    ).trimEnd();
    left -= bytesOf(block) + bytesOf(why) + 4;
    blocks.push(why, block);
  }
  return `${blocks.join("\n\n")}\n`;
}

function tableRow({ good, name, input, why, cached, changed }: CiRow): string {
  const since = changed === false ? ", unchanged" : "";
  const cells =
    input === null
      ? ["not run", escaped(name), escaped(why ?? ""), "", ""]
      : [
          good ? "ok" : "**FAILED**",
          escaped(name),
          `${escaped(input.result.verdict)}${since}`,
          grouped(input.result.states.distinct),
          cached ? "cached" : duration(input.result.seconds),
        ];
  return `| ${cells.join(" | ")} |`;
}

/** Every character with a meaning in Markdown or HTML by its number, so that it has none. */
function escaped(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[&<>|`*_[\]~#@\\$!]/g, (char) => `&#${char.charCodeAt(0)};`);
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
