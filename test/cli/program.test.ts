/** The function `check()`, as a program or a test of another project calls it. */
import { describe, expect, test } from "vitest";
import { runModule } from "./binary.ts";

/** What an expression with `check` at hand resolves to, in a process that imports the built package. */
function evaluate(expression: string): unknown {
  const { stdout, stderr, code } = runModule("test/fixtures/evaluate.mjs", [expression]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

test("resolves to the content of the JSON document", () => {
  expect(
    evaluate(
      'check("test/fixtures/counters.ts", { nodes: 3, set: { limit: 1 }, workers: 1, symmetry: false })',
    ),
  ).toMatchObject({
    spec: "counters",
    parameters: { nodes: 3, limit: 1, crash: 0 },
    symmetry: [],
    workers: 1,
    verdict: "holds-within",
    states: { distinct: 8, generated: 13, depth: 3 },
    exitCode: 0,
  });
});

test("takes a URL, and resolves on a violation", () => {
  expect(evaluate('check(new URL("./counters.ts", here), { set: { bug: "invariant" } })')).toMatchObject({
    verdict: "violated",
    violations: [{ property: "Small", steps: 2 }],
    exitCode: 12,
  });
});

test("checks the same spec again, with other parameters", () => {
  expect(
    evaluate(`(async () => {
      const one = await check("test/fixtures/ping.ts", { nodes: 2 });
      const two = await check("test/fixtures/ping.ts", { nodes: 3, properties: [] });
      return [one.verdict, two.verdict];
    })()`),
  ).toEqual(["holds-within", "holds-within"]);
});

test("tells progress, and can be ended by a signal", () => {
  expect(
    evaluate(`(async () => {
      const ending = new AbortController();
      ending.abort();
      const report = await check("test/fixtures/counters.ts", { signal: ending.signal, onProgress() {} });
      return [report.verdict, report.stopped?.by, report.exitCode];
    })()`),
  ).toEqual(["stopped", "interrupt", 130]);
});

describe("rejects what is wrong with an error that has the command's exit code", () => {
  test.each<[string, string, number, string]>([
    ["a missing file", '"nowhere.ts"', 150, "nowhere.ts: there is no such file"],
    [
      "an unknown option",
      '"test/fixtures/ten.ts", { worker: 1 }',
      151,
      "check() has no option worker; did you mean workers?",
    ],
    [
      "a wrong value",
      '"test/fixtures/ten.ts", { workers: 0 }',
      151,
      "workers: 0 is out of range; choose 1 to 1024",
    ],
    [
      "a wrong type",
      '"test/fixtures/ten.ts", { deadlock: "no" }',
      151,
      'deadlock: "no" is neither true nor false',
    ],
    [
      "a wrong parameter",
      '"test/fixtures/counters.ts", { set: { limit: 10 } }',
      151,
      "parameter limit: 10 is out of range; choose 1 to 9",
    ],
    [
      "an option without effect",
      '"test/fixtures/ten.ts", { nodes: 3 }',
      151,
      "nodes has no effect: ten has no parameter nodes",
    ],
    [
      "parameters wrong together",
      '"test/fixtures/counters.ts", { nodes: 4, set: { limit: 6 } }',
      10,
      "counters: nodes times limit is above 20; lower one of them",
    ],
  ])("%s", (_, given, code, message) => {
    expect(evaluate(`check(${given}).then(() => null, told)`)).toMatchObject({ code, message });
  });
});

test("importing dscheck in a spec loads nothing of the command or the engine", () => {
  expect(
    evaluate("process.moduleLoadList.filter((name) => /child_process|worker_threads/.test(name))"),
  ).toEqual([]);
});
