/**
 * `dscheck ci` as a gate for changes: a repository with a good commit and one that breaks a spec, checked by the steps
 * of action.yml, which are run here with what GitHub's runner gives to them.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { isLasting } from "../../src/cli/ci/result-cache.ts";
import { failedInput } from "../../src/report/failed-run.ts";
import { readDiagram, sarifErrors } from "../report/readers.ts";
import { result } from "../report/results.ts";
import { BINARY, cleanEnvironment, dscheck, type Ran, ROOT, Scratch } from "./binary.ts";

const scratch = new Scratch();
afterAll(() => scratch.remove());

const counter = (guard: string): string => `import { defineSpec, integer } from "dscheck";
import { LIMIT } from "./limits.ts";

export default defineSpec({
  name: "counter",
  parameters: { most: integer({ default: 2, min: 1, max: 9, meaning: "how far it counts" }) },
  model(m, p) {
    const count = m.cell("count", 0);
    m.action("Increment", {}, (s) => (${guard} ? s.set(count, s.get(count) + 1) : undefined));
    m.final("Counted", (s) => s.get(count) >= p.most);
    m.invariant("BelowLimit", (s) => s.get(count) <= LIMIT, { meaning: "it never exceeds the limit" });
  },
});
`;
const GOOD = counter("s.get(count) < p.most");
const BAD = counter("s.get(count) <= p.most");
const INVARIANT_LINE = GOOD.split("\n").findIndex((line) => line.includes("m.invariant")) + 1;

const LIGHT = `import { defineSpec } from "dscheck";
export default defineSpec({
  name: "light",
  parameters: {},
  model(m) {
    const on = m.cell("on", false);
    m.action("Switch", {}, (s) => s.set(on, !s.get(on)));
    m.reachable("On", (s) => s.get(on));
  },
});
`;

const config = (counterCheck: string): string => `import { defineConfig } from "dscheck";

export default defineConfig({
  checks: [
    { spec: "specs/light.ts", counts: { distinct: 2 } },
    { spec: "specs/counter.ts"${counterCheck}, maxSeconds: 60, maxMemory: "512MiB" },
  ],
});
`;

class Repository {
  readonly directory: string;

  constructor(name: string) {
    this.directory = join(scratch.directory, name);
    mkdirSync(this.directory);
    this.git("init", "-q", "-b", "main");
    this.write(".gitignore", "node_modules/\ndscheck-report/\n");
    this.write("specs/limits.ts", "export const LIMIT = 2;\n");
    this.write("specs/counter.ts", GOOD);
    this.write("specs/light.ts", LIGHT);
    this.write("dscheck.config.ts", config(""));
    this.commit("good");
  }

  write(file: string, text: string): void {
    const path = join(this.directory, file);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
  }

  read(file: string): string {
    return readFileSync(join(this.directory, file), "utf8");
  }

  commit(message: string): void {
    this.git("add", "-A");
    this.git("-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "-q", "-m", message);
  }

  git(...words: string[]): void {
    const { status, stderr } = spawnSync("git", words, { cwd: this.directory, encoding: "utf8" });
    if (status !== 0) throw new Error(`git ${words.join(" ")}: ${stderr}`);
  }

  ci(words: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Ran {
    return dscheck(["ci", ...words], this.directory, { ...OUTSIDE, ...environment });
  }

  /** The checks of the JSON document. */
  checks(words: readonly string[] = []): CheckDocument[] {
    return (JSON.parse(this.ci([...words, "--format", "json"]).stdout) as { checks: CheckDocument[] }).checks;
  }
}

interface CheckDocument {
  readonly spec: string;
  readonly cached: boolean;
  readonly changed: boolean | null;
  readonly asExpected: boolean | null;
  readonly key: string;
  readonly notRun: string | null;
  readonly verdict: string | null;
}

/** Where this test itself runs in CI, its own environment is not that of the repositories. */
const OUTSIDE = { GITHUB_ACTIONS: "", GITHUB_STEP_SUMMARY: "", GITHUB_OUTPUT: "", GITHUB_BASE_REF: "" };

interface ActionStep {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string>>;
  readonly "working-directory"?: string;
}

