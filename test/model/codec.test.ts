/** The canonical encoding: equal values have equal bytes, different values different ones, and all come back. */

import fc from "fast-check";
import {
  Map as ImmutableMap,
  Set as ImmutableSet,
  is,
  List,
  OrderedMap,
  OrderedSet,
  Record,
  Repeat,
  Seq,
  Stack,
} from "immutable";
import { describe, expect, test } from "vitest";
import { Codec, compareBytes } from "../../src/model/codec.ts";
import { ValueError } from "../../src/spec/errors.ts";
import { IdSet, ModelValue, OrderedId } from "../../src/spec/ids.ts";
import { value } from "../../src/spec/value.ts";

const nodes = new IdSet<ModelValue>(
  "node",
  0,
  [0, 1, 2].map((index) => new ModelValue("node", index, `n${index + 1}`)),
  false,
);
const rings = new IdSet<OrderedId>(
  "ring",
  1,
  [1, 2].map((number) => new OrderedId("ring", number, `r${number}`)),
  true,
);
const [n1, n2, n3] = nodes.members as [ModelValue, ModelValue, ModelValue];
const [r1, r2] = rings.members as [OrderedId, OrderedId];
const codec = new Codec([nodes, rings]);

const Server = Record({ term: 0, log: List<unknown>() }, "Server");
const Client = Record({ term: 0, log: List<unknown>() }, "Client");

function comesBack(original: unknown): unknown {
  const bytes = codec.encode(original);
  for (const reversed of [false, true]) {
    const back = codec.decode(bytes, reversed);
    expect(is(back, original)).toBe(true);
    expect(codec.encode(back)).toEqual(bytes);
  }
  return codec.decode(bytes);
}

const same = (a: unknown, b: unknown): boolean => compareBytes(codec.encode(a), codec.encode(b)) === 0;

describe("round trips", () => {
  const kinds: readonly (readonly [string, unknown])[] = [
    ["null", null],
    ["undefined", undefined],
    ["false", false],
    ["true", true],
    ["an empty string", ""],
    ["a string beyond ASCII", "µ → 𝔸\u0000"],
    ["a long string", "x".repeat(1000)],
    ["a string that begins with a byte order mark", "\ufeffx"],
    ["a bigint", -(2n ** 100n)],
    ["a model value", n2],
    ["an ordered id", r2],
    ["an empty List", List()],
    ["a List", List([1, null, "a", n1])],
    ["a Stack", Stack([1, 2, 3])],
    ["a Set", ImmutableSet<unknown>([3, "a", n1, List([n2])])],
    [
      "a Map",
      ImmutableMap<unknown, unknown>([
        [n1, 1],
        ["k", List([n2])],
        [List([1]), r1],
      ]),
    ],
    ["an OrderedSet", OrderedSet([3, 1, 2])],
    [
      "an OrderedMap",
      OrderedMap([
        ["b", 1],
        ["a", 2],
      ]),
    ],
    ["a record", Server({ term: 3, log: List([value({ term: 1, by: n1 })]) })],
    ["a value object", value({ to: n1, from: n2, entries: List([1, 2]) })],
    ["an empty value object", value({})],
    ["a value object with a field named __proto__", value(JSON.parse('{"__proto__": 1, "a": 2}') as object)],
    ["nested collections", List([ImmutableSet([ImmutableMap([[ImmutableSet([n1]), Server()]])])])],
    ["a List longer than a byte counts", List(Array.from({ length: 300 }, (_, at) => at))],
  ];
  test.each(kinds)("%s", (_, original) => {
    comesBack(original);
  });

  test("all kinds have different bytes", () => {
    const encodings = kinds.map(([, original]) => Buffer.from(codec.encode(original)).toString("hex"));
    expect(new Set(encodings).size).toBe(kinds.length);
  });

  test("whole numbers are exact, to the largest safe ones", () => {
    for (const size of [0, 1, 63, 64, 127, 128, 2 ** 31, 2 ** 32, 2 ** 51, 2 ** 52, Number.MAX_SAFE_INTEGER])
      for (const near of [size - 1, size, size + 1].filter(Number.isSafeInteger))
        for (const number of [near, -near]) expect(comesBack(number)).toBe(number === 0 ? 0 : number);
  });

  test("other numbers are exact", () => {
    const doubles = [
      0.1,
      -1.5,
      Math.PI,
      2 ** 60,
      -(2 ** 53),
      Number.MAX_VALUE,
      Number.MIN_VALUE,
      Infinity,
      -Infinity,
    ];
    for (const number of doubles) expect(comesBack(number)).toBe(number);
  });

  test("an id is the very member, and stays so inside collections", () => {
    expect(codec.decode(codec.encode(n3))).toBe(n3);
    expect((codec.decode(codec.encode(List([r1]))) as List<unknown>).get(0)).toBe(r1);
  });

  test("a record of a second type with the name and fields of the first", () => {
    const types = [0, 1].map(() => Record({ by: null as ModelValue | null }, "Second"));
    for (const type of types) {
      const made = type({ by: n2 });
      expect((comesBack(made) as typeof made).by).toBe(n2);
    }
  });

  test("a record has its type", () => {
    expect((comesBack(Server({ term: 2 })) as ReturnType<typeof Server>).term).toBe(2);
    expect(codec.decode(codec.encode(Client()))).toBeInstanceOf(Client);
  });
});

