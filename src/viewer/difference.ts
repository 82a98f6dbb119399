/**
 * Two states as one tree in which what differs is marked: each node is a value before and after a step, and its
 * children are made when asked for. Lists are aligned, so that an item taken off the front does not mark the rest.
 */
import { format, listItems, mapEntries, recordFields, same, setMembers, tupleItems } from "../report/itf.ts";
import type { Itf, ItfState } from "../search/result.ts";

export type Mark = "same" | "changed" | "added" | "removed";

export interface Difference {
  /** The last part of the path, as a reader calls it: `log`, `[2]`, `n1`. */
  readonly label: string;
  /** `server[n1].log[2]` */
  readonly path: string;
  readonly mark: Mark;
  /** Undefined where there is none. */
  readonly before: Itf | undefined;
  readonly after: Itf | undefined;
}

export function difference(
  label: string,
  path: string,
  before: Itf | undefined,
  after: Itf | undefined,
): Difference {
  const mark =
    before === undefined
      ? "added"
      : after === undefined
        ? "removed"
        : same(before, after)
          ? "same"
          : "changed";
  return { label, path, mark, before, after };
}

/** One for each variable. Without a state before (the initial state) everything is as it is. */
export function differencesOf(before: ItfState | null, after: ItfState): Difference[] {
  return Object.entries(after).map(([name, value]) =>
    difference(name, name, before === null ? value : before[name], value),
  );
}

/** The parts of a value that has any, else none. A value that became one of another kind has none to compare. */
export function childrenOf({ path, before, after, mark }: Difference): Difference[] {
  const value = after ?? before;
  if (value === undefined || typeof value !== "object" || value === null) return [];
  const kind = kindOf(value);
  if (mark === "changed" && kindOf(before!) !== kind) return [];
  const [old, now] = [before === undefined ? null : before, after === undefined ? null : after];
  switch (kind) {
    case "map":
      return keyed(
        path,
        mapEntries(old) ?? [],
        mapEntries(now) ?? [],
        (key) => ownerLabel(key),
        (key) => `[${ownerLabel(key)}]`,
      );
    case "record":
      return keyed(
        path,
        Object.entries(recordFields(old) ?? {}),
        Object.entries(recordFields(now) ?? {}),
        (name) => String(name),
        (name) => `.${format(name)}`,
      );
    case "set":
      return members(path, setMembers(old) ?? [], setMembers(now) ?? []);
    case "list":
      return aligned(path, listItems(old) ?? [], listItems(now) ?? []);
    case "tuple":
      return aligned(path, tupleItems(old) ?? [], tupleItems(now) ?? []);
    default:
      return [];
  }
}

/** Whether a value has parts to show. */
export function hasParts(value: Itf | undefined): boolean {
  if (value === undefined || kindOf(value) === "leaf") return false;
  const parts = mapEntries(value) ?? setMembers(value) ?? tupleItems(value) ?? listItems(value);
  return (parts ?? Object.keys(value as object)).length > 0;
}

/** How many leaves of a difference changed. */
export function changeCount(one: Difference): number {
  if (one.mark === "same") return 0;
  if (one.mark !== "changed") return 1;
  const children = childrenOf(one).filter(({ mark }) => mark !== "same");
  return children.length === 0 ? 1 : children.reduce((sum, child) => sum + changeCount(child), 0);
}

/** Whether a path or a value contains a text, letters of either case. */
export function matches({ path, before, after }: Difference, text: string): boolean {
  const wanted = text.toLowerCase();
  const texts = [
    path,
    ...(before === undefined ? [] : [format(before)]),
    ...(after === undefined ? [] : [format(after)]),
  ];
  return texts.some((one) => one.toLowerCase().includes(wanted));
}

type Kind = "map" | "set" | "tuple" | "list" | "record" | "leaf";

