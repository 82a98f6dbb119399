/**
 * What makes a checker that remembers transitions silently wrong, each as a small model whose counts are
 * known, or are compared with the oracle's.
 */
import { Map as ImmutableMap, Set as ImmutableSet, List, OrderedSet, Record, Seq, Stack } from "immutable";
import { describe, expect, test } from "vitest";
import type { Model, ModelValue, Network, Outcome, State, StateView } from "../../src/index.ts";
import { assert, restarted, value } from "../../src/index.ts";
import { Reference } from "../../src/search/reference.ts";
import { expectAgreement } from "../support/agreement.ts";
import { explore, memoryFor, modelOf } from "../support/engine.ts";

type Node = ModelValue<"node">;

/** A model with one cell and one action that sets it once to something. */
function setting(what: () => unknown) {
  return modelOf((m) => {
    const box = m.cell<unknown>("box", 0);
    m.action("Fill", {}, (s) => (s.get(box) === 0 ? s.set(box, what()) : undefined));
  });
}

/** A model whose only action does something with its state. */
function acting(run: (s: State) => unknown) {
  return modelOf((m) => {
    m.cell("unused", 0);
    m.action("Try", {}, run as (s: State) => Outcome);
  });
}

describe("reads", () => {
  test("which part is read next may depend on what was read before", () => {
    const model = modelOf((m) => {
      const nodes = m.scalarset("node", 3);
      const next = m.perNode<Node, Node | null>("next", nodes, null);
      const at = m.cell<Node | null>("at", null);
      const count = m.perNode("count", nodes, 0);
      m.action("Link", { i: nodes, j: nodes }, (s, { i, j }) =>
        s.get(next, i) === null ? s.set(next, i, j) : undefined,
      );
      m.action("Start", { i: nodes }, (s, { i }) => (s.get(at) === null ? s.set(at, i) : undefined));
      m.action("Follow", {}, (s) => {
        const here = s.get(at);
        if (here === null) return;
        const there = s.get(next, here);
        if (there === null || s.get(count, there) === 1) return;
        return s.set(at, there).set(count, there, 1);
      });
    });
    expectAgreement(model);
  });

  test("absence, size, has and iteration are reads", () => {
    const model = modelOf((m) => {
      const nodes = m.scalarset("node", 2);
      const book = m.cell("book", ImmutableMap<Node, number>());
      const seen = m.perNode("seen", nodes, -1);
      m.action("Write", { i: nodes }, (s, { i }) =>
        s.get(book).has(i) ? undefined : s.update(book, (map) => map.set(i, map.size)),
      );
      m.action("Erase", { i: nodes }, (s, { i }) =>
        s.get(book).has(i) && s.get(seen, i) < 2 ? s.update(book, (map) => map.delete(i)) : undefined,
      );
      m.action("LookUp", { i: nodes }, (s, { i }) =>
        s.set(seen, i, s.get(book).get(i) === undefined ? 0 : 1),
      );
      m.action("Sum", { i: nodes }, (s, { i }) => {
        let sum = 0;
        for (const [, n] of s.get(book)) sum += n + 1;
        return s.set(seen, i, sum);
      });
    });
    expectAgreement(model);
  });

  test("the spec's function runs once for each combination of what it reads", () => {
    let calls = 0;
    const model = modelOf((m) => {
      const nodes = m.orderedIds("node", 1);
      const [node] = nodes.members;
      const phase = m.cell("phase", 0);
      const number = m.cell("number", 0);
      const sends = m.budget("sends", 20);
      const net = m.network<{ type: "X"; to: typeof node & {}; n: number }>("net", nodes, { kind: "bag" });
      m.action("Count", {}, (s) => (s.get(number) < 9 ? s.set(number, s.get(number) + 1) : undefined));
      m.action("Send", {}, (s) => {
        calls++;
        return s.spend(sends).send(net, { type: "X", to: node!, n: s.get(phase) });
      });
    });
    const { distinct } = explore(model, { audit: false });
    expect(distinct).toBe(210);
    // The budget, the mailbox and the number are not read: one combination. What ends up in a table is run again
    // when it turns out what belongs into its key.
    expect(calls).toBeLessThanOrEqual(3);
  });

  test("an action that reads everything is still right", () => {
    const model = modelOf((m) => {
      const nodes = m.scalarset("node", 3);
      const count = m.perNode("count", nodes, 0);
      m.action("Up", { i: nodes }, (s, { i }) => {
        const counts = nodes.map((j) => s.get(count, j));
        const sum = counts.reduce((a, b) => a + b, 0);
        return sum < 7 && s.get(count, i) < 4 ? s.set(count, i, s.get(count, i) + 1) : undefined;
      });
      m.invariant("Small", (s) => nodes.map((j) => s.get(count, j)).reduce((a, b) => a + b, 0) < 7);
    });
    expectAgreement(model);
  });

  test("reads after a write see the write", () => {
    const model = modelOf((m) => {
      const nodes = m.orderedIds("node", 2);
      const [a, b] = nodes.members as [(typeof nodes.members)[number], (typeof nodes.members)[number]];
      const cell = m.cell("cell", 0);
      const budget = m.budget("budget", 3);
      const net = m.network<{ type: "X"; to: typeof a; from: typeof a; n: number }>("net", nodes, {
        kind: "fifo",
      });
      const seen = m.cell("seen", List<number>());
      m.action("Act", {}, (s) => {
        const sent = s.spend(budget, 2).send(net, { type: "X", from: a, to: b, n: 1 }).set(cell, 5);
        const cleared = sent.clear(net, a, b);
        return sent.set(
          seen,
          List([
            sent.left(budget),
            sent.channel(net, a, b).size,
            sent.get(cell),
            cleared.channel(net, a, b).size,
          ]),
        );
      });
      m.reachable("Seen", (s) => s.get(seen).equals(List([1, 1, 5, 0])));
    });
    expectAgreement(model);
    expect(explore(model).reached).toEqual([{ property: "Seen", steps: 1 }]);
  });
});

