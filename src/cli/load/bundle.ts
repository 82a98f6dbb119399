/**
 * A spec file and all it imports as one module that every worker thread can import.
 *
 * `dscheck` and `immutable` are not bundled: the module refers to this package and to the one immutable
 * that the engine uses, so that a spec's values are the engine's values, whatever the spec's own directory
 * has installed. Their names are listed in the bundle, so that a misspelt import is found while bundling,
 * with its line. `Record` is the one that registers its types (src/spec/immutable.ts).
 *
 * The module is a file in a directory of its own under the system's temporary directory; it is removed
 * when the owner disposes of it, and at the latest when the process exits.
 */
import { rmSync, writeFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { BuildFailure, Message, Metafile, Plugin } from "esbuild";
import type { SourceLocation } from "../../spec/definitions.ts";
import { EXIT, UserError } from "../errors.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { statOf } from "./stat.ts";

const EXTENSIONS = [".ts", ".mts", ".js", ".mjs"];

// From src/cli, as from dist/cli: what threads import is the built package.
const PACKAGE_URL = new URL("../../../", import.meta.url);
const ENTRY_URL = new URL("dist/index.js", PACKAGE_URL).href;
const RECORD_URL = new URL("dist/spec/immutable.js", PACKAGE_URL).href;

/** By directory, of those that are not disposed of. */
const bundles = new Map<string, Bundle | null>();

export interface Bundle {
  /** URL of the module. */
  readonly url: string;
  /** The source files that are in it; absolute, in order. */
  readonly inputs: readonly string[];
  /** The place in a source file for a place in the bundle; other places as they are. */
  readonly locate: (location: SourceLocation) => SourceLocation;
  /** The first place in a source file that the stack of an error names. */
  readonly locateError: (thrown: unknown) => SourceLocation | null;
  /** A text with the bundle's places replaced by those in source files. */
  readonly rewrite: (text: string) => string;
  /** Removes the module's file. */
  readonly dispose: () => void;
}

/** The path of a spec given as a path, a `file:` URL as text, or a URL. Throws a UserError when it is no file. */
export function specPath(spec: string | URL): string {
  const given = String(spec);
  let path: string;
  if (given.startsWith("file:")) {
    try {
      path = fileURLToPath(given);
    } catch {
      throw new UserError(EXIT.spec, `${given}: this URL names no file`);
    }
  } else if (/^[a-z][a-z0-9+.-]+:\/\//i.test(given))
    throw new UserError(EXIT.spec, `${given}: a spec is a file or a file: URL`);
  else path = resolve(given);
  const shown = displayPath(path);
  const stat = statOf(path);
  if (stat === undefined) throw new UserError(EXIT.spec, `${shown}: there is no such file`);
  if (stat.isDirectory())
    throw new UserError(EXIT.spec, `${shown}: is a directory; name the spec file in it`);
  if (!EXTENSIONS.includes(extname(path)))
    throw new UserError(
      EXIT.spec,
      `${shown}: a spec is a TypeScript or JavaScript file (${EXTENSIONS.join(", ")})`,
    );
  return path;
}

/** A path as a user reads it: relative to the working directory when it lies inside. */
export function displayPath(path: string): string {
  const inside = relative(process.cwd(), path);
  if (inside === "" || inside.startsWith("..")) return path;
  // The command that a report ends with must not take a file for an option.
  return inside.startsWith("-") ? `./${inside}` : inside;
}

/** `specs/raft.ts:12`, the first place in a loaded spec that the stack of an error names; null if it names none. */
export function placeInSpec(thrown: unknown): string | null {
  for (const bundle of bundles.values()) {
    const place = bundle?.locateError(thrown) ?? null;
    if (place !== null) return `${displayPath(place.file)}:${place.line}`;
  }
  return null;
}

export async function bundle(path: string): Promise<Bundle> {
  const directory = temporaryDirectory("dscheck");
  bundles.set(directory, null);
  const dispose = (): void => {
    rmSync(directory, { recursive: true, force: true });
    bundles.delete(directory);
  };
  try {
    const file = join(directory, "spec.mjs");
    const { text, map, inputs } = await build(path, file);
    writeFileSync(file, text);
    const made: Bundle = { url: pathToFileURL(file).href, inputs, dispose, ...locator(file, map) };
    bundles.set(directory, made);
    return made;
  } catch (error) {
    dispose();
    throw error;
  }
}

process.on("exit", () => {
  for (const directory of bundles.keys()) rmSync(directory, { recursive: true, force: true });
});

interface Built {
  readonly text: string;
  readonly map: string;
  readonly inputs: readonly string[];
}

async function build(path: string, outfile: string): Promise<Built> {
  const { build } = await import("esbuild");
  try {
    const { outputFiles, metafile } = await build({
      entryPoints: [path],
      outfile,
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "node",
      target: "node20",
      sourcemap: "both",
      sourcesContent: false,
      charset: "utf8",
      logLevel: "silent",
      // CommonJS packages in the bundle call require() for Node's own modules.
      banner: {
        js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
      },
      plugins: [await ownPackages()],
    });
    const [map, text] = outputFiles.sort((a, b) => b.path.length - a.path.length);
    return { text: text!.text, map: map!.text, inputs: filesOf(metafile) };
  } catch (error) {
    throw describeFailure(path, error);
  }
  // esbuild's process is left running: it ends with this one and keeps nothing alive, and a process that has
  // reserved memory for a search may not be able to start another.
}

export interface BundledFiles {
  readonly files: readonly string[];
  /** False when the spec does not compile, so that there may be more. */
  readonly complete: boolean;
}

/**
 * The files whose change may change the bundle of a spec: those in it, and what relative imports lead to, also where
 * there is no such file yet. Tells what it can when the spec does not compile.
 */
export async function bundledFiles(path: string): Promise<BundledFiles> {
  const { build } = await import("esbuild");
  const found = new Set([path]);
  const relativeImports: Plugin = {
    name: "relative-imports",
    setup({ onResolve }) {
      onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, kind }) => {
        if (kind !== "entry-point") for (const file of candidates(resolve(resolveDir, path))) found.add(file);
        return undefined;
      });
    },
  };
  try {
    const { metafile } = await build({
      entryPoints: [path],
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "node",
      target: "node20",
      logLevel: "silent",
      plugins: [relativeImports, await ownPackages()],
    });
    for (const file of filesOf(metafile)) found.add(file);
    return { files: [...found], complete: true };
  } catch {
    // What is wrong is said by whoever bundles the spec to run it.
    return { files: [...found], complete: false };
  }
}

