/** Tables that fill up in the middle of what is done at once: initial states, and the successors of many states. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CONTROL } from "../../src/store/memory.ts";
import { type BundledSpec, bundledText, explore, memoryFor, modelOf } from "../support/engine.ts";

const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe("initial states", () => {
  test("may be more than the table of states has room for at first", () => {
    const model = modelOf((m) => {
      const cells = range(9).map((n) => m.cell(`cell${n}`, 0));
      for (const cell of cells) m.initial((s) => range(4).map((n) => s.set(cell, n)));
    });
    expect(explore(model, { deadlock: false })).toMatchObject({ distinct: 4 ** 9, generated: 4 ** 9 });
  });

  test("may have more values than the index of values has room for at first", () => {
    const model = modelOf((m) => {
      const cell = m.cell("cell", 0);
      m.initial((s) => range(70_000).map((n) => s.set(cell, n)));
    });
    expect(explore(model, { deadlock: false })).toMatchObject({ distinct: 70_000 });
  });
});

describe("successors", () => {
  let wide: BundledSpec;
  beforeAll(async () => {
    wide = await bundledText(`
      import { defineSpec, integer } from "dscheck";
      import { List } from "immutable";
      const count = (name: string) => integer({ default: 1, min: 1, max: 1e6, meaning: name });
      export default defineSpec({
        name: "wide",
        parameters: { first: count("wide"), states: count("expanded further"), second: count("wide") },
        model(m, { first, states, second }) {
          const box = m.cell("box", List<number>());
          const range = (count: number) => Array.from({ length: count }, (_, n) => n);
          m.action("First", {}, (s) => s.get(box).size === 0 ? range(first).map((n) => s.set(box, List([n]))) : undefined);
          m.action("Second", {}, (s) => {
            const [n] = s.get(box);
            if (n === undefined || n >= states || s.get(box).size > 1) return;
            return range(second).map((k) => s.set(box, List([n, k])));
          });
        },
      });`);
  });
  afterAll(() => wide.dispose());

  test.each([1, 2])(
    "new values of one state may be more than there is room for (%d workers)",
    async (workers) => {
      const parameters = { first: 25_000, states: 2, second: 40_000 };
      const { states, stopped } = await wide.search({ workers, deadlock: false, audit: false }, parameters);
      expect(stopped).toBeNull();
      expect(states).toMatchObject({ distinct: 105_001, generated: 105_001, queued: 0 });
    },
  );
});

test("decision trees that have room for little are forgotten over and over, and nothing else changes", () => {
  const model = modelOf((m) => {
    const cells = range(3).map((n) => m.cell(`cell${n}`, 0));
    cells.forEach((cell, n) => {
      m.action(`Up${n}`, {}, (s) => (s.get(cell) < 25 ? s.set(cell, s.get(cell) + 1) : undefined));
    });
    m.invariant("Sum", (s) => cells.reduce((sum, cell) => sum + s.get(cell), 0) <= 75);
    m.reachable("Equal", (s) => cells.every((cell) => s.get(cell) === 9));
  });
  const memory = memoryFor(model);
  const small = { ...memory, tree: memory.tree.subarray(0, 3 * 4096) };
  const found = explore(model, { deadlock: false }, small);
  expect(memory.control[CONTROL.treeVersion]).toBeGreaterThan(2);
  expect(found).toMatchObject({ distinct: 26 ** 3, depth: 75, violations: [] });
  // How many bytes are stored depends on when tables grow.
  const { storedBytes } = found;
  expect(found).toEqual({ ...explore(model, { deadlock: false }), storedBytes });
});