const action = parse(readFileSync(join(ROOT, "action.yml"), "utf8")) as {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly ActionStep[] };
};

interface ActionRun extends Ran {
  readonly summary: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** What the step that uploads the artifact would take. */
  readonly artifact: string;
}

/** Runs the steps of action.yml that have a script, as the runner does. */
function runAction(
  repository: Repository,
  inputs: Readonly<Record<string, string>>,
  baseRef: string,
): ActionRun {
  const given = { command: `${process.execPath} ${BINARY}`, ...inputs };
  const inputOf = (name: string): string => {
    const input = action.inputs[name];
    if (input === undefined) throw new Error(`action.yml has no input ${name}`);
    return (given as Readonly<Record<string, string>>)[name] ?? input.default;
  };
  const files = join(repository.directory, "node_modules", ".runner");
  mkdirSync(files, { recursive: true });
  const [summary, output] = [join(files, "summary"), join(files, "output")];
  let ended: Ran = { code: 0, stdout: "", stderr: "" };
  const outputs: Record<string, string> = {};
  const expression = (text: string): string =>
    text.replaceAll(
      /\$\{\{\s*(inputs|steps\.check\.outputs)\.([\w-]+)\s*\}\}/g,
      (_, of: string, name: string) => (of === "inputs" ? inputOf(name) : (outputs[name] ?? "")),
    );
  for (const { run, env = {}, ...step } of action.runs.steps) {
    if (run === undefined) continue;
    for (const file of [summary, output]) writeFileSync(file, "");
    const script = join(files, "script.sh");
    writeFileSync(script, run);
    const { status, stdout, stderr } = spawnSync(
      "bash",
      ["--noprofile", "--norc", "-eo", "pipefail", script],
      {
        cwd: join(repository.directory, expression(step["working-directory"] ?? ".")),
        env: {
          ...cleanEnvironment(),
          GITHUB_ACTIONS: "true",
          GITHUB_WORKSPACE: repository.directory,
          GITHUB_BASE_REF: baseRef,
          GITHUB_STEP_SUMMARY: summary,
          GITHUB_OUTPUT: output,
          ...Object.fromEntries(Object.entries(env).map(([name, text]) => [name, expression(text)])),
        },
        encoding: "utf8",
      },
    );
    ended = { code: status, stdout, stderr };
    for (const line of readFileSync(output, "utf8").trim().split("\n")) {
      const at = line.indexOf("=");
      outputs[line.slice(0, at)] = line.slice(at + 1);
    }
  }
  const upload = action.runs.steps.find(({ uses }) => uses?.startsWith("actions/upload-artifact@"));
  return {
    ...ended,
    summary: readFileSync(summary, "utf8"),
    outputs: Object.fromEntries(
      Object.entries(action.outputs).map(([name, { value }]) => [name, expression(value)]),
    ),
    artifact: join(repository.directory, expression(upload?.with?.path ?? "no step uploads")),
  };
}

