/**
 * Counterexamples as TLC's `-dumpTrace json` writes them. The forms of values are those that TLC, as of April 2026, wrote
 * for a spec with these values.
 */
import { expect, test } from "vitest";
import { tlcTrace } from "../../src/report/formats/tlc-trace.ts";
import type { Itf } from "../../src/search/result.ts";
import { EXCHANGE, EXCHANGE_RUN } from "./exchange.ts";
import { step, violation } from "./results.ts";

test("a counterexample is told in full, a line for each step and state", async () => {
  await expect(tlcTrace(EXCHANGE_RUN, EXCHANGE)).toMatchFileSnapshot("golden/exchange.tlc.txt");
});

test("states count from 1, and each step has the state before, the action and the state after", () => {
  const { counterexample, vars } = JSON.parse(tlcTrace(EXCHANGE_RUN, EXCHANGE));
  expect(vars).toEqual(Object.keys(EXCHANGE.trace[0]!.state));
  expect(counterexample.state.map(([number]: [number]) => number)).toEqual([1, 2, 3, 4, 5]);
  counterexample.action.forEach(([before, , after]: [unknown, unknown, unknown], at: number) => {
    expect(before).toEqual(counterexample.state[at]);
    expect(after).toEqual(counterexample.state[at + 1]);
  });
});

test("an action has TLC's fields: context and parameters only if it has any", () => {
  const { counterexample } = JSON.parse(tlcTrace(EXCHANGE_RUN, EXCHANGE));
  const [timeout, doubt] = counterexample.action.map(([, action]: [unknown, unknown]) => action);
  const location = { beginLine: 60, beginColumn: 5, endLine: 60, endColumn: 5, module: "raft" };
  expect(timeout).toEqual({ name: "Timeout", location, context: { i: "n1" }, parameters: ["i"] });
  expect(doubt).toEqual({ name: "Doubt", location });
});

const map = (...entries: readonly (readonly [Itf, Itf])[]): Itf => ({ "#map": entries });

test.each<[what: string, value: Itf, written: unknown]>([
  ["a sequence", [1, "a"], [1, "a"]],
  ["a tuple", { "#tup": [1, "a"] }, [1, "a"]],
  ["a set", { "#set": [1, 2] }, [1, 2]],
  ["a record", { a: 1, b: "x", c: true }, { a: 1, b: "x", c: true }],
  ["a function of model values", map(["n1", 0], ["n2", 0]), { n1: 0, n2: 0 }],
  ["a function of numbers", map([2, "b"], [3, "c"]), { "2": "b", "3": "c" }],
  ["a function of 1..n, which is a sequence", map([1, "a"], [2, "b"]), ["a", "b"]],
  ["the empty function, which is the empty sequence", map(), []],
  ["a function of pairs", map([{ "#tup": ["n1", "n2"] }, { "#set": [] }]), { "<<n1, n2>>": [] }],
  [
    "a function of records",
    map([{ a: 1, b: ["n1", "x"], c: true }, 1], [{ a: 2, b: [{ "#set": ["n2"] }], c: null }, 2]),
    { '[a |-> 1, b |-> <<n1, "x">>, c |-> TRUE]': 1, "[a |-> 2, b |-> <<{n2}>>, c |-> null]": 2 },
  ],
  ["a model value for nothing", null, "null"],
  ["a large integer, as text", { "#bigint": "9007199254740993" }, "9007199254740993"],
])("%s is written as TLC writes it", (_, value, written) => {
  const text = tlcTrace(EXCHANGE_RUN, violation({ trace: [step(0, null, { x: value })] }));
  expect(JSON.parse(text)).toEqual({
    counterexample: { action: [], state: [[1, { x: written }]] },
    vars: ["x"],
  });
});
