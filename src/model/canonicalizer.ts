/**
 * Canonicalizes states under symmetry: all renamings of a state give the same representative.
 *
 * Each name has a signature, the sum of how it occurs in every part, which does not change under renaming.
 * Names of a scalarset are ordered by signature. Where signatures differ that is the whole work. Names
 * with equal signatures are mostly truly interchangeable: if swapping neighbours leaves the state as it
 * is, any order gives the same state. Otherwise signatures are refined with the order found so far as
 * colours, and of the orders that are left the one whose state is least by content represents the orbit.
 * Nothing depends on ids of parts, so representatives are the same in every run.
 */
import type { Model } from "../spec/model.ts";
import type { PartStore } from "./part-store.ts";
import type { Permutation } from "./permutation.ts";

const CACHED_PERMUTATIONS_MAX = 20_000;

/** Groups up to this order have a place for each renaming of each part; larger ones a cache of so many slots. */
const DENSE_ORDER_MAX = 24;
const CACHE_SLOTS = 2 ** 18;

/** Words of a slot of the cache: kind, part, rank of the renaming, the renamed part. */
const SLOT_WORDS = 4;

interface CachedPermutation extends Permutation {
  /** Where the part at each location goes. */
  readonly locations: Int32Array;
}

export class Canonicalizer {
  readonly nameCount: number;
  readonly #parts: PartStore;
  readonly #model: Model;
  readonly #starts: number[];
  readonly #sizes: number[];
  readonly #order: Int32Array;
  readonly #to: Int32Array;
  readonly #permutations = new Map<number, CachedPermutation>();
  readonly #swaps: (CachedPermutation | undefined)[] = [];
  readonly #coloured: Int32Array;
  /** By location and part: where the signatures of its names stand. */
  readonly #rows: Int32Array[];
  /** By kind: the renamings of its parts, rank after rank, plus 1; for groups of small order. */
  readonly #renamed: Int32Array[];
  /** The order of the group if it is small, else 0. */
  readonly #denseOrder: number;
  /** Renamings that were needed last, for larger groups. A slot holds one, whatever was there before. */
  readonly #cache: Int32Array;
  /** 1 for locations whose parts never hold names. */
  readonly #nameless: Uint8Array;
  /** States for which more than one order was tried, and how many orders in all, for the benchmark. */
  tiesSeen = 0;
  ordersTried = 0;

  constructor(model: Model, parts: PartStore) {
    const { names } = parts;
    this.#model = model;
    this.#parts = parts;
    this.nameCount = names.nameCount;
    this.#starts = [...names.starts];
    this.#sizes = names.sets.map((set) => set.size);
    this.#order = new Int32Array(names.nameCount);
    this.#to = new Int32Array(names.nameCount);
    this.#coloured = new Int32Array(names.nameCount);
    this.#rows = Array.from({ length: model.locationCount }, () => new Int32Array(0));
    this.#renamed = model.kinds.map(() => new Int32Array(0));
    this.#denseOrder = names.order <= DENSE_ORDER_MAX ? names.order : 0;
    this.#cache = new Int32Array(this.#denseOrder > 0 ? 0 : CACHE_SLOTS * SLOT_WORDS).fill(-1);
    this.#nameless = Uint8Array.from(parts.kindAt, (kind) => (model.kinds[kind]!.role === "budget" ? 1 : 0));
  }

  /** The signatures of all names in a state, added into `sums` from `at` on. */
  sign(ids: Int32Array, arena: Int32Array, sums: Int32Array, at: number): void {
    const { nameCount } = this;
    sums.fill(0, at, at + nameCount);
    for (let location = 0; location < ids.length; location++) {
      const id = ids[location]!;
      const known = this.#rows[location]!;
      const rows = (id < known.length && known[id]!) || this.#rowsOf(location, id);
      for (let name = 0; name < nameCount; name++)
        sums[at + name] = (sums[at + name]! + arena[rows + name]!) | 0;
    }
  }

