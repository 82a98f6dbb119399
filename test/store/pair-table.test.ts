/** The table of pairs against a Map, with one and with several workers' handles on the same memory. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hashPair, PairTable } from "../../src/store/pair-table.ts";

const COUNT = 0;
const SLOTS = 1;
const RESERVED = 2;
const WANTED = 3;

interface Shared {
  readonly pairs: Int32Array;
  readonly index: Int32Array;
  readonly control: Int32Array;
}

function shared(pairsMax: number, slotsMax: number): Shared {
  const words = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));
  return { pairs: words(2 * pairsMax), index: words(slotsMax), control: words(4) };
}

function handle({ pairs, index, control }: Shared): PairTable {
  return new PairTable(pairs, index, {
    control,
    count: COUNT,
    slots: SLOTS,
    reserved: RESERVED,
    wanted: WANTED,
  });
}

function fresh(slots: number, pairsMax = 256, slotsMax = 512): { table: PairTable; memory: Shared } {
  const memory = shared(pairsMax, slotsMax);
  const table = handle(memory);
  table.reset(slots);
  table.refresh();
  return { table, memory };
}

const insert = (table: PairTable, left: number, right: number): number =>
  table.insert(left, right, hashPair(left, right));
const find = (table: PairTable, left: number, right: number): number =>
  table.find(left, right, hashPair(left, right));

describe("one pair", () => {
  test("is found under its id, once inserted", () => {
    const { table } = fresh(8);
    expect(find(table, 1, 2)).toBe(-1);
    const id = insert(table, 1, 2);
    expect(table.inserted).toBe(true);
    expect([table.pairs[2 * id], table.pairs[2 * id + 1]]).toEqual([1, 2]);
    expect(insert(table, 1, 2)).toBe(id);
    expect(table.inserted).toBe(false);
    expect(find(table, 1, 2)).toBe(id);
    expect(find(table, 2, 1)).toBe(-1);
  });

  test("is told from another with the same hash", () => {
    const { table } = fresh(16);
    const first = table.insert(1, 2, 7);
    const second = table.insert(3, 4, 7);
    expect(second).not.toBe(first);
    expect([table.find(1, 2, 7), table.find(3, 4, 7), table.find(5, 6, 7)]).toEqual([first, second, -1]);
  });

  test("is gone after clear", () => {
    const { table } = fresh(8);
    insert(table, 1, 2);
    table.clear();
    expect([table.idCount, find(table, 1, 2)]).toEqual([0, -1]);
    expect(insert(table, 3, 4)).toBe(0);
  });
});

describe("room", () => {
  test("a table asks to grow before it is full, and refuses when it is", () => {
    const { table } = fresh(16);
    const ids: number[] = [];
    for (let at = 0; at < 20; at++) {
      ids.push(insert(table, at, 0));
      expect(table.wantsGrowth).toBe(at >= 12);
      expect(table.full).toBe(at >= 14);
    }
    expect(ids.slice(0, 14)).toEqual(Array.from({ length: 14 }, (_, at) => at));
    expect(ids.slice(14)).toEqual(Array.from({ length: 6 }, () => -1));
    // What was stored before is still there, and growing makes room for the rest.
    expect(find(table, 0, 0)).toBe(ids[0]);
    expect(table.grow(20)).toBe(true);
    table.refresh();
    expect(table.full).toBe(false);
    for (let at = 0; at < 20; at++) expect(insert(table, at, 0)).toBeGreaterThanOrEqual(0);
    expect(find(table, 0, 0)).toBe(ids[0]);
  });

  test("a region without room for a larger index says so", () => {
    const { table } = fresh(8, 256, 8);
    for (let at = 0; at < 20; at++) insert(table, at, 0);
    expect(table.grow(20)).toBe(false);
  });

  test("room is promised to several workers only as far as there is some for all, and made for the rest", () => {
    const { table, memory } = fresh(64);
    const others = [handle(memory), handle(memory)] as const;
    for (const other of others) other.refresh();
    expect([table.reserve(20), others[0].reserve(20), others[1].reserve(20)]).toEqual([true, true, false]);
    for (let at = 0; at < 20; at++) insert(table, at, 1);
    table.settle(20);
    // What one has inserted is not promised any more, but there.
    expect([others[1].reserve(20), others[1].reserve(10)]).toEqual([false, true]);
    others[0].settle(20);
    others[1].settle(10);
    expect(table.grow(0)).toBe(true);
    for (const each of [table, ...others]) each.refresh();
    expect([table.mask + 1, table.reserve(40), others[0].reserve(20)]).toEqual([128, true, true]);
    expect([...memory.control]).toEqual([20, 128, 62, 0]);
  });

  test("a region without room for a larger index refuses nothing", () => {
    const { table } = fresh(8, 256, 8);
    expect([table.reserve(5), table.reserve(100)]).toEqual([true, true]);
  });

  test("growth that is planned alone leaves the index to be made in shares", () => {
    const { table } = fresh(16);
    for (let at = 0; at < 10; at++) insert(table, at, 0);
    expect(table.planGrowth(0)).toEqual({ fits: true, mustReindex: false });
    expect(table.planGrowth(100)).toEqual({ fits: true, mustReindex: true });
    table.refresh();
    for (const share of [0, 1, 2]) table.clearShare(share, 3);
    expect(find(table, 4, 0)).toBe(-1);
    for (const share of [2, 0, 1]) table.indexShare(share, 3);
    for (let at = 0; at < 10; at++) expect(find(table, at, 0)).toBe(at);
    const { table: small } = fresh(8, 256, 8);
    for (let at = 0; at < 20; at++) insert(small, at, 0);
    expect(small.planGrowth(20)).toEqual({ fits: false, mustReindex: false });
  });

  test("no pair is written beyond the region", () => {
    const { table } = fresh(512, 10, 512);
    const ids = Array.from({ length: 30 }, (_, at) => insert(table, at, 0));
    expect(ids.slice(0, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(ids.slice(10).every((id) => id === -1)).toBe(true);
    expect(table.full).toBe(true);
  });
});

test("ids that were taken and not used are holes, and no holes are indexed", () => {
  const { table, memory } = fresh(64);
  table.chunk = 8;
  expect(insert(table, 5, 6)).toBe(0);
  table.release();
  expect(table.idCount).toBe(8);
  expect([...memory.pairs.slice(0, 16)]).toEqual([5, 6, ...Array.from({ length: 14 }, () => -1)]);
  expect(insert(table, 7, 8)).toBe(8);
  table.release();
  table.rebuild(128);
  table.refresh();
  expect([find(table, 5, 6), find(table, 7, 8), find(table, -1, -1)]).toEqual([0, 8, -1]);
});

test("the table agrees with a Map, through growth and release, with several handles", () => {
  const word = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 2 ** 30 }));
  const command = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({ do: fc.constant("insert"), by: fc.nat(2), left: word, right: word }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("find"), by: fc.nat(2), left: word, right: word }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom("barrier", "rebuild", "shares"),
        by: fc.nat(2),
        left: word,
        right: word,
      }),
    },
  );
  fc.assert(
    fc.property(fc.nat(4), fc.array(command, { maxLength: 120 }), (chunk, commands) => {
      const memory = shared(1024, 2048);
      const tables = [handle(memory), handle(memory), handle(memory)];
      tables[0]!.reset(64);
      for (const table of tables) {
        table.chunk = chunk + 1;
        table.refresh();
      }
      const ids = new Map<string, number>();
      const barrier = (serial: () => void): void => {
        for (const table of tables) table.release();
        serial();
        for (const table of tables) table.refresh();
      };
      for (const { do: what, by, left, right } of commands) {
        const table = tables[by]!;
        const key = `${left} ${right}`;
        if (what === "insert") {
          if (table.wantsGrowth) barrier(() => expect(table.grow(64)).toBe(true));
          const id = insert(table, left, right);
          expect(table.inserted).toBe(!ids.has(key));
          if (ids.has(key)) expect(id).toBe(ids.get(key));
          else expect([...ids.values()]).not.toContain(id);
          ids.set(key, id);
        } else if (what === "find") {
          expect(find(table, left, right)).toBe(ids.get(key) ?? -1);
        } else if (what === "barrier") {
          barrier(() => expect(table.grow(64)).toBe(true));
        } else if (what === "shares") {
          barrier(() => {
            const { fits } = table.planGrowth(200);
            expect(fits).toBe(true);
            tables.forEach((each, share) => {
              each.clearShare(share, tables.length);
            });
            // In any order, as workers come to it.
            tables.toReversed().forEach((each, share) => {
              each.indexShare(share, tables.length);
            });
          });
        } else {
          barrier(() => table.rebuild(memory.control[SLOTS]!));
        }
      }
      barrier(() => {});
      for (const [key, id] of ids) {
        const [left, right] = key.split(" ").map(Number) as [number, number];
        for (const table of tables) expect(find(table, left, right)).toBe(id);
        expect([memory.pairs[2 * id], memory.pairs[2 * id + 1]]).toEqual([left, right]);
      }
      // Every id that was handed out is a pair or a hole.
      const used = new Set(ids.values());
      for (let id = 0; id < tables[0]!.idCount; id++)
        if (!used.has(id)) expect([memory.pairs[2 * id], memory.pairs[2 * id + 1]]).toEqual([-1, -1]);
    }),
    { numRuns: 200 },
  );
});
