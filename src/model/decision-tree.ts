/**
 * Decision trees over what spec functions read, shared by all workers: of the runs of actions (run-tree.ts) and of the
 * answers of properties (checks.ts).
 *
 * Which part a function reads next depends on what it has read before, so there is no flat key. A node is a word: 0
 * while nobody knows what is there, what is read next if it is positive, the end of a path if it is negative. What the
 * numbers mean is known to the owner of the tree. Edges, from a node and the number of what was found to the next
 * node, stand in a memo. Sound because a function is deterministic in what it has observed (see observe.ts): a node's
 * path says what it holds, whoever writes it.
 *
 * Threads: what a word or an edge leads to is written before it. Two workers may make nodes for one path; those that no
 * edge leads to are lost, and what they hold is found out again. All of it may be forgotten at a barrier.
 */
import { Memo } from "../store/memo.ts";
import { CONTROL, type SharedMemory } from "../store/memory.ts";

/** Words that a worker takes from the region at once. */
const CHUNK = 4096;

export class DecisionTree {
  readonly words: Int32Array;
  readonly #control: Int32Array;
  readonly #edges: Memo;
  /** The trees begin at the words 1 to `rootCount`. */
  readonly #rootCount: number;
  #version = -1;
  #next = 0;
  #end = 0;

  constructor(memory: SharedMemory, rootCount: number) {
    this.words = memory.tree;
    this.#control = memory.control;
    this.#rootCount = rootCount;
    this.#edges = new Memo(memory.treeEdges, 3, {
      control: memory.control,
      slots: CONTROL.treeEdgeSlots,
      entries: CONTROL.treeEdgeEntries,
      forget: CONTROL.forgetTree,
    });
  }

  /** Serial: forgets everything. */
  reset(): void {
    this.words.fill(0, 0, this.#rootCount + 1);
    this.#control[CONTROL.treeTop] = this.#rootCount + 1;
    this.#control[CONTROL.treeVersion]!++;
    this.#edges.reset(2 ** 14);
    // Whoever forgets may go on in the serial section: what it held of the region is not its own any more.
    this.refresh();
  }

  /** After a barrier. */
  refresh(): void {
    this.#edges.refresh();
    const version = this.#control[CONTROL.treeVersion]!;
    if (this.#version === version) return;
    this.#version = version;
    this.#next = this.#end = 0;
  }

  /** Serial: makes room for more, or forgets everything. */
  makeRoom(): void {
    if (this.#control[CONTROL.forgetTree] === 0) return;
    this.#edges.makeRoom();
    if (this.#isFull) this.reset();
  }

  get #isFull(): boolean {
    return this.#control[CONTROL.treeTop]! > this.words.length * 0.9;
  }

  /** What is at a node. */
  at(node: number): number {
    // Pairs with the compareExchange in `put`: what the word leads to has been written.
    return Atomics.load(this.words, node);
  }

  /** Says what is at a node if nobody has; what somebody had said, or 0. */
  put(node: number, what: number): number {
    return Atomics.compareExchange(this.words, node, 0, what);
  }

  /** The node behind an edge, or 0. */
  next(node: number, number: number): number {
    const found = this.#edges.find(node, number);
    return found < 0 ? 0 : this.#edges.words[found]!;
  }

  /** The node behind an edge, made if there is none; 0 when there is no room for it. */
  grow(node: number, number: number): number {
    const known = this.next(node, number);
    if (known !== 0) return known;
    const made = this.allocate(1);
    if (made === 0) return 0;
    Atomics.store(this.words, made, 0);
    this.#edges.put(node, number, [made]);
    // Another worker may have been faster, or the edges are too many.
    return this.next(node, number);
  }

  /** Words for a node, or for what a path ends with; 0 when there is no room. */
  allocate(count: number): number {
    if (this.#next + count > this.#end) {
      const control = this.#control;
      const size = Math.max(CHUNK, count);
      if (this.#isFull) control[CONTROL.forgetTree] = 1;
      if (control[CONTROL.treeTop]! + size > this.words.length) return this.#refuse();
      this.#next = Atomics.add(control, CONTROL.treeTop, size);
      this.#end = this.#next + size;
      if (this.#end > this.words.length) return this.#refuse();
    }
    const at = this.#next;
    this.#next += count;
    return at;
  }

  /** No room: there is none for anybody until everything is forgotten. */
  #refuse(): number {
    this.#next = this.#end = 0;
    this.#control[CONTROL.treeTop] = this.words.length;
    this.#control[CONTROL.forgetTree] = 1;
    return 0;
  }
}

/** A spec function read other parts in a state that agrees with an earlier one on all that was read before. */
export class NotDeterministicError extends Error {
  override readonly name = "NotDeterministicError";
}