describe("the action, on a pull request that breaks a spec", () => {
  const repository = new Repository("gate");
  let good: ActionRun;
  let bad: ActionRun;

  beforeAll(() => {
    good = runAction(repository, {}, "");
    repository.git("checkout", "-q", "-b", "change");
    repository.write("specs/counter.ts", BAD);
    repository.commit("bad");
    bad = runAction(repository, {}, "main");
  });

  test("the good commit passes", () => {
    expect(good.stderr).toBe("");
    expect(good.code).toBe(0);
    expect(good.outputs).toEqual({
      verdict: "as-expected",
      states: "5",
      trace: "",
      reports: "dscheck-report",
    });
    expect(good.stdout).not.toContain("::");
  });

  test("the bad commit fails, with an annotation at the line of the invariant", () => {
    expect(bad.code).toBe(1);
    const errors = bad.stdout.split("\n").filter((line) => line.startsWith("::error"));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`::error file=specs/counter.ts,line=${INVARIANT_LINE},col=7,`);
    expect(errors[0]).toContain("BelowLimit is violated after 3 steps");
  });

  test("the summary has a table of the checks and a diagram of the trace", async () => {
    expect(bad.summary).toContain("# dscheck: 1 of 2 checks as expected, 1 from the cache, 1 failed");
    expect(bad.summary).toContain("| **FAILED** | specs/counter.ts | violated | 4 |");
    const [, diagram] = /```mermaid\n([\s\S]*?)\n```/.exec(bad.summary) ?? [];
    expect(await readDiagram(diagram ?? "")).toBeTruthy();
  });

  test("the outputs name the verdict and a trace, which is in the artifact", () => {
    expect(bad.outputs).toMatchObject({ verdict: "violated", states: "6" });
    expect(readdirSync(bad.artifact).sort()).toEqual(
      ["files.json", "junit.xml", "results.sarif", "summary.md", "traces"].sort(),
    );
    expect(existsSync(join(repository.directory, bad.outputs.trace ?? ""))).toBe(true);
    expect(readdirSync(join(bad.artifact, "traces")).sort()).toEqual([
      "2-counter.html",
      "2-counter.itf.json",
      "2-counter.yaml",
    ]);
  });

  test("the scenario in the artifact replays", () => {
    const replayed = dscheck(["replay", join(bad.artifact, "traces/2-counter.yaml")], repository.directory);
    expect(replayed.stderr).toBe("");
    expect(replayed.code).toBe(0);
  });

  test("the SARIF document is valid: one run, one finding, its file relative to the repository", () => {
    const text = readFileSync(join(bad.artifact, "results.sarif"), "utf8");
    expect(sarifErrors(text)).toEqual([]);
    const { runs } = JSON.parse(text) as SarifText;
    expect(runs).toHaveLength(1);
    const [{ results, tool }] = runs;
    expect(results.map(({ ruleId }) => ruleId)).toEqual(["counter/BelowLimit"]);
    expect(tool.driver.rules[results[0]!.ruleIndex]!.id).toBe("counter/BelowLimit");
    expect(results[0]!.locations[0]!.physicalLocation).toMatchObject({
      artifactLocation: { uri: "specs/counter.ts" },
      region: { startLine: INVARIANT_LINE },
    });
  });

  test("the JUnit document has a suite for each check and their totals", () => {
    const text = readFileSync(join(bad.artifact, "junit.xml"), "utf8");
    expect(text).toMatch(/<testsuites name="dscheck" tests="4" failures="1" errors="0" skipped="1" /);
    expect([...text.matchAll(/<testsuite name="([^"]+)"/g)].map(([, name]) => name)).toEqual([
      "light",
      "counter (most=2)",
    ]);
  });

  test("what the change does not touch comes from the cache, and is said to", () => {
    expect(bad.stdout).toMatch(
      /ok {6}specs\/light.ts\n {10}holds, 2 states, result from the cache, key [0-9a-f]{12}\n {10}unchanged since the base\n/,
    );
    expect(bad.stdout).toMatch(
      /FAILED {2}specs\/counter.ts\n {10}violated, 4 states, [\d.]+ s\n {10}changed since the base\n/,
    );
  });

  test("traces of an earlier run are removed", () => {
    repository.write("specs/counter.ts", GOOD);
    expect(repository.ci().code).toBe(0);
    expect(readdirSync(join(bad.artifact, "traces"))).toEqual([]);
  });
});

interface SarifText {
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly locations: readonly { readonly physicalLocation: object }[];
      }[];
    },
  ];
}