describe("effects", () => {
  test("operations on one part apply in the order in which they were made", () => {
    const model = modelOf((m) => {
      const nodes = m.orderedIds("node", 1);
      const [node] = nodes.members;
      type Message = { type: "X"; to: typeof node & {}; from: typeof node & {}; n: number };
      const message = (n: number): Message => ({ type: "X", from: node!, to: node!, n });
      const fifo = m.network<Message>("fifo", nodes, { kind: "fifo" });
      const set = m.network<Message>("set", nodes, { kind: "set" });
      const turn = m.cell("turn", 0);
      const at = (s: State, n: number): State | undefined => (s.get(turn) === 0 ? s.set(turn, n) : undefined);
      m.action("SendSend", {}, (s) => at(s, 1)?.send(fifo, message(1)).send(fifo, message(2)));
      m.action("OtherOrder", {}, (s) => at(s, 1)?.send(fifo, message(2)).send(fifo, message(1)));
      m.action("SendClear", {}, (s) => at(s, 2)?.send(fifo, message(1)).clear(fifo, node!, node!));
      m.action("ClearSend", {}, (s) =>
        at(s, 3)?.send(fifo, message(1)).clear(fifo, node!, node!).send(fifo, message(2)),
      );
      m.action("SendDiscard", {}, (s) => at(s, 4)?.send(set, message(1)).discard(set, message(1)));
      m.action("DiscardSend", {}, (s) => at(s, 5)?.discard(set, message(1)).send(set, message(1)));
      m.action("OnceTwice", {}, (s) => at(s, 6)?.sendOnce(set, message(1)).sendOnce(set, message(1)));
      m.action("OnceClearOnce", {}, (s) =>
        at(s, 7)?.sendOnce(set, message(1)).clear(set, node!).sendOnce(set, message(1)),
      );
      m.action("DiscardTail", {}, (s) =>
        at(s, 8)?.send(fifo, message(1), message(2)).discard(fifo, message(2)),
      );
    });
    const oracle = expectAgreement(model);
    // SendSend, OtherOrder, SendClear, ClearSend, SendDiscard and OnceClearOnce; the others are not possible.
    expect(
      oracle.expected({ symmetry: false, keepGoing: true, deadlock: false, depthMax: null }).levels,
    ).toEqual([1, 6]);
  });

  test.each(["bag", "sent-bag", "set", "sent-set", "fifo", "fifo-no-repeat"] as const)(
    "messages that only Immutable calls equal are refused where one would be taken for the other: %s",
    (kind) => {
      interface Fields {
        to: Node | null;
        from: Node | null;
      }
      const Ask = Record<Fields>({ to: null, from: null }, "Ask");
      const Tell = Record<Fields>({ to: null, from: null }, "Tell");
      type Message = { readonly to: Node; readonly from: Node };
      const sending = (take: (s: State, net: Network<Message>, tell: Message) => State) =>
        modelOf((m) => {
          const nodes = m.scalarset("node", 2);
          const net = m.network<Message>("net", nodes, { kind });
          const sends = m.budget("sends", 2);
          m.action("Ask", { i: nodes }, (s, { i }) =>
            s.spend(sends).send(net, Ask({ to: i, from: i }) as unknown as Message),
          );
          m.action("Tell", { i: nodes }, (s, { i }) =>
            take(s.spend(sends), net, Tell({ to: i, from: i }) as unknown as Message),
          );
          m.receive("Take", net, (s) => s);
        });
      const refused = /net has two messages that Immutable.js calls equal/;
      const both = sending((s, net, tell) => s.send(net, tell));
      if (kind === "fifo") expectAgreement(both);
      else {
        expect(() => explore(both)).toThrow(refused);
        expect(() => new Reference(both).run()).toThrow(refused);
      }
      for (const model of [
        sending((s, net, tell) => s.sendOnce(net, tell)),
        sending((s, net, tell) => s.discard(net, tell)),
      ]) {
        expect(() => explore(model)).toThrow(refused);
        expect(() => new Reference(model).run()).toThrow(refused);
      }
    },
  );

  test("a disabled operation removes its outcome and no other", () => {
    const model = modelOf((m) => {
      const nodes = m.scalarset("node", 2);
      const budget = m.budget("budget", 2);
      const count = m.cell("count", 0);
      const net = m.network<{ type: "X"; to: Node }>("net", nodes, { kind: "sent-set" });
      m.action("Either", { i: nodes }, (s, { i }) => [
        s.spend(budget, 2).set(count, 1),
        s.sendOnce(net, { type: "X", to: i }),
        s.set(count, 2),
      ]);
    });
    const oracle = expectAgreement(model);
    const { actions } = oracle.expected({
      symmetry: false,
      keepGoing: false,
      deadlock: true,
      depthMax: null,
    });
    expect(actions).toEqual({ Either: { enabled: oracle.states.size, generated: expect.any(Number) } });
  });

  test("a budget that is short is reported, and ends a path only when nothing else does", () => {
    const model = modelOf((m) => {
      const nodes = m.orderedIds("node", 1);
      const [node] = nodes.members;
      const budget = m.budget("budget", 0);
      const net = m.network<{ type: "X"; to: typeof node & {} }>("net", nodes, { kind: "sent-set" });
      const sent = m.cell("sent", false);
      m.action("Send", {}, (s) =>
        s.get(sent) ? undefined : s.set(sent, true).send(net, { type: "X", to: node! }),
      );
      // Not possible by the protocol, and not affordable either.
      m.action("Again", {}, (s) =>
        s.get(sent) && s.left(budget) >= 0
          ? s.sendOnce(net, { type: "X", to: node! }).spend(budget)
          : undefined,
      );
    });
    expectAgreement(model);
    const { violations, bounds, boundTerminal } = explore(model);
    expect(violations.map(({ kind }) => kind)).toEqual(["deadlock"]);
    expect(boundTerminal).toBe(0);
    expect(bounds).toEqual([{ name: "budget", kind: "budget", limit: 0, hit: true }]);
  });

  test("budgets and bounds are told apart, and a state that only they stop is no deadlock", () => {
    const model = modelOf((m) => {
      const b1 = m.budget("b1", 1);
      const b2 = m.faultBudget("b2", 1);
      const most = m.bound("most", 2);
      const never = m.bound("never", 9);
      const count = m.cell("count", 0);
      m.action("Up", {}, (s) => {
        const next = s.get(count) + 1;
        return s.within(most, next) && s.within(never, next) ? s.set(count, next).spend(b1) : undefined;
      });
      m.action(
        "Fault",
        {},
        (s) => (s.get(count) === 1 ? s.spend(b2).set(count, 0).spend(b1, 0) : undefined),
        { fault: true },
      );
    });
    expectAgreement(model);
    const { violations, bounds, boundTerminal } = explore(model);
    expect(violations).toEqual([]);
    expect(boundTerminal).toBeGreaterThan(0);
    expect(bounds.map(({ name, hit }) => `${name} ${hit}`)).toEqual([
      "most false",
      "never false",
      "b1 true",
      "b2 false",
    ]);
  });

  test("outcomes are not deduplicated, and self-loops are generated", () => {
    const model = modelOf((m) => {
      const cell = m.cell("cell", 0);
      m.action("Twice", {}, (s) => [s.set(cell, 1), s.set(cell, 1)]);
      m.action("Stay", {}, (s) => s);
      m.action("None", {}, () => []);
    });
    const { generated, distinct, actions } = explore(model);
    expect({ generated, distinct }).toEqual({ generated: 7, distinct: 2 });
    expect(actions).toEqual({
      Twice: { enabled: 2, generated: 4 },
      Stay: { enabled: 2, generated: 2 },
      None: { enabled: 0, generated: 0 },
    });
  });

  test("an outcome may be a state, an iterable, a generator, or nothing", () => {
    const model = modelOf((m) => {
      const cell = m.cell("cell", 0);
      m.action("Lazy", {}, function* (s) {
        if (s.get(cell) > 0) return;
        yield s.set(cell, 1);
        yield null;
        yield s.set(cell, 2);
      });
      m.action("Seq", {}, (s) => (s.get(cell) === 1 ? Seq([3, 4]).map((n) => s.set(cell, n)) : false));
      m.action("Null", {}, () => null);
    });
    expect(explore(model, { deadlock: false }).levels).toEqual([1, 2, 2]);
  });

  test("an action may change hundreds of parts at once, read or not, alone in their words or not", () => {
    for (const isRead of [true, false])
      for (const every of [1, 7]) {
        const model = modelOf((m) => {
          const cells = Array.from({ length: 1600 }, (_, n) => m.cell(`cell${n}`, 0));
          const some = cells.filter((_, n) => every === 1 || n % every > 0);
          const first = some[0]!;
          m.action("Up", {}, (s) => {
            const next = s.get(first) + 1;
            if (next > 2) return;
            return some.reduce(
              (to, cell) => (isRead ? to.update(cell, (n) => n + 1) : to.set(cell, next)),
              s,
            );
          });
          m.invariant("Alike", (s) => some.every((cell) => s.get(cell) === s.get(first)));
        });
        const { levels, violations } = explore(model, { deadlock: false }, memoryFor(model));
        expect({ levels, violations }).toEqual({ levels: [1, 1, 1], violations: [] });
      }
  });

  test("an action may write a part that it does not read", () => {
    const model = modelOf((m) => {
      const nodes = m.scalarset("node", 2);
      const cell = m.cell<Node | null>("cell", null);
      const other = m.cell("other", 0);
      m.action("Put", { i: nodes }, (s, { i }) => s.set(cell, i).set(other, 1));
      m.action("Clear", {}, (s) => s.set(cell, null));
    });
    expectAgreement(model);
  });
});

