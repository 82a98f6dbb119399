/** Every wrong input, through the real command: one line on standard error, the contract's code, no stack trace. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { dscheck, Scratch, specText } from "./binary.ts";

const COUNTERS = "test/fixtures/counters.ts";
const TEN = "test/fixtures/ten.ts";
const scratch = new Scratch();
afterAll(() => scratch.remove());

function fails(words: readonly string[], code: number, line: string): void {
  const { code: exit, stdout, stderr } = dscheck(words);
  expect(stderr).toBe(`dscheck: ${line}\n`);
  expect(stdout).toBe("");
  expect(exit).toBe(code);
}

describe("the command line", () => {
  test.each<[string, string[], string]>([
    ["no argument", [], "no spec file given; write dscheck FILE, or see dscheck --help"],
    [
      "a command without a spec",
      ["describe"],
      "no spec file given; write dscheck describe FILE, or see dscheck --help",
    ],
    ["two specs", [TEN, COUNTERS], `unexpected argument ${COUNTERS}; check takes one spec file`],
    ["suite with a spec", ["suite", TEN], `unexpected argument ${TEN}; suite takes none`],
    ["a request for help that is no option", ["help"], "there is no command help; write dscheck --help"],
    ["a misspelt command", ["descripe", TEN], "there is no command descripe; did you mean describe?"],
    [
      "a misspelt option",
      [TEN, "--max-state", "5"],
      "there is no option --max-state; did you mean --max-states?",
    ],
    ["an unknown option", [TEN, "--frobnicate"], "there is no option --frobnicate; see dscheck --help"],
    ["an unknown short option", [TEN, "-x"], "there is no option -x; see dscheck --help"],
    [
      "a prototype's name as an option",
      [TEN, "--constructor", "1"],
      "there is no option --constructor; see dscheck --help",
    ],
    [
      "an option of another command",
      [TEN, "--all"],
      "--all has no effect on check; it is an option of suite",
    ],
    ["an option twice", [COUNTERS, "--nodes", "1", "--nodes", "2"], "--nodes is given 2 times; give it once"],
    ["an option without its value", [COUNTERS, "--nodes"], "--nodes needs a value: --nodes N"],
    [
      "a value for a switch",
      [TEN, "--quiet=loudly"],
      "--quiet takes no value; leave it out for the opposite",
    ],
    ["false for a switch", [TEN, "--quiet=false"], "--quiet takes no value; leave it out for the opposite"],
    [
      "an unknown format",
      [TEN, "--format", "xml"],
      '--format: there is no format "xml"; choose text or json',
    ],
    [
      "an unknown report",
      [TEN, "--report", "hmtl=x"],
      '--report: there is no kind "hmtl"; did you mean html?',
    ],
    [
      "an unknown report, nothing like a known one",
      [TEN, "--report", "powerpoint=x"],
      '--report: there is no kind "powerpoint"; there are text, json, html, itf, tlc, shiviz, junit, sarif, github, markdown, mermaid, scenario, vitest, script',
    ],
    [
      "a report without a file",
      [TEN, "--report", "json"],
      "--report json: write KIND=FILE, such as json=report.json",
    ],
    [
      "a report in no directory",
      [TEN, "--report", "json=no/where/x"],
      "--report json=no/where/x: the directory no/where does not exist",
    ],
    ["a report over a directory", [TEN, "--report", "json=test"], "--report json=test: test is a directory"],
    [
      "one file for two reports",
      [TEN, "--report", "json=x", "--report", "text=./x"],
      "--report: ./x is given twice",
    ],
  ])("%s", (_, words, line) => fails(words, 151, line));

  test.each<[string, string[], string]>([
    ["no workers", ["--workers", "0"], "--workers: 0 is out of range; choose 1 to 1024"],
    ["half a worker", ["--workers", "1.5"], '--workers: "1.5" is not a whole number'],
    ["a word for a number", ["--max-states", "many"], '--max-states: "many" is not a whole number'],
    ["no states", ["--max-states", "0"], "--max-states: 0 is out of range; choose 1 or more"],
    ["a negative depth", ["--max-depth", "-1"], "--max-depth: -1 is out of range; choose 0 or more"],
    ["no time", ["--max-seconds", "0"], '--max-seconds: "0" is not a number of seconds above 0'],
    [
      "a word for time",
      ["--max-seconds", "soon"],
      '--max-seconds: "soon" is not a number of seconds above 0',
    ],
    [
      "an unknown unit of memory",
      ["--max-memory", "4potatoes"],
      '--max-memory: "4potatoes" is no amount of memory; write 4GiB, 512MiB, 75% or a number of bytes',
    ],
    [
      "more than all memory",
      ["--max-memory", "101%"],
      '--max-memory: "101%" is no amount of memory; write 4GiB, 512MiB, 75% or a number of bytes',
    ],
    ["no memory", ["--max-memory", "0"], '--max-memory: "0" leaves no memory to run in'],
    ["an unknown outcome", ["--expect", "hold"], '--expect: there is no outcome "hold"; did you mean holds?'],
    [
      "a name for an outcome that has none",
      ["--expect", "holds:InRange"],
      "--expect holds:InRange: write holds, deadlock, violated, unreached, stopped, violated:NAME or unreached:NAME",
    ],
  ])("%s", (_, words, line) => fails([TEN, ...words], 151, line));

  test("more memory than the machine has", () => {
    const { code, stdout, stderr } = dscheck([TEN, "--max-memory", "4096TiB"]);
    expect(stderr).toMatch(
      /^dscheck: --max-memory: "4096TiB" is more than the \d+ MiB that this process may use\n$/,
    );
    expect(stdout).toBe("");
    expect(code).toBe(151);
  });
});

describe("options without effect", () => {
  test.each<[string, string[], string]>([
    ["--nodes", [TEN, "--nodes", "3"], "--nodes has no effect: ten has no parameter nodes"],
    ["--no-symmetry", [TEN, "--no-symmetry"], "--no-symmetry has no effect: ten declares no scalarset"],
    [
      "--faults on another parameter",
      [COUNTERS, "--faults", "limit=1"],
      "--faults: the parameter limit of counters is not a fault; use --set",
    ],
    [
      "--faults on an unknown fault",
      [COUNTERS, "--faults", "crush=1"],
      "--faults: counters has no fault crush; did you mean crash?",
    ],
    [
      "--faults on a spec without faults",
      [TEN, "--faults", "loss=1"],
      "--faults: ten has no fault loss; there are none",
    ],
    [
      "--expect on describe",
      ["describe", TEN, "--expect", "holds"],
      "--expect has no effect on describe; it is an option of check",
    ],
    [
      "--workers on describe",
      ["describe", TEN, "--workers", "2"],
      "--workers has no effect on describe; it is an option of check, suite, explore, diff and ci",
    ],
    [
      "--full-states with --quiet",
      [TEN, "--quiet", "--full-states"],
      "--full-states has no effect with --quiet; remove one",
    ],
    [
      "--property with --no-properties",
      [TEN, "--no-properties", "--property", "InRange"],
      "--property has no effect with --no-properties; remove one",
    ],
    [
      "--expect deadlock with --no-deadlock",
      [TEN, "--no-deadlock", "--expect", "deadlock"],
      "--expect deadlock cannot be met with --no-deadlock; remove one",
    ],
    [
      "--expect of a property that is not checked",
      [COUNTERS, "--property", "Small", "--expect", "violated:Slow"],
      "--expect violated:Slow cannot be met: Slow is not among the properties that are checked",
    ],
    [
      "--expect unreached without anything reachable",
      [TEN, "--expect", "unreached"],
      "--expect unreached cannot be met: ten declares nothing reachable that is checked",
    ],
  ])("%s", (_, words, line) => fails(words, 151, line));
});

describe("parameters and properties", () => {
  test.each<[string, string[], string]>([
    ["an unknown parameter", ["--set", "limmit=3"], "counters has no parameter limmit; did you mean limit?"],
    [
      "a prototype's name as a parameter",
      ["--set", "__proto__=3"],
      "counters has no parameter __proto__; there are nodes, limit, crash, loud, bug",
    ],
    ["a parameter without a value", ["--set", "limit"], "--set limit: write name=value"],
    ["no nodes", ["--nodes", "0"], "parameter nodes: 0 is out of range; choose 1 to 4"],
    ["too many nodes", ["--nodes", "5"], "parameter nodes: 5 is out of range; choose 1 to 4"],
    ["a negative number of nodes", ["--nodes", "-1"], "parameter nodes: -1 is out of range; choose 1 to 4"],
    ["a word for a number", ["--nodes", "three"], 'parameter nodes: "three" is not a whole number'],
    ["neither true nor false", ["--set", "loud=maybe"], 'parameter loud: "maybe" is neither true nor false'],
    [
      "none of the choices",
      ["--set", "bug=big"],
      'parameter bug: "big" is not one of none, invariant, step, deadlock, assertion, action-throws, property-throws, unreached, vacuous, impure',
    ],
    [
      "a fault without a count",
      ["--faults", "crash"],
      "--faults crash: write fault=count, or several with commas",
    ],
    ["too many faults", ["--faults", "crash=4"], "parameter crash: 4 is out of range; choose 0 to 3"],
    [
      "a parameter twice",
      ["--nodes", "2", "--set", "nodes=2"],
      "the parameter nodes is given twice (--nodes, --set)",
    ],
    [
      "an unknown property",
      ["--property", "Smal"],
      "--property: counters has no property Smal; did you mean Small?",
    ],
    ["a property twice", ["--property", "Small", "--property", "Small"], "--property Small is given twice"],
    [
      "an unknown property in --expect",
      ["--expect", "violated:Smal"],
      "--expect violated:Smal: counters has nothing named Smal that can be violated; did you mean Small?",
    ],
    [
      "an invariant as unreached",
      ["--expect", "unreached:Small"],
      "--expect unreached:Small: counters has nothing named Small that can be unreached; there are AllDone, Nine",
    ],
  ])("%s", (_, words, line) => fails([COUNTERS, ...words], 151, line));

  test("parameters that are wrong together have a code of their own", () =>
    fails(
      [COUNTERS, "--nodes", "4", "--set", "limit=6"],
      10,
      "counters: nodes times limit is above 20; lower one of them",
    ));

  test("describe checks parameters as check does", () =>
    fails(["describe", COUNTERS, "--nodes", "0"], 151, "parameter nodes: 0 is out of range; choose 1 to 4"));
});

describe("spec files", () => {
  test("a file that does not exist", () =>
    fails(["no-such-spec.ts"], 150, "no-such-spec.ts: there is no such file"));

  test("a directory", () => fails(["specs"], 150, "specs: is a directory; name the spec file in it"));

  test("a file of another kind", () =>
    fails(
      ["package.json"],
      150,
      "package.json: a spec is a TypeScript or JavaScript file (.ts, .mts, .js, .mjs)",
    ));

  test("a URL that is no file", () =>
    fails(
      ["https://example.org/raft.ts"],
      150,
      "https://example.org/raft.ts: a spec is a file or a file: URL",
    ));

  const written = (text: string, line: (path: string) => string, code = 150): void => {
    const path = scratch.write("wrong.ts", text);
    fails([path], code, line(path));
    fails(["describe", pathToFileURL(path).href], code, line(path));
  };

  test("a syntax error, with its place", () =>
    written(
      'import { defineSpec } from "dscheck";\nexport default = defineSpec(;\n',
      (path) => `${path}:2:16: Unexpected "="`,
    ));

  test("an import that cannot be resolved", () =>
    written(
      'import "./nowhere.ts";\nimport "no-such-package";\n',
      (path) => `${path}:1:8: Could not resolve "./nowhere.ts" (and 1 more error)`,
    ));

  test("a misspelt import of dscheck", () =>
    written(
      'import { defineSpek } from "dscheck";\nexport default defineSpek({});\n',
      (path) => `${path}:1:10: No matching export in "dscheck" for import "defineSpek"`,
    ));

  test("a misspelt import of immutable", () =>
    written(
      'import { Lst } from "immutable";\nexport default Lst();\n',
      (path) => `${path}:1:10: No matching export in "immutable" for import "Lst"`,
    ));

  test("no default export", () =>
    written(
      "export const spec = 1;\n",
      (path) => `${path}: has no default export; write "export default defineSpec({ ... })"`,
    ));

  test("a default export that is no spec", () =>
    written(
      "export default { name: 'raft' };\n",
      (path) => `${path}: the default export is not a spec; make it with defineSpec()`,
    ));

  test("a module that throws, with the line", () =>
    written(
      "const settings: { log?: string[] } = {};\n\nconsole.assert(settings.log!.length > 0);\nexport default 1;\n",
      (path) =>
        `${path}:3: threw while it was loaded: TypeError: Cannot read properties of undefined (reading 'length')`,
    ));

  test("a module that throws something that is no error", () =>
    written(
      "throw null;\nexport default 1;\n",
      (path) => `${path}: threw while it was loaded: it threw null`,
    ));

  test("a module that never finishes loading", () =>
    written(
      "await new Promise(() => {});\nexport default 1;\n",
      (path) => `${path}: never finishes loading; it awaits something that does not happen`,
    ));

  test("a model that throws, with the line", () =>
    written(
      specText({ model: "\n\n    (p as any).nodes.count();" }),
      (path) =>
        `${path}:11: threw while the model was declared: TypeError: Cannot read properties of undefined (reading 'count')`,
    ));

  test("a model that declares something twice", () =>
    written(
      specText({ model: 'm.cell("on", 1);' }),
      (path) => `${path}:9: two state variables are named on`,
    ));

  test("a default outside its range", () =>
    written(
      specText({ parameters: 'size: integer({ default: 0, min: 1, meaning: "size" })' }),
      (path) => `${path}:3: the default of parameter size: 0 is out of range; choose 1 to 1000000`,
    ));

  test.each<[string, string, string]>([
    [
      "no parameters",
      '({ name: "x", model() {} })',
      "x has no parameters; write parameters: {} if there are none",
    ],
    ["no model", '({ name: "x", parameters: {} })', "x has no function model(m, p)"],
    [
      "no name",
      "({ parameters: {}, model() {} })",
      'the spec has no name; write defineSpec({ name: "...", parameters: {...}, model })',
    ],
    [
      "a parameter that is none",
      '({ name: "x", parameters: { size: 3 }, model() {} })',
      "parameter size is no parameter; make it with integer, faultBudget, flag or choice",
    ],
  ])("a definition with %s", (_, definition, line) =>
    written(
      `import { defineSpec } from "dscheck";\nexport default defineSpec${definition};\n`,
      (path) => `${path}:2: ${line}`,
    ),
  );

  test.each<[string, string, string]>([
    ["a negative budget", 'm.budget("b", 1 - 2);', "the budget b has limit -1; give a whole number from 0"],
    ["half a fault", 'm.faultBudget("b", 0.5);', "the budget b has limit 0.5; give a whole number from 0"],
    ["a bound that is no number", 'm.bound("b", NaN);', "the bound b has limit NaN; give a number"],
    [
      "an unknown kind of network",
      'm.network("n", m.scalarset("node", 2), { kind: "bagg" });',
      "the network n: there is no kind bagg; did you mean bag?",
    ],
    [
      "a network between a number of nodes",
      'm.network("n", 3, { kind: "bag" });',
      "n needs an id set; make one with m.scalarset() or m.orderedIds()",
    ],
  ])("a model with %s", (_, model, line) => written(specText({ model }), (path) => `${path}:9: ${line}`));

  test("a persistent field that no record has", () =>
    written(
      'import { defineSpec } from "dscheck";\nimport { Record } from "immutable";\nconst Server = Record({ term: 0 }, "Server");\n' +
        'export default defineSpec({ name: "x", parameters: {}, model(m) {\n  m.perNode("server", m.scalarset("node", 2), Server(), { persistent: ["trem"] });\n} });\n',
      (path) => `${path}: server has no field trem, which is named persistent; did you mean term?`,
    ));

  test("a model function that is asynchronous", () =>
    written(
      'import { defineSpec } from "dscheck";\nexport default defineSpec({ name: "x", parameters: {}, async model() {} });\n',
      (path) => `${path}: the model function returns a promise; it must declare everything before it returns`,
    ));
});

test.each<[string, string, string]>([
  [
    "an action",
    'm.action("Wrong", {}, (s) => s.set(on, NaN));',
    "action Wrong: on is NaN, which cannot be part of a state",
  ],
  ["an invariant", 'm.invariant("Wrong", () => 3);', "Wrong: gave a number, not true or false"],
])("a rule that %s breaks is told with its place", (_, model, line) => {
  const path = scratch.write("breaks.ts", specText({ model }));
  const { code, stdout } = dscheck([path, "--format", "json"]);
  expect(code).toBe(78);
  expect(JSON.parse(stdout).error.message).toBe(`${path}:9: ${line}`);
});

describe("errors as JSON", () => {
  test("one document on standard output, the line on standard error", () => {
    const { code, stdout, stderr } = dscheck([COUNTERS, "--nodes", "0", "--format", "json"]);
    expect(stderr).toBe("dscheck: parameter nodes: 0 is out of range; choose 1 to 4\n");
    expect(code).toBe(151);
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 1,
      verdict: "failed",
      error: { code: 151, message: "parameter nodes: 0 is out of range; choose 1 to 4", action: null },
      exitCode: 151,
    });
  });

  test("also when the arguments themselves are wrong", () => {
    const { code, stdout } = dscheck([TEN, "--format=json", "--frobnicate"]);
    expect(code).toBe(151);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 151 }, exitCode: 151 });
  });

  test("the document of an error has every field of the document of a run", () => {
    const [good, bad] = [dscheck([TEN, "--format", "json"]), dscheck(["nowhere.ts", "--format", "json"])];
    expect(Object.keys(JSON.parse(bad.stdout))).toEqual(Object.keys(JSON.parse(good.stdout)));
  });
});

test("a path with blanks and other signs", () => {
  mkdirSync(join(scratch.directory, "a b"), { recursive: true });
  const path = scratch.write("a b/it's #1 (100%).ts", specText());
  expect(dscheck(["describe", path]).code).toBe(0);
});
