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
import { Set as ImmutableSet, List } from "immutable";
import type { PropertyDefinition } from "../spec/definitions.ts";
import { RuleError, takeBrokenRule, ValueError } from "../spec/errors.ts";
import type { Model } from "../spec/model.ts";
import { State } from "../spec/state.ts";
import { CONTROL, type SharedMemory } from "../store/memory.ts";
import { asAnswer } from "./answer.ts";
import type { DecisionTree } from "./decision-tree.ts";
import { boundValue, productOf } from "./instances.ts";
import { fieldOf, isFielded, ObservedSource, type Read, Recorder, SHAPE } from "./observe.ts";
import type { PartStore } from "./part-store.ts";
import type { NameTable, Permutation } from "./permutation.ts";

export type CheckKind = "invariant" | "step" | "reachable" | "premise" | "constraint";

/** The bit of a field mask that stands for the whole part. */
const WHOLE = 31;

/** Bits of a mask of checks; with more checks than bits, several share one. */
const CHECK_BITS = 31;

export type CheckAnswer = true | false | Error;

/** What an evaluation found, as bits. */
export const FOUND = { false: 1, error: 2 } as const;

export interface CheckInstance {
  readonly ordinal: number;
  readonly bound: Record<string, unknown>;
  /** Position of its bitmap of locations in the shared tables. */
  readonly locationsAt: number;
  /** Where the decision tree of what has been evaluated begins. */
  readonly root: number;
}

/**
 * The values of one field over the parts of one kind, by part: the id of the value plus 1, a number of its own below 0
 * for a part without fields, 0 while unknown.
 */
class FieldNumbers {
  readonly kind: number;
  readonly field: string;
  ids: Int32Array = new Int32Array(1024);

  constructor(kind: number, field: string) {
    this.kind = kind;
    this.field = field;
  }
}

/** What a node of a decision tree reads: a part, or a field of it, before or after a step. */
interface NodeRead {
  readonly location: number;
  readonly side: 0 | 1;
  readonly field: FieldNumbers | null;
}

/** How a path of a decision tree ends, as a number below 0. */
const ANSWER = { true: -1, false: -2, error: -3 } as const;

/** Stands for whatever a remembered evaluation threw: to know it, evaluate again. */
const THREW = new Error("a remembered evaluation threw");

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

/** One run of a check's function. */
export interface CheckRun {
  readonly check: Check;
  readonly bound: Record<string, unknown>;
  readonly before: Int32Array;
  readonly after: Int32Array;
  readonly answer: CheckAnswer;
}

export class Checks {
  readonly all: Check[] = [];
  /** Called with every run, for the audit. The states are the caller's: copy them to keep them. */
  onRun: ((run: CheckRun, reads: readonly Read[]) => void) | null = null;
  readonly #parts: PartStore;
  readonly #memory: SharedMemory;
  readonly #kindCount: number;
  readonly #locationWords: number;
  /** Where the bits of the irreflexive step properties stand. */
  readonly #irreflexiveAt: number;
  readonly #fieldsAt: number;
  /** Fields of each part kind that have a bit of their own. */
  readonly #fieldBits: ReadonlyMap<string, number>[];
  /** For each part kind, its fields that were read. Private to the worker. */
  readonly #fields: Map<string, FieldNumbers>[] = [];
  /** By part kind: checks that read anything of it, and for each field with a bit of its own the checks that read it. */
  readonly #wholeMasks: Int32Array;
  readonly #fieldMasks: { field: FieldNumbers; mask: number }[][] = [];
  #masksStamp = -1;
  readonly #tree: DecisionTree;
  /** By the number that a node holds. */
  readonly #reads: (NodeRead | undefined)[] = [];
  /** Swaps of neighbouring names: they generate all renamings. */
  readonly #generators: readonly Generator[];
  readonly #renamedInstances = new Map<string, CheckInstance>();
  readonly #instancesByBinding = new Map<string, Map<string, CheckInstance>>();
  readonly #fieldIds = new Map<string, number>();
  /** Functions among the members of ranges. */
  readonly #functions: unknown[] = [];

  /** Words of the shared tables that the checks of a model need. */
  static tableWords(model: Model): number {
    const checks = 2 * model.properties.length + model.constraints.length;
    const locationWords = Math.floor(model.locationCount / 32) + 1;
    return 1 + checks * model.kinds.length + Checks.instanceCount(model) * locationWords;
  }

  /** How many instances the checks of a model have, at most. */
  static instanceCount(model: Model): number {
    return model.properties.reduce((n, p) => n + 2 * productOf(p.bindings).length, model.constraints.length);
  }

