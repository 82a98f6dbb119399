/** Values in ITF's encoding: telling the kinds apart, comparing, and printing them for people. */
import type { Itf } from "../search/result.ts";

export type ItfFields = { readonly [field: string]: Itf };

export function mapEntries(value: Itf): readonly (readonly [Itf, Itf])[] | null {
  return (special(value, "#map") as readonly (readonly [Itf, Itf])[] | undefined) ?? null;
}

export function setMembers(value: Itf): readonly Itf[] | null {
  return special(value, "#set") ?? null;
}

export function tupleItems(value: Itf): readonly Itf[] | null {
  return special(value, "#tup") ?? null;
}

export function listItems(value: Itf): readonly Itf[] | null {
  return Array.isArray(value) ? value : null;
}

/** The fields of a record or value object, or null. */
export function recordFields(value: Itf): ItfFields | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return Object.keys(value).some((key) => key.startsWith("#")) ? null : (value as ItfFields);
}

function special(value: Itf, tag: "#map" | "#set" | "#tup"): readonly Itf[] | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const content = Object.hasOwn(value, tag) ? (value as ItfFields)[tag] : undefined;
  return Array.isArray(content) ? content : undefined;
}

/** Equality by content. Sets and maps are sorted in ITF, so their order is no difference. */
export function same(a: Itf, b: Itf): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, at) => same(item, b[at]!))
    );
  const [left, right] = [a as ItfFields, b as ItfFields];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && same(left[key]!, right[key]!))
  );
}

const PLAIN_WORD = /^[A-Za-z_][\w.-]*$/;
const LOOKS_OTHERWISE = new Set(["true", "false", "null", "none"]);

/**
 * A value in one line: `{field: value}` for records, `[a, b]` for lists, `{a, b}` for sets, `{k => v}` for
 * maps, `(a, b)` for tuples. Words need no quotes.
 */
export function format(value: Itf): string {
  if (typeof value === "string")
    return PLAIN_WORD.test(value) && !LOOKS_OTHERWISE.has(value) ? value : JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  const map = mapEntries(value);
  if (map !== null)
    return `{${map.map(([key, member]) => `${format(key)} => ${format(member)}`).join(", ")}}`;
  const set = setMembers(value);
  if (set !== null) return `{${set.map(format).join(", ")}}`;
  const tuple = tupleItems(value);
  if (tuple !== null) return `(${tuple.map(format).join(", ")})`;
  const list = listItems(value);
  if (list !== null) return `[${list.map(format).join(", ")}]`;
  const fields = Object.entries(value).map(([field, member]) => `${format(field)}: ${format(member as Itf)}`);
  return `{${fields.join(", ")}}`;
}

/** A message: its type, if it has one, before the other fields; sender and receiver are told elsewhere. */
export function formatMessage(message: Itf, from: string | null, to: string): string {
  const fields = recordFields(message);
  if (fields === null) return format(message);
  const kept: Record<string, Itf> = {};
  for (const [field, member] of Object.entries(fields)) {
    if (field === "type" && typeof member === "string") continue;
    if ((field === "to" && member === to) || (field === "from" && member === from)) continue;
    kept[field] = member;
  }
  const { type: given } = fields;
  const type = typeof given === "string" ? format(given) : "";
  return [type, Object.keys(kept).length === 0 && type !== "" ? "" : format(kept)]
    .filter((part) => part !== "")
    .join(" ");
}

/** `server[n1]`, `channel[n1->n2]`: a part of a variable with owners, as properties' reads name it. */
export function partPath(variable: string, owner: Itf): string {
  return `${variable}[${ownerText(owner)}]`;
}

export function ownerText(owner: Itf): string {
  const owners = tupleItems(owner);
  return owners === null ? format(owner) : owners.map(format).join("->");
}

/** What a step may do with messages, in the order in which it is told; each is a field of a step and its word. */
export const MESSAGE_WORDS = ["received", "lost", "discarded", "sent", "doubled"] as const;
