/**
 * What differs between two versions of a spec: verdicts, counts, and which behaviours one allows and the other does
 * not. The JSON document of `dscheck diff`, from which the texts are made. (What a step changed in a state is
 * diff.ts.)
 */
import type { BoundResult, PropertyVerdict, SearchResult, TraceStep, Verdict } from "../search/result.ts";
import { type ReportedError, type ReportedStep, reportedStep } from "./formats/json.ts";
import type { RunInfo } from "./run-info.ts";

type ParameterValue = number | boolean | string;

export interface ParameterChange {
  readonly name: string;
  /** Null where a version has no such parameter. */
  readonly old: { readonly default: ParameterValue; readonly value: ParameterValue } | null;
  readonly new: { readonly default: ParameterValue; readonly value: ParameterValue } | null;
}

/** Whether every behaviour of one version is one of the other. */
export interface DirectionInput {
  /** The pairs of states and sets of states that were compared. */
  readonly pairs: number;
  readonly undecided: "pairs" | "states" | null;
  readonly difference: {
    /** What is observed, step by step; the last is what the other version cannot do. */
    readonly word: readonly string[];
    readonly instead: readonly string[];
    readonly isShortest: boolean;
    readonly trace: readonly TraceStep[];
  } | null;
}

export interface VersionInput {
  /** As a user reads it: a path, or `REVISION:path`. */
  readonly name: string;
  readonly run: RunInfo;
  readonly result: SearchResult;
  /** Without symmetry, as far as it was explored. */
  readonly behaviours: { readonly states: number; readonly steps: number; readonly isComplete: boolean };
}

export interface DiffInput {
  readonly old: VersionInput;
  readonly new: VersionInput;
  readonly observe: readonly string[];
  /** Parameter values as they were given. */
  readonly given: readonly string[];
  readonly limits: { readonly states: number; readonly pairs: number };
  readonly parameters: readonly ParameterChange[];
  /** Behaviours of the new version that the old one has not, and the other way round. */
  readonly gained: DirectionInput;
  readonly lost: DirectionInput;
  readonly seconds: number;
}

export interface PropertyChange {
  readonly name: string;
  readonly change: "added" | "removed" | "verdict";
  readonly old: PropertyVerdict | null;
  readonly new: PropertyVerdict | null;
  /** Steps of the shortest counterexample or witness. */
  readonly oldSteps: number | null;
  readonly newSteps: number | null;
}

interface ActionCounts {
  readonly enabled: number;
  readonly generated: number;
}

export interface ActionChange {
  readonly name: string;
  readonly change: "added" | "removed" | "never-enabled" | "enabled-now" | "counts";
  readonly old: ActionCounts | null;
  readonly new: ActionCounts | null;
}

export interface BoundChange {
  readonly name: string;
  readonly old: Omit<BoundResult, "name"> | null;
  readonly new: Omit<BoundResult, "name"> | null;
}

/** A failure that is of no property: a deadlock, an assertion in an action, an action or property that threw. */
export interface FailureChange {
  /** `deadlock`, `assertion in Timeout`, ... */
  readonly name: string;
  readonly change: "added" | "removed";
}

export interface ReportedVersion {
  readonly file: string;
  readonly spec: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly verdict: Verdict;
  readonly stopped: SearchResult["stopped"];
  readonly symmetry: readonly string[];
  readonly states: SearchResult["states"];
  readonly behaviours: VersionInput["behaviours"];
}

export interface ReportedDirection {
  readonly outcome: "none" | "found" | "undecided";
  readonly pairs: number;
  /** The limit at which it was left undecided: `max-pairs` or `max-states`. */
  readonly limit: "max-pairs" | "max-states" | null;
  /** With `found`. */
  readonly isShortest: boolean | null;
  readonly observed: readonly string[];
  readonly instead: readonly string[];
  readonly trace: readonly ReportedStep[];
}

export interface DiffReport {
  readonly dscheck: string;
  readonly schemaVersion: 1;
  readonly kind: "diff";
  /** True: same behaviours and verdicts. Null: undecided, at a limit. */
  readonly same: boolean | null;
  readonly old: ReportedVersion;
  readonly new: ReportedVersion;
  readonly observe: readonly string[];
  readonly changes: {
    readonly verdict: { readonly old: Verdict; readonly new: Verdict } | null;
    readonly properties: readonly PropertyChange[];
    readonly failures: readonly FailureChange[];
    readonly actions: readonly ActionChange[];
    readonly parameters: readonly ParameterChange[];
    readonly bounds: readonly BoundChange[];
  };
  readonly behaviours: { readonly newNotOld: ReportedDirection; readonly oldNotNew: ReportedDirection };
  readonly time: { readonly wallSeconds: number };
  readonly error: ReportedError | null;
  readonly exitCode: number;
}

