/** Remembered runs, against functions whose answers are known: what is found is right, whoever remembered it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecisionTree, NotDeterministicError } from "../../src/model/decision-tree.ts";
import { RUN, RunTree } from "../../src/model/run-tree.ts";
import { CONTROL_WORDS, type SharedMemory } from "../../src/store/memory.ts";

const LOCATIONS = 4;
const INSTANCES = 3;

function memoryOf(words: number, edgeWords: number): SharedMemory {
  return {
    control: new Int32Array(CONTROL_WORDS),
    tree: new Int32Array(words),
    treeEdges: new Int32Array(edgeWords),
  } as Partial<SharedMemory> as SharedMemory;
}

interface Worker {
  readonly tree: DecisionTree;
  readonly runs: RunTree;
}

/** What two workers have. */
function workersOf(words = 2 ** 20, edgeWords = 2 ** 18): [Worker, Worker] {
  const memory = memoryOf(words, edgeWords);
  const worker = (): Worker => {
    const tree = new DecisionTree(memory, INSTANCES);
    return { tree, runs: new RunTree(tree, 1) };
  };
  const workers: [Worker, Worker] = [worker(), worker()];
  workers[0].tree.reset();
  for (const { tree } of workers) tree.refresh();
  return workers;
}

/** Heads of channels have numbers beyond those of locations; here a head is half of what its channel holds. */
const idAt = (at: number, ids: Int32Array): number => (at < LOCATIONS ? ids[at]! : ids[at - LOCATIONS]! >> 1);

/** What a function that is deterministic in what it reads does in a state: it reads on as its reads tell it to. */
function run(instance: number, message: number, ids: Int32Array): number[] {
  const reads: number[] = [];
  let seen = instance * 7 + (message + 1) * 3;
  for (;;) {
    const at = seen % (2 * LOCATIONS + 1);
    if (at === 2 * LOCATIONS || reads.includes(at)) break;
    reads.push(at);
    seen = seen * 5 + idAt(at, ids) * 11 + 1;
  }
  return [0, seen & 0xff, 0, 0, reads.length, ...reads];
}

const readsOf = (record: Int32Array, at: number): number[] => [
  ...record.subarray(at + RUN.reads, at + RUN.reads + record[at + RUN.readCount]!),
];

describe("remembered runs", () => {
  test("are those of a state that agrees on all that was read, and what one worker remembers another finds", () => {
    const asked = fc.record({
      worker: fc.nat(1),
      // The last instance is a delivery, the others are not.
      instance: fc.nat(INSTANCES - 1),
      received: fc.nat(2),
      ids: fc.array(fc.nat(5), { minLength: LOCATIONS, maxLength: LOCATIONS }),
    });
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 60 }), (all) => {
        const workers = workersOf();
        const kept = new Set<string>();
        for (const { worker, instance, received, ids: given } of all) {
          const message = instance === INSTANCES - 1 ? received : -1;
          const ids = Int32Array.from(given);
          const expected = run(instance, message, ids);
          const reads = expected.slice(RUN.reads);
          const key = [instance, message, ...reads.map((at) => `${at}=${idAt(at, ids)}`)].join();
          const { runs } = workers[worker]!;
          let at = runs.find(instance, message, ids, idAt);
          expect(at !== 0, key).toBe(kept.has(key));
          if (at === 0) {
            at = runs.add(instance, message, (read) => idAt(read, ids), expected);
            kept.add(key);
          }
          expect(readsOf(runs.record, at)).toEqual(reads);
          expect(runs.record[at + RUN.boundsHit]).toBe(expected[RUN.boundsHit]);
        }
      }),
    );
  });

  test("that read something else in a state that agrees with an earlier one are refused", () => {
    const [{ runs: tree }, { runs: other }] = workersOf();
    const at = (): number => 1;
    tree.add(0, -1, at, [0, 0, 0, 0, 2, 1, 2]);
    expect(() => other.add(0, -1, at, [0, 0, 0, 0, 2, 1, 3])).toThrow(NotDeterministicError);
    expect(() => other.add(0, -1, at, [0, 0, 0, 0, 1, 1])).toThrow(NotDeterministicError);
    expect(() => other.add(0, -1, at, [0, 0, 0, 0, 3, 1, 2, 3])).toThrow(NotDeterministicError);
    expect(() => other.add(0, -1, at, [0, 0, 0, 0, 0])).toThrow(NotDeterministicError);
    // Equal reads are the same run, found by both workers at once.
    expect(() => other.add(0, -1, at, [0, 0, 0, 0, 2, 1, 2])).not.toThrow();
  });

  test("that find no room are there for whoever asked, and are forgotten together at a barrier", () => {
    const [{ tree, runs }] = workersOf(3 * 4096, 3 * 2 ** 14);
    const long = [0, 9, 0, 0, 1, 2, ...Array.from({ length: 3000 }, () => 5)];
    const ids = (n: number): Int32Array => Int32Array.of(0, 0, n, 0);
    let n = 0;
    for (; runs.add(1, -1, () => n, long) !== 0; n++) expect(runs.find(1, -1, ids(n), idAt)).not.toBe(0);
    expect(n).toBeGreaterThan(0);
    expect([...runs.record.subarray(0, long.length)]).toEqual(long);
    expect(runs.find(1, -1, ids(n), idAt)).toBe(0);
    tree.makeRoom();
    tree.refresh();
    expect(runs.find(1, -1, ids(0), idAt)).toBe(0);
    expect(runs.add(1, -1, () => n, long)).not.toBe(0);
  });
});
