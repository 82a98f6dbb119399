/**
 * A static snapshot as one JSON value small enough to embed: each distinct value, and each part of one, is written
 * once, and a step holds only which of them it changed. Unpacking gives back equal states in which equal values are
 * the same object, so that comparing two states of a trace takes no time.
 *
 * All states of a trace have the same variables, and a variable with owners always has all of them.
 */
import { mapEntries } from "../report/itf.ts";
import type { Itf, ItfState, TraceMessage, TraceStep } from "../search/result.ts";
import type { Failure, ShownTrace, Snapshot, Subject } from "./source.ts";

export interface PackedSnapshot {
  readonly format: 1;
  readonly subject: Subject;
  /** Names of the fields of a value, by the number that values refer to. */
  readonly shapes: readonly (readonly string[])[];
  /** Values by the number that steps, and later values, refer to. */
  readonly values: readonly PackedValue[];
  readonly texts: readonly string[];
  readonly traces: readonly PackedTrace[];
}

/** What has no parts; or what parts it has: `[shape, value, value, ...]`, for lists with LIST as shape. */
type PackedValue = null | boolean | number | string | readonly number[];

const LIST = -1;

type Slot = readonly [variable: string] | readonly [variable: string, owner: Itf];

interface PackedTrace {
  readonly title: string;
  readonly failure: Failure | null;
  /** Where a value can stand: a variable, or an owner's part of a variable. */
  readonly slots: readonly Slot[];
  readonly steps: readonly PackedStep[];
}

/** What is false or empty is left out. */
interface PackedStep {
  readonly step: number;
  readonly action?: string;
  readonly name?: string;
  readonly at?: TraceStep["location"];
  readonly args?: TraceStep["arguments"];
  readonly fault?: true;
  readonly relevant?: true;
  readonly choice?: TraceStep["choice"];
  readonly sent?: readonly PackedMessage[];
  readonly received?: readonly PackedMessage[];
  readonly discarded?: readonly PackedMessage[];
  readonly lost?: readonly PackedMessage[];
  readonly doubled?: readonly PackedMessage[];
  readonly enabled?: readonly number[];
  /** Slot, value, slot, value, ... */
  readonly set?: readonly number[];
}

type PackedMessage = readonly [network: number, from: number, to: number, message: number];

export function packSnapshot({ subject, traces }: Snapshot): PackedSnapshot {
  const values = new Values();
  const texts = new Pool<string>((text) => text);
  const owned = new Set(
    subject.declared.variables.filter(({ owners }) => owners.length > 0).map(({ name }) => name),
  );
  const packed = traces.map((trace) => packTrace(trace, owned, values, texts));
  const { shapes, entries } = values;
  return {
    format: 1,
    subject,
    shapes: shapes.items,
    values: entries.items,
    texts: texts.items,
    traces: packed,
  };
}

export function unpackSnapshot(packed: PackedSnapshot): Snapshot {
  const { subject, texts, traces } = packed;
  const values = unpackValues(packed);
  return { subject, traces: traces.map((trace) => unpackTrace(trace, values, texts)), live: null };
}

class Pool<T> {
  readonly items: T[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #keyOf: (item: T) => string;

  constructor(keyOf: (item: T) => string) {
    this.#keyOf = keyOf;
  }

  numberOf(item: T): number {
    const key = this.#keyOf(item);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.items.length);
    return this.items.push(item) - 1;
  }
}

class Values {
  readonly shapes = new Pool<readonly string[]>((fields) => JSON.stringify(fields));
  readonly entries = new Pool<PackedValue>((entry) => JSON.stringify(entry));

