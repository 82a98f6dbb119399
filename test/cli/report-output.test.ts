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
  expect(stdout).toMatch(/^::error file=[^,]+broken\.ts,line=1,col=1,title=/);
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

test("in GitHub Actions paths are relative to the repository, wherever the step works", () => {
  const { stdout } = dscheck(["classic/die-hard.ts", "--report", "github=-"], join(ROOT, "specs"), {
    GITHUB_WORKSPACE: ROOT,
  });
  expect(stdout).toContain("::error file=specs/classic/die-hard.ts,line=");
});