describe("the cache of results", () => {
  const repository = new Repository("cache");
  const cached = (words: readonly string[] = []): boolean[] =>
    repository.checks(words).map((one) => one.cached);

  test("answers for what is unchanged, with the same result", () => {
    const first = repository.checks();
    expect(first.map((one) => one.cached)).toEqual([false, false]);
    const second = repository.checks();
    expect(second).toEqual(first.map((one) => ({ ...one, cached: true })));
  });

  test("does not answer when an imported file, a parameter or an option has changed", () => {
    repository.write("specs/limits.ts", "export const LIMIT = 3;\n");
    expect(cached()).toEqual([true, false]);
    expect(cached()).toEqual([true, true]);
    repository.write("dscheck.config.ts", config(", parameters: { most: 1 }"));
    expect(cached()).toEqual([true, false]);
    repository.write("dscheck.config.ts", config(", properties: []"));
    expect(cached()).toEqual([true, false]);
    repository.write("dscheck.config.ts", config(""));
    expect(cached()).toEqual([true, true]);
  });

  test("does not answer to another version of dscheck, or to another build of it", () => {
    const copy = join(scratch.directory, "copy");
    for (const name of ["bin", "dist", "package.json"])
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    const run = (): boolean[] => {
      const ran = spawnSync(process.execPath, [join(copy, "bin/dscheck.js"), "ci", "--format", "json"], {
        cwd: repository.directory,
        env: { ...cleanEnvironment(), ...OUTSIDE },
        encoding: "utf8",
      });
      return (JSON.parse(ran.stdout) as { checks: CheckDocument[] }).checks.map((one) => one.cached);
    };
    expect(run()).toEqual([true, true]);
    const manifest = join(copy, "package.json");
    writeFileSync(
      manifest,
      readFileSync(manifest, "utf8").replace(/"version": "[^"]+"/, '"version": "999.0.0"'),
    );
    expect(run()).toEqual([false, false]);
    expect(run()).toEqual([true, true]);
    const module = join(copy, "dist/search/search.js");
    writeFileSync(module, `${readFileSync(module, "utf8")}\n// Another build.\n`);
    expect(run()).toEqual([false, false]);
  });

  test("a damaged entry is not used, and said to be damaged", () => {
    const [first] = repository.checks();
    const file = `node_modules/.cache/dscheck/${first!.key}.json`;
    repository.write(file, repository.read(file).replace('"distinct":2', '"distinct":3'));
    const ran = repository.ci();
    expect(ran.stderr).toMatch(/^dscheck: .* is damaged, so it is not used and the check runs again\n$/);
    expect(ran.stdout).toMatch(/specs\/light.ts\n {10}holds, 2 states, [\d.]+ s\n/);
    expect(ran.code).toBe(0);
    expect(cached()).toEqual([true, true]);
  });

  test("--no-cache runs everything; --cache names another directory", () => {
    expect(cached(["--no-cache"])).toEqual([false, false]);
    expect(cached(["--cache", "elsewhere"])).toEqual([false, false]);
    expect(readdirSync(join(repository.directory, "elsewhere"))).toHaveLength(2);
    expect(repository.ci(["--no-cache", "--cache", "x"])).toMatchObject({ code: 151 });
  });

  test("what a limit, an interrupt or an error ended is no lasting result", () => {
    const failed = failedInput({
      version: "1",
      file: "x.ts",
      command: "",
      exitCode: 150,
      message: "",
      kind: "spec",
      location: null,
    });
    const ended = (by: "seconds" | "memory" | "interrupt" | "states" | "capacity" | "depth"): boolean =>
      isLasting({ ...failed, result: result({ verdict: "stopped", stopped: { by, message: "" } }) });
    expect(isLasting(failed)).toBe(false);
    expect((["seconds", "memory", "interrupt", "states", "capacity"] as const).map(ended)).toEqual(
      Array(5).fill(false),
    );
    expect(ended("depth")).toBe(true);
    expect(isLasting({ ...failed, result: result() })).toBe(true);
  });
});

