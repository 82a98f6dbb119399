import { describe, expect, test } from "vitest";
import { Stepper } from "../../src/search/stepper.ts";
import { Model } from "../../src/spec/model.ts";
import { expectAgreement } from "../support/agreement.ts";
import { explore } from "../support/engine.ts";

function counting(initial: readonly number[]): Model {
  const model = new Model();
  const count = model.cell("count", 0);
  model.initial((state) => initial.map((from) => state.set(count, from)));
  model.action("Up", {}, (state) => (state.get(count) < 2 ? state.update(count, (n) => n + 1) : undefined));
  return model.seal();
}

describe("initial states", () => {
  test("each counts as generated, equal ones as one distinct state", () => {
    const { generated, distinct, depth } = explore(counting([0, 1, 1]), { deadlock: false });
    expect({ generated, distinct, depth }).toEqual({ generated: 5, distinct: 3, depth: 1 });
  });

  test("may be given as an action gives its outcomes: nested, lazily, with nothing between them", () => {
    const model = new Model();
    const count = model.cell("count", 0);
    model.initial(function* (state) {
      yield state.set(count, 1);
      yield null;
      yield [undefined, state.set(count, 2)] as never;
      yield false;
    });
    model.action("Up", {}, (state) => state.update(count, (n) => (n + 1) % 4));
    const oracle = expectAgreement(model.seal());
    expect(oracle.initial).toEqual([[1], [2]]);
  });

  test("one that a budget refuses is an error, also one step at a time", () => {
    const model = new Model();
    const budget = model.budget("budget", 1);
    model.initial((state) => state.spend(budget, 2));
    expect(() => explore(model.seal())).toThrow(/initial state: budget refuses/);
    expect(() => new Stepper(model).initialStates()).toThrow(/initial state: a budget or a network refuses/);
  });

  test("a model that has none is refused, not found to hold", () => {
    expect(() => explore(counting([]))).toThrow(/no initial state/);
  });
});
