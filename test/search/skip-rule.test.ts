/**
 * Properties are not evaluated where a step changed nothing that they ever read. Models in which a rule that
 * is a little too simple would miss something, each compared with the oracle.
 */
import { Map as ImmutableMap, Set as ImmutableSet, List, Record } from "immutable";
import { describe, expect, test, vi } from "vitest";
import type { Model, ModelValue, State, StateView } from "../../src/index.ts";
import { type Value, value } from "../../src/index.ts";
import { expectAgreement } from "../support/agreement.ts";
import { explore, modelOf } from "../support/engine.ts";

type Node = ModelValue<"node">;

const Pair = Record({ a: 0, b: 0, c: 0 }, "Pair");
type Pair = ReturnType<typeof Pair>;

/** A cell of three fields, each of which is counted up to a limit on its own. */
function counters(m: Model, limit = 3) {
  const cell = m.cell("cell", Pair());
  for (const field of ["a", "b", "c"] as const)
    m.action(`Up_${field}`, {}, (s) => {
      const it = s.get(cell);
      return it[field] < limit ? s.set(cell, it.set(field, it[field] + 1)) : undefined;
    });
  return cell;
}

/** How often a property's function runs in a search, and what the search finds. */
function countingRuns(declare: (m: Model, count: () => void) => void): { runs: number; distinct: number } {
  let runs = 0;
  const model = modelOf((m) =>
    declare(m, () => {
      runs++;
    }),
  );
  const { distinct } = explore(model, { deadlock: false, audit: false });
  return { runs, distinct };
}