describe("ranges", () => {
  test("members that could not be part of a state: subsets as arrays, plain objects, functions", () => {
    const model = modelOf((m) => {
      const nodes = m.scalarset("node", 3);
      const on = m.perNode("on", nodes, 0);
      const last = m.cell<Node | null>("last", null);
      const raise = (s: State, i: Node): State => s.update(on, i, (n) => Math.min(n + 1, 1));
      m.action("Both", { pair: nodes.subsets(2) }, (s, { pair }) => pair.reduce(raise, s));
      m.action("Computed", {}, { pair: () => nodes.subsets(2) }, (s, { pair }) => pair.reduce(raise, s));
      m.action("Object", {}, { to: () => nodes.map((i) => ({ i, by: [i] })) }, (s, { to }) =>
        s.set(last, to.i),
      );
      m.invariant("NoPair", { pair: nodes.subsets(2) }, (s, { pair }) =>
        pair.some((i) => s.get(on, i) === 0),
      );
      m.invariant("NotLast", { pair: nodes.subsets(2), is: [Boolean] }, (s, { pair, is }) =>
        pair.every((i) => !is(s.get(on, i)) || s.get(last) !== i),
      );
      m.stepProperty("Kept", { to: nodes.map((i) => ({ i })) }, (before, after, { to }) =>
        before.get(last) !== to.i ? true : after.get(last) === to.i || after.get(on, to.i) === 1,
      );
    });
    expectAgreement(model);
    const { violations } = explore(model, { keepGoing: true });
    expect(violations.map(({ property, trace }) => `${property} ${trace.at(-1)!.action}`)).toEqual([
      "NoPair Both([n1, n2])",
      'NotLast Object({"i":"n1","by":["n1"]})',
      'Kept Object({"i":"n2","by":["n2"]})',
    ]);
  });

  test("a range of a property that cannot be renamed is named", () => {
    const model = modelOf((m) => {
      const nodes = m.scalarset("node", 2);
      const on = m.perNode("on", nodes, 0);
      m.action("On", { i: nodes }, (s, { i }) => s.set(on, i, 1));
      m.invariant("Off", { all: [new Set(nodes)] }, (s, { all }) => [...all].every((i) => s.get(on, i) < 2));
    });
    expect(() => explore(model)).toThrow(/^Off: its range all has a member that is a Set object/);
  });
});

