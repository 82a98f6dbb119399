/**
 * A model one step at a time, through the spec's own functions: for replaying, exploring by hand, drawing small
 * graphs and comparing behaviours. Remembers nothing and knows no symmetry: what it says is what the spec says,
 * under the names that the spec uses. Successors come in a fixed order: actions as declared, bindings in the order
 * of their values, messages in the order of their encoding, outcomes as the action gives them.
 */
import { asAnswer } from "../model/answer.ts";
import { Codec } from "../model/codec.ts";
import {
  appliedTo,
  computedBindings,
  deliverable,
  forced,
  type Instance,
  instancesOf,
  productOf,
  type RunOutcome,
  runOnce,
} from "../model/instances.ts";
import { toItfName } from "../model/itf.ts";
import { ObservedSource } from "../model/observe.ts";
import type { PropertyDefinition } from "../spec/definitions.ts";
import {
  AssertionFailure,
  EvaluationError,
  messageOf,
  RuleError,
  SpecError,
  takeBrokenRule,
} from "../spec/errors.ts";
import type { Model } from "../spec/model.ts";
import { Disabled, type PartKind } from "../spec/part-kind.ts";
import { type Operation, type Outcome, State } from "../spec/state.ts";
import { initialChoice, stepChoice } from "./choice.ts";
import type { ItfState, TraceMessage, TraceStep } from "./result.ts";
import {
  actionText,
  argumentsOf,
  callText,
  messagesMoved,
  messageToItf,
  movedBy,
  NO_MESSAGES,
  type StepMessages,
  stateToItf,
  transported,
} from "./step-text.ts";

/** A state: the value of the part at each location. */
export type Parts = readonly unknown[];

export interface Successor {
  /** The state that was expanded. */
  readonly from: Parts;
  readonly instance: Instance;
  /** The bindings by name; of a delivery, the message. */
  readonly argument: unknown;
  /** `Timeout(n1)`. Several successors may have one text: outcomes, or messages between the same nodes. */
  readonly text: string;
  readonly fault: boolean;
  readonly operations: readonly Operation[];
  readonly parts: Parts;
}

/** An action that threw. */
export interface StepError {
  readonly action: string;
  /** `Timeout(n1)`. */
  readonly text: string;
  readonly message: string;
  /** Whether an `assert` of the spec failed, or the function could not be evaluated. */
  readonly assertion: boolean;
}

export interface Expansion {
  readonly successors: readonly Successor[];
  readonly errors: readonly StepError[];
  /** Whether a bound or a budget alone kept something from happening here. */
  readonly cut: boolean;
}

/** A property with the values of its parameters. */
export interface PropertyInstance {
  readonly property: PropertyDefinition;
  /** `(n1, n2)`, or empty. */
  readonly instance: string;
  /** What was thrown, or null. */
  readonly error: string | null;
}

export class Stepper {
  readonly model: Model;
  readonly codec: Codec;
  readonly instances: readonly Instance[];
  readonly #kindAt: readonly PartKind[];

  constructor(model: Model) {
    this.model = model;
    this.codec = new Codec(model.idSets);
    this.instances = instancesOf(model.actions);
    this.#kindAt = model.kinds.flatMap((kind) => Array.from({ length: kind.locationCount }, () => kind));
  }

  /** All initial states, in the order in which the spec gives them; equal ones as often as they are given. */
  initialStates(): Parts[] {
    const first = this.#kindAt.map((kind, at) => this.#canonical(kind.initial(kind.ownerIds(at))));
    let states: Parts[] = [first];
    for (const make of this.model.initializers)
      states = states.flatMap((from) => {
        const source = sourceOf(from);
        return initialOutcomes(make, source).map((state) => {
          const { parts } = this.#apply(from, State.operationsOf(state));
          if (parts === null)
            throw new RuleError("initial state: a budget or a network refuses what m.initial() does");
          return parts;
        });
      });
    return states;
  }

