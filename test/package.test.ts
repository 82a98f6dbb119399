/**
 * The package as others get it: what the tarball holds, and that it works where nothing else is installed. The
 * tarball is made of the built tree without running its scripts, which would build while other tests run.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cleanEnvironment, ROOT, Scratch } from "./cli/binary.ts";

const TYPESCRIPT = join(ROOT, "node_modules/typescript/bin/tsc");
const INSTALL_MS = 180_000;
/** Made by src/viewer/build.js of several sources. */
const BUNDLED = ["explore.js", "viewer.css", "viewer.js"].map((name) => `dist/viewer/${name}`);

const scratch = new Scratch();
const project = join(scratch.directory, "project");
let packed: readonly string[] = [];

const SPEC = `
import { defineSpec, integer } from "dscheck";
import { Record } from "immutable";
import { limitOf } from "./limit.ts";

const Counter = Record({ count: 0 }, "Counter");

export default defineSpec({
  name: "installed",
  parameters: { nodes: integer({ default: 2, min: 1, max: 4, meaning: "counting nodes" }) },
  model(m, p) {
    const nodes = m.scalarset("node", p.nodes);
    const counter = m.perNode("counter", nodes, Counter());
    m.action("CountUp", { i: nodes }, (s, { i }) => {
      const { count } = s.get(counter, i);
      return count < limitOf(p.nodes) ? s.update(counter, i, (it) => it.set("count", count + 1)) : undefined;
    });
    m.final("AllDone", (s) => nodes.every((i) => s.get(counter, i).count === limitOf(p.nodes)));
    m.invariant("Bounded", { i: nodes }, (s, { i }) => s.get(counter, i).count <= p.nodes);
  },
});
`;

// Fails to compile if the types of the package came out as "any".
const MISUSE = `
import { defineSpec, integer } from "dscheck";

export default defineSpec({
  name: "misused",
  parameters: { nodes: integer({ default: 2, meaning: "nodes" }) },
  model(m, p) {
    // @ts-expect-error: there is no such parameter
    const nodes = m.scalarset("node", p.noodles);
    const count = m.perNode("count", nodes, 0);
    // @ts-expect-error: a count is no text
    m.action("Wrong", { i: nodes }, (s, { i }) => s.set(count, i, "one"));
  },
});
`;

const PROGRAM = `
import { check } from "dscheck";

const report = await check("counters.ts", { nodes: 3 });
console.log(JSON.stringify({ verdict: report.verdict, states: report.states }));
`;

const TSCONFIG = {
  compilerOptions: {
    target: "es2023",
    lib: ["es2023", "dom"],
    module: "nodenext",
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    allowImportingTsExtensions: true,
    types: [],
  },
  include: ["*.ts", "*.mts"],
};

beforeAll(() => {
  const pack = ran(
    "npm",
    ["pack", "--ignore-scripts", "--json", "--pack-destination", scratch.directory],
    ROOT,
  );
  expect(pack.status, pack.stderr).toBe(0);
  const [tarball] = readdirSync(scratch.directory);
  packed = filesOf(JSON.parse(pack.stdout));
  const files = {
    "package.json": JSON.stringify({ name: "project", private: true, type: "module" }),
    "tsconfig.json": JSON.stringify(TSCONFIG),
    "counters.ts": SPEC,
    "limit.ts": "export const limitOf = (nodes: number): number => nodes;\n",
    "misuse.ts": MISUSE,
    "program.mts": PROGRAM,
    "program.mjs": PROGRAM,
  };
  for (const [name, text] of Object.entries(files)) scratch.write(join("project", name), text);
  const install = ran("npm", [
    "install",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    join("..", tarball!),
  ]);
  expect(install.status, install.stderr).toBe(0);
}, INSTALL_MS);

afterAll(() => scratch.remove());

test("the tarball holds bin, dist, specs, README, LICENSE, CHANGELOG and package.json, and nothing else", () => {
  expect([...new Set(packed.map((file) => file.split("/")[0]))].sort()).toEqual(
    ["CHANGELOG.md", "LICENSE", "README.md", "bin", "dist", "package.json", "specs"].sort(),
  );
  expect(packed.filter((file) => file.startsWith("bin/"))).toEqual(["bin/dscheck.js"]);
  expect(packed.filter((file) => file.startsWith("specs/") && !file.endsWith(".ts"))).toEqual([]);
});

test("what it holds in dist is what src compiles to; else: npm run clean && npm run build", () => {
  const strays = packed
    .filter((file) => file.startsWith("dist/") && !BUNDLED.includes(file))
    .filter(
      (file) => !existsSync(join(ROOT, file.replace(/^dist/, "src").replace(/(\.d\.ts|\.js)$/, ".ts"))),
    );
  expect(strays).toEqual([]);
});

test("it holds the trace viewer, which a report of the installed command embeds", () => {
  expect(packed).toEqual(expect.arrayContaining(BUNDLED));
  const command = join(project, "node_modules/.bin/dscheck");
  const { status } = ran(command, [
    "node_modules/dscheck/specs/classic/die-hard.ts",
    "--report",
    "html=trace.html",
  ]);
  expect(status).toBe(12);
  expect(readFileSync(join(project, "trace.html"), "utf8")).toContain("BigToSmall");
});

test("installing it installs nothing that only its development needs", () => {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    devDependencies: Readonly<Record<string, string>>;
  };
  const installed = Object.keys(devDependencies).filter((name) =>
    existsSync(join(project, "node_modules", name)),
  );
  expect(installed).toEqual([]);
});

test("its types are accepted without skipping those of libraries, and refuse what is wrong", () => {
  const { status, stdout } = ran(process.execPath, [TYPESCRIPT, "-p", "."]);
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

test("the installed command checks a spec that imports dscheck, immutable and a file beside it", () => {
  const command = join(project, "node_modules/.bin/dscheck");
  const { status, stdout, stderr } = ran(command, ["counters.ts", "--nodes", "3", "--format", "json"]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ verdict: "holds", states: { distinct: 20, depth: 9 } });
});

test("check() gives the same from a program", () => {
  const { status, stdout, stderr } = ran(process.execPath, ["program.mjs"]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ verdict: "holds", states: { distinct: 20, depth: 9 } });
});

test("the specs of the installed package can be checked", () => {
  const command = join(project, "node_modules/.bin/dscheck");
  const { status, stdout } = ran(command, ["node_modules/dscheck/specs/classic/die-hard.ts"]);
  expect(stdout).toContain("VIOLATED: invariant BigIsNot4 after 6 steps");
  expect(status).toBe(12);
});

interface Packed {
  readonly files: readonly { readonly path: string }[];
}

/** The paths in the tarball, from what `npm pack --json` says: a list of packages, or a record by name. */
function filesOf(packages: readonly Packed[] | Readonly<Record<string, Packed>>): string[] {
  return Object.values(packages).flatMap((one) => one.files.map((file) => file.path));
}

/** Runs a program without the settings that `npm test` hands down to what it starts. */
function ran(
  program: string,
  words: readonly string[],
  cwd = project,
): ReturnType<typeof spawnSync> & { stdout: string; stderr: string } {
  const kept = Object.entries(cleanEnvironment()).filter(
    ([name]) => !/^npm_/i.test(name) || /^npm_config_(registry|cache|userconfig)$/i.test(name),
  );
  const env = { ...Object.fromEntries(kept), NO_COLOR: "1", npm_config_update_notifier: "false" };
  return spawnSync(program, words, { cwd, env, encoding: "utf8" });
}