describe("identity", () => {
  const One = Record({ a: 0, b: 0 }, "One");
  const Two = Record({ a: 0, b: 0 }, "Two");

  test.each<[string, readonly unknown[], number]>([
    ["records of two types with equal fields", [One(), Two()], 2],
    [
      "a record, a value object and a Map with equal fields",
      [One(), value({ a: 0, b: 0 }), ImmutableMap({ a: 0, b: 0 })],
      3,
    ],
    [
      "a List, a Stack, a Set and an OrderedSet",
      [List([1]), Stack([1]), ImmutableSet([1]), OrderedSet([1])],
      4,
    ],
    [
      "sets built in different order",
      [ImmutableSet([1, 2, 3]), ImmutableSet([3, 2, 1]), ImmutableSet([2]).union([3, 1])],
      1,
    ],
    ["ordered sets in different order", [OrderedSet([1, 2]), OrderedSet([2, 1])], 2],
    [
      "maps built in different order",
      [
        ImmutableMap([
          ["x", 1],
          ["y", 2],
        ]),
        ImmutableMap([
          ["y", 2],
          ["x", 1],
        ]),
      ],
      1,
    ],
    [
      "nested collections built in different order",
      [
        List([
          ImmutableMap([
            [ImmutableSet([1, 2]), 1],
            [ImmutableSet([3]), 2],
          ]),
        ]),
        List([
          ImmutableMap([
            [ImmutableSet([3]), 2],
            [ImmutableSet([2, 1]), 1],
          ]),
        ]),
      ],
      1,
    ],
    ["0 and -0", [1, 1 * 0, -1 * 0].slice(1), 1],
    ["a number, its text, its bigint and true", [7, "7", 7n, true], 4],
    ["null, undefined, false, an empty text and an empty List", [null, undefined, false, "", List()], 5],
    ["value objects with fields in different order", [value({ a: 1, b: 2 }), value({ b: 2, a: 1 })], 1],
    ["value objects with a field undefined and without it", [value({ a: undefined }), value({})], 2],
    [
      "halves and whole numbers",
      [0.5, 1, 1.5, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, Number.MAX_VALUE],
      6,
    ],
    [
      "integers that lose a bit when doubled",
      [2 ** 52, -(2 ** 52) - 1, -(2 ** 52) - 2, 2 ** 53 - 1, -(2 ** 53) + 1],
      5,
    ],
    ["texts with the same bytes in another encoding", ["\u00e4", "a\u0308", "\u00c3\u00a4"], 3],
  ])("%s", (_, values, count) => {
    const model = modelOf((m) => {
      const box = m.cell<unknown>("box", "nothing yet");
      m.action("Fill", { n: values.keys() }, (s, { n }) =>
        s.get(box) === "nothing yet" ? s.set(box, values[n]) : undefined,
      );
    });
    expect(explore(model, { deadlock: false }).levels).toEqual([1, count]);
  });

  test("members of two ordered id sets, and their numbers, are different members of a Set", () => {
    const model = modelOf((m) => {
      const rings = m.orderedIds("ring", 2);
      const places = m.orderedIds("place", 2);
      const seen = m.cell("seen", ImmutableSet<unknown>());
      m.action("See", { one: [...rings, ...places, 1, 2] }, (s, { one }) =>
        s.get(seen).has(one) ? undefined : s.update(seen, (all) => all.add(one)),
      );
      const [r1, r2] = rings.members;
      m.invariant("Ordered", () => r1! < r2! && `${r1}${r2!}` === "r1r2" && Number(r2) === 2);
    });
    expect(explore(model, { deadlock: false })).toMatchObject({ violations: [], distinct: 2 ** 6 });
  });

  test("a state that differs in any variable is another state", () => {
    const model = modelOf((m) => {
      const nodes = m.scalarset("node", 2);
      const cell = m.cell("cell", 0);
      const per = m.perNode("per", nodes, 0);
      const budget = m.budget("budget", 1);
      const history = m.history<number, number>("history", 0, (n, by) => n + by);
      const bag = m.network<{ type: "X"; to: Node }>("bag", nodes, { kind: "bag" });
      const fifo = m.network<{ type: "X"; from: Node; to: Node }>("fifo", nodes, { kind: "fifo" });
      const [a, b] = nodes.members as [Node, Node];
      const turn = m.cell("turn", 0);
      m.initial((s) => s.set(turn, 1));
      const once = (name: string, change: (s: State) => State): void =>
        m.action(name, {}, (s) => (s.get(turn) === 1 ? change(s.set(turn, 2)) : undefined));
      once("Cell", (s) => s.set(cell, 1));
      once("Per", (s) => s.set(per, a, 1));
      once("Per2", (s) => s.set(per, b, 1));
      once("Spend", (s) => s.spend(budget));
      once("Record", (s) => s.record(history, 1));
      once("Bag", (s) => s.send(bag, { type: "X", to: a }));
      once("Bag2", (s) => s.send(bag, { type: "X", to: b }));
      once("BagTwice", (s) => s.send(bag, { type: "X", to: a }, { type: "X", to: a }));
      once("Fifo", (s) => s.send(fifo, { type: "X", from: a, to: b }));
      once("Fifo2", (s) => s.send(fifo, { type: "X", from: b, to: a }));
      once("Nothing", (s) => s);
    });
    expect(explore(model, { symmetry: false, deadlock: false }).levels).toEqual([1, 11]);
    // Swapping the nodes makes one of Per and Per2, of Bag and Bag2, of Fifo and Fifo2. The actions name nodes by
    // position: the audit would say so.
    expect(explore(model, { symmetry: true, deadlock: false, audit: false }).levels).toEqual([1, 8]);
  });
});

