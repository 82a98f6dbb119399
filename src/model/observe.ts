/**
 * Observed reads: what a spec function looked at while it ran.
 *
 * Actions are observed by whole parts, properties by fields of records: anything but a plain read of a
 * field (has, iteration, equals, toJS, passing the record on) is a read of the whole part. An observation
 * is complete: a function that is deterministic in what it observed gives the same answer for every state
 * that agrees on it. That is the ground on which results are remembered and properties are skipped.
 */
import { Record as ImmutableRecord, isRecord } from "immutable";
import { RuleError } from "../spec/errors.ts";
import type { Bound, Source } from "../spec/state.ts";
import { isValueObject } from "../spec/value.ts";

/**
 * The field that stands for what kind of value a part is: which record type or fields, or none. Every property
 * that reads a part reads this first, so that parts which are sometimes records and sometimes not are told apart.
 */
export const SHAPE = "\u0000shape";

/** One read: a location, in the state before (0) or after (1) a step; a field, or null for the whole part. */
export interface Read {
  readonly side: 0 | 1;
  readonly location: number;
  readonly field: string | null;
}

/** Collects the reads of one run, each once, in order. */
export class Recorder {
  readonly reads: Read[] = [];
  readonly #seen = new Set<string>();

  note(side: 0 | 1, location: number, field: string | null): void {
    const key = `${side}:${location}:${field === null ? "" : `.${field}`}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.reads.push({ side, location, field });
  }
}

/** The parts of one state for one run of a spec function. */
export class ObservedSource implements Source {
  readonly historiesReadable: boolean;
  readonly boundsHit: Bound[] = [];
  readonly #part: (location: number) => unknown;
  readonly #recorder: Recorder | null;
  readonly #side: 0 | 1;
  readonly #views = new Map<number, unknown>();
  /** Locations whose view was handed out and not looked into. */
  readonly #unread = new Set<number>();
  #open = true;

  /** `byField`: hand out records whose fields are observed one by one (properties). */
  constructor(
    part: (location: number) => unknown,
    recorder: Recorder | null,
    byField: boolean,
    side: 0 | 1 = 0,
  ) {
    this.#part = part;
    this.#recorder = recorder;
    this.historiesReadable = byField;
    this.#side = side;
  }

  read(location: number): unknown {
    this.assertOpen();
    if (this.#recorder === null) return this.#part(location);
    if (!this.historiesReadable) {
      this.#recorder.note(this.#side, location, null);
      return this.#part(location);
    }
    this.#recorder.note(this.#side, location, SHAPE);
    // Asking the view itself what it is would be a read of the whole part.
    if (!isFielded(this.#part(location))) this.#recorder.note(this.#side, location, null);
    if (!this.#views.has(location)) this.#views.set(location, this.#viewOf(location));
    return this.#views.get(location);
  }

  hitBound(bound: Bound): void {
    this.boundsHit.push(bound);
  }

  assertOpen(): void {
    if (!this.#open) throw new RuleError("uses a state after its run has ended; keep no states between runs");
  }

  close(): void {
    // A record that was taken and none of whose fields were read was perhaps compared with another.
    for (const location of this.#unread) this.#recorder?.note(this.#side, location, null);
    this.#open = false;
  }

  #viewOf(location: number): unknown {
    const part = this.#part(location);
    if (!isFielded(part)) return part;
    const recorder = this.#recorder!;
    const side = this.#side;
    this.#unread.add(location);
    const readWhole = (): void => recorder.note(side, location, null);
    const readField = (field: string): void => {
      this.#unread.delete(location);
      recorder.note(side, location, field);
    };
    return new Proxy(part as object, {
      get: (target, key) => {
        if (typeof key === "string" && hasField(target, key) && !isMethod(target, key)) {
          readField(key);
          return fieldOf(target, key);
        }
        if (key === "get" && isRecord(target))
          return (field: string, otherwise: unknown) => {
            if (!hasField(target, field)) return otherwise;
            readField(field);
            return fieldOf(target, field);
          };
        readWhole();
        const member = Reflect.get(target, key, target) as unknown;
        return key !== "constructor" && typeof member === "function" ? member.bind(target) : member;
      },
      has: (target, key) => {
        readWhole();
        return Reflect.has(target, key);
      },
      ownKeys: (target) => {
        readWhole();
        return Reflect.ownKeys(target);
      },
      getOwnPropertyDescriptor: (target, key) => {
        readWhole();
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
      getPrototypeOf: (target) => {
        readWhole();
        return Reflect.getPrototypeOf(target);
      },
    });
  }
}

/** Whether a part is read by fields: records and value objects are. */
export function isFielded(part: unknown): boolean {
  return isRecord(part) || isValueObject(part);
}

function hasField(target: object, field: string): boolean {
  return isRecord(target) ? target.has(field as never) : Object.hasOwn(target, field);
}

/** Whether a record has a method of this name: a field that is named so is read with `get` alone. */
function isMethod(target: object, name: string): boolean {
  return isRecord(target) && name in ImmutableRecord.prototype;
}

/** The value of a field of a record or value object; for SHAPE a text that tells shapes apart. */
export function fieldOf(part: unknown, field: string): unknown {
  if (field === SHAPE) return shapeOf(part);
  return isRecord(part) ? part.get(field as never) : (part as Record<string, unknown>)[field];
}

function shapeOf(part: unknown): string {
  if (isRecord(part))
    return `record ${ImmutableRecord.getDescriptiveName(part)} ${[...part.toSeq().keySeq()].join()}`;
  return isValueObject(part) ? `fields ${Object.keys(part).sort().join()}` : "whole";
}