describe("with a base", () => {
  const repository = new Repository("base");
  beforeAll(() => {
    repository.git("checkout", "-q", "-b", "change");
    repository.write("specs/limits.ts", "export const LIMIT = 5;\n");
  });

  test("what is unchanged runs if its result is not known", () => {
    const found = repository.checks(["--base", "main", "--cache", "empty"]);
    expect(found.map(({ changed, cached, verdict }) => ({ changed, cached, verdict }))).toEqual([
      { changed: false, cached: false, verdict: "holds" },
      { changed: true, cached: false, verdict: "holds" },
    ]);
  });

  test("--changed-only leaves it out, which is said and no pass", () => {
    const ran = repository.ci(["--base", "main", "--changed-only", "--no-cache"]);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain(
      "not run specs/light.ts\n          --changed-only: unchanged since the base",
    );
    expect(ran.stdout).toContain("1 of 2 checks as expected, 1 not run\n");
    expect(repository.read("dscheck-report/junit.xml")).toContain(
      '<skipped message="--changed-only: unchanged',
    );
  });

  test("a configuration that differs there counts as a change of the check", () => {
    repository.write("dscheck.config.ts", config(", expect: 'holds', parameters: { most: 1 }"));
    repository.write("specs/limits.ts", "export const LIMIT = 2;\n");
    expect(repository.checks(["--base", "main"]).map(({ changed }) => changed)).toEqual([false, true]);
    repository.write("dscheck.config.ts", config(""));
  });

  test("other counts or another budget than there are a change, so that --changed-only does not leave them out", () => {
    const words = ["--base", "main", "--changed-only", "--no-cache"];
    repository.write("dscheck.config.ts", config("").replace("distinct: 2", "distinct: 3"));
    expect(repository.ci(words)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("distinct 2, expected 3"),
    });
    repository.write("dscheck.config.ts", config("").replace("} },", "}, maxSeconds: 9 },"));
    expect(repository.checks(words).map(({ changed }) => changed)).toEqual([true, false]);
    repository.write("dscheck.config.ts", config(""));
  });

  test("a base that does not exist is refused; one of the environment is told, and all counts as changed", () => {
    expect(repository.ci(["--base", "nowhere"])).toMatchObject({
      code: 151,
      stderr: expect.stringContaining("--base nowhere: there is no such revision"),
    });
    const ran = repository.ci([], { GITHUB_BASE_REF: "nowhere" });
    expect(ran.stderr).toContain(
      "the base nowhere is not in this clone (on GitHub, check out with fetch-depth: 0)",
    );
    expect(ran.stdout.match(/ {10}changed since the base\n/g)).toHaveLength(2);
    expect(repository.ci(["--changed-only"])).toMatchObject({ code: 151 });
  });
});

describe("a run", () => {
  const repository = new Repository("runs");

  test("goes on after a check that fails, unless --fail-fast is given", () => {
    repository.write("dscheck.config.ts", config("").replace("distinct: 2", "distinct: 3"));
    const all = repository.ci();
    expect(all.code).toBe(1);
    expect(all.stdout).toContain("distinct 2, expected 3");
    expect(all.stdout).toContain("1 of 2 checks as expected, 1 failed");
    const fast = repository.ci(["--fail-fast", "--no-cache"]);
    expect(fast.stdout).toContain(
      "not run specs/counter.ts\n          --fail-fast: a check before it failed",
    );
    expect(fast.code).toBe(1);
  });

  test("a damaged list of the files of an earlier run stops nothing", () => {
    repository.write("dscheck.config.ts", config(""));
    repository.write("dscheck-report/files.json", "[");
    expect(repository.ci()).toMatchObject({ code: 0, stderr: "" });
  });

  test("the trace of a check that is as expected is not taken for that of one that failed", () => {
    repository.write("specs/bad.ts", BAD);
    const first = `{ spec: "${join(repository.directory, "specs/bad.ts")}", expect: "violated:BelowLimit" },`;
    const text = config("").replace("checks: [", `checks: [${first}`);
    const outputs = (): string => {
      repository.write("outputs.txt", "");
      repository.ci([], { GITHUB_OUTPUT: join(repository.directory, "outputs.txt") });
      return repository.read("outputs.txt");
    };
    repository.write("dscheck.config.ts", text);
    expect(outputs()).toMatch(/^verdict=as-expected\n(.*\n)*trace=dscheck-report\/traces\/1-counter\.html\n/);
    repository.write("dscheck.config.ts", text.replace("distinct: 2", "distinct: 3"));
    expect(outputs()).toMatch(/^verdict=holds\n(.*\n)*trace=\n/);
  });

  test("a spec that does not compile fails its check alone, with its place", () => {
    repository.write("dscheck.config.ts", config(""));
    repository.write("specs/counter.ts", GOOD.replace("./limits.ts", "./missing.ts"));
    const ran = repository.ci([], { GITHUB_ACTIONS: "true" });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain("error 150: specs/counter.ts:2:");
    expect(ran.stdout).toContain("1 of 2 checks as expected");
    repository.write("specs/counter.ts", GOOD);
  });

  test("an interrupt ends it with 130, and what did not run is said", async () => {
    repository.write(
      "specs/counter.ts",
      GOOD.replace("s.get(count) < p.most", "true").replace("<= LIMIT", ">= 0"),
    );
    const child = spawn(process.execPath, [BINARY, "ci", "--no-cache"], {
      cwd: repository.directory,
      env: { ...cleanEnvironment(), ...OUTSIDE },
    });
    let printed = "";
    child.stdout.on("data", (text: Buffer) => {
      // The first check is told when it is over; the second never ends.
      if (printed === "") setTimeout(() => child.kill("SIGINT"), 1000);
      printed += text.toString();
    });
    const code = await new Promise((done) => child.on("close", done));
    expect(printed).toContain("not run specs/counter.ts\n          interrupted");
    expect(code).toBe(130);
    repository.write("specs/counter.ts", GOOD);
  });
});

