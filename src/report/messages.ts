/**
 * Follows every copy of a message along a trace: where it was sent, and whether it was received, lost, or is still
 * on its way at the end. Sequence diagrams, logs for ShiViz and the trace viewer draw from this one account.
 *
 * The contents of the networks in the states are the truth; what the steps say they sent and received tells only
 * why a copy came or went. Copies that are equal are told apart by age: the oldest goes first.
 */
import type { Itf, TraceMessage, TraceStep } from "../search/result.ts";
import { format, listItems, mapEntries, recordFields, same, tupleItems } from "./itf.ts";
import type { RunInfo } from "./run-info.ts";

/** One copy of a message. A message that can be received again and again has an entry for each delivery. */
export interface MessageCopy {
  /** Position in the list: 0, 1, ... */
  readonly id: number;
  readonly network: string;
  readonly from: string | null;
  readonly to: string;
  readonly message: Itf;
  /** The step that sent it, or the fault that doubled it; 0 when it is there in the initial state. */
  readonly sentAt: number;
  readonly receivedAt: number | null;
  /** The step that took it out of the network without a delivery: a loss, a broken connection, a discard. */
  readonly lostAt: number | null;
  /** Whether a node threw it away unread, as obsolete. */
  readonly discarded: boolean;
  /** The copy that it repeats: doubled by the network, or delivered once more. */
  readonly duplicateOf: number | null;
  /** The equal message already on its way into which this one fell, on networks that hold each message once. */
  readonly mergedInto: number | null;
}

/** What became of a message: `lost` without a delivery, `discarded` unread by a node, `merged` into an equal one, `in-flight` at the end. */
export type MessageFate = "received" | "lost" | "discarded" | "merged" | "in-flight";

export function fateOf(copy: MessageCopy): MessageFate {
  if (copy.receivedAt !== null) return "received";
  if (copy.lostAt !== null) return copy.discarded ? "discarded" : "lost";
  return copy.mergedInto !== null ? "merged" : "in-flight";
}

/** What of a run says which variables are networks and budgets. */
export type MessageRun = Pick<RunInfo, "networks" | "budgets">;

/** All copies, in the order in which they were sent. */
export function followMessages(trace: readonly TraceStep[], run: MessageRun): MessageCopy[] {
  const copies = new Copies();
  trace.forEach((step, at) => {
    const before = at === 0 ? null : trace[at - 1]!;
    for (const network of networksOf(step, run)) {
      if (before === null) copies.begin(network, step);
      else copies.follow(network, before, step, isTransport(before, step, run));
    }
  });
  return copies.all;
}

/** Whether a step is something that the network did: a fault that changes nothing but networks and budgets. */
export function isTransport(before: TraceStep, step: TraceStep, run: MessageRun): boolean {
  const elsewhere = Object.keys({ ...before.state, ...step.state }).filter(
    (name) => !run.networks.includes(name) && !run.budgets.includes(name),
  );
  return step.fault && elsewhere.every((name) => same(before.state[name] ?? null, step.state[name] ?? null));
}

interface Part {
  readonly network: string;
  /** `n1`, or `n1->n2`. */
  readonly owner: string;
  readonly from: string | null;
  readonly to: string;
  /** The messages, each as often as it is there, in order if the network has one; null when no state tells. */
  readonly content: readonly Itf[] | null;
  readonly ordered: boolean;
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

class Copies {
  readonly all: Mutable<MessageCopy>[] = [];
  /** What is on its way, by network and owner; oldest first, and in a queue's order. */
  readonly #flying = new Map<string, Mutable<MessageCopy>[]>();

  begin(network: string, step: TraceStep): void {
    for (const part of partsOf(network, step))
      for (const message of part.content ?? []) this.#add(part, message, step.step, null);
  }

  follow(network: string, before: TraceStep, step: TraceStep, transport: boolean): void {
    const owners = new Map([...partsOf(network, before), ...partsOf(network, step)].map((p) => [p.owner, p]));
    for (const part of owners.values()) {
      const here = (told: TraceMessage): boolean => isFor(told, part);
      const sent = step.sent.filter(here).map(({ message }) => message);
      const received = step.received.filter(here).map(({ message }) => message);
      if (part.ordered) this.#followQueue(part, step.step, sent, received, transport);
      else this.#followBag(part, step.step, sent, received, transport);
      for (const { message } of step.discarded.filter(here)) this.#noteDiscarded(part, message, step.step);
    }
  }

