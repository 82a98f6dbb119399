/** Who imports whom: the layers of the package, the places of its dependencies, and no paths of one machine. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface Import {
  /** The importing file, relative to the root. */
  readonly file: string;
  readonly specifier: string;
  /** The imported file relative to the root, or the name of the package or built-in module. */
  readonly target: string;
  /** Whether it is `import type` or `export type`, which leaves nothing at run time. */
  readonly typeOnly: boolean;
}

const STATIC = /^[ \t]*(?:import|export)\b(\s+type\b(?!\s+from\b))?(?:[\w$*\s{},]*\sfrom)?\s*"([^"\n]+)"/gm;
const DYNAMIC = /\bimport\(\s*"([^"\n]+)"\s*\)/g;

function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean): void => {
    const target = specifier.startsWith(".") ? join(file, "..", specifier) : specifier;
    found.push({ file, specifier, target, typeOnly });
  };
  for (const [, type, specifier] of text.matchAll(STATIC)) add(specifier!, type !== undefined);
  for (const [, specifier] of text.matchAll(DYNAMIC)) add(specifier!, false);
  return found;
}

function filesUnder(path: string): string[] {
  const absolute = join(ROOT, path);
  if (!existsSync(absolute)) return [];
  if (!statSync(absolute).isDirectory()) return [path];
  return readdirSync(absolute)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}

const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const isTypeScript = (file: string): boolean => /\.tsx?$/.test(file);

const sources = filesUnder("src").filter(isTypeScript);
const specs = filesUnder("specs").filter(isTypeScript);
const imports = [...sources, ...specs].flatMap((file) => importsOf(file, read(file)));

type Layer =
  | "spec"
  | "store"
  | "model"
  | "search"
  | "report"
  | "viewer"
  | "explore"
  | "cli"
  | "front"
  | "specs";

function layerOf(file: string): Layer | null {
  if (file === "src/check.ts" || file === "src/replay.ts" || file === "src/index.ts") return "front";
  return (/^(?:src\/(spec|store|model|search|report|viewer|explore|cli)|(specs))\//
    .exec(file)
    ?.slice(1)
    .find(Boolean) ?? null) as Layer | null;
}

/** What each layer may import: prefixes of files, or packages. Built-in modules have a list of their own. */
const MAY_IMPORT: Readonly<Record<Layer, readonly string[]>> = {
  spec: ["src/spec/", "immutable"],
  store: ["src/store/"],
  model: ["src/model/", "src/spec/", "src/store/", "immutable"],
  search: ["src/search/", "src/model/", "src/spec/", "src/store/", "immutable", "worker-threads-pool"],
  report: [
    "src/report/",
    "src/search/result.ts",
    "src/search/state-graph.ts",
    // What the trace viewer shows, as data.
    "src/viewer/source.ts",
    "src/viewer/pack.ts",
    "chalk",
    "log-update",
    "xmlbuilder2",
  ],
  // Runs in a browser: no part of the checker but how values are written and messages are followed.
  viewer: [
    "src/viewer/",
    // What the live page and its server tell each other, as data.
    "src/explore/api.ts",
    "src/search/result.ts",
    "src/report/run-info.ts",
    "src/report/itf.ts",
    "src/report/diff.ts",
    "src/report/messages.ts",
    "src/report/layout.ts",
    "preact",
    "preact/hooks",
    "@preact/signals",
  ],
  explore: ["src/explore/", "src/search/", "src/report/", "src/spec/"],
  cli: ["src/", "yargs", "yargs/helpers", "esbuild", "immutable", "yaml"],
  front: ["src/"],
  specs: ["specs/", "dscheck", "immutable"],
};

/** The command reads and writes files; besides it only what starts threads, and the server of `explore`. */
const MAY_IMPORT_BUILT_INS: readonly string[] = [
  "src/cli/",
  "src/explore/server.ts",
  "src/report/formats/html.ts",
  "src/search/search.ts",
  "src/search/worker-thread.ts",
  "src/search/worker-threads-pool.d.ts",
];

const mayImportBuiltIns = (file: string): boolean =>
  MAY_IMPORT_BUILT_INS.some((entry) => (entry.endsWith("/") ? file.startsWith(entry) : file === entry));

/** What is wrong with an import, or null. */
function wrong({ file, specifier, target }: Import): string | null {
  const says = `${file} imports ${specifier}`;
  if (target.startsWith("node:")) return mayImportBuiltIns(file) ? null : says;
  if (builtinModules.includes(target)) return `${says} without "node:"`;
  const layer = layerOf(file);
  if (layer === null) return `${file} is in no layer`;
  const allowed = MAY_IMPORT[layer].some((entry) =>
    entry.endsWith("/") ? target.startsWith(entry) : target === entry,
  );
  return allowed ? null : says;
}

function importersOf(isWanted: (target: string) => boolean): string[] {
  const found = imports
    .filter(({ target, typeOnly }) => !typeOnly && isWanted(target))
    .map(({ file }) => file);
  return [...new Set(found)];
}

