/**
 * A model explored by hand: what can be said of a path, which is a list of the numbers of choices. Holds no path
 * itself. Choices are numbered as the Stepper gives them, without those that lead to the same state by the same
 * step; so a path means the same in every process, as long as the spec and its parameters are the same.
 */
import { changesOf, untoldChanges } from "../report/diff.ts";
import { format, formatMessage } from "../report/itf.ts";
import { plural } from "../report/layout.ts";
import { headline } from "../report/text/trace-text.ts";
import { differentInitialStates, stepChoice } from "../search/choice.ts";
import { failedProperties, reachedAt } from "../search/evaluate.ts";
import type { ItfState, Place, StepChoice, TraceStep, ViolationKind } from "../search/result.ts";
import { findingsAt } from "../search/scenario.ts";
import { argumentsOf, NO_MESSAGES } from "../search/step-text.ts";
import { messagesOf, type Parts, type Successor } from "../search/stepper.ts";
import type { SourceLocation } from "../spec/definitions.ts";
import { SpecError } from "../spec/errors.ts";
import type { Model } from "../spec/model.ts";
import type { FailureNow, Offer, Path, StateAnswer } from "./api.ts";
import { RememberingStepper } from "./remembering-stepper.ts";

/** States whose successors are remembered; some 10 KB each with five servers. */
const STATES_MAX = 2000;

export interface SessionOptions {
  /** The place in a source file for one that the model remembers. */
  readonly placeOf: (location: SourceLocation | null) => Place | null;
  /** A text of the spec with its places in source files. */
  readonly rewrite: (text: string) => string;
}

/** A path that was followed as far as it exists. */
interface Followed {
  readonly path: Path;
  /** One more than `made`: the initial state is made by no step. */
  readonly states: readonly Parts[];
  readonly made: readonly Successor[];
  readonly cutShort: string | null;
}

export class Session {
  readonly #stepper: RememberingStepper;
  readonly #options: SessionOptions;
  readonly #networks: readonly string[];
  readonly #initial: readonly Parts[];
  // All beside objects that the Stepper remembers, and forgotten with them.
  readonly #choices = new WeakMap<readonly Successor[], readonly Successor[]>();
  readonly #steps = new WeakMap<Successor, TraceStep>();
  readonly #offers = new WeakMap<Successor, Offer>();
  readonly #states = new WeakMap<Parts, ItfState>();

