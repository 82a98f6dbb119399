/** The search in worker threads, as users run it: the same results with any number of workers. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SearchOptions, SearchResult } from "../../src/search/result.ts";
import cases from "../fixtures/engine-cases.ts";
import { type BundledSpec, bundled, bundledText, explore } from "../support/engine.ts";

let spec: BundledSpec;
beforeAll(async () => {
  spec = await bundled("engine-cases");
});
afterAll(() => spec.dispose());

/** What is the same in every run: everything but time, memory and workers. */
function lasting({ seconds: _, memory: __, workers: ___, ...rest }: SearchResult): unknown {
  return rest;
}

/** Searches with 1, 2 and 4 workers, demands that they agree, and gives the result. */
async function searched(
  name: string,
  size = 3,
  options: Partial<SearchOptions> = {},
  workers: readonly number[] = [1, 2, 4],
): Promise<SearchResult> {
  const results: SearchResult[] = [];
  for (const count of workers)
    results.push(await spec.search({ ...options, workers: count }, { case: name, size }));
  for (const result of results.slice(1)) expect(lasting(result)).toEqual(lasting(results[0]!));
  return results[0]!;
}

describe("every number of workers", () => {
  test("finds the same when an action turns out to read more than it did", async () => {
    const result = await searched("late-read", 3, { deadlock: false }, [1, 2, 4, 4, 4, 4]);
    expect(result.levels).toEqual([350, 350, 350]);
    expect(result.states.generated).toBe(350 + 350 + 350 + 350);
  });

  test.each([70, 300, 5000])("counts right when a variable comes to have %d values", async (size) => {
    const { states, levels } = await searched("growth", size, { deadlock: false });
    expect(states).toMatchObject({
      distinct: 4 * size,
      generated: 1 + 4 * (size - 1) + 3 * size,
      queued: 0,
      depth: size + 2,
    });
    expect(levels.slice(0, 6)).toEqual([1, 2, 3, 4, 4, 4]);
  });

  test("counts right when nothing can be remembered", async () => {
    const size = 30;
    const { states, violations } = await searched(
      "one-cell",
      size,
      { deadlock: false, keepGoing: true },
      [1, 2],
    );
    expect(states).toMatchObject({
      distinct: size ** 3,
      generated: 1 + 3 * (size - 1) * size ** 2,
      depth: 3 * size - 3,
    });
    expect(violations.map(({ property, trace }) => [property, trace.length - 1])).toEqual([
      ["Corner", 3 * size - 3],
    ]);
  });

  test("finds the same orbits and prints the same trace with full mailboxes", async () => {
    const options = { symmetry: true, keepGoing: true, deadlock: false };
    const result = await searched("mailboxes", 3, options, [1, 2, 4, 4]);
    const model = cases.instantiate({ case: "mailboxes", size: 3 });
    expect(result.levels).toEqual(explore(model, options).levels);
    expect(result.violations.map(({ property }) => property)).toEqual(["NotAll"]);
  });

  test("prints, of all shortest traces, the same one with the fewest faults", async () => {
    const symmetric = await searched("many-paths", 2, { keepGoing: true });
    const plain = await searched("many-paths", 2, { keepGoing: true, symmetry: false });
    expect(symmetric.violations).toEqual(plain.violations);
    const told = symmetric.violations.map(({ property, trace }) => [
      property,
      trace
        .map(({ action }) => action)
        .slice(1)
        .join(" "),
    ]);
    expect(told).toEqual([
      ["NoFall", "Jump(n1)"],
      ["NotAllUp", "Jump(n1) Jump(n2) Jump(n3)"],
      ["NoneCrashed", "Up(n1) Up(n2) Up(n3) Crash(n1)"],
    ]);
  });
});