describe("equal bytes", () => {
  test("for sets and maps built in different orders", () => {
    const members = [n1, n2, n3, 1, 2, "a", "b", List([n1]), List([n2])];
    const forwards = ImmutableSet<unknown>(members);
    const backwards = ImmutableSet<unknown>([...members].reverse())
      .add("gone")
      .delete("gone");
    expect(same(forwards, backwards)).toBe(true);
    const entries = members.map((member, at): [unknown, unknown] => [member, at]);
    expect(same(ImmutableMap(entries), ImmutableMap([...entries].reverse()))).toBe(true);
  });

  test("for value objects with fields in different orders", () => {
    expect(same(value({ a: 1, b: 2 }), value({ b: 2, a: 1 }))).toBe(true);
  });

  test("for 0 and -0", () => {
    expect(same(0, -0)).toBe(true);
    expect(same(List([0]), List([-0]))).toBe(true);
    expect(Object.is(codec.decode(codec.encode(-0)), 0)).toBe(true);
  });
});

describe("different bytes", () => {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ["record types with equal fields", Server(), Client()],
    ["a record and a value object", Server(), value({ term: 0, log: List() })],
    ["1 and true", 1, true],
    ["1 and the string", 1, "1"],
    ["1 and the bigint", 1, 1n],
    ["null and undefined", null, undefined],
    ["a List and a Set", List([1]), ImmutableSet([1])],
    ["a List and a Stack", List([1]), Stack([1])],
    ["an empty Map and an empty Set", ImmutableMap(), ImmutableSet()],
    ["members in another order, where order counts", OrderedSet([1, 2]), OrderedSet([2, 1])],
    ["two members", n1, n2],
    ["members of two sets", n1, r1],
    ["a field that is undefined and none", value({ a: undefined }), value({})],
    ["nesting", List([List([1]), List([2])]), List([List([1, 2]), List()])],
  ];
  test.each(pairs)("%s", (_, a, b) => {
    expect(same(a, b)).toBe(false);
  });
});

test("a naming renames members, in sorted collections too", () => {
  const swap = (_: number, index: number): number => [1, 0, 2][index]!;
  const original = ImmutableMap<unknown, unknown>([
    [n1, ImmutableSet([n1, n3])],
    [n3, r1],
  ]);
  const renamed = ImmutableMap<unknown, unknown>([
    [n2, ImmutableSet([n2, n3])],
    [n3, r1],
  ]);
  expect(codec.encode(original, swap)).toEqual(codec.encode(renamed));
  expect(codec.encode(original)).not.toEqual(codec.encode(renamed));
});

