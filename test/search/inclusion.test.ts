/** Inclusion of behaviours against brute force: all words up to a length, by following every path. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BEFORE, HIDDEN, type TransitionSystem } from "../../src/search/behaviours.ts";
import { inclusionOf } from "../../src/search/inclusion.ts";

const LABELS = ["", "a", "b", "c"];
const PAIRS_MAX = 1_000_000;

type Step = readonly [from: number, label: number, to: number];

/** A system with `stateCount` states; those from `expandedCount` on have no steps. */
function system(stateCount: number, steps: readonly Step[], expandedCount = stateCount): TransitionSystem {
  const kept = steps.filter(([from]) => from < expandedCount).sort(([a], [b]) => a - b);
  return {
    stateCount,
    expandedCount,
    firstStep: Int32Array.from(
      { length: stateCount + 1 },
      (_, state) => kept.filter(([from]) => from < state).length,
    ),
    label: Int32Array.from(kept, ([, label]) => label),
    target: Int32Array.from(kept, ([, , to]) => to),
    choice: new Int32Array(kept.length),
    labels: LABELS,
  };
}

function stepsOf({ firstStep, label, target }: TransitionSystem, state: number): [number, number][] {
  const steps: [number, number][] = [];
  for (let at = firstStep[state]!; at < firstStep[state + 1]!; at++) steps.push([label[at]!, target[at]!]);
  return steps;
}

/** Whether some path is observed as the word. States in which the same rest was refused are not tried again. */
function canDo(of: TransitionSystem, word: readonly number[]): boolean {
  const tried = new Set<string>();
  const from = (state: number, seen: number): boolean => {
    if (seen === word.length) return true;
    const key = `${state} ${seen}`;
    if (tried.has(key)) return false;
    tried.add(key);
    return stepsOf(of, state).some(([label, to]) =>
      label === HIDDEN ? from(to, seen) : label === word[seen] && from(to, seen + 1),
    );
  };
  return from(BEFORE, 0);
}

/** The length of a shortest word that `a` has and `b` has not, or null up to the length that is tried. */
function shortestByBruteForce(a: TransitionSystem, b: TransitionSystem, lengthMax: number): number | null {
  let words: number[][] = [[]];
  for (let length = 1; length <= lengthMax; length++) {
    words = words.flatMap((word) => [1, 2, 3].map((label) => [...word, label])).filter((w) => canDo(a, w));
    if (words.some((word) => !canDo(b, word))) return length;
  }
  return null;
}

const LENGTH_MAX = 7;

const steps = (stateCount: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.tuple(
      fc.nat({ max: stateCount - 1 }),
      fc.constantFrom(0, 0, 1, 1, 2, 3),
      fc.nat({ max: stateCount - 1 }),
    ),
    { minLength: stateCount, maxLength: 3 * stateCount },
  );

/** Two systems that are likely to be alike: the second has some steps left out and some more. */
const pair = fc.integer({ min: 2, max: 6 }).chain((stateCount) =>
  fc
    .record({
      common: steps(stateCount),
      left: fc.array(fc.nat({ max: 20 }), { maxLength: 2 }),
      more: fc.array(steps(stateCount), { maxLength: 1 }),
    })
    .map(({ common, left, more }) => {
      const other = [...common.filter((_, at) => !left.includes(at)), ...more.flat().slice(0, 2)];
      return { stateCount, a: common, b: other };
    }),
);

