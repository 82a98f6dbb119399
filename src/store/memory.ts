/**
 * The memory that worker threads share, as typed arrays over SharedArrayBuffers.
 *
 * Every region is reserved once, at the largest size it may ever need, and committed by the operating
 * system when it is first touched. Structures grow inside their region and are never moved. Nothing here
 * knows what is stored. The regions are created by the thread that starts a search and handed to workers.
 */

/** Words of the control region. Each is written with Atomics, or in a serial section of the barrier. */
export const CONTROL = {
  /** Barrier: workers that have arrived, and the round that they wait to end. */
  arrived: 0,
  round: 1,
  /** A worker wants all others at the barrier before the level ends. */
  pause: 2,
  /** Why the search has to end early; see STOP in search/findings.ts. Written by any thread. */
  interrupt: 3,
  /** The current level is the range [levelStart, levelEnd) of root ids; levelNext is the next to expand. */
  levelStart: 4,
  levelEnd: 5,
  levelNext: 6,
  depth: 7,
  phase: 8,
  /** Ids handed out, and slots in use, of the two pair tables. */
  rootCount: 10,
  rootSlots: 11,
  innerCount: 12,
  innerSlots: 13,
  /** Parts: words used in the arena, slots in use, entries in the index. */
  arenaTop: 14,
  partSlots: 15,
  partEntries: 16,
  /** Remembered transitions: words used, slots in use, entries. */
  effectsTop: 17,
  effectSlots: 18,
  effectEntries: 19,
  /** Remembered operations and renamings: slots in use, entries. */
  operationSlots: 20,
  operationEntries: 21,
  renameSlots: 22,
  renameEntries: 23,
  /** Counted up when the layout, the groups of transitions, or what properties read has changed. */
  layoutVersion: 24,
  groupVersion: 25,
  readsVersion: 26,
  groupsGrew: 27,
  readsGrew: 28,
  layoutOverflow: 29,
  forgetEffects: 30,
  forgetOperations: 31,
  forgetRenames: 32,
  chunk: 34,
  /** Trace: what the marking pass looks for, see search/worker.ts. */
  target: 35,
  targetDepth: 36,
  boundsHit: 38,
  /** States put off until after the barrier, over all workers. */
  postponed: 41,
  statesMax: 42,
  levelCount: 43,
  targetIndex: 45,
  /** How many reads of properties have been noted. */
  readsNoted: 46,
  /** The indexes of which all workers must make their share anew: 1 for roots, 2 for inner pairs. */
  reindex: 47,
  /** Slots of the index of parts that are in use with the tables that follow the first; 0 when none is. */
  partSlotsSpilled: 48,
  /** States stored in all levels up to the last that was begun. */
  storedBefore: 49,
  /** Decision trees: words used, slots and entries of their edges; counted up when they are forgotten. */
  treeTop: 50,
  treeEdgeSlots: 51,
  treeEdgeEntries: 52,
  forgetTree: 53,
  treeVersion: 58,
  /** Insertions into the two pair tables that are promised room, and that were refused it until their index grows. */
  rootReserved: 54,
  rootWanted: 55,
  innerReserved: 56,
  innerWanted: 57,
} as const;

export const CONTROL_WORDS = 64;

/** What each worker counts, in its own row of Float64 numbers. */
export const STATS = { generated: 0, distinct: 1, boundTerminal: 2, expanded: 3, first: 4 } as const;