describe("what cannot be encoded is named with its path", () => {
  const within = (it: unknown) => List([0, value({ entry: ImmutableMap([["k", it]]) })]);
  const cases: readonly (readonly [string, unknown, string])[] = [
    ["NaN", Number.NaN, "is NaN"],
    ["a function", () => 1, "is a function"],
    ["a symbol", Symbol("s"), "is a symbol"],
    ["a field named by a symbol", value({ [Symbol("s")]: 1 }), "has a field named by a symbol"],
    ["half a surrogate pair", "a\ud800", "is a text with half a surrogate pair"],
    ["the other half", "\udc00\ud800", "is a text with half a surrogate pair"],
    ["a Date", new Date(0), "is a Date object"],
    ["a Map of JavaScript", new Map(), "is a Map object"],
    ["an array", [1], "is an array; use a List"],
    ["a plain object", { a: 1 }, "is a plain object; wrap it as value({...})"],
    ["a lazy sequence", Seq([1, 2]), "is a lazy sequence"],
    ["a lazy repetition", Repeat(1, 2), "is a lazy sequence"],
    ["a promise", Promise.resolve(1), "is a promise"],
    ["a member of another model", new ModelValue("other", 0, "o1"), "an id set of another model"],
    [
      "a class that extends Record",
      new (class Sub extends Record({ a: 1 }, "Sub") {})(),
      "a class that extends Record",
    ],
  ];
  test.each(cases)("%s", (_, wrong, message) => {
    expect(() => codec.encode(wrong)).toThrow(ValueError);
    expect(() => codec.encode(wrong)).toThrow(message);
    expect(() => codec.encode(within(wrong))).toThrow("at 1.entry.value: ");
    expect(() => codec.encode(within(wrong))).toThrow(message);
    expect(() => codec.encode(Server({ log: List([wrong]) }))).toThrow("at log.0: ");
  });

  test("the codec works after a refusal", () => {
    expect(() => codec.encode(within([]))).toThrow(ValueError);
    comesBack(within(1));
  });
});

describe("any value", () => {
  const { any } = fc.letrec((tie) => {
    const inner = fc.array(tie("any"), { maxLength: 4 });
    const entries = fc.array(fc.tuple(tie("any"), tie("any")), { maxLength: 3 });
    return {
      any: fc.oneof(
        { maxDepth: 4, depthSize: "small" },
        fc.constantFrom<unknown>(null, undefined, true, false, n1, n2, n3, r1, r2),
        fc.maxSafeInteger(),
        fc.double({ noNaN: true }),
        fc.string({ unit: "binary" }),
        fc.string({ unit: fc.constantFrom("\ufeff", "\u0000", "\ufffd", "\ud83d\ude00", "x"), maxLength: 3 }),
        fc.bigInt(),
        inner.map((items) => List(items)),
        inner.map((items) => ImmutableSet(items)),
        inner.map((items) => OrderedSet(items)),
        inner.map((items) => Stack(items)),
        entries.map((pairs) => ImmutableMap(pairs)),
        entries.map((pairs) => OrderedMap(pairs)),
        fc.tuple(fc.nat(), inner).map(([term, log]) => Server({ term, log: List(log) })),
        fc.dictionary(fc.constantFrom("a", "b", "to"), tie("any")).map((fields) => value(fields as object)),
      ),
    };
  });

  test("comes back equal, with equal bytes, whatever was encoded before", () => {
    fc.assert(
      fc.property(any, any, (original, other) => {
        const bytes = codec.encode(original);
        codec.encode(other);
        expect(codec.encode(original)).toEqual(bytes);
        expect(new Codec([nodes, rings]).encode(original)).toEqual(bytes);
        comesBack(original);
      }),
      { numRuns: 300 },
    );
  });

  test("has the bytes of another only if they are equal", () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        if (same(a, b)) expect(is(a, b)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("in a set or map, in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ max: 20, min: 0 }), any), { maxLength: 8 }), (members) => {
        expect(same(ImmutableSet(members), ImmutableSet([...ImmutableSet(members)].reverse()))).toBe(true);
        const map = ImmutableMap(members.map((member, at): [unknown, unknown] => [member, at]));
        expect(same(map, ImmutableMap([...map].reverse()))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
