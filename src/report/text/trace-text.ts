/** A counterexample as text: what each step did and changed, and why the property failed at the end. */
import type { Itf, ItfState, ReadValue, TraceMessage, TraceStep, Violation } from "../../search/result.ts";
import { type Change, isSetChange, untoldChanges } from "../diff.ts";
import {
  format,
  formatMessage,
  listItems,
  MESSAGE_WORDS,
  mapEntries,
  ownerText,
  setMembers,
} from "../itf.ts";
import { columns, hang, plural } from "../layout.ts";
import type { RunInfo } from "../run-info.ts";
import type { Paint } from "./style.ts";

export interface TextOptions {
  readonly paint: Paint;
  readonly width: number;
  readonly fullStates: boolean;
  /** Only the verdict and its last lines. */
  readonly quiet: boolean;
}

const INDENT = " ".repeat(9);

/** A counterexample of a search is a shortest one; a trace that was asked for step by step is just that. */
export function violationLines(
  violation: Violation,
  run: RunInfo,
  options: TextOptions,
  origin: "search" | "replay" = "search",
): string[] {
  const { paint, width } = options;
  const meaning = run.meanings[violation.property];
  const lines = hang("", headline(violation), width).map(
    violation.kind === "scenario" ? paint.strong : paint.bad,
  );
  if (violation.kind !== "deadlock" && meaning !== undefined && meaning !== "")
    lines.push(...hang("  ", meaning, width));
  if (violation.message !== "") lines.push(...hang("  ", violation.message, width));
  lines.push("");
  if (violation.trace.length === 0) return lines;
  lines.push(...hang("", legend(violation, origin), width).map(paint.faint), "");
  violation.trace.forEach((step, at) => {
    lines.push(...stepLines(step, violation.trace[at - 1] ?? null, run, options));
  });
  if (violation.kind !== "scenario") lines.push("", ...whyLines(violation, run, options));
  return lines;
}

/** What failed, in words, with its place: `invariant ElectionSafety is violated after 7 steps (specs/raft.ts:123)`. */
export function headline(violation: Violation): string {
  const { kind, property, instance, location, trace } = violation;
  const place = location === null ? "" : ` (${location.file}:${location.line})`;
  const steps = trace.length - 1;
  const when =
    trace.length === 0 ? "" : steps === 0 ? " in an initial state" : ` after ${plural(steps, "step")}`;
  const which = instance === "" ? property : `${property}${instance}`;
  switch (kind) {
    case "invariant":
      return `Invariant ${which} is violated${when}${place}`;
    case "step":
      return `Step property ${which} is violated${steps > 0 ? ` by step ${steps}` : ""}${place}`;
    case "deadlock":
      return `Deadlock${when}: no action is enabled, and the state is not declared final`;
    case "assertion":
      return `An assertion in action ${which} failed${when}${place}`;
    case "action-error":
      return `Action ${which} threw${when}${place}`;
    case "property-error":
      return `Property ${which} threw${when}${place}`;
    case "scenario":
      return which === ""
        ? `A trace of ${plural(steps, "step")}`
        : `${which} is reached${steps === 0 ? " in an initial state" : ` in ${plural(steps, "step")}`}${place}`;
  }
}

function legend({ trace, property }: Violation, origin: "search" | "replay"): string {
  if (trace.length === 1) return "The trace is this one state.";
  const faults = trace.filter((step) => step.fault).length;
  const marked = trace.some((step) => step.relevant && step.step > 0);
  return [
    `${origin === "search" ? "A shortest trace" : "The trace"}, ${faults === 0 ? "without faults" : `with ${plural(faults, "fault")}, marked !`}; only what changed is shown.`,
    ...(marked ? [`* marks the steps that last wrote what ${property} read.`] : []),
  ].join(" ");
}

function stepLines(step: TraceStep, before: TraceStep | null, run: RunInfo, options: TextOptions): string[] {
  const { paint, width } = options;
  const mark = `${step.relevant && before !== null ? "*" : " "}${step.fault ? "!" : " "}`;
  const start = `${mark} ${String(step.step).padStart(4)}  `;
  const [head = "", ...more] = hang(start, step.action ?? "initial state", width);
  const lines = [paint.strong(head), ...more.map(paint.strong)];
  if (before === null) return [...lines, ...stateLines(step.state, run, width)];
  const { messages, changes } = toldBy(step, before, run.networks);
  lines.push(...columns(messages, INDENT, width), ...columns(changes, INDENT, width));
  if (messages.length === 0 && changes.length === 0) lines.push(`${INDENT}(changes nothing)`);
  if (options.fullStates)
    lines.push(`${INDENT}the whole state:`, ...stateLines(step.state, run, width, `${INDENT}  `));
  return lines;
}

