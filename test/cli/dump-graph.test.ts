/** `--dump-graph` through the real command: the file says what the check counts without symmetry. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Graphviz } from "@hpcc-js/wasm-graphviz";
import { afterAll, describe, expect, test } from "vitest";
import type { CheckReport } from "../../src/report/formats/json.ts";
import { dscheck, Scratch } from "./binary.ts";

const scratch = new Scratch();
afterAll(() => scratch.remove());
const file = (name: string): string => join(scratch.directory, name);

const graphviz = await Graphviz.load();

/** States and steps that Graphviz finds in a file; states outside a constraint are dotted. */
function counted(dot: string): { inside: number; outside: number; steps: number } {
  const read: unknown = JSON.parse(graphviz.layout(dot, "dot_json", "nop2"));
  const { objects, edges } = read as { objects: { label: string }[]; edges: unknown[] };
  const outside = objects.filter(({ label }) => /^\d+[^\\]* outside/.test(label)).length;
  return { inside: objects.length - outside, outside, steps: edges.length };
}

describe("the graph", () => {
  test.each<[string, string[], { initial: number; constraint: boolean; scalarset: boolean }]>([
    ["specs/classic/die-hard.ts", [], { initial: 1, constraint: false, scalarset: false }],
    ["specs/classic/alternating-bit.ts", [], { initial: 8, constraint: true, scalarset: true }],
    ["specs/classic/chang-roberts.ts", [], { initial: 8, constraint: false, scalarset: false }],
    ["specs/classic/two-phase-commit.ts", [], { initial: 1, constraint: false, scalarset: true }],
    ["test/fixtures/ping.ts", ["--faults", "loss=1"], { initial: 1, constraint: false, scalarset: true }],
  ])("of %s %j has the states and steps that the check counts without symmetry", (spec, words, expected) => {
    const target = file("graph.dot");
    const counts = [spec, ...words, "--no-properties", "--no-deadlock", "--format", "json"];
    if (expected.scalarset) counts.push("--no-symmetry");
    const ran = dscheck([...counts, "--dump-graph", target]);
    const { states } = JSON.parse(ran.stdout) as CheckReport;
    const { inside, outside, steps } = counted(readFileSync(target, "utf8"));
    expect([inside, steps]).toEqual([states.distinct, states.generated - expected.initial]);
    expect(outside > 0).toBe(expected.constraint);
  });

  test("of a model with symmetry is the unreduced one, and says so", () => {
    const target = file("unreduced.dot");
    const ran = dscheck(["test/fixtures/ping.ts", "--format", "json", "--dump-graph", target]);
    const text = readFileSync(target, "utf8");
    expect(text).toMatch(/^\/\/ .*Symmetry is not used/m);
    expect(counted(text).inside).toBeGreaterThan((JSON.parse(ran.stdout) as CheckReport).states.distinct);
  });

  test("goes as deep as the check may, and shows the counterexample that the check finds", () => {
    const target = file("shallow.dot");
    const ran = dscheck(["specs/classic/die-hard.ts", "--max-depth", "6", "--dump-graph", target]);
    expect(ran.code).toBe(12);
    expect(readFileSync(target, "utf8")).toMatch(/label="\d+ not explored, violates BigIsNot4/);
  });
});

describe("refused, in one line, with nothing written", () => {
  test("a model of more than 2,000 states", () => {
    const target = file("large.dot");
    const ran = dscheck(["specs/raft.ts", "--dump-graph", target]);
    expect(ran).toEqual({
      code: 151,
      stdout: "",
      stderr: `dscheck: --dump-graph ${target}: raft has more than 2,000 states without symmetry with these parameters; lower them, or give --max-depth\n`,
    });
    expect(existsSync(target)).toBe(false);
  });

  test("a place that is none", () => {
    const nowhere = join(file("nowhere"), "graph.dot");
    expect(dscheck(["test/fixtures/ten.ts", "--dump-graph", nowhere])).toMatchObject({
      code: 151,
      stderr: `dscheck: --dump-graph ${nowhere}: the directory ${file("nowhere")} does not exist\n`,
    });
    expect(dscheck(["test/fixtures/ten.ts", "--dump-graph", scratch.directory])).toMatchObject({
      code: 151,
      stderr: `dscheck: --dump-graph ${scratch.directory}: it is a directory\n`,
    });
  });

  test("a spec that breaks a rule, of which the check says more", () => {
    const target = file("wrong.dot");
    const spec = scratch.write(
      "wrong.ts",
      `import { defineSpec } from "dscheck";
export default defineSpec({
  name: "wrong",
  parameters: {},
  model(m) {
    const seen = m.history("seen", 0, (n: number) => n + 1);
    m.action("Look", {}, (s) => void s.get(seen));
  },
});
`,
    );
    const ran = dscheck([spec, "--quiet", "--dump-graph", target]);
    expect(ran.stderr).toBe(`dscheck: the spec breaks a rule, so ${target} (--dump-graph) is not written\n`);
    expect([ran.code, existsSync(target)]).toEqual([78, false]);
  });

  test.each([
    ["an initial state", 75, `m.initial(() => { throw new Error("boo"); });`],
    [
      "what appends to a history",
      75,
      `const seen = m.history("seen", 0, (): number => { throw new Error("boo"); });
    m.action("Tell", {}, (s) => s.record(seen, 1));`,
    ],
    ["a final test", 76, `m.final("End", () => { throw new Error("boo"); });`],
  ])("a spec of which no state can be blamed for what throws: %s", (_, code, declarations) => {
    const target = file("throws.dot");
    const spec = scratch.write(
      "throws.ts",
      `import { defineSpec } from "dscheck";
export default defineSpec({
  name: "throws",
  parameters: {},
  model(m) {
    const count = m.cell("count", 0);
    m.action("Up", {}, (s) => (s.get(count) < 1 ? s.set(count, 1) : undefined));
    ${declarations}
  },
});
`,
    );
    const ran = dscheck([spec, "--quiet", "--dump-graph", target]);
    expect(ran).toMatchObject({
      code,
      stderr: `dscheck: the spec cannot be evaluated, so ${target} (--dump-graph) is not written\n`,
    });
    expect(existsSync(target)).toBe(false);
  });

  test("a constraint that throws: the graph ends there", () => {
    const target = file("outside.dot");
    const spec = scratch.write(
      "outside.ts",
      `import { defineSpec } from "dscheck";
export default defineSpec({
  name: "outside",
  parameters: {},
  model(m) {
    const count = m.cell("count", 0);
    m.action("Up", {}, (s) => s.set(count, s.get(count) + 1));
    m.constraint("Small", (s) => {
      if (s.get(count) > 1) throw new Error("boo");
      return true;
    });
  },
});
`,
    );
    expect(dscheck([spec, "--quiet", "--dump-graph", target])).toMatchObject({ code: 76, stderr: "" });
    expect(existsSync(target)).toBe(true);
  });

  test("and reports for CI tell of it", () => {
    const junit = file("junit.xml");
    dscheck(["specs/raft.ts", "--dump-graph", file("large.dot"), "--report", `junit=${junit}`]);
    expect(readFileSync(junit, "utf8")).toContain("has more than 2,000 states");
  });
});
