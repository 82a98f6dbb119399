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

interface Found {
  readonly parts: Parts;
  readonly number: number;
  readonly initial: boolean;
  readonly depth: number;
  readonly from: number | null;
  readonly unexplored: GraphState["unexplored"];
  /** Null when it is not explored. */
  expansion: Expansion | null;
}

/** Null when there are more than `statesMax` states. Throws a RuleError for what a spec may never do. */
export function exploreGraph(model: Model, options: GraphOptions): StateGraph | null {
  const stepper = new Stepper(model);
  const found = findStates(stepper, options);
  if (found === null) return null;
  const wanted = ({ property }: PropertyInstance): boolean =>
    options.properties === null || options.properties.includes(property.name);
  const numbers = new Map(found.map(({ parts, number }) => [stepper.keyOf(parts), number]));
  const steps = found.flatMap(({ parts, number, expansion }) =>
    (expansion?.successors ?? []).map(
      (successor): GraphStep => ({
        from: number,
        to: numbers.get(stepper.keyOf(successor.parts))!,
        action: successor.text,
        fault: successor.fault,
        violated: stepper.violatedSteps(parts, successor).filter(wanted).map(nameOf),
      }),
    ),
  );
  const states = found.map(({ parts, expansion, ...place }): GraphState => {
    const broken = stepper.violatedInvariants(parts).filter(wanted).map(nameOf);
    const thrown = (expansion?.errors ?? []).map(({ text, message }) => `${text}: ${firstLine(message)}`);
    return {
      ...place,
      state: stepper.stateOf(parts),
      violated: [...broken, ...thrown],
      ...endOf(stepper, parts, expansion, options.deadlock),
    };
  });
  return { states, steps };
}

/** Properties come later: a model that is too large is refused before they cost anything. */
function findStates(stepper: Stepper, { statesMax, depthMax }: GraphOptions): Found[] | null {
  const byKey = new Map<string, Found>();
  const states: Found[] = [];
  const add = (parts: Parts, from: Found | null): void => {
    const key = stepper.keyOf(parts);
    if (byKey.has(key)) return;
    const depth = from === null ? 0 : from.depth + 1;
    const found: Found = {
      parts,
      number: states.length + 1,
      initial: from === null,
      depth,
      from: from?.number ?? null,
      unexplored:
        stepper.constraintsBroken(parts).length > 0 ? "constraint" : depth === depthMax ? "depth" : null,
      expansion: null,
    };
    byKey.set(key, found);
    states.push(found);
  };
  for (const parts of stepper.initialStates()) add(parts, null);
  // The list grows while it is walked: it is the queue.
  for (const state of states) {
    if (states.length > statesMax) return null;
    if (state.unexplored !== null) continue;
    state.expansion = stepper.expand(state.parts);
    for (const { parts } of state.expansion.successors) add(parts, state);
  }
  return states;
}

function endOf(
  stepper: Stepper,
  parts: Parts,
  expansion: Expansion | null,
  deadlockIsError: boolean,
): Pick<GraphState, "deadlock" | "final" | "cut"> {
  if (expansion === null || expansion.successors.length > 0 || expansion.errors.length > 0)
    return { deadlock: false, final: false, cut: false };
  const { cut } = expansion;
  const final = !cut && stepper.isFinal(parts);
  return { deadlock: deadlockIsError && !cut && !final, final, cut };
}

function nameOf({ property, instance }: PropertyInstance): string {
  return property.name + instance;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}