/** The codes are the command's: 0 same, 1 different, 152 undecided. */
export function diffReport(input: DiffInput): DiffReport {
  const { old: before, new: after } = input;
  const verdict =
    before.result.verdict === after.result.verdict
      ? null
      : { old: before.result.verdict, new: after.result.verdict };
  const properties = propertyChanges(before.result, after.result);
  const failures = failureChanges(before.result, after.result);
  const behaviours = {
    newNotOld: reportedDirection(input.gained, after.run),
    oldNotNew: reportedDirection(input.lost, before.run),
  };
  const outcomes = [behaviours.newNotOld.outcome, behaviours.oldNotNew.outcome];
  const isStopped = before.result.stopped !== null || after.result.stopped !== null;
  // What a stopped check says is no verdict, and so no difference.
  const isDifferent =
    outcomes.includes("found") ||
    (!isStopped && (verdict !== null || properties.length > 0 || failures.length > 0));
  const same = isDifferent ? false : outcomes.includes("undecided") || isStopped ? null : true;
  return {
    dscheck: after.run.version,
    schemaVersion: 1,
    kind: "diff",
    same,
    old: reportedVersion(before),
    new: reportedVersion(after),
    observe: input.observe,
    changes: {
      verdict,
      properties,
      failures,
      actions: actionChanges(before.result, after.result),
      parameters: input.parameters,
      bounds: boundChanges(before.result, after.result),
    },
    behaviours,
    time: { wallSeconds: Math.round(input.seconds * 1000) / 1000 },
    error: null,
    exitCode: same === null ? 152 : same ? 0 : 1,
  };
}

function reportedVersion({ name, run, result, behaviours }: VersionInput): ReportedVersion {
  const { verdict, stopped, symmetry, states } = result;
  const { spec, parameters } = run;
  return { file: name, spec, parameters, verdict, stopped, symmetry, states, behaviours };
}

function reportedDirection(
  { pairs, undecided, difference }: DirectionInput,
  run: RunInfo,
): ReportedDirection {
  return {
    outcome: difference !== null ? "found" : undecided !== null ? "undecided" : "none",
    pairs,
    limit: undecided === null ? null : undecided === "pairs" ? "max-pairs" : "max-states",
    isShortest: difference?.isShortest ?? null,
    observed: difference?.word ?? [],
    instead: difference?.instead ?? [],
    trace: (difference?.trace ?? []).map((step, at, trace) =>
      reportedStep(trace, step, at, run.networks, false),
    ),
  };
}

function propertyChanges(before: SearchResult, after: SearchResult): PropertyChange[] {
  return namesOf(before.properties, after.properties).flatMap((name): PropertyChange[] => {
    const of = ({ properties }: SearchResult): PropertyVerdict | null =>
      properties.find((property) => property.name === name)?.verdict ?? null;
    const [old, now] = [of(before), of(after)];
    if (old === now) return [];
    const change = old === null ? "added" : now === null ? "removed" : "verdict";
    return [{ name, change, old, new: now, oldSteps: stepsOf(before, name), newSteps: stepsOf(after, name) }];
  });
}

function stepsOf({ violations, reached }: SearchResult, name: string): number | null {
  const violation = violations.find(({ property }) => property === name);
  if (violation !== undefined) return violation.trace.length - 1;
  return reached.find(({ property }) => property === name)?.steps ?? null;
}

function failureChanges(before: SearchResult, after: SearchResult): FailureChange[] {
  const [olds, news] = [before, after].map(({ violations }) =>
    violations.flatMap(({ kind, property }) => {
      if (kind === "deadlock") return ["deadlock"];
      if (kind === "assertion") return [`assertion in ${property}`];
      return kind === "action-error" || kind === "property-error" ? [`${property} throws`] : [];
    }),
  ) as [string[], string[]];
  return [
    ...news.filter((name) => !olds.includes(name)).map((name) => ({ name, change: "added" as const })),
    ...olds.filter((name) => !news.includes(name)).map((name) => ({ name, change: "removed" as const })),
  ];
}

/** Of an action whose counts differ, in the order of their declaration. */
function actionChanges(before: SearchResult, after: SearchResult): ActionChange[] {
  const [olds, news] = [before.coverage.actions, after.coverage.actions];
  return [...new Set([...Object.keys(olds), ...Object.keys(news)])].flatMap((name): ActionChange[] => {
    const [old, now] = [countsOf(olds, name), countsOf(news, name)];
    if (old !== null && now !== null && old.enabled === now.enabled && old.generated === now.generated)
      return [];
    return [{ name, change: actionChange(old, now), old, new: now }];
  });
}

function countsOf(actions: Readonly<Record<string, ActionCounts>>, name: string): ActionCounts | null {
  return Object.hasOwn(actions, name) ? actions[name]! : null;
}

function actionChange(old: ActionCounts | null, now: ActionCounts | null): ActionChange["change"] {
  if (old === null) return "added";
  if (now === null) return "removed";
  if (old.enabled > 0 && now.enabled === 0) return "never-enabled";
  return old.enabled === 0 && now.enabled > 0 ? "enabled-now" : "counts";
}

function boundChanges(before: SearchResult, after: SearchResult): BoundChange[] {
  return namesOf(before.bounds, after.bounds).flatMap((name): BoundChange[] => {
    const of = ({ bounds }: SearchResult): BoundChange["old"] => {
      const bound = bounds.find((one) => one.name === name);
      return bound === undefined ? null : { kind: bound.kind, limit: bound.limit, hit: bound.hit };
    };
    const [old, now] = [of(before), of(after)];
    const isSame = old?.kind === now?.kind && old?.limit === now?.limit && old?.hit === now?.hit;
    return isSame ? [] : [{ name, old, new: now }];
  });
}

function namesOf(a: readonly { readonly name: string }[], b: readonly { readonly name: string }[]): string[] {
  return [...new Set([...a, ...b].map(({ name }) => name))];
}
