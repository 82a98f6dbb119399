/**
 * What a search must find, worked out with the spec's functions, a Map and brute force: every
 * state once, every permutation of every state, every step. Small models only.
 *
 * One pass over the unreduced state space notes for everything that can happen the depth at which it happens
 * first; `expected` then derives what a search with given options has to report. With symmetry, states are
 * grouped into orbits by trying all permutations, and an orbit is counted by one of its shallowest states.
 */
import {
  computedBindings,
  deliverable,
  type Instance,
  productOf,
  runOnce,
} from "../../src/model/instances.ts";
import { ObservedSource } from "../../src/model/observe.ts";
import { Stepper } from "../../src/search/stepper.ts";
import { AssertionFailure, takeBrokenRule } from "../../src/spec/errors.ts";
import type { Model } from "../../src/spec/model.ts";
import { Disabled, type PartKind } from "../../src/spec/part-kind.ts";
import { type Operation, State } from "../../src/spec/state.ts";

export type Parts = readonly unknown[];

export interface Successor {
  readonly action: string;
  readonly instance: Instance;
  readonly argument: unknown;
  readonly fault: boolean;
  readonly parts: Parts;
}

/** What expanding a state gives. */
export interface Expansion {
  readonly next: readonly Successor[];
  /** Bounds and budgets that were short of something, also of what was not possible anyway. */
  readonly hit: ReadonlySet<string>;
  /** Whether bounds or budgets alone stopped something. */
  readonly isCut: boolean;
  /** Actions that threw, and whether it was an assertion that failed. */
  readonly errors: ReadonlyMap<string, boolean>;
}

interface Node {
  readonly key: string;
  readonly parts: Parts;
  readonly depth: number;
  /** Fewest faults on a shortest path to it. */
  readonly faults: number;
  expansion: Expansion | null;
  isFinal: boolean;
}

/** Something that happens at a depth first, with the fewest faults with which it can then happen. */
interface First {
  readonly depth: number;
  readonly faults: number;
}

export interface OracleOptions {
  readonly deadlock: boolean;
  readonly keepGoing: boolean;
  readonly symmetry: boolean;
  readonly depthMax: number | null;
}

export interface ExpectedViolation {
  readonly kind: string;
  readonly property: string;
  readonly steps: number;
  readonly faults: number;
}

export interface Expected {
  readonly verdict: string;
  readonly generated: number;
  readonly distinct: number;
  readonly queued: number;
  readonly boundTerminal: number;
  readonly levels: readonly number[];
  readonly properties: Readonly<Record<string, string>>;
  readonly bounds: readonly string[];
  readonly violations: readonly ExpectedViolation[];
  readonly reached: Readonly<Record<string, number | null>>;
  readonly actions: Readonly<Record<string, { enabled: number; generated: number }>>;
}

/** More states than an oracle is asked to look at. */
export class TooManyStates extends Error {
  readonly depth: number;
  constructor(depth: number) {
    super(`too many states at depth ${depth}`);
    this.depth = depth;
  }
}

export class Oracle {
  readonly stepper: Stepper;
  readonly model: Model;
  readonly states = new Map<string, Node>();
  readonly initial: Parts[];
  /** First depth of states in which a property is false, true (reachability, premises), or throws. */
  readonly #false = new Map<string, First>();
  readonly #true = new Map<string, number>();
  readonly #throws = new Map<string, First>();
  readonly #excluded = new Map<string, number>();
  readonly #kindAt: PartKind[] = [];

