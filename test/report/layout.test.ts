import { expect, test } from "vitest";
import { bytes, clock, columns, duration, grouped, hang, short } from "../../src/report/layout.ts";

test("numbers", () => {
  expect([0, 999, 1000, 1234567].map(grouped)).toEqual(["0", "999", "1,000", "1,234,567"]);
  expect([0, 999, 1000, 12345, 123456, 1234567, 9.87e9].map(short)).toEqual([
    "0",
    "999",
    "1.00k",
    "12.3k",
    "123k",
    "1.23M",
    "9.87G",
  ]);
  expect([12, 2048, 1.5 * 2 ** 20, 24 * 2 ** 30].map(bytes)).toEqual([
    "12 B",
    "2.00 KiB",
    "1.50 MiB",
    "24.0 GiB",
  ]);
  expect([0.314, 12.34, 245, 3723].map(duration)).toEqual(["0.31 s", "12.3 s", "4:05 min", "1:02:03 h"]);
  expect([5, 65, 3605].map(clock)).toEqual(["0:05", "1:05", "1:00:05"]);
});

test("text is broken at blanks and hangs", () => {
  expect(hang("Label  ", "some words that do not fit in one line of this width", 40)).toEqual([
    "Label  some words that do not fit in one",
    "       line of this width",
  ]);
});

test("a field stays with its value, and an arrow with what follows", () => {
  const lines = hang(
    "",
    "{firstField: follower, secondField: candidate, third: {n1 => leader}, n: 1 -> 2}",
    30,
  );
  expect(lines).toEqual([
    "{firstField: follower,",
    "secondField: candidate,",
    "third: {n1 => leader}, n: 1",
    "-> 2}",
  ]);
});

test("a word longer than the line is left whole", () => {
  const word = "x".repeat(60);
  expect(hang("", `a ${word} b`, 40)).toEqual(["a", word, "b"]);
});

test("columns are as wide as their widest entry, unless one is extreme", () => {
  expect(
    columns(
      [
        ["a", "1"],
        ["bbb", "2"],
        ["c".repeat(50), "3"],
      ],
      "  ",
      80,
    ),
  ).toEqual(["  a    1", "  bbb  2", `  ${"c".repeat(50)}  3`]);
});
