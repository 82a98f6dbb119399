/**
 * The Immutable record types of a spec, so that a record can be rebuilt from its canonical encoding in a
 * thread that never saw an instance. A type is known by its name and fields; a spec's `Record` is wrapped
 * (see immutable.ts) so that every type is registered when it is made.
 */
import { Record as ImmutableRecord, List, type RecordOf } from "immutable";
import { SpecError, ValueError } from "./errors.ts";

type AnyRecord = RecordOf<Record<string, unknown>>;
type Factory = (fields: Record<string, unknown>) => AnyRecord;

export interface RecordType {
  readonly name: string;
  readonly fields: readonly string[];
  readonly make: Factory;
}

const byKey = new Map<string, RecordType>();
const byConstructor = new Map<unknown, RecordType>();

function keyOf(name: string, fields: readonly string[]): string {
  return `${name}\u0000${fields.join("\u0000")}`;
}

/** Registers a type by a sample instance; the same name with the same fields is the same type. */
export function registerRecordType(sample: AnyRecord): RecordType {
  const known = byConstructor.get(sample.constructor);
  if (known !== undefined) return known;
  const name = ImmutableRecord.getDescriptiveName(sample);
  const fields = [...sample.toSeq().keySeq()];
  const key = keyOf(name, fields);
  let type = byKey.get(key);
  if (type === undefined) {
    type = { name, fields, make: sample.constructor as unknown as Factory };
    byKey.set(key, type);
  } else if (!sameDefaults(type, sample)) {
    throw new SpecError(
      `two record types are named ${name} and have the same fields; give them different names`,
    );
  }
  byConstructor.set(sample.constructor, type);
  return type;
}

function sameDefaults(type: RecordType, sample: AnyRecord): boolean {
  const ours = type.make({});
  // Called as a method of the sample, the factory would make the sample anew.
  const make = sample.constructor as unknown as Factory;
  const theirs = make({});
  return List(ours.toSeq().valueSeq()).equals(List(theirs.toSeq().valueSeq()));
}

/** The type of a record instance. Refuses subclasses, whose methods an encoding cannot bring back. */
export function recordTypeOf(record: AnyRecord): RecordType {
  const known = byConstructor.get(record.constructor);
  if (known !== undefined) return known;
  if (/^class\b/.test(Function.prototype.toString.call(record.constructor)))
    throw new ValueError(
      `is a class that extends Record (${ImmutableRecord.getDescriptiveName(record)}); use Record and functions`,
    );
  return registerRecordType(record);
}

export function findRecordType(name: string, fields: readonly string[]): RecordType | undefined {
  return byKey.get(keyOf(name, fields));
}