describe("invariants", () => {
  test("a field that is read only when another field has a certain value", () => {
    expectAgreement(
      modelOf((m) => {
        const cell = counters(m);
        m.invariant("BehindA", (s) => s.get(cell).a < 2 || s.get(cell).b < 2);
        m.invariant("BehindTwo", (s) => s.get(cell).a !== 1 || s.get(cell).b !== 3 || s.get(cell).c !== 2);
        m.reachable("Corner", (s) => s.get(cell).c === 3 && s.get(cell).b === 3 && s.get(cell).a === 3);
      }),
    );
  });

  test("another part that is read only when a field has a certain value", () => {
    expectAgreement(
      modelOf((m) => {
        const cell = counters(m, 2);
        const other = m.cell("other", value({ x: 0, y: 0 }));
        m.action("X", {}, (s) => s.set(other, value({ ...s.get(other), x: 1 })));
        m.action("Y", {}, (s) => s.set(other, value({ ...s.get(other), y: 1 })));
        m.invariant("OtherY", (s) => s.get(cell).a !== 2 || s.get(other).x === 0 || s.get(other).y === 0);
      }),
    );
  });

  test("a node that is found through another node", () => {
    expectAgreement(
      modelOf((m) => {
        const nodes = m.scalarset("node", 3);
        const links = m.perNode<Node, Value<{ to: Node | null; load: number }>>(
          "links",
          nodes,
          value({ to: null as Node | null, load: 0 }),
        );
        m.action("Link", { i: nodes, j: nodes }, (s, { i, j }) =>
          s.get(links, i).to === null
            ? s.set(links, i, value({ to: j as Node | null, load: s.get(links, i).load }))
            : undefined,
        );
        m.action("Load", { i: nodes }, (s, { i }) =>
          s.get(links, i).load < 1 ? s.set(links, i, value({ to: s.get(links, i).to, load: 1 })) : undefined,
        );
        m.invariant("Followed", { i: nodes }, (s, { i }) => {
          const to = s.get(links, i).to;
          const next = to === null ? null : s.get(links, to).to;
          return next === null || next === i || s.get(links, next).load === 0;
        });
      }),
    );
  });

  test("parts that are sometimes null, and sometimes of another shape", () => {
    type Shape = Value<{ ballot: number }> | Value<{ ballot: number; voter: number }> | null;
    const shapes = (declare: (m: Model, get: (s: StateView) => Shape) => void) =>
      modelOf((m) => {
        const cell = m.cell<Shape>("cell", null);
        const count = m.cell("count", 0);
        m.action("Up", {}, (s) => (s.get(count) < 2 ? s.set(count, s.get(count) + 1) : undefined));
        m.action("Make", {}, (s) =>
          s.get(cell) === null && s.get(count) === 1 ? s.set(cell, value({ ballot: 0 })) : undefined,
        );
        m.action("Bump", {}, (s) => {
          const it = s.get(cell);
          return it !== null && it.ballot < 3 ? s.set(cell, value({ ballot: it.ballot + 1 })) : undefined;
        });
        m.action("Vote", {}, (s) => {
          const it = s.get(cell);
          return it !== null && it.ballot === 1
            ? s.set(cell, value({ ballot: it.ballot, voter: 7 }))
            : undefined;
        });
        m.action("Clear", {}, (s) => {
          const it = s.get(cell);
          return it !== null && it.ballot === 3 ? s.set(cell, null) : undefined;
        });
        declare(m, (s) => s.get(cell));
      });
    expectAgreement(shapes((m, get) => m.invariant("Small", (s) => (get(s)?.ballot ?? 0) < 3)));
    expectAgreement(shapes((m, get) => m.invariant("Null", (s) => get(s) === null)));
    expectAgreement(
      shapes((m, get) =>
        m.invariant(
          "NotClearedAgain",
          (s) => get(s) !== null || s.get({ kind: m.kinds[1]!, initialValue: 0 }) < 2,
        ),
      ),
    );
    expectAgreement(
      shapes((m, get) =>
        m.invariant("NoVoter", (s) => (get(s) as { voter?: number } | null)?.voter === undefined),
      ),
    );
    expectAgreement(
      shapes((m, get) =>
        m.invariant("NoSuchField", (s) => {
          const it = get(s);
          return it === null || !("voter" in it) || it.voter !== 7;
        }),
      ),
    );
    expectAgreement(
      shapes((m, get) =>
        m.stepProperty("Grows", (before, after) => {
          const [from, to] = [get(before), get(after)];
          return from === null || to === null || from.ballot <= to.ballot;
        }),
      ),
    );
    expectAgreement(
      shapes((m, get) =>
        m.stepProperty("StaysNotNull", (before, after) => get(before) === null || get(after) !== null),
      ),
    );
  });

  test("records of two types with equal fields", () => {
    const Other = Record({ a: 0, b: 0, c: 0 }, "Other");
    expectAgreement(
      modelOf((m) => {
        const cell = m.cell<Pair>("cell", Pair());
        m.action("Up", {}, (s) =>
          s.get(cell).a < 2 ? s.update(cell, (it) => it.set("a", it.a + 1)) : undefined,
        );
        m.action("Change", {}, (s) => s.set(cell, Other({ ...s.get(cell).toObject() })));
        m.invariant(
          "Original",
          (s) => Record.getDescriptiveName(s.get(cell)) === "Pair" || s.get(cell).a < 2,
        );
      }),
    );
  });

  test.each<[string, (it: Pair) => boolean]>([
    ["toObject", (it) => it.toObject().b < 2],
    ["spread of toObject", (it) => ({ ...it.toObject() }).b < 2],
    ["toJS", (it) => it.toJS().b < 2],
    ["equals", (it) => !it.equals(Pair({ b: 2 }))],
    ["equals from the other side", (it) => !Pair({ b: 2 }).equals(it)],
    ["has", (it) => !it.has("b") || it.get("b") < 2],
    ["get with a default", (it) => it.get("b", 0) < 2],
    ["iteration", (it) => ![...it].some(([name, n]) => name === "b" && n === 2)],
    ["toSeq", (it) => it.toSeq().get("b", 0) < 2],
    ["destructuring", ({ b }) => b < 2],
    ["a Set that holds it", (it) => !ImmutableSet([Pair({ b: 2 })]).has(it)],
    ["a Map key", (it) => ImmutableMap([[Pair({ b: 2 }), 1]]).get(it) === undefined],
    ["a List", (it) => !List([Pair({ b: 2 })]).includes(it)],
    ["set", (it) => it.set("a", 0).b < 2],
    ["merge", (it) => it.merge({ a: 0 }).b < 2],
    ["Object.keys", (it) => Object.keys(it).length >= 0 && it.b < 2],
    ["hashCode", (it) => it.hashCode() !== Pair({ b: 2 }).hashCode()],
    ["getIn", (it) => (it.getIn(["b"]) as number) < 2],
    ["toString", (it) => !it.toString().includes('"b": 2')],
    ["JSON", (it) => !JSON.stringify(it).includes('"b":2')],
  ])("a record that is read by %s", (_, holds) => {
    expectAgreement(
      modelOf((m) => {
        const cell = counters(m, 2);
        m.invariant("P", (s) => s.get(cell).a === 0 || holds(s.get(cell)));
        m.stepProperty("S", (before, after) => holds(before.get(cell)) || !holds(after.get(cell)));
      }),
    );
  });

  test("a record with a field that is named as a method", () => {
    // Immutable warns of such a field.
    vi.spyOn(console, "warn").mockReturnValue();
    const Named = Record({ set: 0, b: 0 }, "Named");
    expectAgreement(
      modelOf((m) => {
        const cell = m.cell("cell", Named());
        const up = (s: State, field: "set" | "b"): State | undefined =>
          s.get(cell).get(field) < 2 ? s.update(cell, (it) => it.update(field, (n) => n + 1)) : undefined;
        m.action("Set", {}, (s) => up(s, "set"));
        m.action("B", {}, (s) => up(s, "b"));
        m.invariant("Method", (s) => typeof s.get(cell).set === "function");
        m.invariant("Field", (s) => s.get(cell).get("set") < 2);
      }),
    );
  });

  test.each<[string, (it: Value<{ a: number; b: number }>) => boolean]>([
    ["spread", (it) => ({ ...it }).b < 2],
    ["in", (it) => !("b" in it) || it.b < 2],
    ["Object.entries", (it) => !Object.entries(it).some(([name, n]) => name === "b" && n === 2)],
    ["equals", (it) => !it.equals(value({ a: 1, b: 2 }))],
    ["a Set that holds it", (it) => !ImmutableSet([value({ a: 1, b: 2 })]).has(it)],
    ["rest", ({ a: _, ...rest }) => rest.b < 2],
    ["value()", (it) => value(it).b < 2],
    ["JSON", (it) => !JSON.stringify(it).includes('"b":2')],
    ["hasOwn", (it) => !Object.hasOwn(it, "b") || it.b < 2],
  ])("a value object that is read by %s", (_, holds) => {
    expectAgreement(
      modelOf((m) => {
        const cell = m.cell("cell", value({ a: 0, b: 0 }));
        m.action("A", {}, (s) =>
          s.get(cell).a < 2 ? s.set(cell, value({ ...s.get(cell), a: s.get(cell).a + 1 })) : undefined,
        );
        m.action("B", {}, (s) =>
          s.get(cell).b < 2 ? s.set(cell, value({ ...s.get(cell), b: s.get(cell).b + 1 })) : undefined,
        );
        m.invariant("P", (s) => s.get(cell).a === 0 || holds(s.get(cell)));
      }),
    );
  });

  test("budgets, mailboxes, channels and histories are read too", () => {
    expectAgreement(
      modelOf((m) => {
        const nodes = m.scalarset("node", 2);
        const budget = m.budget("budget", 3);
        const history = m.history<number, number>("history", 0, (n, by) => n + by);
        const bag = m.network<{ type: "X"; to: Node }>("bag", nodes, { kind: "bag" });
        const fifo = m.network<{ type: "X"; from: Node; to: Node }>("fifo", nodes, { kind: "fifo" });
        m.action("Bag", { i: nodes }, (s, { i }) => s.spend(budget).send(bag, { type: "X", to: i }));
        m.action("Fifo", { i: nodes, j: nodes }, (s, { i, j }) =>
          s.spend(budget).send(fifo, { type: "X", from: i, to: j }),
        );
        m.action("Tell", {}, (s) => s.spend(budget).record(history, 1));
        m.invariant("Left", (s) => s.left(budget) > 0);
        m.invariant("Mail", { i: nodes }, (s, { i }) => s.mailbox(bag, i).reduce((sum, n) => sum + n, 0) < 3);
        m.invariant("Queue", { i: nodes, j: nodes }, (s, { i, j }) => s.channel(fifo, i, j).size < 2);
        m.invariant("Told", (s) => s.get(history) < 2);
      }),
      20_000,
    );
  });

  test("a field as long as a text may be", () => {
    const model = modelOf((m) => {
      const cell = m.cell("cell", value({ text: "" }));
      m.action("Fill", {}, (s) => s.set(cell, value({ text: "x".repeat(300_000) })));
      m.invariant("Empty", (s) => s.get(cell).text.length === 0);
    });
    expect(explore(model).violations.map(({ property }) => property)).toEqual(["Empty"]);
  });

  test("one that reads two fields is not evaluated when others change", () => {
    const { runs, distinct } = countingRuns((m, count) => {
      const cell = counters(m, 7);
      m.invariant("AB", (s) => {
        count();
        return s.get(cell).a + s.get(cell).b >= 0;
      });
    });
    expect(distinct).toBe(512);
    expect(runs).toBe(64);
  });
});