  /** Everything that can happen in a state. Throws a RuleError for what a spec may never do. */
  expand(parts: Parts): Expansion {
    const successors: Successor[] = [];
    const errors: StepError[] = [];
    let cut = false;
    for (const instance of this.instances)
      for (const run of this.#runsOf(instance, parts)) {
        const source = sourceOf(parts);
        takeBrokenRule();
        let made: { argument: unknown; outcome: RunOutcome }[] = [];
        let argument: unknown = instance.bound;
        try {
          for (argument of run(source))
            for (const outcome of runOnce(instance, argument, source)) made.push({ argument, outcome });
        } catch (error) {
          if (error instanceof RuleError) throw error;
          // As in a search: a run that throws has no outcomes.
          made = [];
          errors.push({
            action: instance.action.name,
            text: instance.action.name + callText(instance, argument),
            message: messageOf(error),
            assertion: error instanceof AssertionFailure,
          });
        }
        const broken = takeBrokenRule();
        if (broken !== null) throw new RuleError(`action ${instance.action.name}: ${broken.message}`);
        cut ||= source.boundsHit.length > 0;
        for (const { argument, outcome } of made) {
          const applied = this.#apply(parts, outcome.operations);
          cut ||= applied.cut;
          if (applied.parts === null) continue;
          const text = actionText(instance, argument);
          const operations = this.#told(outcome.operations);
          successors.push({
            ...outcome,
            from: parts,
            instance,
            argument,
            text,
            operations,
            parts: applied.parts,
          });
        }
      }
    return { successors, errors, cut };
  }

