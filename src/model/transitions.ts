/**
 * Remembered transitions: what every action does, as tables of integers.
 *
 * Three layers, each a memory of the one below, all exact:
 * - runs of spec functions, one decision tree for each static instance (and message), shared (run-tree.ts);
 * - operations on parts: (operation, part) -> part, shared;
 * - entries, shared: for a group of instances that read the same parts, the whole list of their effects
 *   under the ids of those parts. The search makes one look-up per group and state.
 *
 * Which locations an instance reads is observed and noted in shared memory. Instances are grouped by the
 * nodes whose parts they read; when an instance turns out to read more, groups are formed anew at a barrier
 * and entries are forgotten. An entry made before is still right (its runs read no more than its key
 * holds); a run that reads more is used once and not remembered until then.
 *
 * Layout of an entry, in words: group, effect count, bounds hit, length; the key; then effects. An effect:
 * flags and action; counts of what follows; checks concerned; whole words (word, value); parts of words
 * (word, bits to clear, bits to set); operations (location, operation); and, under symmetry, what it adds to
 * the signature of each name.
 */

import { EvaluationError, RuleError, takeBrokenRule } from "../spec/errors.ts";
import type { Model } from "../spec/model.ts";
import { Memo } from "../store/memo.ts";
import { CONTROL, type SharedMemory } from "../store/memory.ts";
import type { Checks } from "./checks.ts";
import { NotDeterministicError } from "./decision-tree.ts";
import { computedBindings, type Instance, instancesOf, type RunOutcome, runOnce } from "./instances.ts";
import { type Layout, layoutFor } from "./layout.ts";
import { ObservedSource, Recorder } from "./observe.ts";
import { ASSIGN, NOT_POSSIBLE, type PartStore } from "./part-store.ts";
import { RUN, type RunTree } from "./run-tree.ts";

export const ENTRY = { group: 0, effectCount: 1, boundsHit: 2, length: 3, key: 4 } as const;
export const EFFECT = { flags: 0, counts: 1, checks: 2, first: 3 } as const;

/** Bits of an effect's flags: the action's ordinal is below them. */
export const ACTION_MASK = 0xffff;
export const FAULT_FLAG = 1 << 16;
/** The instance threw: there is no successor, and the search has found a violation. */
export const ERROR_FLAG = 1 << 17;
/** There is no successor, but the budgets among the operations may be short of it all the same. */
export const REFUSED_FLAG = 1 << 18;

/** Values of an operation's memo entry: the part it gives, the checks concerned, then signature changes. */
export const OPERATION_RESULT = 0;
export const OPERATION_CHECKS = 1;
export const OPERATION_DELTAS = 2;

/** Parts that an effect changes itself: more would not fit its counts. What is left is done by operations. */
const CHANGES_MAX = 255;

/** Words at the start of the effects region that each worker has for entries that are not remembered. */
const SCRATCH_WORDS = 2 ** 18;

/** Groups that are hardly ever found remembered are computed in scratch memory, without storing. */
const TRIAL_LOOKUPS = 20_000;
const HIT_RATE_MIN = 0.1;

/** What a run is asked of that is of no message. */
const NO_MESSAGE: readonly number[] = [-1];

export interface CompiledOutcome {
  /** Pairs (location, code): an operation id, or -1 - part id to assign a part. */
  readonly steps: Int32Array;
  readonly fault: boolean;
  /** What the action was called with: bindings by name, or the message. */
  readonly argument: unknown;
}

export interface Run {
  readonly outcomes: readonly CompiledOutcome[];
  readonly boundsHit: number;
  readonly error: Error | null;
  readonly argument: unknown;
  /** What the run read: locations; location + locationCount for the head of a channel. */
  readonly reads: readonly number[];
}

interface Group {
  readonly ordinal: number;
  readonly instances: readonly Instance[];
  /** What the key consists of: locations; location + locationCount for the head of a channel. */
  readonly key: Int32Array;
  /** 1 for everything that is in the key, or follows from it. */
  readonly known: Uint8Array;
  /** Locations whose whole part is in the key. */
  readonly whole: Uint8Array;
  /** For each word of a state: 1 if all its parts are in the key. */
  readonly wholeWords: Uint8Array;
  lookups: number;
  misses: number;
  direct: boolean;
}