describe("what breaks a rule", () => {
  test.each([
    ["math-random", "action Guess gave different successors for the same state"],
    ["module-counter", "action Count gave different successors for the same state"],
    ["clock", "action Look gave different successors for the same state"],
    ["set-order", "action First gave different successors for the same state"],
    ["map-order", "action First gave different successors for the same state"],
    ["remembered-value", "action Again gave different successors for the same state"],
    ["asymmetric", "action Reset is not symmetric"],
    ["asymmetric-outcome", "action Lead is not symmetric"],
  ])("%s fails the run and is named", async (name, message) => {
    for (const workers of [1, 2]) {
      const { verdict, failure } = await spec.search({ workers }, { case: name, size: 3 });
      expect(verdict).toBe("failed");
      expect(failure).toMatchObject({ kind: "rule", message: expect.stringContaining(message) });
    }
  });

  test.each([0, 1])(
    "an invariant that is not symmetric is named, whichever state represents the orbit (%d)",
    async (size) => {
      const { verdict, failure } = await spec.search(
        { deadlock: false },
        { case: "asymmetric-invariant", size },
      );
      expect(verdict).toBe("failed");
      expect(failure).toMatchObject({
        kind: "rule",
        message: expect.stringMatching(/not symmetric.*OneStays|OneStays.*not symmetric/),
      });
    },
  );

  test("what is not symmetric is fine without symmetry", async () => {
    const { failure, verdict } = await spec.search(
      { symmetry: false, deadlock: false },
      { case: "asymmetric", size: 3 },
    );
    expect({ failure, verdict }).toEqual({ failure: null, verdict: "holds" });
  });

  test("nothing is audited when the audit is off", async () => {
    const { failure } = await spec.search({ audit: false, deadlock: false }, { case: "asymmetric", size: 3 });
    expect(failure).toBeNull();
  });
});

describe("a thread that ends by itself", () => {
  test.each([
    // process.exit() itself is refused; what a native module may do is not.
    ["an exit with 0", "process.reallyExit(0)", "a worker thread ended with code 0"],
    ["an exit with 3", "process.reallyExit(3)", "a worker thread ended with code 3"],
    ["a rejection that nobody handles", "void Promise.reject(new Error('oh'))", "a worker thread died: oh"],
  ])("by %s fails the search", async (_, act, message) => {
    const ends = await bundledText(`
      import { defineSpec } from "dscheck";
      export default defineSpec({ name: "ends", parameters: {}, model(m) {
        const cell = m.cell("cell", 0);
        m.action("Up", {}, (s) => {
          if (s.get(cell) === 2) ${act};
          return s.get(cell) < 3 ? s.set(cell, s.get(cell) + 1) : undefined;
        });
      } });`);
    try {
      for (const workers of [1, 2, 4]) {
        const { verdict, failure } = await ends.search({ workers, deadlock: false });
        expect({ verdict, failure }).toEqual({
          verdict: "failed",
          failure: { kind: "system", message, action: null, location: null },
        });
      }
    } finally {
      ends.dispose();
    }
  });
});

describe("limits", () => {
  test("a search that stops at a depth says what it has seen, the same for every number of workers", async () => {
    const result = await searched("growth", 70, { depthMax: 5 });
    expect(result.verdict).toBe("stopped");
    expect(result.stopped?.by).toBe("depth");
    expect(result.levels).toEqual([1, 2, 3, 4, 4, 4]);
    expect(result.states).toMatchObject({ distinct: 18, queued: 4, depth: 5 });
  });

  test("a violation is a verdict although the search would have stopped at that depth", async () => {
    const result = await searched("many-paths", 2, { depthMax: 1 });
    expect(result.verdict).toBe("violated");
    expect(result.violations.map(({ property }) => property)).toEqual(["NoFall"]);
  });

  test("a search that stops at a number of states gives no verdict", async () => {
    const { verdict, stopped } = await spec.search(
      { workers: 2, statesMax: 100 },
      { case: "growth", size: 5000 },
    );
    expect([verdict, stopped?.by]).toEqual(["stopped", "states"]);
  });

  test("an aborted search ends, without a verdict", async () => {
    const abort = new AbortController();
    abort.abort();
    const { verdict, stopped } = await spec.search(
      { workers: 2 },
      { case: "one-cell", size: 60 },
      { signal: abort.signal },
    );
    expect([verdict, stopped?.by]).toEqual(["stopped", "interrupt"]);
  });
});
