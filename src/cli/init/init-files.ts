/** What `dscheck init` writes: each file's path and text, and what to do when it is there already. */
import { readFileSync } from "node:fs";
import { packageVersion } from "../version.ts";

export interface InitFile {
  /** Relative to the project, with slashes. */
  readonly path: string;
  readonly text: string;
  /** For the list of what was written. */
  readonly what: string;
  /** What a project that has this file already must do itself, given the text of its file; null for nothing. */
  readonly missing: (present: string) => string | null;
}

const SPEC = "specs/lock-service.ts";
const IGNORED = ["node_modules/", "dscheck-report/"];

export interface PackageManager {
  readonly name: string;
  /** In a workflow, before anything is run. */
  readonly setUp: readonly string[];
  /** Before a command of a dependency. */
  readonly run: string;
}

/** The one whose lock file the project has, else npm. */
export function packageManager(has: (path: string) => boolean): PackageManager {
  if (has("pnpm-lock.yaml"))
    return { name: "pnpm", setUp: ["corepack enable", "pnpm install --frozen-lockfile"], run: "pnpm exec" };
  if (has("yarn.lock"))
    return { name: "yarn", setUp: ["corepack enable", "yarn install --immutable"], run: "yarn run" };
  return { name: "npm", setUp: ["npm ci"], run: "npx" };
}

export function initFiles(projectName: string, manager: PackageManager): readonly InitFile[] {
  const version = packageVersion();
  const nothing = (): null => null;
  return [
    {
      path: "package.json",
      text: json({
        name: projectName,
        private: true,
        type: "module",
        scripts: { check: "dscheck ci" },
        devDependencies: { dscheck: version },
      }),
      what: `dscheck ${version} and the script "check"`,
      missing: (present) =>
        present.includes('"dscheck"') ? null : `it needs dscheck ${version} in devDependencies`,
    },
    {
      path: SPEC,
      text: readFileSync(new URL("../../../specs/first/lock-service.ts", import.meta.url), "utf8"),
      what: "a first spec: a lock that expires",
      missing: nothing,
    },
    { path: "dscheck.config.ts", text: CONFIG, what: "what dscheck ci checks", missing: nothing },
    {
      path: ".github/workflows/dscheck.yml",
      text: workflow(manager),
      what: "dscheck ci for every change, on GitHub",
      missing: nothing,
    },
    {
      path: "tsconfig.json",
      text: json(TSCONFIG),
      what: "for the editor and the compiler",
      missing: (present) =>
        present.includes("allowImportingTsExtensions")
          ? null
          : 'set "allowImportingTsExtensions" and "noEmit" if specs are to import files by ".ts"',
    },
    {
      path: ".gitignore",
      text: IGNORED.map((line) => `${line}\n`).join(""),
      what: "what is installed, and reports",
      missing: (present) => {
        const lines = present
          .split(/\r?\n/)
          .map((line) => line.trim().replace(/^\//, "").replace(/\/?$/, "/"));
        const absent = IGNORED.filter((line) => !lines.includes(line));
        return absent.length === 0 ? null : `add ${absent.join(" and ")}`;
      },
    },
  ];
}

function json(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

const CONFIG = `import { defineConfig } from "dscheck";

// What \`npx dscheck ci\` checks: each spec with some parameter values, and what should come of it.
export default defineConfig({
  checks: [
    // The lock alone is not safe. A check that expects a counterexample fails when there is none any more.
    { spec: "${SPEC}", expect: "violated:NoStaleWrite" },
    // With fencing it is, within these bounds,
    { spec: "${SPEC}", parameters: { fencing: true } },
    // and within larger ones.
    {
      spec: "${SPEC}",
      parameters: { fencing: true, clients: 3, grants: 4, expiries: 2 },
      maxSeconds: 60,
    },
  ],
});
`;

// Specs are bundled, so a bundler's rules of resolution are the true ones.
const TSCONFIG = {
  compilerOptions: {
    target: "es2023",
    lib: ["es2023", "dom"],
    module: "preserve",
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
  },
  include: ["specs", "dscheck.config.ts"],
};

function workflow({ setUp, run }: PackageManager): string {
  return `name: dscheck

on:
  push:
    branches: [main]
  pull_request:

permissions:
  contents: read

jobs:
  check:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0 # for what has changed since the base
      - uses: actions/setup-node@v4
        with:
          node-version: 22
${setUp.map((line) => `      - run: ${line}`).join("\n")}
      - run: ${run} dscheck ci
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: dscheck-report
          path: dscheck-report
          if-no-files-found: ignore
`;
}