export class Transitions {
  readonly model: Model;
  readonly parts: PartStore;
  readonly instances: readonly Instance[];
  readonly operations: Memo;
  readonly effects: Int32Array;
  groups: readonly Group[] = [];
  layout: Layout;
  /** Bits of bounds and budgets in a bounds-hit mask. */
  readonly boundBit: (name: string) => number;
  readonly boundNames: readonly string[];
  readonly bitOfBudget: Int32Array;
  /** 1 for the locations of budgets. */
  readonly isBudget: Uint8Array;
  /** Set when a part's id did not fit the layout: the caller asks for a barrier and starts the state again. */
  overflow = false;
  /** Called now and then with a run, for the audit. */
  onRun: ((instance: Instance, message: number, ids: Int32Array, run: Run) => void) | null = null;
  readonly #memory: SharedMemory;
  readonly #checks: Checks;
  readonly #locationCount: number;
  readonly #nameCount: number;
  readonly #readWords: number;
  readonly #readsAt: number;
  /** The reads as of the last regrouping: all workers form their groups from the same copy. */
  readonly #publishedAt: number;
  readonly #bitsAt: number;
  readonly #runs: RunTree;
  readonly #idAt = (at: number, ids: Int32Array): number => this.idAt(at, ids);
  #groupVersion = -1;
  #layoutVersion = -1;
  #indexMask = 0;
  #next = 0;
  #end = 0;
  #words: number[] = [];
  /** Whether the entry under construction depends on more than its key holds. */
  #incomplete = false;
  // The effect under construction: changed locations with their new parts, and operations left to apply.
  readonly #changed: number[] = [];
  readonly #after: Int32Array;
  readonly #budgets: number[] = [];
  readonly #others: number[] = [];
  readonly #operationValues: Int32Array;
  /** By network and message id. */
  readonly #typeOf: (string[] | undefined)[] = [];

  /** Words of the shared tables: bits of kinds, a bitmap of reads for each instance, and a copy of the bitmaps. */
  static tableWords(model: Model): number {
    return (
      model.kinds.length +
      2 * instancesOf(model.actions).length * (Math.floor((2 * model.locationCount) / 32) + 1)
    );
  }

