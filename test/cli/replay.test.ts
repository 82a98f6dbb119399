/** The command `replay`, the files that its reports write, and the function `replay()`. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { cleanEnvironment, dscheck, ROOT, runModule, Scratch } from "./binary.ts";

const scratch = new Scratch();
afterAll(() => scratch.remove());

const golden = (name: string): string => join(ROOT, "test/cli/golden/replay", name);

const SPEC = readFileSync(join(ROOT, "test/fixtures/drops.ts"), "utf8");
scratch.write("specs/drops.ts", SPEC);

/** Two puts of 2 are under way; the second to be taken breaks the limit. */
const SCENARIO = `# A sum of 4.
spec: ../specs/drops.ts
parameters: { limit: 3 }
initial: 1
steps:
  - { action: "Put(n1, n2)", choice: 2 }
  - { action: "Put(n1, n2)", choice: 2 }
  - Take(n1->n2)
  - Take(n1->n2)
expect: violated:AtMostLimit
`;
scratch.write("scenarios/four.yaml", SCENARIO);

const run = (...words: string[]) => dscheck(words, scratch.directory);

describe("dscheck replay", () => {
  test("prints the steps as a counterexample has them, why it fails, and whether the claim is met", async () => {
    const { code, stdout, stderr } = run("replay", "scenarios/four.yaml");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    await expect(stdout).toMatchFileSnapshot(golden("four.txt"));
  });

  test("says which parameters the command line changed, and exits 1 when the claim is not met", async () => {
    const { code, stdout } = run("replay", "scenarios/four.yaml", "--set", "limit=4", "--nodes", "3");
    expect(code).toBe(1);
    expect(stdout).toContain("nodes=3 as the command line says; the scenario has the default");
    expect(stdout).toContain("limit=4 as the command line says; the scenario has 3");
    expect(stdout).toContain(
      "Claim     violated:AtMostLimit: NOT MET, at the end OneAtATime(n2) is violated",
    );
  });

  test("exits 0 without a claim, whatever fails", () => {
    scratch.write("scenarios/none.yaml", SCENARIO.replace(/expect.*\n/, ""));
    const { code, stdout } = run("replay", "scenarios/none.yaml");
    expect(code).toBe(0);
    expect(stdout).toMatch(/Claim {5}none\n$/);
  });

  test("replays its own JSON document, and takes no option that would have no effect", () => {
    const { stdout } = run("replay", "scenarios/four.yaml", "--format", "json");
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      spec: "drops",
      scenario: "scenarios/four.yaml",
      expected: { outcome: "violated:AtMostLimit", met: true, why: null },
      findings: [
        { step: 3, property: "OneAtATime" },
        { step: 4, property: "AtMostLimit", instance: "(n2)" },
        { step: 4, property: "OneAtATime" },
      ],
      exitCode: 0,
    });
    expect(document.trace[3]).toMatchObject({
      action: "Take(n1->n2)",
      told: ["received n1->n2 Put {value: 2}", "sum[n2]: 0 -> 2"],
      enabled: ["Take(n1->n2)"],
      failed: ["OneAtATime"],
    });
    scratch.write("four.json", stdout);
    expect(run("replay", "four.json").stdout).toContain("Claim     violated:AtMostLimit: met");
    expect(run("replay", "four.json", "--violation", "1")).toMatchObject({
      code: 151,
      stderr:
        "dscheck: four.json: --violation has no effect on the document of a replay, which has one trace; remove it\n",
    });
    expect(run("replay", "scenarios/four.yaml", "--violation", "1")).toMatchObject({
      code: 151,
      stderr:
        "dscheck: --violation has no effect on the scenario scenarios/four.yaml; it chooses one of a JSON document\n",
    });
    expect(run("replay", "four.json", "--report", "junit=x.xml").stderr).toMatch(
      /^dscheck: --report junit=x\.xml: junit tells a whole check; of a replay there are html, .*scenario/,
    );
    expect(run("replay", "nothing.yaml")).toMatchObject({
      code: 151,
      stderr: "dscheck: nothing.yaml: there is no such file\n",
    });
  });

  test("chooses among the violations of a check", () => {
    const checked = run("specs/drops.ts", "--continue", "--workers", "1", "--format", "json");
    scratch.write("check.json", checked.stdout);
    const names = JSON.parse(checked.stdout).violations.map(({ property }: { property: string }) => property);
    expect(names).toEqual(["OneAtATime", "AtMostLimit"]);
    expect(run("replay", "check.json").stdout).toContain("violated:OneAtATime: met");
    expect(run("replay", "check.json", "--violation", "2").stdout).toContain("violated:AtMostLimit: met");
    expect(run("replay", "check.json", "--violation", "AtMostLimit").stdout).toContain(
      "violated:AtMostLimit: met",
    );
  });
});