describe("step properties", () => {
  test("what is read of a step that changes nothing differs from state to state", () => {
    expectAgreement(
      modelOf((m) => {
        const cell = counters(m, 2);
        const other = m.cell("other", 0);
        m.action("Other", {}, (s) => s.set(other, (s.get(other) + 1) % 3));
        // Reads `other` only in states with a = 2, where it may then not wrap around.
        m.stepProperty(
          "NoWrap",
          (before, after) => before.get(cell).a < 2 || after.get(other) >= before.get(other),
        );
        m.stepProperty("OneField", (before, after) =>
          before.get(cell).b === 1
            ? after.get(cell).c === before.get(cell).c
            : after.get(cell).a >= before.get(cell).a,
        );
      }),
    );
  });

  test("every step counts, also one that changes nothing that it reads", () => {
    const model = modelOf((m) => {
      const cell = counters(m, 1);
      m.stepProperty("Never", (_, after) => after.get(cell).a > 5);
      m.stepProperty("NeverReads", () => false);
      m.stepProperty("Strict", (before, after) => after.get(cell).a > before.get(cell).a);
    });
    expectAgreement(model);
    const { properties } = explore(model, { keepGoing: true });
    expect(properties.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      "Never violated",
      "NeverReads violated",
      "Strict violated",
    ]);
  });

  test("a property that fails late where nothing that it reads changes, also on steps of others", () => {
    const model = modelOf((m) => {
      const v = m.cell("v", 0);
      const w = m.cell("w", 0);
      m.action("A", {}, (s) => (s.get(v) < 3 ? s.set(v, s.get(v) + 1) : undefined));
      m.action("B", {}, (s) => (s.get(v) === 3 && s.get(w) < 3 ? s.set(w, s.get(w) + 1) : undefined));
      m.stepProperty("P", (before) => before.get(v) < 3);
      m.stepProperty("Q", { i: [1, 2, 3] }, (before, _, { i }) => before.get(v) < 3 || before.get(w) < i);
    });
    expectAgreement(model);
    const { violations } = explore(model, { deadlock: false, keepGoing: true });
    expect(violations.map(({ property, trace }) => [property, trace.length - 1])).toEqual([
      ["P", 4],
      ["Q", 5],
    ]);
  });

  test("a step that changes nothing at all counts for none", () => {
    const model = modelOf((m) => {
      const v = m.cell("v", 0);
      m.action("Stay", {}, (s) => s.set(v, s.get(v)));
      m.stepProperty("Never", (before) => before.get(v) > 5);
    });
    expectAgreement(model);
    expect(explore(model).properties).toMatchObject([{ name: "Never", verdict: "holds" }]);
  });

  test("the answer does not depend on which node is looked at first", () => {
    // "Some node is idle" reads the first node alone where that is enough.
    const model = modelOf((m) => {
      const nodes = m.scalarset("node", 2);
      const busy = m.perNode<Node, boolean>("busy", nodes, false);
      m.action("Work", { i: nodes }, (s, { i }) => s.set(busy, i, true));
      m.stepProperty("NoneWasIdle", (before) => ![...nodes].some((i) => !before.get(busy, i)));
    });
    expectAgreement(model);
    const { violations } = explore(model, { deadlock: false });
    expect(violations.map(({ property, trace }) => [property, trace.length - 1])).toEqual([
      ["NoneWasIdle", 1],
    ]);
  });

  test("an error counts on the first step from where it is thrown", () => {
    const model = modelOf((m) => {
      const v = m.cell("v", 0);
      const w = m.cell("w", 0);
      m.action("A", {}, (s) => (s.get(v) < 2 ? s.set(v, s.get(v) + 1) : undefined));
      m.action("B", {}, (s) => (s.get(v) === 2 && s.get(w) < 3 ? s.set(w, s.get(w) + 1) : undefined));
      m.stepProperty("P", (before) => {
        if (before.get(v) === 2) throw new Error("boo");
        return true;
      });
    });
    expectAgreement(model);
    const { violations } = explore(model, { deadlock: false });
    expect(violations.map(({ kind, trace }) => [kind, trace.length - 1])).toEqual([["property-error", 3]]);
  });

  test("steps into states that are seen already, and self-loops, are steps", () => {
    const model = modelOf((m) => {
      const cell = m.cell("cell", 0);
      m.action("Up", {}, (s) => (s.get(cell) < 3 ? s.set(cell, s.get(cell) + 1) : undefined));
      m.action("Back", {}, (s) => (s.get(cell) === 3 ? s.set(cell, 0) : undefined));
      m.stepProperty("NeverBack", (before, after) => before.get(cell) <= after.get(cell));
    });
    expectAgreement(model);
    expect(explore(model).violations.map(({ property, trace }) => [property, trace.length - 1])).toEqual([
      ["NeverBack", 4],
    ]);
  });

  test("steps out of a constraint are steps, and the states outside are checked", () => {
    const model = modelOf((m) => {
      const cell = m.cell("cell", 0);
      m.action("Up", {}, (s) => s.set(cell, s.get(cell) + 1));
      m.constraint("Below3", (s) => s.get(cell) < 3);
      m.invariant("Not3", (s) => s.get(cell) !== 3);
      m.stepProperty("NoStepTo3", (_, after) => after.get(cell) !== 3);
      m.reachable("Three", (s) => s.get(cell) === 3);
      m.reachable("Four", (s) => s.get(cell) === 4);
    });
    expectAgreement(model);
    const { levels, generated, reached } = explore(model, { keepGoing: true });
    expect({ levels, generated, reached }).toEqual({
      levels: [1, 1, 1],
      generated: 4,
      reached: [
        { property: "Three", steps: 3 },
        { property: "Four", steps: null },
      ],
    });
  });

  test("steps of some actions are left out", () => {
    expectAgreement(
      modelOf((m) => {
        const cell = m.cell("cell", 0);
        m.action("Up", {}, (s) => (s.get(cell) < 3 ? s.set(cell, s.get(cell) + 1) : undefined));
        m.action("Reset", {}, (s) => (s.get(cell) === 2 ? s.set(cell, 0) : undefined));
        m.action("Drop", {}, (s) => (s.get(cell) === 3 ? s.set(cell, 1) : undefined));
        m.stepProperty("NoReset", (before, after) => before.get(cell) <= after.get(cell), {
          except: ["Reset"],
        });
        m.stepProperty("NoDrop", (before, after) => before.get(cell) <= after.get(cell), {
          except: ["Drop"],
        });
        m.stepProperty("Any", (before, after) => before.get(cell) <= after.get(cell), {
          except: ["Drop", "Reset"],
        });
      }),
    );
  });

  test("one that compares a field is run once for each pair of its values", () => {
    const { runs, distinct } = countingRuns((m, count) => {
      const cell = counters(m, 7);
      m.stepProperty("Monotonic", (before, after) => {
        count();
        return before.get(cell).a <= after.get(cell).a;
      });
    });
    expect(distinct).toBe(512);
    // (a, a) in every state, and (a, a + 1).
    expect(runs).toBe(15);
  });
});

