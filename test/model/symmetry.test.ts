/** Symmetry reduction merges all states that differ by a renaming of interchangeable ids, and only those. */
import { expect, test } from "vitest";
import twoPhaseCommit from "../../specs/classic/two-phase-commit.ts";
import type { ParameterValue } from "../../src/spec/parameters.ts";
import { explore } from "../support/engine.ts";

function distinct(nodes: ParameterValue, symmetry = true): number {
  const model = twoPhaseCommit.instantiate(twoPhaseCommit.resolve({ nodes }));
  return explore(model, { symmetry }).distinct;
}

test("three resource managers without symmetry: the published count", () => {
  expect(distinct(3, false)).toBe(288);
});

test("five resource managers: every orbit once", () => {
  // 665 is what a choice of representatives gives that is not canonical.
  expect(distinct(5)).toBe(314);
});

test("nine resource managers: 9! renamings are not tried one by one", () => {
  expect(distinct(9)).toBe(2232);
});
