/**
 * Remembered runs of one spec function, as a decision tree.
 *
 * Which part a function reads next depends on what it has read before, so there is no flat key. A node
 * names what is read next, its edges are the ids of what was found there, a leaf is the result. Sound
 * because the function is deterministic in what it has observed (see observe.ts).
 *
 * For what goes through a model step by step, with values in one thread; the engine's own trees are in
 * model/decision-tree.ts.
 */
import { NotDeterministicError } from "../model/decision-tree.ts";

export interface TreeNode<Leaf> {
  /** What is read here; the owner of the tree knows what the number means. */
  readonly at: number;
  /** Edges for ids below FEW by array, and for the others. */
  readonly few: (TreeNode<Leaf> | TreeLeaf<Leaf> | undefined)[];
  readonly many: Map<number, TreeNode<Leaf> | TreeLeaf<Leaf>>;
}

/** Ids below this branch by array: a look-up costs a few nanoseconds, and the array stays small. */
export const FEW = 8192;

export interface TreeLeaf<Leaf> {
  readonly at: -1;
  readonly result: Leaf;
}

export class ReadTree<Leaf> {
  root: TreeNode<Leaf> | TreeLeaf<Leaf> | null = null;

  /** Remembers a result under what was read to get it, in order. */
  add(reads: readonly number[], idAt: (at: number) => number, result: Leaf): void {
    const leaf: TreeLeaf<Leaf> = { at: -1, result };
    if (reads.length === 0) {
      this.root = leaf;
      return;
    }
    let node: TreeNode<Leaf>;
    if (this.root === null || this.root.at === -1) {
      node = { at: reads[0]!, few: [], many: new Map() };
      this.root = node;
    } else node = this.root as TreeNode<Leaf>;
    for (let n = 0; ; n++) {
      // A deterministic function reads first what it read first before, and so on down the path.
      if (node.at !== reads[n]) throw new NotDeterministicError();
      const id = idAt(node.at);
      if (n === reads.length - 1) {
        put(node, id, leaf);
        return;
      }
      const next = id < FEW ? node.few[id] : node.many.get(id);
      if (next === undefined) {
        const made: TreeNode<Leaf> = { at: reads[n + 1]!, few: [], many: new Map() };
        put(node, id, made);
        node = made;
      } else if (next.at === -1) {
        throw new NotDeterministicError();
      } else node = next as TreeNode<Leaf>;
    }
  }
}

function put<Leaf>(node: TreeNode<Leaf>, id: number, child: TreeNode<Leaf> | TreeLeaf<Leaf>): void {
  if (id < FEW) node.few[id] = child;
  else node.many.set(id, child);
}
