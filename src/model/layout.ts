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

/** Bits for the next layout: kinds that are filling up get two bits more than they need now. */
export function grownBits(bits: Int32Array, counts: (kind: number) => number): boolean {
  let grew = false;
  for (let kind = 0; kind < bits.length; kind++) {
    const count = counts(kind);
    if (count <= 2 ** bits[kind]! * 0.75) continue;
    bits[kind] = Math.min(WORD_BITS, bitsFor(count) + 2);
    grew = true;
  }
  return grew;
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
