/** `dscheck init`: a project that works as it was written, and one that is left as it was. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { parse } from "yaml";
import { cleanEnvironment, dscheck, type Ran, ROOT, Scratch } from "./binary.ts";

const TYPESCRIPT = join(ROOT, "node_modules/typescript/bin/tsc");
const INSTALL_MS = 180_000;

const WRITTEN = [
  "package.json",
  "specs/lock-service.ts",
  "dscheck.config.ts",
  ".github/workflows/dscheck.yml",
  "tsconfig.json",
  ".gitignore",
];

let scratch = new Scratch();
afterEach(() => {
  scratch.remove();
  scratch = new Scratch();
});

const at = (...names: string[]): string => join(scratch.directory, ...names);
const read = (...names: string[]): string => readFileSync(at(...names), "utf8");
const init = (...words: string[]): Ran => dscheck(["init", ...words], scratch.directory);

/** Runs a program in a directory, without the settings that `npm test` hands down. */
function ran(cwd: string, program: string, ...words: string[]): Ran {
  const kept = Object.entries(cleanEnvironment()).filter(
    ([name]) => !/^npm_/i.test(name) || /^npm_config_(registry|cache|userconfig)$/i.test(name),
  );
  const env = { ...Object.fromEntries(kept), NO_COLOR: "1", npm_config_update_notifier: "false" };
  const { status, stdout, stderr } = spawnSync(program, words, { cwd, env, encoding: "utf8" });
  return { code: status, stdout, stderr };
}

test("in a new directory it writes a project, and says what comes next", () => {
  const { code, stdout, stderr } = init("new project");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(`Wrote
  package.json                   dscheck 0.1.0 and the script "check"
  specs/lock-service.ts          a first spec: a lock that expires
  dscheck.config.ts              what dscheck ci checks
  .github/workflows/dscheck.yml  dscheck ci for every change, on GitHub
  tsconfig.json                  for the editor and the compiler
  .gitignore                     what is installed, and reports

Next
  cd 'new project'
  npm install
  npx dscheck specs/lock-service.ts  a counterexample
  npx dscheck ci                     all checks of dscheck.config.ts
`);
  expect(WRITTEN.filter((path) => !existsSync(at("new project", path)))).toEqual([]);
  expect(JSON.parse(read("new project", "package.json"))).toMatchObject({
    name: "new-project",
    type: "module",
    scripts: { check: "dscheck ci" },
  });
});

test(
  "what it wrote installs, is accepted by the compiler, and is checked as its configuration expects",
  () => {
    const project = at("project");
    expect(init("project").code).toBe(0);
    const pack = ran(ROOT, "npm", "pack", "--ignore-scripts", "--pack-destination", scratch.directory);
    expect(pack.code, pack.stderr).toBe(0);
    const tarball = readdirSync(scratch.directory).find((name) => name.endsWith(".tgz"))!;
    const quiet = ["--prefer-offline", "--no-audit", "--no-fund"];
    const install = ran(project, "npm", "install", ...quiet, "--save-dev", join("..", tarball));
    expect(install.code, install.stderr).toBe(0);

    expect(ran(project, process.execPath, TYPESCRIPT, "-p", ".")).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
    const check = ran(project, "npx", "--no-install", "dscheck", "specs/lock-service.ts");
    expect(check.stdout).toContain("Verdict   VIOLATED: step property NoStaleWrite after 7 steps.");
    expect(check.code).toBe(13);
    const ci = ran(project, "npm", "run", "check");
    expect(ci.stdout).toContain("3 of 3 checks as expected");
    expect(ci.code).toBe(0);
    // What the run leaves is ignored, and nothing else is: dscheck-report, node_modules.
    expect(ran(project, "git", "init", "-q").code).toBe(0);
    const seen = ran(project, "git", "status", "--porcelain", "--untracked-files=all").stdout;
    expect(seen.replaceAll("?? ", "").trim().split("\n").sort()).toEqual(
      [...WRITTEN, "package-lock.json"].sort(),
    );
  },
  INSTALL_MS,
);

test("what is there already is left as it is, and told what it lacks", () => {
  const present = {
    "package.json": '{ "name": "mine" }\n',
    "tsconfig.json": "{}\n",
    ".gitignore": "/node_modules\n",
    "dscheck.config.ts": "export default null;\n",
  };
  for (const [name, text] of Object.entries(present)) scratch.write(name, text);
  const { code, stdout } = init();
  expect(code).toBe(0);
  expect(stdout).toContain(`There already, and left as it is
  package.json       it needs dscheck 0.1.0 in devDependencies
  dscheck.config.ts
  tsconfig.json      set "allowImportingTsExtensions" and "noEmit" if specs are
                     to import files by ".ts"
  .gitignore         add dscheck-report/
`);
  for (const [name, text] of Object.entries(present)) expect(read(name)).toBe(text);
  expect(read("specs/lock-service.ts")).toContain("defineSpec");
});

test("a second time it writes nothing", () => {
  init();
  const texts = WRITTEN.map((path) => read(path));
  const { code, stdout } = init();
  expect(code).toBe(0);
  expect(stdout).not.toContain("Wrote");
  expect(WRITTEN.map((path) => read(path))).toEqual(texts);
});

test("where dscheck is installed already, there is nothing to install", () => {
  mkdirSync(at("node_modules"));
  symlinkSync(ROOT, at("node_modules/dscheck"));
  expect(init().stdout).not.toContain("npm install");
});

test.each([
  [null, ["npm ci", "npx dscheck ci"]],
  ["pnpm-lock.yaml", ["corepack enable", "pnpm install --frozen-lockfile", "pnpm exec dscheck ci"]],
  ["yarn.lock", ["corepack enable", "yarn install --immutable", "yarn run dscheck ci"]],
])("the workflow runs the checks with the package manager of the project (%s)", (lockFile, commands) => {
  if (lockFile !== null) scratch.write(lockFile, "");
  init();
  const workflow = parse(read(".github/workflows/dscheck.yml")) as {
    readonly permissions: object;
    readonly jobs: { readonly check: { readonly steps: readonly { readonly run?: string }[] } };
  };
  expect(workflow.permissions).toEqual({ contents: "read" });
  expect(workflow.jobs.check.steps.flatMap(({ run }) => run ?? [])).toEqual(commands);
});

test("a file is no directory, and two directories are one too many", () => {
  scratch.write("file.txt", "");
  expect(init("file.txt")).toEqual({
    code: 151,
    stdout: "",
    stderr: "dscheck: file.txt: is a file; name the directory of the project\n",
  });
  expect(init("a", "b").stderr).toBe("dscheck: unexpected argument b; init takes one directory\n");
});

test("a directory that cannot be made is said in one line", () => {
  scratch.write("file.txt", "");
  const { code, stderr } = init("file.txt/inside");
  expect(code).toBe(153);
  expect(stderr).toMatch(/^dscheck: cannot write file\.txt\/inside: .*\n$/);
});