  numberOf(value: Itf): number {
    if (typeof value !== "object" || value === null) return this.entries.numberOf(value);
    if (Array.isArray(value))
      return this.entries.numberOf([LIST, ...value.map((item) => this.numberOf(item))]);
    const shape = this.shapes.numberOf(Object.keys(value));
    const fields = Object.values(value).map((field) => this.numberOf(field as Itf));
    return this.entries.numberOf([shape, ...fields]);
  }
}

function unpackValues({ shapes, values }: PackedSnapshot): Itf[] {
  const made: Itf[] = [];
  for (const entry of values) {
    if (typeof entry !== "object" || entry === null) made.push(entry);
    else {
      const [shape, ...parts] = entry;
      const items = parts.map((part) => made[part]!);
      const fields = shapes[shape!];
      made.push(
        fields === undefined ? items : Object.fromEntries(fields.map((field, at) => [field, items[at]!])),
      );
    }
  }
  return made;
}

function packTrace(
  trace: ShownTrace,
  owned: ReadonlySet<string>,
  values: Values,
  texts: Pool<string>,
): PackedTrace {
  const slots = new Pool<Slot>((slot) => JSON.stringify(slot));
  const last = new Map<number, number>();
  const steps = trace.steps.map((step): PackedStep => {
    const set: number[] = [];
    for (const [slot, value] of partsOf(step.state, owned)) {
      const [at, number] = [slots.numberOf(slot), values.numberOf(value)];
      if (last.get(at) !== number) set.push(at, number);
      last.set(at, number);
    }
    const message = ({ network, from, to, message }: TraceMessage): PackedMessage => [
      texts.numberOf(network),
      from === null ? -1 : texts.numberOf(from),
      texts.numberOf(to),
      values.numberOf(message),
    ];
    return {
      step: step.step,
      ...(step.action === null ? {} : { action: step.action }),
      ...(step.actionName === null ? {} : { name: step.actionName }),
      ...(step.location === null ? {} : { at: step.location }),
      ...(Object.keys(step.arguments).length === 0 ? {} : { args: step.arguments }),
      ...(step.fault ? { fault: true } : {}),
      ...(step.relevant ? { relevant: true } : {}),
      ...(step.choice === null ? {} : { choice: step.choice }),
      ...(step.sent.length === 0 ? {} : { sent: step.sent.map(message) }),
      ...(step.received.length === 0 ? {} : { received: step.received.map(message) }),
      ...(step.discarded.length === 0 ? {} : { discarded: step.discarded.map(message) }),
      ...(step.lost.length === 0 ? {} : { lost: step.lost.map(message) }),
      ...(step.doubled.length === 0 ? {} : { doubled: step.doubled.map(message) }),
      ...(step.enabled.length === 0 ? {} : { enabled: step.enabled.map((text) => texts.numberOf(text)) }),
      ...(set.length === 0 ? {} : { set }),
    };
  });
  return { title: trace.title, failure: trace.failure, slots: slots.items, steps };
}

function partsOf(state: ItfState, owned: ReadonlySet<string>): (readonly [Slot, Itf])[] {
  return Object.entries(state).flatMap(([variable, value]): (readonly [Slot, Itf])[] => {
    const entries = owned.has(variable) ? mapEntries(value) : null;
    if (entries === null || entries.length === 0) return [[[variable], value]];
    return entries.map(([owner, part]) => [[variable, owner], part]);
  });
}

function unpackTrace(trace: PackedTrace, values: readonly Itf[], texts: readonly string[]): ShownTrace {
  const { slots } = trace;
  const filled: Itf[] = [];
  let state: ItfState = {};
  const steps = trace.steps.map((step): TraceStep => {
    const set = step.set ?? [];
    if (set.length > 0) {
      const touched = new Set<string>();
      for (let i = 0; i < set.length; i += 2) {
        filled[set[i]!] = values[set[i + 1]!]!;
        touched.add(slots[set[i]!]![0]);
      }
      state = stateOf(state, slots, filled, touched);
    }
    const message = ([network, from, to, content]: PackedMessage): TraceMessage => ({
      network: texts[network]!,
      from: from < 0 ? null : texts[from]!,
      to: texts[to]!,
      message: values[content]!,
    });
    return {
      step: step.step,
      action: step.action ?? null,
      actionName: step.name ?? null,
      location: step.at ?? null,
      arguments: step.args ?? {},
      fault: step.fault ?? false,
      relevant: step.relevant ?? false,
      choice: step.choice ?? null,
      sent: (step.sent ?? []).map(message),
      received: (step.received ?? []).map(message),
      discarded: (step.discarded ?? []).map(message),
      lost: (step.lost ?? []).map(message),
      doubled: (step.doubled ?? []).map(message),
      enabled: (step.enabled ?? []).map((text) => texts[text]!),
      state,
    };
  });
  return { title: trace.title, failure: trace.failure, steps };
}

/** The next state: variables that were not touched are those of the state before. */
function stateOf(
  before: ItfState,
  slots: readonly Slot[],
  filled: readonly Itf[],
  touched: ReadonlySet<string>,
): ItfState {
  const made: Record<string, Itf> = {};
  const maps = new Map<string, Itf[]>();
  for (const [at, [variable, owner]] of slots.entries()) {
    if (!touched.has(variable)) made[variable] = before[variable]!;
    else if (owner === undefined) made[variable] = filled[at]!;
    else {
      const entries = maps.get(variable) ?? [];
      if (entries.length === 0) made[variable] = { "#map": entries };
      maps.set(variable, entries);
      entries.push([owner, filled[at]!]);
    }
  }
  return made;
}
