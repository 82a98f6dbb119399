import { describe, expect, test } from "vitest";
import { Model } from "../../src/spec/model.ts";
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

  test("a model that has none is refused, not found to hold", () => {
    expect(() => explore(counting([]))).toThrow(/no initial state/);
  });
});