  /** Throws a SpecError when there is no initial state, or when making one fails. */
  constructor(model: Model, options: SessionOptions) {
    this.#stepper = new RememberingStepper(model, STATES_MAX);
    this.#options = options;
    this.#networks = model.kinds.filter((kind) => kind.network !== null).map((kind) => kind.name);
    this.#initial = differentInitialStates(this.#stepper);
    if (this.#initial.length === 0)
      throw new SpecError(
        "the spec has no initial state; what m.initial() is given must return at least one",
      );
  }

  /**
   * All that is to be shown of a path; its steps from `from` on. The empty path is that of the only initial state, if
   * there is but one. Throws what the spec throws where a search would end with an error.
   */
  describe(path: Path, from = 0): StateAnswer {
    const followed = this.#follow(path);
    const { states, made, cutShort } = followed;
    const here = states.at(-1);
    const base = { loading: 0, path: followed.path, cutShort, from };
    if (here === undefined)
      return {
        ...base,
        digest: "",
        steps: [],
        title: plural(this.#initial.length, "initial state"),
        failures: [],
        relevant: [],
        reached: [],
        end: null,
        isCut: false,
        outside: [],
        offers: this.#initial.map((parts, at) => this.#initialOffer(parts, at)),
      };
    const actions = made.map(({ instance }) => instance.action.name);
    const failures = findingsAt(this.#stepper, { states, actions }).map(
      ({ kind, name, instance, message, reads, location }): FailureNow => ({
        kind,
        property: name,
        instance,
        message: this.#options.rewrite(message),
        reads,
        location: this.#options.placeOf(location),
      }),
    );
    const relevant = new Set(failures[0]?.reads.map(({ writtenAt }) => writtenAt));
    const { successors, errors, cut } = this.#stepper.expand(here);
    const keys = states.map((parts) => this.#stepper.keyOf(parts));
    return {
      ...base,
      digest: digestOf(keys.at(-1)!),
      steps: states.slice(from).map((parts, at) => this.#step(from + at, made[from + at - 1] ?? null, parts)),
      title: this.#title(failures[0] ?? null, followed),
      failures,
      relevant: [...relevant].filter((step) => step > 0).sort((a, b) => a - b),
      reached: reachedAt(this.#stepper, { states, actions }),
      end:
        successors.length > 0 || errors.length > 0
          ? null
          : this.#stepper.isFinal(here)
            ? "final"
            : cut
              ? "bound"
              : "deadlock",
      isCut: cut,
      outside: this.#stepper.constraintsBroken(here),
      offers: this.#choicesAt(here).map((one) => ({
        ...this.#offer(one),
        repeats: indexOrNull(keys, this.#stepper.keyOf(one.parts)),
      })),
    };
  }

  /** The path of a trace that was made elsewhere from the same spec. Throws an Error when it cannot be followed. */
  pathOf(trace: readonly TraceStep[]): Path {
    const path: number[] = [];
    let choices: readonly { readonly text: string | null; readonly parts: Parts }[] = this.#initial.map(
      (parts) => ({ text: null, parts }),
    );
    for (const { step, action, state } of trace) {
      const wanted = JSON.stringify(state);
      const at = choices.findIndex(
        ({ text, parts }) => text === action && JSON.stringify(this.#stateOf(parts)) === wanted,
      );
      if (at < 0)
        throw new Error(`step ${step} of the trace (${action ?? "initial state"}) is not found again`);
      path.push(at);
      choices = this.#choicesAt(choices[at]!.parts);
    }
    return path;
  }

  /** What a violation that a path leads to is called: `Invariant X is violated after 7 steps (specs/x.ts:12)`. */
  titleOf(path: Path, kind: ViolationKind, property: string): string {
    const { title, failures } = this.describe(path, path.length);
    const wanted = failures.find((failure) => failure.kind === kind && failure.property === property);
    return wanted === undefined ? title : this.#title(wanted, this.#follow(path));
  }

  /** Names of what fails at the end of a path. */
  failing(path: Path): string[] {
    return this.describe(path, path.length).failures.map(({ property }) => property);
  }

  /**
   * The same path in another loading of the spec, as far as it is still possible: steps with the same text, if
   * possible with the same arguments and into the same state.
   */
  carriedOver(path: Path, into: Session): { readonly path: Path; readonly told: string | null } {
    const { states, made } = this.#follow(path);
    if (states.length === 0) return { path: [], told: null };
    const keys = states.map((parts) => this.#stepper.keyOf(parts));
    const initial = into.#initial.findIndex((parts) => into.#stepper.keyOf(parts) === keys[0]);
    const carried = [Math.max(0, initial)];
    let isSame = initial >= 0;
    let parts = into.#initial[carried[0]!]!;
    for (const [at, step] of made.entries()) {
      const choices = into.#choicesAt(parts);
      const wanted = JSON.stringify(argumentsOf(step.instance, step.argument));
      const named = choices.filter(({ text }) => text === step.text);
      const alike = named.filter(
        ({ instance, argument }) => JSON.stringify(argumentsOf(instance, argument)) === wanted,
      );
      const equal = (one: Successor): boolean => into.#stepper.keyOf(one.parts) === keys[at + 1];
      const found = alike.find(equal) ?? named.find(equal) ?? alike[0] ?? named[0];
      if (found === undefined)
        return {
          path: carried,
          told: `${step.text} is no longer possible after step ${at}: the path ends there`,
        };
      isSame &&= equal(found);
      carried.push(choices.indexOf(found));
      parts = found.parts;
    }
    return { path: carried, told: isSame ? null : "the same steps lead to other states now" };
  }

  #follow(path: Path): Followed {
    const wanted = path.length === 0 && this.#initial.length === 1 ? [0] : path;
    const [first, ...rest] = wanted;
    if (first === undefined) return { path: [], states: [], made: [], cutShort: null };
    const start = this.#initial[first];
    if (start === undefined) {
      const cutShort = `there is no initial state ${first + 1}: the spec has ${this.#initial.length}`;
      return { ...this.#follow([]), cutShort };
    }
    const states: Parts[] = [start];
    const made: Successor[] = [];
    for (const choice of rest) {
      const choices = this.#choicesAt(states.at(-1)!);
      const next = choices[choice];
      if (next === undefined) {
        const cutShort = `there is no choice ${choice} after step ${made.length}, only ${choices.length}: the path ends there`;
        return { path: wanted.slice(0, states.length), states, made, cutShort };
      }
      made.push(next);
      states.push(next.parts);
    }
    return { path: wanted, states, made, cutShort: null };
  }

  /** Successors, those of one text that lead to the same state once. */
  #choicesAt(parts: Parts): readonly Successor[] {
    const { successors } = this.#stepper.expand(parts);
    let choices = this.#choices.get(successors);
    if (choices === undefined) {
      const different = new Map<string, Successor>();
      for (const one of successors) {
        const key = `${one.text}\n${this.#stepper.keyOf(one.parts)}`;
        if (!different.has(key)) different.set(key, one);
      }
      choices = [...different.values()];
      this.#choices.set(successors, choices);
    }
    return choices;
  }

  #stateOf(parts: Parts): ItfState {
    let state = this.#states.get(parts);
    if (state === undefined) {
      state = this.#stepper.stateOf(parts);
      this.#states.set(parts, state);
    }
    return state;
  }

  #step(at: number, made: Successor | null, parts: Parts): TraceStep {
    if (made === null) return this.#stepper.traceStep(at, null, parts);
    let told = this.#steps.get(made);
    if (told === undefined) {
      told = this.#stepper.traceStep(at, made, parts);
      const { action } = made.instance;
      told = { ...told, location: this.#options.placeOf(action.location) };
      this.#steps.set(made, told);
    }
    return { ...told, step: at };
  }

  #title(failure: FailureNow | null, { states, made }: Followed): string {
    if (failure === null)
      return made.length === 0 ? "An initial state" : `A path of ${plural(made.length, "step")}`;
    // Of a trace the title tells its length alone.
    const trace = states.map((parts, at) => this.#step(at, made[at - 1] ?? null, parts));
    return headline({ ...failure, trace });
  }

  #initialOffer(parts: Parts, at: number): Offer {
    const first = this.#stateOf(this.#initial[0]!);
    return {
      action: `initial state ${at + 1}`,
      actionName: null,
      arguments: {},
      fault: false,
      detail: "",
      ...NO_MESSAGES,
      // Against the first of them, as they differ in little.
      changes: changesOf(first, this.#stateOf(parts)),
      violates: this.#violatedIn([parts], []),
      repeats: null,
    };
  }

  #offer(made: Successor): Offer {
    let offer = this.#offers.get(made);
    if (offer === undefined) {
      const { instance, argument, from, parts, text, fault } = made;
      const messages = messagesOf(made);
      offer = {
        action: text,
        actionName: instance.action.name,
        arguments: argumentsOf(instance, argument),
        fault,
        detail: detailOf(stepChoice(this.#stepper, made)),
        ...messages,
        changes: untoldChanges(this.#stateOf(from), this.#stateOf(parts), this.#networks, messages),
        violates: this.#violatedIn([from, parts], [instance.action.name]),
        repeats: null,
      };
      this.#offers.set(made, offer);
    }
    return offer;
  }

  #violatedIn(states: readonly Parts[], actions: readonly string[]): string[] {
    return failedProperties(this.#stepper, { states, actions }).map(({ name }) => name);
  }
}

function detailOf(choice: StepChoice | null): string {
  if (choice === null) return "";
  const { arguments: told, place } = choice;
  const { message, ...others } = told ?? {};
  return [
    ...(message === undefined ? [] : [formatMessage(message, null, "")]),
    ...Object.entries(others).map(([name, value]) => `${name}: ${format(value)}`),
    ...(place === null ? [] : [`outcome ${place}`]),
  ].join(", ");
}

function indexOrNull(keys: readonly string[], key: string): number | null {
  const at = keys.indexOf(key);
  return at < 0 ? null : at;
}

/** FNV-1a over the units of a text, eight hexadecimal digits: tells states apart in links, and is no proof. */
function digestOf(key: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
