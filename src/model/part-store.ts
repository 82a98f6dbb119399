/**
 * Parts as integers: every distinct value of a part kind has an id, the same in all workers.
 *
 * A part is stored once, in a record in a shared arena, under its canonical content: the encoding of its
 * value, or, for mailboxes and channels, the ids of their messages (with counts). Ids are dense within a kind,
 * so that few bits hold them. What is derived from a part and needed often (signatures of the names in it,
 * its renamings) stands in its record; everything derived from it is a function of content, never of the
 * order in which workers found parts.
 *
 * Threads: a record is written whole, entered in the directory of its kind, and then published by swapping an
 * index slot from 0 to its offset. A worker that loses the swap keeps the id for its next part of that kind.
 *
 * The index is one table, and grows at a barrier. What finds no room in it before that, however much it is, goes
 * to tables behind it: they begin at its size and at every doubling of it, and each is as large as all before.
 */
import { hash, Map as ImmutableMap, is, List } from "immutable";
import { EvaluationError, messageOf, RuleError, takeBrokenRule } from "../spec/errors.ts";
import type { Model } from "../spec/model.ts";
import { Disabled, type OperationCode, type PartKind } from "../spec/part-kind.ts";
import { Memo } from "../store/memo.ts";
import { CONTROL, PART_CHUNK, PART_CHUNKS_MAX, type SharedMemory } from "../store/memory.ts";
import { Codec, compareBytes, type Naming } from "./codec.ts";
import { looksFor, mistakenMessage } from "./mistakable.ts";
import type { NameTable, Permutation } from "./permutation.ts";

/** Words of a part's record before its rows. */
const RECORD = { kind: 0, id: 1, hashLow: 2, hashHigh: 3, length: 4, names: 5, rows: 6 } as const;

/** Groups up to this order keep a part's renamings in its record; larger ones in the shared memo. */
const DENSE_ORDER_MAX = 24;

/**
 * Slots that are looked at in one table of the index before the next table is tried. Slots are never emptied
 * between barriers, so a table that was full there for one worker is full there for all.
 */
const PROBES_MAX = 64;

/** Decoded values that a worker keeps for each kind. */
const DECODED_MAX = 100_000;

/** Results of an operation that are not a part: not possible, or refused by the budget with this ordinal. */
export const NOT_POSSIBLE = -1;
export function refusedBy(budget: number): number {
  return -2 - budget;
}

const CODES: readonly OperationCode[] = ["assign", "spend", "record", "send", "sendOnce", "remove", "clear"];
/** The number of the operation `assign`. */
export const ASSIGN = 0;

type Form = "value" | "unordered" | "ordered" | "operation";

/** A part kind of the engine: a declared one, or the messages or events that belong to one. */
interface StoredKind {
  readonly ordinal: number;
  readonly form: Form;
  readonly declared: PartKind | null;
  /** Locations a part of this kind may stand at, for signatures: those of the declared kind. */
  readonly firstLocation: number;
  readonly rowCount: number;
  readonly values: unknown[];
  /** Immutable's hashes of values. */
  readonly hashes: number[];
  readonly freeIds: number[];
}

export class PartStore {
  readonly codec: Codec;
  readonly names: NameTable;
  /** Kind ordinal of each location. */
  readonly kindAt: Int32Array;
  readonly #memory: SharedMemory;
  readonly #kinds: StoredKind[] = [];
  readonly #declared: readonly PartKind[];
  readonly #operationKind: number;
  /** Values of fields, and names of fields: what properties read is numbered alike in all workers. */
  readonly #fieldKind: number;
  readonly #fieldNameKind: number;
  /** Kind of the messages of a network or the events of a history, by the ordinal of its kind. */
  readonly #companion: Int32Array;
  readonly #denseOrder: number;
  readonly #rowWords: number;
  readonly #renames: Memo;
  #indexMask = 0;
  #arenaNext = 0;
  #arenaEnd = 0;
  #bytes = new Uint8Array(4096);
  #contentWords = new Int32Array(this.#bytes.buffer);
  readonly #scratch: number[] = [];
  readonly #probe = new Probe();

