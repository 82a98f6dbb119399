/**
 * The audit: shows, run by run, that the spec keeps the promises that results are remembered on.
 *
 * Purity: the first runs of every action are run again at once, on values built with unordered collections
 * filled in the opposite order, and once more at the end of the search; later runs are sampled by content. So are
 * the runs of properties and constraints.
 * Symmetry: in a sample of states two names are swapped; successors, properties and constraints must swap
 * along. Both are on by default and cost a few percent; what fails is named.
 */
import type { Canonicalizer } from "../model/canonicalizer.ts";
import type { CheckRun, Checks } from "../model/checks.ts";
import type { Instance } from "../model/instances.ts";
import type { Read } from "../model/observe.ts";
import type { PartStore } from "../model/part-store.ts";
import type { Permutation } from "../model/permutation.ts";
import type { Run, Transitions } from "../model/transitions.ts";
import { RuleError } from "../spec/errors.ts";
import type { Model } from "../spec/model.ts";

/** Runs of each action, and of each property, that are repeated at once and at the end. */
const REPEATED_RUNS = 200;

/** After those, one run in so many, chosen by content. */
const RUN_SAMPLE = 64;

/** States whose renaming is checked: the first ones, then one in so many. */
const RENAMED_STATES = 40;
const STATE_SAMPLE = 16_384;

interface AuditContext {
  readonly model: Model;
  readonly parts: PartStore;
  readonly transitions: Transitions;
  readonly checks: Checks;
  readonly canonicalizer: Canonicalizer;
}

interface RememberedRun {
  readonly instance: Instance;
  readonly message: number;
  readonly ids: Int32Array;
  readonly run: Run;
}

export class Audit {
  readonly #context: AuditContext;
  readonly #swaps: Permutation[] = [];
  readonly #repeated: RememberedRun[] = [];
  readonly #runsOf: Int32Array;
  readonly #repeatedChecks: CheckRun[] = [];
  readonly #runsOfCheck: Int32Array;
  #expanded = 0;

  constructor(context: AuditContext) {
    this.#context = context;
    this.#runsOf = new Int32Array(context.model.actions.length);
    this.#runsOfCheck = new Int32Array(context.checks.all.length);
    const { names } = context.parts;
    names.sets.forEach((set, s) => {
      for (let n = 1; n < set.size; n++)
        this.#swaps.push(names.swap(names.starts[s]! + n - 1, names.starts[s]! + n));
    });
  }

