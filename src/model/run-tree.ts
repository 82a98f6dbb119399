/**
 * Remembered runs of the spec's actions: a decision tree for each static instance, and for each message that a delivery
 * may receive. What a node reads is a location, or a location beyond them for the head of a channel; a path ends at
 * the record of a run.
 */
import { type DecisionTree, NotDeterministicError } from "./decision-tree.ts";

/**
 * Words of a run's record: how many outcomes follow, which bounds it hit, whether it threw, the grouping (plus 1)
 * under which its reads were found to be in its group's key, and how many reads follow. Then the reads, and for each
 * outcome 1 if it is a fault, its number of steps, and pairs of location and code.
 */
export const RUN = { outcomes: 0, boundsHit: 1, error: 2, knownAt: 3, readCount: 4, reads: 5 } as const;

export class RunTree {
  /** Where the record stands whose position `find` or `add` gave: shared memory, or what was not remembered. */
  record: Int32Array;
  readonly #tree: DecisionTree;
  readonly #firstRoot: number;
  #unremembered = new Int32Array(1024);

  /** `firstRoot`: where the tree of instance 0 begins. */
  constructor(tree: DecisionTree, firstRoot: number) {
    this.#tree = tree;
    this.#firstRoot = firstRoot;
    this.record = tree.words;
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
    const tree = this.#tree;
    let node = this.#firstRoot + instance;
    if (message >= 0) node = tree.next(node, message);
    while (node !== 0) {
      const what = tree.at(node);
      if (what <= 0) {
        this.record = tree.words;
        return 0 - what;
      }
      node = tree.next(node, what <= ids.length ? ids[what - 1]! : idAt(what - 1, ids));
    }
    return 0;
  }

  /**
   * Remembers the record of a run under what it read, and gives its position in `record`. Throws a
   * NotDeterministicError when an equal state was seen in which something else was read.
   */
  add(instance: number, message: number, idAt: (at: number) => number, record: readonly number[]): number {
    const tree = this.#tree;
    const run = tree.allocate(record.length);
    if (run === 0) return this.#keepApart(record);
    tree.words.set(record, run);
    let node = this.#firstRoot + instance;
    if (message >= 0) node = tree.grow(node, message);
    const readCount = record[RUN.readCount]!;
    for (let n = 0; n < readCount && node !== 0; n++) {
      const at = record[RUN.reads + n]!;
      const what = tree.put(node, at + 1);
      // A deterministic function reads first what it read first before, and so on down the path.
      if (what !== 0 && what !== at + 1) throw new NotDeterministicError();
      node = tree.grow(node, idAt(at));
    }
    if (node !== 0 && tree.put(node, -run) > 0) throw new NotDeterministicError();
    this.record = tree.words;
    return run;
  }

  #keepApart(record: readonly number[]): number {
    if (record.length > this.#unremembered.length) this.#unremembered = new Int32Array(2 * record.length);
    this.#unremembered.set(record);
    this.record = this.#unremembered;
    return 0;
  }
}
