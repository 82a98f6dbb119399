/**
 * What a run has to say about places in the spec, one remark each: what failed, what could not be decided, and what
 * holds for a reason that a reader should know. SARIF and annotations are made of them.
 *
 * An expectation that was met (`--expect`) turns what it expected from errors into notices, as it does with the
 * exit code.
 */
import type { Place, Violation } from "../../search/result.ts";
import type { ReportInput } from "../kinds.ts";
import { isComplete } from "../run-info.ts";
import { toldReads } from "../told.ts";
import { verdictInWords } from "./text.ts";
import { headline } from "./trace-text.ts";

export type RemarkKind =
  | "violated"
  | "unreached"
  | "deadlock"
  | "assertion"
  | "error"
  | "vacuous"
  | "not-checked"
  | "never-enabled"
  | "stopped"
  | "unexpected";

export interface Remark {
  readonly kind: RemarkKind;
  readonly level: "error" | "warning" | "notice";
  /** The property or the action; null when it is about the run. */
  readonly name: string | null;
  readonly title: string;
  /** In sentences; several lines. */
  readonly message: string;
  /** Where the property or the action is declared; the first line of the spec when no place is known. */
  readonly place: Place;
  readonly violation: Violation | null;
  /** Whether `--expect` asked for it. */
  readonly expected: boolean;
}

export function remarksOf({ run, result, expected }: ReportInput): Remark[] {
  const remarks: Remark[] = [];
  const met = expected?.met === true;
  const top: Place = { file: run.file, line: 1, column: 1 };
  const property = (name: string): Place =>
    run.declared.properties.find((one) => one.name === name)?.location ?? top;
  const action = (name: string | null): Place =>
    run.declared.actions.find((one) => one.name === name)?.location ?? top;
  const say = (remark: Omit<Remark, "violation" | "expected"> & Partial<Remark>): void => {
    remarks.push({ violation: null, expected: false, ...remark });
  };

  if (result.failure !== null)
    say({
      kind: "error",
      level: "error",
      name: result.failure.action,
      title: "dscheck could not check this spec",
      message: verdictInWords(run, result),
      place: result.failure.location ?? action(result.failure.action),
    });
  for (const violation of result.violations) {
    const isError = violation.kind === "action-error" || violation.kind === "property-error";
    const expectedHere = met && !isError;
    say({
      kind: isError ? "error" : kindOf(violation),
      level: expectedHere ? "notice" : "error",
      name: violation.kind === "deadlock" ? null : violation.property,
      title: shortTitle(violation),
      message: violationMessage(violation, run.meanings[violation.property] ?? ""),
      place: violation.location ?? lastPlace(violation) ?? top,
      violation,
      expected: expectedHere,
    });
  }
  const traced = new Set(result.violations.map(({ property: name }) => name));
  for (const { name, verdict } of result.properties) {
    const meaning = sentence(run.meanings[name] ?? "");
    const place = property(name);
    if (verdict === "violated" && !traced.has(name))
      say({
        kind: "violated",
        level: met ? "notice" : "error",
        name,
        title: `${name} is violated`,
        message: lines(`${name} is violated too; --continue prints its trace.`, meaning),
        place,
        expected: met,
      });
    if (!isComplete(result)) continue;
    if (verdict === "unreached")
      say({
        kind: "unreached",
        level: met ? "notice" : "error",
        name,
        title: `${name} is never reached`,
        message: lines(`${name} is true in no reachable state.`, meaning),
        place,
        expected: met,
      });
    if (verdict === "vacuous")
      say({
        kind: "vacuous",
        level: "warning",
        name,
        title: `${name} is vacuous`,
        message: lines(
          `${name} holds, but its premise is true in no reachable state: it says nothing.`,
          meaning,
        ),
        place,
      });
    if (verdict === "not-checked")
      say({
        kind: "not-checked",
        level: "notice",
        name,
        title: `${name} is not checked`,
        message: `${name} is not checked: the parameters are too small for it.`,
        place,
      });
  }
  if (isComplete(result))
    for (const [name, { enabled }] of Object.entries(result.coverage.actions))
      if (enabled === 0)
        say({
          kind: "never-enabled",
          level: "notice",
          name,
          title: `${name} is never enabled`,
          message: `The action ${name} is enabled in no reachable state with these parameters.`,
          place: action(name),
        });
  if (result.stopped !== null)
    say({
      kind: "stopped",
      level: "warning",
      name: null,
      title: "dscheck has no verdict",
      message: verdictInWords(run, result),
      place: top,
    });
  if (expected !== null && !expected.met)
    say({
      kind: "unexpected",
      level: "error",
      name: null,
      title: "not the expected outcome",
      message: `Expected ${expected.outcome}, but: ${verdictInWords(run, result)}`,
      place: top,
    });
  return remarks;
}

function kindOf({ kind }: Violation): RemarkKind {
  return kind === "deadlock" || kind === "assertion" ? kind : "violated";
}

/** `ElectionSafety is violated after 7 steps`. */
export function shortTitle(violation: Violation): string {
  return headline({ ...violation, location: null });
}

function violationMessage(violation: Violation, meaning: string): string {
  const { trace, kind } = violation;
  const reads = toldReads(violation).map(
    ({ what, value, writtenAt }) =>
      `${what} is ${value} (${writtenAt === 0 ? "initial value" : `since step ${writtenAt}`})`,
  );
  const last = trace.at(-1);
  return lines(
    `${shortTitle(violation)}.`,
    kind === "deadlock" ? "" : sentence(meaning),
    sentence(violation.message),
    last === undefined || last.action === null
      ? ""
      : `${trace.length === 2 ? "The one step" : `The last of ${trace.length - 1} steps`} is ${last.action}.`,
    reads.length === 0 ? "" : `It read: ${reads.join("; ")}.`,
  );
}

/** Where the last action of a trace is declared. */
export function lastPlace({ trace }: Violation): Place | null {
  return trace.at(-1)?.location ?? null;
}

function sentence(text: string): string {
  return text === "" || /[.!?]$/.test(text) ? text : `${text}.`;
}

function lines(...texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n");
}
