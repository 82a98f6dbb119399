/**
 * The canonical encoding of values: two values are the same part of a state exactly if their encodings
 * are equal bytes.
 *
 * Unordered collections are sorted by the encoding of their members, record types are named, and nothing
 * depends on who built a value or in which order. Immutable's own equality is not used: it calls records
 * of different types with equal fields equal. Model values are written through a naming, which is how
 * symmetry renames them and how signatures make them anonymous. Single-threaded; no limits on nesting.
 */
import {
  Map as ImmutableMap,
  Set as ImmutableSet,
  isAssociative,
  isCollection,
  isList,
  isMap,
  isOrdered,
  isRecord,
  isSeq,
  isSet,
  isStack,
  List,
  OrderedMap,
  OrderedSet,
  Stack,
} from "immutable";
import { ValueError } from "../spec/errors.ts";
import { type Id, type IdSet, ModelValue, OrderedId } from "../spec/ids.ts";
import { findRecordType, recordTypeOf } from "../spec/record-types.ts";
import { isPlainObject, isValueObject, value as valueObject } from "../spec/value.ts";

const TAG = {
  null: 0,
  false: 1,
  true: 2,
  undefined: 3,
  integer: 4,
  double: 5,
  string: 6,
  modelValue: 7,
  list: 8,
  set: 9,
  map: 10,
  record: 11,
  object: 12,
  orderedSet: 13,
  orderedMap: 14,
  stack: 15,
  bigint: 16,
  orderedId: 17,
} as const;

/** Gives the number written for a model value: its own position, a renamed one, or a colour. */
export type Naming = (setOrdinal: number, index: number) => number;

const utf8 = new TextEncoder();
/** A byte order mark at the beginning is part of the text, not of the encoding. */
const fromUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Field names and string constants recur; both directions are remembered, up to so many. */
const STRINGS_MAX = 10_000;
const bytesOfString = new Map<string, Uint8Array>();
const stringsByHash = new Map<number, { readonly bytes: Uint8Array; readonly text: string }>();

function encodeString(text: string): Uint8Array {
  let bytes = bytesOfString.get(text);
  if (bytes === undefined) {
    // UTF-8 has one replacement for all halves of surrogate pairs: different texts would be one.
    if (LONE_SURROGATE.test(text))
      throw new ValueError("is a text with half a surrogate pair, which cannot be part of a state");
    bytes = utf8.encode(text);
    if (bytesOfString.size < STRINGS_MAX) bytesOfString.set(text, bytes);
  }
  return bytes;
}

