/**
 * Results of checks by what decides them, so that what has not changed is not searched again.
 *
 * A key is a hash of: the source files in the bundle of the spec (also of packages), the bundle (what a tsconfig or
 * another resolution of an import would change), the parameters and options that decide a verdict, the files and the
 * version of dscheck, the version of Immutable and of Node. Limits of time and memory and the number of workers are
 * not in it: a result is stored only if the search came to its end, and then they have decided nothing.
 *
 * An entry holds a hash of itself; one that does not match is a miss with a warning, never a result.
 * Not seen: files that a spec reads, and environment variables that it asks, while it is loaded.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { ReportInput } from "../../report/kinds.ts";
import { EXIT, UserError } from "../errors.ts";
import { type Bundle, bundle } from "../load/bundle.ts";
import { packageVersion } from "../version.ts";
import type { CiCheck } from "./load-config.ts";

const FORMAT = 1;

export interface Key {
  /** Hexadecimal digits. */
  readonly hash: string;
  /** The source files that are in it. */
  readonly inputs: readonly string[];
}

/**
 * The key of a check. `root` is the working directory or its like at another revision, to which names of files are
 * relative; reports name files so, too. Throws a UserError when the spec cannot be bundled.
 */
export async function keyOf(check: CiCheck, root: string): Promise<Key> {
  const bundled = await bundle(check.path);
  try {
    const {
      parameters = {},
      properties,
      symmetry,
      deadlock,
      continue: goesOn,
      audit,
      maxDepth,
      expect,
    } = check;
    const decides = {
      format: FORMAT,
      tool: toolHash(),
      node: process.versions.node,
      spec: name(root, check.path),
      files: bundled.inputs.map((file) => [name(root, file), hashOf(readFileSync(file))]),
      bundle: hashOf(codeOf(bundled)),
      parameters: Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1)),
      options: { properties, symmetry, deadlock, continue: goesOn, audit, maxDepth, expect },
    };
    return { hash: hashOf(JSON.stringify(decides)), inputs: bundled.inputs };
  } finally {
    bundled.dispose();
  }
}

function name(root: string, file: string): string {
  const inside = relative(root, file).replaceAll("\\", "/");
  return inside.startsWith("../") ? file : inside;
}

/** Without what depends on where it lies: esbuild's comments with paths, and URLs of this package. */
function codeOf({ url }: Bundle): string {
  return readFileSync(fileURLToPath(url), "utf8")
    .replace(/^\/\/.*$/gm, "")
    .replaceAll(/"file:[^"]*"/g, '"file:"');
}

let tool: string | null = null;

/** dscheck as it runs: also a build that nobody has given a version yet. */
function toolHash(): string {
  if (tool !== null) return tool;
  const directory = fileURLToPath(new URL("../../../dist/", import.meta.url));
  const immutable = readFileSync(fileURLToPath(import.meta.resolve("immutable")));
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js"))
    .sort()
    .map((file) => [file.replaceAll("\\", "/"), hashOf(readFileSync(join(directory, file)))]);
  tool = hashOf(JSON.stringify([packageVersion(), hashOf(immutable), files]));
  return tool;
}

function hashOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Whether a result depends on nothing but what is in its key: the search ended by itself. */
export function isLasting({ result }: ReportInput): boolean {
  return result.failure === null && (result.stopped === null || result.stopped.by === "depth");
}

interface Entry {
  readonly key: string;
  readonly hash: string;
  readonly data: ReportInput;
}

export class ResultCache {
  readonly #directory: string;
  readonly #warn: (message: string) => void;

  constructor(directory: string, warn: (message: string) => void) {
    this.#directory = directory;
    this.#warn = warn;
  }

  read(key: string): ReportInput | null {
    const file = this.#file(key);
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      this.#warn(`cannot read ${file} (${(error as Error).message}); the check runs again`);
      return null;
    }
    try {
      const entry = JSON.parse(text) as Entry;
      if (entry.key === key && entry.hash === hashOf(JSON.stringify(entry.data))) return entry.data;
    } catch {
      // Said below.
    }
    this.#warn(`${file} is damaged, so it is not used and the check runs again`);
    return null;
  }

  /** Other processes may read and write at the same time. */
  write(key: string, data: ReportInput): void {
    const file = this.#file(key);
    const partial = `${file}.${randomUUID()}`;
    try {
      mkdirSync(this.#directory, { recursive: true });
      const entry: Entry = { key, hash: hashOf(JSON.stringify(data)), data };
      writeFileSync(partial, JSON.stringify(entry));
      renameSync(partial, file);
    } catch (error) {
      rmSync(partial, { force: true });
      throw new UserError(
        EXIT.system,
        `cannot write to the cache ${this.#directory}: ${(error as Error).message}`,
      );
    }
  }

  #file(key: string): string {
    return join(this.#directory, `${key}.json`);
  }
}
