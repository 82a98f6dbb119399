/** Specs from anywhere: other directories, several files, packages, every way to import immutable. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Description } from "../../src/cli/describe/describe.ts";
import type { CheckReport } from "../../src/report/formats/json.ts";
import { dscheck, ROOT, Scratch } from "./binary.ts";

const scratch = new Scratch();
afterAll(() => scratch.remove());

function check(path: string, words: readonly string[] = [], cwd = ROOT): CheckReport {
  const { code, stdout, stderr } = dscheck([path, "--format", "json", ...words], cwd);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout) as CheckReport;
}

describe("a spec outside this repository", () => {
  let path = "";
  beforeAll(() => {
    // Packages of the same names in the spec's own directory must not be used.
    for (const name of ["dscheck", "immutable"]) {
      scratch.write(
        `project/node_modules/${name}/package.json`,
        `{ "name": "${name}", "type": "module", "exports": "./index.js" }`,
      );
      scratch.write(`project/node_modules/${name}/index.js`, `throw new Error("the wrong ${name}");`);
    }
    scratch.write(
      "project/node_modules/old-package/package.json",
      '{ "name": "old-package", "main": "main.cjs" }',
    );
    scratch.write(
      "project/node_modules/old-package/main.cjs",
      'const { join } = require("node:path");\nconst { List } = require("immutable");\nexports.five = List([join("a", "b")]).size + 4;\n',
    );
    scratch.write(
      "project/lib/limit.mts",
      'import data from "./limit.json";\nexport const limit: number = data.limit;\n',
    );
    scratch.write("project/lib/limit.json", '{ "limit": 3 }');
    scratch.write(
      "project/actions.ts",
      `import { type Model, type Cell } from "dscheck";
import { List } from "immutable";

// Comments, so that lines of this file are not lines of the bundle.
export function counting(m: Model, log: Cell<List<number>>, limit: number): void {
  m.action("Append", {}, (s) => (s.get(log).size < limit ? s.update(log, (it) => it.push(it.size)) : undefined));
}
`,
    );
    path = scratch.write(
      "project/spec.ts",
      `import { defineSpec } from "dscheck";
import { List } from "immutable";
import { five } from "old-package";
import { counting } from "./actions.ts";
import { limit } from "./lib/limit.mts";

export default defineSpec({
  name: "outside",
  parameters: {},
  model(m) {
    const log = m.cell("log", List<number>());
    counting(m, log, limit);
    m.final("Full", (s) => s.get(log).size === limit);
    m.invariant("Short", (s) => s.get(log).size < five);
  },
});
`,
    );
  });

  test("imports files, data and packages, and the engine's own dscheck and immutable", () => {
    expect(check(path).states).toMatchObject({ distinct: 4, depth: 3 });
  });

  test("can be named by a relative path or a URL", () => {
    expect(check("spec.ts", [], join(scratch.directory, "project")).file).toBe("spec.ts");
    expect(check(pathToFileURL(path).href).file).toBe(path);
  });

  test("places are lines of the file in which something was declared", () => {
    const described = JSON.parse(dscheck(["describe", path, "--format", "json"]).stdout) as Description;
    expect(described.location).toMatchObject({ file: path, line: 7 });
    expect(described.actions[0]!.location).toMatchObject({
      file: join(scratch.directory, "project/actions.ts"),
      line: 6,
    });
    expect(described.properties[0]!.location).toMatchObject({ file: path, line: 14 });
  });
});

describe("immutable, however it is imported", () => {
  test.each<[string, string, string, string]>([
    ["by name", 'import { List, Record } from "immutable";', "Record", "List"],
    ["as a namespace", 'import * as I from "immutable";', "I.Record", "I.List"],
    ["by default", 'import I from "immutable";', "I.Record", "I.List"],
    ["under another name", 'import { List as L, Record as R } from "immutable";', "R", "L"],
    ["by a dynamic import", 'const I = await import("immutable");', "I.Record", "I.List"],
  ])("%s, is the engine's, with records that every thread knows", (_, line, record, list) => {
    const path = scratch.write(
      "import.mjs",
      `import { defineSpec } from "dscheck";
${line}
const Server = ${record}({ log: ${list}(), term: 0 }, "Server");
export default defineSpec({
  name: "imports",
  parameters: {},
  model(m) {
    const nodes = m.scalarset("node", 2);
    const server = m.perNode("server", nodes, Server());
    const end = m.bound("end", 3);
    m.action("Append", { i: nodes }, (s, { i }) => {
      const it = s.get(server, i);
      if (!s.within(end, it.log.size + 1)) return;
      return s.set(server, i, it.set("log", it.log.push(it.term)).set("term", it.term + 1));
    });
    m.invariant("Same", { i: nodes }, (s, { i }) => s.get(server, i).log.size === s.get(server, i).term);
  },
});
`,
    );
    expect(check(path, ["--no-symmetry", "--workers", "2"]).states).toMatchObject({ distinct: 16, depth: 6 });
  });
});

describe("temporary files", () => {
  const left = (): string[] => readdirSync(join(scratch.directory, "tmp"));
  const run = (...words: string[]): void => {
    dscheck(words, ROOT, { TMPDIR: join(scratch.directory, "tmp") });
  };
  beforeAll(() => {
    scratch.write("tmp/.keep", "");
  });

  test("are removed when all is well", () => {
    run("test/fixtures/ten.ts");
    expect(left()).toEqual([".keep"]);
  });

  test("are removed after a violation and after errors", () => {
    run("test/fixtures/counters.ts", "--set", "bug=invariant");
    run("test/fixtures/counters.ts", "--nodes", "0");
    run(scratch.write("throws.ts", "throw new Error('no');\nexport default 1;\n"));
    run(scratch.write("syntax.ts", "export default (;\n"));
    run(scratch.write("waits.ts", "await new Promise(() => {});\nexport default 1;\n"));
    expect(left()).toEqual([".keep"]);
  });
});
