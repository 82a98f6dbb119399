/**
 * Expands the states of a level: the loop in which a search spends its time.
 *
 * One explorer per worker. It takes states from the current level, looks up their effects, makes successors
 * in a batch, and then works through the batch in stages (canonicalize, intern pairs of words, insert the
 * root), so that the cache misses of many successors overlap. A batch is all or nothing: when a part's id
 * does not fit the layout, or a table has no room for what is new, the states of the batch are kept for after the
 * barrier and nothing is counted.
 *
 * In a marking pass (see worker.ts) the same loop looks successors up instead of inserting them.
 */
import { Canonicalizer } from "../model/canonicalizer.ts";
import type { Checks } from "../model/checks.ts";
import { NOT_POSSIBLE, type PartStore } from "../model/part-store.ts";
import {
  ACTION_MASK,
  EFFECT,
  ENTRY,
  ERROR_FLAG,
  FAULT_FLAG,
  OPERATION_CHECKS,
  OPERATION_DELTAS,
  OPERATION_RESULT,
  REFUSED_FLAG,
  type Transitions,
} from "../model/transitions.ts";
import type { Model } from "../spec/model.ts";
import { CONTROL, type SharedMemory, STATS } from "../store/memory.ts";
import { hashPair, PairTable } from "../store/pair-table.ts";
import { type Finding, type Findings, STOP } from "./findings.ts";

/** Successors after which a batch is worked off; a state's successors are never split between batches. */
const BATCH_SIZE = 384;

/** States that are decoded, and whose entries are read ahead, before the first of them is expanded. */
const BLOCK_SIZE = 32;

/** Words in a cache line of common machines. */
const CACHE_LINE_WORDS = 16;

/** Largest cost that a mark can hold: one less than a byte, as 0 is "unmarked". */
const COST_MAX = 254;

export const PHASE = { explore: 0, mark: 1, end: 2 } as const;

export class Explorer {
  readonly roots: PairTable;
  readonly inner: PairTable;
  readonly canonicalizer: Canonicalizer;
  /** States whose expansion was put off until after a barrier. */
  readonly postponed: number[] = [];
  /** What a marking pass looks for. */
  target: Finding | null = null;
  /** Called for some expanded states, by the audit. */
  onExpanded: ((ids: Int32Array) => void) | null = null;

  readonly #memory: SharedMemory;
  readonly #parts: PartStore;
  readonly #transitions: Transitions;
  readonly #checks: Checks;
  readonly #findings: Findings;
  readonly #deadlock: boolean;
  readonly #stats: Float64Array;
  readonly #names: number;

  // The layout, as of the last barrier.
  #wordCount = 0;
  #valueCount = 0;
  #wordOf: Int32Array = new Int32Array(0);
  #shiftOf: Int32Array = new Int32Array(0);
  #maskOf: Int32Array = new Int32Array(0);
  #left: Int32Array = new Int32Array(0);
  #right: Int32Array = new Int32Array(0);
  #rootLeft = 0;
  #rootRight = 0;

  // The batch: successors as they are, their representatives with inner pair ids, and where they come from.
  #capacity = 0;
  #words: Int32Array = new Int32Array(0);
  #values: Int32Array = new Int32Array(0);
  #sums: Int32Array = new Int32Array(0);
  #parentOf: Int32Array = new Int32Array(0);
  #flags: Int32Array = new Int32Array(0);
  #concerned: Int32Array = new Int32Array(0);
  #outside: Uint8Array = new Uint8Array(0);
  #hashes: Int32Array = new Int32Array(0);
  #slots: Int32Array = new Int32Array(0);
  #count = 0;
  #parents: Int32Array = new Int32Array(0);
  #parentValues: Int32Array = new Int32Array(0);
  #parentCount = 0;
  #boundsHit = 0;
  #boundTerminal = 0;
  readonly #enabled: Int32Array;
  readonly #generated: Int32Array;
  readonly #lastParent: Int32Array;
  readonly #staged: (() => void)[] = [];

  /** What was read ahead, so that reading ahead is not optimized away; a neighbour's line is as good. */
  #seen = 0;

  // Scratch.
  readonly #ids: Int32Array;
  readonly #toIds: Int32Array;
  readonly #canonicalIds: Int32Array;
  readonly #changed: Int32Array;