describe("reading imports", () => {
  test("all forms are seen, with the file that they lead to", () => {
    const text = [
      'import { a } from "./a.ts";',
      "import {",
      "  b,",
      "  type C,",
      '} from "../store/b.ts";',
      'import type { D } from "immutable";',
      'import * as all from "node:fs";',
      'export * from "./e.ts";',
      'export type { F } from "./f.ts";',
      'import "./g.ts";',
      'const h = await import("../cli/h.ts");',
      "const text = 'import { no } from \"nowhere\";';",
    ].join("\n");
    expect(importsOf("src/spec/x.ts", text).map(({ target, typeOnly }) => [target, typeOnly])).toEqual([
      ["src/spec/a.ts", false],
      ["src/store/b.ts", false],
      ["immutable", true],
      ["node:fs", false],
      ["src/spec/e.ts", false],
      ["src/spec/f.ts", true],
      ["src/spec/g.ts", false],
      ["src/cli/h.ts", false],
    ]);
  });

  test("every file is read, and every relative import leads to a file", () => {
    expect(sources.length).toBeGreaterThan(40);
    expect(specs.length).toBeGreaterThan(10);
    expect(imports.length).toBeGreaterThan(150);
    const missing = imports.filter(
      ({ specifier, target }) => specifier.startsWith(".") && !existsSync(join(ROOT, target)),
    );
    expect(missing).toEqual([]);
  });

  test("an import against the layers is told", () => {
    const told = (file: string, specifier: string) =>
      importsOf(file, `import { x } from "${specifier}";`).map(wrong);
    expect(told("src/store/memo.ts", "../model/codec.ts")).toEqual([
      "src/store/memo.ts imports ../model/codec.ts",
    ]);
    expect(told("src/store/memo.ts", "immutable")).toEqual(["src/store/memo.ts imports immutable"]);
    expect(told("src/model/codec.ts", "node:fs")).toEqual(["src/model/codec.ts imports node:fs"]);
    expect(told("src/report/text/text.ts", "../../search/search.ts")).toEqual([
      "src/report/text/text.ts imports ../../search/search.ts",
    ]);
    expect(told("src/cli/main.ts", "fs")).toEqual(['src/cli/main.ts imports fs without "node:"']);
    expect(told("src/model/codec.ts", "../spec/ids.ts")).toEqual([null]);
  });
});

describe("layers", () => {
  test("no import goes against them", () => {
    expect(imports.map(wrong).find((said) => said !== null)).toBeUndefined();
  });

  test("each entry of those with built-in modules still uses one", () => {
    const users = imports.filter(({ target }) => target.startsWith("node:")).map(({ file }) => file);
    const unused = MAY_IMPORT_BUILT_INS.filter((entry) => !users.some((file) => file.startsWith(entry)));
    expect(unused).toEqual([]);
  });

  test("spec, store, model and search do not import each other in a circle", () => {
    const inner: readonly (Layer | null)[] = ["spec", "store", "model", "search"];
    let edges = imports
      .map(({ file, target }) => [layerOf(file), layerOf(target)] as const)
      .filter(([from, to]) => from !== to && inner.includes(from) && inner.includes(to));
    expect(edges.length).toBeGreaterThan(0);
    // Layers that nothing imports are taken away until none is left, or only a circle.
    for (;;) {
      const imported = new Set(edges.map(([, to]) => to));
      const rest = edges.filter(([from]) => imported.has(from));
      if (rest.length === edges.length) break;
      edges = rest;
    }
    expect(edges).toEqual([]);
  });

  test("the store and the search loop know nothing of Immutable", () => {
    const users = imports.filter(({ target }) => target === "immutable").map(({ file }) => file);
    expect(
      users.filter((file) => file.startsWith("src/store/") || file === "src/search/explorer.ts"),
    ).toEqual([]);
  });

  test("each dependency other than Immutable has one importer", () => {
    const packages = [
      "chalk",
      "log-update",
      "xmlbuilder2",
      "yargs",
      "worker-threads-pool",
      "esbuild",
      "yaml",
    ].map((name) => [name, importersOf((target) => target === name || target.startsWith(`${name}/`))]);
    expect(Object.fromEntries(packages)).toEqual({
      chalk: ["src/report/text/style.ts"],
      "log-update": ["src/report/progress/progress.ts"],
      xmlbuilder2: ["src/report/formats/junit.ts"],
      yargs: ["src/cli/arguments.ts"],
      "worker-threads-pool": ["src/search/search.ts"],
      esbuild: ["src/cli/load/bundle.ts"],
      yaml: ["src/cli/replay/scenario-file.ts"],
    });
  });
});

test("no file names a directory of one machine", () => {
  const places = ["src", "specs", "bin", "docs", "README.md", ".ci", ".github"];
  const files = places.flatMap(filesUnder);
  expect(files.length).toBeGreaterThan(sources.length + specs.length);
  const path = /(?<![\w.])\/(?:work|tmp|home)\//;
  const named = files.flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, at) => (path.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
  );
  expect(named).toEqual([]);
  expect(path.test(["cd ", "home", "someone"].join("/"))).toBe(true);
});
