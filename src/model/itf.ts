/** Values in ITF's encoding (Apalache ADR-015), with plain numbers and model values by name. */
import { isCollection, isList, isMap, isRecord, isSet } from "immutable";
import { isId, nameOfId } from "../spec/ids.ts";

type Itf = null | boolean | number | string | readonly Itf[] | { readonly [field: string]: Itf };

export function toItf(value: unknown): Itf {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean" || typeof value === "number" || typeof value === "string") return value;
  if (typeof value === "bigint") return { "#bigint": value.toString() };
  if (isId(value)) return nameOfId(value);
  if (isRecord(value)) return fieldsToItf(value.toObject());
  if (isMap(value)) {
    const entries = [...value.entries()].map(([key, item]) => [toItf(key), toItf(item)] as const);
    return { "#map": entries.map(([key, item]) => [key, item]).sort(byText) };
  }
  if (isSet(value)) return { "#set": [...value.values()].map(toItf).sort(byText) };
  if (isList(value) || Array.isArray(value)) return [...value.values()].map(toItf);
  if (isCollection(value)) return [...(value as unknown as Iterable<unknown>)].map(toItf);
  if (typeof value === "object") return fieldsToItf(value as Record<string, unknown>);
  return { "#unserializable": String(value) };
}

function fieldsToItf(fields: Record<string, unknown>): Itf {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, toItf(value)]));
}

function byText(a: unknown, b: unknown): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A value in one line, for the arguments of an action: `n1`, `3`, `{n1, n2}`. */
export function toItfName(value: unknown): string {
  if (isId(value)) return nameOfId(value);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return String(value);
  if (isSet(value)) return `{${[...value.values()].map(toItfName).sort().join(", ")}}`;
  if (isList(value) || Array.isArray(value)) return `[${[...value.values()].map(toItfName).join(", ")}]`;
  return JSON.stringify(toItf(value));
}
