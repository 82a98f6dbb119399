/**
 * The JSON document of a run, and what `check()` resolves to. Scripts and CI read it: fields are added,
 * never changed, while `schemaVersion` is 1. Everything outside `time`, `memory` and `workers` is the same
 * for any number of workers and from run to run, unless a limit or an interrupt ended the run.
 */
import type {
  BoundResult,
  Itf,
  ItfState,
  PropertyResult,
  ReadValue,
  SearchResult,
  TraceMessage,
  TraceStep,
  Verdict,
  Violation,
  ViolationKind,
} from "../../search/result.ts";
import { changesOf, isSetChange } from "../diff.ts";
import type { Expected, RunInfo } from "../run-info.ts";

export const SCHEMA_VERSION = 1;

/** A changed value (without `before` or `after` where there is none), or the members a set gained and lost. */
export type ReportedChange =
  | { readonly before?: Itf; readonly after?: Itf }
  | { readonly added: readonly Itf[]; readonly removed: readonly Itf[] };

export interface ReportedStep {
  readonly step: number;
  /** `Timeout(n1)`; null for the initial state. */
  readonly action: string | null;
  readonly arguments?: Readonly<Record<string, Itf>>;
  readonly fault?: boolean;
  /** Whether this step was the last to write something that the failed property read. */
  readonly relevant?: boolean;
  readonly sent?: readonly TraceMessage[];
  readonly received?: readonly TraceMessage[];
  /** Taken out of a network unread. */
  readonly discarded?: readonly TraceMessage[];
  /** What the network did by itself. */
  readonly lost?: readonly TraceMessage[];
  readonly doubled?: readonly TraceMessage[];
  /** By path, such as `server[n1].log[2]`; not at step 0. */
  readonly changed?: Readonly<Record<string, ReportedChange>>;
  /** At the first and the last step; at every step when full states are asked for. */
  readonly state?: ItfState;
}

export interface ReportedViolation {
  readonly kind: ViolationKind;
  readonly property: string;
  /** Values of the property's parameters for which it failed: `(n1, n2)`, or empty. */
  readonly instance: string;
  /** What was thrown, for assertions and errors; else empty. */
  readonly message: string;
  readonly location: { readonly file: string; readonly line: number; readonly column: number } | null;
  /** Length of the trace in steps. */
  readonly steps: number;
  readonly trace: readonly ReportedStep[];
  /** The step to which the last one returns; null, as no property of this version needs one. */
  readonly loopTo: null;
  /** The values that the failed property read. */
  readonly reads: readonly ReadValue[];
}

export interface ReportedError {
  readonly code: number;
  readonly message: string;
  readonly action: string | null;
}

export interface CheckReport {
  readonly dscheck: string;
  readonly schemaVersion: typeof SCHEMA_VERSION;
  /** The spec's name; null when it could not be loaded. */
  readonly spec: string | null;
  readonly file: string | null;
  /** The command that gives the same verdict and trace again. */
  readonly command: string | null;
  readonly parameters: Readonly<Record<string, number | boolean | string>>;
  /** The id sets that symmetry reduction permuted. */
  readonly symmetry: readonly string[];
  readonly workers: number;
  readonly verdict: Verdict;
  readonly states: SearchResult["states"];
  /** Distinct states of each depth. */
  readonly levels: readonly number[];
  readonly properties: readonly PropertyResult[];
  readonly bounds: readonly BoundResult[];
  readonly violations: readonly ReportedViolation[];
  readonly reached: SearchResult["reached"];
  readonly coverage: SearchResult["coverage"];
  /** Why there is no verdict, when a limit or an interrupt ended the run. */
  readonly stopped: SearchResult["stopped"];
  readonly expected: Expected | null;
  readonly time: { readonly wallSeconds: number };
  readonly memory: SearchResult["memory"];
  readonly error: ReportedError | null;
  readonly exitCode: number;
}

export interface Ending {
  readonly exitCode: number;
  readonly error: ReportedError | null;
  readonly expected: Expected | null;
}

export function checkReport(
  run: RunInfo,
  result: SearchResult,
  ending: Ending,
  fullStates: boolean,
): CheckReport {
  return {
    dscheck: run.version,
    schemaVersion: SCHEMA_VERSION,
    spec: run.spec,
    file: run.file,
    command: run.command,
    parameters: run.parameters,
    symmetry: result.symmetry,
    workers: result.workers,
    verdict: result.verdict,
    states: result.states,
    levels: result.levels,
    properties: result.properties,
    bounds: result.bounds,
    violations: result.violations.map((violation) => reportedViolation(violation, run.networks, fullStates)),
    reached: result.reached,
    coverage: result.coverage,
    stopped: result.stopped,
    expected: ending.expected,
    time: { wallSeconds: Math.round(result.seconds * 1000) / 1000 },
    memory: result.memory,
    error: ending.error,
    exitCode: ending.exitCode,
  };
}

/** The document of a run that never began, because something that it was given is wrong. */
export function errorReport(version: string, error: ReportedError): CheckReport {
  return {
    dscheck: version,
    schemaVersion: SCHEMA_VERSION,
    spec: null,
    file: null,
    command: null,
    parameters: {},
    symmetry: [],
    workers: 0,
    verdict: "failed",
    states: { generated: 0, distinct: 0, queued: 0, boundTerminal: 0, depth: 0 },
    levels: [],
    properties: [],
    bounds: [],
    violations: [],
    reached: [],
    coverage: { actions: {} },
    stopped: null,
    expected: null,
    time: { wallSeconds: 0 },
    memory: { peakBytes: 0, bytesPerState: 0 },
    error,
    exitCode: error.code,
  };
}

function reportedViolation(
  violation: Violation,
  networks: readonly string[],
  fullStates: boolean,
): ReportedViolation {
  const { kind, property, instance, message, location, trace, reads } = violation;
  return {
    kind,
    property,
    instance,
    message,
    location,
    steps: Math.max(0, trace.length - 1),
    trace: trace.map((step, at) => reportedStep(trace, step, at, networks, fullStates)),
    loopTo: null,
    reads,
  };
}

export function reportedStep(
  trace: readonly TraceStep[],
  step: TraceStep,
  at: number,
  networks: readonly string[],
  fullStates: boolean,
): ReportedStep {
  const state = fullStates || at === 0 || at === trace.length - 1 ? { state: step.state } : {};
  if (at === 0) return { step: step.step, action: step.action, relevant: step.relevant, ...state };
  return {
    step: step.step,
    action: step.action,
    arguments: step.arguments,
    fault: step.fault,
    relevant: step.relevant,
    sent: step.sent,
    received: step.received,
    discarded: step.discarded,
    lost: step.lost,
    doubled: step.doubled,
    changed: changedByPath(trace[at - 1]!.state, step.state, networks),
    ...state,
  };
}

export function changedByPath(
  before: ItfState,
  after: ItfState,
  networks: readonly string[],
): Record<string, ReportedChange> {
  const changed: Record<string, ReportedChange> = {};
  for (const change of changesOf(before, after, networks))
    changed[change.path] = isSetChange(change)
      ? { added: change.added, removed: change.removed }
      : {
          ...(change.before === undefined ? {} : { before: change.before }),
          ...(change.after === undefined ? {} : { after: change.after }),
        };
  return changed;
}
