/** Behaviours of models: what is remembered is what the Stepper says, and comparing them is comparing all words. */

import fc from "fast-check";
import { List } from "immutable";
import { describe, expect, test } from "vitest";
import {
  BEFORE,
  behavioursOf,
  ENDED,
  HIDDEN,
  type Observer,
  replay,
  withCommonLabels,
} from "../../src/search/behaviours.ts";
import { inclusionOf } from "../../src/search/inclusion.ts";
import { RememberedSteps } from "../../src/search/remembered-steps.ts";
import { type Parts, Stepper, type Successor } from "../../src/search/stepper.ts";
import { Model } from "../../src/spec/model.ts";
import { declareTable, type Table } from "../fixtures/random-spec.ts";
import { table } from "../support/tables.ts";

const STATES_MAX = 80;
const SEED = 20261121;

const ACTIONS: Observer = { initial: () => "", step: (_, { text }) => text, end: () => "" };

/** Only actions whose name has an even length are seen. */
const SOME: Observer = {
  initial: () => "",
  step: (_, { text, instance }) => (instance.action.name.length % 2 === 0 ? text : ""),
  end: () => "",
};

function modelOf(from: Table): Model {
  const model = new Model();
  declareTable(model, from);
  return model.seal();
}

/** Models of which the Stepper can make all initial states. */
function stepperOf(from: Table): Stepper {
  const stepper = new Stepper(modelOf(from));
  try {
    stepper.initialStates();
  } catch {
    fc.pre(false);
  }
  return stepper;
}

describe("remembered steps", () => {
  test("give the Stepper's successors, in its order, in every state", () => {
    let states = 0;
    fc.assert(
      fc.property(table, (from) => {
        const stepper = stepperOf(from);
        const remembered = new RememberedSteps(stepper);
        const seen = new Map<string, Parts>();
        const queue: Parts[] = stepper.initialStates();
        for (const parts of queue) {
          const key = stepper.keyOf(parts);
          if (seen.has(key) || seen.size === 30) continue;
          seen.set(key, parts);
          const expected = stepper.expand(parts);
          const numbers = remembered.numbersOf(parts);
          const found = remembered.expand(numbers);
          expect(found.cut).toBe(expected.cut);
          expect(found.successors.map(({ text }) => text)).toEqual(
            expected.successors.map(({ text }) => text),
          );
          expect(found.successors.map((one) => stepper.keyOf(one.parts))).toEqual(
            expected.successors.map((one) => stepper.keyOf(one.parts)),
          );
          expect(found.successors.map(({ fault }) => fault)).toEqual(
            expected.successors.map(({ fault }) => fault),
          );
          expect(stepper.keyOf(remembered.partsOf(numbers))).toBe(key);
          queue.push(...expected.successors.map((one) => one.parts));
          states++;
        }
      }),
      { numRuns: 25, seed: SEED, endOnFailure: true },
    );
    expect(states).toBeGreaterThan(150);
  });

  test("equal numbers are equal parts, and only they", () => {
    const model = new Model();
    const cell = model.cell("items", List<number>());
    model.action("Push", {}, (s) => (s.get(cell).size < 2 ? s.set(cell, s.get(cell).push(1)) : undefined));
    const remembered = new RememberedSteps(new Stepper(model.seal()));
    expect(remembered.numbersOf([List([1])])).toEqual(remembered.numbersOf([List([1])]));
    expect(remembered.numbersOf([List([1])])).not.toEqual(remembered.numbersOf([List([2])]));
  });
});

/** All observed sequences of up to so many observations, as texts, by following every path of the spec. */
function wordsOf(stepper: Stepper, observer: Observer, lengthMax: number): Set<string> {
  const words = new Set<string>();
  const tried = new Set<string>();
  const known = new Map<string, readonly Successor[]>();
  const successorsOf = (parts: Parts): readonly Successor[] => {
    const key = stepper.keyOf(parts);
    const made = known.get(key) ?? stepper.expand(parts).successors;
    known.set(key, made);
    return made;
  };
  const follow = (parts: Parts, word: readonly string[]): void => {
    const key = `${word.join("|")} ${stepper.keyOf(parts)}`;
    if (tried.has(key)) return;
    tried.add(key);
    words.add(word.join("|"));
    if (!stepper.isInside(parts) || word.length === lengthMax) return;
    for (const successor of successorsOf(parts)) {
      const seen = observer.step(parts, successor);
      follow(successor.parts, seen === "" ? word : [...word, seen]);
    }
  };
  for (const parts of stepper.initialStates()) follow(parts, []);
  return words;
}