export interface SharedMemory {
  readonly control: Int32Array;
  /** One row of `statsStride` numbers for each worker. */
  readonly stats: Float64Array;
  readonly statsStride: number;
  /** Root pairs, two words each; a state's id is its position. */
  readonly roots: Int32Array;
  readonly rootIndex: Int32Array;
  readonly inner: Int32Array;
  readonly innerIndex: Int32Array;
  /** Records of parts; the index points into it. */
  readonly arena: Int32Array;
  readonly partIndex: Int32Array;
  /** For each part kind: the count of parts, then chunks of the directory from id to record. */
  readonly partCounts: Int32Array;
  readonly partChunks: Int32Array;
  readonly effects: Int32Array;
  readonly effectIndex: Int32Array;
  readonly tree: Int32Array;
  readonly treeEdges: Int32Array;
  readonly operations: Int32Array;
  readonly renames: Int32Array;
  /** Trace: for each state, one more than the fewest faults to the target; 0 is unmarked. */
  readonly marks: Uint8Array;
  /** Small shared tables of the model: reads of instances and properties, bits of part kinds, flags. */
  readonly tables: Int32Array;
  /** For each depth: the first state id of the level, and how many states it has. */
  readonly levels: Int32Array;
}

const GIB = 2 ** 30;
export const LEVELS_MAX = 2 ** 20;
export const PART_CHUNK = 1024;
export const PART_CHUNKS_MAX = 65_536;

function words(bytes: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Math.max(4096, Math.floor(bytes / 4) * 4)));
}

function powerOfTwoBelow(bytes: number): number {
  return 2 ** Math.floor(Math.log2(bytes));
}

/** Reserves the regions for a search that may use `bytesMax` bytes in all. */
export function reserveMemory(
  bytesMax: number,
  workers: number,
  statsPerWorker: number,
  partKinds: number,
  tableWords: number,
): SharedMemory {
  const part = (share: number, cap: number): number => Math.max(2 ** 22, Math.min(cap, bytesMax * share));
  const statsStride = STATS.first + statsPerWorker;
  const roots = words(part(1, 8 * GIB));
  return {
    control: words(CONTROL_WORDS * 4),
    stats: new Float64Array(new SharedArrayBuffer(workers * statsStride * 8)),
    statsStride,
    roots,
    rootIndex: words(powerOfTwoBelow(part(0.5, 4 * GIB))),
    inner: words(part(0.5, 8 * GIB)),
    innerIndex: words(powerOfTwoBelow(part(0.5, 4 * GIB))),
    arena: words(part(0.5, 8 * GIB)),
    partIndex: words(powerOfTwoBelow(part(0.125, 1 * GIB))),
    partCounts: words(partKinds * 4),
    partChunks: words(partKinds * PART_CHUNKS_MAX * 4),
    effects: words(part(0.25, 4 * GIB)),
    effectIndex: words(powerOfTwoBelow(part(0.125, 1 * GIB))),
    tree: words(part(0.125, 2 * GIB)),
    treeEdges: words(powerOfTwoBelow(part(0.125, 1 * GIB))),
    operations: words(powerOfTwoBelow(part(0.25, 2 * GIB))),
    renames: words(powerOfTwoBelow(part(0.25, 2 * GIB))),
    marks: new Uint8Array(new SharedArrayBuffer(roots.length / 2)),
    tables: words(tableWords * 4),
    levels: words(LEVELS_MAX * 8),
  };
}

/** What crosses to another thread: the buffers alone. A cloned typed array over more than 4 GiB loses its length. */
export type MemoryBuffers = {
  readonly [K in keyof SharedMemory]: SharedMemory[K] extends number ? number : SharedArrayBuffer;
};

export function buffersOf(memory: SharedMemory): MemoryBuffers {
  const entries = Object.entries(memory).map(([name, region]) => [
    name,
    typeof region === "number" ? region : region.buffer,
  ]);
  return Object.fromEntries(entries) as MemoryBuffers;
}

export function memoryOf(buffers: MemoryBuffers): SharedMemory {
  const view = (name: string, region: number | SharedArrayBuffer): unknown => {
    if (typeof region === "number") return region;
    if (name === "stats") return new Float64Array(region);
    return name === "marks" ? new Uint8Array(region) : new Int32Array(region);
  };
  const entries = Object.entries(buffers).map(([name, region]) => [name, view(name, region)]);
  return Object.fromEntries(entries) as unknown as SharedMemory;
}
