/**
 * The JSON document of a replay, and what `replay()` resolves to. Fields are added, never changed, while
 * `schemaVersion` is 1.
 */
import type { Place, ReadValue, TraceStep, ViolationKind } from "../../search/result.ts";
import type { Expected, RunInfo } from "../run-info.ts";
import { toldBy } from "../text/trace-text.ts";
import { type ReportedError, type ReportedStep, reportedStep, type SCHEMA_VERSION } from "./json.ts";

/** A step with what it did in words, and what is possible after it. */
export interface ReplayedStep extends ReportedStep {
  /** What the step sent, received and changed, a line each, as the text trace has it. */
  readonly told: readonly string[];
  /** `Timeout(n1)`, ...: what is possible after the step. */
  readonly enabled: readonly string[];
  /** Names of what fails after the step: properties, actions that throw, `deadlock`. */
  readonly failed: readonly string[];
}

/** Something that fails on the way or at the end. */
export interface ReplayFinding {
  readonly step: number;
  readonly kind: Exclude<ViolationKind, "scenario">;
  /** The property; the action for what an action throws; "deadlock". */
  readonly property: string;
  /** Values of the parameters for which it failed: `(n1, n2)`, or empty. */
  readonly instance: string;
  /** What was thrown; else empty. */
  readonly message: string;
  readonly location: Place | null;
  /** The values that it read. */
  readonly reads: readonly ReadValue[];
}

export interface ReplayExpected extends Expected {
  /** Why it is not met; null if it is. */
  readonly why: string | null;
}

/** A parameter that has another value than the scenario says. */
export interface Override {
  readonly parameter: string;
  /** What the scenario says; null where it leaves the default. */
  readonly scenario: number | boolean | string | null;
  readonly used: number | boolean | string;
}

export interface ReplayReport {
  readonly dscheck: string;
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly spec: string;
  readonly file: string;
  /** The file of the scenario; null when the steps were given to `replay()`. */
  readonly scenario: string | null;
  readonly command: string | null;
  /** All parameter values. */
  readonly parameters: RunInfo["parameters"];
  readonly overridden: readonly Override[];
  readonly trace: readonly ReplayedStep[];
  /** In the order of the steps. */
  readonly findings: readonly ReplayFinding[];
  /** Reachability properties that are true at the end. */
  readonly reached: readonly string[];
  /** Steps whose state a constraint of the spec excludes; a check does not go on from there. */
  readonly outside: readonly { readonly step: number; readonly constraint: string }[];
  readonly expected: ReplayExpected | null;
  readonly error: ReportedError | null;
  readonly exitCode: number;
}

export function replayedSteps(
  trace: readonly TraceStep[],
  findings: readonly ReplayFinding[],
  networks: readonly string[],
  fullStates: boolean,
): ReplayedStep[] {
  return trace.map((step, at) => ({
    ...reportedStep(trace, step, at, networks, fullStates),
    told: at === 0 ? [] : toldLines(step, trace[at - 1]!, networks),
    enabled: step.enabled,
    failed: [...new Set(findings.filter((finding) => finding.step === at).map(({ property }) => property))],
  }));
}

/** `sent n1->n2 Vote {term: 1}`, `server[n1].role: follower -> candidate`. */
export function toldLines(step: TraceStep, before: TraceStep, networks: readonly string[]): string[] {
  const { messages, changes } = toldBy(step, before, networks);
  return [
    ...messages.map(([direction, message]) => `${direction} ${message?.replace("  ", " ")}`),
    ...changes.map(([path, change]) => `${path}: ${change}`),
  ];
}