  // The block: states about to be expanded, by parts, with their signatures and the hashes of their entries.
  readonly #blockIds: Int32Array[];
  readonly #blockSums: Int32Array;
  #blockHashes: Int32Array = new Int32Array(0);
  #blockCount = 0;

  constructor(
    model: Model,
    memory: SharedMemory,
    parts: PartStore,
    transitions: Transitions,
    checks: Checks,
    findings: Findings,
    options: { readonly deadlock: boolean; readonly worker: number },
  ) {
    this.#memory = memory;
    this.#parts = parts;
    this.#transitions = transitions;
    this.#checks = checks;
    this.#findings = findings;
    this.#deadlock = options.deadlock;
    const start = options.worker * memory.statsStride;
    this.#stats = memory.stats.subarray(start, start + memory.statsStride);
    this.roots = new PairTable(memory.roots, memory.rootIndex, {
      control: memory.control,
      count: CONTROL.rootCount,
      slots: CONTROL.rootSlots,
      reserved: CONTROL.rootReserved,
      wanted: CONTROL.rootWanted,
    });
    this.inner = new PairTable(memory.inner, memory.innerIndex, {
      control: memory.control,
      count: CONTROL.innerCount,
      slots: CONTROL.innerSlots,
      reserved: CONTROL.innerReserved,
      wanted: CONTROL.innerWanted,
    });
    this.canonicalizer = new Canonicalizer(model, parts);
    this.#names = parts.names.nameCount;
    this.#enabled = new Int32Array(model.actions.length);
    this.#generated = new Int32Array(model.actions.length);
    this.#lastParent = new Int32Array(model.actions.length).fill(-1);
    this.#ids = new Int32Array(model.locationCount);
    this.#toIds = new Int32Array(model.locationCount);
    this.#canonicalIds = new Int32Array(model.locationCount);
    this.#changed = new Int32Array(Math.floor(model.locationCount / 32) + 1);
    this.#blockIds = Array.from({ length: BLOCK_SIZE }, () => new Int32Array(model.locationCount));
    this.#blockSums = new Int32Array(BLOCK_SIZE * this.#names);
  }

  /** After a barrier: takes over the layout and the tables. */
  refresh(): void {
    const { layout } = this.#transitions;
    this.#wordCount = layout.wordCount;
    this.#wordOf = layout.wordOf;
    this.#shiftOf = layout.shiftOf;
    this.#maskOf = layout.maskOf;
    const tree = pairing(layout.wordCount);
    this.#left = tree.left;
    this.#right = tree.right;
    this.#rootLeft = tree.rootLeft;
    this.#rootRight = tree.rootRight;
    this.#valueCount = layout.wordCount + tree.left.length;
    this.roots.refresh();
    this.inner.refresh();
    const chunk = this.#memory.control[CONTROL.chunk]!;
    this.roots.chunk = chunk;
    this.inner.chunk = chunk;
    this.#clearBatch();
    this.#ensureCapacity(BATCH_SIZE * 2);
    this.#blockHashes = new Int32Array(BLOCK_SIZE * this.#transitions.groups.length);
  }

  /** Before a barrier: no batch is under way and no ids are held. */
  release(): void {
    this.roots.release();
    this.inner.release();
  }

  // --- states ----------------------------------------------------------------------------------------