describe("values that cannot be part of a state are named with the action and the place", () => {
  const Log = Record({ log: List<unknown>() }, "Log");
  test.each<[string, () => unknown, RegExp]>([
    ["NaN", () => Number.NaN, /^action Fill: box is NaN/],
    ["a function", () => () => 1, /^action Fill: box is a function/],
    ["a symbol", () => Symbol("x"), /^action Fill: box is a symbol/],
    ["a date", () => new Date(0), /^action Fill: box is a Date object/],
    ["a lazy sequence", () => Seq([1]), /^action Fill: box is a lazy sequence/],
    ["a promise", () => Promise.resolve(1), /^action Fill: box is a promise/],
    ["a plain object", () => ({ a: 1 }), /^action Fill: box is a plain object; wrap it as value/],
    ["an array", () => [1], /^action Fill: box is an array; use a List/],
    ["a native Map", () => new Map(), /^action Fill: box is a Map object/],
    [
      "a native Set in a field",
      () => value({ members: new Set() }),
      /^action Fill: box at members: is a Set object/,
    ],
    [
      "an array deep inside",
      () => Log({ log: List([value({ term: [1] })]) }),
      /^action Fill: box at log\.0\.term: is an array/,
    ],
    ["NaN in a Map", () => ImmutableMap([["k", Number.NaN]]), /^action Fill: box at value: is NaN/],
    ["a plain object in a Set", () => ImmutableSet([{ a: 1 }]), /^action Fill: box is a plain object/],
  ])("%s", (_, what, message) => {
    expect(() => explore(setting(what))).toThrow(message);
  });

  test("in an initial state", () => {
    expect(() => explore(modelOf((m) => void m.cell<unknown>("box", [])))).toThrow(
      /^initial state: box is an array/,
    );
    const model = modelOf((m) => {
      const nodes = m.scalarset("node", 2);
      const box = m.perNode<Node, unknown>("box", nodes, 0);
      m.initial((s) => s.set(box, nodes.members[1]!, Number.NaN));
    });
    expect(() => explore(model)).toThrow(/^initial state: box\[n2\] is NaN/);
  });

  test("in a message", () => {
    const model = modelOf((m) => {
      const nodes = m.scalarset("node", 1);
      const net = m.network<{ type: "X"; to: Node; when: unknown }>("net", nodes, { kind: "bag" });
      m.action("Send", { i: nodes }, (s, { i }) => s.send(net, { type: "X", to: i, when: new Date(0) }));
    });
    expect(() => explore(model)).toThrow(/^action Send: net\[n1\] at when: is a Date object/);
  });

  test("in an event and in what a history makes of it", () => {
    const history = (append: (n: unknown, event: unknown) => unknown, event: unknown) =>
      modelOf((m) => {
        const h = m.history<unknown, unknown>("h", 0, append);
        const c = m.cell("c", 0);
        m.action("Tell", {}, (s) => (s.get(c) < 2 ? s.set(c, s.get(c) + 1).record(h, event) : undefined));
      });
    expect(() => explore(history((n) => n, [1]))).toThrow(/^action Tell: h is an array/);
    expect(() => explore(history(() => Number.NaN, 1))).toThrow(/history h: what append returns is NaN/);
    const failing = history(() => {
      throw new Error("append fails");
    }, 1);
    expect(() => explore(failing)).toThrow(/history h: append threw: append fails/);
  });

  test("a class that extends Record is refused", () => {
    class Point extends Record({ x: 0 }, "Point") {}
    expect(() => explore(setting(() => new Point()))).toThrow(
      /^action Fill: box is a class that extends Record \(Point\)/,
    );
  });

  test("a member of an id set of another model is refused", () => {
    let stranger: unknown;
    modelOf((m) => {
      [stranger] = m.scalarset("stranger", 1).members;
    });
    expect(() => explore(setting(() => stranger))).toThrow(/^action Fill: box is a member of stranger/);
  });
});

