/**
 * What a step changed: the smallest parts of two states that differ, by path. Looks inside maps, lists,
 * records and sets: `server[n1].log[2]` came to be `{term: 1}`. List positions count from 0, as in the spec.
 */
import type { Itf, ItfState, TraceMessage, TraceStep } from "../search/result.ts";
import {
  format,
  listItems,
  type MESSAGE_WORDS,
  mapEntries,
  partPath,
  recordFields,
  same,
  setMembers,
} from "./itf.ts";

/** A changed value; `before` or `after` is undefined where there is none. */
export interface ValueChange {
  readonly path: string;
  readonly before: Itf | undefined;
  readonly after: Itf | undefined;
}

/** A changed set. */
export interface SetChange {
  readonly path: string;
  readonly added: readonly Itf[];
  readonly removed: readonly Itf[];
}

export type Change = ValueChange | SetChange;

export function isSetChange(change: Change): change is SetChange {
  return "added" in change;
}

/** All changes between two states. `networks`: variables whose owners are printed as `from->to`. */
export function changesOf(before: ItfState, after: ItfState, networks: readonly string[] = []): Change[] {
  const changes: Change[] = [];
  for (const name of Object.keys({ ...before, ...after })) {
    if (!networks.includes(name)) compare(name, before[name], after[name], changes);
    else
      for (const part of partsOf(name, before, after)) compare(part.path, part.before, part.after, changes);
  }
  return changes;
}

/**
 * The changes that a reader must be told when the messages sent and received are told anyway: those of all
 * variables, but of networks only the parts that these messages do not account for (losses, broken links).
 */
export function untoldChanges(
  before: ItfState,
  after: ItfState,
  networks: readonly string[],
  messages: Pick<TraceStep, (typeof MESSAGE_WORDS)[number]>,
): Change[] {
  const sent = [...messages.sent, ...messages.doubled];
  const taken = [...messages.received, ...messages.discarded, ...messages.lost];
  const changes: Change[] = [];
  for (const name of Object.keys({ ...before, ...after })) {
    if (!networks.includes(name)) {
      compare(name, before[name], after[name], changes);
      continue;
    }
    for (const part of partsOf(name, before, after)) {
      const here = ({ network, to }: TraceMessage): boolean => network === name && to === part.to;
      if (!accountedFor(part, sent.filter(here), taken.filter(here)))
        compare(part.path, part.before, part.after, changes);
    }
  }
  return changes;
}

interface NetworkPart extends ValueChange {
  readonly to: Itf;
}

/** The mailboxes or channels of a network. */
function partsOf(name: string, before: ItfState, after: ItfState): NetworkPart[] {
  const owned = (value: Itf | undefined): Map<string, readonly [Itf, Itf]> =>
    new Map((value === undefined ? [] : (mapEntries(value) ?? [])).map((entry) => [format(entry[0]), entry]));
  const [old, now] = [owned(before[name]), owned(after[name])];
  return [...new Set([...old.keys(), ...now.keys()])].map((key) => {
    const [owner] = (old.get(key) ?? now.get(key))!;
    const pair = (owner as { "#tup"?: readonly Itf[] } | null)?.["#tup"];
    return {
      path: partPath(name, owner),
      before: old.get(key)?.[1],
      after: now.get(key)?.[1],
      to: pair === undefined ? owner : pair[pair.length - 1]!,
    };
  });
}

/** Whether the messages sent and received explain all that appeared in and disappeared from a network part. */
function accountedFor(
  part: ValueChange,
  sent: readonly TraceMessage[],
  received: readonly TraceMessage[],
): boolean {
  const left = new Map<string, number>();
  const add = (message: Itf, count: number): void => {
    const key = format(message);
    left.set(key, (left.get(key) ?? 0) + count);
  };
  for (const [message, count] of copies(part.after)) add(message, count);
  for (const [message, count] of copies(part.before)) add(message, -count);
  for (const { message } of sent) if ((left.get(format(message)) ?? 0) > 0) add(message, -1);
  for (const { message } of received) if ((left.get(format(message)) ?? 0) < 0) add(message, 1);
  return [...left.values()].every((count) => count === 0);
}

