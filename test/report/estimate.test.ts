/** The estimate of what is left, on recorded searches and on levels made up to mislead it. */
import { describe, expect, test } from "vitest";
import { statesLeft } from "../../src/report/progress/estimate.ts";
import { PROFILES } from "./profiles.ts";

const sum = (levels: readonly number[]): number => levels.reduce((total, width) => total + width, 0);
const widest = (levels: readonly number[]): number => levels.indexOf(Math.max(...levels));

/** What is said when level `depth` begins, and what was left then. */
const at = (levels: readonly number[], depth: number) => ({
  said: statesLeft(levels.slice(0, depth + 1)),
  left: sum(levels.slice(depth)),
});

// A smaller search is over before anybody reads an estimate, and its last levels are a few states of chance.
const STATES_MIN = 1000;
const LEFT_MIN = 100;
const large = Object.entries(PROFILES).filter(([, levels]) => sum(levels) >= STATES_MIN);
const points = large.flatMap(([name, levels]) =>
  levels.flatMap((_, depth) => {
    const { said, left } = at(levels, depth);
    return said === null || left < LEFT_MIN ? [] : [{ name, depth, said, left }];
  }),
);
const factors = points
  .map(({ said: { about }, left }) => Math.max(about / left, left / about))
  .sort((a, b) => a - b);

describe("recorded searches", () => {
  test.each(Object.entries(PROFILES))(
    "%s: nothing is said before the third level after the widest",
    (_, levels) => {
      for (let depth = 0; depth < widest(levels) + 3; depth++) expect(at(levels, depth).said).toBeNull();
    },
  );

  test.each(large)("%s: something is said before the last thirtieth of the states", (_, levels) => {
    const first = levels.findIndex((_, depth) => at(levels, depth).said !== null);
    expect(at(levels, first).left / sum(levels)).toBeGreaterThan(1 / 30);
  });

  test("the estimate is never off by more than a factor of 2, in nine of ten by at most 1.25", () => {
    expect(points.length).toBeGreaterThan(60);
    expect(factors.at(-1)).toBeLessThan(2);
    expect(factors[Math.ceil(0.9 * factors.length) - 1]).toBeLessThan(1.25);
  });

  test("half of the estimates are within 5 percent", () => {
    expect(factors[Math.floor(factors.length / 2)]).toBeLessThan(1.05);
  });

  test("what was left is in the range, but for three estimates", () => {
    const outside = points.filter(({ said, left }) => left < said.low || left > said.high);
    expect(outside.map(({ name, depth }) => `${name}, level ${depth}`)).toEqual([
      "raft, 3 nodes, 2 requests, level 18",
      "raft-standard, 2 nodes, 2 elections, level 22",
      "linearizable-memory, level 6",
    ]);
  });
});

describe("levels that tell nothing", () => {
  test("growing, level, and no levels at all", () => {
    expect(statesLeft([])).toBeNull();
    expect(statesLeft([1])).toBeNull();
    expect(statesLeft([1, 2, 4, 8, 16, 32, 64])).toBeNull();
    expect(statesLeft([1, 100, 100, 100, 100, 100])).toBeNull();
  });

  test("a decline so slow that anything may follow", () => {
    expect(statesLeft([1, 1000, 990, 980, 971, 961, 952])).toBeNull();
  });

  test("after a decline that ended in growth, nothing until levels shrink again, nor soon after a surprise", () => {
    const [down, again] = [
      [100, 800, 720, 600, 450, 300],
      [300, 2000, 1800, 1500, 1100],
    ];
    expect(statesLeft(down)).not.toBeNull();
    for (let more = 1; more < again.length; more++)
      expect(statesLeft([...down, ...again.slice(0, more)])).toBeNull();
    expect(statesLeft([...down, ...again])).not.toBeNull();
    // Much narrower than the trend says, and in the next levels that is remembered.
    expect(statesLeft([...down, 60])).toBeNull();
    expect(statesLeft([...down, 60, 50, 40])).toBeNull();
  });
});

test("levels that halve for ever have as much left after one as in it", () => {
  const halving = Array.from({ length: 6 }, (_, n) => 2 ** (20 - n));
  const { low, about, high } = statesLeft([1, ...halving])!;
  expect(about).toBe(2 * 2 ** 15);
  expect(low).toBeLessThan(about);
  expect(high).toBeGreaterThan(about);
});
