/** Everything an author of a spec imports. */
export { defineSpec, Spec, type SpecDefinition } from "./define-spec.ts";
export { assert } from "./errors.ts";
export type { IdSet, ModelValue, OrderedId } from "./ids.ts";
export type { Model, NetworkOptions } from "./model.ts";
export { choice, faultBudget, flag, integer, type ParameterValues } from "./parameters.ts";
export type { NetworkKind } from "./part-kind.ts";
export { restarted } from "./restart.ts";
export type {
  Addressed,
  Bound,
  Budget,
  Cell,
  History,
  Network,
  Outcome,
  PerNode,
  State,
  StateView,
} from "./state.ts";
export { type Value, value } from "./value.ts";