/** Modules that are no files have a namespace before a colon; the others are relative to the working directory. */
function filesOf({ inputs }: Metafile): string[] {
  return Object.keys(inputs)
    .filter((name) => !/^[\w-]{2,}:/.test(name))
    .map((name) => resolve(name))
    .sort();
}

/** What an import of this path may mean: the file, one of its extensions, the TypeScript behind a `.js`. */
function candidates(path: string): string[] {
  const extension = extname(path);
  if (extension === ".js" || extension === ".mjs") return [path, path.replace(/js$/, "ts")];
  return EXTENSIONS.includes(extension) ? [path] : [path, ...EXTENSIONS.map((added) => path + added)];
}

/** Resolves `dscheck` and `immutable` to the instances that the engine uses. */
async function ownPackages(): Promise<Plugin> {
  const immutableUrl = import.meta.resolve("immutable");
  const modules: Readonly<Record<string, string>> = {
    dscheck: reExport(ENTRY_URL, Object.keys(await import(ENTRY_URL)), []),
    immutable: `${reExport(immutableUrl, Object.keys(await import(immutableUrl)), ["Record"])}
import * as original from ${JSON.stringify(immutableUrl)};
import { Record } from ${JSON.stringify(RECORD_URL)};
export { Record };
export default /* @__PURE__ */ Object.freeze({ ...original, Record });`,
  };
  return {
    name: "own-packages",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(dscheck|immutable)$/ }, ({ path }) => ({
        path,
        namespace: "own-package",
        sideEffects: false,
      }));
      onResolve({ filter: /^file:/, namespace: "own-package" }, ({ path }) => ({ path, external: true }));
      onLoad({ filter: /.*/, namespace: "own-package" }, ({ path }) => ({
        contents: modules[path]!,
        loader: "js",
      }));
    },
  };
}

function reExport(url: string, names: readonly string[], without: readonly string[]): string {
  const kept = names.filter(
    (name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== "default" && !without.includes(name),
  );
  return `export { ${kept.join(", ")} } from ${JSON.stringify(url)};`;
}

function describeFailure(path: string, error: unknown): UserError {
  const messages = (error as BuildFailure).errors as Message[] | undefined;
  const first = messages?.[0];
  if (first === undefined)
    return new UserError(EXIT.spec, `${displayPath(path)}: ${String((error as Error).message ?? error)}`);
  const { location } = first;
  const place =
    location === null
      ? null
      : { file: displayPath(resolve(location.file)), line: location.line, column: location.column + 1 };
  const where = place === null ? displayPath(path) : `${place.file}:${place.line}:${place.column}`;
  const more = messages!.length - 1;
  const text = first.text.replace(/"own-package:(\w+)"/, '"$1"');
  return new UserError(
    EXIT.spec,
    `${where}: ${text}${more === 0 ? "" : ` (and ${more} more error${more === 1 ? "" : "s"})`}`,
    place,
  );
}

/** Places in sources for places in the bundle. The map is only read when somebody asks. */
function locator(file: string, mapText: string): Pick<Bundle, "locate" | "locateError" | "rewrite"> {
  let map: SourceMap | null = null;
  const names = [pathToFileURL(file).href, file].map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const places = new RegExp(`(?:${names.join("|")}):(\\d+):(\\d+)`, "g");
  const locate = (location: SourceLocation): SourceLocation => {
    if (location.file !== file) return location;
    map ??= new SourceMap(JSON.parse(mapText) as SourceMapPayload);
    const entry = map.findEntry(location.line - 1, location.column - 1);
    if (!("originalSource" in entry)) return location;
    return {
      file: resolve(dirname(file), entry.originalSource),
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
    };
  };
  const locateError = (thrown: unknown): SourceLocation | null => {
    const stack = thrown instanceof Error && typeof thrown.stack === "string" ? thrown.stack : "";
    const [match] = stack.matchAll(places);
    return match === undefined ? null : locate({ file, line: Number(match[1]), column: Number(match[2]) });
  };
  const rewrite = (text: string): string =>
    text.replaceAll(places, (_, line: string, column: string) => {
      const at = locate({ file, line: Number(line), column: Number(column) });
      return `${displayPath(at.file)}:${at.line}:${at.column}`;
    });
  return { locate, locateError, rewrite };
}
