/**
 * Value objects: plain fields with equality by content.
 *
 * A TypeScript object literal is compared by identity, which is never what a spec means. `value({...})`
 * gives a frozen object with the same fields and Immutable's value protocol, so that `is`, Set members and
 * Map keys compare fields. Literals are refused as parts of a state, except as messages given to `send`.
 */
import { hash, is, type ValueObject } from "immutable";

const PROTOTYPE: ValueObject = Object.freeze(
  Object.create(null, {
    equals: {
      value(this: Record<string, unknown>, other: unknown): boolean {
        if (this === other) return true;
        if (!isValueObject(other)) return false;
        const keys = Object.keys(this);
        const theirs = other as unknown as Record<string, unknown>;
        return (
          keys.length === Object.keys(theirs).length &&
          keys.every((key) => Object.hasOwn(theirs, key) && is(this[key], theirs[key]))
        );
      },
    },
    hashCode: {
      value(this: Record<string, unknown>): number {
        let sum = 0;
        for (const key of Object.keys(this))
          sum = (sum + Math.imul(hash(key) ^ 0x2f, hash(this[key]) | 1)) | 0;
        return sum;
      },
    },
    toString: {
      value(): string {
        return "[value object]";
      },
    },
  }),
);

/** The fields of `T`, frozen, with equality by content. */
export type Value<T extends object> = Readonly<T> & ValueObject;

/** Makes a value object: `value({ term: 2, command })`. Equal fields make equal value objects. */
export function value<T extends object>(fields: T): Value<T> {
  if (isValueObject(fields)) return fields as Value<T>;
  return Object.freeze(Object.assign(Object.create(PROTOTYPE), fields));
}

export function isValueObject(candidate: unknown): candidate is Value<Record<string, unknown>> {
  return (
    typeof candidate === "object" && candidate !== null && Object.getPrototypeOf(candidate) === PROTOTYPE
  );
}

export function isPlainObject(candidate: unknown): candidate is Record<string, unknown> {
  if (typeof candidate !== "object" || candidate === null) return false;
  const prototype = Object.getPrototypeOf(candidate);
  return prototype === Object.prototype || prototype === null;
}
