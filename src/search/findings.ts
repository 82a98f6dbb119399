/**
 * What a search has found: for every check, deadlocks and errors, the depth at which it was decided first.
 *
 * Kept in shared memory as depth + 2 of the level being expanded (1 for initial states, 0 for not yet), so
 * that it is the same whichever worker finds it. What exactly was found is worked out afterwards, by
 * expanding again; see trace.ts.
 */
import { asAnswer } from "../model/answer.ts";
import { type Check, type Checks, FOUND } from "../model/checks.ts";
import { ObservedSource } from "../model/observe.ts";
import type { PartStore } from "../model/part-store.ts";
import { EvaluationError, messageOf, RuleError, takeBrokenRule } from "../spec/errors.ts";
import type { Model } from "../spec/model.ts";
import { State } from "../spec/state.ts";
import { CONTROL, type SharedMemory } from "../store/memory.ts";

/** A violation to be explained: what it is, and the depth of the level in which it shows. */
export interface Finding {
  readonly kind: "invariant" | "step" | "deadlock" | "action-error" | "property-error";
  readonly name: string;
  readonly check: Check | null;
  readonly action: number;
  /** Level whose expansion shows it; -1 when an initial state does. */
  readonly levelDepth: number;
  /** Length of the trace in steps. */
  readonly length: number;
}

export class Findings {
  readonly #model: Model;
  readonly #checks: Checks;
  readonly #parts: PartStore;
  readonly #memory: SharedMemory;
  readonly #decidedAt: number;
  readonly #errorAt: number;
  readonly #actionErrorAt: number;
  readonly #deadlockAt: number;

  static tableWords(model: Model): number {
    return 2 * (2 * model.properties.length + model.constraints.length) + model.actions.length + 1;
  }

  constructor(model: Model, checks: Checks, parts: PartStore, memory: SharedMemory, tablesAt: number) {
    const checkCount = 2 * model.properties.length + model.constraints.length;
    this.#model = model;
    this.#checks = checks;
    this.#parts = parts;
    this.#memory = memory;
    this.#decidedAt = tablesAt;
    this.#errorAt = tablesAt + checkCount;
    this.#actionErrorAt = tablesAt + 2 * checkCount;
    this.#deadlockAt = this.#actionErrorAt + model.actions.length;
  }

  // --- noting ----------------------------------------------------------------------------------------