function copies(part: Itf | undefined): (readonly [Itf, number])[] {
  if (part === undefined) return [];
  const counted = mapEntries(part);
  if (counted !== null)
    return counted.map(([message, count]) => [message, typeof count === "number" ? count : 1]);
  return (listItems(part) ?? setMembers(part) ?? []).map((message) => [message, 1]);
}

function compare(path: string, before: Itf | undefined, after: Itf | undefined, changes: Change[]): void {
  if (before === undefined || after === undefined) {
    if (before !== after) changes.push({ path, before, after });
    return;
  }
  if (same(before, after)) return;
  const [oldMap, newMap] = [mapEntries(before), mapEntries(after)];
  if (oldMap !== null && newMap !== null) {
    compareMaps(path, oldMap, newMap, changes);
    return;
  }
  const [oldSet, newSet] = [setMembers(before), setMembers(after)];
  if (oldSet !== null && newSet !== null) {
    const added = newSet.filter((member) => !oldSet.some((other) => same(member, other)));
    const removed = oldSet.filter((member) => !newSet.some((other) => same(member, other)));
    changes.push({ path, added, removed });
    return;
  }
  const [oldList, newList] = [listItems(before), listItems(after)];
  if (oldList !== null && newList !== null) {
    compareLists(path, oldList, newList, changes);
    return;
  }
  const [oldRecord, newRecord] = [recordFields(before), recordFields(after)];
  if (oldRecord !== null && newRecord !== null && sameKeys(oldRecord, newRecord)) {
    for (const field of Object.keys(oldRecord))
      compare(`${path}.${format(field)}`, oldRecord[field], newRecord[field], changes);
    return;
  }
  changes.push({ path, before, after });
}

type Entries = readonly (readonly [Itf, Itf])[];

function compareMaps(path: string, before: Entries, after: Entries, changes: Change[]): void {
  for (const [key, value] of before)
    compare(`${path}[${format(key)}]`, value, after.find(([other]) => same(key, other))?.[1], changes);
  for (const [key, value] of after)
    if (!before.some(([other]) => same(key, other)))
      changes.push({ path: `${path}[${format(key)}]`, before: undefined, after: value });
}

/**
 * A list that lost its first items and grew at its end (a queue) is told so; otherwise what lies between
 * the common beginning and the common end is compared position by position.
 */
function compareLists(path: string, before: readonly Itf[], after: readonly Itf[], changes: Change[]): void {
  const at = (index: number): string => `${path}[${index}]`;
  const taken = itemsTaken(before, after);
  if (taken > 0) {
    for (let i = 0; i < taken; i++) changes.push({ path: at(i), before: before[i], after: undefined });
    for (let i = before.length - taken; i < after.length; i++)
      changes.push({ path: at(i), before: undefined, after: after[i] });
    return;
  }
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && same(before[start]!, after[start]!)) start++;
  let end = 0;
  if (before.length !== after.length)
    while (end < shorter - start && same(before[before.length - 1 - end]!, after[after.length - 1 - end]!))
      end++;
  for (let i = start; i < Math.max(before.length, after.length) - end; i++)
    compare(
      at(i),
      i < before.length - end ? before[i] : undefined,
      i < after.length - end ? after[i] : undefined,
      changes,
    );
}

/** How many items were taken off the front, when at least one of the others stayed; else 0. */
function itemsTaken(before: readonly Itf[], after: readonly Itf[]): number {
  for (let taken = 1; taken < before.length; taken++) {
    const stayed = before.length - taken;
    if (stayed <= after.length && before.slice(taken).every((item, at) => same(item, after[at]!))) {
      const changed = Array.from({ length: Math.max(before.length, after.length) }, (_, at) => at).filter(
        (at) => at >= before.length || at >= after.length || !same(before[at]!, after[at]!),
      ).length;
      return taken + after.length - stayed < changed || after.length <= stayed ? taken : 0;
    }
  }
  return 0;
}

function sameKeys(a: object, b: object): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key));
}