  constructor(model: Model, names: NameTable, memory: SharedMemory) {
    this.codec = new Codec(model.idSets);
    this.names = names;
    this.#memory = memory;
    this.#declared = model.kinds;
    this.#rowWords = names.nameCount;
    this.#denseOrder = names.nameCount > 0 && names.order <= DENSE_ORDER_MAX ? names.order : 0;
    this.#companion = new Int32Array(model.kinds.length).fill(-1);
    this.kindAt = new Int32Array(model.locationCount);
    for (const kind of model.kinds) {
      for (let n = 0; n < kind.locationCount; n++) this.kindAt[kind.firstLocation + n] = kind.ordinal;
      const form = kind.role === "mailbox" ? "unordered" : kind.role === "channel" ? "ordered" : "value";
      this.#addKind(form, kind, kind.firstLocation, kind.locationCount);
    }
    for (const kind of model.kinds)
      if (kind.role === "mailbox" || kind.role === "channel" || kind.role === "history") {
        this.#companion[kind.ordinal] = this.#kinds.length;
        const rows = kind.role === "history" ? 0 : kind.locationCount;
        this.#addKind("value", null, kind.firstLocation, rows);
      }
    this.#operationKind = this.#kinds.length;
    this.#addKind("operation", null, 0, 0);
    this.#fieldKind = this.#kinds.length;
    this.#addKind("value", null, 0, 0);
    this.#fieldNameKind = this.#kinds.length;
    this.#addKind("value", null, 0, 0);
    this.#renames = new Memo(memory.renames, 3, {
      control: memory.control,
      slots: CONTROL.renameSlots,
      entries: CONTROL.renameEntries,
      forget: CONTROL.forgetRenames,
    });
    this.refresh();
  }

  /** How many part kinds the engine has for a model: for reserving memory. */
  static kindCount(model: Model): number {
    return 2 * model.kinds.length + 3;
  }

  #addKind(form: Form, declared: PartKind | null, firstLocation: number, rowCount: number): void {
    this.#kinds.push({
      ordinal: this.#kinds.length,
      form,
      declared,
      firstLocation,
      rowCount: this.names.nameCount > 0 ? rowCount : 0,
      values: [],
      hashes: [],
      freeIds: [],
    });
  }

  /** Serial, before the search. */
  reset(): void {
    this.#memory.control[CONTROL.arenaTop] = 64;
    this.#memory.control[CONTROL.partSlots] = 2 ** 16;
    this.#renames.reset(2 ** 14);
    this.refresh();
  }

  /** After a barrier. */
  refresh(): void {
    this.#indexMask = this.#memory.control[CONTROL.partSlots]! - 1;
    this.#renames.refresh();
  }

  /** Serial: makes the index and the renamings larger if they are filling up. */
  makeRoom(): void {
    const { control, partIndex, arena } = this.#memory;
    if (control[CONTROL.forgetRenames] === 1) this.#renames.makeRoom();
    const before = control[CONTROL.partSlots]!;
    let slots = before;
    while (control[CONTROL.partEntries]! >= slots * 0.4 && slots * 4 <= partIndex.length) slots *= 4;
    if (slots === before) return;
    const kept = partIndex.slice(0, Math.max(before, control[CONTROL.partSlotsSpilled]!));
    partIndex.fill(0, 0, kept.length);
    control[CONTROL.partSlots] = slots;
    control[CONTROL.partSlotsSpilled] = 0;
    for (const offset of kept) {
      if (offset === 0) continue;
      const probe = this.#probe;
      probe.begin(this.#indexHash(arena, offset), slots, partIndex.length);
      while (partIndex[probe.at] !== 0) probe.next();
      partIndex[probe.at] = offset;
      this.#noteSpill(probe);
    }
  }

  /** Serial, as above, where nobody waits at a barrier: between the initial states. */
  makeRoomIfCrowded(): void {
    if (!this.crowded) return;
    this.makeRoom();
    this.refresh();
  }

  #noteSpill({ tableEnd }: Probe): void {
    const { control } = this.#memory;
    if (tableEnd <= control[CONTROL.partSlots]!) return;
    for (;;) {
      const noted = Atomics.load(control, CONTROL.partSlotsSpilled);
      if (noted >= tableEnd) return;
      Atomics.compareExchange(control, CONTROL.partSlotsSpilled, noted, tableEnd);
    }
  }

  /** Whether the index or the arena is so full that the workers should meet. */
  get crowded(): boolean {
    const { control } = this.#memory;
    return control[CONTROL.partEntries]! > control[CONTROL.partSlots]! * 0.5;
  }

  /** Whether no more parts can be stored. */
  get full(): boolean {
    const { control, arena, partIndex } = this.#memory;
    return (
      control[CONTROL.arenaTop]! > arena.length - 2 ** 20 ||
      control[CONTROL.partEntries]! > partIndex.length * 0.8
    );
  }

  countOf(kind: number): number {
    return this.#memory.partCounts[kind]!;
  }

  // --- interning -----------------------------------------------------------------------------------

  /** The id of a value as a part of a declared kind. */
  intern(kind: number, value: unknown): number {
    const stored = this.#kinds[kind]!;
    if (stored.form === "value") return this.#internBytes(stored, this.codec.encode(value));
    const companion = this.#companion[kind]!;
    const words: number[] = [];
    if (stored.form === "ordered")
      for (const m of value as List<unknown>) words.push(this.intern(companion, m));
    else
      for (const [m, count] of value as ImmutableMap<unknown, number>)
        words.push(this.intern(companion, m), count);
    return this.#internCollection(stored, stored.form === "ordered" ? words : sortPairs(words));
  }

  /** The id of a message of a network or an event of a history. */
  internCompanion(kind: number, value: unknown): number {
    return this.intern(this.#companion[kind]!, value);
  }

  /** The id of the value of a field. */
  internField(value: unknown): number {
    return this.#internBytes(this.#kinds[this.#fieldKind]!, this.codec.encode(value), 0);
  }

  /** The id of the name of a field; few, and so small. */
  internFieldName(name: string): number {
    return this.#internBytes(this.#kinds[this.#fieldNameKind]!, this.codec.encode(name), 0);
  }

  fieldName(id: number): string {
    return this.value(this.#fieldNameKind, id) as string;
  }

  /** The id of an operation at a location. */
  internOperation(location: number, code: OperationCode, operand: unknown): number {
    const kind = this.kindAt[location]!;
    let id = 0;
    if (code === "assign") id = this.intern(kind, operand);
    else if (code === "spend") id = operand as number;
    else if (code !== "clear") id = this.internCompanion(kind, operand);
    return this.internOperationWords(location, CODES.indexOf(code), id);
  }

  internOperationWords(location: number, code: number, operand: number): number {
    const stored = this.#kinds[this.#operationKind]!;
    const words = this.#contentWords;
    words[0] = location;
    words[1] = code;
    words[2] = operand;
    return this.#store(stored, hashWords(words, 3), 3, 3, 0, 0, 0);
  }

  /** `names`: the names in the value as bits; -2 to find them. */
  #internBytes(stored: StoredKind, bytes: Uint8Array, names = -2): number {
    const wordCount = (bytes.length + 3) >>> 2;
    this.#reserveContent(wordCount);
    this.#contentWords[wordCount - 1] = 0;
    this.#bytes.set(bytes);
    let low = 0x811c9dc5 ^ bytes.length;
    let high = 0x2c1b3c6d;
    for (const byte of bytes) {
      low = Math.imul(low ^ byte, 0x01000193);
      high = Math.imul((high << 5) ^ (high >>> 27) ^ byte, 0x85ebca6b);
    }
    low = avalanche(low);
    return this.#store(
      stored,
      low ^ stored.ordinal,
      wordCount,
      bytes.length,
      low,
      avalanche(high ^ low),
      names,
    );
  }

  /** `words`: ids in order, or sorted pairs of id and count. */
  #internCollection(stored: StoredKind, words: readonly number[]): number {
    this.#reserveContent(words.length + 1);
    const content = this.#contentWords;
    const messages = this.#companion[stored.ordinal]!;
    let low = 0x51ed270b;
    let high = 0x2127599b;
    let names = 0;
    const step = stored.form === "ordered" ? 1 : 2;
    for (let at = 0; at < words.length; at += step) {
      const record = this.#record(messages, words[at]!);
      const { arena } = this.#memory;
      names |= arena[record + RECORD.names]!;
      if (stored.form === "ordered") {
        low = avalanche(Math.imul(low, 31) ^ arena[record + RECORD.hashLow]!);
        high = avalanche(Math.imul(high, 37) ^ arena[record + RECORD.hashHigh]!);
      } else {
        low = (low + avalanche(arena[record + RECORD.hashLow]! ^ Math.imul(words[at + 1]!, 0x9e3779b1))) | 0;
        high =
          (high + avalanche(arena[record + RECORD.hashHigh]! ^ Math.imul(words[at + 1]!, 0x85ebca6b))) | 0;
      }
    }
    for (let at = 0; at < words.length; at++) content[at] = words[at]!;
    const hash = hashWords(content, words.length) ^ stored.ordinal;
    return this.#store(stored, hash, words.length, words.length, avalanche(low), avalanche(high), names);
  }

  #reserveContent(wordCount: number): void {
    if (wordCount <= this.#contentWords.length) return;
    this.#bytes = new Uint8Array(2 ** Math.ceil(Math.log2(wordCount * 4)));
    this.#contentWords = new Int32Array(this.#bytes.buffer);
  }

  #indexHash(arena: Int32Array, record: number): number {
    const stored = this.#kinds[arena[record + RECORD.kind]!]!;
    if (stored.form === "value") return arena[record + RECORD.hashLow]! ^ stored.ordinal;
    const length = arena[record + RECORD.length]!;
    const start = record + this.#contentOffset(stored);
    const hash = hashWords(arena.subarray(start, start + length), length);
    return stored.form === "operation" ? hash : hash ^ stored.ordinal;
  }

  #contentOffset(stored: StoredKind): number {
    return (
      RECORD.rows + stored.rowCount * (1 + this.#rowWords) + (stored.rowCount > 0 ? this.#denseOrder : 0)
    );
  }

  /** Finds or makes the record of the content in #contentWords; the id of the part. `names` -2: compute. */
  #store(
    stored: StoredKind,
    hash: number,
    wordCount: number,
    length: number,
    low: number,
    high: number,
    names: number,
  ): number {
    const { arena, partIndex, control } = this.#memory;
    const content = this.#contentWords;
    const offset = this.#contentOffset(stored);
    let ours = 0;
    let id = -1;
    const probe = this.#probe;
    for (probe.begin(hash, this.#indexMask + 1, partIndex.length); ; probe.next()) {
      const { at } = probe;
      // Pairs with the compareExchange below: the record at a nonzero offset has been written.
      let record = Atomics.load(partIndex, at);
      if (record === 0) {
        if (ours === 0) {
          const made = content.slice(0, wordCount);
          const mask = names === -2 ? this.#namesIn(made, length) : names;
          ours = this.#allocate(offset + wordCount);
          id = stored.freeIds.pop() ?? Atomics.add(this.#memory.partCounts, stored.ordinal, 1);
          if (id >= PART_CHUNK * PART_CHUNKS_MAX) throw new CapacityError("values of one variable");
          arena[ours + RECORD.kind] = stored.ordinal;
          arena[ours + RECORD.id] = id;
          arena[ours + RECORD.hashLow] = low;
          arena[ours + RECORD.hashHigh] = high;
          arena[ours + RECORD.length] = length;
          arena[ours + RECORD.names] = mask;
          arena.set(made, ours + offset);
          this.#enter(stored.ordinal, id, ours);
          // Finding the names may have used the content buffer.
          content.set(made);
        }
        record = Atomics.compareExchange(partIndex, at, 0, ours);
        if (record === 0) {
          Atomics.add(control, CONTROL.partEntries, 1);
          this.#noteSpill(probe);
          return id;
        }
      }
      if (
        arena[record + RECORD.kind] === stored.ordinal &&
        arena[record + RECORD.length] === length &&
        equalWords(arena, record + offset, content, wordCount)
      ) {
        if (id >= 0) stored.freeIds.push(id);
        return arena[record + RECORD.id]!;
      }
    }
  }

  /** The names that occur in an encoded value, as bits; all bits when there are too many names for a word. */
  #namesIn(words: Int32Array, length: number): number {
    const { nameCount, firstName } = this.names;
    if (nameCount === 0) return 0;
    if (nameCount > 31) return -1;
    let mask = 0;
    const bytes = new Uint8Array(words.buffer, words.byteOffset, length);
    this.codec.encode(this.codec.decode(bytes), (set, index) => {
      const first = firstName[set]!;
      if (first >= 0) mask |= 1 << (first + index);
      return index;
    });
    return mask;
  }

  #allocate(wordCount: number): number {
    if (this.#arenaNext + wordCount > this.#arenaEnd) {
      const size = Math.max(4096, wordCount);
      this.#arenaNext = Atomics.add(this.#memory.control, CONTROL.arenaTop, size);
      this.#arenaEnd = this.#arenaNext + size;
      if (this.#arenaEnd > this.#memory.arena.length) throw new CapacityError("parts");
    }
    const at = this.#arenaNext;
    this.#arenaNext += wordCount;
    return at;
  }

  #enter(kind: number, id: number, record: number): void {
    const { partChunks, arena } = this.#memory;
    const slot = kind * PART_CHUNKS_MAX + Math.floor(id / PART_CHUNK);
    let chunk = Atomics.load(partChunks, slot);
    if (chunk === 0) {
      const made = this.#allocate(PART_CHUNK);
      chunk = Atomics.compareExchange(partChunks, slot, 0, made);
      if (chunk === 0) chunk = made;
    }
    arena[chunk + (id % PART_CHUNK)] = record;
  }

  #record(kind: number, id: number): number {
    const chunk = this.#memory.partChunks[kind * PART_CHUNKS_MAX + (id >>> 10)]!;
    return this.#memory.arena[chunk + (id & (PART_CHUNK - 1))]!;
  }

  // --- values --------------------------------------------------------------------------------------

  /** The value of a part; mailboxes as a Map from message to count, channels as a List. */
  value(kind: number, id: number): unknown {
    const stored = this.#kinds[kind]!;
    const known = stored.values[id];
    if (known !== undefined) return known;
    const made = this.#decode(stored, id, false);
    if (stored.values.length > DECODED_MAX) stored.values.length = 0;
    if (id < DECODED_MAX) stored.values[id] = made;
    return made;
  }

  /** The value built anew with unordered collections filled in the opposite order, for the audit. */
  valueReversed(kind: number, id: number): unknown {
    return this.#decode(this.#kinds[kind]!, id, true);
  }

  message(network: number, id: number): unknown {
    return this.value(this.#companion[network]!, id);
  }

  #decode(stored: StoredKind, id: number, reversed: boolean): unknown {
    const record = this.#record(stored.ordinal, id);
    const { arena } = this.#memory;
    const length = arena[record + RECORD.length]!;
    const start = record + this.#contentOffset(stored);
    if (stored.form === "value") return this.codec.decode(this.#bytesAt(start, length), reversed);
    const messages = this.#companion[stored.ordinal]!;
    if (stored.form === "ordered") {
      const items: unknown[] = [];
      for (let at = 0; at < length; at++) items.push(this.value(messages, arena[start + at]!));
      return List(items);
    }
    const entries: { bytes: Uint8Array; entry: [unknown, number] }[] = [];
    for (let at = 0; at < length; at += 2) {
      const message = arena[start + at]!;
      entries.push({
        bytes: this.bytesOf(messages, message),
        entry: [this.value(messages, message), arena[start + at + 1]!],
      });
    }
    entries.sort((a, b) => (reversed ? compareBytes(b.bytes, a.bytes) : compareBytes(a.bytes, b.bytes)));
    return ImmutableMap(entries.map(({ entry }) => entry));
  }

  /** The canonical encoding of a part of any kind, for orders by content. */
  bytesOf(kind: number, id: number): Uint8Array {
    const stored = this.#kinds[kind]!;
    if (stored.form !== "value") return this.codec.encode(this.value(kind, id));
    const record = this.#record(kind, id);
    const length = this.#memory.arena[record + RECORD.length]!;
    return this.#bytesAt(record + this.#contentOffset(stored), length);
  }

  #bytesAt(word: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.arena.buffer, word * 4, length).slice();
  }

  /** Ids of the messages in a mailbox (with a count above 0 unless `delivered`) or of a channel's head. */
  messagesIn(kind: number, id: number, delivered: boolean): number[] {
    const stored = this.#kinds[kind]!;
    const record = this.#record(kind, id);
    const { arena } = this.#memory;
    const length = arena[record + RECORD.length]!;
    const start = record + this.#contentOffset(stored);
    if (stored.form === "ordered") return length === 0 ? [] : [arena[start]!];
    const ids: number[] = [];
    for (let at = 0; at < length; at += 2)
      if (delivered || arena[start + at + 1]! > 0) ids.push(arena[start + at]!);
    return ids;
  }

  /** The head of a channel as an id + 1; 0 when it is empty. */
  head(kind: number, id: number): number {
    return (this.messagesIn(kind, id, false)[0] ?? -1) + 1;
  }

  /** Compares two parts of one kind by content: by hash, then by encoding. */
  compare(kind: number, a: number, b: number): number {
    if (a === b) return 0;
    const { arena } = this.#memory;
    const ra = this.#record(kind, a);
    const rb = this.#record(kind, b);
    const low = arena[ra + RECORD.hashLow]! - arena[rb + RECORD.hashLow]!;
    if (low !== 0) return low;
    const high = arena[ra + RECORD.hashHigh]! - arena[rb + RECORD.hashHigh]!;
    if (high !== 0) return high;
    return compareBytes(this.bytesOf(kind, a), this.bytesOf(kind, b));
  }

  /** A hash of the content of a part, for choosing samples. */
  contentHash(kind: number, id: number): number {
    return this.#memory.arena[this.#record(kind, id) + RECORD.hashHigh]!;
  }

  // --- operations ----------------------------------------------------------------------------------

  operationLocation(operation: number): number {
    return this.#operationWords(operation)[0]!;
  }

  #operationWords(operation: number): Int32Array {
    const record = this.#record(this.#operationKind, operation);
    const start = record + this.#contentOffset(this.#kinds[this.#operationKind]!);
    return this.#memory.arena.subarray(start, start + 3);
  }

  /** The operation in words a person can read: its code and operand, for traces. */
  describeOperation(operation: number): { code: OperationCode; kind: number; operand: unknown } {
    const [location, code, operand] = this.#operationWords(operation) as unknown as [number, number, number];
    const kind = this.kindAt[location]!;
    const name = CODES[code]!;
    if (name === "assign") return { code: name, kind, operand: this.value(kind, operand) };
    if (name === "spend" || name === "clear") return { code: name, kind, operand };
    return { code: name, kind, operand: this.message(kind, operand) };
  }

  /** The part after an operation, NOT_POSSIBLE, or refusedBy(budget). */
  apply(operation: number, part: number): number {
    const words = this.#operationWords(operation);
    const kind = this.kindAt[words[0]!]!;
    const code = CODES[words[1]!]!;
    const operand = words[2]!;
    if (code === "assign") return operand;
    const stored = this.#kinds[kind]!;
    if (stored.form === "value") {
      const value = code === "spend" ? operand : this.message(kind, operand);
      const result = this.#applyToValue(stored.declared!, this.value(kind, part), code, value);
      if (result instanceof Disabled)
        return result.budget === null ? NOT_POSSIBLE : refusedBy(result.budget.ordinal);
      try {
        return this.intern(kind, result);
      } catch (error) {
        if (error instanceof RuleError)
          throw new RuleError(`history ${stored.declared!.name}: what append returns ${error.message}`);
        throw error;
      }
    }
    return stored.form === "ordered"
      ? this.#applyOrdered(stored, part, code, operand)
      : this.#applyUnordered(stored, part, code, operand);
  }

  #applyToValue(kind: PartKind, part: unknown, code: OperationCode, operand: unknown): unknown {
    takeBrokenRule();
    let made: unknown;
    try {
      made = kind.apply(part, code, operand);
    } catch (error) {
      const broken = takeBrokenRule();
      if (broken !== null) throw new RuleError(`history ${kind.name}: append ${broken.message}`);
      throw new EvaluationError("action", `history ${kind.name}: append threw: ${messageOf(error)}`);
    }
    const broken = takeBrokenRule();
    if (broken !== null) throw new RuleError(`history ${kind.name}: append ${broken.message}`);
    return made;
  }

  #content(stored: StoredKind, id: number): number[] {
    const record = this.#record(stored.ordinal, id);
    const start = record + this.#contentOffset(stored);
    const length = this.#memory.arena[record + RECORD.length]!;
    const words = this.#scratch;
    words.length = length;
    for (let at = 0; at < length; at++) words[at] = this.#memory.arena[start + at]!;
    return words;
  }

  #applyUnordered(stored: StoredKind, part: number, code: OperationCode, message: number): number {
    const { network } = stored.declared!;
    const words = this.#content(stored, part);
    if (code === "clear") words.length = 0;
    else {
      let at = 0;
      while (at < words.length && words[at]! < message) at += 2;
      const held = at < words.length && words[at] === message;
      if (!held) this.#refuseMistakes(stored, words, 2, code, message);
      if (code === "remove") {
        if (!held || words[at + 1] === 0) return NOT_POSSIBLE;
        if (network === "sent-set") return part;
        if (network === "sent-bag" || words[at + 1]! > 1) words[at + 1]!--;
        else words.splice(at, 2);
      } else {
        if (held && code === "sendOnce") return NOT_POSSIBLE;
        if (!held) words.splice(at, 0, message, 1);
        else if (network === "bag" || network === "sent-bag") words[at + 1]!++;
      }
    }
    return this.#internCollection(stored, words);
  }

  #applyOrdered(stored: StoredKind, part: number, code: OperationCode, message: number): number {
    const words = this.#content(stored, part);
    if (code === "clear") words.length = 0;
    else if (code === "remove") {
      if (words[0] !== message) {
        this.#refuseMistakes(stored, words, 1, code, message);
        return NOT_POSSIBLE;
      }
      words.shift();
    } else {
      const queued = words.includes(message);
      if (!queued) this.#refuseMistakes(stored, words, 1, code, message);
      if (queued && code === "sendOnce") return NOT_POSSIBLE;
      if (!queued || stored.declared!.network !== "fifo-no-repeat") words.push(message);
    }
    return this.#internCollection(stored, words);
  }

  /** See mistakable.ts. `words` hold a message every `step`, and not this one where it is looked for. */
  #refuseMistakes(
    stored: StoredKind,
    words: readonly number[],
    step: 1 | 2,
    code: OperationCode,
    message: number,
  ): void {
    const where = looksFor(stored.declared!, code);
    const end = where === "nothing" ? 0 : where === "head" ? Math.min(1, words.length) : words.length;
    const messages = this.#kinds[this.#companion[stored.ordinal]!]!;
    for (let at = 0; at < end; at += step)
      if (
        this.#hashOf(messages, words[at]!) === this.#hashOf(messages, message) &&
        is(this.value(messages.ordinal, words[at]!), this.value(messages.ordinal, message))
      )
        throw mistakenMessage(stored.declared!);
  }

  #hashOf(stored: StoredKind, id: number): number {
    const known = stored.hashes[id];
    if (known !== undefined) return known;
    const made = hash(this.value(stored.ordinal, id));
    if (id < DECODED_MAX) stored.hashes[id] = made;
    return made;
  }

  // --- symmetry ------------------------------------------------------------------------------------

  /** Names that occur in a part, as bits. */
  namesOf(kind: number, id: number): number {
    return this.#memory.arena[this.#record(kind, id) + RECORD.names]!;
  }

  /** The part with its model values renamed. */
  rename(kind: number, id: number, permutation: Permutation): number {
    const stored = this.#kinds[kind]!;
    const { arena } = this.#memory;
    const record = this.#record(kind, id);
    if (arena[record + RECORD.names] === 0) return id;
    if (this.#denseOrder > 0 && stored.rowCount > 0) {
      const at = record + RECORD.rows + stored.rowCount * (1 + this.#rowWords) + permutation.rank;
      // Pairs with the store below: the renamed part's record has been written.
      const known = Atomics.load(arena, at);
      if (known !== 0) return known - 1;
      const renamed = this.#renamed(stored, id, permutation);
      // Every worker writes the same word here.
      Atomics.store(arena, at, renamed + 1);
      return renamed;
    }
    const key = record;
    const found = this.#renames.find(key, permutation.rank);
    if (found >= 0) return this.#renames.words[found]!;
    const renamed = this.#renamed(stored, id, permutation);
    this.#renames.put(key, permutation.rank, [renamed]);
    return renamed;
  }

  /** The encoding of a value, with its model values renamed. */
  encodeRenamed(value: unknown, permutation: Permutation | null): Uint8Array {
    return this.codec.encode(value, permutation === null ? null : this.#namingOf(permutation));
  }

  #namingOf(permutation: Permutation): Naming {
    const { firstName } = this.names;
    return (set, index) => {
      const first = firstName[set]!;
      return first < 0 ? index : permutation.to[first + index]!;
    };
  }

  #renamed(stored: StoredKind, id: number, permutation: Permutation): number {
    if (stored.form === "value")
      return this.#internBytes(
        stored,
        this.codec.encode(this.value(stored.ordinal, id), this.#namingOf(permutation)),
      );
    const messages = this.#companion[stored.ordinal]!;
    const words = [...this.#content(stored, id)];
    const step = stored.form === "ordered" ? 1 : 2;
    for (let at = 0; at < words.length; at += step)
      words[at] = this.rename(messages, words[at]!, permutation);
    return this.#internCollection(stored, step === 1 ? words : sortPairs(words));
  }

  /**
   * Where the signatures of all names in a part stand in the arena. `location` is where the part stands: the
   * names that own it are told apart from others. A signature does not change when all names are renamed.
   */
  rowsOf(kind: number, id: number, location: number): number {
    const stored = this.#kinds[kind]!;
    const { arena } = this.#memory;
    const record = this.#record(kind, id);
    const owner = location - stored.firstLocation;
    const ready = record + RECORD.rows + owner;
    const rows = record + RECORD.rows + stored.rowCount + owner * this.#rowWords;
    // Pairs with the store below.
    if (Atomics.load(arena, ready) === 0) {
      this.#fillRow(stored, id, location, rows);
      Atomics.store(arena, ready, 1);
    }
    return rows;
  }

  #fillRow(stored: StoredKind, id: number, location: number, rows: number): void {
    const { arena } = this.#memory;
    if (stored.form === "value") {
      this.signValue(stored.ordinal, id, location, null, (name, signature) => {
        arena[rows + name] = signature;
      });
      return;
    }
    const messages = this.#companion[stored.ordinal]!;
    const words = [...this.#content(stored, id)];
    const { nameCount } = this.names;
    const owners = this.#ownerNames(location);
    // Summed apart and written once: another worker may be filling, or already reading, the same row.
    const sums = new Int32Array(nameCount);
    for (let name = 0; name < nameCount; name++)
      sums[name] = Math.imul(stored.ordinal + 1, 0x3c6ef372) + (owners.indexOf(name) + 2);
    const step = stored.form === "ordered" ? 1 : 2;
    for (let at = 0; at < words.length; at += step) {
      const from = this.rowsOf(messages, words[at]!, location);
      const weight = step === 1 ? at + 1 : words[at + 1]! + 0x1000;
      for (let name = 0; name < nameCount; name++)
        sums[name] = (sums[name]! + avalanche(arena[from + name]! ^ Math.imul(weight, 0x9e3779b1))) | 0;
    }
    for (let name = 0; name < nameCount; name++) arena[rows + name] = sums[name]!;
  }

  /** The names that own a location, in role order; -1 for owners that are not permuted. */
  #ownerNames(location: number): number[] {
    const declared = this.#declared[this.kindAt[location]!]!;
    return declared.ownersAt(location).map((position, at) => {
      const first = this.names.firstName[declared.owners[at]!.ordinal]!;
      return first < 0 ? -1 : first + position;
    });
  }

  /**
   * Signs every name by how it occurs in a value. Other names are anonymous, or known by a colour that is
   * itself invariant under renaming (refinement).
   */
  signValue(
    kind: number,
    id: number,
    location: number,
    colours: Int32Array | null,
    put: (name: number, signature: number) => void,
  ): void {
    const { firstName, nameCount } = this.names;
    const value = this.value(kind, id);
    const owners = this.#ownerNames(location);
    const declared = this.#declared[this.kindAt[location]!]!;
    let salt = Math.imul(kind + 1, 0x9e3779b1);
    declared.ownersAt(location).forEach((position, at) => {
      if (owners[at] === -1) salt = Math.imul(salt ^ (position + 1), 0x85ebca6b);
    });
    const namesHere = this.namesOf(kind, id);
    const sign = (marked: number): number => {
      const bytes = this.codec.encode(value, (set, index) => {
        const first = firstName[set]!;
        if (first < 0) return index;
        const name = first + index;
        const owner = owners.indexOf(name);
        const base = colours === null ? 0 : colours[name]! * 64;
        return base + (owner >= 0 ? 2 + owner : name === marked ? 1 : 0);
      });
      let hash = salt;
      for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
      return avalanche(hash);
    };
    const plain = sign(-1);
    for (let name = 0; name < nameCount; name++) {
      const owner = owners.indexOf(name);
      if (owner >= 0) put(name, avalanche(plain ^ Math.imul(owner + 2, 0x7feb352d)));
      else if (nameCount > 31 || ((namesHere >>> name) & 1) === 1) put(name, sign(name));
      else put(name, plain);
    }
  }

  /** Signs names in a part of any form under colours; for the rare refinement of ties. */
  signColoured(kind: number, id: number, location: number, colours: Int32Array, sums: Int32Array): void {
    const stored = this.#kinds[kind]!;
    const add = (weight: number) => (name: number, signature: number) => {
      sums[name] = (sums[name]! + avalanche(signature ^ weight)) | 0;
    };
    if (stored.form === "value") {
      this.signValue(kind, id, location, colours, add(0));
      return;
    }
    const messages = this.#companion[kind]!;
    const words = [...this.#content(stored, id)];
    const step = stored.form === "ordered" ? 1 : 2;
    for (let at = 0; at < words.length; at += step) {
      const weight = step === 1 ? at + 1 : words[at + 1]! + 0x1000;
      this.signValue(messages, words[at]!, location, colours, add(Math.imul(weight, 0x9e3779b1)));
    }
  }
}