  #followBag(
    part: Part,
    at: number,
    sent: readonly Itf[],
    received: readonly Itf[],
    transport: boolean,
  ): void {
    const flying = this.#in(part);
    const messages = distinct([
      ...flying.map(({ message }) => message),
      ...sent,
      ...received,
      ...(part.content ?? []),
    ]);
    for (const message of messages) {
      const equal = (other: Itf): boolean => same(other, message);
      const there = flying.filter((copy) => same(copy.message, message));
      const [sentCount, receivedCount] = [sent.filter(equal).length, received.filter(equal).length];
      const after =
        part.content?.filter(equal).length ?? Math.max(0, there.length - receivedCount + sentCount);
      const deliveries = transport ? 0 : receivedCount;
      let gone = goneOf(there.length, after, transport ? null : { sent: sentCount, received: receivedCount });
      for (let n = 0; n < deliveries; n++) {
        const taken = gone > 0;
        if (taken) gone--;
        this.#deliver(part, message, at, taken);
      }
      for (; gone > 0; gone--) this.#lose(part, message, at);
      const stay = this.#in(part).filter((copy) => same(copy.message, message));
      const made = Math.max(0, after - stay.length);
      for (let n = 0; n < made; n++) this.#add(part, message, at, transport ? (there[0]?.id ?? null) : null);
      if (!transport)
        for (let n = made; n < sentCount; n++) this.#add(part, message, at, null, stay[0]?.id ?? null);
    }
  }

  #followQueue(
    part: Part,
    at: number,
    sent: readonly Itf[],
    received: readonly Itf[],
    transport: boolean,
  ): void {
    if (!transport)
      for (const message of received) this.#deliver(part, message, at, this.#headLeft(part, sent));
    const queue = this.#in(part);
    const now = part.content ?? [];
    const shorter = Math.min(queue.length, now.length);
    let start = 0;
    while (start < shorter && same(queue[start]!.message, now[start]!)) start++;
    let end = 0;
    while (end < shorter - start && same(queue[queue.length - 1 - end]!.message, now[now.length - 1 - end]!))
      end++;
    for (const copy of queue.splice(start, queue.length - start - end)) copy.lostAt = at;
    const added = now.slice(start, now.length - end);
    added.forEach((message, n) => {
      const model = transport ? queue.find((copy) => same(copy.message, message)) : undefined;
      const copy = this.#make(part, message, at, model?.id ?? null, null);
      queue.splice(start + n, 0, copy);
    });
    if (transport) return;
    for (const message of without(sent, added)) {
      const there = queue.find((copy) => same(copy.message, message));
      this.#add(part, message, at, null, there?.id ?? null);
    }
  }

  /** Whether a delivery took the first message of its queue, rather than leaving it there. */
  #headLeft(part: Part, sent: readonly Itf[]): boolean {
    const queue = this.#in(part);
    const now = part.content ?? [];
    const kept = queue.every(({ message }, at) => now[at] !== undefined && same(message, now[at]));
    return !kept || now.length < queue.length + sent.length;
  }

  #deliver(part: Part, message: Itf, at: number, taken: boolean): void {
    const flying = this.#in(part);
    const equal = flying.filter((copy) => same(copy.message, message));
    const copy = equal.find(({ receivedAt }) => receivedAt === null);
    if (copy !== undefined) copy.receivedAt = at;
    else {
      // Delivered before and still there, or remembered by the network.
      const earlier = equal[0] ?? this.all.findLast((other) => isCopyOf(other, part, message));
      const again = this.#make(
        part,
        message,
        earlier?.sentAt ?? at,
        earlier?.duplicateOf ?? earlier?.id ?? null,
        null,
      );
      again.receivedAt = at;
    }
    const gone = copy ?? equal[0];
    if (taken && gone !== undefined) flying.splice(flying.indexOf(gone), 1);
  }

  #noteDiscarded(part: Part, message: Itf, at: number): void {
    const copy = this.all.find(
      (other) => other.lostAt === at && !other.discarded && isCopyOf(other, part, message),
    );
    if (copy !== undefined) copy.discarded = true;
  }

  #lose(part: Part, message: Itf, at: number): void {
    const flying = this.#in(part);
    const position = flying.findIndex((copy) => same(copy.message, message));
    const [copy] = flying.splice(position, 1);
    if (copy !== undefined) copy.lostAt = at;
  }

  #add(
    part: Part,
    message: Itf,
    at: number,
    duplicateOf: number | null,
    mergedInto: number | null = null,
  ): void {
    const copy = this.#make(part, message, at, duplicateOf, mergedInto);
    if (mergedInto === null) this.#in(part).push(copy);
  }

  #make(
    part: Part,
    message: Itf,
    sentAt: number,
    duplicateOf: number | null,
    mergedInto: number | null,
  ): Mutable<MessageCopy> {
    const copy = {
      id: this.all.length,
      network: part.network,
      from: part.from ?? senderOf(message),
      to: part.to,
      message,
      sentAt,
      receivedAt: null,
      lostAt: null,
      discarded: false,
      duplicateOf,
      mergedInto,
    };
    this.all.push(copy);
    return copy;
  }

  #in({ network, owner }: Part): Mutable<MessageCopy>[] {
    const key = `${network} ${owner}`;
    const flying = this.#flying.get(key) ?? [];
    this.#flying.set(key, flying);
    return flying;
  }
}

