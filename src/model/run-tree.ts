/**
 * Remembered runs of the spec's actions: one decision tree for each static instance (and message), shared by all
 * workers.
 *
 * Which part a function reads next depends on what it has read before, so there is no flat key. A node is a word:
 * 0 while nobody knows what is read there, what is read next (plus 1), or the negative position of the record of a
 * run that ends there. Edges, from a node and the id of what was found to the next node, stand in a memo. Sound
 * because a function is deterministic in what it has observed (see observe.ts): a node's path says what it holds,
 * whoever writes it.
 *
 * Threads: a record or node is written before the word or edge that leads to it. Two workers may make nodes for one
 * path; those that no edge leads to are lost, and what they hold is found out again. All of it may be forgotten at
 * a barrier.
 */
import { Memo } from "../store/memo.ts";
import { CONTROL, type SharedMemory } from "../store/memory.ts";
import { NotDeterministicError } from "./read-tree.ts";

/**
 * Words of a run's record: how many outcomes follow, which bounds it hit, whether it threw, the grouping (plus 1)
 * under which its reads were found to be in its group's key, and how many reads follow. Then the reads, and for each
 * outcome 1 if it is a fault, its number of steps, and pairs of location and code.
 */
export const RUN = { outcomes: 0, boundsHit: 1, error: 2, knownAt: 3, readCount: 4, reads: 5 } as const;

/** Words that a worker takes from the region at once. */
const CHUNK = 4096;

export class RunTree {
  /** Where the record stands whose position `find` or `add` gave: the shared region, or what was not remembered. */
  record: Int32Array;
  readonly #words: Int32Array;
  readonly #control: Int32Array;
  readonly #edges: Memo;
  /** Nodes at which the trees of the instances begin: words 1 to `rootCount`. */
  readonly #rootCount: number;
  #unremembered = new Int32Array(1024);
  #next = 0;
  #end = 0;

  constructor(memory: SharedMemory, instanceCount: number) {
    this.#words = this.record = memory.runs;
    this.#control = memory.control;
    this.#rootCount = instanceCount;
    this.#edges = new Memo(memory.runEdges, 3, {
      control: memory.control,
      slots: CONTROL.runEdgeSlots,
      entries: CONTROL.runEdgeEntries,
      forget: CONTROL.forgetRuns,
    });
  }

  /** Serial: forgets all runs. */
  reset(): void {
    this.#words.fill(0, 0, this.#rootCount + 1);
    this.#control[CONTROL.runsTop] = this.#rootCount + 1;
    this.#edges.reset(2 ** 14);
  }

  /** After a barrier. */
  refresh(): void {
    this.#edges.refresh();
    this.#next = this.#end = 0;
  }

  /** Serial: makes room for more runs, or forgets them all. */
  makeRoom(): void {
    if (this.#control[CONTROL.forgetRuns] === 0) return;
    this.#edges.makeRoom();
    if (this.#isFull) this.reset();
  }

  get #isFull(): boolean {
    return this.#control[CONTROL.runsTop]! > this.#words.length * 0.9;
  }

  /**
   * The position of the run that an instance had for a message (-1 for none) in a state that agrees with `ids` on
   * all that the run read, or 0. `idAt` gives the id of what is read beyond the locations.
   */
  find(
    instance: number,
    message: number,
    ids: Int32Array,
    idAt: (at: number, ids: Int32Array) => number,
  ): number {
    const words = this.#words;
    const edges = this.#edges;
    let node = instance + 1;
    let child = message < 0 ? -1 : edges.find(node, message);
    if (message >= 0) {
      if (child < 0) return 0;
      node = edges.words[child]!;
    }
    for (;;) {
      // Pairs with the compareExchange in `add`: the record of a run has been written.
      const what = Atomics.load(words, node);
      if (what <= 0) {
        this.record = words;
        return 0 - what;
      }
      child = edges.find(node, what <= ids.length ? ids[what - 1]! : idAt(what - 1, ids));
      if (child < 0) return 0;
      node = edges.words[child]!;
    }
  }

  /**
   * Remembers the record of a run under what it read, and gives its position in `record`. Throws a
   * NotDeterministicError when an equal state was seen in which something else was read.
   */
  add(instance: number, message: number, idAt: (at: number) => number, record: readonly number[]): number {
    const words = this.#words;
    const run = this.#allocate(record.length);
    if (run === 0) return this.#keepApart(record);
    words.set(record, run);
    let node = instance + 1;
    if (message >= 0) node = this.#childOf(node, message);
    const readCount = record[RUN.readCount]!;
    for (let n = 0; n < readCount && node !== 0; n++) {
      const at = record[RUN.reads + n]!;
      const what = Atomics.compareExchange(words, node, 0, at + 1);
      // A deterministic function reads first what it read first before, and so on down the path.
      if (what !== 0 && what !== at + 1) throw new NotDeterministicError();
      node = this.#childOf(node, idAt(at));
    }
    if (node !== 0 && Atomics.compareExchange(words, node, 0, -run) > 0) throw new NotDeterministicError();
    this.record = words;
    return run;
  }

  /** The node behind an edge, made if there is none; 0 when there is no room for it. */
  #childOf(node: number, id: number): number {
    const edges = this.#edges;
    let found = edges.find(node, id);
    if (found < 0) {
      const made = this.#allocate(1);
      if (made === 0) return 0;
      Atomics.store(this.#words, made, 0);
      edges.put(node, id, [made]);
      // Another worker may have been faster, or the edges are too many.
      found = edges.find(node, id);
    }
    return found < 0 ? 0 : edges.words[found]!;
  }

  #allocate(count: number): number {
    if (this.#next + count > this.#end) {
      const control = this.#control;
      const size = Math.max(CHUNK, count);
      if (this.#isFull) control[CONTROL.forgetRuns] = 1;
      if (control[CONTROL.runsTop]! + size > this.#words.length) return this.#refuse();
      this.#next = Atomics.add(control, CONTROL.runsTop, size);
      this.#end = this.#next + size;
      if (this.#end > this.#words.length) return this.#refuse();
    }
    const at = this.#next;
    this.#next += count;
    return at;
  }

  /** No room: there is none for anybody until the runs are forgotten. */
  #refuse(): number {
    this.#next = this.#end = 0;
    this.#control[CONTROL.runsTop] = this.#words.length;
    this.#control[CONTROL.forgetRuns] = 1;
    return 0;
  }

  #keepApart(record: readonly number[]): number {
    if (record.length > this.#unremembered.length) this.#unremembered = new Int32Array(2 * record.length);
    this.#unremembered.set(record);
    this.record = this.#unremembered;
    return 0;
  }
}
