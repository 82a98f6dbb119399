/** How the process ends: with the code of the result, whoever reads, and whatever a spec does. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { BINARY, cleanEnvironment, dscheck, ROOT, Scratch, specText } from "./binary.ts";

const scratch = new Scratch();
afterAll(() => scratch.remove());

const DIE_HARD = "specs/classic/die-hard.ts";

function shell(script: string) {
  const { status, stderr } = spawnSync("bash", ["-c", `set -o pipefail\n${script}`], {
    cwd: ROOT,
    env: { ...cleanEnvironment(), DSCHECK: `${process.execPath} ${BINARY}` },
    encoding: "utf8",
  });
  return { code: status, stderr };
}

describe("when nobody reads standard output", () => {
  test.each([
    ["a violation", DIE_HARD, 12],
    ["a violation as JSON", `${DIE_HARD} --format json`, 12],
    ["a wrong option as JSON", `${DIE_HARD} --nodes 3 --format json`, 151],
  ])("%s keeps its exit code", (_, words, code) => {
    expect(shell(`$DSCHECK ${words} 2> ${scratch.directory}/err | true`)).toMatchObject({ code });
  });

  test("a command with more to say ends as by SIGPIPE", () => {
    expect(shell("$DSCHECK suite | head -1")).toEqual({ code: 141, stderr: "" });
  });
});

test.skipIf(!existsSync("/dev/full"))("a report that cannot be printed is no result", () => {
  for (const words of [DIE_HARD, `${DIE_HARD} --format json`, "--help"])
    expect(shell(`$DSCHECK ${words} > /dev/full`)).toEqual({
      code: 153,
      stderr: "dscheck: cannot write to standard output: ENOSPC: no space left on device, write\n",
    });
});

describe("a spec that ends the process", () => {
  test.each([
    ["while it is loaded", specText({ before: "process.exit(0);" }), 2],
    ["while the model is declared", specText({ model: "process.exit(0);" }), 9],
  ])("%s is refused", (_, text, line) => {
    const path = scratch.write("exits.ts", text);
    expect(dscheck([path])).toEqual({
      code: 150,
      stdout: "",
      stderr: `dscheck: ${path}:${line}: calls process.exit(), which would end the check without a verdict; remove it\n`,
    });
  });

  test("in an action fails as if it threw", () => {
    const text = specText({
      model: 'm.action("Exit", {}, (s) => (s.get(on) ? process.exit(0) : undefined));',
    });
    const { code, stdout } = dscheck([scratch.write("exits.ts", text), "--format", "json"]);
    expect(code).toBe(75);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 75, action: "Exit" });
  });
});

test.each([
  ["a promise that nobody handles", 'Promise.reject(new Error("lost"));', "Error: lost"],
  ["a timer", 'setTimeout(() => { throw new Error("late"); });', "Error: late"],
])("%s of a spec that throws is told of the spec, with the line", (_, before, message) => {
  const slow =
    'm.action("Slow", {}, (s) => { for (const end = Date.now() + 50; Date.now() < end; ); return s; });';
  const path = scratch.write("late.ts", specText({ before, model: slow }));
  expect(dscheck([path])).toEqual({
    code: 150,
    stdout: "",
    stderr: `dscheck: ${path}:2: threw outside the functions that dscheck calls: ${message}\n`,
  });
});

test("what a spec prints goes to standard error, so that standard output is the report alone", () => {
  const text = specText({
    before: 'console.log("loaded");',
    model: 'm.action("Tell", {}, (s) => { console.log("ran"); return s; });',
  });
  const { code, stdout, stderr } = dscheck([scratch.write("prints.ts", text), "--format", "json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ verdict: "holds" });
  expect(stderr).toMatch(/^loaded\n/);
});

test("a temporary directory that cannot be written to", () => {
  const { code, stderr } = dscheck([DIE_HARD], ROOT, { TMPDIR: join(scratch.directory, "none") });
  expect(stderr).toMatch(
    /^dscheck: cannot make a directory in [^\n]+; set TMPDIR to one that can be written to\n$/,
  );
  expect(code).toBe(153);
});

test("a report is not written over the spec", () => {
  const text = specText();
  const path = scratch.write("kept.ts", text);
  for (const option of [
    ["--report", `json=${scratch.directory}/./kept.ts`],
    ["--dump-graph", path],
  ])
    expect(dscheck([path, ...option])).toMatchObject({
      code: 151,
      stderr: expect.stringMatching(/ would overwrite /),
    });
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("the command that shows a run again takes a file that begins with a dash for a file", () => {
  scratch.write("-x.ts", specText({ model: 'm.invariant("Off", (s) => !s.get(on));' }));
  const { code, stdout } = dscheck(["--", "-x.ts"], scratch.directory);
  expect(code).toBe(12);
  expect(stdout).toMatch(/\nnpx dscheck \.\/-x\.ts\n$/);
});
