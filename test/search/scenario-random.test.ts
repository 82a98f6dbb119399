/**
 * Counterexamples of random specs, taken step by step again: the search, which remembers and renames, and the
 * Stepper, which does neither, must tell the same.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { claimOf } from "../../src/report/claim.ts";
import type { TraceStep, Violation } from "../../src/search/result.ts";
import { claimedFinding, judge, runScenario, type ScenarioStep } from "../../src/search/scenario.ts";
import { Stepper } from "../../src/search/stepper.ts";
import type { Model } from "../../src/spec/model.ts";
import { declareTable, type Table } from "../fixtures/random-spec.ts";
import { explore, modelOf } from "../support/engine.ts";
import { table } from "../support/tables.ts";

const SPECS = Number(process.env.DSCHECK_RANDOM ?? 120);

/** A step as a scenario file would have it. */
function stepOf({ action, choice }: TraceStep): ScenarioStep {
  return {
    action: action!,
    ...(choice?.arguments == null ? {} : { arguments: choice.arguments }),
    ...(choice?.place == null ? {} : { choice: choice.place }),
  };
}

function expectSameAgain(model: Model, violation: Violation): void {
  const { kind, property, trace } = violation;
  const text = claimOf(kind, property)!;
  const outcome = text.startsWith("violated")
    ? "violated"
    : text.startsWith("throws")
      ? "throws"
      : "deadlock";
  const claim = { outcome, name: outcome === "deadlock" ? null : property, text } as const;
  const run = runScenario(new Stepper(model), {
    initial: trace[0]!.choice?.place ?? null,
    steps: trace.slice(1).map(stepOf),
  });
  expect(judge(run, claim), `${text} is met`).toBeNull();
  const { instance, message, reads } = claimedFinding(run, claim)!;
  // The search says which messages are possible in another order.
  const told = (steps: readonly TraceStep[]): object[] =>
    steps.map(({ relevant: _, enabled, ...step }) => ({ ...step, enabled: [...enabled].sort() }));
  expect(told(run.trace)).toEqual(told(trace));
  expect(reads).toEqual(violation.reads);
  expect({ instance, message }).toEqual({ instance: violation.instance, message: violation.message });
}

test("a counterexample is found again from its texts, with the same states, messages and values read", () => {
  const kinds = new Set<string>();
  let ambiguous = 0;
  fc.assert(
    fc.property(table, fc.boolean(), (drawn: Table, symmetry: boolean) => {
      const model = modelOf((m) => declareTable(m, drawn));
      const { violations } = explore(model, { symmetry, keepGoing: true, statesMax: 3000 });
      for (const violation of violations) {
        kinds.add(violation.kind);
        ambiguous += violation.trace.filter(({ choice }) => choice !== null).length;
        expectSameAgain(model, violation);
      }
    }),
    { seed: 20261149, numRuns: SPECS },
  );
  expect([...kinds].sort()).toEqual(
    expect.arrayContaining(["deadlock", "invariant", "property-error", "step"]),
  );
  expect(ambiguous).toBeGreaterThan(0);
});
