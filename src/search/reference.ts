/**
 * The reference search: a breadth-first search with a Map, the spec's functions run in every state, no
 * memory of runs, no symmetry, no threads. The oracle for the parallel search; small models only.
 */
import { productOf } from "../model/instances.ts";
import { ObservedSource } from "../model/observe.ts";
import type { Model } from "../spec/model.ts";
import { State } from "../spec/state.ts";
import { type Parts, Stepper } from "./stepper.ts";

export interface ReferenceResult {
  readonly generatedByDepth: number[];
  readonly distinctByDepth: number[];
  /** Steps of a shortest counterexample for each violated property; `deadlock` for deadlocks. */
  readonly violated: Map<string, number>;
  /** Steps of a shortest witness for each reached property. */
  readonly reached: Map<string, number>;
  readonly actions: Map<string, { enabled: number; generated: number }>;
}

export class Reference {
  readonly model: Model;
  readonly #stepper: Stepper;

  constructor(model: Model) {
    this.model = model;
    this.#stepper = new Stepper(model);
  }

  run(options: { deadlock?: boolean; depthMax?: number } = {}): ReferenceResult {
    const { model } = this;
    const stepper = this.#stepper;
    const violated = new Map<string, number>();
    const reached = new Map<string, number>();
    const actions = new Map(model.actions.map((a) => [a.name, { enabled: 0, generated: 0 }]));
    const note = (found: Map<string, number>, name: string, depth: number): void => {
      if (!found.has(name)) found.set(name, depth);
    };
    const view = (parts: Parts): State => new State(new ObservedSource((at) => parts[at], null, true));
    const check = (parts: Parts, depth: number): void => {
      for (const property of model.properties)
        for (const bound of productOf(property.bindings))
          if (property.kind === "invariant" && !property.test(view(parts), bound))
            note(violated, property.name, depth);
          else if (property.kind === "reachable" && property.test(view(parts), bound))
            note(reached, property.name, depth);
    };
    const checkStep = (before: Parts, after: Parts, action: string, depth: number): void => {
      if (stepper.keyOf(before) === stepper.keyOf(after)) return;
      for (const property of model.properties)
        if (property.kind === "step" && !property.except.includes(action))
          for (const bound of productOf(property.bindings)) {
            if (!property.step(view(before), view(after), bound)) note(violated, property.name, depth);
          }
    };
    const seen = new Set<string>();
    const generatedByDepth: number[] = [];
    const distinctByDepth: number[] = [];
    let frontier: Parts[] = [];
    const generate = (parts: Parts, depth: number): void => {
      generatedByDepth[depth] = (generatedByDepth[depth] ?? 0) + 1;
      check(parts, depth);
      if (!stepper.isInside(parts)) return;
      const key = stepper.keyOf(parts);
      if (seen.has(key)) return;
      seen.add(key);
      frontier.push(parts);
    };
    for (const parts of stepper.initialStates()) generate(parts, 0);
    for (let depth = 0; frontier.length > 0; depth++) {
      distinctByDepth[depth] = frontier.length;
      if (violated.size > 0 || depth === options.depthMax) break;
      const level = frontier;
      frontier = [];
      for (const parts of level) {
        const { successors, errors, cut } = stepper.expand(parts);
        if (errors.length > 0) throw new Error(errors[0]!.message);
        if (successors.length === 0 && !cut && !stepper.isFinal(parts) && options.deadlock !== false)
          note(violated, "deadlock", depth);
        for (const name of new Set(successors.map(({ instance }) => instance.action.name)))
          actions.get(name)!.enabled++;
        for (const { instance, parts: made } of successors) {
          const action = instance.action.name;
          actions.get(action)!.generated++;
          checkStep(parts, made, action, depth + 1);
          generate(made, depth + 1);
        }
      }
      if (violated.size > 0 && Math.min(...violated.values()) <= depth) break;
    }
    return { generatedByDepth, distinctByDepth, violated, reached, actions };
  }
}
