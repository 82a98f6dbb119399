/**
 * The search as tests run it: with one worker in this thread, so that a spec can be written in the test; and
 * as users run it, with worker threads that import a bundled spec file.
 */

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PartStore } from "../../src/model/part-store.ts";
import type { SearchHooks, SearchOptions, SearchResult, Violation } from "../../src/search/result.ts";
import { type Outcomes, tableWords, WorkerProgram } from "../../src/search/worker-program.ts";
import { defineSpec } from "../../src/spec/define-spec.ts";
import { takeBrokenRule } from "../../src/spec/errors.ts";
import type { Model } from "../../src/spec/model.ts";
import type { ParameterValue } from "../../src/spec/parameters.ts";
import {
  CONTROL,
  PART_CHUNK,
  PART_CHUNKS_MAX,
  reserveMemory,
  type SharedMemory,
  STATS,
} from "../../src/store/memory.ts";

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

/** Shared memory of its own for a model. */
export function memoryFor(model: Model, bytesMax = SMALL_BYTES): SharedMemory {
  return reserveMemory(bytesMax, 1, 2 * model.actions.length, PartStore.kindCount(model), tableWords(model));
}

/** Enough for every small model; see `reusedMemory`. */
const SMALL_BYTES = 32 * MIB;
const KINDS_MAX = 64;

let reused: SharedMemory | null = null;

/**
 * Shared memory that is used by one search after another: hundreds of searches would wait for the garbage
 * collector otherwise. What a search leaves is cleared, as new memory is.
 */
function reusedMemory(model: Model): SharedMemory {
  reused ??= reserveMemory(SMALL_BYTES, 1, 0, KINDS_MAX, 1);
  const { control, arena, partIndex, partCounts, partChunks, rootIndex, innerIndex } = reused;
  arena.fill(0, 0, control[CONTROL.arenaTop]!);
  partIndex.fill(0, 0, Math.max(control[CONTROL.partSlots]!, control[CONTROL.partSlotsSpilled]!));
  rootIndex.fill(0, 0, control[CONTROL.rootSlots]!);
  innerIndex.fill(0, 0, control[CONTROL.innerSlots]!);
  for (let kind = 0; kind < KINDS_MAX; kind++) {
    const chunks = Math.ceil(partCounts[kind]! / PART_CHUNK);
    partChunks.fill(0, kind * PART_CHUNKS_MAX, kind * PART_CHUNKS_MAX + chunks);
  }
  partCounts.fill(0);
  control.fill(0);
  const statsStride = STATS.first + 2 * model.actions.length;
  return {
    ...reused,
    stats: new Float64Array(statsStride),
    statsStride,
    tables: new Int32Array(tableWords(model)),
  };
}

/**
 * Searches with one worker in this thread. Throws what a worker would report: a RuleError when the spec
 * breaks a rule, an EvaluationError, an internal error. `memory`: more than small models need.
 */
export function explore(
  model: Model,
  options: Partial<SearchOptions> = {},
  memory = reusedMemory(model),
): Explored {
  let outcomes: Outcomes | null = null;
  const violations: Violation[] = [];
  takeBrokenRule();
  new WorkerProgram(
    model,
    { memory, worker: 0, options: { ...DEFAULTS, ...options, workers: 1 } },
    {
      outcomes: (told) => {
        outcomes = told;
      },
      violation: (place, violation) => {
        violations[place] = violation;
      },
    },
  ).run();
  if (outcomes === null) throw new Error("the search told nothing");
  return { ...(outcomes as Outcomes), violations };
}

/** What a search in this thread found. */
export interface Explored extends Outcomes {
  readonly violations: readonly Violation[];
}

// The built package, past the test runner's own module loader: its threads import it as users do.
const require = createRequire(import.meta.url);
type SearchModule = typeof import("../../src/search/search.ts");
type BundleModule = typeof import("../../src/cli/load/bundle.ts");
const built = {
  search: (require("../../dist/search/search.js") as SearchModule).search,
  bundle: (require("../../dist/cli/load/bundle.js") as BundleModule).bundle,
};

/** A spec file that was bundled once and can be searched with many parameter values. */
export interface BundledSpec {
  search(
    options?: Partial<SearchOptions>,
    parameters?: Readonly<Record<string, ParameterValue>>,
    hooks?: SearchHooks,
  ): Promise<SearchResult>;
  dispose(): void;
}

/** Bundles a fixture by its name, or another spec file by its path. */
export async function bundled(file: string): Promise<BundledSpec> {
  const path = file.includes("/") ? file : fileURLToPath(new URL(`../fixtures/${file}.ts`, import.meta.url));
  const { url, dispose } = await built.bundle(path);
  return {
    search: (options = {}, parameters = {}, hooks = {}) =>
      built.search(
        { moduleUrl: url, parameters },
        { ...DEFAULTS, memoryBytesMax: 8192 * MIB, ...options },
        hooks,
      ),
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