describe("behaviours of random models", () => {
  /** A model, and the same with one of its actions left out. */
  const pair = fc
    .tuple(table, fc.nat({ max: 5 }))
    .map(([made, left]) => ({ from: { ...made, properties: [] }, left }))
    .map(({ from, left }) => ({
      whole: from,
      less: {
        ...from,
        actions: from.actions.filter((_, at) => at !== left % Math.max(1, from.actions.length)),
      },
    }));

  test.each([
    ["actions", ACTIONS],
    ["some of the actions", SOME],
  ])("%s: a difference is found where brute force over the spec finds one, and no longer", (_, observer) => {
    let [found, same] = [0, 0];
    fc.assert(
      fc.property(pair, fc.boolean(), ({ whole, less }, swapped) => {
        const [first, second] = [stepperOf(whole), stepperOf(less)];
        const [a, b] = swapped ? [second, first] : [first, second];
        const systems = [a, b].map((stepper) => behavioursOf(stepper, observer, STATES_MAX));
        fc.pre(
          systems.every(({ expandedCount, stateCount }) => expandedCount === stateCount && stateCount < 60),
        );
        const [ofA, ofB] = withCommonLabels(systems[0]!, systems[1]!);
        const { difference, undecided } = inclusionOf(ofA, ofB, 100_000);
        expect(undecided).toBeNull();
        const lengthMax = 3;
        const [wordsA, wordsB] = [wordsOf(a, observer, lengthMax), wordsOf(b, observer, lengthMax)];
        const missing = [...wordsA].filter((word) => !wordsB.has(word));
        const shortest = Math.min(...missing.map((word) => word.split("|").length));
        if (difference === null || difference.word.length > lengthMax) {
          same++;
          expect(missing).toEqual([]);
          return;
        }
        found++;
        expect(difference.word).toHaveLength(shortest);
        expect(missing).toContain(difference.word.map((label) => ofA.labels[label]).join("|"));
        const { initial, successors } = replay(a, ofA, difference.path);
        const observed = successors.map((one, at) =>
          observer.step(successors[at - 1]?.parts ?? initial, one),
        );
        expect(observed.filter((text) => text !== "").join("|")).toBe(
          difference.word.map((label) => ofA.labels[label]).join("|"),
        );
      }),
      { numRuns: 25, seed: SEED, endOnFailure: true },
    );
    expect(found).toBeGreaterThan(3);
    expect(same).toBeGreaterThan(3);
  });

  test("a model has the behaviours of itself", () => {
    fc.assert(
      fc.property(table, fc.constantFrom(ACTIONS, SOME), (from, observer) => {
        const system = behavioursOf(stepperOf(from), observer, STATES_MAX);
        const { difference } = inclusionOf(system, system, 100_000);
        expect(difference).toBeNull();
      }),
      { numRuns: 25, seed: SEED, endOnFailure: true },
    );
  });
});

describe("a counter", () => {
  /** Counts to `limit`; `excluded` is outside the constraint. */
  function counter({ limit = 3, excluded = -1, isFinal = false, starts = [0] } = {}): Stepper {
    const model = new Model();
    const count = model.cell("count", 0);
    model.initial((s) => starts.map((start) => s.set(count, start)));
    model.action("Up", {}, (s) => (s.get(count) < limit ? s.set(count, s.get(count) + 1) : undefined));
    model.constraint("notExcluded", (s) => s.get(count) !== excluded);
    if (isFinal) model.final("full", (s) => s.get(count) === limit);
    return new Stepper(model.seal());
  }
  const ENDS: Observer = { initial: ([n]) => `at ${n}`, step: (_, { text }) => text, end: (how) => how };

  test("begins in state 0 with what is seen of initial states, and ends in state 1", () => {
    const system = behavioursOf(counter({ limit: 1, isFinal: true, starts: [0, 1] }), ENDS, 10);
    const steps = Array.from(system.label, (label, at) => [system.labels[label], system.target[at]]);
    expect(system).toMatchObject({ stateCount: 4, expandedCount: 4 });
    expect(Array.from(system.firstStep)).toEqual([0, 2, 2, 3, 4]);
    expect(steps).toEqual([
      ["at 0", 2],
      ["at 1", 3],
      ["Up", 3],
      ["final", ENDED],
    ]);
    expect([BEFORE, HIDDEN]).toEqual([0, 0]);
  });

  test("a state outside the constraint is stepped into and ends there, at a bound", () => {
    const system = behavioursOf(counter({ excluded: 2 }), ENDS, 10);
    expect(Array.from(system.label, (label) => system.labels[label])).toEqual(["at 0", "Up", "Up", "bound"]);
  });

  test("a state where nothing is enabled and that is not final is a deadlock", () => {
    const system = behavioursOf(counter({ limit: 1 }), ENDS, 10);
    expect(Array.from(system.label, (label) => system.labels[label])).toEqual(["at 0", "Up", "deadlock"]);
  });

  test("at a limit of states the first have all their steps and the others none", () => {
    const system = behavioursOf(counter({ limit: 50 }), ACTIONS, 10);
    expect(system).toMatchObject({ stateCount: 13, expandedCount: 12 });
    expect(system.label).toHaveLength(11);
    const inPart = inclusionOf(system, system, 1000);
    expect(inPart).toMatchObject({ difference: null, undecided: "states" });
  });
});
