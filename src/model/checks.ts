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

/** Slots of the largest table of known views. */
const KNOWN_VIEWS_MAX = 2 ** 20;

export type CheckAnswer = true | false | Error;

export interface CheckInstance {
  readonly ordinal: number;
  readonly bound: Record<string, unknown>;
  readonly tree: ReadTree<CheckAnswer>;
  /** Position of its bitmap of locations in the shared tables. */
  readonly locationsAt: number;
  /** Views with the usual answer, in one look-up. */
  readonly known: KnownViews;
}

/**
 * Views for which an instance is known to give the usual answer (true; for reachability and premises false): for the locations that it ever read, the ids of what it reads of
 * the parts there. Right as long as nothing more has been read; then it is emptied.
 */
class KnownViews {
  /** The count of reads noted when this was set up. */
  stamp = -1;
  locations: Int32Array = new Int32Array(0);
  /** For each location: part id -> view id + 1, or null when the view is the whole part. */
  views: (View | null)[] = [];
  /** Words of a key: a view for each location, on both sides for step properties. */
  width = 0;
  key: Int32Array = new Int32Array(0);
  hash = 0;
  #table: Int32Array = new Int32Array(0);
  #mask = 0;
  #count = 0;

  reset(stamp: number, locations: Int32Array, views: (View | null)[], sides: number): void {
    this.stamp = stamp;
    this.locations = locations;
    this.views = views;
    this.width = Math.max(1, locations.length * sides);
    this.key = new Int32Array(this.width);
    this.#resize(64);
  }

  #resize(slots: number): void {
    this.#table = new Int32Array(slots * (this.width + 1));
    this.#mask = slots - 1;
    this.#count = 0;
  }

  /** Whether the key in `key` with its hash in `hash` is known. */
  has(): boolean {
    const { width, key } = this;
    const table = this.#table;
    const tag = this.hash | 1;
    for (let at = (this.hash >>> 7) & this.#mask; ; at = (at + 1) & this.#mask) {
      const base = at * (width + 1);
      const found = table[base]!;
      if (found === 0) return false;
      if (found !== tag) continue;
      let n = 0;
      while (n < width && table[base + 1 + n] === key[n]) n++;
      if (n === width) return true;
    }
  }

  add(): void {
    if (this.#count * 2 > this.#mask) {
      const old = this.#table;
      const slots = this.#mask + 1;
      // Beyond a million views this instance is forgotten and begins again.
      this.#resize(slots < KNOWN_VIEWS_MAX ? slots * 4 : 64);
      if (slots < KNOWN_VIEWS_MAX)
        for (let base = 0; base < old.length; base += this.width + 1)
          if (old[base] !== 0) this.#put(old, base, old[base]!);
      this.#put(this.key, -1, this.hash | 1, this.hash);
      return;
    }
    this.#put(this.key, -1, this.hash | 1, this.hash);
  }

  /** Puts `width` words that follow position `base`. A moved key is hashed again. */
  #put(words: Int32Array, base: number, tag: number, hash = hashKey(words, base + 1, this.width)): void {
    const { width } = this;
    let at = (hash >>> 7) & this.#mask;
    while (this.#table[at * (width + 1)] !== 0) at = (at + 1) & this.#mask;
    const to = at * (width + 1);
    this.#table[to] = tag;
    for (let n = 0; n < width; n++) this.#table[to + 1 + n] = words[base + 1 + n]!;
    this.#count++;
  }
}

function hashKey(words: Int32Array, from: number, width: number): number {
  let hash = width;
  for (let n = 0; n < width; n++) hash = Math.imul(hash ^ words[from + n]!, 0x9e3779b1) ^ (hash >>> 15);
  return Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
}

/** What a check reads of the parts of one kind: the same id for parts that agree in those fields. */
class View {
  readonly fields: readonly string[];
  ids: Int32Array = new Int32Array(1024);
  readonly numbers = new Map<string, number>();

