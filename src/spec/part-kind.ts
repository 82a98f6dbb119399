/**
 * Part kinds: what a state consists of, and the operations on it.
 *
 * A state is a fixed list of parts, one for each location. A declared variable (a cell, a record per node,
 * a budget, a mailbox per receiver, ...) is one part kind with one location for each owner. An operation
 * changes a part without the action reading it, so that sending a message or spending a budget does not
 * make the action depend on everything that was sent or spent before.
 */
import { Map as ImmutableMap, is, List } from "immutable";
import { RuleError } from "./errors.ts";
import { type Id, type IdSet, indexOfId, nameOfId } from "./ids.ts";

export type Role = "cell" | "perNode" | "budget" | "history" | "mailbox" | "channel";

/**
 * The network kinds.
 * - `bag`: unordered, counts copies; a delivery takes one copy.
 * - `sent-bag`: as bag, but remembers delivered messages at count 0, for specs that send once.
 * - `set`: unordered, a repeat of a message in flight collapses; a delivery removes it.
 * - `sent-set`: everything ever sent stays deliverable (reordering and unbounded duplication).
 * - `fifo`: one queue per ordered pair of nodes (a TCP link).
 * - `fifo-no-repeat`: as fifo, but sending a message that is already queued changes nothing.
 */
export const NETWORK_KINDS = ["bag", "sent-bag", "set", "sent-set", "fifo", "fifo-no-repeat"] as const;
export type NetworkKind = (typeof NETWORK_KINDS)[number];

/** The operations, by code. `assign` works on every kind. */
export type OperationCode = "assign" | "spend" | "record" | "send" | "sendOnce" | "remove" | "clear";

/** The answer of an operation that cannot be done: the outcome does not exist. */
export class Disabled {
  /** The exhausted budget that disabled the outcome, or null when a rule of the protocol did. */
  readonly budget: PartKind | null;
  constructor(budget: PartKind | null) {
    this.budget = budget;
  }
}

const NOT_POSSIBLE = new Disabled(null);

/** A mailbox as a value: messages with their count. A channel as a value: messages in order. */
export type Mailbox = ImmutableMap<unknown, number>;
export type Channel = List<unknown>;

export interface PartKindOptions {
  readonly name: string;
  readonly role: Role;
  readonly owners: readonly IdSet[];
  readonly initial: (owners: readonly Id[]) => unknown;
  readonly persistent?: readonly string[] | undefined;
  readonly network?: NetworkKind | undefined;
  readonly append?: ((history: unknown, event: unknown) => unknown) | undefined;
  /** For budgets: the limit; and whether it counts faults. */
  readonly limit?: number | undefined;
  readonly fault?: boolean | undefined;
}

export class PartKind {
  readonly name: string;
  readonly role: Role;
  readonly owners: readonly IdSet[];
  /** Position among the part kinds of the model. */
  readonly ordinal: number;
  /** Location of the first owner; the others follow in the order of their ids. */
  readonly firstLocation: number;
  readonly locationCount: number;
  readonly initial: (owners: readonly Id[]) => unknown;
  readonly persistent: readonly string[];
  readonly network: NetworkKind | null;
  readonly limit: number;
  readonly fault: boolean;
  readonly #append: ((history: unknown, event: unknown) => unknown) | null;

  constructor(ordinal: number, firstLocation: number, options: PartKindOptions) {
    this.name = options.name;
    this.role = options.role;
    this.owners = options.owners;
    this.ordinal = ordinal;
    this.firstLocation = firstLocation;
    this.locationCount = options.owners.reduce((n, set) => n * set.size, 1);
    this.initial = options.initial;
    this.persistent = options.persistent ?? [];
    this.network = options.network ?? null;
    this.limit = options.limit ?? 0;
    this.fault = options.fault ?? false;
    this.#append = options.append ?? null;
  }

  /** The location of the part that belongs to these owners (none for a global part). */
  locate(owners: readonly Id[]): number {
    let offset = 0;
    for (let at = 0; at < this.owners.length; at++) {
      const id = owners[at];
      const set = this.owners[at]!;
      if (id === undefined)
        throw new RuleError(`${this.name} has a value for each member of ${set.name}; say which one`);
      if (id === null || set.members[indexOfId(id)] !== id)
        throw new RuleError(`${this.name} is indexed by ${set.name}, not by ${describeId(id)}`);
      offset = offset * set.size + indexOfId(id);
    }
    return this.firstLocation + offset;
  }

  /** The owners of a location, as positions in their sets. */
  ownersAt(location: number): number[] {
    let offset = location - this.firstLocation;
    const positions: number[] = [];
    for (let at = this.owners.length - 1; at >= 0; at--) {
      const size = this.owners[at]!.size;
      positions.unshift(offset % size);
      offset = Math.floor(offset / size);
    }
    return positions;
  }

  ownerIds(location: number): Id[] {
    return this.ownersAt(location).map((position, at) => this.owners[at]!.members[position]!);
  }

  /** `server[n1]`, `net[n1->n2]`, `elections`. */
  describe(location: number): string {
    const names = this.ownerIds(location).map(nameOfId);
    return names.length === 0 ? this.name : `${this.name}[${names.join("->")}]`;
  }

  /** The part after an operation, or Disabled. Pure; never reads anything but the part. */
  apply(part: unknown, code: OperationCode, operand: unknown): unknown {
    switch (code) {
      case "assign":
        return operand;
      case "spend": {
        const left = (part as number) - (operand as number);
        return left < 0 ? new Disabled(this) : left;
      }
      case "record":
        return this.#append!(part, operand);
      case "clear":
        return this.role === "channel" ? List() : ImmutableMap();
      default:
        return this.role === "channel"
          ? applyToChannel(part as Channel, code, operand, this.network === "fifo-no-repeat")
          : applyToMailbox(part as Mailbox, code, operand, this.network!);
    }
  }
}

function applyToMailbox(
  mailbox: Mailbox,
  code: OperationCode,
  message: unknown,
  network: NetworkKind,
): unknown {
  const count = mailbox.get(message);
  const counted = network === "bag" || network === "sent-bag";
  if (code === "remove") {
    if (count === undefined || count === 0) return NOT_POSSIBLE;
    if (network === "sent-set") return mailbox;
    if (network === "sent-bag") return mailbox.set(message, count - 1);
    return count === 1 ? mailbox.delete(message) : mailbox.set(message, count - 1);
  }
  if (code === "sendOnce" && count !== undefined) return NOT_POSSIBLE;
  return mailbox.set(message, counted ? (count ?? 0) + 1 : 1);
}

function applyToChannel(channel: Channel, code: OperationCode, message: unknown, noRepeat: boolean): unknown {
  if (code === "remove")
    return channel.size > 0 && is(channel.first(), message) ? channel.shift() : NOT_POSSIBLE;
  const queued = channel.includes(message);
  if (code === "sendOnce" && queued) return NOT_POSSIBLE;
  return noRepeat && queued ? channel : channel.push(message);
}

function describeId(id: unknown): string {
  try {
    return typeof id === "object" && id !== null && "set" in id
      ? `a member of ${String(id.set)}`
      : String(id);
  } catch {
    return "that";
  }
}
