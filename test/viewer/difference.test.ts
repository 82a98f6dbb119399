/** Two states as one tree: what differs is marked, as deep as it lies and no wider. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { same } from "../../src/report/itf.ts";
import type { Itf } from "../../src/search/result.ts";
import {
  changeCount,
  childrenOf,
  type Difference,
  difference,
  differencesOf,
  hasParts,
  matches,
} from "../../src/viewer/difference.ts";

/** The leaves that are not as before: `path mark before after`. */
function told(one: Difference): string[] {
  if (one.mark === "same") return [];
  const children = one.mark === "changed" ? childrenOf(one) : [];
  if (children.length > 0) return children.flatMap(told);
  const text = (value: Itf | undefined): string => (value === undefined ? "-" : JSON.stringify(value));
  return [`${one.path} ${one.mark} ${text(one.before)} ${text(one.after)}`];
}

const between = (before: Itf, after: Itf): string[] => told(difference("v", "v", before, after));

test("a field of a record of one owner is told by its path, and nothing else is", () => {
  const state = (term: number): Itf => ({
    "#map": [
      ["n1", { term, log: [1] }],
      ["n2", { term: 0, log: [] }],
    ],
  });
  expect(between(state(1), state(2))).toEqual(["v[n1].term changed 1 2"]);
});

test("owners that are pairs are written as links", () => {
  const state = (queue: Itf): Itf => ({ "#map": [[{ "#tup": ["n1", "n2"] }, queue]] });
  expect(between(state([]), state(["x"]))).toEqual(['v[n1->n2][0] added - "x"']);
});

test("keys that came and went are told as added and removed", () => {
  const map = (...keys: string[]): Itf => ({ "#map": keys.map((key) => [key, 1]) });
  expect(between(map("a", "b"), map("b", "c"))).toEqual(["v[c] added - 1", "v[a] removed 1 -"]);
});

test("members of sets come and go; none changes", () => {
  expect(between({ "#set": ["n1", "n2"] }, { "#set": ["n2", "n3"] })).toEqual([
    'v{} added - "n3"',
    'v{} removed "n1" -',
  ]);
});

test("an item taken off the front of a list marks only itself", () => {
  expect(between(["a", "b", "c"], ["b", "c"])).toEqual(['v[0] removed "a" -']);
  expect(between(["a", "b", "c"], ["b", "c", "d"])).toEqual(['v[0] removed "a" -', 'v[2] added - "d"']);
});

test("an item that became another one in its place is a change, inside it too", () => {
  expect(between([1, 2, 3], [1, 9, 3])).toEqual(["v[1] changed 2 9"]);
  expect(between([{ term: 1 }, { term: 1 }], [{ term: 1 }, { term: 2 }])).toEqual(["v[1].term changed 1 2"]);
});

test("a value that became one of another kind is told whole", () => {
  expect(between([1], { "#set": [1] })).toEqual(['v changed [1] {"#set":[1]}']);
  expect(between(null, { term: 1 })).toEqual(['v changed null {"term":1}']);
});

test("at the initial state nothing is marked", () => {
  expect(differencesOf(null, { a: 1, b: [2] }).map(({ mark }) => mark)).toEqual(["same", "same"]);
});

test("changes are counted at the leaves", () => {
  const count = (before: Itf, after: Itf): number => changeCount(difference("v", "v", before, after));
  expect(count({ a: 1, b: [1, 2], c: 3 }, { a: 2, b: [1], c: 3 })).toBe(2);
  expect(count(1, 1)).toBe(0);
});

test("searching finds names and values on both sides, whatever the case", () => {
  const one = difference("role", "server[n1].role", "Follower", "leader");
  expect(["SERVER[n1]", "follower", "LEAD"].map((text) => matches(one, text))).toEqual([true, true, true]);
  expect(matches(one, "candidate")).toBe(false);
});

test("what is empty or has no parts cannot be opened", () => {
  const values: Itf[] = [1, "x", null, [], {}, { "#set": [] }, { "#map": [] }, { "#bigint": "1" }];
  expect(values.map(hasParts)).toEqual(values.map(() => false));
  expect([[1], { a: 1 }, { "#set": [1] }, { "#tup": [1] }].map(hasParts)).toEqual([true, true, true, true]);
});

test("of any two lists the marks tell exactly how to make one of the other", () => {
  const list = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 9 });
  fc.assert(
    fc.property(list, list, (before, after) => {
      const items = childrenOf(difference("v", "v", before, after));
      const sides = (side: "before" | "after"): Itf[] =>
        items.flatMap((item) => (item[side] === undefined ? [] : [item[side]]));
      expect(sides("before")).toEqual(before);
      expect(sides("after")).toEqual(after);
      expect(items.every(({ mark, before: old, after: now }) => mark !== "same" || same(old!, now!))).toBe(
        true,
      );
    }),
  );
});
