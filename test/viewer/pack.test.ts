/** Embedded data: nothing is lost, what is equal is one object, and a long trace stays small. */
import { expect, test } from "vitest";
import { packSnapshot, unpackSnapshot } from "../../src/viewer/pack.ts";
import type { Snapshot } from "../../src/viewer/source.ts";
import * as results from "../report/results.ts";
import { declared, nodeNames, syntheticTrace } from "./synthetic.ts";

function snapshot(steps: number, nodes = 3): Snapshot {
  const { version, spec, file, parameters, command, networks, budgets, meanings } = results.run();
  return {
    subject: {
      ...{ version, spec, file, parameters, command, networks, budgets, meanings },
      declared: declared(nodeNames(nodes)),
      verdict: "violated",
      facts: [],
      bounds: [],
    },
    traces: [
      { title: "one", steps: syntheticTrace(steps, nodes), failure: null },
      { title: "none", steps: [], failure: null },
    ],
    live: null,
  };
}

/** As it travels: through JSON. */
const sent = (of: Snapshot): Snapshot => unpackSnapshot(JSON.parse(JSON.stringify(packSnapshot(of))));

test("what is unpacked is what was packed", () => {
  const made = snapshot(60);
  expect(sent(made)).toEqual(made);
});

test("keys keep their order, also those that sort otherwise as text", () => {
  const made = snapshot(3, 12);
  const server = sent(made).traces[0]!.steps[0]!.state.server as { "#map": readonly [string, unknown][] };
  expect(server["#map"].map(([node]) => node)).toEqual(nodeNames(12));
});

test("values of all kinds survive, also those that look like what packing makes of them", () => {
  const odd = {
    list: [],
    nested: [[-1, 0], [0], [[]]],
    record: {},
    set: { "#set": [1, "1", null, true] },
    tuple: { "#tup": ["n1", -1] },
    big: { "#bigint": "123456789012345678901234567890" },
    text: "</script><!-- $& \u2028",
  };
  const made = snapshot(0);
  const steps = [results.step(0, null, odd), results.step(1, "Act(n1)", { ...odd, list: [odd] })];
  const back = sent({ ...made, traces: [{ title: "odd", steps, failure: null }] });
  expect(back.traces[0]!.steps).toEqual(steps);
});

test("a variable that a step leaves alone is the same object in both states", () => {
  const { steps } = sent(snapshot(60)).traces[0]!;
  const kept = steps.filter((step, at) => at > 0 && step.state.server === steps[at - 1]!.state.server);
  expect(kept.length).toBeGreaterThan(3);
});

test("two thousand steps of five nodes take less than 800 kB", () => {
  const text = JSON.stringify(packSnapshot(snapshot(2000, 5)));
  expect(text.length).toBeLessThan(800_000);
  expect(text.length).toBeGreaterThan(100_000);
});