  /** The parts of a stored state. */
  load(state: number, ids: Int32Array): void {
    const values = new Int32Array(this.#valueCount);
    this.#decode(state, values, 0);
    this.unpack(values, 0, ids);
  }

  #decode(state: number, values: Int32Array, base: number): void {
    const roots = this.roots.pairs;
    const inner = this.inner.pairs;
    values[base + this.#rootLeft] = roots[2 * state]!;
    values[base + this.#rootRight] = roots[2 * state + 1]!;
    for (let n = this.#left.length - 1; n >= 0; n--) {
      const id = values[base + this.#wordCount + n]!;
      values[base + this.#left[n]!] = inner[2 * id]!;
      values[base + this.#right[n]!] = inner[2 * id + 1]!;
    }
  }

  unpack(words: Int32Array, base: number, ids: Int32Array): void {
    const wordOf = this.#wordOf;
    const shiftOf = this.#shiftOf;
    const maskOf = this.#maskOf;
    for (let at = 0; at < ids.length; at++)
      ids[at] = (words[base + wordOf[at]!]! >>> shiftOf[at]!) & maskOf[at]!;
  }

  /** False when an id does not fit the layout. */
  #pack(ids: Int32Array, words: Int32Array, base: number): boolean {
    const wordOf = this.#wordOf;
    const shiftOf = this.#shiftOf;
    const maskOf = this.#maskOf;
    words.fill(0, base, base + this.#wordCount);
    for (let at = 0; at < ids.length; at++) {
      if (ids[at]! > maskOf[at]!) {
        this.#memory.control[CONTROL.layoutOverflow] = 1;
        return false;
      }
      words[base + wordOf[at]!]! |= ids[at]! << shiftOf[at]!;
    }
    return true;
  }

  /** Reads states out of copies of the tables under the layout as it is now, for making another layout. */
  reader(states: Int32Array, innerPairs: Int32Array): (state: number, ids: Int32Array) => void {
    const [W, left, right, rootLeft, rootRight] = [
      this.#wordCount,
      this.#left,
      this.#right,
      this.#rootLeft,
      this.#rootRight,
    ];
    const [wordOf, shiftOf, maskOf] = [this.#wordOf, this.#shiftOf, this.#maskOf];
    const values = new Int32Array(this.#valueCount);
    return (state, ids) => {
      values[rootLeft] = states[2 * state]!;
      values[rootRight] = states[2 * state + 1]!;
      for (let n = left.length - 1; n >= 0; n--) {
        const id = values[W + n]!;
        values[left[n]!] = innerPairs[2 * id]!;
        values[right[n]!] = innerPairs[2 * id + 1]!;
      }
      for (let at = 0; at < ids.length; at++) ids[at] = (values[wordOf[at]!]! >>> shiftOf[at]!) & maskOf[at]!;
    };
  }

  /** Serial: encodes a stored state anew under the present layout; the index of roots is rebuilt afterwards. */
  rewrite(state: number, ids: Int32Array): void {
    const values = new Int32Array(this.#valueCount);
    this.#pack(ids, values, 0);
    for (let n = 0; n < this.#left.length; n++) {
      const left = values[this.#left[n]!]!;
      const right = values[this.#right[n]!]!;
      values[this.#wordCount + n] = this.inner.insert(left, right, hashPair(left, right));
    }
    this.roots.pairs[2 * state] = values[this.#rootLeft]!;
    this.roots.pairs[2 * state + 1] = values[this.#rootRight]!;
  }

  /** Stores a representative; its id, or -1 if it does not fit the layout or a table is full. `roots.inserted` says if it is new. */
  insert(ids: Int32Array): number {
    const values = new Int32Array(this.#valueCount);
    if (!this.#pack(ids, values, 0)) return -1;
    for (let n = 0; n < this.#left.length; n++) {
      const left = values[this.#left[n]!]!;
      const right = values[this.#right[n]!]!;
      const id = this.inner.insert(left, right, hashPair(left, right));
      if (id < 0) return -1;
      values[this.#wordCount + n] = id;
    }
    const left = values[this.#rootLeft]!;
    const right = values[this.#rootRight]!;
    return this.roots.insert(left, right, hashPair(left, right));
  }

  /** The id of a stored representative, or -1. */
  find(ids: Int32Array): number {
    const values = new Int32Array(this.#valueCount);
    if (!this.#pack(ids, values, 0)) return -1;
    for (let n = 0; n < this.#left.length; n++) {
      const left = values[this.#left[n]!]!;
      const right = values[this.#right[n]!]!;
      const id = this.inner.find(left, right, hashPair(left, right));
      if (id < 0) return -1;
      values[this.#wordCount + n] = id;
    }
    const left = values[this.#rootLeft]!;
    const right = values[this.#rootRight]!;
    return this.roots.find(left, right, hashPair(left, right));
  }

  // --- expansion -------------------------------------------------------------------------------------

  /** Expands states of the level until it is used up or a worker asks for a pause. */
  run(phase: number): void {
    const { control } = this.#memory;
    const end = control[CONTROL.levelEnd]!;
    const span = end - control[CONTROL.levelStart]!;
    const chunk = Math.max(1, Math.min(256, Math.floor(span / (64 * 8))));
    const postponed = this.postponed.splice(0);
    for (let at = 0; at < postponed.length; ) {
      const block = postponed.slice(at, at + BLOCK_SIZE);
      at += block.length;
      for (const state of block) this.#prepare(state);
      if (!this.#expandBlock(phase)) continue;
      this.postponed.push(...postponed.slice(at));
      return;
    }
    for (;;) {
      const from = Atomics.add(control, CONTROL.levelNext, chunk);
      if (from >= end) break;
      const to = Math.min(end, from + chunk);
      for (let state = from; state < to; ) {
        const blockEnd = Math.min(to, state + BLOCK_SIZE);
        while (state < blockEnd) this.#prepare(state++);
        if (!this.#expandBlock(phase)) continue;
        for (; state < to; state++) this.postponed.push(state);
        return;
      }
    }
    this.#flush(phase);
  }

  /** Decodes a state into the block, and reads ahead what its expansion will look up. */
  #prepare(state: number): void {
    if (this.roots.pairs[2 * state] === -1) return;
    const slot = this.#parentCount;
    const values = this.#valueCount;
    if ((slot + 1) * values > this.#parentValues.length) this.#growParents();
    this.#decode(state, this.#parentValues, slot * values);
    this.#parents[slot] = state;
    this.#parentCount++;
    const n = this.#blockCount++;
    const ids = this.#blockIds[n]!;
    this.unpack(this.#parentValues, slot * values, ids);
    const names = this.#names;
    if (names > 0) this.canonicalizer.sign(ids, this.#memory.arena, this.#blockSums, n * names);
    const transitions = this.#transitions;
    const { groups } = transitions;
    const hashes = this.#blockHashes;
    const first = n * groups.length;
    let seen = 0;
    for (let g = 0; g < groups.length; g++) {
      const hash = transitions.hashFor(groups[g]!, ids);
      hashes[first + g] = hash;
      seen ^= transitions.probableEntry(hash);
    }
    this.#seen ^= seen;
  }

  /** Expands the states of the block; true if the worker must pause. */
  #expandBlock(phase: number): boolean {
    const count = this.#blockCount;
    this.#blockCount = 0;
    const transitions = this.#transitions;
    const { effects } = transitions;
    const hashes = this.#blockHashes;
    const end = count * transitions.groups.length;
    let seen = 0;
    for (let n = 0; n < end; n++) {
      const entry = transitions.probableEntry(hashes[n]!);
      seen ^= effects[entry]! ^ effects[entry + CACHE_LINE_WORDS]!;
    }
    this.#seen ^= seen;
    const slot = this.#parentCount - count;
    for (let n = 0; n < count && !transitions.overflow; n++) this.#expand(slot + n, n, phase);
    if (this.#count < BATCH_SIZE && this.#parentCount < BATCH_SIZE && !transitions.overflow) return false;
    this.#flush(phase);
    return this.#mustPause();
  }

  #mustPause(): boolean {
    const { control } = this.#memory;
    const statesMax = control[CONTROL.statesMax]!;
    if (statesMax > 0 && control[CONTROL.rootCount]! >= statesMax && control[CONTROL.interrupt] === STOP.none)
      control[CONTROL.interrupt] = STOP.states;
    if (control[CONTROL.interrupt] !== STOP.none) Atomics.store(control, CONTROL.pause, 1);
    if (this.roots.wantsGrowth || this.inner.wantsGrowth || this.#parts.crowded)
      Atomics.store(control, CONTROL.pause, 1);
    if (control[CONTROL.layoutOverflow] === 1) Atomics.store(control, CONTROL.pause, 1);
    if (
      control[CONTROL.forgetEffects] === 1 ||
      control[CONTROL.forgetTree] === 1 ||
      control[CONTROL.forgetOperations] === 1 ||
      control[CONTROL.forgetRenames] === 1
    )
      Atomics.store(control, CONTROL.pause, 1);
    if (control[CONTROL.groupsGrew] === 1) Atomics.store(control, CONTROL.pause, 1);
    return Atomics.load(control, CONTROL.pause) !== 0;
  }

  /** Expands state `n` of the block, whose parent slot is `slot`. */
  #expand(slot: number, n: number, phase: number): void {
    const state = this.#parents[slot]!;
    const transitions = this.#transitions;
    const effects = transitions.effects;
    const operations = transitions.operations;
    const parentBase = slot * this.#valueCount;
    const parentValues = this.#parentValues;
    const ids = this.#blockIds[n]!;
    const names = this.#names;
    const parentSums = this.#blockSums;
    const parentSumBase = n * names;
    const W = this.#wordCount;
    const wordOf = this.#wordOf;
    const shiftOf = this.#shiftOf;
    const maskOf = this.#maskOf;
    const first = this.#count;
    const marking = phase === PHASE.mark;
    const { isBudget } = transitions;
    let boundsHit = 0;
    let failed = false;
    const { groups } = transitions;
    const hashes = this.#blockHashes;
    const firstHash = n * groups.length;
    for (let g = 0; g < groups.length; g++) {
      const group = groups[g]!;
      const entry = transitions.entryFor(group, ids, hashes[firstHash + g]!);
      if (transitions.overflow) return;
      boundsHit |= effects[entry + ENTRY.boundsHit]!;
      let left = effects[entry + ENTRY.effectCount]!;
      let at = entry + ENTRY.key + group.key.length;
      if (this.#count + left > this.#capacity) this.#ensureCapacity((this.#count + left) * 2);
      const words = this.#words;
      const sums = this.#sums;
      for (; left > 0; left--) {
        const flags = effects[at + EFFECT.flags]!;
        const counts = effects[at + EFFECT.counts]!;
        let concerned = effects[at + EFFECT.checks]!;
        at += EFFECT.first;
        if ((flags & ERROR_FLAG) !== 0) {
          failed = true;
          this.#noteError(flags & ACTION_MASK, slot, marking);
          continue;
        }
        const base = this.#count * W;
        for (let w = 0; w < W; w++) words[base + w] = parentValues[parentBase + w]!;
        for (let n = counts & 0xff; n > 0; n--) {
          words[base + effects[at]!] = effects[at + 1]!;
          at += 2;
        }
        for (let n = (counts >>> 8) & 0xff; n > 0; n--) {
          const word = base + effects[at]!;
          words[word] = (words[word]! & ~effects[at + 1]!) | effects[at + 2]!;
          at += 3;
        }
        const pending = counts >>> 16;
        const sumBase = this.#count * names;
        const deltas = at + 2 * pending;
        for (let x = 0; x < names; x++)
          sums[sumBase + x] = parentSums[parentSumBase + x]! + effects[deltas + x]!;
        let enabled = (flags & REFUSED_FLAG) === 0;
        for (let n = 0; n < pending; n++) {
          const location = effects[at + 2 * n]!;
          const operation = effects[at + 2 * n + 1]!;
          // Budgets come first and are all asked, so that which of them are short does not depend on grouping.
          if (!enabled && isBudget[location] === 0) break;
          const word = base + wordOf[location]!;
          const shift = shiftOf[location]!;
          const mask = maskOf[location]!;
          const part = (words[word]! >>> shift) & mask;
          let found = operations.find(operation, part);
          let results = operations.words;
          if (found < 0) {
            results = transitions.operate(operation, location, part);
            found = 0;
          }
          const result = results[found + OPERATION_RESULT]!;
          if (result < 0) {
            enabled = false;
            if (result === NOT_POSSIBLE) break;
            boundsHit |= transitions.bitOfBudget[-2 - result]!;
            continue;
          }
          if (result > mask) {
            transitions.overflow = true;
            this.#memory.control[CONTROL.layoutOverflow] = 1;
            return;
          }
          words[word] = (words[word]! & ~(mask << shift)) | (result << shift);
          concerned |= results[found + OPERATION_CHECKS]!;
          for (let x = 0; x < names; x++)
            sums[sumBase + x] = (sums[sumBase + x]! + results[found + OPERATION_DELTAS + x]!) | 0;
        }
        at = deltas + names;
        if (!enabled) continue;
        const action = flags & ACTION_MASK;
        this.#generated[action]!++;
        if (this.#lastParent[action] !== state) {
          this.#lastParent[action] = state;
          this.#enabled[action]!++;
        }
        this.#parentOf[this.#count] = slot;
        this.#flags[this.#count] = flags;
        this.#concerned[this.#count] = concerned;
        this.#count++;
      }
    }
    this.#boundsHit |= boundsHit;
    if (this.#count === first && !failed) this.#terminal(slot, ids, boundsHit !== 0, marking);
    if (this.onExpanded !== null && !marking) this.onExpanded(ids);
  }

  /** A state without a successor. */
  #terminal(slot: number, ids: Int32Array, cut: boolean, marking: boolean): void {
    if (cut && this.#transitions.isCut(ids)) {
      this.#boundTerminal++;
      return;
    }
    if (!this.#deadlock || this.#findings.isFinal(ids)) return;
    if (!marking) this.#staged.push(() => this.#findings.noteDeadlock());
    else if (this.target!.kind === "deadlock" && this.#isLast()) this.#markParent(slot, 0);
  }

  #noteError(action: number, slot: number, marking: boolean): void {
    if (!marking) this.#staged.push(() => this.#findings.noteActionError(action));
    else if (this.target!.action === action && this.#isLast()) this.#markParent(slot, 0);
  }

  #markParent(slot: number, cost: number): void {
    const { marks } = this.#memory;
    const state = this.#parents[slot]!;
    const mark = Math.min(cost, COST_MAX) + 1;
    if (marks[state] === 0 || marks[state]! > mark) marks[state] = mark;
  }

  // --- the batch -------------------------------------------------------------------------------------

  #ensureCapacity(count: number): void {
    if (count <= this.#capacity && this.#values.length >= this.#capacity * this.#valueCount) return;
    this.#capacity = Math.max(count, this.#capacity);
    const grown = (old: Int32Array, stride: number): Int32Array => {
      const made = new Int32Array(this.#capacity * stride);
      made.set(old.subarray(0, Math.min(old.length, made.length)));
      return made;
    };
    this.#words = grown(this.#words, this.#wordCount);
    this.#values = grown(this.#values, this.#valueCount);
    this.#sums = grown(this.#sums, this.#names);
    this.#parentOf = grown(this.#parentOf, 1);
    this.#flags = grown(this.#flags, 1);
    this.#concerned = grown(this.#concerned, 1);
    this.#hashes = grown(this.#hashes, 1);
    this.#slots = grown(this.#slots, 1);
    const outside = new Uint8Array(this.#capacity);
    outside.set(this.#outside.subarray(0, this.#capacity));
    this.#outside = outside;
    if (this.#parents.length < BATCH_SIZE * 4) this.#parents = new Int32Array(BATCH_SIZE * 4);
    if (this.#parentValues.length < BATCH_SIZE * 4 * this.#valueCount) this.#growParents();
  }

  #growParents(): void {
    const made = new Int32Array(Math.max(this.#parentValues.length * 2, BATCH_SIZE * 4 * this.#valueCount));
    made.set(this.#parentValues);
    this.#parentValues = made;
    const slots = Math.floor(made.length / this.#valueCount) + 1;
    if (this.#parents.length < slots) {
      const parents = new Int32Array(slots);
      parents.set(this.#parents);
      this.#parents = parents;
    }
  }

  #clearBatch(): void {
    this.#count = 0;
    this.#parentCount = 0;
    this.#boundsHit = 0;
    this.#boundTerminal = 0;
    this.#enabled.fill(0);
    this.#generated.fill(0);
    this.#lastParent.fill(-1);
    this.#staged.length = 0;
  }

  /** Works off the batch, or puts its states off when they need another layout or larger tables. */
  #flush(phase: number): void {
    if (this.#parentCount === 0) return;
    if (!this.#isPossible(phase)) {
      for (let n = 0; n < this.#parentCount; n++) this.postponed.push(this.#parents[n]!);
      this.#transitions.overflow = false;
      Atomics.store(this.#memory.control, CONTROL.pause, 1);
      this.#clearBatch();
      return;
    }
    if (phase === PHASE.mark) this.#markBatch();
    else {
      this.#internInner();
      this.#insertRoots();
      this.#settle();
      this.#checkSteps();
      this.#commit();
    }
    this.#clearBatch();
  }

  /** Whether the batch fits the layout and the tables. From then on it is worked off, and all of it counts. */
  #isPossible(phase: number): boolean {
    if (this.#transitions.overflow) return false;
    this.#noteOutside();
    if (!this.#canonicalize()) return false;
    if (phase === PHASE.mark) return true;
    if (!this.inner.reserve(this.#count * this.#left.length)) return false;
    if (this.roots.reserve(this.#count)) return true;
    this.inner.settle(this.#count * this.#left.length);
    return false;
  }

  #settle(): void {
    this.inner.settle(this.#count * this.#left.length);
    this.roots.settle(this.#count);
  }

  /** Finds the successors that a constraint excludes. */
  #noteOutside(): void {
    const bits = this.#checks.bitsOf("constraint");
    this.#outside.fill(0, 0, this.#count);
    if (bits === 0) return;
    for (let k = 0; k < this.#count; k++) {
      if ((this.#concerned[k]! & bits) === 0) continue;
      this.#loadStep(k);
      for (const check of this.#checks.all) {
        if (check.kind !== "constraint" || (check.bit & this.#concerned[k]!) === 0) continue;
        const found = this.#checks.evaluate(check, this.#toIds, this.#toIds, this.#changed);
        if (found === 0) continue;
        this.#outside[k] = 1;
        this.#findings.noteConstraint(check, found);
      }
    }
  }

  /** Loads the parts before and after a step of the batch, and which locations changed. */
  #loadStep(k: number): void {
    const ids = this.#ids;
    const to = this.#toIds;
    this.unpack(this.#parentValues, this.#parentOf[k]! * this.#valueCount, ids);
    this.unpack(this.#words, k * this.#wordCount, to);
    this.#changed.fill(0);
    for (let at = 0; at < ids.length; at++)
      if (ids[at] !== to[at]) this.#changed[at >>> 5]! |= 1 << (at & 31);
  }

  /** Fills the words of #values with representatives; false when one does not fit the layout. */
  #canonicalize(): boolean {
    const W = this.#wordCount;
    const V = this.#valueCount;
    const words = this.#words;
    const values = this.#values;
    const names = this.#names;
    for (let k = 0; k < this.#count; k++) {
      if (names > 0 && !this.canonicalizer.inOrder(this.#sums, k * names)) {
        this.unpack(words, k * W, this.#toIds);
        this.canonicalizer.canonicalize(this.#toIds, this.#sums, k * names, this.#canonicalIds);
        if (!this.#pack(this.#canonicalIds, values, k * V)) return false;
      } else for (let w = 0; w < W; w++) values[k * V + w] = words[k * W + w]!;
    }
    return true;
  }

  /** Interns the inner pairs of all successors, one tree node after the other. */
  #internInner(): void {
    const V = this.#valueCount;
    const values = this.#values;
    const parentValues = this.#parentValues;
    const parentOf = this.#parentOf;
    const inner = this.inner;
    const { index, pairs } = inner;
    const mask = inner.mask;
    const hashes = this.#hashes;
    const slots = this.#slots;
    const count = this.#count;
    let seen = 0;
    for (let n = 0; n < this.#left.length; n++) {
      const l = this.#left[n]!;
      const r = this.#right[n]!;
      const own = this.#wordCount + n;
      let waiting = 0;
      for (let k = 0; k < count; k++) {
        const at = k * V;
        const from = parentOf[k]! * V;
        if (values[at + l] === parentValues[from + l] && values[at + r] === parentValues[from + r]) {
          values[at + own] = parentValues[from + own]!;
          continue;
        }
        const hash = hashPair(values[at + l]!, values[at + r]!);
        // Reading the slots of the whole batch first lets their cache misses overlap.
        hashes[waiting] = hash;
        slots[waiting] = k;
        waiting++;
        seen ^= index[hash & mask]!;
      }
      for (let n2 = 0; n2 < waiting; n2++) seen ^= pairs[2 * (index[hashes[n2]! & mask]! & mask)]!;
      for (let n2 = 0; n2 < waiting; n2++) {
        const at = slots[n2]! * V;
        values[at + own] = inner.insert(values[at + l]!, values[at + r]!, hashes[n2]!);
      }
    }
    this.#seen ^= seen;
  }

  #insertRoots(): void {
    const V = this.#valueCount;
    const values = this.#values;
    const { roots } = this;
    const { index, pairs } = roots;
    const mask = roots.mask;
    const hashes = this.#hashes;
    const outside = this.#outside;
    const count = this.#count;
    const l = this.#rootLeft;
    const r = this.#rootRight;
    let seen = 0;
    const stateBits = this.#checks.bitsOf("invariant", "reachable", "premise", "step");
    for (let k = 0; k < count; k++) {
      const hash = hashPair(values[k * V + l]!, values[k * V + r]!);
      hashes[k] = hash;
      seen ^= index[hash & mask]!;
    }
    for (let k = 0; k < count; k++) seen ^= pairs[2 * (index[hashes[k]! & mask]! & mask)]!;
    this.#seen ^= seen;
    let distinct = 0;
    for (let k = 0; k < count; k++) {
      let fresh = outside[k] === 1;
      if (!fresh) {
        roots.insert(values[k * V + l]!, values[k * V + r]!, hashes[k]!);
        if (roots.inserted) {
          distinct++;
          fresh = true;
        }
      }
      if (fresh && (this.#concerned[k]! & stateBits) !== 0) this.#checkState(k);
    }
    this.#stats[STATS.distinct]! += distinct;
    if (roots.full || this.inner.full) this.#findings.noteCapacity();
  }

  /** Evaluates the checks of a single state that a step may have changed the answer of. */
  #checkState(k: number): void {
    this.#loadStep(k);
    const concerned = this.#concerned[k]!;
    for (const check of this.#checks.all) {
      if (!check.active || (check.bit & concerned) === 0) continue;
      this.#findings.checkState(check, this.#toIds, this.#changed);
    }
  }

  /** Evaluates step properties, on every generated step that concerns them. */
  #checkSteps(): void {
    const bits = this.#checks.bitsOf("step");
    if (bits === 0) return;
    const always = bits & this.#checks.irreflexiveBits;
    for (let k = 0; k < this.#count; k++) {
      const concerned = this.#concerned[k]! | always;
      if ((concerned & bits) === 0) continue;
      this.#loadStep(k);
      for (const check of this.#checks.all)
        if (check.kind === "step" && check.active && (check.bit & concerned) !== 0)
          this.#findings.checkStep(
            check,
            this.#flags[k]! & ACTION_MASK,
            this.#ids,
            this.#toIds,
            (check.bit & always) === 0 ? this.#changed : null,
          );
    }
  }

  #commit(): void {
    const stats = this.#stats;
    stats[STATS.generated]! += this.#count;
    stats[STATS.expanded]! += this.#parentCount;
    stats[STATS.boundTerminal]! += this.#boundTerminal;
    for (let action = 0; action < this.#generated.length; action++) {
      stats[STATS.first + 2 * action]! += this.#enabled[action]!;
      stats[STATS.first + 2 * action + 1]! += this.#generated[action]!;
    }
    if (this.#boundsHit !== 0) Atomics.or(this.#memory.control, CONTROL.boundsHit, this.#boundsHit);
    for (const note of this.#staged) note();
  }

  // --- marking ---------------------------------------------------------------------------------------

  #markBatch(): void {
    const { marks } = this.#memory;
    const target = this.target!;
    const last = this.#isLast();
    const { check } = target;
    const always = check?.kind === "step" ? this.#checks.irreflexiveBits : 0;
    for (let k = 0; k < this.#count; k++) {
      const fault = (this.#flags[k]! & FAULT_FLAG) !== 0 ? 1 : 0;
      const parent = this.#parentOf[k]!;
      if (last) {
        if (check === null || ((this.#concerned[k]! | always) & check.bit) === 0) continue;
        this.#loadStep(k);
        if (this.#findings.violates(target, this.#flags[k]! & ACTION_MASK, this.#ids, this.#toIds))
          this.#markParent(parent, fault);
        continue;
      }
      if (this.#outside[k] === 1) continue;
      this.unpack(this.#values, k * this.#valueCount, this.#canonicalIds);
      const found = this.find(this.#canonicalIds);
      const cost = found < 0 ? 0 : marks[found]!;
      if (cost > 0 && this.#isNextLevel(found)) this.#markParent(parent, cost - 1 + fault);
    }
  }

  /** In a marking pass: whether the level being expanded is the one that shows the violation. */
  #isLast(): boolean {
    const { control } = this.#memory;
    return control[CONTROL.depth] === control[CONTROL.targetDepth];
  }

  /** In a marking pass: whether a state belongs to the level after the one being expanded. */
  #isNextLevel(state: number): boolean {
    const { control } = this.#memory;
    return state >= control[CONTROL.levelEnd]!;
  }
}

/** The tree of pairs over the words of a state: what each inner node pairs, and what the root pairs. */
function pairing(wordCount: number): {
  left: Int32Array;
  right: Int32Array;
  rootLeft: number;
  rootRight: number;
} {
  const left: number[] = [];
  const right: number[] = [];
  let row = Array.from({ length: wordCount }, (_, word) => word);
  while (row.length > 2) {
    const next: number[] = [];
    for (let n = 0; n < row.length; n += 2) {
      if (n + 1 === row.length) {
        next.push(row[n]!);
        continue;
      }
      next.push(wordCount + left.length);
      left.push(row[n]!);
      right.push(row[n + 1]!);
    }
    row = next;
  }
  return {
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    rootLeft: row[0]!,
    rootRight: row[1]!,
  };
}
