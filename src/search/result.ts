/**
 * What a search is asked and what it answers, as plain data that crosses threads and can be printed.
 * Values are in ITF's encoding (Apalache ADR-015): #map, #set, #tup, plain numbers; model values by name.
 */

export interface SearchOptions {
  /** Worker threads; at least 1. */
  readonly workers: number;
  readonly symmetry: boolean;
  readonly deadlock: boolean;
  /** Check only these properties (by name); null for all. */
  readonly properties: readonly string[] | null;
  /** Stop when this many distinct states are stored. */
  readonly statesMax: number | null;
  /** Do not expand states at this depth. */
  readonly depthMax: number | null;
  readonly secondsMax: number | null;
  /** Resident memory of the process. */
  readonly memoryBytesMax: number;
  /** Go on after a violation, until every property is decided. */
  readonly keepGoing: boolean;
  readonly audit: boolean;
}

export type Verdict = "holds" | "holds-within" | "violated" | "deadlock" | "unreached" | "stopped" | "failed";

/** A place in a source file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A value in ITF's encoding. */
export type Itf = null | boolean | number | string | readonly Itf[] | { readonly [field: string]: Itf };

/** A state: a value per variable; a variable with owners is a `#map` from owner (or `#tup` of owners) to value. */
export type ItfState = Readonly<Record<string, Itf>>;

export interface TraceMessage {
  readonly network: string;
  readonly from: string | null;
  readonly to: string;
  readonly message: Itf;
}

export interface TraceStep {
  /** 0 for the initial state. */
  readonly step: number;
  /** `Timeout(n1)`; null for the initial state. */
  readonly action: string | null;
  readonly actionName: string | null;
  /** Where the action is declared. */
  readonly location: Place | null;
  readonly arguments: Readonly<Record<string, Itf>>;
  readonly fault: boolean;
  readonly state: ItfState;
  readonly sent: readonly TraceMessage[];
  readonly received: readonly TraceMessage[];
  /** Taken out of a network unread, as obsolete. */
  readonly discarded: readonly TraceMessage[];
  /** What the network did by itself, within its budgets of faults. */
  readonly lost: readonly TraceMessage[];
  readonly doubled: readonly TraceMessage[];
  /** What is possible in the state after this step: `Timeout(n1)`, ... */
  readonly enabled: readonly string[];
  /** Whether this step was the last to write something that the failed property read. */
  readonly relevant: boolean;
  /** What tells this step from others with the same text; null where the text is enough. */
  readonly choice: StepChoice | null;
}

/** One of several different next states that the same text leads to (or one of several initial states). */
export interface StepChoice {
  /** How many there are. */
  readonly of: number;
  /** The part of the arguments that leaves the fewest of them; null when the arguments tell nothing apart. */
  readonly arguments: Readonly<Record<string, Itf>> | null;
  /** The place among those that are left, from 1, in the order of the Stepper; null when it is the only one. */
  readonly place: number | null;
}

/** A value that the failed property read. */
export interface ReadValue {
  /** `server[n1].log` */
  readonly what: string;
  /** Step properties read the state before and after the last step. */
  readonly side: "before" | "after";
  readonly value: Itf;
  /** The step that last wrote it; 0 when it is as in the initial state. */
  readonly writtenAt: number;
}

export type ViolationKind =
  | "invariant"
  | "step"
  | "deadlock"
  | "assertion"
  | "action-error"
  | "property-error"
  /** No failure: a path that was replayed. */
  | "scenario";

export interface Violation {
  readonly kind: ViolationKind;
  /** The property; the action for assertions and errors in actions; "deadlock". */
  readonly property: string;
  /** Values of the property's parameters for which it failed: `(n1, n2)`, or empty. */
  readonly instance: string;
  /** What was thrown, for assertions and errors; else empty. */
  readonly message: string;
  readonly trace: readonly TraceStep[];
  readonly reads: readonly ReadValue[];
  readonly location: Place | null;
}

export type PropertyVerdict =
  | "holds"
  | "violated"
  | "vacuous"
  | "reached"
  | "unreached"
  | "not-checked"
  | "undecided";

export interface PropertyResult {
  readonly name: string;
  readonly kind: "invariant" | "step" | "reachable";
  readonly verdict: PropertyVerdict;
}

export interface BoundResult {
  readonly name: string;
  readonly kind: "bound" | "budget" | "fault" | "constraint";
  readonly limit: number | null;
  /** Whether it cut something off. */
  readonly hit: boolean;
}

export interface SearchFailure {
  /** `action`, `invariant`: a spec function threw; `rule`: impure or asymmetric; `internal`: a bug of dscheck. */
  readonly kind: "action" | "property" | "rule" | "spec" | "system" | "internal";
  readonly message: string;
  readonly action: string | null;
  /** What it is about, where that is known. */
  readonly location: Place | null;
}

export interface SearchResult {
  readonly verdict: Verdict;
  /** The id sets that symmetry reduction permuted. */
  readonly symmetry: readonly string[];
  readonly workers: number;
  readonly states: {
    readonly generated: number;
    readonly distinct: number;
    readonly queued: number;
    readonly boundTerminal: number;
    readonly depth: number;
  };
  /** Distinct states of each depth. */
  readonly levels: readonly number[];
  readonly properties: readonly PropertyResult[];
  readonly bounds: readonly BoundResult[];
  /** Ordered by length, kind and name. */
  readonly violations: readonly Violation[];
  readonly reached: readonly { readonly property: string; readonly steps: number | null }[];
  readonly coverage: {
    readonly actions: Readonly<Record<string, { readonly enabled: number; readonly generated: number }>>;
  };
  readonly seconds: number;
  readonly memory: { readonly peakBytes: number; readonly bytesPerState: number };
  /** Why a search stopped without a verdict: `states`, `depth`, `seconds`, `memory`, `interrupt`. */
  readonly stopped: {
    readonly by: "states" | "depth" | "seconds" | "memory" | "interrupt" | "capacity";
    readonly message: string;
  } | null;
  readonly failure: SearchFailure | null;
}

export interface Progress {
  readonly depth: number;
  /** Distinct states of each depth up to this one. */
  readonly levels: readonly number[];
  readonly generated: number;
  readonly distinct: number;
  readonly queued: number;
  readonly seconds: number;
  readonly memoryBytes: number;
}

/** A spec as workers load it: the URL of its bundled module, and the checked parameter values. */
export interface LoadedSpec {
  readonly moduleUrl: string;
  readonly parameters: Readonly<Record<string, number | boolean | string>>;
}

export interface SearchHooks {
  readonly onProgress?: (progress: Progress) => void;
  /** Aborting ends the search with what it has so far (`stopped` by `interrupt`). */
  readonly signal?: AbortSignal;
}
