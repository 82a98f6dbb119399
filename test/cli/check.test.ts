/** `dscheck check` through the real command: verdicts, exit codes, formats, reports, determinism. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { CheckReport } from "../../src/report/formats/json.ts";
import { dscheck, Scratch } from "./binary.ts";

const COUNTERS = "test/fixtures/counters.ts";
const PING = "test/fixtures/ping.ts";
const TEN = "test/fixtures/ten.ts";
const scratch = new Scratch();
afterAll(() => scratch.remove());

function json(words: readonly string[]): CheckReport {
  return JSON.parse(dscheck([...words, "--format", "json"]).stdout) as CheckReport;
}

/** All that must not depend on the number of workers or the run. */
function stable(words: readonly string[]): Partial<CheckReport> {
  const { time: _time, memory: _memory, workers: _workers, ...rest } = json(words);
  return rest;
}

describe("verdicts and exit codes", () => {
  test.each<[string, string[], number, Partial<CheckReport>]>([
    ["holds", [TEN], 0, { verdict: "holds" }],
    ["holds within bounds", [COUNTERS], 0, { verdict: "holds-within" }],
    ["deadlock", [COUNTERS, "--set", "bug=deadlock"], 11, { verdict: "deadlock" }],
    ["invariant", [COUNTERS, "--set", "bug=invariant"], 12, { verdict: "violated" }],
    ["step property", [COUNTERS, "--set", "bug=step"], 13, { verdict: "violated" }],
    ["assertion", [COUNTERS, "--set", "bug=assertion"], 14, { verdict: "violated" }],
    ["unreached", [COUNTERS, "--set", "bug=unreached"], 15, { verdict: "unreached" }],
    [
      "an action threw",
      [COUNTERS, "--set", "bug=action-throws"],
      75,
      { error: { code: 75, message: "two is too many", action: "CountUp" } },
    ],
    [
      "a property threw",
      [COUNTERS, "--set", "bug=property-throws"],
      76,
      { error: { code: 76, message: "cannot say", action: null } },
    ],
    ["impure", [COUNTERS, "--set", "bug=impure"], 78, { verdict: "failed" }],
    [
      "stopped at a number of states",
      [COUNTERS, "--set", "limit=5", "--max-states", "3"],
      152,
      { verdict: "stopped" },
    ],
    ["stopped at a depth", [COUNTERS, "--max-depth", "1"], 152, { verdict: "stopped" }],
    [
      "stopped at a time",
      [
        COUNTERS,
        "--nodes",
        "4",
        "--set",
        "limit=5",
        "--faults",
        "crash=3",
        "--no-symmetry",
        "--max-seconds",
        "0.001",
      ],
      152,
      { verdict: "stopped" },
    ],
    ["stopped at the memory", [COUNTERS, "--max-memory", "1MiB"], 152, { verdict: "stopped" }],
    [
      "deadlocks that nobody asked for",
      [COUNTERS, "--set", "bug=deadlock", "--no-deadlock"],
      0,
      { verdict: "holds" },
    ],
    [
      "a violation that nobody asked for",
      [COUNTERS, "--set", "bug=invariant", "--property", "Slow"],
      0,
      { verdict: "holds-within" },
    ],
    [
      "no property at all",
      [COUNTERS, "--set", "bug=invariant", "--no-properties"],
      0,
      { verdict: "holds-within" },
    ],
    [
      "an expected violation",
      [COUNTERS, "--set", "bug=invariant", "--expect", "violated:Small"],
      0,
      { expected: { outcome: "violated:Small", met: true } },
    ],
    [
      "an expectation that is not met",
      [COUNTERS, "--expect", "violated"],
      1,
      { expected: { outcome: "violated", met: false } },
    ],
    ["an expected stop", [COUNTERS, "--max-depth", "1", "--expect", "stopped"], 0, { verdict: "stopped" }],
    ["an unexpected stop", [COUNTERS, "--max-depth", "1", "--expect", "holds"], 152, { verdict: "stopped" }],
  ])("%s", (_, words, code, fields) => {
    const { code: exit, stdout } = dscheck([...words, "--format", "json"]);
    expect(exit).toBe(code);
    expect(JSON.parse(stdout)).toMatchObject({ ...fields, exitCode: code });
  });
});

test("the counts of a small model, known by hand", () => {
  // Two nodes that count to 2: nine states, six up to renaming; twelve steps and the initial state.
  const plain = json([COUNTERS, "--no-symmetry"]);
  expect(plain.states).toEqual({ generated: 13, distinct: 9, queued: 0, boundTerminal: 1, depth: 4 });
  expect(plain.symmetry).toEqual([]);
  const reduced = json([COUNTERS]);
  expect(reduced.states).toMatchObject({ distinct: 6, queued: 0, boundTerminal: 1, depth: 4 });
  expect(reduced.symmetry).toEqual(["node"]);
  expect(reduced.reached).toContainEqual({ property: "AllDone", steps: 4 });
});

