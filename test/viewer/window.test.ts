/** Which rows are drawn, and how far is scrolled: as few as can be seen, and as little as is needed. */
import { expect, test } from "vitest";
import { isDrawn, scrollFor, windowOf } from "../../src/viewer/window.ts";

test("of a long list only the rows in sight are drawn, and some around them", () => {
  expect(windowOf(40_000, 800, 40, 2000)).toEqual({ first: 994, end: 1026 });
});

test("a window ends where the list does", () => {
  expect(windowOf(0, 800, 40, 2000)).toEqual({ first: 0, end: 26 });
  expect(windowOf(0, 800, 40, 3)).toEqual({ first: 0, end: 3 });
  expect(windowOf(0, 800, 40, 0)).toEqual({ first: 0, end: 0 });
});

test("a list that became shorter than where it was scrolled to is drawn at its end", () => {
  expect(windowOf(40_000, 800, 40, 10)).toEqual({ first: 0, end: 10 });
  expect(windowOf(40_000, 800, 40, 50)).toEqual({ first: 24, end: 50 });
});

test("a row in sight is not scrolled to", () => {
  expect(scrollFor(10, 200, 800, 40, 100)).toBe(200);
});

test("a row out of sight comes into it with two rows around it", () => {
  expect(scrollFor(50, 0, 800, 40, 100)).toBe(53 * 40 - 800);
  expect(scrollFor(10, 2000, 800, 40, 100)).toBe(8 * 40);
});

test("the first and the last row are scrolled to without leaving the list", () => {
  expect(scrollFor(0, 500, 800, 40, 100)).toBe(0);
  expect(scrollFor(99, 0, 800, 40, 100)).toBe(100 * 40 - 800);
  expect(scrollFor(2, 0, 800, 40, 3)).toBe(0);
});

test("a window lower than a row still shows the row", () => {
  expect(scrollFor(5, 0, 30, 40, 100)).toBe(5 * 40 + 40 - 30);
});

test("an arrow is drawn when any of it is in sight, also one that begins and ends out of it", () => {
  const rows = { first: 100, end: 120 };
  expect(isDrawn(3, 1500, rows)).toBe(true);
  expect(isDrawn(3, 90, rows)).toBe(false);
  expect(isDrawn(130, 140, rows)).toBe(false);
  expect(isDrawn(110, 111, rows)).toBe(true);
});