function decodeString(bytes: Uint8Array, from: number, length: number): string {
  let hash = length;
  for (let at = from; at < from + length; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  const known = stringsByHash.get(hash);
  if (known !== undefined && known.bytes.length === length) {
    let at = 0;
    while (at < length && known.bytes[at] === bytes[from + at]) at++;
    if (at === length) return known.text;
  }
  const own = bytes.slice(from, from + length);
  const text = fromUtf8.decode(own);
  if (stringsByHash.size < STRINGS_MAX) stringsByHash.set(hash, { bytes: own, text });
  return text;
}

/** Larger integers are written as doubles: twice their size would not be exact. */
const INTEGER_MAX = 2 ** 51;

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = a[at]! - b[at]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export class Codec {
  readonly #sets: readonly IdSet[];
  readonly #ordinals = new Map<string, number>();
  #bytes = new Uint8Array(256);
  #length = 0;
  #naming: Naming | null = null;
  readonly #double = new DataView(new ArrayBuffer(8));

  constructor(sets: readonly IdSet[]) {
    this.#sets = sets;
    for (const set of sets) this.#ordinals.set(set.name, set.ordinal);
  }

  /** The canonical bytes of a value; throws ValueError with the path of what cannot be encoded. */
  encode(value: unknown, naming: Naming | null = null): Uint8Array {
    this.#length = 0;
    this.#naming = naming;
    this.#write(value);
    return this.#bytes.slice(0, this.#length);
  }

  /** The value of an encoding. `reversed`: unordered collections are filled in the opposite order. */
  decode(bytes: Uint8Array, reversed = false): unknown {
    return new Reader(bytes, this.#sets, reversed).read();
  }

  #byte(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }

  #varint(number: number): void {
    let rest = number;
    while (rest >= 0x80) {
      this.#byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#byte(rest);
  }

  #raw(bytes: Uint8Array): void {
    for (const byte of bytes) this.#byte(byte);
  }

  #string(text: string): void {
    const bytes = encodeString(text);
    this.#varint(bytes.length);
    this.#raw(bytes);
  }

  #write(value: unknown): void {
    switch (typeof value) {
      case "boolean":
        return this.#byte(value ? TAG.true : TAG.false);
      case "undefined":
        return this.#byte(TAG.undefined);
      case "number":
        return this.#number(value);
      case "string":
        this.#byte(TAG.string);
        return this.#string(value);
      case "bigint":
        this.#byte(TAG.bigint);
        return this.#string(value.toString());
      case "object":
        return value === null ? this.#byte(TAG.null) : this.#object(value);
      default:
        throw new ValueError(`is a ${typeof value}, which cannot be part of a state`);
    }
  }

  #number(number: number): void {
    if (Number.isSafeInteger(number) && Math.abs(number) <= INTEGER_MAX) {
      this.#byte(TAG.integer);
      return this.#varint(number >= 0 ? number * 2 : -number * 2 - 1);
    }
    if (Number.isNaN(number)) throw new ValueError("is NaN, which cannot be part of a state");
    this.#byte(TAG.double);
    this.#double.setFloat64(0, number);
    for (let at = 0; at < 8; at++) this.#byte(this.#double.getUint8(at));
  }

  #object(value: object): void {
    if (value instanceof ModelValue) return this.#modelValue(value);
    if (value instanceof OrderedId) {
      this.#byte(TAG.orderedId);
      this.#varint(this.#ordinalOf(value));
      return this.#varint(value.number - 1);
    }
    if (isValueObject(value)) {
      if (Object.getOwnPropertySymbols(value).length > 0)
        throw new ValueError("has a field named by a symbol, which cannot be part of a state");
      return this.#fields(TAG.object, "", Object.keys(value).sort(), value);
    }
    if (isRecord(value)) {
      const type = recordTypeOf(value as never);
      return this.#fields(TAG.record, type.name, type.fields, value.toObject());
    }
    if (isSeq(value)) throw new ValueError("is a lazy sequence; make it a List, Set or Map");
    if (isCollection(value)) return this.#collection(value);
    if (isPlainObject(value))
      throw new ValueError("is a plain object; wrap it as value({...}) or use a Record");
    if (Array.isArray(value)) throw new ValueError("is an array; use a List");
    if (typeof (value as { then?: unknown }).then === "function") throw new ValueError("is a promise");
    throw new ValueError(
      `is a ${value.constructor?.name ?? "class"} object, which cannot be part of a state`,
    );
  }

  #modelValue(value: ModelValue): void {
    const ordinal = this.#ordinalOf(value);
    const index = ModelValue.indexOf(value);
    this.#byte(TAG.modelValue);
    this.#varint(ordinal);
    this.#varint(this.#naming === null ? index : this.#naming(ordinal, index));
  }

  #ordinalOf(id: Id): number {
    const ordinal = this.#ordinals.get(id.set);
    if (ordinal === undefined) throw new ValueError(`is a member of ${id.set}, an id set of another model`);
    return ordinal;
  }

  #fields(tag: number, name: string, fields: readonly string[], value: Record<string, unknown>): void {
    this.#byte(tag);
    if (tag === TAG.record) this.#string(name);
    this.#varint(fields.length);
    for (const field of fields) {
      this.#string(field);
      this.#within(field, value[field]);
    }
  }

  #within(path: string, value: unknown): void {
    try {
      this.#write(value);
    } catch (error) {
      if (error instanceof ValueError) {
        const message = error.message;
        const joined = message.startsWith("at ")
          ? `at ${path}.${message.slice(3)}`
          : `at ${path}: ${message}`;
        throw new ValueError(joined);
      }
      throw error;
    }
  }

  #collection(value: object): void {
    if (isList(value) || isStack(value)) {
      const items = value as unknown as List<unknown>;
      this.#byte(isList(value) ? TAG.list : TAG.stack);
      this.#varint(items.size);
      let at = 0;
      for (const item of items) this.#within(String(at++), item);
    } else if (isSet(value)) {
      const ordered = isOrdered(value);
      this.#byte(ordered ? TAG.orderedSet : TAG.set);
      this.#members(ordered, value as unknown as Iterable<unknown>, (item) => this.#write(item));
    } else if (isMap(value)) {
      const ordered = isOrdered(value);
      this.#byte(ordered ? TAG.orderedMap : TAG.map);
      this.#members(ordered, value as unknown as Iterable<unknown>, (entry) => {
        const [key, item] = entry as [unknown, unknown];
        this.#write(key);
        this.#within("value", item);
      });
    } else {
      throw new ValueError(
        `is an Immutable collection that is not a value${isAssociative(value) ? " (a view)" : ""}`,
      );
    }
  }

  /** Writes members one after the other, sorted by their encodings unless the collection is ordered. */
  #members(ordered: boolean, members: Iterable<unknown>, write: (member: unknown) => void): void {
    const start = this.#length;
    const encoded: Uint8Array[] = [];
    for (const member of members) {
      this.#length = start;
      write(member);
      encoded.push(this.#bytes.slice(start, this.#length));
    }
    this.#length = start;
    if (!ordered) encoded.sort(compareBytes);
    this.#varint(encoded.length);
    for (const bytes of encoded) this.#raw(bytes);
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #sets: readonly IdSet[];
  readonly #reversed: boolean;
  #at = 0;

  constructor(bytes: Uint8Array, sets: readonly IdSet[], reversed: boolean) {
    this.#bytes = bytes;
    this.#sets = sets;
    this.#reversed = reversed;
  }

  read(): unknown {
    const tag = this.#bytes[this.#at++];
    switch (tag) {
      case TAG.null:
        return null;
      case TAG.false:
        return false;
      case TAG.true:
        return true;
      case TAG.undefined:
        return undefined;
      case TAG.integer: {
        const coded = this.#varint();
        return coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
      }
      case TAG.double: {
        const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, 8);
        this.#at += 8;
        return view.getFloat64(0);
      }
      case TAG.string:
        return this.#string();
      case TAG.bigint:
        return BigInt(this.#string());
      case TAG.modelValue:
      case TAG.orderedId: {
        const set = this.#sets[this.#varint()]!;
        return set.members[this.#varint()];
      }
      case TAG.list:
        return List(this.#items());
      case TAG.stack:
        return Stack(this.#items());
      case TAG.set:
        return ImmutableSet(this.#unordered(this.#items()));
      case TAG.orderedSet:
        return OrderedSet(this.#items());
      case TAG.map:
        return ImmutableMap(this.#unordered(this.#entries()));
      case TAG.orderedMap:
        return OrderedMap(this.#entries());
      case TAG.record: {
        const name = this.#string();
        const fields = this.#named();
        const type = findRecordType(name, Object.keys(fields));
        if (type === undefined) throw new ValueError(`the record type ${name} is not known`);
        return type.make(fields);
      }
      case TAG.object:
        return valueObject(this.#named());
      default:
        throw new Error(`not an encoding: tag ${String(tag)} at byte ${this.#at - 1}`);
    }
  }

  #varint(): number {
    let number = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++]!;
      number += (byte & 0x7f) * scale;
      if (byte < 0x80) return number;
      scale *= 0x80;
    }
  }

  #string(): string {
    const length = this.#varint();
    const text = decodeString(this.#bytes, this.#at, length);
    this.#at += length;
    return text;
  }

  #unordered<T>(members: T[]): T[] {
    return this.#reversed ? members.reverse() : members;
  }

  #items(): unknown[] {
    return Array.from({ length: this.#varint() }, () => this.read());
  }

  #entries(): [unknown, unknown][] {
    return Array.from({ length: this.#varint() }, () => [this.read(), this.read()]);
  }

  #named(): Record<string, unknown> {
    // Without a prototype, so that __proto__ is a field like others.
    const fields = Object.create(null) as Record<string, unknown>;
    const count = this.#varint();
    for (let at = 0; at < count; at++) {
      const field = this.#string();
      fields[field] = this.read();
    }
    return fields;
  }
}
