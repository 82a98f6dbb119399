/** What a spec declares, as data: actions, properties, predicates, and where they stand in the source. */
import type { PartKind } from "./part-kind.ts";
import type { Outcome, State, StateView } from "./state.ts";

/** Where something was declared: the file, and the line and column counted from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A parameter of an action or property that ranges over fixed values. */
export interface Binding {
  readonly name: string;
  readonly values: readonly unknown[];
}

/** A parameter of an action that ranges over values computed from the state. */
export interface ComputedBinding {
  readonly name: string;
  readonly values: (state: State, fixed: Record<string, unknown>) => Iterable<unknown>;
}

export interface Receive {
  readonly network: PartKind;
  /** Handle only messages whose `type` is this; null for all. */
  readonly type: string | null;
  /** Leave the message in the network. */
  readonly keep: boolean;
  /** Also offer messages that were delivered before (sent-bag networks). */
  readonly delivered: boolean;
}

/** What a network does to one of its messages by itself: the faults that loss and duplication budgets allow. */
export interface Transport {
  readonly does: "loss" | "duplication";
  readonly network: PartKind;
}

export interface ActionDefinition {
  readonly name: string;
  readonly ordinal: number;
  readonly bindings: readonly Binding[];
  readonly computed: readonly ComputedBinding[];
  readonly receive: Receive | null;
  readonly fault: boolean;
  /** Null for the actions that a spec declares. */
  readonly transport: Transport | null;
  /** Called with the bindings by name, or with the message. */
  readonly run: (state: State, argument: unknown) => Outcome;
  readonly location: SourceLocation | null;
}

export type PropertyKind = "invariant" | "step" | "reachable";

export interface PropertyDefinition {
  readonly name: string;
  readonly kind: PropertyKind;
  readonly ordinal: number;
  readonly bindings: readonly Binding[];
  /** Invariants and reachability: of one state. */
  readonly test: (state: StateView, bound: Record<string, unknown>) => boolean;
  /** Step properties: of a state and its successor. */
  readonly step: (before: StateView, after: StateView, bound: Record<string, unknown>) => boolean;
  readonly premise: ((state: StateView, bound: Record<string, unknown>) => boolean) | null;
  /** Actions whose steps a step property does not speak about. */
  readonly except: readonly string[];
  /** Reachability: false when these parameters are too small for it; then it is listed as not checked. */
  readonly expected: boolean;
  readonly meaning: string;
  readonly location: SourceLocation | null;
}

/** A constraint on the states to explore, or the test for final states. */
export interface PredicateDefinition {
  readonly name: string;
  readonly test: (state: StateView) => boolean;
  readonly location: SourceLocation | null;
}

const OWN_DIRECTORY = new URL(".", import.meta.url).pathname;

/** The place outside this package from which a declaring function was called, or null if it is unknown. */
export function callSite(): SourceLocation | null {
  for (const line of new Error().stack?.split("\n").slice(1) ?? []) {
    const match = /\(?((?:file:\/\/|\/)[^()]*?):(\d+):(\d+)\)?$/.exec(line.trim());
    if (match === null) continue;
    const file = decodeURIComponent(match[1]!.replace(/^file:\/\//, ""));
    if (file.startsWith(OWN_DIRECTORY)) continue;
    return { file, line: Number(match[2]), column: Number(match[3]) };
  }
  return null;
}
