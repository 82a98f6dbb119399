/** Remembered results: an entry may be forgotten, and is never wrong. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Memo } from "../../src/store/memo.ts";

const SLOTS = 0;
const ENTRIES = 1;
const FORGET = 2;
const STRIDE = 4;

function fresh(slots: number, slotsMax: number): { memo: Memo; control: Int32Array } {
  const control = new Int32Array(new SharedArrayBuffer(12));
  const words = new Int32Array(new SharedArrayBuffer(4 * slotsMax * STRIDE));
  const memo = new Memo(words, STRIDE, { control, slots: SLOTS, entries: ENTRIES, forget: FORGET });
  memo.reset(slots);
  memo.refresh();
  return { memo, control };
}

function get(memo: Memo, first: number, second: number): [number, number] | null {
  const at = memo.find(first, second);
  return at < 0 ? null : [memo.words[at]!, memo.words[at + 1]!];
}

function room(memo: Memo): void {
  memo.makeRoom();
  memo.refresh();
}

test("what is put is found, the first time it is put", () => {
  const { memo, control } = fresh(16, 16);
  expect(get(memo, 0, 0)).toBeNull();
  memo.put(0, 0, [5, 6]);
  memo.put(0, 1, [-7, 0]);
  memo.put(0, 0, [1, 1]);
  expect([get(memo, 0, 0), get(memo, 0, 1), get(memo, 1, 0)]).toEqual([[5, 6], [-7, 0], null]);
  expect(control[ENTRIES]).toBe(2);
});

test("a table that fills up asks for room and then takes no more", () => {
  const { memo, control } = fresh(16, 16);
  for (let key = 0; key < 100; key++) memo.put(key, key, [key, -key]);
  expect(control[FORGET]).toBe(1);
  expect(control[ENTRIES]).toBeLessThan(16);
  expect(get(memo, 0, 0)).toEqual([0, 0]);
  expect(get(memo, 99, 99)).toBeNull();
});

test("room keeps all entries while the region has some", () => {
  const { memo, control } = fresh(16, 64);
  for (let key = 0; key < 12; key++) memo.put(key, 3, [key, 1]);
  room(memo);
  expect([control[SLOTS], control[ENTRIES], control[FORGET]]).toEqual([64, 12, 0]);
  for (let key = 0; key < 12; key++) expect(get(memo, key, 3)).toEqual([key, 1]);
});

test("room forgets all entries when the region has none", () => {
  const { memo, control } = fresh(16, 16);
  for (let key = 0; key < 12; key++) memo.put(key, 3, [key, 1]);
  room(memo);
  expect([control[SLOTS], control[ENTRIES], control[FORGET]]).toEqual([16, 0, 0]);
  for (let key = 0; key < 12; key++) expect(get(memo, key, 3)).toBeNull();
  memo.put(1, 3, [9, 9]);
  expect(get(memo, 1, 3)).toEqual([9, 9]);
});

test("a table that is half empty is left as it is", () => {
  const { memo, control } = fresh(16, 64);
  for (let key = 0; key < 8; key++) memo.put(key, 3, [key, 1]);
  room(memo);
  expect([control[SLOTS], control[ENTRIES]]).toEqual([16, 8]);
  for (let key = 0; key < 8; key++) expect(get(memo, key, 3)).toEqual([key, 1]);
});

test("the memo agrees with a Map on all that it has not forgotten", () => {
  const key = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 ** 30 }));
  const command = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        do: fc.constant("put"),
        first: key,
        second: key,
        result: fc.tuple(fc.integer(), fc.integer()),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("room"),
        first: key,
        second: key,
        result: fc.tuple(fc.integer(), fc.integer()),
      }),
    },
  );
  fc.assert(
    fc.property(fc.constantFrom(16, 64, 256), fc.array(command, { maxLength: 200 }), (slotsMax, commands) => {
      const { memo, control } = fresh(16, slotsMax);
      const known = new Map<string, [number, number]>();
      const agrees = (): void => {
        let found = 0;
        for (const [name, result] of known) {
          const [first, second] = name.split(" ").map(Number) as [number, number];
          const got = get(memo, first, second);
          if (got === null) continue;
          expect(got).toEqual(result);
          found++;
        }
        expect(control[ENTRIES]).toBe(found);
        expect(found).toBeLessThanOrEqual(control[SLOTS]!);
      };
      for (const { do: what, first, second, result } of commands) {
        if (what === "put") {
          const before = get(memo, first, second);
          const name = `${first} ${second}`;
          memo.put(first, second, result);
          if (before !== null) expect(get(memo, first, second)).toEqual(before);
          else known.set(name, result);
        } else {
          agrees();
          const keep = control[ENTRIES]! <= control[SLOTS]! / 2 || control[SLOTS]! * 4 <= slotsMax;
          const entries = control[ENTRIES]!;
          room(memo);
          expect(control[ENTRIES]).toBe(keep ? entries : 0);
          expect(control[FORGET]).toBe(0);
        }
      }
      agrees();
    }),
    { numRuns: 200 },
  );
});
