/** More new values at a time than the tables of a search have room for when it begins. */
import { expect, test } from "vitest";
import { explore, memoryFor, modelOf } from "../support/engine.ts";

const MIB = 2 ** 20;

test("more initial states than the tables begin with", () => {
  const count = 270_000;
  const model = modelOf((m) => {
    const last = m.cell<number>("last", 0);
    m.initial((s) => Array.from({ length: count }, (_, n) => s.set(last, n)));
    m.action("Begin", {}, (s) => (s.get(last) === 0 ? s.set(last, count) : undefined));
  });
  const found = explore(model, { deadlock: false }, memoryFor(model, 512 * MIB));
  expect(found).toMatchObject({ distinct: count + 1, generated: count + 1, levels: [count, 1] });
});

test("one state whose successors have more new values than the index begins with", () => {
  const count = 18_000;
  const model = modelOf((m) => {
    const cells = ["a", "b", "c", "d", "e"].map((name) => m.cell<number>(name, -1));
    m.action("Fill", {}, (s) => {
      if (s.get(cells[0]!) !== -1) return;
      return Array.from({ length: count }, (_, n) => cells.reduce((state, cell) => state.set(cell, n), s));
    });
  });
  const found = explore(model, { deadlock: false }, memoryFor(model, 256 * MIB));
  expect(found).toMatchObject({ distinct: count + 1, generated: count + 1, levels: [1, count] });
});