  constructor(fields: readonly string[]) {
    this.fields = fields;
  }
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
  /** By part kind: checks that read anything of it, and for each field with a bit of its own the checks that read it. */
  readonly #wholeMasks: Int32Array;
  readonly #fieldMasks: { field: string; mask: number }[][] = [];
  #masksStamp = -1;
  /** By check and part kind: the view under the fields read so far. */
  readonly #views = new Map<number, { mask: number; view: View }>();
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
    this.#wholeMasks = new Int32Array(this.#kindCount);
    let next = tablesAt + (2 * model.properties.length + model.constraints.length) * this.#kindCount;
    this.#fieldBits = model.kinds.map((kind) => {
      const initial = kind.initial(kind.ownerIds(kind.firstLocation));
      const fields = isFielded(initial) ? fieldNames(initial) : [];
      return new Map(fields.slice(0, WHOLE).map((field, bit) => [field, bit]));
    });
    for (let kind = 0; kind < this.#kindCount; kind++) {
      this.#fieldIds.push(new Map());
      this.#fieldMasks.push([]);
    }
    this.#generators = generatorsOf(model, parts.names);
    const actionOrdinal = new Map(model.actions.map((action) => [action.name, action.ordinal]));
    const add = (kind: CheckKind, name: string, property: PropertyDefinition | null, evaluate: Check["evaluate"]): void => {
      const rows = property === null ? [{}] : productOf(property.bindings);
      const instances = rows.map((bound, row) => {
        const instance = { ordinal: row, bound, tree: new ReadTree<CheckAnswer>(), locationsAt: next, known: new KnownViews() };
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
    if (this.#masksStamp !== this.#memory.control[CONTROL.readsNoted]) this.#refreshMasks();
    // A check that reads whole parts concerns every change; others only changes of their fields.
    let mask = this.#wholeMasks[kind]!;
    for (const { field, mask: readers } of this.#fieldMasks[kind]!)
      if ((readers & ~mask) !== 0 && this.#fieldId(kind, field, before) !== this.#fieldId(kind, field, after)) mask |= readers;
    return mask;
  }

  #refreshMasks(): void {
    const { tables, control } = this.#memory;
    this.#masksStamp = control[CONTROL.readsNoted]!;
    for (let kind = 0; kind < this.#kindCount; kind++) {
      const readers = (bit: number): number => {
        let mask = 0;
        for (const check of this.all)
          if ((tables[this.#fieldsAt + check.ordinal * this.#kindCount + kind]! & (1 << bit)) !== 0) mask |= check.bit;
        return mask;
      };
      this.#wholeMasks[kind] = readers(WHOLE);
      this.#fieldMasks[kind] = [...this.#fieldBits[kind]!]
        .map(([field, bit]) => ({ field, mask: readers(bit) }))
        .filter(({ mask }) => mask !== 0);
    }
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
      if ((before & (1 << bit)) === 0) {
        control[CONTROL.readsGrew] = 1;
        Atomics.add(control, CONTROL.readsNoted, 1);
      }
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
    Atomics.add(this.#memory.control, CONTROL.readsNoted, 1);
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
    const { known } = instance;
    if (known.stamp !== this.#memory.control[CONTROL.readsNoted]) this.#setUpKnown(check, instance);
    this.#fillKey(known, check.kind === "step", before, after);
    const usual = check.kind !== "reachable" && check.kind !== "premise";
    if (known.has()) return usual;
    const answer = this.#fromTree(check, instance, before, after);
    if (answer === usual && known.stamp === this.#memory.control[CONTROL.readsNoted]) known.add();
    return answer;
  }

  #fillKey(known: KnownViews, stepped: boolean, before: Int32Array, after: Int32Array): void {
    const { locations, views, key } = known;
    const count = locations.length;
    for (let n = 0; n < count; n++) {
      const location = locations[n]!;
      const view = views[n]!;
      key[n] = view === null ? after[location]! : this.#viewId(view, location, after[location]!);
      if (stepped) key[count + n] = view === null ? before[location]! : this.#viewId(view, location, before[location]!);
    }
    known.hash = hashKey(key, 0, known.width);
  }

  #viewId(view: View, location: number, part: number): number {
    if (part < view.ids.length) {
      const id = view.ids[part]!;
      if (id !== 0) return id;
    } else {
      const larger = new Int32Array(2 ** Math.ceil(Math.log2(part + 2)));
      larger.set(view.ids);
      view.ids = larger;
    }
    const kind = this.#parts.kindAt[location]!;
    const text = view.fields.map((field) => this.#fieldId(kind, field, part)).join();
    let id = view.numbers.get(text);
    if (id === undefined) {
      id = view.numbers.size + 1;
      view.numbers.set(text, id);
    }
    view.ids[part] = id;
    return id;
  }

  /** Sets up what an instance is known by, from all that has been read so far. */
  #setUpKnown(check: Check, instance: CheckInstance): void {
    const { tables, control } = this.#memory;
    const stamp = control[CONTROL.readsNoted]!;
    const locations: number[] = [];
    for (let at = 0; at < this.#model.locationCount; at++)
      if ((tables[instance.locationsAt + (at >>> 5)]! & (1 << (at & 31))) !== 0) locations.push(at);
    const views = locations.map((location) => this.#viewOf(check, this.#parts.kindAt[location]!));
    instance.known.reset(stamp, Int32Array.from(locations), views, check.kind === "step" ? 2 : 1);
  }

  #viewOf(check: Check, kind: number): View | null {
    const key = check.ordinal * this.#kindCount + kind;
    const mask = this.#memory.tables[this.#fieldsAt + key]!;
    if ((mask & (1 << WHOLE)) !== 0) return null;
    const found = this.#views.get(key);
    if (found !== undefined && found.mask === mask) return found.view;
    const fields = [...this.#fieldBits[kind]!].filter(([, bit]) => (mask & (1 << bit)) !== 0).map(([field]) => field);
    const view = new View(fields);
    this.#views.set(key, { mask, view });
    return view;
  }

  #fromTree(check: Check, instance: CheckInstance, before: Int32Array, after: Int32Array): CheckAnswer {
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
