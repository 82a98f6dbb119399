/** How steps and states are told: an action with its arguments, a message with its ends, a state by variable. */
import type { Instance } from "../model/instances.ts";
import { toItf, toItfName } from "../model/itf.ts";
import type { Transport } from "../spec/definitions.ts";
import { type Id, isId, nameOfId } from "../spec/ids.ts";
import type { Model } from "../spec/model.ts";
import type { Channel, PartKind } from "../spec/part-kind.ts";
import type { Itf, ItfState, TraceMessage, TraceStep } from "./result.ts";

/** `Timeout(n1)`; for a delivery the ends of the link: `Vote(n1->n2)`. */
export function actionText(instance: Instance, argument: unknown): string {
  return instance.action.name + callText(instance, argument);
}

export function callText(instance: Instance, argument: unknown): string {
  if (instance.action.receive === null) {
    const values = Object.values(argument as Record<string, unknown>).map(toItfName);
    return values.length === 0 ? "" : `(${values.join(", ")})`;
  }
  const { from, to } = argument as { from?: unknown; to: unknown };
  const ends = [from, to].filter(isId).map(nameOfId);
  return `(${ends.join("->")})`;
}

/** The bindings by name; of a delivery, the message. */
export function argumentsOf(instance: Instance, argument: unknown): Record<string, Itf> {
  if (instance.action.receive !== null) return { message: toItf(argument) };
  return Object.fromEntries(
    Object.entries(argument as Record<string, unknown>).map(([name, value]) => [name, toItf(value)]),
  );
}

export function messageToItf(network: PartKind, message: unknown): TraceMessage {
  const { from, to } = message as { from?: unknown; to: unknown };
  return {
    network: network.name,
    from: isId(from) ? nameOfId(from) : null,
    to: toItfName(to),
    message: toItf(message),
  };
}

/** A state as values by variable; a variable with owners is a map from owners. */
export function stateToItf(model: Model, valueAt: (location: number) => unknown): ItfState {
  const state: Record<string, Itf> = {};
  for (const kind of model.kinds) {
    if (kind.owners.length === 0) {
      state[kind.name] = toItf(valueAt(kind.firstLocation));
      continue;
    }
    const entries: Itf[] = [];
    for (let location = kind.firstLocation; location < kind.firstLocation + kind.locationCount; location++) {
      const names = kind.ownerIds(location).map(nameOfId);
      entries.push([names.length === 1 ? names[0]! : { "#tup": names }, toItf(valueAt(location))]);
    }
    state[kind.name] = { "#map": entries };
  }
  return state;
}

/** The message that the network lost or doubled in a step; null for other steps. */
export function transported(
  instance: Instance,
  argument: unknown,
  before: (location: number) => unknown,
): TraceMessage | null {
  const { transport, receive } = instance.action;
  if (transport === null) return null;
  const { network } = transport;
  if (receive !== null) return messageToItf(network, argument);
  const { from, to, position } = argument as { from: Id; to: Id; position: number };
  const queue = before(network.locate([from, to])) as Channel;
  return messageToItf(network, queue.get(position));
}

export type StepMessages = Pick<TraceStep, "sent" | "received" | "discarded" | "lost" | "doubled">;

export const NO_MESSAGES: StepMessages = { sent: [], received: [], discarded: [], lost: [], doubled: [] };

/** The messages of a step of the network itself. */
export function movedBy({ does }: Transport, message: TraceMessage): StepMessages {
  return does === "loss" ? { ...NO_MESSAGES, lost: [message] } : { ...NO_MESSAGES, doubled: [message] };
}

/** The messages of a step of the protocol: `received` is the one that a delivery is about, or null. */
export function messagesMoved(
  sent: readonly TraceMessage[],
  received: TraceMessage | null,
  taken: readonly TraceMessage[],
): StepMessages {
  if (received === null) return { ...NO_MESSAGES, sent, discarded: taken };
  // A delivery takes its message itself, or leaves that to the action.
  const text = JSON.stringify(received);
  const own = taken.findIndex((message) => JSON.stringify(message) === text);
  return { ...NO_MESSAGES, sent, received: [received], discarded: taken.filter((_, at) => at !== own) };
}
