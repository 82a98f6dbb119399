/**
 * The whole state graph of a small model, breadth-first through the Stepper: no symmetry, no memory of runs, one
 * thread. Its states are those that a search without symmetry stores, and one step for each successor that such a
 * search generates; states outside a constraint are kept besides, because a search checks them too.
 */
import type { Model } from "../spec/model.ts";
import type { GraphState, GraphStep, StateGraph } from "./state-graph.ts";
import { type Expansion, type Parts, type PropertyInstance, Stepper } from "./stepper.ts";

export interface GraphOptions {
  readonly statesMax: number;
  /** States at this depth are not expanded. */
  readonly depthMax: number | null;
  /** Only these properties, by name; null for all. */
  readonly properties: readonly string[] | null;
  readonly deadlock: boolean;
}

type Found = { -readonly [Field in keyof GraphState]: GraphState[Field] } & { readonly parts: Parts };

/** Null when there are more than `statesMax` states. Throws a RuleError for what a spec may never do. */
export function exploreGraph(model: Model, options: GraphOptions): StateGraph | null {
  const stepper = new Stepper(model);
  const wanted = ({ property }: PropertyInstance): boolean =>
    options.properties === null || options.properties.includes(property.name);
  const byKey = new Map<string, Found>();
  const states: Found[] = [];
  const steps: GraphStep[] = [];

  const add = (parts: Parts, from: Found | null): Found => {
    const key = stepper.keyOf(parts);
    const known = byKey.get(key);
    if (known !== undefined) {
      known.initial ||= from === null;
      return known;
    }
    const found: Found = {
      number: states.length + 1,
      state: stepper.stateOf(parts),
      initial: from === null,
      depth: from === null ? 0 : from.depth + 1,
      from: from?.number ?? null,
      violated: stepper.violatedInvariants(parts).filter(wanted).map(nameOf),
      deadlock: false,
      final: false,
      cut: false,
      unexplored: stepper.isInside(parts) ? null : "constraint",
      parts,
    };
    byKey.set(key, found);
    states.push(found);
    return found;
  };

  for (const parts of stepper.initialStates()) add(parts, null);
  // The list grows while it is walked: it is the queue.
  for (const state of states) {
    if (states.length > options.statesMax) return null;
    if (state.unexplored !== null) continue;
    if (state.depth === options.depthMax) {
      state.unexplored = "depth";
      continue;
    }
    const expansion = stepper.expand(state.parts);
    note(state, expansion, options, stepper);
    for (const successor of expansion.successors)
      steps.push({
        from: state.number,
        to: add(successor.parts, state).number,
        action: successor.text,
        fault: successor.fault,
        violated: stepper.violatedSteps(state.parts, successor).filter(wanted).map(nameOf),
      });
  }
  return { states: states.map(({ parts: _, ...state }) => state), steps };
}

function note(
  state: Found,
  { successors, errors, cut }: Expansion,
  options: GraphOptions,
  stepper: Stepper,
): void {
  state.violated = [
    ...state.violated,
    ...errors.map(({ text, message }) => `${text}: ${firstLine(message)}`),
  ];
  if (successors.length > 0 || errors.length > 0) return;
  state.cut = cut;
  state.final = !cut && stepper.isFinal(state.parts);
  state.deadlock = options.deadlock && !cut && !state.final;
}

function nameOf({ property, instance }: PropertyInstance): string {
  return property.name + instance;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}
