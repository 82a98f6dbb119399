/**
 * Messages that Immutable takes for one another, though they are different values: records of two types with equal
 * fields, a List and a Stack with equal items. A mailbox is a Map from messages to counts, for the spec and for
 * whoever runs its functions, and cannot hold both. They are refused where one would be mistaken for the other,
 * whichever way a state is represented.
 */
import { is } from "immutable";
import { RuleError } from "../spec/errors.ts";
import type { Channel, Mailbox, OperationCode, PartKind } from "../spec/part-kind.ts";
import { type Codec, compareBytes } from "./codec.ts";

export function mistakenMessage(network: PartKind): RuleError {
  return new RuleError(
    `${network.name} has two messages that Immutable.js calls equal, although they differ in the type of a record or collection; give messages a field that tells them apart`,
  );
}

/** Whether an operation with a message on a network of this kind looks for an equal one among all, or at the head. */
export function looksFor(network: PartKind, code: OperationCode): "all" | "head" | "nothing" {
  if (code !== "send" && code !== "sendOnce" && code !== "remove") return "nothing";
  if (network.role === "mailbox") return "all";
  if (code === "remove") return "head";
  return code === "sendOnce" || network.network === "fifo-no-repeat" ? "all" : "nothing";
}

/** Throws if an operation on a part, both as values, would mistake one message for another. */
export function refuseMistakes(
  codec: Codec,
  kind: PartKind,
  part: unknown,
  code: OperationCode,
  operand: unknown,
): void {
  const where = looksFor(kind, code);
  if (where === "nothing" || kind.network === null) return;
  const queued = kind.role === "mailbox" ? (part as Mailbox).keySeq() : (part as Channel);
  for (const message of where === "head" ? queued.take(1) : queued)
    if (is(message, operand) && compareBytes(codec.encode(message), codec.encode(operand)) !== 0)
      throw mistakenMessage(kind);
}
