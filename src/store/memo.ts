/**
 * A table from two words to a few words, shared by all workers: remembered results.
 *
 * Open addressing with linear probing in entries of `stride` words: the first key plus 1, the second key,
 * the values. An entry is claimed by swapping its first word from 0 to BUSY, filled, and published by
 * storing the key; a reader that meets a busy entry treats it as absent and computes the result itself.
 * Everything here can be forgotten at a barrier: results are recomputed.
 */

const BUSY = -1;

export interface MemoControl {
  readonly control: Int32Array;
  readonly slots: number;
  readonly entries: number;
  /** Position of the flag that asks for more room (or to forget everything). */
  readonly forget: number;
}

function hashKeys(first: number, second: number): number {
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

export class Memo {
  readonly words: Int32Array;
  readonly stride: number;
  readonly #at: MemoControl;
  #mask = 0;

  constructor(words: Int32Array, stride: number, at: MemoControl) {
    this.words = words;
    this.stride = stride;
    this.#at = at;
  }

  /** Serial. */
  reset(slots: number): void {
    this.words.fill(0, 0, Math.max(slots, this.#at.control[this.#at.slots]!) * this.stride);
    this.#at.control[this.#at.slots] = slots;
    this.#at.control[this.#at.entries] = 0;
  }

  refresh(): void {
    this.#mask = this.#at.control[this.#at.slots]! - 1;
  }

  /** The position of the entry's first value, or -1. */
  find(first: number, second: number): number {
    const { words, stride } = this;
    const mask = this.#mask;
    const key = first + 1;
    for (let at = hashKeys(first, second) & mask; ; at = (at + 1) & mask) {
      const base = at * stride;
      // Pairs with the store in `put`: the rest of the entry has been written.
      const found = Atomics.load(words, base);
      if (found === 0) return -1;
      if (found === key && words[base + 1] === second) return base + 2;
    }
  }

  /** Remembers values for the keys; does nothing when the table is too full (a pause then makes room). */
  put(first: number, second: number, values: ArrayLike<number>): void {
    const { words, stride } = this;
    const { control, entries, forget } = this.#at;
    const mask = this.#mask;
    const used = control[entries]!;
    if (used > (mask + 1) * 0.6) {
      control[forget] = 1;
      if (used > (mask + 1) * 0.8) return;
    }
    for (let at = hashKeys(first, second) & mask; ; at = (at + 1) & mask) {
      const base = at * stride;
      const found = Atomics.load(words, base);
      if (found === first + 1 && words[base + 1] === second) return;
      if (found !== 0) continue;
      if (Atomics.compareExchange(words, base, 0, BUSY) !== 0) {
        at = (at - 1) & mask;
        continue;
      }
      words[base + 1] = second;
      for (let n = 0; n < values.length; n++) words[base + 2 + n] = values[n]!;
      Atomics.store(words, base, first + 1);
      Atomics.add(control, entries, 1);
      return;
    }
  }

  /** Serial: more slots, keeping the entries if the region allows, else forgetting them. */
  makeRoom(): void {
    const { words, stride } = this;
    const { control, slots, entries, forget } = this.#at;
    control[forget] = 0;
    const old = control[slots]!;
    if (control[entries]! <= old * 0.5) return;
    if (old * 4 * stride > words.length) {
      this.reset(old);
      return;
    }
    const kept = words.slice(0, old * stride);
    this.reset(old * 4);
    this.refresh();
    for (let at = 0; at < old; at++) {
      const base = at * stride;
      if (kept[base]! <= 0) continue;
      this.put(kept[base]! - 1, kept[base + 1]!, kept.subarray(base + 2, base + stride));
    }
  }
}