  constructor(
    model: Model,
    parts: PartStore,
    checks: Checks,
    runs: RunTree,
    memory: SharedMemory,
    tablesAt: number,
    worker: number,
    workers: number,
  ) {
    this.model = model;
    this.parts = parts;
    this.#checks = checks;
    this.#memory = memory;
    this.effects = memory.effects;
    this.instances = instancesOf(model.actions);
    this.#locationCount = model.locationCount;
    this.#nameCount = parts.names.nameCount;
    this.#readWords = Math.floor((2 * model.locationCount) / 32) + 1;
    this.#bitsAt = tablesAt;
    this.#readsAt = tablesAt + model.kinds.length;
    this.#publishedAt = this.#readsAt + this.instances.length * this.#readWords;
    this.#runs = runs;
    this.#after = new Int32Array(model.locationCount);
    this.#operationValues = new Int32Array(OPERATION_DELTAS + this.#nameCount);
    this.operations = new Memo(memory.operations, 2 + OPERATION_DELTAS + this.#nameCount, {
      control: memory.control,
      slots: CONTROL.operationSlots,
      entries: CONTROL.operationEntries,
      forget: CONTROL.forgetOperations,
    });
    const budgets = model.kinds.filter((kind) => kind.role === "budget");
    this.boundNames = [...model.bounds.map((b) => b.name), ...budgets.map((b) => b.name)];
    this.boundBit = (name) => 1 << this.boundNames.indexOf(name);
    this.bitOfBudget = new Int32Array(model.kinds.length);
    this.isBudget = new Uint8Array(model.locationCount);
    for (const kind of budgets) {
      this.bitOfBudget[kind.ordinal] = this.boundBit(kind.name);
      this.isBudget[kind.firstLocation] = 1;
    }
    this.layout = layoutFor(model, this.bits);
    this.#scratchBase = worker * SCRATCH_WORDS;
    this.#arenaBase = workers * SCRATCH_WORDS;
  }

  readonly #scratchBase: number;
  readonly #arenaBase: number;

  get bits(): Int32Array {
    return this.#memory.tables.subarray(this.#bitsAt, this.#bitsAt + this.model.kinds.length);
  }

  /** Serial, before the search and whenever remembered transitions are forgotten. */
  reset(slots = 2 ** 14): void {
    const { control, effectIndex } = this.#memory;
    effectIndex.fill(0, 0, Math.max(slots, control[CONTROL.effectSlots]!));
    control[CONTROL.effectSlots] = slots;
    control[CONTROL.effectEntries] = 0;
    control[CONTROL.effectsTop] = this.#arenaBase;
    control[CONTROL.forgetEffects] = 0;
  }

  resetOperations(): void {
    this.operations.reset(2 ** 12);
  }

  /** After a barrier. */
  refresh(): void {
    const { control } = this.#memory;
    this.#indexMask = control[CONTROL.effectSlots]! - 1;
    this.operations.refresh();
    this.#next = this.#end = 0;
    this.overflow = false;
    if (
      this.#layoutVersion !== control[CONTROL.layoutVersion] ||
      this.#groupVersion !== control[CONTROL.groupVersion]
    ) {
      this.#layoutVersion = control[CONTROL.layoutVersion]!;
      this.#groupVersion = control[CONTROL.groupVersion]!;
      this.layout = layoutFor(this.model, this.bits);
      this.#formGroups();
    }
  }

  /** Serial: makes room for more entries, or forgets them all. */
  makeRoom(): void {
    const { control, effectIndex, effects } = this.#memory;
    if (control[CONTROL.forgetOperations] === 1) this.operations.makeRoom();
    const slots = control[CONTROL.effectSlots]!;
    const arenaFull = control[CONTROL.effectsTop]! > effects.length * 0.9;
    if (arenaFull || (control[CONTROL.effectEntries]! > slots * 0.5 && slots * 4 > effectIndex.length)) {
      this.reset(slots);
      return;
    }
    control[CONTROL.forgetEffects] = 0;
    if (control[CONTROL.effectEntries]! <= slots * 0.4) return;
    const kept = effectIndex.slice(0, slots);
    effectIndex.fill(0, 0, slots * 4);
    control[CONTROL.effectSlots] = slots * 4;
    const mask = slots * 4 - 1;
    for (const entry of kept) {
      if (entry === 0) continue;
      const group = this.groups[effects[entry + ENTRY.group]!]!;
      let hash = group.ordinal + 1;
      for (let n = 0; n < group.key.length; n++) hash = mix(hash, effects[entry + ENTRY.key + n]!);
      let at = finish(hash) & mask;
      while (effectIndex[at] !== 0) at = (at + 1) & mask;
      effectIndex[at] = entry;
    }
  }

  /** Serial: if instances were seen to read more than their groups know, all workers form groups anew. */
  regroup(): void {
    const { control, tables } = this.#memory;
    if (control[CONTROL.groupsGrew] === 0) return;
    control[CONTROL.groupsGrew] = 0;
    control[CONTROL.groupVersion]!++;
    tables.copyWithin(this.#publishedAt, this.#readsAt, this.#publishedAt);
    this.reset(control[CONTROL.effectSlots]!);
  }

  // --- groups ----------------------------------------------------------------------------------------

  #formGroups(): void {
    const byNodes = new Map<string, Instance[]>();
    for (const instance of this.instances) {
      const key = this.#nodesReadBy(instance);
      const members = byNodes.get(key);
      if (members === undefined) byNodes.set(key, [instance]);
      else members.push(instance);
    }
    const old = this.groups;
    this.groups = [...byNodes.values()].map((instances, ordinal) => {
      const union = new Set<number>();
      for (const instance of instances) for (const location of this.#readsOf(instance)) union.add(location);
      // A channel that is read whole need not be in the key by its head as well.
      const key = Int32Array.from(
        [...union]
          .filter((at) => at < this.#locationCount || !union.has(at - this.#locationCount))
          .sort((a, b) => a - b),
      );
      const whole = new Uint8Array(this.#locationCount);
      const known = new Uint8Array(2 * this.#locationCount);
      for (const at of key) {
        known[at] = 1;
        if (at >= this.#locationCount) continue;
        whole[at] = 1;
        known[at + this.#locationCount] = 1;
      }
      const wholeWords = new Uint8Array(this.layout.wordCount).fill(1);
      for (let at = 0; at < this.#locationCount; at++)
        if (whole[at] === 0) wholeWords[this.layout.wordOf[at]!] = 0;
      const before = old[ordinal];
      const same =
        before !== undefined &&
        before.key.length === key.length &&
        before.key.every((at, n) => at === key[n]);
      return {
        ordinal,
        instances,
        key,
        known,
        whole,
        wholeWords,
        lookups: same ? before.lookups : 0,
        misses: same ? before.misses : 0,
        direct: same && before.direct,
      };
    });
  }

  #readsOf(instance: Instance): number[] {
    const { tables } = this.#memory;
    const base = this.#publishedAt + instance.ordinal * this.#readWords;
    const reads: number[] = [];
    for (let at = 0; at < 2 * this.#locationCount; at++)
      if ((tables[base + (at >>> 5)]! & (1 << (at & 31))) !== 0) reads.push(at);
    return reads;
  }

  /** The nodes whose parts an instance reads, as a text: instances with the same text form a group. */
  #nodesReadBy(instance: Instance): string {
    const nodes = new Set<string>();
    for (const at of this.#readsOf(instance)) {
      const location = at % this.#locationCount;
      const kind = this.model.kinds[this.parts.kindAt[location]!]!;
      const owners = kind.ownersAt(location);
      const last = owners.length - 1;
      if (last >= 0) nodes.add(`${kind.owners[last]!.ordinal}:${owners[last]}`);
    }
    // Deliveries depend on the messages too, of which there are many; what does not is computed less often apart.
    return `${[...nodes].sort().join(" ")}${instance.action.receive === null ? "" : " network"}`;
  }

  #noteReads(instance: Instance, reads: readonly number[]): void {
    const { tables, control } = this.#memory;
    for (const at of reads) {
      const word = this.#readsAt + instance.ordinal * this.#readWords + (at >>> 5);
      const bit = 1 << (at & 31);
      if ((Atomics.or(tables, word, bit) & bit) === 0) control[CONTROL.groupsGrew] = 1;
    }
  }

  // --- entries ---------------------------------------------------------------------------------------

  /** The id that a key holds for a location or the head of a channel. */
  idAt(at: number, ids: Int32Array): number {
    if (at < this.#locationCount) return ids[at]!;
    const location = at - this.#locationCount;
    return this.parts.head(this.parts.kindAt[location]!, ids[location]!);
  }

  /** The hash under which the entry of a group for a state whose parts are `ids` is looked up. */
  hashFor(group: Group, ids: Int32Array): number {
    const { key } = group;
    let hash = group.ordinal + 1;
    for (let n = 0; n < key.length; n++) {
      const at = key[n]!;
      hash = mix(hash, at < this.#locationCount ? ids[at]! : this.idAt(at, ids));
    }
    return finish(hash);
  }

  /**
   * Where an entry probably stands, or 0: for reading ahead only, as nothing is compared. Reading the first
   * words of many entries one after the other lets their cache misses overlap.
   */
  probableEntry(hash: number): number {
    return this.#memory.effectIndex[hash & this.#indexMask]!;
  }

  /**
   * Position of the entry of a group for a state whose parts are `ids`, with their hash; check `overflow`
   * after it.
   */
  entryFor(group: Group, ids: Int32Array, hash: number): number {
    const { effects } = this;
    const { effectIndex } = this.#memory;
    const { key } = group;
    const count = key.length;
    group.lookups++;
    if (!group.direct) {
      for (let at = hash & this.#indexMask; ; at = (at + 1) & this.#indexMask) {
        // Pairs with the compareExchange in #remember: the entry has been written.
        const entry = Atomics.load(effectIndex, at);
        if (entry === 0) break;
        if (effects[entry] !== group.ordinal) continue;
        let n = 0;
        while (n < count && effects[entry + ENTRY.key + n] === this.idAt(key[n]!, ids)) n++;
        if (n === count) return entry;
      }
    }
    group.misses++;
    if (group.lookups === TRIAL_LOOKUPS) {
      group.direct = group.misses > TRIAL_LOOKUPS * (1 - HIT_RATE_MIN);
      group.lookups = group.misses = 0;
    }
    return this.#compute(group, ids, hash);
  }

  #compute(group: Group, ids: Int32Array, hash: number): number {
    const words = this.#words;
    words.length = 0;
    words.push(group.ordinal, 0, 0, 0);
    for (const at of group.key) words.push(this.idAt(at, ids));
    this.#incomplete = false;
    for (const instance of group.instances) {
      const queue = this.#queueOf(instance);
      if (queue >= 0) {
        this.#noteReads(instance, [queue]);
        if (group.known[queue] === 0) this.#incomplete = true;
      }
      for (const message of this.#messagesFor(instance, ids))
        this.#addRun(group, instance, this.#run(instance, message, ids), ids);
    }
    words[ENTRY.length] = words.length;
    return this.overflow ? 0 : this.#remember(group, hash);
  }

  /** Appends the effects of a run, whose record was found or made last, to the entry under construction. */
  #addRun(group: Group, instance: Instance, run: number, ids: Int32Array): void {
    const words = this.#words;
    const { record } = this.#runs;
    let at = run + RUN.reads;
    const readsEnd = at + record[run + RUN.readCount]!;
    if (record[run + RUN.knownAt] !== this.#groupVersion + 1) {
      while (at < readsEnd && group.known[record[at]!] === 1) at++;
      // Every worker writes the same word here.
      if (at === readsEnd) record[run + RUN.knownAt] = this.#groupVersion + 1;
      else this.#incomplete = true;
    }
    words[ENTRY.boundsHit]! |= record[run + RUN.boundsHit]!;
    if (record[run + RUN.error] === 1) {
      words.push(instance.action.ordinal | ERROR_FLAG, 0, 0);
      words[ENTRY.effectCount]!++;
      return;
    }
    at = readsEnd;
    for (let n = record[run + RUN.outcomes]!; n > 0; n--) {
      const stepsEnd = at + 2 + 2 * record[at + 1]!;
      this.#addEffect(group, instance, record, at, stepsEnd, ids);
      at = stepsEnd;
    }
  }

  /** The messages that an instance may receive in a state; NO_MESSAGE for one that receives none. */
  #messagesFor(instance: Instance, ids: Int32Array): readonly number[] {
    const { receive } = instance.action;
    if (receive === null) return NO_MESSAGE;
    const { location } = instance;
    const kind = this.parts.kindAt[location]!;
    const messages = this.#messagesAt(location, kind, ids[location]!, receive.delivered);
    const { type } = receive;
    return type === null ? messages : messages.filter((message) => this.#messageType(kind, message) === type);
  }

  // The instances of one group ask for the messages of the same mailbox one after the other.
  #asked: { location: number; part: number; delivered: boolean; messages: readonly number[] } = {
    location: -1,
    part: -1,
    delivered: false,
    messages: [],
  };

  #messagesAt(location: number, kind: number, part: number, delivered: boolean): readonly number[] {
    const asked = this.#asked;
    if (asked.location === location && asked.part === part && asked.delivered === delivered)
      return asked.messages;
    const messages = this.parts.messagesIn(kind, part, delivered);
    this.#asked = { location, part, delivered, messages };
    return messages;
  }

  /** What a delivery reads of the network: the mailbox, or the head of the channel; -1 for other actions. */
  #queueOf(instance: Instance): number {
    const { receive } = instance.action;
    if (receive === null) return -1;
    return receive.network.role === "channel" ? instance.location + this.#locationCount : instance.location;
  }

  #messageType(kind: number, message: number): string {
    const known = this.#typeOf[kind]?.[message];
    if (known !== undefined) return known;
    const { type } = this.parts.message(kind, message) as { type?: unknown };
    const text = typeof type === "string" ? type : "";
    this.#typeOf[kind] ??= [];
    this.#typeOf[kind][message] = text;
    return text;
  }

  /** The position of a run in the record of #runs. */
  #run(instance: Instance, message: number, ids: Int32Array): number {
    const known = this.#runs.find(instance.ordinal, message, ids, this.#idAt);
    if (known !== 0) return known;
    const run = this.observe(instance, message, ids, false);
    this.#noteReads(instance, run.reads);
    this.onRun?.(instance, message, ids, run);
    try {
      return this.#runs.add(instance.ordinal, message, (at) => this.idAt(at, ids), recordOf(run));
    } catch (error) {
      if (error instanceof NotDeterministicError)
        throw new RuleError(
          `action ${instance.action.name} reads different parts of equal states; actions must not read time, Math.random or module variables`,
          instance.action.name,
        );
      throw error;
    }
  }

  /** Runs the spec's function, observing it. `reversed`: on values built in another order (audit). */
  observe(instance: Instance, message: number, ids: Int32Array, reversed: boolean): Run {
    const recorder = new Recorder();
    const { parts } = this;
    const partAt = (at: number): unknown =>
      reversed ? parts.valueReversed(parts.kindAt[at]!, ids[at]!) : parts.value(parts.kindAt[at]!, ids[at]!);
    const source = new ObservedSource(partAt, recorder, false);
    const outcomes: { outcome: RunOutcome; argument: unknown }[] = [];
    let error: Error | null = null;
    let lastArgument: unknown = instance.bound;
    takeBrokenRule();
    try {
      const rows =
        message >= 0
          ? [parts.message(parts.kindAt[instance.location]!, message)]
          : computedBindings(instance, source).map((row) => ({ ...instance.bound, ...row }));
      for (const argument of rows) {
        lastArgument = argument;
        for (const outcome of runOnce(instance, argument, source)) outcomes.push({ outcome, argument });
      }
    } catch (thrown) {
      error = thrown instanceof Error ? thrown : new Error(String(thrown));
    }
    source.close();
    const broken = takeBrokenRule();
    if (broken !== null)
      throw new RuleError(`action ${instance.action.name}: ${broken.message}`, instance.action.name);
    let boundsHit = 0;
    for (const bound of source.boundsHit) boundsHit |= this.boundBit(bound.name);
    const compiled =
      error === null
        ? outcomes.map(({ outcome, argument }) => this.#compile(instance, outcome, argument))
        : [];
    return {
      outcomes: compiled,
      boundsHit,
      error,
      argument: lastArgument,
      reads: recorder.reads.map((read) => read.location),
    };
  }

  #compile(instance: Instance, outcome: RunOutcome, argument: unknown): CompiledOutcome {
    const steps = new Int32Array(outcome.operations.length * 2);
    outcome.operations.forEach(({ location, code, operand, kind }, n) => {
      try {
        steps[2 * n] = location;
        steps[2 * n + 1] =
          code === "assign"
            ? -1 - this.parts.intern(kind.ordinal, operand)
            : this.parts.internOperation(location, code, operand);
      } catch (error) {
        takeBrokenRule();
        if (error instanceof RuleError)
          throw new RuleError(
            `action ${instance.action.name}: ${kind.describe(location)} ${error.message}`,
            instance.action.name,
          );
        throw error;
      }
    });
    return { steps, fault: outcome.fault, argument };
  }

  /** Appends the effect of the outcome that stands in `record` from `at` on to the entry under construction. */
  #addEffect(
    group: Group,
    instance: Instance,
    record: Int32Array,
    at: number,
    end: number,
    ids: Int32Array,
  ): void {
    const after = this.#after;
    const changed = this.#changed;
    const budgets = this.#budgets;
    const others = this.#others;
    changed.length = budgets.length = others.length = 0;
    let refused = 0;
    let possible = true;
    for (let n = at + 2; n < end; n += 2) {
      const location = record[n]!;
      const code = record[n + 1]!;
      if (group.whole[location] === 0) {
        // The part is not in the key: leave the operation for the search to apply.
        const operation = code >= 0 ? code : this.parts.internOperationWords(location, ASSIGN, -1 - code);
        (this.isBudget[location] === 1 ? budgets : others).push(location, operation);
        continue;
      }
      if (!possible && this.isBudget[location] === 0) continue;
      if (!changed.includes(location)) {
        changed.push(location);
        after[location] = ids[location]!;
      }
      const result = code < 0 ? -1 - code : this.parts.apply(code, after[location]!);
      if (result >= 0) after[location] = result;
      else if (result === NOT_POSSIBLE) possible = false;
      else refused |= this.bitOfBudget[-2 - result]!;
    }
    if (refused !== 0 || !possible) {
      this.#writeRefusal(instance, refused, budgets);
      return;
    }
    for (const pair of others) budgets.push(pair);
    for (const location of changed.splice(CHANGES_MAX))
      if (after[location] !== ids[location])
        budgets.push(location, this.parts.internOperationWords(location, ASSIGN, after[location]!));
    this.#writeEffect(group, instance, record[at] === 1, ids, budgets);
  }

  #writeRefusal(instance: Instance, refused: number, pending: readonly number[]): void {
    const words = this.#words;
    words[ENTRY.boundsHit]! |= refused;
    if (pending.length === 0) return;
    words[ENTRY.effectCount]!++;
    words.push(instance.action.ordinal | REFUSED_FLAG, (pending.length / 2) << 16, 0, ...pending);
    for (let name = 0; name < this.#nameCount; name++) words.push(0);
  }

  /** Writes an effect: `ids` before it, #after at the locations in #changed, and what is left to apply. */
  #writeEffect(
    group: Group,
    instance: Instance,
    fault: boolean,
    ids: Int32Array,
    pending: readonly number[],
  ): void {
    const words = this.#words;
    const { layout } = this;
    const { kindAt } = this.parts;
    const after = this.#after;
    const start = words.length;
    words.push(instance.action.ordinal | (fault ? FAULT_FLAG : 0), 0, 0);
    let checks = 0;
    let wholeCount = 0;
    let partialCount = 0;
    for (const at of this.#changed) {
      const to = after[at]!;
      if (to === ids[at]) continue;
      if (to > layout.maskOf[at]!) {
        words.length = start;
        this.#askForLayout();
        return;
      }
      checks |= this.#checks.maskOfChange(kindAt[at]!, ids[at]!, to);
      if (group.wholeWords[layout.wordOf[at]!] === 1) wholeCount += this.#pushWholeWord(at, ids, start);
    }
    for (const at of this.#changed) {
      const to = after[at]!;
      if (to === ids[at] || group.wholeWords[layout.wordOf[at]!] === 1) continue;
      const shift = layout.shiftOf[at]!;
      words.push(layout.wordOf[at]!, layout.maskOf[at]! << shift, to << shift);
      partialCount++;
    }
    words[ENTRY.effectCount]!++;
    words[start + EFFECT.counts] = wholeCount | (partialCount << 8) | ((pending.length / 2) << 16);
    words[start + EFFECT.checks] = checks;
    for (const word of pending) words.push(word);
    if (this.#nameCount > 0) this.#pushDeltas(ids);
  }

  /** Adds the word of a changed location, if the effect that begins at `start` has not got it; how many were added. */
  #pushWholeWord(location: number, ids: Int32Array, start: number): number {
    const words = this.#words;
    const { wordOf, shiftOf } = this.layout;
    const word = wordOf[location]!;
    for (let n = start + EFFECT.first; n < words.length; n += 2) if (words[n] === word) return 0;
    let packed = 0;
    for (let at = 0; at < this.#locationCount; at++)
      if (wordOf[at] === word)
        packed |= (this.#changed.includes(at) ? this.#after[at]! : ids[at]!) << shiftOf[at]!;
    words.push(word, packed);
    return 1;
  }

  #askForLayout(): void {
    this.overflow = true;
    this.#memory.control[CONTROL.layoutOverflow] = 1;
  }

  #pushDeltas(ids: Int32Array): void {
    const words = this.#words;
    const base = words.length;
    for (let name = 0; name < this.#nameCount; name++) words.push(0);
    for (const at of this.#changed) {
      if (this.#after[at] === ids[at]) continue;
      this.#addDelta(at, ids[at]!, this.#after[at]!, words, base);
    }
  }

  #addDelta(
    location: number,
    before: number,
    after: number,
    sums: number[] | Int32Array,
    base: number,
  ): void {
    const { parts } = this;
    const kind = parts.kindAt[location]!;
    const arena = this.#memory.arena;
    const from = parts.rowsOf(kind, before, location);
    const to = parts.rowsOf(kind, after, location);
    for (let name = 0; name < this.#nameCount; name++)
      sums[base + name] = (sums[base + name]! + arena[to + name]! - arena[from + name]!) | 0;
  }

  /** Writes the entry under construction where it will be found, or in scratch memory when it may not be. */
  #remember(group: Group, hash: number): number {
    const { control, effectIndex, effects } = this.#memory;
    const words = this.#words;
    const entries = control[CONTROL.effectEntries]!;
    const slots = this.#indexMask + 1;
    if (entries > slots * 0.6) control[CONTROL.forgetEffects] = 1;
    const storable =
      !this.#incomplete &&
      !group.direct &&
      entries < slots * 0.8 &&
      this.#groupVersion === control[CONTROL.groupVersion] &&
      this.#allocate(words.length);
    if (!storable) {
      if (words.length > SCRATCH_WORDS)
        throw new EvaluationError(
          "action",
          `one state has ${words[ENTRY.effectCount]} successors by actions that read the same variables, more than can be handled; make the choice in several steps`,
        );
      effects.set(words, this.#scratchBase);
      return this.#scratchBase;
    }
    const entry = this.#next;
    this.#next += words.length;
    effects.set(words, entry);
    for (let at = hash & this.#indexMask; ; at = (at + 1) & this.#indexMask)
      if (Atomics.compareExchange(effectIndex, at, 0, entry) === 0) {
        // A second worker may have stored the same entry before; both are right.
        Atomics.add(control, CONTROL.effectEntries, 1);
        return entry;
      }
  }

  #allocate(count: number): boolean {
    if (this.#next + count <= this.#end) return true;
    const { control, effects } = this.#memory;
    if (control[CONTROL.effectsTop]! > effects.length * 0.9) {
      control[CONTROL.forgetEffects] = 1;
      if (control[CONTROL.effectsTop]! + 2 * SCRATCH_WORDS > effects.length) return false;
    }
    const size = Math.max(8192, count);
    this.#next = Atomics.add(control, CONTROL.effectsTop, size);
    this.#end = this.#next + size;
    if (this.#end <= effects.length) return true;
    this.#next = this.#end = 0;
    return false;
  }

  // --- operations ------------------------------------------------------------------------------------

  /** Computes and remembers what an operation makes of a part; the values as in the memo's entry. */
  operate(operation: number, location: number, part: number): Int32Array {
    const values = this.#operationValues;
    const kind = this.parts.kindAt[location]!;
    const result = this.parts.apply(operation, part);
    values.fill(0);
    values[OPERATION_RESULT] = result;
    if (result >= 0) {
      values[OPERATION_CHECKS] = this.#checks.maskOfChange(kind, part, result);
      if (this.#nameCount > 0) this.#addDelta(location, part, result, values, OPERATION_DELTAS);
    }
    this.operations.put(operation, part, values);
    return values;
  }

  // --- for traces and the audit: the spec's functions are run anew -------------------------------------

  /** All runs of an instance in a state: one, or one for each message that it may receive. */
  runsOf(instance: Instance, ids: Int32Array): Run[] {
    return this.#messagesFor(instance, ids).map((message) => this.observe(instance, message, ids, false));
  }

  /** Every successor of a state with what made it, in no particular order. */
  successors(ids: Int32Array): { instance: Instance; outcome: CompiledOutcome; to: Int32Array }[] {
    const found: { instance: Instance; outcome: CompiledOutcome; to: Int32Array }[] = [];
    for (const instance of this.instances)
      for (const run of this.runsOf(instance, ids))
        for (const outcome of run.outcomes) {
          const to = this.applyTo(outcome.steps, ids);
          if (to !== null) found.push({ instance, outcome, to });
        }
    return found;
  }

  /** The state after the steps of an outcome, or null if one is disabled. */
  applyTo(steps: Int32Array, ids: Int32Array): Int32Array | null {
    const to = ids.slice();
    for (let n = 0; n < steps.length; n += 2) {
      const location = steps[n]!;
      const code = steps[n + 1]!;
      const result = code < 0 ? -1 - code : this.parts.apply(code, to[location]!);
      if (result < 0) return null;
      to[location] = result;
    }
    return to;
  }

  /** Whether a bound, or budgets alone, keep a state from having a successor: with more of them it would have one. */
  isCut(ids: Int32Array): boolean {
    for (const instance of this.instances)
      for (const message of this.#messagesFor(instance, ids)) {
        const run = this.#run(instance, message, ids);
        const { record } = this.#runs;
        if (record[run + RUN.boundsHit] !== 0) return true;
        let at = run + RUN.reads + record[run + RUN.readCount]!;
        for (let n = record[run + RUN.outcomes]!; n > 0; n--) {
          const stepsEnd = at + 2 + 2 * record[at + 1]!;
          if (this.#refusedByBudgets(record.subarray(at + 2, stepsEnd), ids)) return true;
          at = stepsEnd;
        }
      }
    return false;
  }

  #refusedByBudgets(steps: Int32Array, ids: Int32Array): boolean {
    const to = ids.slice();
    let refused = false;
    for (let n = 0; n < steps.length; n += 2) {
      const location = steps[n]!;
      const code = steps[n + 1]!;
      const result = code < 0 ? -1 - code : this.parts.apply(code, to[location]!);
      if (result >= 0) to[location] = result;
      else if (result === NOT_POSSIBLE) return false;
      else refused = true;
    }
    return refused;
  }
}

function recordOf({ outcomes, boundsHit, error, reads }: Run): number[] {
  const record = [outcomes.length, boundsHit, error === null ? 0 : 1, 0, reads.length, ...reads];
  for (const { steps, fault } of outcomes) record.push(fault ? 1 : 0, steps.length / 2, ...steps);
  return record;
}

function mix(hash: number, word: number): number {
  return Math.imul(hash ^ word, 0x9e3779b1) ^ (hash >>> 15);
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  return h ^ (h >>> 13);
}
