import { expect, test } from "vitest";
import { format, formatMessage, same } from "../../src/report/itf.ts";
import type { Itf } from "../../src/search/result.ts";

test.each<[string, Itf, string]>([
  ["a record", { term: 1, role: "follower", votedFor: null }, "{term: 1, role: follower, votedFor: null}"],
  [
    "a map",
    {
      "#map": [
        ["n1", 1],
        [{ "#tup": ["a", 2] }, []],
      ],
    },
    "{n1 => 1, (a, 2) => []}",
  ],
  ["a set", { "#set": ["n1", "n2"] }, "{n1, n2}"],
  ["nothing in them", [{ "#set": [] }, { "#map": [] }, [], {}, { "#tup": [] }], "[{}, {}, [], {}, ()]"],
  [
    "texts that are no words",
    ["two words", "", "1", "true", "a-b.c"],
    '["two words", "", "1", "true", a-b.c]',
  ],
])("prints %s", (_, value, text) => expect(format(value)).toBe(text));

test("a message is its type and what its place does not tell", () => {
  const message = { type: "Vote", from: "n1", to: "n2", term: 3 };
  expect(formatMessage(message, "n1", "n2")).toBe("Vote {term: 3}");
  expect(formatMessage({ type: "Ack", to: "n2" }, null, "n2")).toBe("Ack");
  expect(formatMessage({ to: "n2", from: "n3", hop: 1 }, null, "n2")).toBe("{from: n3, hop: 1}");
  expect(formatMessage("token", null, "n2")).toBe("token");
});

test("equality is by content and kind", () => {
  expect(same({ a: [1, { "#set": [2] }] }, { a: [1, { "#set": [2] }] })).toBe(true);
  expect(same({ a: 1, b: 2 }, { a: 1, c: 2 })).toBe(false);
  expect(same([1], { 0: 1 })).toBe(false);
  expect(same(null, {})).toBe(false);
});
