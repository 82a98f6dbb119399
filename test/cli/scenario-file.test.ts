/** What can be wrong with a scenario or a recorded trace: one line, with the line of the file, and the exit code. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "./binary.ts";

// The built package, past the test runner's own module loader: specs are the built package's.
const require = createRequire(import.meta.url);
const { runReplay } =
  require("../../dist/cli/replay/run-replay.js") as typeof import("../../src/cli/replay/run-replay.ts");
const { readScenario } =
  require("../../dist/cli/replay/scenario-file.js") as typeof import("../../src/cli/replay/scenario-file.ts");
const { readTrace } =
  require("../../dist/cli/replay/trace-file.js") as typeof import("../../src/cli/replay/trace-file.ts");

const HEAD = `spec: ${join(ROOT, "test/fixtures/drops.ts")}\ninitial: 1\n`;

/** Exit code and message of a scenario; its third line is the first of `rest`. */
async function outcome(text: string, overrides: object = {}): Promise<[number, string]> {
  try {
    const request = readScenario("s.yaml", text);
    const { report } = await runReplay({ ...request, fullStates: false }, overrides, "command");
    return [report.exitCode, report.expected?.why ?? ""];
  } catch (error) {
    const { code, message } = error as { code?: number; message: string };
    return [code ?? 255, message];
  }
}