describe("a configuration that is wrong is said in one line with its place", () => {
  const repository = new Repository("wrong");
  const said = (text: string, words: readonly string[] = []): string => {
    repository.write("dscheck.config.ts", text);
    const { code, stderr } = repository.ci(words);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    return `${code} ${stderr.trimEnd()}`;
  };

  test.each([
    [
      config("").replace("counter.ts", "missing.ts"),
      "151 dscheck: dscheck.config.ts:6: checks[1]: there is no file",
    ],
    [
      config(", expect: 'hold'"),
      '151 dscheck: dscheck.config.ts:6: checks[1]: expect: there is no outcome "hold"',
    ],
    [config(", colour: 1"), "151 dscheck: dscheck.config.ts:6: checks[1]: there is no field colour"],
    [config(", parameters: { least: 1 }"), "151 dscheck: dscheck.config.ts:6: specs/counter.ts least=1"],
    [config(", parameters: { most: 10 }"), "151 dscheck: dscheck.config.ts:6: specs/counter.ts most=10"],
    ["export default 1;\n", "150 dscheck: dscheck.config.ts:1: has no configuration"],
    ["throw new Error('no');\n", "150 dscheck: dscheck.config.ts:1: threw while it was loaded: Error: no"],
  ])("%#", (text, expected) => {
    expect(said(text)).toContain(expected);
  });

  test("names and values that a spec does not have are said before anything runs, for each check", () => {
    const more = `{ spec: "specs/light.ts", properties: ["Of"] }, { spec: "specs/light.ts", expect: "violated:Onn" },`;
    repository.write("dscheck.config.ts", config(", parameters: { mast: 1 }").replace("],", `${more}],`));
    repository.write("dscheck-report/junit.xml", "of an earlier run");
    const ran = repository.ci([], { GITHUB_ACTIONS: "true" });
    expect(ran.code).toBe(151);
    expect(ran.stderr.trimEnd().split("\n")).toEqual([
      "dscheck: dscheck.config.ts:6: specs/counter.ts mast=1: counter has no parameter mast; did you mean most?",
      expect.stringContaining("specs/light.ts Of: properties: light has no property Of; did you mean On?"),
      expect.stringContaining(
        "specs/light.ts (violated:Onn): expect violated:Onn: light has nothing named Onn",
      ),
    ]);
    // No row of the report, and an annotation of the last.
    expect(ran.stdout).toMatch(
      /^::error file=dscheck\.config\.ts,line=\d+,col=1,title=dscheck ci cannot run::[^\n]+\n$/,
    );
  });

  test("a spec that never finishes loading keeps no other check from running", () => {
    repository.write("specs/light.ts", `await new Promise(() => {});\n${LIGHT}`);
    repository.write("dscheck.config.ts", config(""));
    expect(repository.ci()).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("1 of 2 checks as expected, 1 failed"),
    });
    repository.write("specs/light.ts", LIGHT);
  });

  test("a file that is not there", () => {
    expect(said(config(""), ["--config", "other.ts"])).toContain(
      "150 dscheck: --config other.ts: there is no such",
    );
  });
});