describe("symmetry", () => {
  test("properties that read by node are evaluated for the nodes under their new names", () => {
    expectAgreement(
      modelOf((m) => {
        const nodes = m.scalarset("node", 3);
        const cell = m.perNode("cell", nodes, Pair());
        m.action("A", { i: nodes }, (s, { i }) =>
          s.get(cell, i).a < 1 ? s.update(cell, i, (it) => it.set("a", it.a + 1)) : undefined,
        );
        m.action("B", { i: nodes, j: nodes }, (s, { i, j }) =>
          i !== j && s.get(cell, i).a === 1 && s.get(cell, j).b < 1
            ? s.update(cell, j, (it) => it.set("b", it.b + 1))
            : undefined,
        );
        m.invariant("PerNode", { i: nodes }, (s, { i }) => s.get(cell, i).a === 0 || s.get(cell, i).b === 0);
        m.invariant(
          "PerPair",
          { i: nodes, j: nodes },
          (s, { i, j }) => i === j || s.get(cell, i).b === 0 || s.get(cell, j).b === 0,
          {
            premise: (s, { i, j }) => s.get(cell, i).a === 1 && s.get(cell, j).b === 1,
          },
        );
        m.stepProperty(
          "StepPerNode",
          { i: nodes },
          (before, after, { i }) =>
            before.get(cell, i).b === after.get(cell, i).b || before.get(cell, i).a === 0,
        );
        m.reachable("AllB", (s) => nodes.every((i) => s.get(cell, i).b === 1));
      }),
    );
  });

  test("members of a range that Immutable calls equal keep apart what they read", () => {
    const First = Record({ i: null as Node | null }, "First");
    const Second = Record({ i: null as Node | null }, "Second");
    for (const start of [0, 1, 2, 3]) {
      const model = modelOf((m) => {
        const nodes = m.scalarset("node", 3);
        const on = m.perNode("on", nodes, start);
        const load = m.perNode("load", nodes, 0);
        m.action("On", { i: nodes }, (s, { i }) =>
          nodes.every((j) => s.get(on, j) === start) ? s.set(on, i, start + 1) : undefined,
        );
        m.action("Load", { i: nodes }, (s, { i }) =>
          s.get(on, i) > start ? s.update(load, i, (n) => Math.min(n + 1, 2)) : undefined,
        );
        const of = [...nodes.map((i) => First({ i })), ...nodes.map((i) => Second({ i }))];
        m.invariant(
          "P",
          { of },
          (s, { of }) => of instanceof First || s.get(on, of.i!) === start || s.get(load, of.i!) < 2,
        );
      });
      // The audit evaluates more than it must.
      const { violations } = explore(model, { deadlock: false, audit: false });
      expect(violations.map(({ property, trace }) => [property, trace.length - 1])).toEqual([["P", 3]]);
    }
  });

  test("a property that names a single node through a set is the same under every name", () => {
    expectAgreement(
      modelOf((m) => {
        const nodes = m.scalarset("node", 3);
        const leader = m.cell("leader", ImmutableSet<Node>());
        const term = m.perNode("term", nodes, 0);
        m.action("Lead", { i: nodes }, (s, { i }) => s.update(leader, (set) => set.add(i)));
        m.action("Raise", { i: nodes }, (s, { i }) =>
          s.get(term, i) < 2 ? s.update(term, i, (n) => n + 1) : undefined,
        );
        m.invariant(
          "LeadersRaise",
          { i: nodes },
          (s, { i }) => !s.get(leader).has(i) || s.get(leader).size < 3 || s.get(term, i) < 2,
        );
      }),
    );
  });
});