describe("inclusion", () => {
  test("finds a shortest word exactly when brute force finds one", () => {
    let found = 0;
    fc.assert(
      fc.property(pair, fc.boolean(), ({ stateCount, ...both }, swapped) => {
        const a = system(stateCount, swapped ? both.b : both.a);
        const b = system(stateCount, swapped ? both.a : both.b);
        const { difference, undecided } = inclusionOf(a, b, PAIRS_MAX);
        const shortest = shortestByBruteForce(a, b, LENGTH_MAX);
        expect(undecided).toBeNull();
        if (difference === null) {
          expect(shortest).toBeNull();
          return;
        }
        found++;
        const { word, isShortest } = difference;
        expect(isShortest).toBe(true);
        if (shortest === null) expect(word.length).toBeGreaterThan(LENGTH_MAX);
        else expect(word).toHaveLength(shortest);
        expect(canDo(a, word)).toBe(true);
        expect(canDo(b, word.slice(0, -1))).toBe(true);
        expect(canDo(b, word)).toBe(false);
      }),
      { numRuns: 2000, seed: 20261121 },
    );
    expect(found).toBeGreaterThan(300);
  });

  test("tells all that the other can do instead", () => {
    fc.assert(
      fc.property(pair, ({ stateCount, ...both }) => {
        const [a, b] = [system(stateCount, both.a), system(stateCount, both.b)];
        const { difference } = inclusionOf(a, b, PAIRS_MAX);
        fc.pre(difference !== null);
        const before = difference!.word.slice(0, -1);
        expect(difference!.instead).toEqual([1, 2, 3].filter((label) => canDo(b, [...before, label])));
      }),
      { numRuns: 500, seed: 20261121 },
    );
  });

  test("the path is one of the system, is observed as the word, and has as few steps as any", () => {
    const fewestSteps = (of: TransitionSystem, word: readonly number[]): number => {
      let at = new Set([`${BEFORE} 0`]);
      for (let count = 0; ; count++) {
        if ([...at].some((node) => node.endsWith(` ${word.length}`))) return count;
        const next = new Set<string>();
        for (const node of at) {
          const [state, seen] = node.split(" ").map(Number) as [number, number];
          for (const [label, to] of stepsOf(of, state))
            if (label === HIDDEN) next.add(`${to} ${seen}`);
            else if (label === word[seen]) next.add(`${to} ${seen + 1}`);
        }
        at = next;
      }
    };
    fc.assert(
      fc.property(pair, ({ stateCount, ...both }) => {
        const [a, b] = [system(stateCount, both.a), system(stateCount, both.b)];
        const { difference } = inclusionOf(a, b, PAIRS_MAX);
        fc.pre(difference !== null);
        const { path, word } = difference!;
        let state = BEFORE;
        for (const step of path) {
          expect(step).toBeGreaterThanOrEqual(a.firstStep[state]!);
          expect(step).toBeLessThan(a.firstStep[state + 1]!);
          state = a.target[step]!;
        }
        expect(path.map((step) => a.label[step]!).filter((label) => label !== HIDDEN)).toEqual(word);
        expect(path).toHaveLength(fewestSteps(a, word));
      }),
      { numRuns: 500, seed: 20261121 },
    );
  });

  test("with states that were not expanded it says nothing that the whole systems contradict", () => {
    let [found, shortest, same, open] = [0, 0, 0, 0];
    fc.assert(
      fc.property(pair, fc.nat({ max: 6 }), fc.nat({ max: 6 }), ({ stateCount, a, b }, ofA, ofB) => {
        const whole = inclusionOf(system(stateCount, a), system(stateCount, b), PAIRS_MAX);
        const expanded = (count: number): number => Math.max(1, stateCount - Math.max(0, count - 2));
        const part = inclusionOf(
          system(stateCount, a, expanded(ofA)),
          system(stateCount, b, expanded(ofB)),
          PAIRS_MAX,
        );
        if (part.difference !== null) {
          found++;
          expect(canDo(system(stateCount, a), part.difference.word)).toBe(true);
          expect(canDo(system(stateCount, b), part.difference.word)).toBe(false);
          if (!part.difference.isShortest) return;
          shortest++;
          expect(part.difference.word).toHaveLength(whole.difference!.word.length);
        } else if (part.undecided === null) {
          same++;
          expect(whole.difference).toBeNull();
        } else {
          open++;
          expect(part.undecided).toBe("states");
        }
      }),
      { numRuns: 3000, seed: 20261121 },
    );
    expect(Math.min(found - shortest, shortest, same, open)).toBeGreaterThan(5);
  });

  test("is undecided when the pairs are used up, and only then", () => {
    // One cycle of 5 steps and one of 7: 35 pairs, and no difference.
    const cycle = (length: number): TransitionSystem =>
      system(
        length,
        Array.from({ length }, (_, at): Step => [at, 1, (at + 1) % length]),
      );
    expect(inclusionOf(cycle(5), cycle(7), 34)).toEqual({ pairs: 34, difference: null, undecided: "pairs" });
    expect(inclusionOf(cycle(5), cycle(7), 35)).toEqual({ pairs: 35, difference: null, undecided: null });
  });

  test("sets that grow with every step are bounded by the pairs", () => {
    // After c, a and b for ever. The other system remembers the last 24 of them, in as many sets as there are words;
    // its states 2 to 26 count the steps, so that no set of one level is within one of another.
    const [LAST, A, B] = [24, 30, 60];
    const both = (from: number, to: number): Step[] => [
      [from, 1, to],
      [from, 2, to],
    ];
    const steps: Step[] = [[0, 3, 1], [0, 3, 2], ...both(1, 1), [1, 1, A], [1, 2, B]];
    for (let at = 0; at < LAST; at++)
      steps.push(...both(2 + at, 3 + at), ...both(A + at, A + at + 1), ...both(B + at, B + at + 1));
    const any = system(2, [[0, 3, 1], ...both(1, 1)]);
    const { pairs, difference, undecided } = inclusionOf(any, system(90, steps), 5_000);
    expect({ difference, undecided }).toEqual({ difference: null, undecided: "pairs" });
    expect(pairs).toBeGreaterThan(1_000);
    expect(pairs).toBeLessThanOrEqual(5_000);
  });
});