function kindOf(value: Itf): Kind {
  if (typeof value !== "object" || value === null) return "leaf";
  if (mapEntries(value) !== null) return "map";
  if (setMembers(value) !== null) return "set";
  if (tupleItems(value) !== null) return "tuple";
  if (listItems(value) !== null) return "list";
  return recordFields(value) === null ? "leaf" : "record";
}

function ownerLabel(key: Itf): string {
  const owners = tupleItems(key);
  return owners === null ? format(key) : owners.map(format).join("->");
}

type Entries = readonly (readonly [Itf, Itf])[];

function keyed(
  path: string,
  before: Entries,
  after: Entries,
  label: (key: Itf) => string,
  step: (key: Itf) => string,
): Difference[] {
  const old = new Map(before.map(([key, value]) => [JSON.stringify(key), value]));
  const now = new Set(after.map(([key]) => JSON.stringify(key)));
  const made = after.map(([key, value]) =>
    difference(label(key), path + step(key), old.get(JSON.stringify(key)), value),
  );
  const gone = before
    .filter(([key]) => !now.has(JSON.stringify(key)))
    .map(([key, value]) => difference(label(key), path + step(key), value, undefined));
  return [...made, ...gone];
}

function members(path: string, before: readonly Itf[], after: readonly Itf[]): Difference[] {
  const old = new Set(before.map((member) => JSON.stringify(member)));
  const now = new Set(after.map((member) => JSON.stringify(member)));
  const at = `${path}{}`;
  return [
    ...after.map((member) =>
      difference("", at, old.has(JSON.stringify(member)) ? member : undefined, member),
    ),
    ...before
      .filter((member) => !now.has(JSON.stringify(member)))
      .map((member) => difference("", at, member, undefined)),
  ];
}

// Above this many pairs only the common beginning and end of two lists are aligned.
const PAIRS_MAX = 10_000;

/** Items in order; what was removed and added at one place is a change. Positions are those after the step. */
function aligned(path: string, before: readonly Itf[], after: readonly Itf[]): Difference[] {
  const made: Difference[] = [];
  const add = (position: number, old: Itf | undefined, now: Itf | undefined): void => {
    made.push(difference(`[${position}]`, `${path}[${position}]`, old, now));
  };
  let [i, j] = [0, 0];
  for (const [oldKept, nowKept] of [...commonItems(before, after), [before.length, after.length] as const]) {
    for (; i < oldKept && j < nowKept; i++, j++) add(j, before[i], after[j]);
    for (; i < oldKept; i++) add(i, before[i], undefined);
    for (; j < nowKept; j++) add(j, undefined, after[j]);
    if (i < before.length && j < after.length) add(j++, before[i++], after[nowKept]);
  }
  return made;
}

/** Pairs of positions of a longest list of items that both have in the same order. */
function commonItems(before: readonly Itf[], after: readonly Itf[]): (readonly [number, number])[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && same(before[start]!, after[start]!)) start++;
  let end = 0;
  while (end < shorter - start && same(before[before.length - 1 - end]!, after[after.length - 1 - end]!))
    end++;
  const [rows, columns] = [before.length - start - end, after.length - start - end];
  const pairs: (readonly [number, number])[] = [];
  for (let n = 0; n < start; n++) pairs.push([n, n]);
  if (rows > 0 && columns > 0 && rows * columns <= PAIRS_MAX) {
    const width = columns + 1;
    const longest = new Uint16Array((rows + 1) * width);
    const equal = (i: number, j: number): boolean => same(before[start + i]!, after[start + j]!);
    for (let i = rows - 1; i >= 0; i--)
      for (let j = columns - 1; j >= 0; j--)
        longest[i * width + j] = equal(i, j)
          ? longest[(i + 1) * width + j + 1]! + 1
          : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
    for (let i = 0, j = 0; i < rows && j < columns; ) {
      if (equal(i, j)) pairs.push([start + i++, start + j++]);
      else if (longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!) i++;
      else j++;
    }
  }
  for (let n = end; n > 0; n--) pairs.push([before.length - n, after.length - n]);
  return pairs;
}