describe("rules", () => {
  test("a state kept from an earlier run cannot be used", () => {
    let kept: State | null = null;
    const model = modelOf((m) => {
      const cell = m.cell("cell", 0);
      m.action("Keep", {}, (s) => {
        kept ??= s;
        return s.set(cell, kept.get(cell) === 0 ? 1 : 2);
      });
    });
    expect(() => explore(model)).toThrow(/^action Keep: uses a state after its run has ended/);
  });

  test("a state of another run cannot be returned", () => {
    let kept: State | null = null;
    const model = modelOf((m) => {
      const cell = m.cell("cell", 0);
      m.action("Step", {}, (s) => (s.get(cell) < 2 ? s.set(cell, s.get(cell) + 1) : undefined));
      m.action("Keep", {}, (s) => {
        const given = kept ?? s;
        kept = s;
        return s.get(cell) < 2 ? given : undefined;
      });
    });
    expect(() => explore(model)).toThrow(/^action Keep: returned a state of another run/);
  });

  test.each<[string, (s: State) => unknown, RegExp]>([
    ["a promise", async (s) => s, /^action Try: returned a promise/],
    ["a number", () => 3, /^action Try: returned a number/],
    ["true", () => true, /^action Try: returned a boolean/],
    ["a list of numbers", () => [1], /^action Try: returned a number/],
  ])("returning %s is an error", (_, run, message) => {
    expect(() => explore(acting(run))).toThrow(message);
  });

  test.each<[string, unknown, string]>([
    ["an object", { yes: true }, "an object"],
    ["a promise", Promise.resolve(true), "a promise"],
    ["nothing", undefined, "nothing"],
  ])("%s is no answer of a final test", (_, answer, text) => {
    const model = modelOf((m) => {
      m.cell("cell", 0);
      m.final("Done", () => answer as boolean);
    });
    expect(() => explore(model)).toThrow(`final Done: gave ${text}, not true or false`);
    expect(() => new Reference(model).run()).toThrow("not true or false");
  });

  test("a range that is computed is a set or list", () => {
    const model = modelOf((m) => {
      const cell = m.cell("cell", 0);
      m.action("Pick", {}, { n: (s) => s.get(cell) as never }, (s, { n }) => s.set(cell, n as number));
    });
    expect(() => explore(model)).toThrow("action Pick: its range n gave a number, not a set or list");
  });

  test.each<[string, (m: Model) => void, string]>([
    ["no name", (m) => m.final(((): boolean => true) as never, undefined as never), "m.final() needs a name"],
    ["no function", (m) => m.invariant("P", undefined as never), "P: m.invariant() needs a function"],
    [
      "a misspelt option of an action",
      (m) => m.action("A", {}, () => undefined, { fualt: true } as never),
      "A: m.action() has no option fualt; did you mean fault?",
    ],
    [
      "a misspelt option of a property",
      (m) => m.invariant("P", () => true, { premiss: () => true } as never),
      "P: m.invariant() has no option premiss; did you mean premise?",
    ],
    [
      "a misspelt option of a network",
      (m) => {
        const nodes = m.scalarset("node", 2);
        m.network("net", nodes, { kind: "bag", lost: m.faultBudget("lost", 1) } as never);
      },
      "the network net has no option lost; did you mean loss?",
    ],
  ])("a declaration with %s is refused", (_, declare, message) => {
    expect(() => modelOf(declare)).toThrow(message);
  });

  test("an action cannot read a history", () => {
    const model = modelOf((m) => {
      const h = m.history<number, number>("h", 0, (n, by) => n + by);
      m.action("Peek", {}, (s) => (s.get(h) === 0 ? s.record(h, 1) : undefined));
    });
    expect(() => explore(model)).toThrow(/^action Peek: reads the history h; actions may only append to it/);
  });

  test.each<[string, (a: Node, b: Node) => unknown]>([
    ["<", (a, b) => a < b],
    [">=", (a, b) => a >= b],
    ["+", (a) => (a as unknown as number) + 1],
    ["-", (a) => (a as unknown as number) - 1],
    ["unary +", (a) => +(a as unknown as number)],
    // biome-ignore lint/suspicious/noDoubleEquals: this is what is tested
    ["== with a number", (a) => (a as unknown) == 1],
    ["a template", (a) => `${a as unknown as string}`],
    ["String", (a) => String(a)],
    ["JSON.stringify", (a) => JSON.stringify({ a })],
    ["a property name", (a) => ({ [a as unknown as string]: 1 })],
    ["sort", (a, b) => [b, a].sort()],
    ["Immutable's sort", (a, b) => List([b, a]).sort()],
    ["Math.max", (a, b) => Math.max(a as unknown as number, b as unknown as number)],
    ["join", (a) => [a].join()],
  ])("a model value used with %s is an error that names the action and the set", (_, use) => {
    const model = modelOf((m) => {
      const nodes = m.scalarset("node", 2);
      const cell = m.cell("cell", 0);
      const [a, b] = nodes.members as [Node, Node];
      m.action("Misuse", {}, (s) => {
        use(a, b);
        return s.set(cell, 1);
      });
    });
    expect(() => explore(model)).toThrow(/^action Misuse: uses a model value of node /);
  });

  test("ordered ids can be compared, added and printed", () => {
    const model = modelOf((m) => {
      const nodes = m.orderedIds("node", 3);
      const cell = m.cell("cell", "");
      m.action("Use", { i: nodes, j: nodes }, (s, { i, j }) =>
        i < j && i.number + 1 === j.number ? s.set(cell, `${i}${String(j)}`) : undefined,
      );
      m.reachable("Seen", (s) => s.get(cell) === "n2n3");
    });
    expect(explore(model).levels).toEqual([1, 2]);
    expect(explore(model).reached).toEqual([{ property: "Seen", steps: 1 }]);
  });

  test.each<[string, (a: Node, b: Node) => unknown, string]>([
    ["misusing a model value", (a, b) => a < b, "uses a model value"],
    ["reading a history", () => undefined, "reads the history"],
  ])("%s is not hidden by try", (_, use, message) => {
    const model = modelOf((m) => {
      const nodes = m.scalarset("node", 2);
      const [a, b] = nodes.members as [Node, Node];
      const h = m.history<number, number>("h", 0, (n, by) => n + by);
      m.action("Hide", {}, (s) => {
        try {
          use(a, b);
          s.get(h);
        } catch {
          return s;
        }
        return s;
      });
    });
    expect(() => explore(model)).toThrow(`action Hide: ${message}`);
  });

  test("misuse in a property, a premise, a constraint and a final test is not hidden either", () => {
    const hidden = (a: Node, b: Node): boolean => {
      try {
        return a < b;
      } catch {
        return true;
      }
    };
    const model = (declare: (m: Parameters<Parameters<typeof modelOf>[0]>[0], test: () => boolean) => void) =>
      modelOf((m) => {
        const [a, b] = m.scalarset("node", 2).members as [Node, Node];
        const cell = m.cell("cell", 0);
        m.action("Up", {}, (s) => (s.get(cell) < 2 ? s.set(cell, s.get(cell) + 1) : undefined));
        declare(m, () => hidden(a, b));
      });
    expect(() => explore(model((m, test) => m.invariant("I", test)))).toThrow(/^I: uses a model value/);
    expect(() => explore(model((m, test) => m.stepProperty("S", test)))).toThrow(/^S: uses a model value/);
    expect(() => explore(model((m, test) => m.reachable("R", test)))).toThrow(/^R: uses a model value/);
    expect(() => explore(model((m, test) => m.constraint("C", test)))).toThrow(/^C: uses a model value/);
    expect(() => explore(model((m, premise) => m.invariant("P", () => true, { premise })))).toThrow(
      /^P: uses a model value/,
    );
    expect(() => explore(model((m, test) => m.final("F", test)))).toThrow(/F.* uses a model value/);
  });

  test.each([0.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 1_000_001])(
    "spending %d is an error",
    (amount) => {
      const model = modelOf((m) => {
        const budget = m.budget("budget", 3);
        m.action("Spend", {}, (s) => s.spend(budget, amount));
      });
      expect(() => explore(model)).toThrow(/^action Spend: spends .* of budget; spend a whole number/);
    },
  );

  test("a property must answer true or false", () => {
    const model = modelOf((m) => {
      m.cell("cell", 0);
      m.invariant("I", (() => undefined) as unknown as () => boolean);
    });
    expect(() => explore(model)).toThrow(/gave nothing, not true or false$/);
  });

  test("an argument that is no member of the variable's id set is an error", () => {
    const model = modelOf((m) => {
      const nodes = m.scalarset("node", 2);
      const values = m.scalarset("value", 2);
      const per = m.perNode("per", nodes, 0);
      m.action("Wrong", {}, (s) => s.set(per, values.members[0] as unknown as Node, 1));
    });
    expect(() => explore(model)).toThrow(/^action Wrong: per is indexed by node, not by a member of value/);
  });
});