  /** Explores all states down to `depthMax`. */
  constructor(model: Model, options: { readonly depthMax: number | null; readonly statesMax: number }) {
    this.model = model;
    this.stepper = new Stepper(model);
    for (const kind of model.kinds) for (let n = 0; n < kind.locationCount; n++) this.#kindAt.push(kind);
    this.initial = this.stepper.initialStates().map((parts) => [...parts]);
    let level: Node[] = [];
    const enter = (parts: Parts, depth: number, faults: number, into: Node[]): void => {
      if (!this.#check(parts, depth, faults)) return;
      const key = this.stepper.keyOf(parts);
      const known = this.states.get(key);
      if (known === undefined) {
        if (this.states.size >= options.statesMax) throw new TooManyStates(depth);
        const node: Node = { key, parts, depth, faults, expansion: null, isFinal: false };
        this.states.set(key, node);
        into.push(node);
      } else if (known.depth === depth && known.faults > faults) {
        const better = { ...known, faults };
        this.states.set(key, better);
        into[into.indexOf(known)] = better;
      }
    };
    for (const parts of this.initial) enter(parts, 0, 0, level);
    for (let depth = 0; level.length > 0 && depth !== options.depthMax; depth++) {
      const next: Node[] = [];
      for (const node of level) {
        node.expansion = this.expand(node.parts);
        node.isFinal = model.finals.some((final) => final.test(this.#view(node.parts)));
        for (const { action, parts, fault } of node.expansion.next) {
          const faults = node.faults + (fault ? 1 : 0);
          this.#checkStep(node.parts, parts, action, depth + 1, faults);
          enter(parts, depth + 1, faults, next);
        }
      }
      level = next;
    }
  }

  // --- one state ---------------------------------------------------------------------------------------

  /** The successors of a state, what bounds and budgets refused there, and which actions threw. */
  expand(parts: Parts): Expansion {
    const next: Successor[] = [];
    const hit = new Set<string>();
    let isCut = false;
    const errors = new Map<string, boolean>();
    for (const instance of this.stepper.instances) {
      const { action } = instance;
      const queue = action.receive === null ? null : parts[instance.location];
      // A delivery is run for each message by itself; the bindings of other actions are one run.
      const runs = queue === null ? [null] : deliverable(action, queue).map((message) => ({ message }));
      for (const delivery of runs) {
        const source = new ObservedSource((at) => parts[at], null, false);
        takeBrokenRule();
        const made: { argument: unknown; operations: readonly Operation[]; fault: boolean }[] = [];
        try {
          const rows =
            delivery === null
              ? computedBindings(instance, source).map((row) => ({ ...instance.bound, ...row }))
              : [delivery.message];
          for (const argument of rows)
            for (const { operations, fault } of runOnce(instance, argument, source))
              made.push({ argument, operations, fault });
        } catch (error) {
          const broken = takeBrokenRule();
          if (broken !== null) throw broken;
          errors.set(action.name, error instanceof AssertionFailure);
          made.length = 0;
        }
        for (const bound of source.boundsHit) hit.add(bound.name);
        isCut ||= source.boundsHit.length > 0;
        for (const { argument, operations, fault } of made) {
          const { to, refusedBy, isPossible } = this.#apply(parts, operations);
          for (const name of refusedBy) hit.add(name);
          if (refusedBy.length > 0) isCut ||= isPossible;
          else if (isPossible) next.push({ action: action.name, instance, argument, fault, parts: to });
        }
      }
    }
    return { next, hit, isCut, errors };
  }

  /** The state after an outcome, the budgets that are short of it, and whether it is possible but for them. */
  #apply(
    parts: Parts,
    operations: readonly Operation[],
  ): { to: Parts; refusedBy: string[]; isPossible: boolean } {
    const to = [...parts];
    const refusedBy: string[] = [];
    let isPossible = true;
    for (const { location, kind, code, operand } of operations) {
      const part = kind.apply(to[location], code, operand);
      if (!(part instanceof Disabled)) to[location] = this.canonical(part);
      else if (part.budget === null) isPossible = false;
      else refusedBy.push(part.budget.name);
    }
    return { to, refusedBy, isPossible };
  }

  canonical(part: unknown): unknown {
    return this.stepper.codec.decode(this.stepper.codec.encode(part));
  }

  #view(parts: Parts): State {
    return new State(new ObservedSource((at) => parts[at], null, true));
  }

  /** Evaluates everything that is said of one state; whether it is within the constraints. */
  #check(parts: Parts, depth: number, faults: number): boolean {
    let inside = true;
    for (const constraint of this.model.constraints) {
      const answer = answerOf(() => constraint.test(this.#view(parts)));
      if (answer === true) continue;
      inside = false;
      if (answer === "throws") first(this.#throws, constraint.name, depth, faults);
      else if (!this.#excluded.has(constraint.name)) this.#excluded.set(constraint.name, depth);
    }
    for (const property of this.model.properties) {
      if (property.kind === "step") continue;
      for (const bound of productOf(property.bindings)) {
        if (property.premise !== null && !this.#true.has(property.name)) {
          const { premise } = property;
          if (answerOf(() => premise(this.#view(parts), bound)) === true)
            this.#true.set(property.name, depth);
        }
        if (property.kind === "reachable" && !property.expected) continue;
        const answer = answerOf(() => property.test(this.#view(parts), bound));
        if (answer === "throws") first(this.#throws, property.name, depth, faults);
        else if (property.kind === "invariant" && !answer) first(this.#false, property.name, depth, faults);
        else if (property.kind === "reachable" && answer && !this.#true.has(property.name))
          this.#true.set(property.name, depth);
      }
    }
    return inside;
  }

  #checkStep(before: Parts, after: Parts, action: string, depth: number, faults: number): void {
    if (this.stepper.keyOf(before) === this.stepper.keyOf(after)) return;
    for (const property of this.model.properties) {
      if (property.kind !== "step" || property.except.includes(action)) continue;
      for (const bound of productOf(property.bindings)) {
        const answer = answerOf(() => property.step(this.#view(before), this.#view(after), bound));
        if (answer === true) continue;
        first(answer === "throws" ? this.#throws : this.#false, property.name, depth, faults);
      }
    }
  }

  // --- symmetry ----------------------------------------------------------------------------------------

  /** All permutations of a state's model values: the keys of its orbit. */
  orbit(parts: Parts): Set<string> {
    return new Set(this.permutations().map((to) => this.permuted(parts, to)));
  }

  #permutations: number[][][] | null = null;
  readonly #renamed = new Map<unknown, string[]>();

  /** All ways to permute every scalarset: for each id set the new position of each member. */
  permutations(): number[][][] {
    if (this.#permutations === null) {
      let rows: number[][][] = [[]];
      for (const set of this.model.idSets) {
        const identity = set.members.map((_, at) => at);
        const choices = set.ordered ? [identity] : arrangements(identity);
        rows = rows.flatMap((row) => choices.map((to) => [...row, to]));
      }
      this.#permutations = rows;
    }
    return this.#permutations;
  }

  /** The key of a state with its model values permuted. */
  permuted(parts: Parts, to: readonly number[][]): string {
    const at = this.permutations().indexOf(to as number[][]);
    const encoded: string[] = [];
    this.#kindAt.forEach((kind, location) => {
      let offset = 0;
      kind.ownersAt(location).forEach((position, n) => {
        const set = kind.owners[n]!;
        offset = offset * set.size + to[set.ordinal]![position]!;
      });
      encoded[kind.firstLocation + offset] = this.#renamings(parts[location])[at]!;
    });
    return encoded.join("\u0100");
  }

  /** The encodings of a part under every permutation. Parts are canonical, and few are different. */
  #renamings(part: unknown): string[] {
    const key = latin(this.stepper.codec.encode(part));
    let made = this.#renamed.get(key);
    if (made === undefined) {
      made = this.permutations().map((to) =>
        latin(this.stepper.codec.encode(part, (set, index) => to[set]![index]!)),
      );
      this.#renamed.set(key, made);
    }
    return made;
  }

  // --- what to expect ----------------------------------------------------------------------------------

  /** One state for each orbit (a shallowest), or all states. Throws if the model is not symmetric. */
  #counted(symmetry: boolean): Node[] {
    if (!symmetry) return [...this.states.values()];
    const byOrbit = new Map<string, Node>();
    for (const node of [...this.states.values()].sort((a, b) => a.depth - b.depth)) {
      const [least] = [...this.orbit(node.parts)].sort();
      const known = byOrbit.get(least!);
      if (known === undefined) byOrbit.set(least!, node);
      else if (known.expansion !== null && node.expansion !== null)
        assertAlike(known.expansion, node.expansion);
    }
    return [...byOrbit.values()];
  }

  expected(options: OracleOptions): Expected {
    const { model } = this;
    const counted = this.#counted(options.symmetry);
    const isExpanded = (node: Node): boolean => node.expansion !== null;
    const violations = this.#violations(options);
    // The level whose expansion shows the first violation is the last that is expanded.
    const lastLevel = options.keepGoing
      ? Number.POSITIVE_INFINITY
      : Math.min(...violations.map(({ levelDepth }) => levelDepth));
    const within = (depth: number): boolean => depth <= lastLevel + 1;
    const expanded = counted.filter((node) => isExpanded(node) && node.depth <= lastLevel);
    const stored = counted.filter((node) => within(node.depth));
    const kept = violations.filter(({ levelDepth }) => levelDepth <= lastLevel);
    const levels: number[] = [];
    for (const { depth } of stored) levels[depth] = (levels[depth] ?? 0) + 1;
    if (levels.length === 0) levels.push(0);
    const actions: Record<string, { enabled: number; generated: number }> = {};
    for (const { name } of model.actions) actions[name] = { enabled: 0, generated: 0 };
    let generated = this.initial.length;
    let boundTerminal = 0;
    const bounds = new Set<string>();
    for (const { expansion } of expanded) {
      const { next, hit, isCut, errors } = expansion!;
      generated += next.length;
      for (const name of new Set(next.map(({ action }) => action))) actions[name]!.enabled++;
      for (const { action } of next) actions[action]!.generated++;
      for (const name of hit) bounds.add(name);
      if (next.length === 0 && errors.size === 0 && isCut) boundTerminal++;
    }
    for (const [name, depth] of this.#excluded) if (within(depth)) bounds.add(name);
    const queued = stored.length - expanded.length;
    const isCutByDepth = options.depthMax !== null && queued > 0 && lastLevel === Number.POSITIVE_INFINITY;
    const isComplete = !isCutByDepth && (kept.length === 0 || options.keepGoing);
    const reached: Record<string, number | null> = {};
    const properties: Record<string, string> = {};
    const seen = (name: string): number | null => {
      const depth = this.#true.get(name);
      return depth !== undefined && within(depth) ? depth : null;
    };
    for (const { name, kind, expected, premise } of model.properties) {
      if (kind === "reachable" && expected) reached[name] = seen(name);
      let verdict = isComplete ? "holds" : "undecided";
      if (kept.some(({ property }) => property === name)) verdict = "violated";
      else if (kind === "reachable") {
        if (!expected) verdict = "not-checked";
        else if (seen(name) !== null) verdict = "reached";
        else if (isComplete) verdict = "unreached";
      } else if (isComplete && premise !== null && seen(name) === null) verdict = "vacuous";
      properties[name] = verdict;
    }
    return {
      verdict: verdictOf(kept, isCutByDepth, properties, bounds),
      generated,
      distinct: stored.length,
      queued,
      boundTerminal,
      levels,
      properties,
      bounds: [...bounds].sort(),
      violations: (options.keepGoing ? kept : kept.slice(0, 1)).map(
        ({ levelDepth: _, ...violation }) => violation,
      ),
      reached,
      actions,
    };
  }

  /** All violations with the level whose expansion shows each, ordered by length, kind and name. */
  #violations(options: OracleOptions): (ExpectedViolation & { readonly levelDepth: number })[] {
    const found: (ExpectedViolation & { readonly levelDepth: number })[] = [];
    for (const [property, { depth, faults }] of this.#false) {
      const kind = this.model.properties.find(({ name }) => name === property)!.kind;
      found.push({ kind, property, steps: depth, faults, levelDepth: depth - 1 });
    }
    for (const [property, { depth, faults }] of this.#throws) {
      // What is decided is not evaluated any more.
      const decided = Math.min(
        this.#false.get(property)?.depth ?? Number.POSITIVE_INFINITY,
        this.#decidedAt(property),
      );
      if (depth <= decided)
        found.push({ kind: "property-error", property, steps: depth, faults, levelDepth: depth - 1 });
    }
    const deadlocks = new Map<string, First>();
    const errors = new Map<string, First>();
    const assertions = new Set<string>();
    for (const { expansion, depth, faults, isFinal } of this.states.values()) {
      if (expansion === null) continue;
      for (const [action, isAssertion] of expansion.errors) {
        if (isAssertion) assertions.add(action);
        first(errors, action, depth, faults);
      }
      if (
        expansion.next.length === 0 &&
        !expansion.isCut &&
        expansion.errors.size === 0 &&
        !isFinal &&
        options.deadlock
      )
        first(deadlocks, "deadlock", depth, faults);
    }
    for (const [property, { depth, faults }] of deadlocks)
      found.push({ kind: "deadlock", property, steps: depth, faults, levelDepth: depth });
    for (const [property, { depth, faults }] of errors)
      found.push({ kind: "action-error", property, steps: depth, faults, levelDepth: depth });
    return found.sort(
      (a, b) => a.steps - b.steps || compare(a.kind, b.kind) || compare(a.property, b.property),
    );
  }

  /** The depth at which a reachability was reached. */
  #decidedAt(property: string): number {
    const definition = this.model.properties.find(({ name }) => name === property);
    return definition?.kind === "reachable"
      ? (this.#true.get(property) ?? Number.POSITIVE_INFINITY)
      : Number.POSITIVE_INFINITY;
  }
}

function verdictOf(
  violations: readonly { readonly kind: string }[],
  isCutByDepth: boolean,
  properties: Readonly<Record<string, string>>,
  bounds: ReadonlySet<string>,
): string {
  const [first] = violations;
  if (first !== undefined) return first.kind === "deadlock" ? "deadlock" : "violated";
  if (isCutByDepth) return "stopped";
  if (Object.values(properties).includes("unreached")) return "unreached";
  return bounds.size > 0 ? "holds-within" : "holds";
}

function answerOf(test: () => boolean): boolean | "throws" {
  takeBrokenRule();
  try {
    return test();
  } catch {
    const broken = takeBrokenRule();
    if (broken !== null) throw broken;
    return "throws";
  }
}

function first(found: Map<string, First>, name: string, depth: number, faults: number): void {
  const known = found.get(name);
  if (known === undefined || known.depth > depth || (known.depth === depth && known.faults > faults))
    found.set(name, { depth, faults });
}

function assertAlike(a: Expansion, b: Expansion): void {
  const summary = ({ next, hit, isCut, errors }: Expansion): string =>
    JSON.stringify([
      next.map(({ action, fault }) => `${action} ${fault}`).sort(),
      [...hit].sort(),
      isCut,
      [...errors].sort(),
    ]);
  if (summary(a) !== summary(b))
    throw new Error(`the model is not symmetric: ${summary(a)} and ${summary(b)}`);
}

function arrangements(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) =>
    arrangements(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