  /** `trees`: the decision tree, and where the one of the first instance begins. */
  constructor(
    model: Model,
    parts: PartStore,
    trees: { readonly tree: DecisionTree; readonly firstRoot: number },
    memory: SharedMemory,
    tablesAt: number,
    selected: readonly string[] | null,
  ) {
    this.#parts = parts;
    this.#tree = trees.tree;
    let root = trees.firstRoot;
    this.#memory = memory;
    this.#kindCount = model.kinds.length;
    this.#locationWords = Math.floor(model.locationCount / 32) + 1;
    this.#irreflexiveAt = tablesAt;
    this.#fieldsAt = tablesAt + 1;
    this.#wholeMasks = new Int32Array(this.#kindCount);
    let next = this.#fieldsAt + (2 * model.properties.length + model.constraints.length) * this.#kindCount;
    this.#fieldBits = model.kinds.map((kind) => {
      const initial = kind.initial(kind.ownerIds(kind.firstLocation));
      const fields = isFielded(initial) ? fieldNames(initial) : [];
      return new Map([SHAPE, ...fields.slice(0, WHOLE - 1)].map((field, bit) => [field, bit]));
    });
    for (let kind = 0; kind < this.#kindCount; kind++) {
      this.#fields.push(new Map());
      this.#fieldMasks.push([]);
    }
    this.#generators = generatorsOf(model, parts.names);
    const actionOrdinal = new Map(model.actions.map((action) => [action.name, action.ordinal]));
    const add = (
      kind: CheckKind,
      name: string,
      property: PropertyDefinition | null,
      evaluate: Check["evaluate"],
    ): void => {
      const rows = property === null ? [{}] : productOf(property.bindings);
      const instances = rows.map((bound, row) => {
        const instance = { ordinal: row, bound, locationsAt: next, root: root++ };
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
    for (const constraint of model.constraints)
      add("constraint", constraint.name, null, (s) => constraint.test(s));
    for (const property of model.properties) {
      if (selected !== null && !selected.includes(property.name)) continue;
      const { premise } = property;
      if (property.kind === "step")
        add("step", property.name, property, (a, b, bound) => property.step(a, b, bound));
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
      if ((readers & ~mask) !== 0 && this.#numberOf(field, before) !== this.#numberOf(field, after))
        mask |= readers;
    return mask;
  }

  #refreshMasks(): void {
    const { tables, control } = this.#memory;
    this.#masksStamp = control[CONTROL.readsNoted]!;
    for (let kind = 0; kind < this.#kindCount; kind++) {
      const readers = (bit: number): number => {
        let mask = 0;
        for (const check of this.all)
          if ((tables[this.#fieldsAt + check.ordinal * this.#kindCount + kind]! & (1 << bit)) !== 0)
            mask |= check.bit;
        return mask;
      };
      this.#wholeMasks[kind] = readers(WHOLE);
      this.#fieldMasks[kind] = [...this.#fieldBits[kind]!]
        .map(([field, bit]) => ({ field: this.#fieldOf(kind, field), mask: readers(bit) }))
        .filter(({ mask }) => mask !== 0);
    }
  }

  /** Bits of all active checks of some kinds. */
  bitsOf(...kinds: readonly CheckKind[]): number {
    let bits = 0;
    for (const check of this.all) if (check.active && kinds.includes(check.kind)) bits |= check.bit;
    return bits;
  }

  /** Notes that a step property fails, or throws, where nothing that it reads changes: it concerns every step. */
  noteIrreflexive(check: Check): void {
    Atomics.or(this.#memory.tables, this.#irreflexiveAt, check.bit);
  }

  /** The bits of step properties that concern every step. A state's are noted before it is expanded. */
  get irreflexiveBits(): number {
    return this.#memory.tables[this.#irreflexiveAt]!;
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
      // An array is perhaps a subset, whose members another name puts in another order.
      renamed =
        this.#instanceBoundTo(check, instance, generator, List) ??
        this.#instanceBoundTo(check, instance, generator, ImmutableSet);
      if (renamed === undefined)
        throw new RuleError(
          `${check.name}: its ranges are not closed under renaming of interchangeable values; range over the whole scalarset`,
          check.name,
        );
      this.#renamedInstances.set(key, renamed);
    }
    return renamed;
  }

  /** The instance whose parameters are those of another under other names. */
  #instanceBoundTo(
    check: Check,
    instance: CheckInstance,
    generator: Generator,
    ofArray: typeof List | typeof ImmutableSet,
  ): CheckInstance | undefined {
    const table = `${check.ordinal}:${ofArray === List}`;
    let byBinding = this.#instancesByBinding.get(table);
    if (byBinding === undefined) {
      byBinding = new Map(
        check.instances.map((other) => [this.#bindingKey(check, other.bound, ofArray, null), other]),
      );
      this.#instancesByBinding.set(table, byBinding);
    }
    return byBinding.get(this.#bindingKey(check, instance.bound, ofArray, generator.permutation));
  }

  /** Equal for equal bindings. By encoding: Immutable calls more values equal than are. */
  #bindingKey(
    check: Check,
    bound: Record<string, unknown>,
    ofArray: typeof List | typeof ImmutableSet,
    permutation: Permutation | null,
  ): string {
    const keys = Object.entries(bound).map(([name, value]) => {
      if (typeof value === "function") {
        if (!this.#functions.includes(value)) this.#functions.push(value);
        return `function ${this.#functions.indexOf(value)}`;
      }
      try {
        return textOf(this.#parts.encodeRenamed(boundValue(value, ofArray), permutation));
      } catch (error) {
        if (error instanceof ValueError)
          throw new RuleError(
            `${check.name}: its range ${name} has a member that ${error.message}`,
            check.name,
          );
        throw error;
      }
    });
    return keys.join("\u0100");
  }

  // --- evaluation ------------------------------------------------------------------------------------

  /**
   * Evaluates a check in a state, or on a step when `before` differs from `after`: FOUND.false if some instance
   * answers false, FOUND.error if some throws, both or 0. Only instances that ever read a changed location, or all
   * when `changed` is null.
   */
  evaluate(check: Check, before: Int32Array, after: Int32Array, changed: Int32Array | null): number {
    let found = 0;
    for (const instance of check.instances) {
      if (changed !== null && !this.#concerns(instance, changed)) continue;
      const answer = this.#answer(check, instance, before, after);
      if (answer !== true) found |= answer === false ? FOUND.false : FOUND.error;
    }
    return found;
  }

  /** Whether some instance answers true; if none does and one throws, its error. */
  some(check: Check, parts: Int32Array): CheckAnswer {
    let found: CheckAnswer = false;
    for (const instance of check.instances) {
      const answer = this.#answer(check, instance, parts, parts);
      if (answer === true) return true;
      if (answer !== false) found = answer;
    }
    return found;
  }

  #answer(check: Check, instance: CheckInstance, before: Int32Array, after: Int32Array): CheckAnswer {
    const tree = this.#tree;
    let node = instance.root;
    while (node !== 0) {
      const what = tree.at(node);
      if (what === 0) break;
      if (what < 0) return what === ANSWER.error ? THREW : what === ANSWER.true;
      const { location, side, field } = this.#reads[what] ?? this.#readOf(what);
      const part = side === 0 ? before[location]! : after[location]!;
      node = tree.next(node, field === null ? part : this.#numberOf(field, part));
    }
    return this.#run(check, instance, before, after);
  }

  #run(check: Check, instance: CheckInstance, before: Int32Array, after: Int32Array): CheckAnswer {
    const { answer, reads } = this.observe(check, instance.bound, before, after);
    // Other workers may find the answer as soon as it is remembered; what was read must be noted by then.
    this.#note(check, instance, reads);
    const tree = this.#tree;
    let node = instance.root;
    for (const read of reads) {
      if (node === 0) break;
      const what = this.#whatOf(read);
      // A deterministic function reads first what it read first before, and so on down the path.
      if (!isAgreed(tree.put(node, what), what)) this.#refuse(check);
      const { location, side, field } = this.#reads[what] ?? this.#readOf(what);
      const part = side === 0 ? before[location]! : after[location]!;
      node = tree.grow(node, field === null ? part : this.#numberOf(field, part));
    }
    const end = answer === true ? ANSWER.true : answer === false ? ANSWER.false : ANSWER.error;
    if (node !== 0 && !isAgreed(tree.put(node, end), end)) this.#refuse(check);
    this.onRun?.({ check, bound: instance.bound, before, after, answer }, reads);
    return answer;
  }

  #refuse(check: Check): never {
    throw new RuleError(
      `${check.name} reads different parts of equal states, or answers differently; a property must depend on the state alone`,
      check.name,
    );
  }

  /** A read as the number that a node holds: side, location, and the id of the field's name, if one was read. */
  #whatOf({ location, side, field }: Read): number {
    const name = field === null ? 0 : this.#fieldId(field) + 1;
    return 1 + side + 2 * (location + this.#parts.kindAt.length * name);
  }

  #readOf(what: number): NodeRead {
    const count = this.#parts.kindAt.length;
    const side = ((what - 1) & 1) as 0 | 1;
    const rest = (what - 1) >>> 1;
    const location = rest % count;
    const name = Math.floor(rest / count);
    const field =
      name === 0 ? null : this.#fieldOf(this.#parts.kindAt[location]!, this.#parts.fieldName(name - 1));
    const read = { location, side, field };
    this.#reads[what] = read;
    return read;
  }

  #fieldId(field: string): number {
    let id = this.#fieldIds.get(field);
    if (id === undefined) {
      id = this.#parts.internFieldName(field);
      this.#fieldIds.set(field, id);
    }
    return id;
  }

  /** Runs a check's function and says what it read. */
  observe(
    check: Check,
    bound: Record<string, unknown>,
    before: Int32Array,
    after: Int32Array,
  ): { answer: CheckAnswer; reads: readonly Read[] } {
    const recorder = new Recorder();
    const view = (parts: Int32Array, side: 0 | 1): ObservedSource =>
      new ObservedSource(
        (at) => this.#parts.value(this.#parts.kindAt[at]!, parts[at]!),
        recorder,
        true,
        side,
      );
    const answer = this.#ask(check, bound, view(before, 0), view(after, 1));
    return { answer, reads: recorder.reads };
  }

  /**
   * The answer of a check's function to whole values, which nobody observes and whose unordered collections are
   * filled in the opposite order: for the audit. Equal parts are one object, which observed ones never are.
   */
  answerUnobserved(
    check: Check,
    bound: Record<string, unknown>,
    before: Int32Array,
    after: Int32Array,
  ): CheckAnswer {
    const values = new Map<string, unknown>();
    const view = (parts: Int32Array): ObservedSource =>
      new ObservedSource(
        (at) => {
          const kind = this.#parts.kindAt[at]!;
          const key = `${kind}:${parts[at]}`;
          if (!values.has(key)) values.set(key, this.#parts.valueReversed(kind, parts[at]!));
          return values.get(key);
        },
        null,
        true,
      );
    return this.#ask(check, bound, view(before), view(after));
  }

  #ask(
    check: Check,
    bound: Record<string, unknown>,
    before: ObservedSource,
    after: ObservedSource,
  ): CheckAnswer {
    takeBrokenRule();
    let answer: CheckAnswer;
    try {
      answer = asAnswer(check.evaluate(new State(before), new State(after), bound));
    } catch (error) {
      answer = error instanceof Error ? error : new Error(String(error));
    }
    before.close();
    after.close();
    const broken = takeBrokenRule();
    if (broken !== null) throw new RuleError(`${check.name}: ${broken.message}`, check.name);
    return answer;
  }

  #fieldOf(kind: number, field: string): FieldNumbers {
    let numbers = this.#fields[kind]!.get(field);
    if (numbers === undefined) {
      numbers = new FieldNumbers(kind, field);
      this.#fields[kind]!.set(field, numbers);
    }
    return numbers;
  }

  /** The number of a field's value in a part; parts without fields have one of their own. */
  #numberOf(field: FieldNumbers, part: number): number {
    const known = part < field.ids.length ? field.ids[part]! : 0;
    return known !== 0 ? known : this.#numbered(field, part);
  }

  #numbered(field: FieldNumbers, part: number): number {
    if (part >= field.ids.length) {
      const larger = new Int32Array(2 ** Math.ceil(Math.log2(part + 2)));
      larger.set(field.ids);
      field.ids = larger;
    }
    const value = this.#parts.value(field.kind, part);
    const hasFields = isFielded(value) || field.field === SHAPE;
    const number = hasFields ? this.#parts.internField(fieldOf(value, field.field)) + 1 : -1 - part;
    field.ids[part] = number;
    return number;
  }
}

function isAgreed(said: number, what: number): boolean {
  return said === 0 || said === what;
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
      generators.push({
        ordinal: generators.length,
        permutation,
        locations: names.locationsUnder(model.kinds, permutation),
      });
    }
  });
  return generators;
}

/** Bytes as a text of as many characters, to look numbers up by; in pieces, as a function takes only so many arguments. */
function textOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

function fieldNames(value: unknown): string[] {
  return Object.keys(isRecordLike(value) ? value.toObject() : (value as object));
}

function isRecordLike(value: unknown): value is { toObject(): Record<string, unknown> } {
  return typeof (value as { toObject?: unknown }).toObject === "function";
}
