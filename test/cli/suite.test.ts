/** The manifest of packaged models, and how a run is compared with its row. */
import { writeFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import manifest from "../../specs/manifest.ts";
import { commandOf, differencesFrom, type ManifestRow, readManifest } from "../../src/cli/suite/suite.ts";
import { checkReport } from "../../src/report/formats/json.ts";
import { result, run, step, violation } from "../report/results.ts";
import { dscheck, Scratch } from "./binary.ts";

const rows: readonly ManifestRow[] = manifest;
const scratch = new Scratch();
afterAll(() => scratch.remove());

const ROW: ManifestRow = {
  spec: "raft.ts",
  parameters: { nodes: 3, bug: "none" },
  symmetry: true,
  properties: null,
  deadlock: true,
  expect: "holds",
  distinct: 89012,
  generated: 1234567,
  depth: 14,
  traceLength: null,
  source: "by hand",
  small: true,
};

test("every row of the manifest says where its numbers come from", () => {
  for (const row of rows) expect(row.source, row.spec).not.toBe("");
});

test("a row becomes the command that checks it", () => {
  const words = commandOf({ ...ROW, symmetry: false, deadlock: false, properties: ["A", "B"] });
  expect(words.slice(1)).toEqual(
    "--set nodes=3 --set bug=none --no-symmetry --no-deadlock --property A --property B --expect holds".split(
      " ",
    ),
  );
  expect(commandOf({ ...ROW, properties: [] })).toContain("--no-properties");
});

describe("a report that differs from its row", () => {
  const ending = { exitCode: 0, error: null, expected: { outcome: "holds", met: true } };
  const report = checkReport(run(), result(), ending, false);

  test("in nothing", () => expect(differencesFrom(ROW, report)).toEqual([]));

  test("in its counts", () =>
    expect(differencesFrom({ ...ROW, distinct: 1, generated: 2, depth: 3 }, report)).toEqual([
      "distinct 89012, recorded 1",
      "generated 1234567, recorded 2",
      "depth 14, recorded 3",
    ]));

  test("in its verdict and trace", () => {
    const trace = [step(0, null, {}), step(1, "A", {})];
    const violated = checkReport(
      run(),
      result({
        verdict: "violated",
        violations: [violation({ property: "Other", trace: [] }), violation({ trace })],
      }),
      { ...ending, expected: { outcome: "violated:ElectionSafety", met: true } },
      false,
    );
    const row = { ...ROW, expect: "violated:ElectionSafety", traceLength: 2 };
    expect(differencesFrom(row, violated)).toEqual(["trace length 1, recorded 2"]);
    expect(differencesFrom(row, { ...violated, expected: { outcome: "", met: false } })[0]).toBe(
      "verdict violated, recorded violated:ElectionSafety",
    );
  });

  test("in numbers that are not recorded, which is no difference", () =>
    expect(differencesFrom({ ...ROW, distinct: null, generated: null, depth: null }, report)).toEqual([]));

  test("because it is an error", () =>
    expect(
      differencesFrom(ROW, { ...report, error: { code: 151, message: "no such property", action: null } }),
    ).toEqual(["error 151: no such property"]));
});

describe("a manifest with a mistake is refused", () => {
  test.each<[string, unknown, string]>([
    ["no list", {}, "the default export is not a list of rows"],
    ["a field is missing", [{ ...ROW, expect: undefined }], "row 1: expect is missing, not string"],
    [
      "a field of another type",
      [ROW, { ...ROW, depth: "14" }],
      "row 2: depth is a string, not number or null",
    ],
    ["a field nobody knows", [{ ...ROW, distinkt: 1 }], "row 1: there is no field distinkt"],
  ])("%s", async (_, content, message) => {
    const path = scratch.write("manifest.mjs", "");
    writeFileSync(path, `export default ${JSON.stringify(content)};\n`);
    await expect(readManifest(path)).rejects.toThrow(message);
  });
});

// By default each row has one worker; .ci/run sees that.
test("the small rows are as recorded, with two workers each", () => {
  const { code, stdout, stderr } = dscheck(["suite", "--workers", "2"]);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^ok +two-phase-commit nodes=3 no-symmetry +288 +1,146 +10 /m);
  expect(stdout).not.toMatch(/^DIFF/m);
  expect(stdout).toMatch(/\n(\d+) of \1 models as recorded\n$/);
  expect(code).toBe(0);
}, 600_000);
