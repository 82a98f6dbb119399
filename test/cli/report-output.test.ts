/** Reports on standard output, of runs that never began, and with the paths of a repository. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { dscheck, ROOT, Scratch } from "./binary.ts";

const scratch = new Scratch();
afterAll(() => scratch.remove());

const DIE_HARD = "specs/classic/die-hard.ts";

test("--report github=- prints the annotations after the report, each at the start of a line", () => {
  const { code, stdout } = dscheck([DIE_HARD, "--report", "github=-"]);
  expect(code).toBe(12);
  expect(stdout).toMatch(
    /\nnpx dscheck specs\/classic\/die-hard\.ts\n::error file=specs\/classic\/die-hard\.ts,line=/,
  );
  expect(existsSync(join(ROOT, "-"))).toBe(false);
});

test.each([
  ["with --format json", ["--report", "github=-", "--format", "json"], "both want standard output"],
  ["twice", ["--report", "github=-", "--report", "markdown=-"], "- is given twice"],
  [
    "for a kind of many files",
    ["--report", "mermaid=-"],
    "writes a file for each counterexample; name a file",
  ],
])("standard output is refused %s", (_, words, says) => {
  const { code, stderr } = dscheck([DIE_HARD, ...words]);
  expect(code).toBe(151);
  expect(stderr).toMatch(/^dscheck: [^\n]+\n$/);
  expect(stderr).toContain(says);
});

test("a spec that cannot be loaded is told in the reports, and none of an earlier run stays", () => {
  const spec = scratch.write("broken.ts", "export default 1 +;\n");
  const files = Object.fromEntries(
    ["junit", "sarif", "json", "markdown"].map((kind) => [kind, scratch.write(kind, "of an earlier run")]),
  );
  const trace = scratch.write("trace.mmd", "of an earlier run");
  const reports = [...Object.entries({ ...files, mermaid: trace })].flatMap(([kind, file]) => [
    "--report",
    `${kind}=${file}`,
  ]);
  const { code, stdout } = dscheck([spec, ...reports, "--report", "github=-"]);
  expect(code).toBe(150);
  expect(stdout).toMatch(/^::error file=[^,]+broken\.ts,line=1,col=19,title=/);
  expect(readFileSync(files.junit!, "utf8")).toMatch(
    /<testcase name="check"[^>]*>\s*<error message="[^"]*broken\.ts:1/,
  );
  expect(JSON.parse(readFileSync(files.json!, "utf8"))).toMatchObject({ verdict: "failed", exitCode: 150 });
  expect(JSON.parse(readFileSync(files.sarif!, "utf8"))).toMatchObject({
    runs: [{ invocations: [{ executionSuccessful: false, exitCode: 150 }] }],
  });
  expect(readFileSync(files.markdown!, "utf8")).toContain("FAILED");
  expect(existsSync(trace)).toBe(false);
});

test("what cannot be loaded is told at its own line, also in a file that the spec imports", () => {
  scratch.write("thrower.ts", "export const one = 1;\n\nthrow new Error('no');\n");
  const importer = scratch.write("importer.ts", 'import "./thrower.ts";\nexport default 1;\n');
  const unresolved = scratch.write("unresolved.ts", '\nimport x from "./nowhere.ts";\nexport default x;\n');
  const said = [importer, unresolved].map((spec) => dscheck([spec, "--report", "github=-"]).stdout);
  expect(said[0]).toMatch(/^::error file=[^,]+\/thrower\.ts,line=3,col=7,title=/);
  expect(said[1]).toMatch(/^::error file=[^,]+\/unresolved\.ts,line=2,col=15,title=/);
});

test("an impure action is told at its line and by its name; no property is missing from the reports", () => {
  const junit = scratch.write("impure.xml", "");
  const words = ["test/fixtures/counters.ts", "--set", "bug=impure"];
  const { stdout } = dscheck([...words, "--report", "github=-", "--report", `junit=${junit}`]);
  const line = readFileSync(join(ROOT, words[0]!), "utf8")
    .split("\n")
    .findIndex((text) => text.includes("m.action("));
  const [, at] = /^::error file=test\/fixtures\/counters\.ts,line=(\d+)/m.exec(stdout)!;
  expect(Number(at)).toBe(line + 1);
  const { error, properties } = JSON.parse(dscheck([...words, "--format", "json"]).stdout);
  expect(error).toMatchObject({ code: 78, action: expect.any(String) });
  expect(properties.length).toBeGreaterThan(0);
  for (const { name, verdict } of properties) {
    expect(verdict).toBe("undecided");
    expect(readFileSync(junit, "utf8")).toMatch(new RegExp(`<testcase name="${name}"[^>]*>\\s*<skipped`));
  }
});

test("in GitHub Actions paths are relative to the repository, wherever the step works", () => {
  const { stdout } = dscheck(["classic/die-hard.ts", "--report", "github=-"], join(ROOT, "specs"), {
    GITHUB_WORKSPACE: ROOT,
  });
  expect(stdout).toContain("::error file=specs/classic/die-hard.ts,line=");
});
