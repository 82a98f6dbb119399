/**
 * Permutations of model values, for symmetry.
 *
 * The members of all permuted scalarsets are numbered 0..nameCount-1, set after set. A permutation maps
 * each name to its new position in the same set; its rank is one number below the order of the group.
 */
import { SpecError } from "../spec/errors.ts";
import type { IdSet } from "../spec/ids.ts";
import type { PartKind } from "../spec/part-kind.ts";

export interface Permutation {
  readonly rank: number;
  /** New position within its set, for each name. */
  readonly to: Int32Array;
}

/** The largest group whose ranks fit a memo key. */
const ORDER_MAX = 2 ** 31;

export class NameTable {
  /** The permuted scalarsets: more than one member, symmetry on. */
  readonly sets: readonly IdSet[];
  readonly nameCount: number;
  /** First name of each id set by ordinal; -1 for sets that are not permuted. */
  readonly firstName: Int32Array;
  /** For each name: index into `sets`, and position in its set. */
  readonly setOf: Int32Array;
  readonly positionOf: Int32Array;
  /** First name of each permuted set. */
  readonly starts: Int32Array;
  readonly order: number;

  constructor(idSets: readonly IdSet[], symmetry: boolean) {
    this.sets = symmetry ? idSets.filter((set) => !set.ordered && set.size > 1) : [];
    this.firstName = new Int32Array(idSets.length).fill(-1);
    this.starts = new Int32Array(this.sets.length);
    let count = 0;
    let order = 1;
    const setOf: number[] = [];
    const positionOf: number[] = [];
    this.sets.forEach((set, at) => {
      this.firstName[set.ordinal] = count;
      this.starts[at] = count;
      for (let position = 0; position < set.size; position++) {
        setOf.push(at);
        positionOf.push(position);
        order *= position + 1;
      }
      count += set.size;
    });
    if (order >= ORDER_MAX)
      throw new SpecError(
        `the scalarsets ${this.sets.map((set) => `${set.name} (${set.size})`).join(", ")} have more than 2^31 permutations; use --no-symmetry`,
      );
    this.nameCount = count;
    this.setOf = Int32Array.from(setOf);
    this.positionOf = Int32Array.from(positionOf);
    this.order = order;
  }

  /** Lehmer rank of a permutation, set after set in mixed radix. */
  rank(to: Int32Array): number {
    let rank = 0;
    for (let s = 0; s < this.sets.length; s++) {
      const start = this.starts[s]!;
      const size = this.sets[s]!.size;
      for (let i = 0; i < size; i++) {
        let smaller = 0;
        for (let j = i + 1; j < size; j++) if (to[start + j]! < to[start + i]!) smaller++;
        rank = rank * (size - i) + smaller;
      }
    }
    return rank;
  }

  /** The permutation that swaps two names of one set. */
  swap(a: number, b: number): Permutation {
    const to = this.positionOf.slice();
    to[a] = this.positionOf[b]!;
    to[b] = this.positionOf[a]!;
    return { rank: this.rank(to), to };
  }

  /** Where the part at each location goes under a permutation of names. */
  locationsUnder(kinds: readonly PartKind[], permutation: Permutation): Int32Array {
    const locations: number[] = [];
    for (const kind of kinds)
      for (let n = 0; n < kind.locationCount; n++) {
        let offset = 0;
        kind.ownersAt(kind.firstLocation + n).forEach((position, at) => {
          const first = this.firstName[kind.owners[at]!.ordinal]!;
          offset =
            offset * kind.owners[at]!.size + (first < 0 ? position : permutation.to[first + position]!);
        });
        locations.push(kind.firstLocation + offset);
      }
    return Int32Array.from(locations);
  }
}