  /** After a run of an action: runs it again on values built in another order. */
  afterRun(instance: Instance, message: number, ids: Int32Array, run: Run): void {
    const count = this.#runsOf[instance.action.ordinal]!++;
    if (count < REPEATED_RUNS) this.#repeated.push({ instance, message, ids: ids.slice(), run });
    else if (this.#contentHash(run.reads, ids) % RUN_SAMPLE !== 0) return;
    this.#repeat(instance, message, ids, run);
  }

  /** At the end of the search: runs the first runs of each action once more. */
  finish(): void {
    for (const { instance, message, ids, run } of this.#repeated) this.#repeat(instance, message, ids, run);
    for (const run of this.#repeatedChecks) this.#askAgain(run);
  }

  /** After a run of a property or constraint: asks it again about values built in another order. */
  afterCheck(run: CheckRun, reads: readonly Read[]): void {
    const count = this.#runsOfCheck[run.check.ordinal]!++;
    if (count < REPEATED_RUNS)
      this.#repeatedChecks.push({ ...run, before: run.before.slice(), after: run.after.slice() });
    else {
      const after = reads.filter(({ side }) => side === 1);
      const hash = this.#contentHash(locationsOf(after), run.after);
      if ((hash ^ this.#contentHash(locationsOf(reads), run.before)) % RUN_SAMPLE !== 0) return;
    }
    this.#askAgain(run);
  }

  #askAgain({ check, bound, before, after, answer }: CheckRun): void {
    if (answerOf(answer) === answerOf(this.#context.checks.answerUnobserved(check, bound, before, after)))
      return;
    throw new RuleError(
      `${check.name} gave different answers for the same state; a property must not read time, Math.random, module variables or the order of unordered collections, nor compare values with === that is() should compare`,
      check.name,
    );
  }

  #repeat(instance: Instance, message: number, ids: Int32Array, run: Run): void {
    const again = this.#context.transitions.observe(instance, message, ids, true);
    if (this.#summary(run, ids) === this.#summary(again, ids)) return;
    throw new RuleError(
      `action ${instance.action.name} gave different successors for the same state; actions must not read time, Math.random, module variables, object identity or the order of unordered collections`,
      instance.action.name,
    );
  }

  /** What a run does to a state: the states it leads to, in an order of their own. */
  #summary(run: Run, ids: Int32Array): string {
    const states = run.outcomes.map(({ steps, fault }) => {
      const to = this.#context.transitions.applyTo(steps, ids);
      return `${fault} ${to === null ? "disabled" : to.join()}`;
    });
    return `${run.boundsHit} ${run.error === null} ${states.sort().join(";")}`;
  }

  #contentHash(reads: readonly number[], ids: Int32Array): number {
    const { parts } = this.#context;
    let hash = 0;
    for (const at of reads)
      if (at < ids.length)
        hash = Math.imul(hash ^ parts.contentHash(parts.kindAt[at]!, ids[at]!), 0x9e3779b1);
    return hash >>> 8;
  }

  /** After the expansion of a state: renames some of them. */
  afterExpansion(ids: Int32Array): void {
    if (this.#swaps.length === 0) return;
    const count = this.#expanded++;
    if (count >= RENAMED_STATES && count % STATE_SAMPLE !== 0) return;
    for (const swap of this.#swaps) this.#rename(ids.slice(), swap);
  }

  #rename(ids: Int32Array, swap: Permutation): void {
    const { transitions, canonicalizer, checks } = this.#context;
    const renamed = canonicalizer.permute(ids, swap);
    const steps = transitions.successors(ids);
    const keyOf = (action: number, to: Int32Array): string => `${action}:${to.join()}`;
    const theirs = new Map<string, number>();
    for (const { instance, to } of transitions.successors(renamed)) {
      const key = keyOf(instance.action.ordinal, to);
      theirs.set(key, (theirs.get(key) ?? 0) + 1);
    }
    for (const { instance, to } of steps) {
      const key = keyOf(instance.action.ordinal, canonicalizer.permute(to, swap));
      const left = theirs.get(key) ?? 0;
      if (left === 0) this.#fail("action ", instance.action.name, "successors");
      theirs.set(key, left - 1);
    }
    for (const [key, left] of theirs)
      if (left !== 0)
        this.#fail("action ", this.#context.model.actions[Number.parseInt(key, 10)]!.name, "successors");
    const [first] = steps;
    for (const check of checks.all) {
      if (!check.active) continue;
      if (check.kind === "reachable" || check.kind === "premise") {
        if (answerOf(checks.some(check, ids)) !== answerOf(checks.some(check, renamed)))
          this.#fail("", check.name, "answer");
        continue;
      }
      const to = check.kind === "step" ? first?.to : ids;
      if (to === undefined) continue;
      const here = checks.evaluate(check, ids, to, null);
      const there = checks.evaluate(check, renamed, canonicalizer.permute(to, swap), null);
      if (here !== there) this.#fail("", check.name, "answer");
    }
  }

  #fail(kind: string, name: string, of: string): never {
    throw new RuleError(
      `${kind}${name} is not symmetric: swapping two interchangeable values in a state does not swap them in its ${of}. Do not choose by order or position; or use --no-symmetry, or declare the ids with orderedIds()`,
      name,
    );
  }
}

function locationsOf(reads: readonly Read[]): number[] {
  return reads.map(({ location }) => location);
}

function answerOf(answer: boolean | Error): string {
  return typeof answer === "boolean" ? String(answer) : "error";
}
