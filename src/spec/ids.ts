/**
 * Model values: the identities a spec talks about (servers, client values, addresses).
 *
 * A scalarset holds interchangeable model values: they can be compared with `===`, put in an Immutable
 * Set and used as Map keys, and nothing else. Order, arithmetic and string conversion throw, because a
 * spec that orders interchangeable values makes symmetry reduction wrong without a sign. Ids that need
 * an order are declared as an ordered id set and get no symmetry.
 */
import { ModelValueMisuse } from "./errors.ts";

/** One member of a scalarset. `Name` is the scalarset's name, so that members of two sets do not mix. */
export class ModelValue<Name extends string = string> {
  readonly set: Name;
  readonly #index: number;
  readonly #name: string;

  constructor(set: Name, index: number, name: string) {
    this.set = set;
    this.#index = index;
    this.#name = name;
    Object.freeze(this);
  }

  /** Immutable's value protocol: a model value equals itself alone. */
  equals(other: unknown): boolean {
    return this === other;
  }

  hashCode(): number {
    return (this.#index + 1) * 0x9e3779b1;
  }

  [Symbol.toPrimitive](hint: string): never {
    throw new ModelValueMisuse(
      this.set,
      hint === "number" ? "as a number or with <" : hint === "string" ? "as a string" : "with + or ==",
    );
  }

  toString(): string {
    throw new ModelValueMisuse(this.set, "as a string");
  }

  toJSON(): never {
    throw new ModelValueMisuse(this.set, "as a string");
  }

  /** The position of a model value in its set, for the engine; a spec must not depend on it. */
  static indexOf(value: ModelValue): number {
    return value.#index;
  }

  /** The printed name of a model value, for reports; a spec must not depend on it. */
  static nameOf(value: ModelValue): string {
    return value.#name;
  }
}

/** One member of an ordered id set: comparable with `<`, numbered from 1, printable. */
export class OrderedId<Name extends string = string> {
  readonly set: Name;
  /** 1 for the least member. */
  readonly number: number;
  readonly name: string;

  constructor(set: Name, number: number, name: string) {
    this.set = set;
    this.number = number;
    this.name = name;
    Object.freeze(this);
  }

  equals(other: unknown): boolean {
    return this === other;
  }

  hashCode(): number {
    return this.number * 0x85ebca6b;
  }

  /** For `<` and templates. Not `valueOf`, by which Immutable would call ids of two sets, and numbers, equal. */
  [Symbol.toPrimitive](hint: string): number | string {
    return hint === "string" ? this.name : this.number;
  }

  toString(): string {
    return this.name;
  }
}

export type Id = ModelValue | OrderedId;

/** A declared set of ids: a scalarset (interchangeable members) or an ordered id set. */
export class IdSet<Member extends Id = Id> implements Iterable<Member> {
  readonly name: Member["set"];
  readonly members: readonly Member[];
  /** False for a scalarset: its members are interchangeable and symmetry reduction may swap them. */
  readonly ordered: boolean;
  /** Position among the declared id sets of the model. */
  readonly ordinal: number;

  constructor(name: Member["set"], ordinal: number, members: readonly Member[], ordered: boolean) {
    this.name = name;
    this.ordinal = ordinal;
    this.members = Object.freeze([...members]);
    this.ordered = ordered;
  }

  get size(): number {
    return this.members.length;
  }

  /** How many members make a strict majority. */
  get majority(): number {
    return Math.floor(this.members.length / 2) + 1;
  }

  [Symbol.iterator](): Iterator<Member> {
    return this.members[Symbol.iterator]();
  }

  /** All members but one. */
  others(id: Member): Member[] {
    return this.members.filter((member) => member !== id);
  }

  filter(test: (id: Member) => boolean): Member[] {
    return this.members.filter((id) => test(id));
  }

  map<T>(make: (id: Member) => T): T[] {
    return this.members.map((id) => make(id));
  }

  every(test: (id: Member) => boolean): boolean {
    return this.members.every((id) => test(id));
  }

  some(test: (id: Member) => boolean): boolean {
    return this.members.some((id) => test(id));
  }

  /** How many members pass the test. */
  count(test: (id: Member) => boolean): number {
    return this.members.reduce((n, id) => (test(id) ? n + 1 : n), 0);
  }

  /** All subsets with exactly `size` members, for specs that quantify over quorums. */
  subsets(size: number): Member[][] {
    const found: Member[][] = [];
    const extend = (from: number, chosen: Member[]): void => {
      if (chosen.length === size) {
        found.push(chosen);
        return;
      }
      for (let at = from; at < this.members.length; at++) extend(at + 1, [...chosen, this.members[at]!]);
    };
    extend(0, []);
    return found;
  }
}

export function indexOfId(id: Id): number {
  return id instanceof ModelValue ? ModelValue.indexOf(id) : id.number - 1;
}

export function nameOfId(id: Id): string {
  return id instanceof ModelValue ? ModelValue.nameOf(id) : id.name;
}

export function isId(value: unknown): value is Id {
  return value instanceof ModelValue || value instanceof OrderedId;
}
