/** The comparison of two versions in Markdown, for a comment on a change or the summary of a CI job. */
import type { DiffInput, DiffReport } from "../behaviour-diff.ts";
import { behaviourLines, changeGroups, settingsOf, titleOf, verdictOf } from "../text/behaviour-diff-text.ts";
import { paintFor } from "../text/style.ts";

export function behaviourDiffMarkdown(input: DiffInput, report: DiffReport): string {
  const options = { paint: paintFor(false), width: 100, fullStates: false, quiet: false };
  const rows = changeGroups(input, report).flatMap(({ label, rows }) =>
    rows.map((row, at) => [at === 0 ? label : "", ...row]),
  );
  const table =
    rows.length === 0
      ? []
      : ["| | | |", "|---|---|---|", ...rows.map((row) => `| ${row.map(escaped).join(" | ")} |`), ""];
  const behaviours = (["new", "old"] as const).flatMap((side) => {
    const lines = behaviourLines(input, side, options);
    const isTrace = (side === "new" ? input.gained : input.lost).difference !== null;
    return isTrace ? ["```text", ...lines, "```", ""] : lines.length === 0 ? [] : [lines.join(" "), ""];
  });
  const lines = [
    `### ${escaped(titleOf(input))}`,
    "",
    `**${escaped(verdictOf(input, report))}**`,
    "",
    ...table,
    ...behaviours,
    `<sub>${escaped(settingsOf(input))}; dscheck ${report.dscheck}</sub>`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Text that Markdown takes as it is. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|#~]/g, (character) => `\\${character}`).replaceAll("\n", " ");
}