test("properties that were not decided as they should are told as such", () => {
  expect(json([COUNTERS, "--set", "bug=vacuous"]).properties).toEqual([
    { name: "Small", kind: "invariant", verdict: "holds" },
    { name: "Slow", kind: "step", verdict: "holds" },
    { name: "Far", kind: "invariant", verdict: "vacuous" },
    { name: "AllDone", kind: "reachable", verdict: "reached" },
    { name: "Nine", kind: "reachable", verdict: "not-checked" },
  ]);
});

test("places are lines of the spec's file", () => {
  const { violations } = json([COUNTERS, "--set", "bug=invariant"]);
  const lines = readFileSync(COUNTERS, "utf8").split("\n");
  const { file, line } = violations[0]!.location!;
  expect(file).toBe(COUNTERS);
  expect(lines.slice(line - 1, line + 1).join()).toContain('"Small"');
});

test("a trace of messages: what was sent and received, and the steps that matter", () => {
  const [violation] = json([PING, "--faults", "loss=1"]).violations;
  const steps = violation!.trace.map(({ action, relevant, fault }) => ({ action, relevant, fault }));
  expect(steps.map((step) => step.action?.replace(/\(.*/, "") ?? null)).toEqual([
    null,
    "Ask",
    "Answer",
    "Count",
  ]);
  expect(steps[3]).toMatchObject({ relevant: true, fault: false });
  expect(violation!.trace[2]).toMatchObject({ received: [{ network: "net" }], sent: [{ network: "net" }] });
});

describe("output", () => {
  test("the text of a counterexample ends with the command that prints it again", () => {
    const words = [PING, "--nodes", "3", "--faults", "loss=1"];
    const { stdout, stderr } = dscheck(words);
    const last = stdout.trimEnd().split("\n").at(-1)!;
    expect(stderr).toBe("");
    expect(last).toBe(`npx dscheck ${words.join(" ")}`);
    const without = (text: string): string => text.replace(/^Time .*$/m, "");
    expect(without(dscheck(last.split(" ").slice(2)).stdout)).toBe(without(stdout));
  });

  test("every option that decides the verdict is in that command, quoted where a shell needs it", () => {
    const path = scratch.write("it's.ts", readFileSync(COUNTERS, "utf8"));
    const words = [
      "--set",
      "bug=invariant",
      "--property",
      "Small",
      "--no-symmetry",
      "--no-deadlock",
      "--max-depth",
      "9",
      "--continue",
      "--no-audit",
    ];
    const { command } = json([path, ...words, "--workers", "1", "--max-seconds", "60"]);
    expect(command).toBe(`npx dscheck '${path.replace("'", "'\\''")}' ${words.join(" ")}`);
  });

  test("JSON is one document and nothing else", () => {
    const { stdout, stderr } = dscheck([COUNTERS, "--format", "json"]);
    expect(stderr).toBe("");
    expect(() => JSON.parse(stdout)).not.toThrow();
    expect(stdout.startsWith("{\n")).toBe(true);
    expect(stdout.endsWith("}\n")).toBe(true);
  });

  test("reports go to files beside it", () => {
    const [text, data] = [join(scratch.directory, "report.txt"), join(scratch.directory, "report.json")];
    const { stdout } = dscheck([COUNTERS, "--quiet", "--report", `text=${text}`, "--report", `json=${data}`]);
    expect(stdout.startsWith("Verdict ")).toBe(true);
    expect(readFileSync(text, "utf8").endsWith(stdout)).toBe(true);
    expect(JSON.parse(readFileSync(data, "utf8"))).toMatchObject({ verdict: "holds-within" });
  });

  test("no colour and no progress where there is no terminal", () => {
    const { stdout, stderr } = dscheck([COUNTERS], undefined, { TERM: "xterm-256color" });
    expect(stdout + stderr).not.toContain("\u001b");
  });
});

test("the same for every number of workers, from run to run", () => {
  for (const words of [
    [COUNTERS, "--nodes", "3", "--set", "limit=3", "--faults", "crash=1"],
    [COUNTERS, "--set", "bug=invariant", "--continue"],
    [PING, "--faults", "loss=2"],
  ]) {
    const one = stable([...words, "--workers", "1"]);
    expect(stable([...words, "--workers", "2"])).toEqual(one);
    expect(stable([...words, "--workers", "3"])).toEqual(one);
    expect(stable([...words, "--workers", "3"])).toEqual(one);
  }
});

test("help and version", () => {
  const help = dscheck(["--help"]);
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(help.stdout).toContain("dscheck specs/raft.ts --nodes 3");
  for (const line of help.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(dscheck(["suite", "--help"]).stdout).not.toContain("--max-depth");
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect(dscheck(["--version"]).stdout).toBe(`${version}\n`);
});
