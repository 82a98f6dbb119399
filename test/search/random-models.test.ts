/**
 * The search against the oracle, on random specs.
 *
 * In this thread with one worker: many specs, each with and without symmetry, ending at the first violation
 * and going on. In worker threads, as users run it: fewer. More of both with DSCHECK_RANDOM=1000 (specs of
 * the first kind; a tenth of the second), another seed with DSCHECK_SEED.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Reference, type ReferenceResult } from "../../src/search/reference.ts";
import type { Model } from "../../src/spec/model.ts";
import { declareTable, type Table } from "../fixtures/random-spec.ts";
import { expectOutcomes, expectResult, expectTraces } from "../support/agreement.ts";
import { type BundledSpec, bundled, explore, modelOf } from "../support/engine.ts";
import { Oracle, TooManyStates } from "../support/oracle.ts";
import { table } from "../support/tables.ts";

const MORE = Number(process.env.DSCHECK_RANDOM ?? 0);
const SEED = Number(process.env.DSCHECK_SEED ?? 20260714);

/** Enough for as many as one may ask for. */
const TIMEOUT_MS = 100 * 3_600_000;

/** States that the oracle looks at; a larger state space is searched only as deep as it has so many. */
const STATES_MAX = 700;

/** The oracle of a model, with the greatest depth that is small enough. */
function oracleOf(model: Model): { oracle: Oracle; depthMax: number | null } {
  let depthMax: number | null = null;
  for (;;) {
    try {
      return {
        oracle: new Oracle(model, {
          depthMax,
          statesMax: depthMax === 0 ? Number.POSITIVE_INFINITY : STATES_MAX,
        }),
        depthMax,
      };
    } catch (error) {
      if (!(error instanceof TooManyStates)) throw error;
      depthMax = Math.max(0, error.depth - 1);
    }
  }
}

/** The reference search's result; specs in which something throws do not count. */
function referenceRun(model: Model, depthMax: number | null): ReferenceResult {
  try {
    return new Reference(model).run(depthMax === null ? {} : { depthMax });
  } catch (error) {
    fc.pre(
      !["the property fails", "the action fails", "the assertion fails"].includes((error as Error).message),
    );
    throw error;
  }
}

const VARIANTS = [true, false].flatMap((symmetry) =>
  [true, false].flatMap((keepGoing) => [{ symmetry, keepGoing, deadlock: symmetry === keepGoing }]),
);

/** The check of a seed that failed is repeated with what this prints. */
function parameters(runs: number, endOnFailure: boolean): fc.Parameters<[Table]> {
  return { seed: SEED, numRuns: runs, endOnFailure, reporter };
}

function reporter(details: fc.RunDetails<[Table]>): void {
  if (!details.failed) return;
  const { counterexample, seed, counterexamplePath } = details;
  const error = details.errorInstance as (Error & { actual?: unknown; expected?: unknown }) | null;
  throw new Error(
    [
      `seed ${seed}, path ${counterexamplePath}, after ${details.numRuns} specs; the table:`,
      JSON.stringify(counterexample?.[0]),
      `found    ${JSON.stringify(error?.actual)}`,
      `expected ${JSON.stringify(error?.expected)}`,
      error?.stack ?? String(error),
    ].join("\n"),
  );
}

let spec: BundledSpec;
beforeAll(async () => {
  spec = await bundled("random-spec");
});
afterAll(() => spec.dispose());

describe("one worker", () => {
  test("finds in random specs what the oracle finds, with and without symmetry", {
    timeout: TIMEOUT_MS,
  }, () => {
    fc.assert(
      fc.property(table, (made) => {
        const text = JSON.stringify(made);
        const model = modelOf((m) => declareTable(m, JSON.parse(text) as Table));
        const { oracle, depthMax } = oracleOf(model);
        const printed = new Map<string, string>();
        for (const options of VARIANTS) {
          // The audit evaluates more than a search must, which hides what is skipped wrongly.
          const outcomes = explore(model, { ...options, depthMax, audit: !options.keepGoing });
          expectOutcomes(outcomes, oracle.expected({ ...options, depthMax }));
          expectTraces(outcomes.violations, oracle);
          // A trace is told in the spec's own names: symmetry does not change which one is printed.
          for (const violation of outcomes.violations) {
            const key = `${violation.kind} ${violation.property}`;
            const json = JSON.stringify(violation);
            expect(printed.get(key) ?? json).toBe(json);
            printed.set(key, json);
          }
        }
      }),
      parameters(MORE || 80, false),
    );
  });

  test("agrees with the reference search on counts by depth, violations and reachability", {
    timeout: TIMEOUT_MS,
  }, () => {
    fc.assert(
      fc.property(table, (made) => {
        const text = JSON.stringify(made);
        const model = modelOf((m) => declareTable(m, JSON.parse(text) as Table));
        const { depthMax } = oracleOf(model);
        const reference = referenceRun(model, depthMax);
        const outcomes = explore(model, { symmetry: false, depthMax, audit: false });
        const depths = reference.distinctByDepth.length;
        expect(outcomes.levels.slice(0, depths)).toEqual(depths === 0 ? [] : reference.distinctByDepth);
        expect(outcomes.generated).toBe(reference.generatedByDepth.reduce((sum, n) => sum + n, 0));
        expect(outcomes.actions).toEqual(Object.fromEntries(reference.actions));
        const violated = outcomes.properties
          .filter(({ verdict }) => verdict === "violated")
          .map(({ name }) => name);
        expect(violated.sort()).toEqual(
          [...reference.violated.keys()].filter((name) => name !== "deadlock").sort(),
        );
        for (const { property, trace } of outcomes.violations)
          expect(trace.length - 1).toBe(reference.violated.get(property));
        for (const { property, steps } of outcomes.reached)
          expect(steps).toBe(reference.reached.get(property) ?? null);
      }),
      parameters(Math.ceil((MORE || 80) / 2), false),
    );
  });
});

describe("worker threads", () => {
  test("1, 2 and 4 workers find the same, and what the oracle finds", { timeout: TIMEOUT_MS }, async () => {
    await fc.assert(
      fc.asyncProperty(table, async (made) => {
        const text = JSON.stringify(made);
        const model = modelOf((m) => declareTable(m, JSON.parse(text) as Table));
        const { oracle, depthMax } = oracleOf(model);
        for (const options of VARIANTS.filter(({ symmetry, keepGoing }) => symmetry === keepGoing)) {
          const expected = oracle.expected({ ...options, depthMax });
          let printed: string | null = null;
          for (const workers of [1, 2, 4]) {
            const result = await spec.search(
              { ...options, depthMax, workers, audit: workers === 2 },
              { table: text },
            );
            expectResult(result, expected);
            const json = JSON.stringify(result.violations);
            expect(json, `${workers} workers`).toBe(printed ?? json);
            if (printed === null) expectTraces(result.violations, oracle);
            printed = json;
          }
        }
      }),
      parameters(MORE === 0 ? 16 : Math.ceil(MORE / 10), true),
    );
  });
});
