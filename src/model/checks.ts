/**
 * Checks: properties, premises and constraints as functions of integers.
 *
 * Every check has a decision tree for each of its instances, over fields of parts. A check need not be
 * evaluated in a successor when no part that the step changed differs in a field that the check ever read
 * in any part of that kind, and the state before satisfied it. What was read is noted in shared memory:
 * for each check and part kind the fields, for each instance the locations. By the time a level is
 * expanded, all that was read in its states has been noted, which is what the rule needs: a check that
 * would read the same values in the same order gives the same answer.
 *
 * A step property is also evaluated on (s, s) in new states, so that the reads of a step that changes
 * nothing are known in every state; only then may steps be skipped by the same rule.
 */
import { is } from "immutable";
import type { Model } from "../spec/model.ts";
import type { PropertyDefinition } from "../spec/definitions.ts";
import { RuleError, takeBrokenRule } from "../spec/errors.ts";
import { State } from "../spec/state.ts";
import { CONTROL, type SharedMemory } from "../store/memory.ts";
import { productOf } from "./instances.ts";
import { fieldOf, isFielded, ObservedSource, type Read, Recorder } from "./observe.ts";
import type { PartStore } from "./part-store.ts";
import type { NameTable, Permutation } from "./permutation.ts";
import { NotDeterministicError, ReadTree } from "./read-tree.ts";

export type CheckKind = "invariant" | "step" | "reachable" | "premise" | "constraint";

/** The bit of a field mask that stands for the whole part. */
const WHOLE = 31;

/** Bits of a mask of checks; with more checks than bits, several share one. */
const CHECK_BITS = 31;

/** Remembered masks for each part kind; forgotten all at once when there are more. */
const MASKS_MAX = 300_000;

export type CheckAnswer = true | false | Error;

export interface CheckInstance {
  readonly ordinal: number;
  readonly bound: Record<string, unknown>;
  readonly tree: ReadTree<CheckAnswer>;
  /** Position of its bitmap of locations in the shared tables. */
  readonly locationsAt: number;
}

export interface Check {
  readonly ordinal: number;
  readonly kind: CheckKind;
  readonly name: string;
  readonly bit: number;
  /** The property, or null for constraints. */
  readonly property: PropertyDefinition | null;
  readonly evaluate: (before: State, after: State, bound: Record<string, unknown>) => boolean;
  readonly instances: readonly CheckInstance[];
  /** Actions whose steps do not count, by ordinal. */
  readonly except: ReadonlySet<number>;
  /** False once it is decided: violated, reached, or its premise was seen. */
  active: boolean;
}

export class Checks {
  readonly all: Check[] = [];
  readonly #parts: PartStore;
  readonly #memory: SharedMemory;
  readonly #model: Model;
  readonly #kindCount: number;
  readonly #locationWords: number;
  readonly #fieldsAt: number;
  /** Fields of each part kind that have a bit of their own. */
  readonly #fieldBits: ReadonlyMap<string, number>[];
  /** For each part kind and field: part id -> id of the field's value. Private to the worker. */
  readonly #fieldIds: Map<string, Int32Array>[] = [];
  readonly #valueIds = new Map<string, number>();
  /** By part kind: (before, after) -> mask. */
  readonly #masks: Map<number, number>[] = [];
  #masksVersion = -1;
  /** Swaps of neighbouring names: they generate all renamings. */
  readonly #generators: readonly Generator[];
  readonly #renamedInstances = new Map<string, CheckInstance>();

  /** Words of the shared tables that the checks of a model need. */
  static tableWords(model: Model): number {
    const checks = 2 * model.properties.length + model.constraints.length;
    const instances = model.properties.reduce((n, p) => n + 2 * productOf(p.bindings).length, model.constraints.length);
    return checks * model.kinds.length + instances * (Math.floor(model.locationCount / 32) + 1);
  }

