/**
 * The report for people. First what was checked, then what failed and how, and last the lines that every
 * run ends with: the verdict in words, what was not covered, how much was explored, and, unless all is
 * well, the command that shows the same again. "Holds" is all it ever claims, within the bounds it names.
 */
import type { BoundResult, PropertyResult, SearchResult, Violation } from "../../search/result.ts";
import { bytes, columns, duration, grouped, hang, plural } from "../layout.ts";
import { type Expected, isComplete, type RunInfo, sawAll } from "../run-info.ts";
import { type TextOptions, violationLines } from "./trace-text.ts";

export type { TextOptions } from "./trace-text.ts";

/** The whole report; ends with a line break. */
export function textReport(
  run: RunInfo,
  result: SearchResult,
  expected: Expected | null,
  options: TextOptions,
): string {
  const blocks: string[][] = [];
  if (!options.quiet) {
    blocks.push(titleLines(run, result, options));
    for (const violation of result.violations) blocks.push(violationLines(violation, run, options));
    if (result.properties.length > 0) blocks.push(propertyLines(result, options));
  }
  blocks.push(lastLines(run, result, expected, options));
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function titleLines(run: RunInfo, result: SearchResult, { paint, width }: TextOptions): string[] {
  const settings = [
    ...Object.entries(run.parameters).map(([name, value]) => `${name}=${value}`),
    ...(result.symmetry.length > 0
      ? [`symmetry of ${result.symmetry.join(", ")}`]
      : isComplete(result)
        ? ["no symmetry"]
        : []),
  ];
  return [
    paint.strong(`${run.spec}  ${run.file}`),
    ...(settings.length === 0 ? [] : hang("  ", settings.join("  "), width)),
  ];
}

/** All properties; after a violation not those that the search did not come to decide. */
function propertyLines(result: SearchResult, { paint, width }: TextOptions): string[] {
  const steps = new Map(result.reached.map(({ property, steps }) => [property, steps]));
  const threw = new Set(result.violations.filter(isError).map((violation) => violation.property));
  const told = result.violations.length === 0 ? result.properties : result.properties.filter(isDecided);
  const rows = told.map((property) => [
    property.name,
    property.kind === "step" ? "step property" : property.kind,
    threw.has(property.name)
      ? "THREW"
      : propertyVerdict(property, steps.get(property.name) ?? null, sawAll(result)),
  ]);
  const rest = result.properties.filter(({ verdict }) => verdict === "undecided").length;
  // A search that stopped at a limit was not ended by the violation.
  const hint = result.stopped === null ? "; with --continue the search goes on until they are" : "";
  const more = result.violations.length === 0 || rest === 0 ? [] : [`  ${rest} not decided${hint}`];
  return [paint.strong("Properties"), ...columns(rows, "  ", width), ...more];
}

function isDecided({ verdict }: PropertyResult): boolean {
  return verdict !== "undecided" && verdict !== "not-checked";
}

function propertyVerdict({ verdict }: PropertyResult, steps: number | null, complete: boolean): string {
  switch (verdict) {
    case "holds":
      return complete ? "holds" : "holds so far";
    case "reached":
      return steps === null ? "reached" : `reached in ${plural(steps, "step")}`;
    case "unreached":
      return complete ? "NOT REACHED" : "not reached so far";
    case "violated":
      return "VIOLATED";
    case "vacuous":
      return complete ? "vacuous: its premise was never true" : "vacuous so far";
    case "not-checked":
      return "not checked: the parameters are too small for it";
    case "undecided":
      return "undecided";
  }
}

// --- the lines that every run ends with ----------------------------------------------------------------

function lastLines(
  run: RunInfo,
  result: SearchResult,
  expected: Expected | null,
  options: TextOptions,
): string[] {
  const { paint, width } = options;
  const { states } = result;
  const good = result.verdict === "holds" || result.verdict === "holds-within";
  const unsure = result.verdict === "stopped";
  const colour = good ? paint.good : unsure ? paint.unsure : paint.bad;
  const [verdict = "", ...more] = hang("Verdict   ", verdictInWords(run, result), width);
  const lines = [colour(verdict), ...more.map(colour)];
  const say = (label: string, texts: readonly string[]): void => {
    texts.forEach((text, at) => {
      lines.push(...hang((at === 0 ? label : "").padEnd(10), text, width));
    });
  };
  if (expected !== null) say("Expected", [`${expected.outcome}: ${expected.met ? "met" : "NOT MET"}`]);
  // A search that failed or was interrupted may not know; then nothing is said rather than "none".
  if (result.bounds.length > 0 || isComplete(result)) say("Bounds", [boundsInWords(result)]);
  say("Coverage", coverage(run, result));
  say("States", [
    `${grouped(states.generated)} generated, ${grouped(states.distinct)} distinct, ${grouped(states.queued)} queued; stored exactly, not as hashes`,
  ]);
  say("Depth", [`${plural(states.depth, "step")} (TLC counts states: ${grouped(states.depth + 1)})`]);
  // For a small model the tables are larger than what is in them.
  const perState =
    states.distinct < 10_000 ? "" : `, ${Math.round(result.memory.bytesPerState)} bytes a state`;
  say("Time", [
    `${duration(result.seconds)} with ${plural(result.workers, "worker")}; memory ${bytes(result.memory.peakBytes)}${perState}`,
  ]);
  if (!good || expected?.met === false)
    lines.push(
      "",
      result.violations.length === 0 ? "To run this again:" : "To print this again:",
      run.command,
    );
  return lines;
}

/** One sentence. A run that was cut off by a limit has no verdict and says so. */
export function verdictInWords(run: RunInfo, result: SearchResult): string {
  const { failure, stopped, violations } = result;
  if (failure !== null) {
    const where =
      failure.action === null || failure.message.includes(failure.action) ? "" : `action ${failure.action}: `;
    const report = failure.kind === "internal" ? " This is an error in dscheck; please report it." : "";
    return `FAILED: ${where}${failure.message}.${report}`.replace(/([.!?])\.(?= |$)/, "$1");
  }
  if (violations.length > 0) return violationsInWords(violations, result.properties);
  switch (result.verdict) {
    case "holds":
      return `HOLDS: ${whatHolds(run, result)} in every reachable state; no bound cut anything off.`;
    case "holds-within":
      return `HOLDS WITHIN BOUNDS: ${whatHolds(run, result)} in every state that is reachable within the bounds below.`;
    case "unreached": {
      const names = result.properties.filter((p) => p.verdict === "unreached").map((p) => p.name);
      const within = result.bounds.some((bound) => bound.hit) ? " within the bounds below" : "";
      return `UNREACHED: ${names.join(", ")} ${names.length === 1 ? "is" : "are"} true in no reachable state${within}.`;
    }
    default:
      return stopped === null ? `${result.verdict.toUpperCase()}.` : stoppedInWords(run, stopped);
  }
}

function whatHolds(run: RunInfo, result: SearchResult): string {
  if (result.properties.length === 0)
    return run.deadlockChecked ? "no deadlock (no property was checked)" : "nothing was checked";
  if (run.selected === null) return "every property holds";
  return run.selected.checked === 1
    ? "the one property checked holds"
    : `the ${run.selected.checked} properties checked hold`;
}

function violationsInWords(violations: readonly Violation[], properties: readonly PropertyResult[]): string {
  const [first] = violations as readonly [Violation, ...Violation[]];
  const word = first.kind === "deadlock" ? "DEADLOCK" : isError(first) ? "FAILED" : "VIOLATED";
  const parts = violations.map((violation) => {
    const steps = violation.trace.length - 1;
    const length = steps < 0 ? "" : ` after ${plural(steps, "step")}`;
    const thrown = violation.message === "" ? "" : `: ${violation.message.replace(/\.$/, "")}`;
    return `${KIND_IN_WORDS[violation.kind](violation.property)}${length}${thrown}`;
  });
  const untold = properties.filter(
    ({ name, verdict }) => verdict === "violated" && !violations.some((v) => v.property === name),
  );
  const also =
    untold.length === 0
      ? ""
      : ` Also violated: ${untold.map(({ name }) => name).join(", ")} (--continue prints every trace).`;
  return `${word}: ${parts.join("; ")}.${also}`;
}

function isError({ kind }: Violation): boolean {
  return kind === "action-error" || kind === "property-error";
}

const KIND_IN_WORDS: Readonly<Record<Violation["kind"], (name: string) => string>> = {
  invariant: (name) => `invariant ${name}`,
  step: (name) => `step property ${name}`,
  deadlock: () => "no action is enabled",
  assertion: (name) => `an assertion in action ${name}`,
  "action-error": (name) => `action ${name} threw`,
  "property-error": (name) => `property ${name} threw`,
  scenario: (name) => `a trace to ${name}`,
};

function stoppedInWords({ limits }: RunInfo, stopped: NonNullable<SearchResult["stopped"]>): string {
  const smaller = "make the model smaller";
  switch (stopped.by) {
    case "interrupt":
      return "INTERRUPTED: no verdict.";
    case "states":
      return `STOPPED at --max-states ${grouped(limits.states ?? 0)}: no verdict. Raise it, or ${smaller}.`;
    case "depth":
      return `STOPPED at --max-depth ${grouped(limits.depth ?? 0)}: no verdict, deeper states were not explored. Raise it, or bound the model instead.`;
    case "seconds":
      return `STOPPED at --max-seconds ${limits.seconds ?? 0}: no verdict. Raise it, or ${smaller}.`;
    case "memory":
      return `STOPPED at --max-memory ${bytes(limits.memoryBytes)}: no verdict. Raise it, or ${smaller}.`;
    case "capacity":
      return `STOPPED: ${stopped.message.replace(/\.?$/, ".")} No verdict.`;
  }
}

function boundsInWords({ bounds, states }: SearchResult): string {
  const hit = bounds.filter((bound) => bound.hit);
  if (hit.length === 0) return bounds.length === 0 ? "none declared" : "none cut anything off";
  const ends =
    states.boundTerminal === 0
      ? ""
      : `; ${plural(states.boundTerminal, "state")} had no successor because of them`;
  return `${hit.map(boundInWords).join(", ")} cut something off${ends}`;
}

function boundInWords({ name, kind, limit }: BoundResult): string {
  const what = kind === "bound" ? "" : kind === "fault" ? " (faults)" : ` (${kind})`;
  return `${name}${limit === null ? "" : `=${grouped(limit)}`}${what}`;
}

/** What the verdict does not speak about, and how reachability was shown. */
function coverage(run: RunInfo, result: SearchResult): string[] {
  const soFar = sawAll(result) ? "" : " so far";
  const named = (verdict: PropertyResult["verdict"]): string[] =>
    result.properties.filter((property) => property.verdict === verdict).map((property) => property.name);
  const never = Object.entries(result.coverage.actions)
    .filter(([, { enabled }]) => enabled === 0)
    .map(([name]) => name);
  const reached = result.reached
    .filter(({ steps }) => steps !== null)
    .map(({ property, steps }) => `${property} in ${plural(steps!, "step")}`);
  const [vacuous, notChecked] = [named("vacuous"), named("not-checked")];
  const texts: string[] = [];
  if (never.length > 0) texts.push(`never enabled${soFar}: ${never.join(", ")}`);
  else if (Object.keys(result.coverage.actions).length > 0)
    texts.push(`every action was enabled in some state`);
  if (vacuous.length > 0) texts.push(`premise never true${soFar}: ${vacuous.join(", ")}`);
  if (notChecked.length > 0)
    texts.push(`not checked, the parameters are too small: ${notChecked.join(", ")}`);
  if (reached.length > 0) texts.push(`reached: ${reached.join(", ")}`);
  if (run.selected !== null)
    texts.push(`only ${run.selected.checked} of ${run.selected.declared} properties checked (--property)`);
  if (!run.deadlockChecked) texts.push("deadlocks were not looked for (--no-deadlock)");
  if (!run.audited) texts.push("purity and symmetry were not audited (--no-audit)");
  return texts;
}
