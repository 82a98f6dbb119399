/** The page with the trace viewer: one file that needs nothing else and may do nothing else. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { htmlReport, viewerPage } from "../../src/report/formats/html.ts";
import { type PackedSnapshot, unpackSnapshot } from "../../src/viewer/pack.ts";
import { syntheticInput } from "../viewer/synthetic.ts";

const page = htmlReport(syntheticInput([40, 12], 3));

const between = (text: string, start: string, end: string): string => {
  const from = text.indexOf(start) + start.length;
  expect(from).toBeGreaterThanOrEqual(start.length);
  return text.slice(from, text.indexOf(end, from));
};

const DATA = '<script type="application/json" id="data">';

test("it holds all counterexamples, each state of each", () => {
  const input = syntheticInput([40, 12], 3);
  const { traces } = unpackSnapshot(JSON.parse(between(page, DATA, "</script>")) as PackedSnapshot);
  expect(traces.map(({ steps }) => steps)).toEqual(input.result.violations.map(({ trace }) => trace));
  expect(traces.map(({ title }) => title)).toEqual([
    "Invariant ElectionSafety is violated after 40 steps (specs/raft.ts:123)",
    "Invariant Invariant2 is violated after 12 steps (specs/raft.ts:123)",
  ]);
});

test("it loads nothing: no address of anything outside is in what a browser would fetch", () => {
  const head =
    page.slice(0, page.indexOf("<style>")) + page.slice(page.indexOf("<body>"), page.indexOf(DATA));
  expect(head).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  expect(page).not.toMatch(/<(script|link|img|iframe)[^>]* (src|href)="(?!data:)/);
  expect(between(page, "<style>", "</style>")).not.toMatch(/url\(|@import/);
});

test("its policy allows the one script and the one style by hash, and no connection", () => {
  const policy = between(page, 'Content-Security-Policy" content="', '"');
  const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const code = between(page.slice(page.indexOf(DATA) + DATA.length), "<script>", "</script>");
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain(`script-src ${hash(code)};`);
  expect(policy).toContain(`style-src ${hash(between(page, "<style>", "</style>"))};`);
  expect(policy).not.toMatch(/unsafe|connect-src/);
  expect(viewerPage({ title: "", script: "viewer", data: null, connects: true })).toContain(
    "connect-src 'self'",
  );
});

test("text of a trace cannot end the data, nor become markup", () => {
  const evil = "</script><script>alert(1)</script><!-- $& $' \u2028";
  const made = viewerPage({ title: `${evil}"`, script: "viewer", data: { evil } });
  expect(JSON.parse(between(made, DATA, "</script>"))).toEqual({ evil });
  expect(made).not.toContain("<script>alert");
  expect(between(made, "<title>", "</title>")).not.toContain("<");
});

test("there are two scripts, the data and the viewer, and neither is ended early", () => {
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page.match(/<\/script/g)).toHaveLength(2);
  expect(page).not.toContain("<!--");
});

test("a run without a counterexample has a page that says what came of it", () => {
  const made = htmlReport(syntheticInput([], 3));
  const { traces, subject } = unpackSnapshot(JSON.parse(between(made, DATA, "</script>")) as PackedSnapshot);
  expect(subject.verdict).toBe("holds");
  expect(traces).toEqual([{ title: expect.stringContaining("HOLDS"), steps: [], failure: null }]);
});