  /** The runs of an instance, each as what it is called with: one for each message, or one with all bindings. */
  #runsOf(instance: Instance, parts: Parts): ((source: ObservedSource) => unknown[])[] {
    if (instance.action.receive !== null)
      return deliverable(instance.action, parts[instance.location]).map((message) => () => [message]);
    return [(source) => computedBindings(instance, source).map((row) => ({ ...instance.bound, ...row }))];
  }

  /** Equal for equal states, and for no others. */
  keyOf(parts: Parts): string {
    return parts.map((part) => Buffer.from(this.codec.encode(part)).toString("latin1")).join("\u0100");
  }

  /** Invariants that are false, or throw, in a state. */
  violatedInvariants(parts: Parts): PropertyInstance[] {
    return this.#instancesWhere("invariant", ({ test }, bound) => !test(viewOf(parts), bound));
  }

  /** Reachability properties that a state satisfies. */
  reachedIn(parts: Parts): PropertyInstance[] {
    return this.#instancesWhere("reachable", ({ test }, bound) => test(viewOf(parts), bound));
  }

  /** Step properties that a step breaks; a step that changes nothing breaks none. */
  violatedSteps(before: Parts, { instance, parts }: Successor): PropertyInstance[] {
    if (this.keyOf(before) === this.keyOf(parts)) return [];
    return this.#instancesWhere(
      "step",
      ({ step, except }, bound) =>
        !except.includes(instance.action.name) && !step(viewOf(before), viewOf(parts), bound),
    );
  }

  #instancesWhere(
    kind: PropertyDefinition["kind"],
    holds: (property: PropertyDefinition, bound: Record<string, unknown>) => boolean,
  ): PropertyInstance[] {
    const found: PropertyInstance[] = [];
    for (const property of this.model.properties) {
      if (property.kind !== kind) continue;
      for (const bound of productOf(property.bindings)) {
        let error: string | null = null;
        try {
          if (!holds(property, bound)) continue;
        } catch (thrown) {
          error = messageOf(thrown);
        }
        found.push({ property, instance: boundText(bound), error });
      }
    }
    return found;
  }

  /** Whether the spec calls a state without successors a proper end. */
  isFinal(parts: Parts): boolean {
    return this.model.finals.some((final) => {
      try {
        return asAnswer(final.test(viewOf(parts)));
      } catch (error) {
        if (error instanceof SpecError) throw error;
        throw new EvaluationError("property", `final ${final.name} threw: ${messageOf(error)}`);
      }
    });
  }

  /** Whether all constraints of the spec hold: only then is a state explored further. */
  isInside(parts: Parts): boolean {
    return this.model.constraints.every((constraint) => asAnswer(constraint.test(viewOf(parts))));
  }

  /** Names of the constraints that exclude a state; one that throws does. */
  constraintsBroken(parts: Parts): string[] {
    const holds = (test: (state: State) => boolean): boolean => {
      try {
        return asAnswer(test(viewOf(parts)));
      } catch (error) {
        if (error instanceof RuleError) throw error;
        return false;
      }
    };
    return this.model.constraints.filter(({ test }) => !holds(test)).map(({ name }) => name);
  }

  // --- telling ---------------------------------------------------------------------------------------

  stateOf(parts: Parts): ItfState {
    return stateToItf(this.model, (location) => parts[location]);
  }

  /** A step as traces have it. `made` is null for the initial state. */
  traceStep(step: number, made: Successor | null, parts: Parts): TraceStep {
    return {
      step,
      action: made?.text ?? null,
      actionName: made?.instance.action.name ?? null,
      location: made?.instance.action.location ?? null,
      arguments: made === null ? {} : argumentsOf(made.instance, made.argument),
      fault: made?.fault ?? false,
      state: this.stateOf(parts),
      ...(made === null ? NO_MESSAGES : messagesOf(made)),
      enabled: [...new Set(this.expand(parts).successors.map(({ text }) => text))],
      relevant: false,
      choice: made === null ? initialChoice(this, parts) : stepChoice(this, made),
    };
  }

  #apply(parts: Parts, operations: readonly Operation[]): { parts: Parts | null; cut: boolean } {
    const made = [...parts];
    let refused = false;
    for (const operation of operations) {
      const { location } = operation;
      const part = appliedTo(this.codec, made[location], operation);
      if (!(part instanceof Disabled)) made[location] = this.#canonical(part);
      else if (part.budget === null) return { parts: null, cut: false };
      else refused = true;
    }
    return { parts: refused ? null : made, cut: refused };
  }

  /** Messages are told as they are in the network, not with their fields in the order in which the action wrote them. */
  #told(operations: readonly Operation[]): readonly Operation[] {
    return operations.map((operation) =>
      SENDING.includes(operation.code)
        ? { ...operation, operand: this.#canonical(operation.operand) }
        : operation,
    );
  }

  #canonical(part: unknown): unknown {
    return this.codec.decode(this.codec.encode(part));
  }
}

function initialOutcomes(make: (state: State) => Outcome, source: ObservedSource): State[] {
  try {
    return forced(make(new State(source)), source);
  } catch (error) {
    if (error instanceof SpecError) throw error;
    throw new EvaluationError("action", `initial state: ${messageOf(error)}`);
  }
}

function sourceOf(parts: Parts): ObservedSource {
  return new ObservedSource((at) => parts[at], null, false);
}

function viewOf(parts: Parts): State {
  return new State(new ObservedSource((at) => parts[at], null, true));
}

function boundText(bound: Record<string, unknown>): string {
  const names = Object.values(bound).map(toItfName);
  return names.length === 0 ? "" : `(${names.join(", ")})`;
}

/** The messages of a step: sent, received by the action, or taken out of a network unread. */
export function messagesOf(made: Successor): StepMessages {
  const { action } = made.instance;
  const moved = transported(made.instance, made.argument, (location) => made.from[location]);
  if (moved !== null) return movedBy(action.transport!, moved);
  const told = (codes: readonly string[]): TraceMessage[] =>
    made.operations
      .filter(({ code }) => codes.includes(code))
      .map(({ kind, operand }) => messageToItf(kind, operand));
  const received = action.receive === null ? null : messageToItf(action.receive.network, made.argument);
  return messagesMoved(told(SENDING), received, told(["remove"]));
}

const SENDING: readonly string[] = ["send", "sendOnce"];
