/**
 * Partial values: whether a value is as a pattern says. Patterns and values are in ITF's encoding; what a pattern
 * leaves out may be anything.
 *
 * - Fields of records may be left out, and nothing else: lists, sets and tuples are said in full, though their
 *   members may be partial. A plain list also stands for a set or a tuple.
 * - A map is said by fields as well, keys as they are printed: `{ server: { n1: { role: leader } } }`.
 */
import type { Itf } from "./result.ts";

type Fields = { readonly [field: string]: Itf };

export function matches(pattern: Itf, value: Itf): boolean {
  if (typeof pattern !== "object" || pattern === null) return pattern === value;
  if (typeof value !== "object" || value === null) return false;
  const items = listOf(pattern);
  if (items !== null)
    return isSet(value) || isSet(pattern) ? setMatches(items, value) : listMatches(items, value);
  const entries = entriesOf(pattern);
  const owned = entriesOf(value);
  if (entries !== null)
    return (
      owned !== null &&
      owned.length === entries.length &&
      entries.every(([key, part]) => owned.some(([other, own]) => matches(key, other) && matches(part, own)))
    );
  if (listOf(value) !== null) return false;
  return Object.entries(pattern as Fields).every(([field, part]) => {
    const own = owned === null ? fieldOf(value as Fields, field) : entryOf(owned, field);
    return own !== undefined && matches(part, own);
  });
}

function listMatches(items: readonly Itf[], value: Itf): boolean {
  const own = listOf(value);
  return own !== null && own.length === items.length && items.every((item, at) => matches(item, own[at]!));
}

/** Each item has a member of its own. Tries all assignments, as partial items may fit several members. */
function setMatches(items: readonly Itf[], value: Itf): boolean {
  const own = listOf(value);
  if (own === null || own.length !== items.length) return false;
  const [first, ...rest] = items;
  if (first === undefined) return true;
  return own.some(
    (member, at) => matches(first, member) && setMatches(rest, { "#set": own.filter((_, n) => n !== at) }),
  );
}

function isSet(value: Itf): boolean {
  return typeof value === "object" && value !== null && "#set" in value;
}

/** The items of a list, set or tuple. */
function listOf(value: Itf): readonly Itf[] | null {
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value)) return value;
  const { "#set": set, "#tup": tuple } = value as Fields;
  const items = set ?? tuple;
  return Array.isArray(items) ? items : null;
}

function entriesOf(value: Itf): readonly (readonly [Itf, Itf])[] | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { "#map": entries } = value as Fields;
  if (!Array.isArray(entries)) return null;
  return entries.filter(isPair);
}

function isPair(entry: Itf): entry is readonly [Itf, Itf] {
  return Array.isArray(entry) && entry.length === 2;
}

function fieldOf(fields: Fields, name: string): Itf | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function entryOf(entries: readonly (readonly [Itf, Itf])[], key: string): Itf | undefined {
  return entries.find(([own]) => keyText(own) === key)?.[1];
}

/** `n1`, `3`; the ends of a channel `n1->n2`. */
function keyText(key: Itf): string {
  if (typeof key !== "object" || key === null) return String(key);
  const items = listOf(key);
  return items === null ? JSON.stringify(key) : items.map(keyText).join("->");
}
