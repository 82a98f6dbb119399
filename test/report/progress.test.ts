import { expect, test } from "vitest";
import { progressLine, progressText } from "../../src/report/progress.ts";
import type { Progress } from "../../src/search/result.ts";

const progress = (changes: Partial<Progress> = {}): Progress => ({
  depth: 12,
  generated: 1_234_567,
  distinct: 345_678,
  queued: 12_345,
  seconds: 65,
  memoryBytes: 1.4 * 2 ** 30,
  ...changes,
});

/** A terminal that remembers what was written, and a clock that is set by hand. */
function terminal(isTTY: boolean) {
  const written: string[] = [];
  const time = { now: 0 };
  const line = progressLine({ isTTY, columns: 80, write: (text) => written.push(text) }, () => time.now);
  return { written, time, line };
}

test("the line tells all in the words of the report", () => {
  expect(progressText(progress(), 1_200_000, 80)).toBe(
    "depth 12  1.23M generated  346k distinct  12.3k queued  1.20M/s  1.40 GiB  1:05",
  );
});

test("the line fits the terminal, and 80 columns", () => {
  const huge = progress({
    depth: 1000,
    generated: 123e9,
    distinct: 12e9,
    queued: 12e9,
    seconds: 1e6,
    memoryBytes: 999 * 2 ** 30,
  });
  expect(progressText(huge, 1e9, 200).length).toBeLessThan(80);
  expect(progressText(huge, 1e9, 40)).toHaveLength(39);
});

test("nothing is written where there is no terminal", () => {
  const { written, line } = terminal(false);
  line.show(progress());
  line.clear();
  expect(written).toEqual([]);
});

test("a terminal's line is rewritten a few times a second and cleared at the end", () => {
  const { written, time, line } = terminal(true);
  line.show(progress({ seconds: 1, generated: 1000 }));
  time.now = 50;
  line.show(progress({ seconds: 1.05 }));
  time.now = 1000;
  line.show(progress({ seconds: 2, generated: 3000 }));
  line.clear();
  line.clear();
  expect(written).toHaveLength(3);
  expect(written[0]).toMatch(/^\r.* 1\.00k\/s /);
  expect(written[0]!.endsWith("\u001b[K")).toBe(true);
  expect(written[1]).toContain(" 2.00k/s ");
  expect(written[2]).toBe("\r\u001b[K");
});