describe("reports of a trace", () => {
  test("are a scenario, a test and a script, and any drawing; the scenario replays", async () => {
    mkdirSync(join(scratch.directory, "out"));
    const words = [
      "scenario=out/four.yaml",
      "vitest=out/four.test.ts",
      "script=out/four.jsonl",
      "mermaid=out/four.mmd",
    ];
    const { code, stderr } = run(
      "replay",
      "scenarios/four.yaml",
      ...words.flatMap((word) => ["--report", word]),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const written = (name: string): string =>
      readFileSync(join(scratch.directory, "out", name), "utf8").replaceAll(version, "VERSION");
    await expect(written("four.yaml")).toMatchFileSnapshot(golden("four.yaml"));
    await expect(written("four.test.ts")).toMatchFileSnapshot(golden("four.test.ts.txt"));
    await expect(written("four.jsonl")).toMatchFileSnapshot(golden("four.jsonl"));
    expect(written("four.mmd")).toContain("sequenceDiagram");
    expect(run("replay", "out/four.yaml").stdout).toContain("Claim     violated:AtMostLimit: met");
  });

  test("the test passes while the bug is there, and fails when it is gone", () => {
    for (const name of ["dscheck", "vitest"]) {
      const target = name === "dscheck" ? ROOT : join(ROOT, "node_modules", name);
      mkdirSync(join(scratch.directory, "node_modules"), { recursive: true });
      symlinkSync(target, join(scratch.directory, "node_modules", name), "junction");
    }
    scratch.write("package.json", '{ "private": true, "type": "module" }');
    const vitest = (): { status: number | null; stdout: string } =>
      spawnSync(process.execPath, [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "out"], {
        cwd: scratch.directory,
        env: { ...cleanEnvironment(), NO_COLOR: "1", VITEST: undefined },
        encoding: "utf8",
      });
    const there = vitest();
    expect(there.stdout).toContain("1 passed");
    expect(there.status).toBe(0);
    scratch.write("specs/drops.ts", SPEC.replace("[1, 2].map", "[1].map"));
    const gone = vitest();
    expect(gone.status).toBe(1);
    scratch.write("specs/drops.ts", SPEC);
  });
});

describe("replay()", () => {
  const evaluate = (options: string): unknown => {
    const expression = `(async () => {
      const { replay } = await import("dscheck");
      try {
        return await replay(new URL("./drops.ts", here), ${options});
      } catch ({ code, message }) {
        return { code, message };
      }
    })()`;
    const { stdout, stderr } = runModule("test/fixtures/evaluate.mjs", [expression]);
    expect(stderr).toBe("");
    return JSON.parse(stdout);
  };

  test("resolves to the states, what each step did, and what fails", () => {
    expect(
      evaluate(
        '{ set: { limit: 9 }, initial: 1, steps: [{ action: "Put(n1, n2)", choice: 1 }, "Take(n1->n2)"], expect: "holds" }',
      ),
    ).toMatchObject({
      parameters: { limit: 9 },
      overridden: [],
      trace: [
        { step: 0, state: { puts: 2 }, failed: [] },
        { step: 1, told: ["sent n1->n2 Put {value: 1}", "puts: 2 -> 1"], state: { puts: 1 } },
        { step: 2, changed: { "sum[n2]": { before: 0, after: 1 } } },
      ],
      failed: [],
      expected: { met: true },
    });
  });

  test.each<[string, string, number, string]>([
    ["an unknown option", "{ step: [] }", 151, "replay() has no option step; did you mean steps?"],
    ["no steps", "{ initial: 1 }", 151, "steps: undefined is not a list of actions"],
    [
      "a wrong step",
      "{ initial: 1, steps: [3] }",
      151,
      'steps[0]: 3 is not an action, such as "Timeout(n1)"',
    ],
    [
      "a wrong choice",
      '{ initial: 1, steps: [{ action: "A", choice: "x" }] }',
      151,
      'steps[0].choice: "x" is not a place, from 1',
    ],
    [
      "an unknown parameter",
      "{ set: { x: 1 }, initial: 1, steps: [] }",
      151,
      "drops has no parameter x; there are nodes, limit, loss, bug",
    ],
    [
      "a wrong claim",
      '{ steps: [], expect: "wins" }',
      151,
      'expect: "wins" is no claim; write holds, violated[:NAME], reached:NAME, deadlock or throws[:NAME]',
    ],
    [
      "a step that is not enabled",
      '{ initial: 1, steps: ["Take(n1->n2)"] }',
      1,
      "step 1, Take(n1->n2), is not enabled in the initial state; enabled: Put(n1, n2) or Put(n2, n1)",
    ],
  ])("rejects %s", (_, options, code, message) => {
    expect(evaluate(options)).toEqual({ code, message });
  });
});
