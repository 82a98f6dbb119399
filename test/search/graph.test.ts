/** State graphs: as many states and steps as a search without symmetry counts, and what is said of each. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exploreGraph, type GraphOptions } from "../../src/search/graph.ts";
import type { GraphState, StateGraph } from "../../src/search/state-graph.ts";
import { Stepper } from "../../src/search/stepper.ts";
import type { Model } from "../../src/spec/model.ts";
import { declareTable } from "../fixtures/random-spec.ts";
import { explore, modelOf } from "../support/engine.ts";
import { table } from "../support/tables.ts";

function graphOf(model: Model, options: Partial<GraphOptions> = {}): StateGraph {
  const graph = exploreGraph(model, {
    statesMax: 2000,
    depthMax: null,
    properties: null,
    deadlock: true,
    ...options,
  });
  if (graph === null) throw new Error("too many states");
  return graph;
}

const numbersOf = (graph: StateGraph, wanted: (state: GraphState) => boolean): number[] =>
  graph.states.filter(wanted).map(({ number }) => number);

/** x goes up to 3 by one or by two; 4 and more is outside. */
const COUNTING = (m: Model): void => {
  const x = m.cell("x", 0);
  m.action("One", {}, (s) => s.update(x, (n) => n + 1));
  m.action("Two", {}, (s) => s.update(x, (n) => n + 2), { fault: true });
  m.constraint("Small", (s) => s.get(x) < 4);
  m.invariant("NotFive", (s) => s.get(x) !== 5);
  m.invariant("NotTwo", (s) => s.get(x) !== 2);
  m.stepProperty("NotFromOneToThree", (before, after) => !(before.get(x) === 1 && after.get(x) === 3));
};

describe("a graph", () => {
  test("has the states in the order in which they are found, and a step for each successor", () => {
    const { states, steps } = graphOf(modelOf(COUNTING));
    expect(states.map(({ number, state, depth, from }) => [number, state.x, depth, from])).toEqual([
      [1, 0, 0, null],
      [2, 1, 1, 1],
      [3, 2, 1, 1],
      [4, 3, 2, 2],
      [5, 4, 2, 3],
      [6, 5, 3, 4],
    ]);
    expect(
      steps.map(({ from, to, action, fault }) => `${from}-${to} ${action}${fault ? " fault" : ""}`),
    ).toEqual([
      "1-2 One",
      "1-3 Two fault",
      "2-3 One",
      "2-4 Two fault",
      "3-4 One",
      "3-5 Two fault",
      "4-5 One",
      "4-6 Two fault",
    ]);
  });

  test("says what is violated where, also outside a constraint", () => {
    const { states, steps } = graphOf(modelOf(COUNTING));
    expect(states.map(({ violated }) => violated.join())).toEqual(["", "", "NotTwo", "", "", "NotFive"]);
    expect(steps.filter(({ violated }) => violated.length > 0)).toEqual([
      { from: 2, to: 4, action: "Two", fault: true, violated: ["NotFromOneToThree"] },
    ]);
  });

  test("does not explore states outside a constraint, or at the greatest depth", () => {
    const model = modelOf(COUNTING);
    expect(numbersOf(graphOf(model), ({ unexplored }) => unexplored === "constraint")).toEqual([5, 6]);
    const shallow = graphOf(model, { depthMax: 1 });
    expect(shallow.states.map(({ unexplored }) => unexplored)).toEqual([null, "depth", "depth"]);
    expect(shallow.steps.length).toBe(2);
  });

  test("speaks of the selected properties only", () => {
    const { states, steps } = graphOf(modelOf(COUNTING), { properties: ["NotFive"] });
    expect([...states, ...steps].flatMap(({ violated }) => violated)).toEqual(["NotFive"]);
  });

  test("tells deadlocks from ends, and from states in which only a bound keeps things from happening", () => {
    const model = modelOf((m) => {
      const at = m.cell<string>("at", "start");
      const steps = m.budget("steps", 1);
      for (const place of ["end", "trap", "bound"])
        m.action(`To_${place}`, {}, (s) => (s.get(at) === "start" ? s.set(at, place) : undefined));
      m.action("Spend", {}, (s) => (s.get(at) === "bound" ? s.spend(steps) : undefined));
      m.final("End", (s) => s.get(at) === "end");
    });
    const graph = graphOf(model);
    const places = (wanted: (state: GraphState) => boolean): unknown[] =>
      graph.states.filter(wanted).map(({ state }) => `${state.at} ${state.steps}`);
    expect(places(({ final }) => final)).toEqual(["end 1"]);
    expect(places(({ deadlock }) => deadlock)).toEqual(["trap 1"]);
    expect(places(({ cut }) => cut)).toEqual(["bound 0"]);
    expect(numbersOf(graphOf(model, { deadlock: false }), ({ deadlock }) => deadlock)).toEqual([]);
  });

  test("has an action that throws as a violation of its state", () => {
    const model = modelOf((m) => {
      const x = m.cell("x", 0);
      m.action("Break", {}, (s) => {
        if (s.get(x) === 0) throw new Error("no more");
      });
    });
    const [state] = graphOf(model).states;
    expect(state).toMatchObject({ violated: ["Break: no more"], deadlock: false });
  });

  test("of more states than it may have is none", () => {
    const model = modelOf(COUNTING);
    const options = { depthMax: null, properties: null, deadlock: true };
    expect(exploreGraph(model, { ...options, statesMax: 6 })?.states.length).toBe(6);
    expect(exploreGraph(model, { ...options, statesMax: 5 })).toBeNull();
  });
});

test("graphs of random specs have the states and steps that the search counts without symmetry", () => {
  let compared = 0;
  fc.assert(
    fc.property(table, (declared) => {
      const model = modelOf((m) => declareTable(m, declared));
      const depthMax = 3;
      const graph = exploreGraph(model, { statesMax: 400, depthMax, properties: null, deadlock: true });
      // An action that throws ends a search.
      if (graph === null || graph.states.some(({ violated }) => violated.some((what) => what.includes(": "))))
        return;
      const found = explore(model, {
        symmetry: false,
        properties: [],
        deadlock: false,
        audit: false,
        depthMax,
      });
      compared++;
      const inside = graph.states.filter(({ unexplored }) => unexplored !== "constraint");
      const initial = new Stepper(model).initialStates().length;
      expect([inside.length, graph.steps.length + initial]).toEqual([found.distinct, found.generated]);
      const levels = found.levels.map((_, depth) => inside.filter((state) => state.depth === depth).length);
      expect(levels).toEqual(found.levels);
    }),
    { numRuns: 40, seed: 20260714 },
  );
  expect(compared).toBeGreaterThan(15);
});
