/**
 * The reference search: a breadth-first search with a Map, the spec's functions run in every state, no
 * memory of runs, no symmetry, no threads. The oracle for the parallel search; small models only.
 */
import { Codec } from "../model/codec.ts";
import {
  computedBindings,
  deliverable,
  type Instance,
  instancesOf,
  productOf,
  runOnce,
} from "../model/instances.ts";
import { fieldOf, isFielded, ObservedSource, Recorder } from "../model/observe.ts";
import type { Model } from "../spec/model.ts";
import { Disabled, type PartKind } from "../spec/part-kind.ts";
import { type Operation, State } from "../spec/state.ts";

type Parts = readonly unknown[];

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
  readonly codec: Codec;
  readonly instances: Instance[];
  readonly #kindAt: PartKind[] = [];

  constructor(model: Model) {
    this.model = model;
    this.codec = new Codec(model.idSets);
    this.instances = instancesOf(model.actions);
    for (const kind of model.kinds) for (let n = 0; n < kind.locationCount; n++) this.#kindAt.push(kind);
  }

  initialStates(): Parts[] {
    const parts = this.#kindAt.map((kind, at) => this.#canonical(kind.initial(kind.ownerIds(at))));
    let states: Parts[] = [parts];
    for (const make of this.model.initializers)
      states = states.flatMap((from) => {
        const source = new ObservedSource((at) => from[at], null, false);
        const outcome = make(new State(source));
        const made = outcome instanceof State ? [outcome] : [...((outcome || []) as Iterable<State>)];
        return made.map((state) => this.apply(from, State.operationsOf(state))!);
      });
    return states;
  }

  /** The successors of a state with the action that made each, and whether a bound or budget stopped one. */
  successors(parts: Parts): { next: { action: string; parts: Parts }[]; cut: boolean } {
    const next: { action: string; parts: Parts }[] = [];
    let cut = false;
    for (const instance of this.instances) {
      const source = new ObservedSource((at) => parts[at], null, false);
      const named = computedBindings(instance, source).map((row) => ({ ...instance.bound, ...row }));
      const queue = instance.action.receive === null ? null : parts[instance.location];
      for (const argument of queue === null ? named : deliverable(instance.action, queue))
        for (const outcome of runOnce(instance, argument, source)) {
          const made = this.apply(parts, outcome.operations);
          if (made === null) cut = this.#isCut(parts, outcome.operations) || cut;
          else next.push({ action: instance.action.name, parts: made });
        }
      cut ||= source.boundsHit.length > 0;
    }
    return { next, cut };
  }

  apply(parts: Parts, operations: readonly Operation[]): Parts | null {
    const made = [...parts];
    for (const { location, kind, code, operand } of operations) {
      const part = kind.apply(made[location], code, operand);
      if (part instanceof Disabled) return null;
      made[location] = this.#canonical(part);
    }
    return made;
  }

  keyOf(parts: Parts): string {
    return parts.map((part) => Buffer.from(this.codec.encode(part)).toString("latin1")).join("\u0100");
  }

  /** Whether budgets alone refuse an outcome: no operation of it is impossible. */
  #isCut(parts: Parts, operations: readonly Operation[]): boolean {
    const made = [...parts];
    for (const { location, kind, code, operand } of operations) {
      const part = kind.apply(made[location], code, operand);
      if (!(part instanceof Disabled)) made[location] = part;
      else if (part.budget === null) return false;
    }
    return true;
  }

  #canonical(part: unknown): unknown {
    return this.codec.decode(this.codec.encode(part));
  }

  run(options: { deadlock?: boolean; depthMax?: number } = {}): ReferenceResult {
    const { model } = this;
    const violated = new Map<string, number>();
    const reached = new Map<string, number>();
    const actions = new Map(model.actions.map((a) => [a.name, { enabled: 0, generated: 0 }]));
    const note = (found: Map<string, number>, name: string, depth: number): void => {
      if (!found.has(name)) found.set(name, depth);
    };
    const view = (parts: Parts, recorder: Recorder | null, side: 0 | 1 = 0): State =>
      new State(new ObservedSource((at) => parts[at], recorder, true, side));
    const inside = (parts: Parts): boolean => model.constraints.every((c) => c.test(view(parts, null)));
    const check = (parts: Parts, depth: number): void => {
      for (const property of model.properties)
        for (const bound of productOf(property.bindings))
          if (property.kind === "invariant" && !property.test(view(parts, null), bound))
            note(violated, property.name, depth);
          else if (property.kind === "reachable" && property.test(view(parts, null), bound))
            note(reached, property.name, depth);
    };
    const checkStep = (before: Parts, after: Parts, action: string, depth: number): void => {
      for (const property of model.properties)
        if (property.kind === "step" && !property.except.includes(action))
          for (const bound of productOf(property.bindings)) {
            const recorder = new Recorder();
            if (property.step(view(before, recorder, 0), view(after, recorder, 1), bound)) continue;
            const at = (parts: Parts, location: number, field: string | null): string => {
              const part =
                field !== null && isFielded(parts[location])
                  ? fieldOf(parts[location], field)
                  : parts[location];
              return this.codec.encode(part).join();
            };
            if (
              recorder.reads.some((r) => at(before, r.location, r.field) !== at(after, r.location, r.field))
            )
              note(violated, property.name, depth);
          }
    };
    const seen = new Set<string>();
    const generatedByDepth: number[] = [];
    const distinctByDepth: number[] = [];
    let frontier: Parts[] = [];
    const generate = (parts: Parts, depth: number): void => {
      generatedByDepth[depth] = (generatedByDepth[depth] ?? 0) + 1;
      check(parts, depth);
      if (!inside(parts)) return;
      const key = this.keyOf(parts);
      if (seen.has(key)) return;
      seen.add(key);
      frontier.push(parts);
    };
    for (const parts of this.initialStates()) generate(parts, 0);
    for (let depth = 0; frontier.length > 0; depth++) {
      distinctByDepth[depth] = frontier.length;
      if (violated.size > 0 || depth === options.depthMax) break;
      const level = frontier;
      frontier = [];
      for (const parts of level) {
        const { next, cut } = this.successors(parts);
        const isFinal = model.finals.some((final) => final.test(view(parts, null)));
        if (next.length === 0 && !cut && !isFinal && options.deadlock !== false)
          note(violated, "deadlock", depth);
        for (const name of new Set(next.map((n) => n.action))) actions.get(name)!.enabled++;
        for (const { action, parts: made } of next) {
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
