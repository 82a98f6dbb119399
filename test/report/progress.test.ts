import { expect, test } from "vitest";
import { leftText, progressLine, progressText } from "../../src/report/progress/progress.ts";
import type { Progress } from "../../src/search/result.ts";

const progress = (changes: Partial<Progress> = {}): Progress => ({
  depth: 12,
  levels: [],
  generated: 1_234_567,
  distinct: 345_678,
  queued: 12_345,
  seconds: 65,
  memoryBytes: 1.4 * 2 ** 30,
  ...changes,
});

// Levels that halve: when the last begins 65,536 states are left; a quarter of it is expanded.
const LEVELS = [1, ...Array.from({ length: 6 }, (_, n) => 2 ** (20 - n))];
const BEFORE = LEVELS.slice(0, -1).reduce((sum, width) => sum + width, 0);
const shrinking = (changes: Partial<Progress> = {}): Progress =>
  progress({
    depth: LEVELS.length - 1,
    levels: LEVELS,
    distinct: BEFORE + 2 ** 15 + 2000,
    queued: 2 ** 15 - 2 ** 13 + 2000,
    ...changes,
  });

/** A stream that remembers what was written, and a clock that is set by hand. */
function stream(isTTY: boolean, options: { columns?: number; estimate?: boolean } = {}) {
  const written: string[] = [];
  const time = { now: 0 };
  const line = progressLine(
    { isTTY, columns: options.columns ?? 80, write: (text) => written.push(text) },
    { now: () => time.now, ...(options.estimate === undefined ? {} : { estimate: options.estimate }) },
  );
  return { written, time, line };
}

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[?\\d;]*[A-Za-z]`, "g");
const plain = (written: readonly string[]): string[] => written.map((text) => text.replace(ESCAPES, ""));

/** The first progress loads what draws on a terminal. */
async function ready({ line }: ReturnType<typeof stream>): Promise<void> {
  line.show(progress({ seconds: 0.25, generated: 250, distinct: 100, queued: 50 }));
  await import("log-update");
  await new Promise((resolve) => setTimeout(resolve));
}

test("the line tells all in the words of the report", () => {
  expect(progressText(progress(), 1_200_000)).toBe(
    "depth 12  1.23M generated  346k distinct  12.3k queued  1.20M/s  1.40 GiB  1:05",
  );
});

test("what is left is told as time and states with a range, less what is done of the level", () => {
  expect(leftText(shrinking(), 1000)).toBe(
    "about 0:57 left (0:32 to 1:23), 57.3k states, if levels go on shrinking",
  );
});

test("nothing is told of what is left before it is known, when nothing moves, and of the last moments", () => {
  expect(leftText(progress({ depth: 2, levels: [1, 2, 4] }), 1000)).toBeNull();
  expect(leftText(shrinking(), 0)).toBeNull();
  expect(leftText(shrinking(), 1e6)).toBeNull();
});

test("nothing is told of what is left while the width of the present level is not known", () => {
  expect(leftText(shrinking({ depth: LEVELS.length }), 1000)).toBeNull();
});

test("a terminal's lines are rewritten a few times a second and cleared at the end", async () => {
  const on = stream(true);
  await ready(on);
  expect(on.written).toEqual([]);
  on.line.show(progress({ seconds: 1, generated: 1000, queued: 345_678 }));
  on.time.now = 50;
  on.line.show(progress({ seconds: 1.05 }));
  on.time.now = 1000;
  on.line.show(progress({ seconds: 2, generated: 3000 }));
  expect(on.written).toHaveLength(2);
  expect(plain(on.written)[0]).toMatch(/^depth 12 .* 1\.00k\/s /);
  expect(plain(on.written)[1]).toContain(" 1.50k/s ");
  on.line.clear();
  on.line.clear();
  expect(plain(on.written.slice(2)).join("")).toBe("");
});

test("the second line on a terminal is what is left", async () => {
  const on = stream(true);
  await ready(on);
  on.line.show(shrinking({ seconds: 100 }));
  expect(plain(on.written)[0]!.trimEnd().split("\n")).toEqual([
    expect.stringMatching(/^depth 6 /),
    expect.stringMatching(/^about .* left \(.* to .*\), 57\.3k states, if levels go on shrinking$/),
  ]);
});

test("nothing is told of what is left of a search that something else ends", async () => {
  const on = stream(true, { estimate: false });
  await ready(on);
  on.line.show(shrinking({ seconds: 100 }));
  expect(plain(on.written).join("")).not.toContain("left");
});

test("lines fit a terminal that is narrow or does not know its size, and 80 columns", async () => {
  const huge = shrinking({ generated: 123e9, seconds: 1e6, memoryBytes: 999 * 2 ** 30 });
  for (const [columns, most] of [
    [40, 39],
    [0, 79],
    [200, 79],
  ] as const) {
    const on = stream(true, { columns });
    await ready(on);
    on.line.show(huge);
    const lines = plain(on.written)[0]!.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(most);
  }
});

test("a run that is over before anything was drawn leaves a terminal as it was", async () => {
  const on = stream(true);
  on.line.show(progress({ seconds: 0.25 }));
  on.line.clear();
  await import("log-update");
  expect(on.written).toEqual([]);
});

test("where there is no terminal, a plain line every 30 seconds, none in the first", () => {
  const { written, line } = stream(false);
  for (let seconds = 0.25; seconds < 100; seconds += 0.25) line.show(progress({ seconds }));
  line.clear();
  expect(written.map((text) => text.match(/\d+:\d+\n$/)![0])).toEqual(["0:30\n", "1:00\n", "1:30\n"]);
  expect(written.join("")).not.toContain("\u001b");
});

test("a plain line ends with what is left", () => {
  const { written, line } = stream(false);
  line.show(shrinking({ seconds: 300 }));
  expect(written.join("")).toMatch(/ 5:00 {2}about .* left \(.*\), .* states, if levels go on shrinking\n$/);
});

test("without a stream nothing happens", () => {
  const line = progressLine(null);
  line.show(progress());
  line.clear();
});