  constructor(model: Model, parts: PartStore, memory: SharedMemory, tablesAt: number, selected: readonly string[] | null) {
    this.#model = model;
    this.#parts = parts;
    this.#memory = memory;
    this.#kindCount = model.kinds.length;
    this.#locationWords = Math.floor(model.locationCount / 32) + 1;
    this.#fieldsAt = tablesAt;
    let next = tablesAt + (2 * model.properties.length + model.constraints.length) * this.#kindCount;
    this.#fieldBits = model.kinds.map((kind) => {
      const initial = kind.initial(kind.ownerIds(kind.firstLocation));
      const fields = isFielded(initial) ? fieldNames(initial) : [];
      return new Map(fields.slice(0, WHOLE).map((field, bit) => [field, bit]));
    });
    for (let kind = 0; kind < this.#kindCount; kind++) {
      this.#fieldIds.push(new Map());
      this.#masks.push(new Map());
    }
    this.#generators = generatorsOf(model, parts.names);
    const actionOrdinal = new Map(model.actions.map((action) => [action.name, action.ordinal]));
    const add = (kind: CheckKind, name: string, property: PropertyDefinition | null, evaluate: Check["evaluate"]): void => {
      const rows = property === null ? [{}] : productOf(property.bindings);
      const instances = rows.map((bound, row) => {
        const instance = { ordinal: row, bound, tree: new ReadTree<CheckAnswer>(), locationsAt: next };
        next += this.#locationWords;
        return instance;
      });
      const ordinal = this.all.length;
      this.all.push({
        ordinal,
        kind,
        name,
        bit: 1 << (ordinal % CHECK_BITS),
        property,
        evaluate,
        instances,
        except: new Set(property?.except.map((action) => actionOrdinal.get(action)!)),
        active: kind !== "reachable" || property!.expected,
      });
    };
    for (const constraint of model.constraints) add("constraint", constraint.name, null, (s) => constraint.test(s));
    for (const property of model.properties) {
      if (selected !== null && !selected.includes(property.name)) continue;
      const { premise } = property;
      if (property.kind === "step") add("step", property.name, property, (a, b, bound) => property.step(a, b, bound));
      else add(property.kind, property.name, property, (s, _, bound) => property.test(s, bound));
      if (premise !== null) add("premise", property.name, property, (s, _, bound) => premise(s, bound));
    }
  }

  // --- which checks a change concerns ----------------------------------------------------------------

  /** The checks (as bits) that may answer differently when a part of a kind changes from one id to another. */
  maskOfChange(kind: number, before: number, after: number): number {
    if (before === after) return 0;
    const { tables, control } = this.#memory;
    const version = control[CONTROL.readsVersion]!;
    if (version !== this.#masksVersion) {
      for (const masks of this.#masks) masks.clear();
      this.#masksVersion = version;
    }
    const masks = this.#masks[kind]!;
    if (masks.size > MASKS_MAX) masks.clear();
    const key = before * 2 ** 26 + after;
    const exact = before < 2 ** 26 && after < 2 ** 26;
    const known = exact ? masks.get(key) : undefined;
    if (known !== undefined) return known;
    let differing = 1 << WHOLE;
    for (const [field, bit] of this.#fieldBits[kind]!)
      if (this.#fieldId(kind, field, before) !== this.#fieldId(kind, field, after)) differing |= 1 << bit;
    let mask = 0;
    for (const check of this.all)
      if ((tables[this.#fieldsAt + check.ordinal * this.#kindCount + kind]! & differing) !== 0) mask |= check.bit;
    if (exact) masks.set(key, mask);
    return mask;
  }

  /** Bits of all active checks of some kinds. */
  bitsOf(...kinds: readonly CheckKind[]): number {
    let bits = 0;
    for (const check of this.all) if (check.active && kinds.includes(check.kind)) bits |= check.bit;
    return bits;
  }

  /** Whether an instance ever read one of the changed locations. */
  #concerns(instance: CheckInstance, changed: Int32Array): boolean {
    const { tables } = this.#memory;
    for (let word = 0; word < this.#locationWords; word++)
      if ((tables[instance.locationsAt + word]! & changed[word]!) !== 0) return true;
    return false;
  }

  #note(check: Check, instance: CheckInstance, reads: readonly Read[]): void {
    const { tables, control } = this.#memory;
    for (const { location, field } of reads) {
      const kind = this.#parts.kindAt[location]!;
      const bit = field === null ? WHOLE : (this.#fieldBits[kind]!.get(field) ?? WHOLE);
      const at = this.#fieldsAt + check.ordinal * this.#kindCount + kind;
      const before = Atomics.or(tables, at, 1 << bit);
      if ((before & (1 << bit)) === 0) control[CONTROL.readsGrew] = 1;
      this.#noteLocation(check, instance, location);
    }
  }

  /**
   * Notes that an instance reads a location, and the same for all renamings of both: a state is checked as it
   * is and then stored under other names.
   */
  #noteLocation(check: Check, instance: CheckInstance, location: number): void {
    const { tables } = this.#memory;
    const bit = 1 << (location & 31);
    const at = instance.locationsAt + (location >>> 5);
    if ((tables[at]! & bit) !== 0) return;
    Atomics.or(tables, at, bit);
    for (const generator of this.#generators)
      this.#noteLocation(
        check,
        this.#renamedInstance(check, instance, generator),
        generator.locations[location]!,
      );
  }

  #renamedInstance(check: Check, instance: CheckInstance, generator: Generator): CheckInstance {
    const key = `${check.ordinal}:${instance.ordinal}:${generator.ordinal}`;
    let renamed = this.#renamedInstances.get(key);
    if (renamed === undefined) {
      const bound = Object.fromEntries(
        Object.entries(instance.bound).map(([name, value]) => [name, this.#parts.renameValue(value, generator.permutation)]),
      );
      renamed = check.instances.find((other) => Object.entries(bound).every(([name, value]) => is(other.bound[name], value)));
      if (renamed === undefined)
        throw new RuleError(`${check.name}: its ranges are not closed under renaming of interchangeable values; range over the whole scalarset`);
      this.#renamedInstances.set(key, renamed);
    }
    return renamed;
  }

  // --- evaluation ------------------------------------------------------------------------------------

  /**
   * Evaluates a check in a state, or on a step when `before` differs from `after`; only instances that ever
   * read a changed location, or all when `changed` is null. The first instance that does not answer true
   * decides; `answer` true means that all do.
   */
  evaluate(
    check: Check,
    before: Int32Array,
    after: Int32Array,
    changed: Int32Array | null,
  ): { answer: CheckAnswer; instance: CheckInstance | null } {
    for (const instance of check.instances) {
      if (changed !== null && !this.#concerns(instance, changed)) continue;
      const answer = this.#answer(check, instance, before, after);
      if (answer !== true) return { answer, instance };
    }
    return { answer: true, instance: null };
  }

  /** Whether some instance answers true; an error if one throws before. */
  some(check: Check, parts: Int32Array): CheckAnswer {
    for (const instance of check.instances) {
      const answer = this.#answer(check, instance, parts, parts);
      if (answer !== false) return answer;
    }
    return false;
  }

  #answer(check: Check, instance: CheckInstance, before: Int32Array, after: Int32Array): CheckAnswer {
    let node = instance.tree.root;
    while (node !== null && node.at !== -1) {
      const next = (node as { edges: Map<number, typeof node> }).edges.get(this.#idAt(node.at, before, after));
      node = next ?? null;
    }
    if (node !== null) return (node as { result: CheckAnswer }).result;
    return this.#run(check, instance, before, after);
  }

  #run(check: Check, instance: CheckInstance, before: Int32Array, after: Int32Array): CheckAnswer {
    const { answer, reads } = this.observe(check, instance.bound, before, after);
    this.#note(check, instance, reads);
    const coded = reads.map((read) => this.#code(read));
    try {
      instance.tree.add(coded, (at) => this.#idAt(at, before, after), answer);
    } catch (error) {
      if (error instanceof NotDeterministicError)
        throw new RuleError(`${check.name} reads different parts of equal states; a property must depend on the state alone`);
      throw error;
    }
    return answer;
  }

  /** Runs a check's function and says what it read. A step that changes nothing that is read satisfies. */
  observe(
    check: Check,
    bound: Record<string, unknown>,
    before: Int32Array,
    after: Int32Array,
  ): { answer: CheckAnswer; reads: readonly Read[] } {
    const recorder = new Recorder();
    const view = (parts: Int32Array, side: 0 | 1): ObservedSource =>
      new ObservedSource((at) => this.#parts.value(this.#parts.kindAt[at]!, parts[at]!), recorder, true, side);
    const sources = [view(before, 0), view(after, 1)] as const;
    takeBrokenRule();
    let answer: CheckAnswer;
    try {
      const given = check.evaluate(new State(sources[0]), new State(sources[1]), bound) as unknown;
      if (typeof given !== "boolean") throw new RuleError(`${check.name} gave ${describe(given)}, not true or false`);
      answer = given;
    } catch (error) {
      answer = error instanceof Error ? error : new Error(String(error));
    }
    for (const source of sources) source.close();
    const broken = takeBrokenRule();
    if (broken !== null) throw new RuleError(`${check.name}: ${broken.message}`);
    if (check.kind === "step" && answer === false && !this.#changedIn(recorder.reads, before, after)) answer = true;
    return { answer, reads: recorder.reads };
  }

  #changedIn(reads: readonly Read[], before: Int32Array, after: Int32Array): boolean {
    return reads.some((read) => {
      const at = this.#code({ ...read, side: 0 });
      return this.#idAt(at, before, before) !== this.#idAt(at, after, after);
    });
  }

  // --- what trees branch on --------------------------------------------------------------------------

  // A read is coded as ((field + 1) * 2 + side) * locations + location, with fields numbered as they are met.
  readonly #fieldNames: string[] = [];
  readonly #fieldNumbers = new Map<string, number>();

  #code(read: Read): number {
    let field = 0;
    if (read.field !== null) {
      const known = this.#fieldNumbers.get(read.field);
      if (known === undefined) {
        this.#fieldNames.push(read.field);
        field = this.#fieldNames.length;
        this.#fieldNumbers.set(read.field, field);
      } else field = known;
    }
    return (field * 2 + read.side) * this.#model.locationCount + read.location;
  }

  #idAt(code: number, before: Int32Array, after: Int32Array): number {
    const locations = this.#model.locationCount;
    const location = code % locations;
    const rest = (code - location) / locations;
    const part = (rest & 1) === 0 ? before[location]! : after[location]!;
    const field = rest >>> 1;
    return field === 0 ? part : this.#fieldId(this.#parts.kindAt[location]!, this.#fieldNames[field - 1]!, part);
  }

  #fieldId(kind: number, field: string, part: number): number {
    const byField = this.#fieldIds[kind]!;
    let ids = byField.get(field);
    if (ids === undefined || part >= ids.length) {
      const larger = new Int32Array(Math.max(1024, 2 ** Math.ceil(Math.log2(part + 2))));
      if (ids !== undefined) larger.set(ids);
      ids = larger;
      byField.set(field, ids);
    }
    const known = ids[part]!;
    if (known !== 0) return known;
    const value = this.#parts.value(kind, part);
    const encoded = isFielded(value)
      ? String.fromCharCode(...this.#parts.codec.encode(fieldOf(value, field)))
      : `whole ${kind}:${part}`;
    let id = this.#valueIds.get(encoded);
    if (id === undefined) {
      id = this.#valueIds.size + 1;
      this.#valueIds.set(encoded, id);
    }
    ids[part] = id;
    return id;
  }
}

interface Generator {
  readonly ordinal: number;
  readonly permutation: Permutation;
  /** Where the part at each location goes. */
  readonly locations: Int32Array;
}

function generatorsOf(model: Model, names: NameTable): Generator[] {
  const generators: Generator[] = [];
  names.sets.forEach((set, s) => {
    for (let position = 1; position < set.size; position++) {
      const name = names.starts[s]! + position;
      const permutation = names.swap(name - 1, name);
      generators.push({ ordinal: generators.length, permutation, locations: names.locationsUnder(model.kinds, permutation) });
    }
  });
  return generators;
}

function fieldNames(value: unknown): string[] {
  return Object.keys(isRecordLike(value) ? value.toObject() : (value as object));
}

function isRecordLike(value: unknown): value is { toObject(): Record<string, unknown> } {
  return typeof (value as { toObject?: unknown }).toObject === "function";
}

function describe(value: unknown): string {
  return value === undefined ? "nothing" : value instanceof Promise ? "a promise" : `a ${typeof value}`;
}
