/**
 * The layout of a state: which bits of which word hold the id of the part at each location.
 *
 * A state is a vector of words of 31 bits. Every part kind has a number of bits for its ids; the parts of
 * one node stand next to each other, in one word if they fit, because states that differ in other nodes
 * then share pairs of words. When a kind outgrows its bits, a new layout is made at a barrier and the
 * stored states are encoded anew. The layout follows from the bits alone, so workers compute it themselves.
 */
import type { Model } from "../spec/model.ts";

export const WORD_BITS = 31;

export interface Layout {
  readonly wordCount: number;
  /** By location. */
  readonly wordOf: Int32Array;
  readonly shiftOf: Int32Array;
  readonly maskOf: Int32Array;
}

/** Bits to begin with, by part kind. */
export function initialBits(model: Model): number[] {
  return model.kinds.map((kind) => (kind.role === "budget" ? Math.max(1, bitsFor(kind.limit + 1)) : 6));
}

export function bitsFor(count: number): number {
  return Math.ceil(Math.log2(Math.max(2, count)));
}

/** A kind is too narrow when more than this share of its ids is in use. */
const FULL = 0.9;

/** Spare bits that a kind is given when they do not cost a word. */
const SPARE_MAX = 3;

/**
 * Bits for the next layout, into `bits`: as few as each kind needs, at least as many as before, and then spare
 * ones for the kinds with most parts as long as the states do not get longer by it. False if nothing changed.
 */
export function growBits(model: Model, bits: Int32Array, counts: (kind: number) => number): boolean {
  const before = bits.slice();
  for (let kind = 0; kind < bits.length; kind++)
    while (counts(kind) > 2 ** bits[kind]! * FULL && bits[kind]! < WORD_BITS) bits[kind]!++;
  if (bits.every((width, kind) => width === before[kind])) return false;
  // Spare bits given earlier may be in the way now: begin again from what is needed.
  for (let kind = 0; kind < bits.length; kind++) {
    const needed = counts(kind) > 2 ** before[kind]! * FULL ? bits[kind]! : bitsNeeded(counts(kind));
    bits[kind] = Math.max(needed, model.kinds[kind]!.role === "budget" ? before[kind]! : 1);
  }
  const { wordCount } = layoutFor(model, bits);
  const byCount = model.kinds.map((kind) => kind.ordinal).sort((a, b) => counts(b) - counts(a));
  for (let spare = 0; spare < SPARE_MAX; spare++)
    for (const kind of byCount) {
      if (bits[kind]! >= WORD_BITS || model.kinds[kind]!.role === "budget") continue;
      bits[kind]!++;
      if (layoutFor(model, bits).wordCount > wordCount) bits[kind]!--;
    }
  return true;
}

function bitsNeeded(count: number): number {
  let bits = 1;
  while (count > 2 ** bits * FULL && bits < WORD_BITS) bits++;
  return bits;
}

export function layoutFor(model: Model, bits: Int32Array): Layout {
  const wordOf = new Int32Array(model.locationCount);
  const shiftOf = new Int32Array(model.locationCount);
  const maskOf = new Int32Array(model.locationCount);
  const used: number[] = [];
  const bitsAt = new Int32Array(model.locationCount);
  for (const kind of model.kinds)
    bitsAt.fill(bits[kind.ordinal]!, kind.firstLocation, kind.firstLocation + kind.locationCount);
  const place = (unit: readonly number[]): void => {
    const size = unit.reduce((sum, location) => sum + bitsAt[location]!, 0);
    if (size > WORD_BITS) {
      for (const location of unit) place([location]);
      return;
    }
    let word = used.findIndex((taken) => taken + size <= WORD_BITS);
    if (word < 0) word = used.push(0) - 1;
    for (const location of unit) {
      wordOf[location] = word;
      shiftOf[location] = used[word]!;
      maskOf[location] = 2 ** bitsAt[location]! - 1;
      used[word]! += bitsAt[location]!;
    }
  };
  for (const unit of unitsOf(model)) place(unit);
  return { wordCount: Math.max(2, used.length), wordOf, shiftOf, maskOf };
}

/** Locations that belong together: what one node owns, then the global parts. */
function unitsOf(model: Model): number[][] {
  const byOwner = new Map<string, number[]>();
  const global: number[] = [];
  for (const kind of model.kinds)
    for (let n = 0; n < kind.locationCount; n++) {
      const location = kind.firstLocation + n;
      if (kind.owners.length === 0) {
        global.push(location);
        continue;
      }
      const owners = kind.ownersAt(location);
      const last = owners.length - 1;
      const key = `${kind.owners[last]!.ordinal}:${owners[last]}`;
      const unit = byOwner.get(key);
      if (unit === undefined) byOwner.set(key, [location]);
      else unit.push(location);
    }
  return [...byOwner.values(), global];
}