describe("many properties", () => {
  test("more than there are bits share them", () => {
    const model = modelOf((m) => {
      const cell = counters(m, 3);
      const other = m.cell("other", 0);
      m.action("Other", {}, (s) => (s.get(other) < 2 ? s.set(other, s.get(other) + 1) : undefined));
      for (let n = 0; n < 40; n++) {
        const [a, b, c] = [n & 3, (n >> 2) & 3, (n >> 4) & 3];
        m.invariant(`I${n}`, (s) => s.get(cell).a !== a || s.get(cell).b !== b || s.get(cell).c !== c);
        m.stepProperty(
          `S${n}`,
          (before, after) => before.get(other) !== n % 3 || after.get(cell).a >= before.get(cell).a,
        );
        m.reachable(`R${n}`, (s) => s.get(other) === n % 3 && s.get(cell).b === b);
      }
      for (let n = 0; n < 5; n++) m.constraint(`C${n}`, (s) => s.get(cell).c + s.get(other) < n + 4);
    });
    expectAgreement(model);
  });

  test("with 31 and 32 checks, each is decided on its own", () => {
    for (const count of [31, 32, 63]) {
      const model = modelOf((m) => {
        const cells = Array.from({ length: 3 }, (_, n) => m.cell(`cell${n}`, 0));
        for (const [n, cell] of cells.entries())
          m.action(`Up${n}`, {}, (s) => (s.get(cell) < 3 ? s.set(cell, s.get(cell) + 1) : undefined));
        for (let n = 0; n < count; n++) m.invariant(`I${n}`, (s) => s.get(cells[n % 3]!) !== 1 + (n % 4));
      });
      const { properties } = explore(model, { keepGoing: true });
      expect(properties.map(({ verdict }) => verdict)).toEqual(
        Array.from({ length: count }, (_, n) => (n % 4 === 3 ? "holds" : "violated")),
      );
    }
  });
});
