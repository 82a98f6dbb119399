/**
 * A run as a page for GitHub's job summary ($GITHUB_STEP_SUMMARY) or a comment: the verdict, the properties, each
 * trace as a table and as a diagram, and the command to run it again. GitHub drops a summary of more than 1 MiB, so
 * the middle of a long trace is left out, and the page says so.
 */
import type { TraceStep, Violation } from "../../search/result.ts";
import { MESSAGE_WORDS } from "../itf.ts";
import type { ReportInput } from "../kinds.ts";
import { grouped, plural } from "../layout.ts";
import { repositoryPath } from "../source-root.ts";
import { shortTitle } from "../text/remarks.ts";
import { verdictInWords } from "../text/text.ts";
import { stateLines } from "../text/trace-text.ts";
import { printable, toldAction, toldChanges, toldMessage, toldReads } from "../told.ts";
import { DIAGRAM_MAX, mermaidDiagram } from "./mermaid.ts";

/** 1 MiB is GitHub's limit for all that a step writes; the rest is left for what else it writes. */
export const SUMMARY_BYTES_MAX = 900 * 1024;
const CELL_MAX = 2_000;

/** `bytesMax`: of what is told of traces; the rest is small. */
export function markdownReport(input: ReportInput, bytesMax = SUMMARY_BYTES_MAX): string {
  const { violations } = input.result;
  const before = [head(input)];
  const after = [propertyTable(input), runAgain(input)].filter((block) => block !== "");
  let left = bytesMax - bytesOf([...before, ...after].join("\n\n"));
  const told = violations.map((violation, at) => {
    const block = violationBlock(violation, input, Math.floor(left / (violations.length - at)));
    left -= bytesOf(block);
    return block;
  });
  return `${[...before, ...told, ...after].join("\n\n")}\n`;
}

function head({ run, result, expected }: ReportInput): string {
  const { states, bounds } = result;
  const hit = bounds.filter((bound) => bound.hit);
  const parameters = Object.entries(run.parameters).map(([name, value]) => `${name}=${value}`);
  const never = Object.entries(result.coverage.actions)
    .filter(([, { enabled }]) => enabled === 0)
    .map(([name]) => name);
  const rows = [
    ["Spec", `${code(run.file)}`],
    ...(parameters.length === 0 ? [] : [["Parameters", parameters.map(code).join(" ")]]),
    ...(expected === null
      ? []
      : [["Expected", `${code(expected.outcome)}: ${expected.met ? "met" : "**not met**"}`]]),
    [
      "States",
      `${grouped(states.generated)} generated, ${grouped(states.distinct)} distinct, ${grouped(states.queued)} queued`,
    ],
    ["Depth", plural(states.depth, "step")],
    [
      "Bounds",
      hit.length > 0
        ? `cut something off: ${hit.map(({ name, limit }) => code(limit === null ? name : `${name}=${limit}`)).join(", ")}`
        : bounds.length === 0
          ? "none declared"
          : "none cut anything off",
    ],
    ...(never.length === 0 ? [] : [["Never enabled", never.map(code).join(", ")]]),
  ];
  return [
    `## ${escaped(run.spec)}: ${result.verdict === "failed" ? "failed" : escaped(result.verdict)}`,
    "",
    `**${escaped(verdictInWords(run, result))}**`,
    "",
    ...table(["", ""], rows),
  ].join("\n");
}

function propertyTable({ run, result, sourceRoot }: ReportInput): string {
  if (result.properties.length === 0) return "";
  const steps = new Map(result.reached.map(({ property, steps: count }) => [property, count]));
  const rows = result.properties.map(({ name, kind, verdict }) => {
    const place = run.declared.properties.find((property) => property.name === name)?.location ?? null;
    const reached = steps.get(name) ?? null;
    const told =
      verdict === "reached" && reached !== null ? `reached in ${plural(reached, "step")}` : verdict;
    const loud = verdict === "violated" || verdict === "unreached";
    return [
      code(name),
      kind === "step" ? "step property" : kind,
      loud ? `**${told}**` : told,
      escaped(run.meanings[name] ?? ""),
      place === null ? "" : code(`${repositoryPath(place.file, sourceRoot)}:${place.line}`),
    ];
  });
  return ["### Properties", "", ...table(["Property", "Kind", "Verdict", "Meaning", "Place"], rows)].join(
    "\n",
  );
}

function runAgain({ run }: ReportInput): string {
  const fence = fenceFor(run.command);
  return ["To run this again:", "", `${fence}sh`, run.command, fence].join("\n");
}

// --- a counterexample ------------------------------------------------------------------------------

