/**
 * Where the viewer gets what it shows. A source is either static (a report: all traces are there and nothing
 * changes) or live (`dscheck explore`: one path through the model, which grows and shrinks as steps are picked).
 *
 * The viewer never writes to a snapshot and compares snapshots by identity: a source that changes makes a new one
 * and then calls its listeners. Plain data throughout; a live source translates it to and from its server.
 */
import type { RunInfo } from "../report/run-info.ts";
import type { BoundResult, Place, ReadValue, TraceStep, Verdict, ViolationKind } from "../search/result.ts";

/** What the header says: what was run, and how to run it again. */
export type Subject = Pick<
  RunInfo,
  "version" | "spec" | "file" | "parameters" | "command" | "declared" | "networks" | "budgets" | "meanings"
> & {
  /** Null where nothing was searched. */
  readonly verdict: Verdict | null;
  /** How far the search went: `distinct states` and so on, in the order in which to show them. */
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly bounds: readonly BoundResult[];
};

/** What a trace shows to be violated. */
export interface Failure {
  readonly kind: ViolationKind;
  readonly property: string;
  /** Values of the property's parameters: `(n1, n2)`, or empty. */
  readonly instance: string;
  /** What was thrown, for assertions and errors; else empty. */
  readonly message: string;
  readonly reads: readonly ReadValue[];
  readonly location: Place | null;
}

/** One trace to look at. */
export interface ShownTrace {
  /** One line: `Invariant ElectionSafety is violated after 7 steps (specs/raft.ts:123)`. */
  readonly title: string;
  /** Empty in a report without a counterexample, and in a live source before an initial state is picked. */
  readonly steps: readonly TraceStep[];
  /** Null for a trace that shows no violation, or not yet one. */
  readonly failure: Failure | null;
}

/** Something that can happen next: a successor of the last step, or an initial state while there is no step. */
export interface Choice {
  /** `Timeout(n1)`; of an initial state `initial state 2`. */
  readonly action: string;
  readonly actionName: string | null;
  readonly fault: boolean;
  /** What tells it from others of the same text: a message, or what it would change. May be empty. */
  readonly detail: string;
  /** Names of the properties that it would violate. */
  readonly violates: readonly string[];
  /** What else marks it, in two or three words each: that it was taken before, that it leads back. */
  readonly notes: readonly string[];
}

/** A property that the present state or the last step violates. */
export interface ViolatedNow {
  readonly kind: ViolationKind;
  readonly property: string;
  readonly instance: string;
}

export interface LiveSnapshot {
  readonly choices: readonly Choice[];
  readonly violated: readonly ViolatedNow[];
  /** Whether the present state has no successor, and in what sense; null when it has one. */
  readonly end: "final" | "deadlock" | "bound" | null;
  /** Properties whose shortest trace can be jumped to. */
  readonly jumps: readonly string[];
  /** Whether an answer is being waited for; commands given meanwhile are ignored. */
  readonly busy: boolean;
  /** What went wrong with the last command, in one line. */
  readonly error: string | null;
}

/** Commands to a live source. Each leads to a new snapshot; none throws: what fails is `error` of the snapshot. */
export interface LiveCommands {
  /** Takes `choices[index]` of the present snapshot. */
  readonly pick: (index: number) => void;
  /** Makes step `step` the last one; `-1` forgets the initial state as well. */
  readonly backTo: (step: number) => void;
  /** Replaces the path by a shortest trace that violates a property (one of `jumps`). */
  readonly jump: (property: string) => void;
  /** An address that opens this path again, to copy. */
  readonly link: () => string;
  /** The path as a scenario file, to download. */
  readonly scenario: () => Promise<{ readonly name: string; readonly text: string }>;
}

export interface Snapshot {
  readonly subject: Subject;
  /** At least one; a live source has exactly one. */
  readonly traces: readonly ShownTrace[];
  /** Null in a static source. */
  readonly live: LiveSnapshot | null;
}

export interface TraceSource {
  readonly current: () => Snapshot;
  /** Calls the listener after each change; returns what ends that. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Not null exactly when `current().live` is not. */
  readonly commands: LiveCommands | null;
}

/** A source that never changes. */
export function staticSource(snapshot: Snapshot): TraceSource {
  return { current: () => snapshot, subscribe: () => () => {}, commands: null };
}
