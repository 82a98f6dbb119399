/** What is told of a path: its steps, what can be picked, what fails. Small models that can be followed by hand. */
import { defineSpec, integer, type Model } from "dscheck";
import { describe, expect, test } from "vitest";
import dieHard from "../../specs/classic/die-hard.ts";
import type { Path } from "../../src/explore/api.ts";
import { Session } from "../../src/explore/session.ts";
import ping from "../fixtures/ping.ts";

const OPTIONS = { placeOf: () => null, rewrite: (text: string) => text };

const dieHardSession = (): Session => new Session(dieHard.instantiate({}), OPTIONS);

/** A session of a model that is declared here. */
function sessionOf(declare: (m: Model) => void): Session {
  const spec = defineSpec({ name: "small", parameters: {}, model: (m) => declare(m) });
  return new Session(spec.instantiate({}), OPTIONS);
}

const actionsOf = (session: Session, path: Path): string[] =>
  session.describe(path).offers.map(({ action }) => action);

/** The path that takes these actions; each must be possible once. */
function pathBy(session: Session, actions: readonly string[]): Path {
  let path: Path = [0];
  for (const action of actions) {
    const offers = actionsOf(session, path);
    expect(offers.filter((one) => one === action)).toHaveLength(1);
    path = [...path, offers.indexOf(action)];
  }
  return path;
}

const SOLUTION = ["FillBig", "BigToSmall", "EmptySmall", "BigToSmall", "FillBig", "BigToSmall"];

describe("a path", () => {
  test("begins at the only initial state without being told", () => {
    const told = dieHardSession().describe([]);
    expect(told.path).toEqual([0]);
    expect(told.steps).toMatchObject([{ step: 0, action: null, state: { small: 0, big: 0 } }]);
    expect(told.title).toBe("An initial state");
  });

  test("is told as a trace, from the step on that was asked for", () => {
    const session = dieHardSession();
    const path = pathBy(session, ["FillBig", "BigToSmall"]);
    const told = session.describe(path, 1);
    expect(told.steps.map(({ step, action, state }) => [step, action, state])).toEqual([
      [1, "FillBig", { small: 0, big: 5 }],
      [2, "BigToSmall", { small: 3, big: 2 }],
    ]);
    expect(told.title).toBe("A path of 2 steps");
  });

  test("that does not exist is followed as far as it does", () => {
    const told = dieHardSession().describe([0, 1, 99, 0]);
    expect(told.path).toEqual([0, 1]);
    expect(told.cutShort).toBe("there is no choice 99 after step 1, only 6: the path ends there");
    expect(dieHardSession().describe([7]).cutShort).toBe("there is no initial state 8: the spec has 1");
  });

  test("has a digest that is that of its last state", () => {
    const [first, second] = [dieHardSession(), dieHardSession()];
    const back = pathBy(first, ["FillBig", "EmptyBig"]);
    expect(first.describe(back).digest).toBe(second.describe([0]).digest);
    expect(first.describe(pathBy(first, ["FillBig"])).digest).not.toBe(second.describe([0]).digest);
  });
});

describe("what can be picked", () => {
  test("says what it would change, what it would violate, and which state of the path it is again", () => {
    const session = dieHardSession();
    const { offers } = session.describe(pathBy(session, SOLUTION.slice(0, -1)));
    const offer = (action: string) => offers.find((one) => one.action === action);
    expect(offer("BigToSmall")).toMatchObject({
      changes: [
        { path: "small", before: 2, after: 3 },
        { path: "big", before: 5, after: 4 },
      ],
      violates: ["BigIsNot4"],
      repeats: null,
    });
    expect(offer("EmptySmall")).toMatchObject({ violates: [], repeats: 1 });
    expect(offer("FillBig")).toMatchObject({ changes: [], repeats: 5 });
  });

  test("tells outcomes of one text apart, and names those that are the same state once", () => {
    const session = sessionOf((m) => {
      const value = m.cell("value", 0);
      m.action("Draw", {}, (s) => [s.set(value, 1), s.set(value, 2), s.set(value, 1)]);
    });
    const { offers } = session.describe([0]);
    expect(offers.map(({ action, detail, changes }) => [action, detail, changes])).toEqual([
      ["Draw", "outcome 1", [{ path: "value", before: 0, after: 1 }]],
      ["Draw", "outcome 2", [{ path: "value", before: 0, after: 2 }]],
    ]);
  });

  test("are the initial states, where there are several", () => {
    const session = sessionOf((m) => {
      const value = m.cell("value", 0);
      m.initial((s) => [s.set(value, 1), s.set(value, 2)]);
      m.action("Add", {}, (s) => s.set(value, s.get(value) + 1));
      m.invariant("IsSmall", (s) => s.get(value) < 2);
    });
    const told = session.describe([]);
    expect([told.path, told.steps, told.title]).toEqual([[], [], "2 initial states"]);
    expect(told.offers.map(({ action, violates }) => [action, violates])).toEqual([
      ["initial state 1", []],
      ["initial state 2", ["IsSmall"]],
    ]);
    expect(session.describe([1, 0]).steps[1]?.state).toEqual({ value: 3 });
  });

  test("tells a message by what is received and sent, not as a change of the network", () => {
    const session = new Session(ping.instantiate({ nodes: 2, loss: 0 }), OPTIONS);
    const [offer] = session.describe(pathBy(session, ["Ask(n1)"])).offers;
    expect(offer).toMatchObject({
      action: "Answer(n1->n2)",
      received: [{ from: "n1", to: "n2" }],
      sent: [{ from: "n2", to: "n1" }],
      changes: [],
    });
  });
});

