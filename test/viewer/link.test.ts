/** The address names a counterexample and a step; what makes no sense in it is the beginning. */
import { expect, test } from "vitest";
import { addressOf, targetOf } from "../../src/viewer/link.ts";

test("counterexamples count from 1, steps from 0", () => {
  expect(addressOf({ trace: 0, step: 12 })).toBe("#v=1&s=12");
  expect(targetOf("#v=1&s=12")).toEqual({ trace: 0, step: 12 });
});

test("an address that is made leads back", () => {
  for (const target of [
    { trace: 0, step: 0 },
    { trace: 7, step: 1999 },
  ])
    expect(targetOf(addressOf(target))).toEqual(target);
});

test("what names nothing is the first state of the first counterexample", () => {
  for (const address of ["", "#", "#v=&s=", "#v=x&s=-1", "#v=0&s=1e3", "#s=99999999999999"])
    expect(targetOf(address)).toEqual({ trace: 0, step: 0 });
});