describe("a property that is not a function of the state is named", () => {
  const Pair = Record({ a: 0, b: 0 }, "Pair");
  let calls = 0;
  test.each<[string, (m: Model, get: (s: StateView) => ReturnType<typeof Pair>) => void]>([
    ["a variable outside", (m, get) => m.invariant("P", (s) => get(s).a < 0 || ++calls % 50 !== 0)],
    [
      "a variable outside, in a premise",
      (m, get) => m.invariant("P", () => true, { premise: (s) => get(s).a >= 0 && ++calls % 50 === 0 }),
    ],
    [
      "the order of a Set",
      (m) => {
        const set = m.cell("set", ImmutableSet([1, 2, 3]));
        m.reachable("P", (s) => s.get(set).first() === 3);
      },
    ],
    [
      "the identity of a record, before and after a step",
      (m, get) => m.stepProperty("P", (before, after) => get(before) !== get(after) || get(after).a === 7),
    ],
    [
      "the identity of records of two nodes",
      (m) => {
        const nodes = m.scalarset("node", 2);
        const pairs = m.perNode("pairs", nodes, Pair());
        m.invariant("P", (s) => {
          const [first, ...others] = nodes.map((i) => s.get(pairs, i));
          return others.every((one) => one === first);
        });
      },
    ],
    [
      "a variable outside, in a constraint",
      (m, get) => m.constraint("P", (s) => get(s).a < 0 || ++calls % 50 !== 0),
    ],
  ])("%s", (_, declare) => {
    const model = modelOf((m) => {
      const pair = m.cell("pair", Pair());
      m.action("A", {}, (s) =>
        s.get(pair).a < 60 ? s.update(pair, (it) => it.set("a", it.a + 1)) : undefined,
      );
      declare(m, (s) => s.get(pair));
    });
    expect(() => explore(model, { deadlock: false })).toThrow(
      /^P gave different answers for the same state; a property must not read time/,
    );
  });
});

test("what an initializer returns must be states", () => {
  const model = modelOf((m) => {
    m.cell("unused", 0);
    m.initial(() => 3 as never);
  });
  expect(() => explore(model)).toThrow(/^initial state: returned a number/);
});

describe("variables used for what they are not", () => {
  const wrong = (use: (s: State, variables: { readonly [name: string]: never }) => unknown) =>
    modelOf((m) => {
      const nodes = m.scalarset("node", 2);
      const variables = {
        i: nodes.members[0],
        cell: m.cell("cell", 0),
        per: m.perNode("per", nodes, 0),
        budget: m.budget("budget", 1),
        history: m.history("history", 0, (n) => n),
        net: m.network("net", nodes, { kind: "bag" }),
      };
      m.action("Wrong", {}, (s) => use(s, variables as never) as Outcome);
    });

  test.each<[string, Parameters<typeof wrong>[0], string]>([
    ["no owner", (s, { per }) => s.get(per!), "per has a value for each member of node; say which one"],
    [
      "a budget set",
      (s, { budget }) => s.set(budget!, 9 as never),
      "set() is not for budget, which is a budget",
    ],
    ["a history set", (s, { history }) => s.set(history!, 9 as never), "set() is not for history"],
    [
      "a network set",
      (s, { net, i }) => s.set(net!, i!, 3 as never),
      "set() is not for net, which is a network",
    ],
    ["a cell recorded to", (s, { cell }) => s.record(cell!, 1 as never), "record() is not for cell"],
    ["a cell sent to", (s, { cell, i }) => s.send(cell!, { to: i! }), "send() is not for cell"],
    ["a cell spent", (s, { cell }) => s.spend(cell!), "spend() is not for cell, which is a cell"],
    ["a budget as a bound", (s, { budget }) => s.within(budget!, 1) && s, "within() takes a bound"],
    ["a message to nobody", (s, { net }) => s.send(net!, {} as never), 'a message on net has no "to"'],
  ])("%s", (_, use, message) => {
    expect(() => explore(wrong(use))).toThrow(`action Wrong: ${message}`);
  });
});