  #note(at: number): void {
    const { tables, control } = this.#memory;
    if (tables[at] !== 0) return;
    // All workers are at the same depth, so it does not matter who writes.
    Atomics.store(tables, at, control[CONTROL.depth]! + 2);
  }

  noteDeadlock(): void {
    this.#note(this.#deadlockAt);
  }

  noteActionError(action: number): void {
    this.#note(this.#actionErrorAt + action);
  }

  noteConstraint(check: Check, found: number): void {
    this.#noteFound(check, found);
  }

  #noteFound(check: Check, found: number): void {
    if ((found & FOUND.false) !== 0) this.#note(this.#decidedAt + check.ordinal);
    if ((found & FOUND.error) !== 0) this.#note(this.#errorAt + check.ordinal);
  }

  noteCapacity(): void {
    const { control } = this.#memory;
    control[CONTROL.interrupt] = control[CONTROL.interrupt] || STOP.capacity;
  }

  /** Checks a state that is new or outside the constraints. */
  checkState(check: Check, ids: Int32Array, changed: Int32Array | null): void {
    if (check.kind === "invariant" || check.kind === "step") {
      const found = this.#checks.evaluate(check, ids, ids, changed);
      // A step property is asked here what it reads, and says, where nothing changes.
      if (check.kind === "invariant") this.#noteFound(check, found);
      else if (found !== 0) this.#checks.noteIrreflexive(check);
    } else if (check.kind === "reachable" || check.kind === "premise") {
      const answer = this.#checks.some(check, ids);
      if (answer !== false) this.#note((answer === true ? this.#decidedAt : this.#errorAt) + check.ordinal);
    }
  }

  /** Checks an initial state for everything, also whether it is within the constraints. */
  checkInitial(ids: Int32Array): boolean {
    let inside = true;
    for (const check of this.#checks.all) {
      if (check.kind === "constraint") {
        const found = this.#checks.evaluate(check, ids, ids, null);
        if (found === 0) continue;
        inside = false;
        this.noteConstraint(check, found);
      } else if (check.active) this.checkState(check, ids, null);
    }
    return inside;
  }

  /** Checks a step property; all instances when `changed` is null. A step that changes nothing is none. */
  checkStep(
    check: Check,
    action: number,
    before: Int32Array,
    after: Int32Array,
    changed: Int32Array | null,
  ): void {
    if (check.except.has(action) || (changed === null && isSame(before, after))) return;
    this.#noteFound(check, this.#checks.evaluate(check, before, after, changed));
  }

  /** Whether a step (or the state it leads to) is what a finding speaks of. */
  violates(finding: Finding, action: number, before: Int32Array, after: Int32Array): boolean {
    const check = finding.check!;
    if (check.kind === "step" && (check.except.has(action) || isSame(before, after))) return false;
    const from = check.kind === "step" ? before : after;
    const found = this.#checks.evaluate(check, from, after, null);
    return (found & (finding.kind === "property-error" ? FOUND.error : FOUND.false)) !== 0;
  }

  isFinal(ids: Int32Array): boolean {
    const view = new State(
      new ObservedSource((at) => this.#parts.value(this.#parts.kindAt[at]!, ids[at]!), null, true),
    );
    return this.#model.finals.some((final) => {
      takeBrokenRule();
      let isFinal = false;
      let thrown: unknown = null;
      try {
        isFinal = asAnswer(final.test(view));
      } catch (error) {
        thrown = error ?? "nothing";
      }
      const broken = takeBrokenRule();
      if (broken !== null) throw new RuleError(`final ${final.name}: ${broken.message}`, final.name);
      if (thrown !== null)
        throw new EvaluationError("property", `final ${final.name} threw: ${messageOf(thrown)}`);
      return isFinal;
    });
  }

  // --- reading ---------------------------------------------------------------------------------------

  /** Depth at which a reachability or premise was seen first, or null. */
  seenAt(check: Check): number | null {
    const noted = this.#memory.tables[this.#decidedAt + check.ordinal]!;
    return noted === 0 ? null : noted - 1;
  }

  /** Whether a constraint excluded something. */
  excluded(check: Check): boolean {
    return this.#memory.tables[this.#decidedAt + check.ordinal] !== 0;
  }

  /** Stops evaluating what is decided; after every barrier. */
  retire(): void {
    const { tables } = this.#memory;
    for (const check of this.#checks.all)
      if (check.kind !== "constraint" && tables[this.#decidedAt + check.ordinal] !== 0) check.active = false;
  }

  /** All violations so far, ordered by length, kind and name. */
  violations(): Finding[] {
    const { tables } = this.#memory;
    const found: Finding[] = [];
    for (const check of this.#checks.all) {
      const decided = tables[this.#decidedAt + check.ordinal]!;
      const failed = tables[this.#errorAt + check.ordinal]!;
      if ((check.kind === "invariant" || check.kind === "step") && decided !== 0)
        found.push({
          kind: check.kind,
          name: check.name,
          check,
          action: -1,
          levelDepth: decided - 2,
          length: decided - 1,
        });
      if (failed !== 0)
        found.push({
          kind: "property-error",
          name: check.name,
          check,
          action: -1,
          levelDepth: failed - 2,
          length: failed - 1,
        });
    }
    const deadlock = tables[this.#deadlockAt]!;
    if (deadlock !== 0)
      found.push({
        kind: "deadlock",
        name: "deadlock",
        check: null,
        action: -1,
        levelDepth: deadlock - 2,
        length: deadlock - 2,
      });
    for (const action of this.#model.actions) {
      const failed = tables[this.#actionErrorAt + action.ordinal]!;
      if (failed !== 0)
        found.push({
          kind: "action-error",
          name: action.name,
          check: null,
          action: action.ordinal,
          levelDepth: failed - 2,
          length: failed - 2,
        });
    }
    return found.sort((a, b) => a.length - b.length || order(a.kind, b.kind) || order(a.name, b.name));
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Why a search ends before it is complete: values of CONTROL.interrupt. */
export const STOP = {
  none: 0,
  interrupt: 1,
  seconds: 2,
  memory: 3,
  states: 4,
  capacity: 5,
  depth: 6,
} as const;

function isSame(before: Int32Array, after: Int32Array): boolean {
  return before.every((part, at) => part === after[at]);
}