describe("the present state", () => {
  test("shows what is violated, why, and which steps it comes from", () => {
    const session = dieHardSession();
    const told = session.describe(pathBy(session, SOLUTION));
    expect(told.title).toBe("Invariant BigIsNot4 is violated after 6 steps");
    expect(told.failures).toMatchObject([
      { kind: "invariant", property: "BigIsNot4", reads: [{ what: "big", value: 4, writtenAt: 6 }] },
    ]);
    expect(told.relevant).toEqual([6]);
  });

  test("shows a step property that the last step broke, and no longer after the next", () => {
    const session = sessionOf((m) => {
      const value = m.cell("value", 0);
      m.action("Up", {}, (s) => s.set(value, s.get(value) + 1));
      m.action("Reset", {}, (s) => s.set(value, 0));
      m.stepProperty("Grows", (before, after) => before.get(value) <= after.get(value));
    });
    const failing = (actions: readonly string[]): string[] => session.failing(pathBy(session, actions));
    expect(failing(["Up", "Reset"])).toEqual(["Grows"]);
    expect(failing(["Up", "Reset", "Up"])).toEqual([]);
  });

  test("is a deadlock, a proper end or cut by a bound", () => {
    const ending = (declare: (m: Model) => void): unknown[] => {
      const { end, failures, isCut } = sessionOf(declare).describe([0]);
      return [end, isCut, failures.map(({ kind }) => kind)];
    };
    const stuck = (m: Model): void => {
      const value = m.cell("value", 0);
      m.action("Never", {}, (s) => (s.get(value) > 0 ? s.set(value, 0) : undefined));
    };
    expect(ending(stuck)).toEqual(["deadlock", false, ["deadlock"]]);
    expect(
      ending((m) => {
        stuck(m);
        m.final("Done", () => true);
      }),
    ).toEqual(["final", false, []]);
    expect(
      ending((m) => {
        const tries = m.budget("tries", 0);
        m.action("Try", {}, (s) => s.spend(tries));
      }),
    ).toEqual(["bound", true, []]);
  });

  test("shows actions that throw, goals that are reached, and constraints that exclude it", () => {
    const session = sessionOf((m) => {
      const value = m.cell("value", 0);
      m.action("Add", {}, (s) => s.set(value, s.get(value) + 1));
      m.action("Fail", {}, (s) => {
        if (s.get(value) === 1) throw new Error("no one");
        return undefined;
      });
      m.constraint("Few", (s) => s.get(value) < 2);
      m.reachable("One", (s) => s.get(value) === 1);
    });
    const one = session.describe([0, 0]);
    expect(one.failures).toMatchObject([{ kind: "action-error", property: "Fail", message: "no one" }]);
    expect(one.reached).toEqual(["One"]);
    expect(one.outside).toEqual([]);
    expect(session.describe([0, 0, 0]).outside).toEqual(["Few"]);
  });

  test("without initial states there is nothing to explore", () => {
    expect(() => sessionOf((m) => m.initial(() => []))).toThrow("the spec has no initial state");
  });
});

describe("other traces and other specs", () => {
  test("a trace of a search becomes the path that makes it again", () => {
    const model = dieHard.instantiate({});
    const session = new Session(model, OPTIONS);
    const steps = session.describe(pathBy(session, SOLUTION)).steps;
    const again = dieHardSession();
    const path = again.pathOf(steps);
    expect(path).toEqual(pathBy(session, SOLUTION));
    expect(again.titleOf(path, "invariant", "BigIsNot4")).toBe(
      "Invariant BigIsNot4 is violated after 6 steps",
    );
    const wrong = steps.map((step) => (step.step === 3 ? { ...step, action: "FillSmall" } : step));
    expect(() => again.pathOf(wrong)).toThrow("step 3 of the trace (FillSmall) is not found again");
  });

  const counter = (limit: number, by = 1): Session => {
    const spec = defineSpec({
      name: "counter",
      parameters: { limit: integer({ default: 9, min: 0, max: 9, meaning: "the largest value" }) },
      model(m, p) {
        const value = m.cell("value", 0);
        m.action("Other", {}, (s) => s.set(value, 0));
        m.action("Add", {}, (s) => (s.get(value) < p.limit ? s.set(value, s.get(value) + by) : undefined));
      },
    });
    return new Session(spec.instantiate({ limit }), OPTIONS);
  };

  test("a path is carried over to a changed spec as far as its steps are still possible", () => {
    expect(counter(9).carriedOver([0, 1, 1, 1], counter(9))).toEqual({ path: [0, 1, 1, 1], told: null });
    expect(counter(9).carriedOver([0, 1, 1, 1], counter(2))).toEqual({
      path: [0, 1, 1],
      told: "Add is no longer possible after step 2: the path ends there",
    });
    expect(counter(9).carriedOver([0, 1], counter(9, 2))).toEqual({
      path: [0, 1],
      told: "the same steps lead to other states now",
    });
  });
});
