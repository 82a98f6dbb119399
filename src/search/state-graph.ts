/** The states and steps of a small model, as plain data, for what draws them. */
import type { ItfState } from "./result.ts";

export interface GraphState {
  /** From 1, in the order in which a breadth-first search finds them. */
  readonly number: number;
  readonly state: ItfState;
  readonly initial: boolean;
  /** Steps from an initial state. */
  readonly depth: number;
  /** The state from which it was first found; null for initial states. */
  readonly from: number | null;
  /** Invariants that are false or throw here (`Agreement(n1)`), and actions that throw. */
  readonly violated: readonly string[];
  readonly deadlock: boolean;
  /** Has no successor, and the spec calls that an end. */
  readonly final: boolean;
  /** Has no successor only because a bound or a budget kept everything from happening. */
  readonly cut: boolean;
  /** What was not explored further: outside a constraint, or at the greatest depth that was asked for. */
  readonly unexplored: "constraint" | "depth" | null;
}

export interface GraphStep {
  readonly from: number;
  readonly to: number;
  /** `Timeout(n1)` */
  readonly action: string;
  readonly fault: boolean;
  /** Step properties that the step breaks. */
  readonly violated: readonly string[];
}

export interface StateGraph {
  /** States in the order of their numbers; those outside a constraint are among them. */
  readonly states: readonly GraphState[];
  /** One for each successor, so that two actions between the same states are two. */
  readonly steps: readonly GraphStep[];
}