function violationBlock(violation: Violation, input: ReportInput, room: number): string {
  const { run, sourceRoot } = input;
  const { trace, location } = violation;
  const meaning = violation.kind === "deadlock" ? "" : (run.meanings[violation.property] ?? "");
  const lines = [
    `### ${escaped(shortTitle(violation))}`,
    "",
    ...(meaning === "" ? [] : [escaped(meaning), ""]),
    ...(violation.message === "" ? [] : [escaped(violation.message), ""]),
    ...(location === null ? [] : [code(`${repositoryPath(location.file, sourceRoot)}:${location.line}`), ""]),
  ];
  if (trace.length === 0) return lines.join("\n").trimEnd();
  const diagram = mermaidDiagram(run, violation);
  const drawn =
    diagram.length > DIAGRAM_MAX
      ? ["The trace is too long for a sequence diagram on GitHub; `--report mermaid=FILE` writes it."]
      : [
          "<details><summary>Sequence diagram</summary>",
          "",
          "```mermaid",
          diagram.trimEnd(),
          "```",
          "",
          "</details>",
        ];
  const why = whyLines(violation);
  const legend = [
    "Only what changed is shown.",
    ...(trace.some(({ relevant }) => relevant)
      ? ["**\\*** marks the steps that last wrote what the property read."]
      : []),
    ...(trace.some(({ fault }) => fault) ? ["**!** marks faults."] : []),
  ].join(" ");
  const start = initialState(trace[0]!, input);
  const rest = [...lines, legend, ...start, ...why, ...drawn].join("\n");
  const rows = trace.map((step, at) => stepRow(step, trace[at - 1], input));
  const kept = keep(rows, room - bytesOf(rest) - 1_000, trace);
  return [
    ...lines,
    legend,
    "",
    ...table(["", "Step", "Action", "Messages", "Changes"], kept.rows),
    ...(kept.left === "" ? [] : ["", kept.left]),
    ...(why.length === 0 ? [] : ["", ...why]),
    "",
    ...start,
    "",
    ...drawn,
  ].join("\n");
}

function initialState({ state }: TraceStep, { run }: ReportInput): string[] {
  const lines = stateLines(state, run, 100, "").map(cutLine);
  const fence = fenceFor(lines.join("\n"));
  return ["<details><summary>Initial state</summary>", "", fence, ...lines, fence, "", "</details>"];
}

function stepRow(step: TraceStep, before: TraceStep | undefined, { run }: ReportInput): string[] {
  const mark = `${step.relevant && before !== undefined ? "\\*" : ""}${step.fault ? "!" : ""}`;
  const messages = MESSAGE_WORDS.flatMap((word) =>
    step[word].map((message) => `${word} ${code(toldMessage(message, run))}`),
  );
  const changes = toldChanges(step, before, run).map(({ path, text }) => `${code(path)}: ${code(text)}`);
  return [
    mark === "" ? "" : `**${mark}**`,
    String(step.step),
    step.action === null ? escaped(toldAction(step)) : code(step.action),
    joined(messages),
    joined(changes),
  ];
}

/** Lines of one cell, as many as may stand there. */
function joined(texts: readonly string[]): string {
  let length = 0;
  const kept = texts.filter((text) => {
    length += text.length;
    return length <= CELL_MAX * 2;
  });
  return [...kept, ...(kept.length < texts.length ? [`and ${texts.length - kept.length} more`] : [])].join(
    "<br>",
  );
}

/** As many rows of the beginning and of the end as there is room for: half each. */
function keep(
  rows: readonly (readonly string[])[],
  room: number,
  trace: readonly TraceStep[],
): { readonly rows: readonly (readonly string[])[]; readonly left: string } {
  const sizes = rows.map((row) => bytesOf(rowText(row)) + 1);
  if (sizes.reduce((sum, size) => sum + size, 0) <= room) return { rows, left: "" };
  let [first, last] = [0, rows.length];
  for (let used = 0; first < rows.length && used + sizes[first]! <= room / 2; first++) used += sizes[first]!;
  for (let used = 0; last > first && used + sizes[last - 1]! <= room / 2; last--) used += sizes[last - 1]!;
  if (first === last) return { rows, left: "" };
  const steps = `${trace[first]!.step} to ${trace[last - 1]!.step}`;
  return {
    rows: [...rows.slice(0, first), ["", "...", `steps ${steps} are left out`, "", ""], ...rows.slice(last)],
    left: `${plural(last - first, "step")} (${steps}) are left out here, because GitHub shows no summary of more than 1 MiB; \`--report text=FILE\` writes them all.`,
  };
}

const WHY: Partial<Record<Violation["kind"], string>> = {
  "property-error": "threw on",
  "action-error": "threw when it had read",
  assertion: "failed when it had read",
};

function whyLines(violation: Violation): string[] {
  const reads = toldReads(violation);
  if (reads.length === 0) return [];
  return [
    `Why: ${code(violation.property + violation.instance)} ${WHY[violation.kind] ?? "failed on"} these values:`,
    "",
    ...table(
      ["Value", "", "Written"],
      reads.map(({ what, value, writtenAt }) => [
        code(what),
        code(value),
        writtenAt === 0 ? "initial value" : `step ${writtenAt}`,
      ]),
    ),
  ];
}

// --- Markdown --------------------------------------------------------------------------------------

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [rowText(header), rowText(header.map(() => "---")), ...rows.map(rowText)];
}

function rowText(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function cutLine(text: string): string {
  return text.length <= CELL_MAX ? text : `${text.slice(0, CELL_MAX)}… (${grouped(text.length)} characters)`;
}

/** A value as it is: no markup, no mention of people, no cell's end. */
function code(text: string): string {
  const kept =
    text.length <= CELL_MAX ? text : `${text.slice(0, CELL_MAX)}… (${grouped(text.length)} characters)`;
  return `<code>${escaped(kept)}</code>`;
}

/** Every character with a meaning in Markdown or HTML by its number, so that it has none. */
function escaped(text: string): string {
  return printable(text)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[&<>|`*_[\]~#@\\$!]/g, (char) => `&#${char.codePointAt(0)};`);
}

/** Longer than any run of backticks inside. */
function fenceFor(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  return "`".repeat(longest + 1);
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
