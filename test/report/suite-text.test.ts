import { expect, test } from "vitest";
import { paintFor } from "../../src/report/text/style.ts";
import { type SuiteRow, suiteEnd, suiteHeader, suiteRowLines } from "../../src/report/text/suite-text.ts";

const paint = paintFor(false);

function row(changes: Partial<SuiteRow> = {}): SuiteRow {
  return {
    spec: "classic/two-phase-commit.ts",
    parameters: { nodes: 3 },
    symmetry: true,
    properties: null,
    deadlock: true,
    expect: "holds",
    verdict: "holds",
    distinct: 8891248,
    generated: 31003790,
    depth: 48,
    traceLength: null,
    seconds: 37.1,
    differences: [],
    command: "npx dscheck specs/classic/two-phase-commit.ts --set nodes=3",
    ...changes,
  };
}

test("the table", () => {
  const rows = [
    row(),
    row({
      spec: "raft.ts",
      parameters: { nodes: 3, bug: "quorum-off-by-one" },
      symmetry: false,
      deadlock: false,
      properties: [],
      expect: "violated:ElectionSafety",
      differences: ["verdict holds, recorded violated:ElectionSafety", "distinct 8, recorded 9"],
    }),
  ];
  const lines = [
    suiteHeader(),
    ...rows.flatMap((one) => suiteRowLines(one, paint)),
    suiteEnd(rows, 3, paint),
  ];
  expect(lines).toEqual([
    "     model                                   distinct   generated steps     time",
    "ok   two-phase-commit nodes=3               8,891,248  31,003,790    48   37.1 s",
    "DIFF raft nodes=3 bug=quorum-off-by-one no-symmetry no-properties no-deadlock (violated:ElectionSafety)",
    "                                            8,891,248  31,003,790    48   37.1 s",
    "       verdict holds, recorded violated:ElectionSafety",
    "       distinct 8, recorded 9",
    "       npx dscheck specs/classic/two-phase-commit.ts --set nodes=3",
    "1 of 3 models as recorded, 1 different, 1 not run",
  ]);
});