/** The slots of the index at which a hash is looked for, one after the other. */
class Probe {
  at = 0;
  /** One past the last slot of the table that is looked at. */
  tableEnd = 0;
  #hash = 0;
  #start = 0;
  #mask = 0;
  #left = 0;
  #slotsMax = 0;

  begin(hash: number, slots: number, slotsMax: number): void {
    this.at = hash & (slots - 1);
    this.tableEnd = slots;
    this.#hash = hash;
    this.#start = 0;
    this.#mask = slots - 1;
    this.#left = PROBES_MAX;
    this.#slotsMax = slotsMax;
  }

  next(): void {
    if (--this.#left > 0) {
      this.at = this.#start + ((this.at + 1) & this.#mask);
      return;
    }
    const start = this.tableEnd;
    if (start * 2 > this.#slotsMax) throw new CapacityError("parts");
    this.at = start + (avalanche(this.#hash ^ start) & (start - 1));
    this.tableEnd = start * 2;
    this.#start = start;
    this.#mask = start - 1;
    this.#left = PROBES_MAX;
  }
}

/** No more room in a region of shared memory; the search stops with what it has. */
export class CapacityError extends Error {
  override readonly name = "CapacityError";
  readonly what: string;
  constructor(what: string) {
    super(`no more room for ${what}`);
    this.what = what;
  }
}

export function avalanche(word: number): number {
  let hash = word;
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x7feb352d);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x846ca68b);
  return hash ^ (hash >>> 16);
}

function hashWords(words: Int32Array, count: number): number {
  let hash = count;
  for (let at = 0; at < count; at++) hash = Math.imul(hash ^ words[at]!, 0x9e3779b1) ^ (hash >>> 13);
  return avalanche(hash);
}

function equalWords(a: Int32Array, from: number, b: Int32Array, count: number): boolean {
  for (let at = 0; at < count; at++) if (a[from + at] !== b[at]) return false;
  return true;
}

/** Sorts pairs of words by their first, in place; they are few and nearly sorted. */
function sortPairs(words: number[]): number[] {
  for (let n = 2; n < words.length; n += 2) {
    const key = words[n]!;
    const count = words[n + 1]!;
    let at = n;
    for (; at > 0 && words[at - 2]! > key; at -= 2) {
      words[at] = words[at - 2]!;
      words[at + 1] = words[at - 1]!;
    }
    words[at] = key;
    words[at + 1] = count;
  }
  return words;
}
