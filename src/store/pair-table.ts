/**
 * An insert-only table of pairs of words, shared by all workers: pair -> id, and id -> pair.
 *
 * Pairs stand in an append-only array, two words each; an id is a position there. The index is derived
 * data: a slot holds id + 1 in its low bits and bits of the hash above them, is searched by linear probing,
 * and is rebuilt in place at a barrier to grow. After Laarman, van de Pol, Weber, "Boosting multi-core
 * reachability performance with shared hash tables", FMCAD 2010, and "Parallel recursive state
 * compression for free", SPIN 2011. No deletion. Ids below 2^30.
 *
 * Threads: a worker writes a pair at an id that it alone holds, then publishes the id by swapping a slot
 * from 0; whoever reads the id from the slot sees the pair, because the swap and the load are sequentially
 * consistent. A worker that loses a swap keeps its id for its next insertion. Before a batch of insertions a
 * worker reserves room for them, so that however large the batches of however many workers are, the index has
 * grown before it is full.
 */

/** At most this share of the slots is used before the index grows. */
const LOAD_MAX = 0.75;

/** At most this share is promised to batches that are under way meanwhile. */
const RESERVED_MAX = 0.9;

export function hashPair(left: number, right: number): number {
  let hash = Math.imul(left ^ (left >>> 15), 0x2c1b3c6d) ^ Math.imul(right, 0x9e3779b1);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

export interface PairTableControl {
  readonly control: Int32Array;
  /** Positions in `control` of the count of ids handed out and of the number of slots in use. */
  readonly count: number;
  readonly slots: number;
  /** Positions of the counts of insertions that are promised room, and that were refused it. */
  readonly reserved: number;
  readonly wanted: number;
}

export class PairTable {
  readonly pairs: Int32Array;
  readonly index: Int32Array;
  readonly #control: Int32Array;
  readonly #countAt: number;
  readonly #slotsAt: number;
  readonly #reservedAt: number;
  readonly #wantedAt: number;
  /** Slot count - 1; refreshed after every barrier. */
  mask = 0;
  #next = 0;
  #end = 0;
  /** How many ids a worker takes at once. */
  chunk = 1;
  /** Set when the index should grow: the caller asks for a pause at the end of its batch. */
  wantsGrowth = false;
  /** Whether the last insertion was of a new pair. */
  inserted = false;
  full = false;

  constructor(pairs: Int32Array, index: Int32Array, at: PairTableControl) {
    this.pairs = pairs;
    this.index = index;
    this.#control = at.control;
    this.#countAt = at.count;
    this.#slotsAt = at.slots;
    this.#reservedAt = at.reserved;
    this.#wantedAt = at.wanted;
  }

  /** Serial, before the search: an empty table with `slots` slots (a power of two). */
  reset(slots: number): void {
    this.#control[this.#countAt] = 0;
    this.#control[this.#slotsAt] = slots;
    this.#control[this.#reservedAt] = 0;
    this.#control[this.#wantedAt] = 0;
  }

  /** Serial: forgets all pairs; the index keeps its size. */
  clear(): void {
    this.index.fill(0, 0, this.#control[this.#slotsAt]!);
    this.#control[this.#countAt] = 0;
    this.#next = this.#end = 0;
  }

  /** After a barrier: takes over what a serial section changed. */
  refresh(): void {
    this.mask = this.#control[this.#slotsAt]! - 1;
    this.wantsGrowth = false;
    this.full = false;
  }

  get idCount(): number {
    return this.#control[this.#countAt]!;
  }

  /** Before a barrier: gives back ids that were taken and not used, as holes (-1, -1). */
  release(): void {
    for (let id = this.#next; id < this.#end; id++) {
      this.pairs[2 * id] = -1;
      this.pairs[2 * id + 1] = -1;
    }
    this.#next = this.#end = 0;
  }

  /**
   * Promises room for `more` insertions, until `settle`. False when the index must grow first, at a barrier; a
   * region that has no room for a larger index refuses nothing, and is full when it is.
   */
  reserve(more: number): boolean {
    const control = this.#control;
    // Ids are taken by the chunk, of which the last may be used in part.
    const taken = more + this.chunk;
    // Pairs with the same addition of other workers: of two that together ask for too much, one sees both.
    const held = Atomics.add(control, this.#reservedAt, taken) + taken;
    const fits = Atomics.load(control, this.#countAt) + held < this.mask * RESERVED_MAX;
    if (fits || !this.#canGrow()) return true;
    Atomics.sub(control, this.#reservedAt, taken);
    Atomics.add(control, this.#wantedAt, taken);
    return false;
  }

  /** After the insertions that room was reserved for. */
  settle(more: number): void {
    Atomics.sub(this.#control, this.#reservedAt, more + this.chunk);
  }

  #canGrow(): boolean {
    const slots = this.mask + 1;
    return slots < this.index.length && slots * LOAD_MAX < this.pairs.length / 2;
  }

  /** The id of a pair, inserting it if it is new (then `inserted` is true); -1 when the table is full. */
  insert(left: number, right: number, hash: number): number {
    const { index, pairs, mask } = this;
    const tag = hash & ~mask;
    let at = hash & mask;
    let ours = -1;
    for (;;) {
      // Pairs with the compareExchange below: a nonzero slot's pair has been written.
      let slot = Atomics.load(index, at);
      if (slot === 0) {
        if (ours < 0) {
          ours = this.#takeId();
          if (ours < 0) {
            this.inserted = false;
            return -1;
          }
          pairs[2 * ours] = left;
          pairs[2 * ours + 1] = right;
        }
        slot = Atomics.compareExchange(index, at, 0, tag | (ours + 1));
        if (slot === 0) {
          this.#next++;
          this.inserted = true;
          return ours;
        }
      }
      if ((slot & ~mask) === tag) {
        const id = (slot & mask) - 1;
        if (pairs[2 * id] === left && pairs[2 * id + 1] === right) {
          this.inserted = false;
          return id;
        }
      }
      at = (at + 1) & mask;
    }
  }

  /** The id of a pair, or -1 if it is not stored. */
  find(left: number, right: number, hash: number): number {
    const { index, pairs, mask } = this;
    const tag = hash & ~mask;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = Atomics.load(index, at);
      if (slot === 0) return -1;
      if ((slot & ~mask) === tag) {
        const id = (slot & mask) - 1;
        if (pairs[2 * id] === left && pairs[2 * id + 1] === right) return id;
      }
    }
  }

  #takeId(): number {
    if (this.#next === this.#end) {
      if (this.full) return -1;
      this.#next = Atomics.add(this.#control, this.#countAt, this.chunk);
      this.#end = this.#next + this.chunk;
      if (this.#end * 2 > this.pairs.length || this.#end >= this.mask) {
        // The search has to stop: the caller says so. The ids just taken become holes.
        this.full = true;
        this.#end = Math.min(this.#end, this.pairs.length / 2);
        this.release();
        return -1;
      }
      if (this.#end > (this.mask + 1) * LOAD_MAX) this.wantsGrowth = true;
    }
    return this.#next;
  }

  /** Serial: makes room for `more` further ids, and for those that were refused it. False when the region has no room for a larger index. */
  grow(more: number): boolean {
    const slots = this.#slotsFor(more);
    if (slots > this.#control[this.#slotsAt]!) this.rebuild(slots);
    return this.idCount <= slots * LOAD_MAX;
  }

  /**
   * Serial: as `grow`, but leaves the larger index to the workers: until each of them has cleared its share of
   * it, and after a barrier indexed its share of the pairs, and met again, nothing can be looked up.
   */
  planGrowth(more: number): { readonly fits: boolean; readonly mustReindex: boolean } {
    const slots = this.#slotsFor(more);
    const mustReindex = slots > this.#control[this.#slotsAt]!;
    this.#control[this.#slotsAt] = slots;
    return { fits: this.idCount <= slots * LOAD_MAX, mustReindex };
  }

  #slotsFor(more: number): number {
    let slots = this.#control[this.#slotsAt]!;
    const refused = this.#control[this.#wantedAt]!;
    this.#control[this.#wantedAt] = 0;
    const wanted = Math.min(this.idCount + Math.max(more, refused), this.pairs.length / 2);
    while (wanted > slots * LOAD_MAX && slots < this.index.length) slots *= 2;
    return slots;
  }

  /** Serial: indexes all pairs anew with this many slots. */
  rebuild(slots: number): void {
    this.index.fill(0, 0, Math.max(slots, this.#control[this.#slotsAt]!));
    this.#control[this.#slotsAt] = slots;
    this.indexShare(0, 1);
  }

  /** Clears one of `shares` equal parts of the index. */
  clearShare(share: number, shares: number): void {
    const slots = this.#control[this.#slotsAt]!;
    this.index.fill(0, Math.floor((slots * share) / shares), Math.floor((slots * (share + 1)) / shares));
  }

  /** Indexes one of `shares` equal parts of the pairs; the workers may do theirs at the same time. */
  indexShare(share: number, shares: number): void {
    const { index, pairs } = this;
    const mask = this.#control[this.#slotsAt]! - 1;
    const count = this.idCount;
    const end = Math.floor((count * (share + 1)) / shares);
    for (let id = Math.floor((count * share) / shares); id < end; id++) {
      const left = pairs[2 * id]!;
      const right = pairs[2 * id + 1]!;
      if (left === -1) continue;
      const hash = hashPair(left, right);
      const slot = (hash & ~mask) | (id + 1);
      let at = hash & mask;
      // Pairs with the same swap of other workers: a slot is taken once. Pairs are all different, so no comparison.
      while (index[at] !== 0 || Atomics.compareExchange(index, at, 0, slot) !== 0) at = (at + 1) & mask;
    }
  }
}
