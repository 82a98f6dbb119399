/** The JSON document, field by field as it is promised. */
import { expect, test } from "vitest";
import { checkReport, errorReport } from "../../src/report/formats/json.ts";
import { result, run, step, violation } from "./results.ts";

const ending = { exitCode: 0, error: null, expected: null };

test("a run that ended well", () => {
  const found = result({
    verdict: "holds-within",
    properties: [{ name: "ElectionSafety", kind: "invariant", verdict: "holds" }],
    bounds: [{ name: "elections", kind: "budget", limit: 2, hit: true }],
    reached: [{ property: "LeaderElected", steps: 3 }],
  });
  expect(checkReport(run(), found, ending, false)).toEqual({
    dscheck: "1.2.3",
    schemaVersion: 1,
    spec: "raft",
    file: "specs/raft.ts",
    command: "npx dscheck specs/raft.ts --nodes 3",
    parameters: { nodes: 3, maxElections: 2, bug: "none" },
    symmetry: ["nodes"],
    workers: 2,
    verdict: "holds-within",
    states: { generated: 1234567, distinct: 89012, queued: 0, boundTerminal: 0, depth: 14 },
    levels: [1, 2],
    properties: [{ name: "ElectionSafety", kind: "invariant", verdict: "holds" }],
    bounds: [{ name: "elections", kind: "budget", limit: 2, hit: true }],
    violations: [],
    reached: [{ property: "LeaderElected", steps: 3 }],
    coverage: { actions: { Timeout: { enabled: 3, generated: 9 } } },
    stopped: null,
    expected: null,
    time: { wallSeconds: 12.346 },
    memory: { peakBytes: 1.5 * 2 ** 30, bytesPerState: 23.4 },
    error: null,
    exitCode: 0,
  });
});

const TRACE = [
  step(0, null, { x: 0, "log of": [] }),
  step(1, "Append(n1)", { x: 0, "log of": ["a"] }, { relevant: true, arguments: { i: "n1" } }),
  step(2, "Set", { x: { "#set": [1] }, "log of": ["a"] }, { fault: true }),
];

test("a trace: full states at its ends, between them what changed", () => {
  const report = checkReport(run(), result({ violations: [violation({ trace: TRACE })] }), ending, false);
  const [reported] = report.violations;
  expect(reported).toMatchObject({ kind: "invariant", property: "ElectionSafety", steps: 2, loopTo: null });
  expect(reported!.trace).toEqual([
    { step: 0, action: null, relevant: false, state: { x: 0, "log of": [] } },
    {
      step: 1,
      action: "Append(n1)",
      arguments: { i: "n1" },
      fault: false,
      relevant: true,
      sent: [],
      received: [],
      discarded: [],
      lost: [],
      doubled: [],
      changed: { "log of[0]": { after: "a" } },
    },
    {
      step: 2,
      action: "Set",
      arguments: {},
      fault: true,
      relevant: false,
      sent: [],
      received: [],
      discarded: [],
      lost: [],
      doubled: [],
      changed: { x: { before: 0, after: { "#set": [1] } } },
      state: { x: { "#set": [1] }, "log of": ["a"] },
    },
  ]);
});

test("full states at every step when they are asked for", () => {
  const report = checkReport(run(), result({ violations: [violation({ trace: TRACE })] }), ending, true);
  expect(report.violations[0]!.trace.map((one) => one.state)).toEqual(TRACE.map((one) => one.state));
});

test("sets tell what they gained and lost", () => {
  const trace = [step(0, null, { s: { "#set": [1, 2] } }), step(1, "Swap", { s: { "#set": [2, 3] } })];
  const report = checkReport(run(), result({ violations: [violation({ trace })] }), ending, false);
  expect(report.violations[0]!.trace[1]!.changed).toEqual({ s: { added: [3], removed: [1] } });
});

test("an error has the fields of a run", () => {
  const error = { code: 151, message: "there is no option --x", action: null };
  const report = errorReport("1.2.3", error);
  expect(report).toMatchObject({ spec: null, verdict: "failed", error, exitCode: 151 });
  expect(Object.keys(report)).toEqual(Object.keys(checkReport(run(), result(), ending, false)));
});
