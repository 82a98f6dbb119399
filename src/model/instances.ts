/**
 * Running one action: the bindings it is run with, and its outcomes as operations.
 *
 * A static instance is an action with fixed bindings (or, for a delivery, with a receiver). Running it in a
 * state gives the outcomes of all its dynamic bindings: messages in the network, members of computed sets.
 */
import { List } from "immutable";
import type { ActionDefinition, Binding } from "../spec/definitions.ts";
import { EvaluationError, messageOf, RuleError, SpecError } from "../spec/errors.ts";
import type { Channel, Mailbox } from "../spec/part-kind.ts";
import { type Operation, type Outcome, type Source, State } from "../spec/state.ts";
import { isPlainObject, value } from "../spec/value.ts";
import type { Codec } from "./codec.ts";
import { refuseMistakes } from "./mistakable.ts";

export interface Instance {
  readonly action: ActionDefinition;
  readonly ordinal: number;
  /** Values of the static bindings by name; for a delivery the owners of the mailbox or channel. */
  readonly bound: Readonly<Record<string, unknown>>;
  /** Location of the mailbox or channel of a delivery, else -1. */
  readonly location: number;
}

/** One outcome: what to do to the parts. */
export interface RunOutcome {
  readonly operations: readonly Operation[];
  readonly fault: boolean;
}

export function productOf(bindings: readonly Binding[]): Record<string, unknown>[] {
  let rows: Record<string, unknown>[] = [{}];
  for (const { name, values } of bindings)
    rows = rows.flatMap((row) => values.map((bound) => ({ ...row, [name]: bound })));
  return rows;
}

/** All static instances in a fixed order: actions as declared, bindings in the order of their values. */
export function instancesOf(actions: readonly ActionDefinition[]): Instance[] {
  const instances: Instance[] = [];
  for (const action of actions)
    for (const bound of productOf(action.bindings)) {
      const location = action.receive?.network.locate(Object.values(bound) as never) ?? -1;
      instances.push({ action, ordinal: instances.length, bound, location });
    }
  return instances;
}

/** The messages that a delivery may take from a mailbox or channel. */
export function deliverable(action: ActionDefinition, queue: unknown): unknown[] {
  const { network, type, delivered } = action.receive!;
  let messages: unknown[];
  if (network.role === "channel") messages = (queue as Channel).take(1).toArray();
  else
    messages = [...(queue as Mailbox).entries()]
      .filter(([, count]) => count > 0 || delivered)
      .map(([message]) => message);
  return type === null ? messages : messages.filter((m) => (m as { type?: unknown }).type === type);
}

/** The dynamic bindings of an instance that computes them; `[{}]` when it has none. */
export function computedBindings(instance: Instance, source: Source): Record<string, unknown>[] {
  let rows: Record<string, unknown>[] = [{}];
  for (const { name, values } of instance.action.computed) {
    const range: unknown = values(new State(source), instance.bound);
    if (typeof range !== "object" || range === null || !(Symbol.iterator in range))
      throw new RuleError(
        `its range ${name} gave ${range === null ? "null" : `a ${typeof range}`}, not a set or list`,
      );
    const members = [...(range as Iterable<unknown>)];
    rows = rows.flatMap((row) => members.map((bound) => ({ ...row, [name]: bound })));
  }
  return rows;
}

/**
 * What a parameter is bound to, as a value that can be encoded. Ranges and computed sets may have arrays (subsets of
 * ids) and plain objects as members, which a state may not.
 */
export function boundValue(bound: unknown, ofArray: (items: unknown[]) => unknown = List): unknown {
  if (Array.isArray(bound)) return ofArray(bound.map((item) => boundValue(item, ofArray)));
  if (!isPlainObject(bound)) return bound;
  return value(
    Object.fromEntries(Object.entries(bound).map(([field, item]) => [field, boundValue(item, ofArray)])),
  );
}

/** Runs an action once and forces its outcomes. `message` is given for deliveries alone. */
export function runOnce(instance: Instance, argument: unknown, source: Source): RunOutcome[] {
  const { action } = instance;
  const outcome = action.run(new State(source), argument);
  return forced(outcome, source).map((state) => {
    const taken = action.receive !== null && !action.receive.keep ? takeMessage(instance, argument) : null;
    const operations = State.operationsOf(state);
    return {
      operations: taken === null ? operations : [taken, ...operations],
      fault: action.fault || State.isFault(state),
    };
  });
}

function takeMessage(instance: Instance, message: unknown): Operation {
  const kind = instance.action.receive!.network;
  return { location: instance.location, kind, code: "remove", operand: message };
}

/** The part that an operation makes of one, both as values; or Disabled. Throws an EvaluationError for a history. */
export function appliedTo(codec: Codec, part: unknown, { kind, code, operand }: Operation): unknown {
  refuseMistakes(codec, kind, part, code, operand);
  try {
    return kind.apply(part, code, operand);
  } catch (error) {
    if (error instanceof SpecError) throw error;
    throw new EvaluationError("action", `history ${kind.name}: append threw: ${messageOf(error)}`);
  }
}

/** The states that an action or initializer returned, all made now. */
export function forced(outcome: Outcome, source: Source): State[] {
  if (outcome === null || outcome === undefined || outcome === false) return [];
  if (outcome instanceof State) return [ownState(outcome, source)];
  if (typeof outcome !== "object" || !(Symbol.iterator in outcome)) {
    const what =
      typeof (outcome as { then?: unknown }).then === "function" ? "a promise" : `a ${typeof outcome}`;
    throw new RuleError(`returned ${what}; an action returns the states it leads to, or nothing`);
  }
  const states: State[] = [];
  for (const one of outcome) states.push(...forced(one, source));
  return states;
}

function ownState(state: State, source: Source): State {
  if (State.sourceOf(state) !== source)
    throw new RuleError("returned a state of another run; keep no states between runs");
  return state;
}