describe("restarted", () => {
  const Server = Record({ id: 0, term: 0, votes: List<number>() }, "RestartedServer");
  const restarting = (withNode: boolean) =>
    modelOf((m) => {
      const servers = m.orderedIds("server", 2);
      const server = m.perNode("server", servers, (i) => Server({ id: i.number }), { persistent: ["term"] });
      m.action("Restart", { i: servers }, (s, { i }) => {
        const me = s.get(server, i).merge({ term: 1, votes: List([7]) });
        return s.set(server, i, withNode ? restarted(server, me, i) : restarted(server, me));
      });
      m.invariant("Keeps", { i: servers }, (s, { i }) => {
        const { id, term, votes } = s.get(server, i);
        return id === i.number && term <= 1 && votes.isEmpty();
      });
    });

  test("a node that starts in its own way restarts in its own way", () => {
    expectAgreement(restarting(true));
    expect(explore(restarting(true)).violations).toEqual([]);
  });

  test("of which node must be said", () => {
    expect(() => explore(restarting(false))).toThrow(
      "server starts differently at each member of server; say of which one: restarted(server, record, node)",
    );
  });
});

test("a literal that is recorded to a history is a value object, as one that is sent", () => {
  const model = modelOf((m) => {
    const on = m.cell("on", false);
    const seen = m.history("seen", ImmutableSet<unknown>(), (all, event: { readonly n: number }) =>
      all.add(event),
    );
    m.action("Tell", {}, (s) => [s.record(seen, { n: 1 }), s.record(seen, value({ n: 1 })).set(on, true)]);
    m.invariant("Once", (s) => s.get(seen).size <= 1);
  });
  expectAgreement(model);
  expect(explore(model).violations).toEqual([]);
});

describe("what throws", () => {
  test("an action that throws ends the paths that it is on, when its level ends", () => {
    const model = modelOf((m) => {
      const cell = m.cell("cell", 0);
      m.action("Up", {}, (s) => (s.get(cell) < 4 ? s.set(cell, s.get(cell) + 1) : undefined));
      m.action("Fail", {}, (s) => {
        if (s.get(cell) === 2) throw new TypeError("two is too many");
        return;
      });
      m.action("Demand", {}, (s) => void assert(s.get(cell) !== 3, "three is asked for"));
    });
    expectAgreement(model);
    const { violations } = explore(model, { keepGoing: true });
    expect(
      violations.map(({ kind, property, message, trace }) => [kind, property, message, trace.length - 1]),
    ).toEqual([
      ["action-error", "Fail", "two is too many", 2],
      ["assertion", "Demand", "three is asked for", 3],
      ["deadlock", "deadlock", "", 4],
    ]);
  });

  test.each<[string, (s: { a: number }) => unknown]>([
    ["a value object", (it) => Object.assign(it, { a: 5 })],
    ["a record", () => Object.assign(Record({ a: 0 }, "Mutated")(), { a: 5 })],
  ])("mutating %s is an error of the action", (_, mutate) => {
    const model = modelOf((m) => {
      const cell = m.cell<{ a: number }>("cell", value({ a: 0 }));
      m.action("Mutate", {}, (s) => {
        mutate(s.get(cell));
        return s;
      });
    });
    const { violations } = explore(model);
    expect(violations.map(({ kind, property }) => [kind, property])).toEqual([["action-error", "Mutate"]]);
  });

  test("an initial state and a final test that throw are named", () => {
    const initial = modelOf((m) => {
      m.cell("cell", 0);
      m.initial(() => {
        throw new Error("no start");
      });
    });
    expect(() => explore(initial)).toThrow("initial state: no start");
    const final = modelOf((m) => {
      m.cell("cell", 0);
      m.action("None", {}, () => undefined);
      m.final("End", () => {
        throw new Error("no end");
      });
    });
    expect(() => explore(final)).toThrow("final End threw: no end");
  });

  test("all instances of a property are evaluated, whichever of them throw", () => {
    const model = modelOf((m) => {
      const v = m.cell("v", 0);
      const w = m.cell("w", 0);
      m.action("A", {}, (s) => (s.get(v) < 2 ? s.set(v, s.get(v) + 1) : undefined));
      m.action("B", {}, (s) => (s.get(v) >= 1 && s.get(w) < 2 ? s.set(w, s.get(w) + 1) : undefined));
      m.invariant("P", { k: [0, 1] }, (s, { k }) => {
        if (k === 1) return s.get(w) !== 1;
        if (s.get(v) === 1) throw new Error("boo");
        return true;
      });
    });
    expectAgreement(model);
    const { violations } = explore(model, { keepGoing: true, deadlock: false });
    expect(violations.map(({ kind, trace }) => [kind, trace.length - 1])).toEqual([
      ["property-error", 1],
      ["invariant", 2],
    ]);
  });
});
