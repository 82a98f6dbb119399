/** What is told to have changed between two states. */
import { expect, test } from "vitest";
import { changesOf, isSetChange, untoldChanges } from "../../src/report/diff.ts";
import { format } from "../../src/report/itf.ts";
import type { Itf, TraceMessage } from "../../src/search/result.ts";

const map = (...entries: [Itf, Itf][]): Itf => ({ "#map": entries });
const set = (...members: Itf[]): Itf => ({ "#set": members });
const pair = (from: string, to: string): Itf => ({ "#tup": [from, to] });

/** One line for each change. */
function changes(before: Itf, after: Itf): string[] {
  return told(changesOf({ x: before }, { x: after }));
}

function told(found: ReturnType<typeof changesOf>): string[] {
  const text = (value: Itf | undefined): string => (value === undefined ? "(none)" : format(value));
  return found.map((change) =>
    isSetChange(change)
      ? `${change.path} +${format([...change.added])} -${format([...change.removed])}`
      : `${change.path} ${text(change.before)} -> ${text(change.after)}`,
  );
}

test("equal values have no changes", () => {
  const state = map(["n1", { log: [1, { term: 2 }], votes: set("n1") }]);
  expect(changes(state, structuredClone(state) as Itf)).toEqual([]);
});

test("a field of a record in a map", () => {
  expect(
    changes(
      map(["n1", { term: 1, role: "follower" }], ["n2", 0]),
      map(["n1", { term: 2, role: "follower" }], ["n2", 0]),
    ),
  ).toEqual(["x[n1].term 1 -> 2"]);
});

test("an entry appended to a list in a record in a map", () => {
  expect(
    changes(map(["n1", { log: [{ term: 1 }] }]), map(["n1", { log: [{ term: 1 }, { term: 2 }] }])),
  ).toEqual(["x[n1].log[1] (none) -> {term: 2}"]);
});

test("an entry taken from the end, and one replaced", () => {
  expect(changes([1, 2, 3], [1, 2])).toEqual(["x[2] 3 -> (none)"]);
  expect(changes([1, 2, 3], [1, 9, 3])).toEqual(["x[1] 2 -> 9"]);
});

test("an entry put into the middle", () => {
  expect(changes([1, 2, 3], [1, 9, 2, 3])).toEqual(["x[1] (none) -> 9"]);
});

test("a queue that moves on", () => {
  expect(changes(["a", "b", "c"], ["b", "c", "d"])).toEqual(["x[0] a -> (none)", "x[2] (none) -> d"]);
  expect(changes(["a", "b"], ["b"])).toEqual(["x[0] a -> (none)"]);
});

test("a list that was replaced is not told as a queue", () => {
  expect(changes(["a", "b"], ["b", "a"])).toHaveLength(2);
  expect(changes(["a"], ["b", "c"])).toEqual(["x[0] a -> b", "x[1] (none) -> c"]);
});

test("members of a set", () => {
  expect(changes(set("n1", "n2"), set("n2", "n3"))).toEqual(["x +[n3] -[n1]"]);
});

test("keys of a map, also keys that are no words", () => {
  expect(changes(map(["a", 1], [{ t: 1 }, 2]), map([{ t: 1 }, 3], ["b", 1]))).toEqual([
    "x[a] 1 -> (none)",
    "x[{t: 1}] 2 -> 3",
    "x[b] (none) -> 1",
  ]);
});

test("a value of another kind, and records with other fields, are replaced whole", () => {
  expect(changes({ a: 1 }, { b: 1 })).toEqual(["x {a: 1} -> {b: 1}"]);
  expect(changes(null, { b: 1 })).toEqual(["x null -> {b: 1}"]);
  expect(changes([1], set(1))).toEqual(["x [1] -> {1}"]);
});

test("equal numbers and texts differ", () => {
  expect(changes(1, "1")).toEqual(['x 1 -> "1"']);
  expect(changes(true, "true")).toEqual(['x true -> "true"']);
});

test("every path leads to a difference, whatever the values", () => {
  const values: Itf[] = [
    null,
    0,
    "a",
    [],
    [1],
    [1, 2],
    set(),
    set(1),
    map(),
    map(["k", 1]),
    {},
    { f: 1 },
    pair("a", "b"),
  ];
  for (const before of values)
    for (const after of values) expect(changes(before, after).length === 0).toBe(before === after);
});

const message = { type: "Ping", from: "n1", to: "n2" };
const ping: TraceMessage = { network: "net", from: "n1", to: "n2", message };
const mailbox = (...entries: [Itf, Itf][]): Itf => map(["n1", map()], ["n2", map(...entries)]);

test("messages sent and received are not told again as changes of the network", () => {
  const [empty, full] = [{ net: mailbox() }, { net: mailbox([message, 1]) }];
  expect(
    untoldChanges(empty, full, ["net"], { sent: [ping], received: [], discarded: [], lost: [], doubled: [] }),
  ).toEqual([]);
  expect(
    untoldChanges(full, empty, ["net"], { sent: [], received: [ping], discarded: [], lost: [], doubled: [] }),
  ).toEqual([]);
  expect(
    untoldChanges(full, full, ["net"], {
      sent: [ping],
      received: [ping],
      discarded: [],
      lost: [],
      doubled: [],
    }),
  ).toEqual([]);
});

test("what messages do not account for is told: a second copy, a link that was cleared", () => {
  const twice = { net: mailbox([message, 2]) };
  expect(
    told(
      untoldChanges({ net: mailbox() }, twice, ["net"], {
        sent: [ping],
        received: [],
        discarded: [],
        lost: [],
        doubled: [],
      }),
    ),
  ).toEqual(["net[n2][{type: Ping, from: n1, to: n2}] (none) -> 2"]);
  const channel = (...queue: Itf[]): Itf => map([pair("n1", "n2"), queue]);
  const cleared = untoldChanges({ net: channel(message, message) }, { net: channel() }, ["net"], {
    sent: [],
    received: [],
    discarded: [],
    lost: [],
    doubled: [],
  });
  expect(told(cleared).map((line) => line.slice(0, 14))).toEqual(["net[n1->n2][0]", "net[n1->n2][1]"]);
});

test("a message that stays in the network after it was delivered is no change", () => {
  const full = { net: mailbox([message, 1]) };
  expect(
    untoldChanges(full, full, ["net"], { sent: [], received: [ping], discarded: [], lost: [], doubled: [] }),
  ).toEqual([]);
});