describe("a scenario is refused with its line", () => {
  test.each<[string, string, string]>([
    [
      "no YAML",
      "steps: [\n",
      "s.yaml:4: this is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
    ["a field twice", "steps: []\nsteps: []", "s.yaml:4: this is not YAML: Map keys must be unique"],
    ["an unknown field", "step: []", "s.yaml:3: a scenario has no field step; did you mean steps?"],
    ["no steps", "expect: holds", "s.yaml:1: steps is missing"],
    [
      "steps that are no list",
      "steps: Timeout(n1)",
      "s.yaml:3: steps is a list of actions, each a line that begins with -",
    ],
    [
      "a step that is no action",
      "steps:\n  - 7",
      "s.yaml:4: a step is an action, such as Timeout(n1), or { action: ..., message: ... }; this is 7",
    ],
    ["a step without action", "steps:\n  - { choice: 1 }", "s.yaml:4: action is missing"],
    [
      "an unquoted comma",
      "steps:\n  - { action: Put(n1, n2) }",
      "s.yaml:4: a step has no field n2); quote an action that has a comma",
    ],
    [
      "an unknown field of a step",
      "steps:\n  - action: Take(n1->n2)\n    mesage: {}",
      "s.yaml:5: a step has no field mesage; did you mean message?",
    ],
    [
      "message and arguments",
      "steps:\n  - action: Take(n1->n2)\n    message: {}\n    arguments: {}",
      "s.yaml:6: a step has message or arguments, not both; message is short for arguments: { message: ... }",
    ],
    [
      "arguments that are no map",
      "steps:\n  - action: Take(n1->n2)\n    arguments: [1]",
      "s.yaml:5: arguments: [1] is not a map of values by name",
    ],
    [
      "a choice that is no place",
      "steps:\n  - action: Take(n1->n2)\n    choice: 0",
      "s.yaml:5: choice: 0 is not a place, from 1",
    ],
    [
      "parameters that are no map",
      "steps: []\nparameters: [3]",
      "s.yaml:4: parameters is a map of values by name, such as { nodes: 3 }",
    ],
    [
      "a parameter that is no value",
      "steps: []\nparameters:\n  limit: [3]",
      "s.yaml:5: parameters: [3] is not a value for limit",
    ],
    [
      "an unknown parameter",
      "steps: []\nparameters:\n  limit: 3\n  lose: 1",
      "s.yaml:6: drops has no parameter lose; did you mean loss?",
    ],
    [
      "a parameter out of range",
      "steps: []\nparameters: { nodes: 9 }",
      "s.yaml:4: parameter nodes: 9 is out of range; choose 2 to 3",
    ],
    [
      "an unknown claim",
      "steps: []\nexpect: fails",
      's.yaml:4: expect: "fails" is no claim; write holds, violated[:NAME], reached:NAME, deadlock or throws[:NAME]',
    ],
    [
      "a claim of nothing known",
      "steps: []\nexpect: violated:AtMost",
      "s.yaml:4: expect violated:AtMost: drops has nothing named AtMost that can be so; there are AtMostLimit, OneAtATime, Put, Take",
    ],
    [
      "an unknown action",
      "steps:\n  - Puts(n1, n2)",
      "s.yaml:4: step 1: drops has no action Puts; did you mean Put?",
    ],
  ])("%s", async (_, rest, message) => {
    expect(await outcome(HEAD + rest)).toEqual([151, message]);
  });

  test("no spec, a spec that is no file, an initial state that is none", async () => {
    expect(await outcome("steps: []")).toEqual([151, "s.yaml:1: spec is missing"]);
    expect(await outcome("steps: []\nspec: 7")).toEqual([
      151,
      "s.yaml:2: spec: 7 is not a file; write it a file, relative to the scenario",
    ]);
    expect(await outcome("- a list")).toEqual([
      151,
      "s.yaml:1: a scenario has spec and steps; write spec: FILE, and steps: with a list",
    ]);
    expect(await outcome(`${HEAD.replace("1", "first")}steps: []`)).toEqual([
      151,
      's.yaml:2: initial: "first" is neither a place, from 1, nor a part of a state, such as { server: { n1: { role: leader } } }',
    ]);
    expect(await outcome("spec: nowhere.ts\nsteps: []")).toEqual([150, "nowhere.ts: there is no such file"]);
  });
});

const PUTS = 'steps:\n  - { action: "Put(n1, n2)", choice: 1 }\n  - { action: "Put(n1, n2)", choice: 2 }\n';

describe("a step that cannot be taken", () => {
  test.each<[string, string, number, string]>([
    [
      "is told with what is enabled instead",
      "steps:\n  - Put(n1, n9)",
      1,
      "s.yaml:4: step 1, Put(n1, n9), is not enabled in the initial state; did you mean Put(n1, n2)? enabled: Put(n1, n2) or Put(n2, n1)",
    ],
    [
      "is told with the step before",
      `${PUTS}  - Take(n2->n1)`,
      1,
      "s.yaml:6: step 3, Take(n2->n1), is not enabled after step 2, Put(n1, n2); did you mean Take(n1->n2)? enabled: Take(n1->n2)",
    ],
    [
      "with such a message is told with the messages there are",
      `${PUTS}  - { action: Take(n1->n2), message: { value: 9 } }`,
      1,
      "s.yaml:6: step 3, Take(n1->n2), is enabled after step 2, Put(n1, n2), but not with message: {value: 9}; there is message: {from: n1, to: n2, type: Put, value: 1} or message: {from: n1, to: n2, type: Put, value: 2}",
    ],
    [
      "with such a choice is told with their number",
      'steps:\n  - { action: "Put(n1, n2)", choice: 3 }',
      1,
      "s.yaml:4: step 1, Put(n1, n2), choice: 3: there are 2 next states in the initial state",
    ],
    [
      "because it may be several messages",
      `${PUTS}  - Take(n1->n2)`,
      151,
      "s.yaml:6: step 3, Take(n1->n2), can be 2 different steps after step 2, Put(n1, n2); add one of message: {value: 1} or message: {value: 2}",
    ],
    [
      "because it may be several outcomes",
      "steps:\n  - Put(n1, n2)",
      151,
      "s.yaml:4: step 1, Put(n1, n2), can be 2 different steps in the initial state; add one of choice: 1 (net[n2][{from: n1, to: n2, type: Put, value: 1}]: (none) -> 1) or choice: 2 (net[n2][{from: n1, to: n2, type: Put, value: 2}]: (none) -> 1)",
    ],
  ])("%s", async (_, rest, code, message) => {
    expect(await outcome(HEAD + rest)).toEqual([code, message]);
  });

  test("because it throws", async () => {
    const text = `${HEAD.replace("initial: 1", "initial: 2")}parameters: { bug: throws, limit: 9 }
steps:
  - { action: "Put(n2, n1)", choice: 2 }
  - { action: "Put(n2, n1)", choice: 1 }
  - { action: Take(n2->n1), message: { value: 2 } }
  - Take(n2->n1)
`;
    expect(await outcome(text)).toEqual([
      1,
      "s.yaml:8: step 4, Take(n2->n1), throws after step 3, Take(n2->n1): four is too many",
    ]);
    const before = text.replace("  - Take(n2->n1)\n", "");
    expect(await outcome(`${before}expect: throws:Take`)).toEqual([0, ""]);
    expect(await outcome(`${before}expect: violated:Take`)).toEqual([
      1,
      "at the end OneAtATime(n1) is violated",
    ]);
    expect(await outcome(`${before.replace("throws", "assertion")}expect: violated:Take`)).toEqual([0, ""]);
  });
});

describe("initial states", () => {
  const start = (initial: string): string => `${HEAD.replace("initial: 1\n", initial)}steps: []`;

  test("are chosen by place or by a part", async () => {
    expect(await outcome(start("initial: 2\n"))).toEqual([0, ""]);
    expect(await outcome(start("initial: { sum: { n1: 1 } }\n"))).toEqual([0, ""]);
  });

  test("are told where several fit, or none", async () => {
    expect(await outcome(start(""))).toEqual([
      151,
      "s.yaml:2: 2 initial states are possible; add initial: 1 or 2 (sum[n1]: 0 -> 1), or a part of one",
    ]);
    expect(await outcome(start("initial: 3\n"))).toEqual([
      1,
      "s.yaml:2: initial: 3: the spec has 2 initial states",
    ]);
    expect(await outcome(start("initial: { sum: { n1: 7 } }\n"))).toEqual([
      1,
      "s.yaml:2: initial: no initial state has {sum: {n1: 7}}; there are 2",
    ]);
  });
});

describe("claims", () => {
  const TAKEN = `${PUTS}  - { action: Take(n1->n2), message: { value: 1 } }\n`;

  test.each<[string, string, string]>([
    ["holds", TAKEN, ""],
    ["reached:Three", TAKEN, "Three is false at the end"],
    [
      "reached:Three",
      `${TAKEN}  - Take(n1->n2)\nparameters: { limit: 2 }\n`,
      "AtMostLimit(n2) is violated after step 4",
    ],
    ["holds", `${TAKEN}  - Take(n1->n2)\n`, "OneAtATime(n2) is violated after step 4"],
    ["violated:OneAtATime", `${TAKEN}  - Take(n1->n2)\n`, ""],
    ["violated", `${TAKEN}  - Take(n1->n2)\n`, ""],
    ["violated:AtMostLimit", `${TAKEN}  - Take(n1->n2)\n`, "at the end OneAtATime(n2) is violated"],
    [
      "violated:AtMostLimit",
      `${TAKEN}  - Take(n1->n2)\nparameters: { limit: 0 }\n`,
      "AtMostLimit(n2) is violated before the end, after step 3",
    ],
    ["deadlock", TAKEN, "nothing fails at the end"],
  ])("%s", async (claim, rest, why) => {
    expect(await outcome(`${HEAD}${rest}expect: ${claim}`)).toEqual([why === "" ? 0 : 1, why]);
  });

  test("deadlock, where no bound and no final state explains it", async () => {
    const text = `spec: ${join(ROOT, "test/fixtures/counters.ts")}
parameters: { nodes: 2, limit: 1, bug: deadlock }
steps: [CountUp(n1), CountUp(n2)]
expect: deadlock`;
    expect(await outcome(text)).toEqual([0, ""]);
    expect(await outcome(text.replace(", CountUp(n2)", ""))).toEqual([1, "nothing fails at the end"]);
  });
});

describe("a recorded trace is refused when", () => {
  const violation = { kind: "invariant", property: "P", trace: [{ state: {} }] };
  const base = { schemaVersion: 1, file: "spec.ts", parameters: {}, violations: [violation] };

  test.each<[string, object, string | null, string]>([
    [
      "another version made it",
      { ...base, schemaVersion: 2 },
      null,
      "t.json: schemaVersion 2 is not known here; this is 1",
    ],
    [
      "nothing was violated",
      { ...base, violations: [] },
      null,
      "t.json: violations is empty: the check found nothing to replay",
    ],
    ["it has fewer violations", base, "2", "t.json: --violation 2: there is 1"],
    ["it has no such violation", base, "Q", "t.json: --violation: no violation of Q; there is P"],
    [
      "a step has no text",
      { ...base, violations: [{ ...violation, trace: [{ state: {} }, { action: 1 }] }] },
      null,
      "t.json: violations[0].trace[1].action is not text",
    ],
    ["it names no spec", { ...base, file: null }, null, "t.json: file is missing, the path of the spec"],
    [
      "it is ITF of others",
      { "#meta": {}, states: [] },
      null,
      "t.json: #meta has no source or no parameters; only ITF traces of dscheck can be replayed",
    ],
  ])("%s", (_, document, wanted, message) => {
    expect(() => readTrace("t.json", { ...document }, wanted)).toThrow(message);
  });
});