/** What a step did, in rows: the messages, and what changed besides. */
export function toldBy(
  step: TraceStep,
  before: TraceStep,
  networks: readonly string[],
): { readonly messages: readonly (readonly string[])[]; readonly changes: readonly (readonly string[])[] } {
  const messages = MESSAGE_WORDS.flatMap((word) =>
    step[word].map((message) => [word, messageText(message, networks)]),
  );
  const changes = untoldChanges(before.state, step.state, networks, step);
  return { messages, changes: changes.map((change) => [change.path, changeText(change)]) };
}

function messageText({ network, from, to, message }: TraceMessage, networks: readonly string[]): string {
  const where = networks.length > 1 ? `${network} ` : "";
  return `${where}${from === null ? "" : format(from)}->${format(to)}  ${formatMessage(message, from, to)}`;
}

export function changeText(change: Change): string {
  if (!isSetChange(change)) return `${optional(change.before)} -> ${optional(change.after)}`;
  const parts = [
    ...(change.added.length === 0 ? [] : [`+ ${change.added.map(format).join(", ")}`]),
    ...(change.removed.length === 0 ? [] : [`- ${change.removed.map(format).join(", ")}`]),
  ];
  return parts.join("  ");
}

function optional(value: Itf | undefined): string {
  return value === undefined ? "(none)" : format(value);
}

/**
 * All variables; owners with the same value share a line: `server[n1, n2, n3]`. Of networks only the
 * mailboxes and channels that hold something; what is left of all budgets in one line.
 */
export function stateLines(state: ItfState, run: RunInfo, width: number, indent = INDENT): string[] {
  const rows: string[][] = [];
  const budgets: string[] = [];
  for (const [name, value] of Object.entries(state)) {
    const owned = mapEntries(value);
    if (run.budgets.includes(name)) budgets.push(`${name}: ${format(value)}`);
    else if (run.networks.includes(name) && owned !== null) {
      const busy = owned.filter(([, part]) => !isEmpty(part));
      rows.push(...(busy.length === 0 ? [[name, "(empty)"]] : groupedByValue(name, busy)));
    } else if (owned === null || owned.length === 0) rows.push([name, format(value)]);
    else rows.push(...groupedByValue(name, owned));
  }
  if (budgets.length > 0) rows.push(["budgets left", budgets.join(", ")]);
  return columns(rows, indent, width);
}

function isEmpty(part: Itf): boolean {
  return (mapEntries(part) ?? listItems(part) ?? setMembers(part))?.length === 0;
}

function groupedByValue(name: string, owned: readonly (readonly [Itf, Itf])[]): string[][] {
  const owners = new Map<string, string[]>();
  for (const [owner, value] of owned) {
    const text = format(value);
    const group = owners.get(text);
    if (group === undefined) owners.set(text, [ownerText(owner)]);
    else group.push(ownerText(owner));
  }
  return [...owners].map(([text, group]) => {
    const everyOne = owners.size === 1 && group.length > 4;
    return [`${name}[${everyOne ? `${group[0]}..${group[group.length - 1]}` : group.join(", ")}]`, text];
  });
}

function whyLines(violation: Violation, run: RunInfo, options: TextOptions): string[] {
  const { kind, property, instance, trace, reads } = violation;
  const { paint, width } = options;
  if (kind === "deadlock" || kind === "assertion" || kind === "action-error") {
    const why = kind === "deadlock" ? "no action is enabled in this state:" : "the action ran in this state:";
    const last = trace[trace.length - 1]!;
    return [paint.strong(`Why: ${why}`), ...stateLines(last.state, run, width, "  ")];
  }
  if (reads.length === 0) return [`Why: ${property}${instance} read no part of the state`];
  const verb = kind === "property-error" ? "threw" : "failed";
  const sides = kind === "step" ? ", before and after the last step" : "";
  return [
    ...hang("", `Why: ${property}${instance} ${verb} on these values${sides}:`, width).map(paint.strong),
    ...columns(readRows(reads, trace), "  ", width),
  ];
}

/** One row for each value; the two sides of a step property share one when both are known. */
function readRows(reads: readonly ReadValue[], trace: readonly TraceStep[]): string[][] {
  const rows: string[][] = [];
  const isStep = reads.some((read) => read.side === "before");
  for (const what of new Set(reads.map((read) => read.what))) {
    const [before, after] = ["before", "after"].map((side) =>
      reads.find((read) => read.what === what && read.side === side),
    );
    const written = writtenText(after ?? before!, trace);
    const value = !isStep
      ? format(after!.value)
      : before !== undefined && after !== undefined && format(before.value) === format(after.value)
        ? `${format(after.value)}, unchanged`
        : `${optional(before?.value)} -> ${optional(after?.value)}`;
    rows.push([what, `${value}${written}`]);
  }
  return rows;
}

function writtenText({ writtenAt }: ReadValue, trace: readonly TraceStep[]): string {
  const step = trace.find((candidate) => candidate.step === writtenAt);
  return writtenAt === 0 || step === undefined
    ? "  (initial value)"
    : `  (step ${writtenAt}, ${step.action ?? ""})`;
}