  #rowsOf(location: number, id: number): number {
    let known = this.#rows[location]!;
    if (id >= known.length) {
      const larger = new Int32Array(2 ** Math.ceil(Math.log2(id + 2)));
      larger.set(known);
      this.#rows[location] = known = larger;
    }
    const rows = this.#parts.rowsOf(this.#parts.kindAt[location]!, id, location);
    known[id] = rows;
    return rows;
  }

  /** Whether signatures are strictly in order, so that the state represents its orbit as it is. */
  inOrder(sums: Int32Array, at: number): boolean {
    for (let s = 0; s < this.#starts.length; s++) {
      const start = at + this.#starts[s]!;
      const end = start + this.#sizes[s]!;
      for (let name = start + 1; name < end; name++) if (sums[name - 1]! >= sums[name]!) return false;
    }
    return true;
  }

  /** Writes the representative of the state `ids` with signatures `sums[at..]` to `out`. */
  canonicalize(ids: Int32Array, sums: Int32Array, at: number, out: Int32Array): void {
    const order = this.#order;
    let tied = false;
    for (let s = 0; s < this.#starts.length; s++) {
      const start = this.#starts[s]!;
      const end = start + this.#sizes[s]!;
      for (let n = start; n < end; n++) {
        const sum = sums[at + n]!;
        let k = n;
        while (k > start && sums[at + order[k - 1]!]! > sum) {
          order[k] = order[k - 1]!;
          k--;
        }
        if (k > start && sums[at + order[k - 1]!]! === sum) tied = true;
        order[k] = n;
      }
    }
    if (tied && !this.#tiesInterchangeable(ids, sums, at)) {
      this.#breakTies(ids, sums, at, out);
      return;
    }
    this.#permute(ids, this.#permutationOf(order), out);
  }

  /** The representative of a state, from its parts alone. */
  representative(ids: Int32Array, arena: Int32Array): Int32Array {
    if (this.nameCount === 0) return ids;
    const sums = new Int32Array(this.nameCount);
    this.sign(ids, arena, sums, 0);
    const out = new Int32Array(ids.length);
    this.canonicalize(ids, sums, 0, out);
    return out;
  }

  /** The state with all model values renamed. */
  permute(ids: Int32Array, permutation: Permutation): Int32Array {
    const out = new Int32Array(ids.length);
    this.#permute(ids, this.#cached(permutation), out);
    return out;
  }

  #permutationOf(order: Int32Array): CachedPermutation {
    const to = this.#to;
    for (let s = 0; s < this.#starts.length; s++) {
      const start = this.#starts[s]!;
      for (let n = 0; n < this.#sizes[s]!; n++) to[order[start + n]!] = n;
    }
    const rank = this.#parts.names.rank(to);
    return this.#permutations.get(rank) ?? this.#cached({ rank, to: to.slice() });
  }

  #cached(permutation: Permutation): CachedPermutation {
    const known = this.#permutations.get(permutation.rank);
    if (known !== undefined) return known;
    if (this.#permutations.size > CACHED_PERMUTATIONS_MAX) this.#permutations.clear();
    const made = { ...permutation, locations: this.#locationsUnder(permutation) };
    this.#permutations.set(permutation.rank, made);
    return made;
  }

  #locationsUnder(permutation: Permutation): Int32Array {
    return this.#parts.names.locationsUnder(this.#model.kinds, permutation);
  }

  #permute(ids: Int32Array, permutation: CachedPermutation, out: Int32Array): void {
    const { locations } = permutation;
    if (permutation.rank === 0) {
      out.set(ids);
      return;
    }
    const { kindAt } = this.#parts;
    const nameless = this.#nameless;
    for (let at = 0; at < locations.length; at++)
      out[locations[at]!] = nameless[at] === 1 ? ids[at]! : this.#rename(kindAt[at]!, ids[at]!, permutation);
  }

  #rename(kind: number, id: number, permutation: Permutation): number {
    const order = this.#denseOrder;
    if (order === 0) return this.#renameCached(kind, id, permutation);
    let known = this.#renamed[kind]!;
    const at = id * order + permutation.rank;
    if (at < known.length) {
      const renamed = known[at]!;
      if (renamed !== 0) return renamed - 1;
    } else {
      const larger = new Int32Array(order * 2 ** Math.ceil(Math.log2(id + 2)));
      larger.set(known);
      this.#renamed[kind] = known = larger;
    }
    const renamed = this.#parts.rename(kind, id, permutation);
    known[at] = renamed + 1;
    return renamed;
  }

  #renameCached(kind: number, id: number, permutation: Permutation): number {
    const cache = this.#cache;
    const { rank } = permutation;
    const hash = Math.imul(id ^ Math.imul(rank, 0x85ebca6b), 0x9e3779b1) ^ Math.imul(kind, 0x2c1b3c6d);
    const at = ((hash ^ (hash >>> 15)) & (CACHE_SLOTS - 1)) * SLOT_WORDS;
    if (cache[at + 1] === id && cache[at + 2] === rank && cache[at] === kind) return cache[at + 3]!;
    const renamed = this.#parts.rename(kind, id, permutation);
    cache[at] = kind;
    cache[at + 1] = id;
    cache[at + 2] = rank;
    cache[at + 3] = renamed;
    return renamed;
  }

  #swap(a: number, b: number): CachedPermutation {
    const key = a * this.nameCount + b;
    let swap = this.#swaps[key];
    if (swap === undefined) {
      const permutation = this.#parts.names.swap(a, b);
      swap = { ...permutation, locations: this.#locationsUnder(permutation) };
      this.#swaps[key] = swap;
    }
    return swap;
  }

  /** Whether swapping two names leaves the state as it is. */
  #interchangeable(ids: Int32Array, a: number, b: number): boolean {
    const swap = a < b ? this.#swap(a, b) : this.#swap(b, a);
    const { locations } = swap;
    const parts = this.#parts;
    for (let at = 0; at < locations.length; at++)
      if (this.#rename(parts.kindAt[at]!, ids[at]!, swap) !== ids[locations[at]!]) return false;
    return true;
  }

  #tiesInterchangeable(ids: Int32Array, sums: Int32Array, at: number): boolean {
    const order = this.#order;
    for (let s = 0; s < this.#starts.length; s++) {
      const start = this.#starts[s]!;
      const end = start + this.#sizes[s]!;
      for (let n = start + 1; n < end; n++)
        if (
          sums[at + order[n - 1]!] === sums[at + order[n]!] &&
          !this.#interchangeable(ids, order[n - 1]!, order[n]!)
        )
          return false;
    }
    return true;
  }

  #breakTies(ids: Int32Array, sums: Int32Array, at: number, out: Int32Array): void {
    this.tiesSeen++;
    const classes = this.#refined(ids, sums, at);
    let best: Int32Array | null = null;
    for (const order of this.#ordersOf(ids, classes)) {
      this.ordersTried++;
      const candidate = new Int32Array(ids.length);
      this.#permute(ids, this.#permutationOf(order), candidate);
      if (best === null || this.compare(candidate, best) < 0) best = candidate;
    }
    out.set(best!);
  }

  /** Names in classes of equal refined signature, in order, set after set. */
  #refined(ids: Int32Array, sums: Int32Array, at: number): number[][] {
    const colours = new Int32Array(this.nameCount);
    let classes: number[][] = [];
    for (let s = 0; s < this.#starts.length; s++) {
      const names = Array.from({ length: this.#sizes[s]! }, (_, n) => this.#starts[s]! + n);
      classes.push(...split(names, (name) => sums[at + name]!));
    }
    for (;;) {
      classes.forEach((members, colour) => {
        for (const name of members) colours[name] = colour;
      });
      const refined = this.#coloured;
      refined.fill(0);
      for (let location = 0; location < ids.length; location++)
        this.#parts.signColoured(this.#parts.kindAt[location]!, ids[location]!, location, colours, refined);
      const next = classes.flatMap((members) => split(members, (name) => refined[name]!));
      if (next.length === classes.length) return classes;
      classes = next;
    }
  }

  /** All orders that keep the classes, up to names that are interchangeable. */
  #ordersOf(ids: Int32Array, classes: readonly number[][]): Int32Array[] {
    let orders: number[][] = [[]];
    for (const members of classes) {
      const kinds: number[][] = [];
      for (const name of members) {
        const kind = kinds.find(([first]) => this.#interchangeable(ids, first!, name));
        if (kind === undefined) kinds.push([name]);
        else kind.push(name);
      }
      const arrangements = arrange(kinds);
      orders = orders.flatMap((order) => arrangements.map((arrangement) => [...order, ...arrangement]));
    }
    return orders.map((order) => Int32Array.from(order));
  }

  /** Orders states by the content of their parts. */
  compare(a: Int32Array, b: Int32Array): number {
    for (let at = 0; at < a.length; at++) {
      const order = this.#parts.compare(this.#parts.kindAt[at]!, a[at]!, b[at]!);
      if (order !== 0) return order;
    }
    return 0;
  }
}

/** Splits names into classes of equal keys, in the order of the keys. */
function split(names: readonly number[], keyOf: (name: number) => number): number[][] {
  const byKey = new Map<number, number[]>();
  for (const name of names) {
    const key = keyOf(name);
    const members = byKey.get(key);
    if (members === undefined) byKey.set(key, [name]);
    else members.push(name);
  }
  return [...byKey.entries()].sort(([a], [b]) => a - b).map(([, members]) => members);
}

/** All ways to interleave groups whose members are taken in order. */
function arrange(groups: readonly number[][]): number[][] {
  const rest = groups.filter((group) => group.length > 0);
  if (rest.length === 0) return [[]];
  return rest.flatMap((group) => {
    const [first, ...others] = group;
    return arrange(rest.map((other) => (other === group ? others : other))).map((tail) => [first!, ...tail]);
  });
}