/** How many of the copies that were there are gone; told is what the step sent and received, if nodes did it. */
function goneOf(
  before: number,
  after: number,
  told: { readonly sent: number; readonly received: number } | null,
): number {
  if (told === null) return Math.max(0, before - after);
  // A network that holds each message once: a send of one that is there changes nothing.
  if (told.received === 0 && after >= before && after <= 1) return 0;
  return Math.min(before, Math.max(0, before + told.sent - after));
}

function networksOf(step: TraceStep, run: MessageRun): string[] {
  return [...new Set([...run.networks, ...[...step.sent, ...step.received].map(({ network }) => network)])];
}

/** The mailboxes and channels of a network; by the messages told, when the state does not have the network. */
function partsOf(network: string, { state, sent, received }: TraceStep): Part[] {
  const value: Itf | undefined = state[network];
  const owned = value === undefined ? null : mapEntries(value);
  if (owned !== null)
    return owned.map(([owner, content]) => {
      const ends = (tupleItems(owner) ?? [owner]).map(nameOf);
      const from = ends.length > 1 ? ends[0]! : null;
      const ordered = mapEntries(content) === null;
      return { network, owner: ends.join("->"), from, to: ends.at(-1)!, content: copiesIn(content), ordered };
    });
  const receivers = [...sent, ...received].filter((told) => told.network === network).map(({ to }) => to);
  return [...new Set(receivers)].map((to) => ({
    network,
    owner: to,
    from: null,
    to,
    content: null,
    ordered: false,
  }));
}

/** A mailbox maps messages to how often they are there (0: only remembered); a channel is a list. */
function copiesIn(content: Itf): Itf[] {
  const counted = mapEntries(content);
  if (counted === null) return [...(listItems(content) ?? [])];
  return counted.flatMap(([message, count]) =>
    Array.from({ length: typeof count === "number" ? count : 1 }, () => message),
  );
}

function isFor(told: TraceMessage, part: Part): boolean {
  return told.network === part.network && told.to === part.to && (part.from ?? told.from) === told.from;
}

function isCopyOf(copy: MessageCopy, part: Part, message: Itf): boolean {
  return (
    copy.network === part.network &&
    copy.to === part.to &&
    (part.from === null || part.from === copy.from) &&
    copy.mergedInto === null &&
    same(copy.message, message)
  );
}

function distinct(messages: readonly Itf[]): Itf[] {
  return messages.filter((message, at) => messages.findIndex((other) => same(message, other)) === at);
}

/** The messages that are left when each of the others takes one away. */
function without(messages: readonly Itf[], others: readonly Itf[]): Itf[] {
  const left = [...messages];
  for (const other of others) {
    const at = left.findIndex((message) => same(message, other));
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}

function senderOf(message: Itf): string | null {
  const from = recordFields(message)?.from;
  return typeof from === "string" ? from : null;
}

function nameOf(owner: Itf): string {
  return typeof owner === "string" ? owner : format(owner);
}
