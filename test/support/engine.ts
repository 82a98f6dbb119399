/**
 * The search as tests run it: with one worker in this thread, so that a spec can be written in the test; and
 * as users run it, with worker threads that import a bundled spec file.
 */
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PartStore } from "../../src/model/part-store.ts";
import type { SearchOptions, SearchResult } from "../../src/search/result.ts";
import { type Outcomes, tableWords, WorkerProgram } from "../../src/search/worker-program.ts";
import { defineSpec } from "../../src/spec/define-spec.ts";
import { takeBrokenRule } from "../../src/spec/errors.ts";
import type { Model } from "../../src/spec/model.ts";
import type { ParameterValue } from "../../src/spec/parameters.ts";
import { reserveMemory, type SharedMemory } from "../../src/store/memory.ts";

const MIB = 2 ** 20;

export const DEFAULTS: SearchOptions = {
  workers: 1,
  symmetry: true,
  deadlock: true,
  properties: null,
  statesMax: null,
  depthMax: null,
  secondsMax: null,
  memoryBytesMax: 4096 * MIB,
  keepGoing: false,
  audit: true,
};

/** The model that a function declares. */
export function modelOf(declare: (m: Model) => void): Model {
  return defineSpec({ name: "test", parameters: {}, model: declare }).instantiate({});
}

/** Shared memory for a model, small enough to be made hundreds of times. */
export function memoryFor(model: Model, workers = 1, bytesMax = 8 * MIB): SharedMemory {
  return reserveMemory(bytesMax, workers, 2 * model.actions.length, PartStore.kindCount(model), tableWords(model));
}

/**
 * Searches with one worker in this thread. Throws what a worker would report: a RuleError when the spec
 * breaks a rule, an EvaluationError, an internal error.
 */
export function explore(model: Model, options: Partial<SearchOptions> = {}, bytesMax = 8 * MIB): Outcomes {
  let outcomes: Outcomes | null = null;
  const setup = { memory: memoryFor(model, 1, bytesMax), worker: 0, options: { ...DEFAULTS, ...options, workers: 1 } };
  takeBrokenRule();
  new WorkerProgram(model, setup, (told) => {
    outcomes = told;
  }).run();
  if (outcomes === null) throw new Error("the search told nothing");
  return outcomes;
}

// The built package, past the test runner's own module loader: its threads import it as users do.
const require = createRequire(import.meta.url);
type SearchModule = typeof import("../../src/search/search.ts");
type BundleModule = typeof import("../../src/cli/bundle.ts");
const built = {
  search: (require("../../dist/search/search.js") as SearchModule).search,
  bundle: (require("../../dist/cli/bundle.js") as BundleModule).bundle,
};

/** A spec file that was bundled once and can be searched with many parameter values. */
export interface BundledSpec {
  search(
    options?: Partial<SearchOptions>,
    parameters?: Readonly<Record<string, ParameterValue>>,
  ): Promise<SearchResult>;
  dispose(): void;
}

/** Bundles a fixture by its name, or another spec file by its path. */
export async function bundled(file: string): Promise<BundledSpec> {
  const path = file.includes("/") ? file : fileURLToPath(new URL(`../fixtures/${file}.ts`, import.meta.url));
  const { url, dispose } = await built.bundle(path);
  return {
    search: (options = {}, parameters = {}) =>
      built.search({ moduleUrl: url, parameters }, { ...DEFAULTS, memoryBytesMax: 8192 * MIB, ...options }),
    dispose,
  };
}

/** A bundled spec from its text. */
export async function bundledText(text: string): Promise<BundledSpec> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "dscheck-spec-")));
  try {
    const file = join(directory, "spec.ts");
    writeFileSync(file, text);
    return await bundled(file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
