/** The reports for CI of results made by hand: texts that are hard to write, long traces, expectations, places. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { githubReport } from "../../src/report/formats/github.ts";
import { checkReport } from "../../src/report/formats/json.ts";
import { junitReport } from "../../src/report/formats/junit.ts";
import { markdownReport, SUMMARY_BYTES_MAX } from "../../src/report/formats/markdown.ts";
import { DIAGRAM_MAX, mermaidDiagram } from "../../src/report/formats/mermaid.ts";
import { sarifReport } from "../../src/report/formats/sarif.ts";
import type { ReportInput } from "../../src/report/kinds.ts";
import { repositoryPath } from "../../src/report/source-root.ts";
import type { SearchResult, TraceMessage, Violation } from "../../src/search/result.ts";
import { junitSuite, readDiagram, sarifErrors } from "./readers.ts";
import { result, run, step, violation } from "./results.ts";

function input(changes: Partial<SearchResult>, more: Partial<ReportInput> = {}): ReportInput {
  const found = result(changes);
  const info = more.run ?? run();
  const ending = { exitCode: 12, error: null, expected: more.expected ?? null };
  return {
    run: info,
    result: found,
    expected: null,
    fullStates: false,
    report: checkReport(info, found, ending, false),
    ...more,
  };
}

const VIOLATED = {
  verdict: "violated",
  properties: [{ name: "ElectionSafety", kind: "invariant", verdict: "violated" }],
} as const;

interface SarifRun {
  readonly results: readonly {
    readonly level: string;
    readonly partialFingerprints: Readonly<Record<string, string>>;
    readonly suppressions?: readonly unknown[];
    readonly codeFlows: readonly {
      readonly threadFlows: readonly { readonly locations: readonly unknown[] }[];
    }[];
    readonly locations: readonly {
      readonly physicalLocation: { readonly artifactLocation: Readonly<Record<string, string>> };
    }[];
  }[];
}

function sarif(given: ReportInput): SarifRun {
  const text = sarifReport(given);
  expect(sarifErrors(text)).toEqual([]);
  return (JSON.parse(text) as { runs: [SarifRun] }).runs[0];
}

/** A trace as long as is wanted; each step sends a message and changes a value. */
function longTrace(steps: number, content = "x"): Violation["trace"] {
  return Array.from({ length: steps + 1 }, (_, at) =>
    step(
      at,
      at === 0 ? null : `Step(n1)`,
      { count: at, note: content.repeat(at % 2) },
      {
        location: { file: "specs/raft.ts", line: 60, column: 5 },
      },
    ),
  );
}

describe("any text", () => {
  const anyText = fc.string({ unit: "binary", maxLength: 30 });
  const given = (text: string): ReportInput =>
    input({
      ...VIOLATED,
      violations: [
        violation({
          kind: "property-error",
          message: text,
          trace: [step(0, null, { on: false }), step(1, `Do(${text})`, { on: text }, { relevant: true })],
          reads: [{ what: "on", side: "after", value: text, writtenAt: 1 }],
        }),
      ],
    });

  test("leaves JUnit well-formed", () =>
    fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        junitSuite(await junitReport(given(text)));
      }),
    ));

  test("leaves SARIF valid", () =>
    fc.assert(
      fc.property(anyText, (text) => {
        sarif(given(text));
      }),
    ));

  test("leaves each annotation on one line, with nothing but its own properties", () =>
    fc.assert(
      fc.property(anyText, (text) => {
        const lines = githubReport(given(text)).split(/\r\n|\r|\n/);
        expect(lines.pop()).toBe("");
        for (const line of lines) expect(line).toMatch(/^::error file=[^,]+,line=123,col=5,title=[^,]+::/u);
      }),
    ));

  test("leaves the tables of the summary with their columns", () =>
    fc.assert(
      fc.property(anyText, (text) => {
        const rows = markdownReport(given(text))
          .split("\n")
          .filter((line) => line.startsWith("| **\\*** |"));
        expect(rows).toHaveLength(1);
        expect(rows[0]!.split("|")).toHaveLength(7);
        expect(rows[0]!.replaceAll(/<\/?code>|<br>/g, "")).not.toMatch(/[<`]/);
      }),
    ));

  test("leaves the diagram readable, as names, actions, values and messages", () =>
    fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const name = text === "" ? "n1" : text;
        const told: TraceMessage = { network: "net", from: name, to: "end", message: text };
        const trace = [
          step(0, null, {}),
          step(
            1,
            `Send(${text})`,
            { on: text },
            { sent: [told, { ...told, message: "lost" }], relevant: true },
          ),
          step(2, "Receive", { on: text }, { received: [told] }),
        ];
        expect(
          await readDiagram(mermaidDiagram(run({ networks: [] }), violation({ trace, message: text }))),
        ).toBe("sequence");
      }),
      { examples: [["end"], ["a;b#c"], ["wrap: x"], ["$$x$$"], ["p0->>p1: x"], ["note over p0"], ["%% x"]] },
    ));
});

describe("long traces", () => {
  const long = (steps: number, content = "x"): ReportInput =>
    input({ ...VIOLATED, violations: [violation({ trace: longTrace(steps, content) })] });

  test("are cut in the middle where the summary would be too large, which it says", () => {
    const text = markdownReport(long(20_000));
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
    expect(Buffer.byteLength(text)).toBeGreaterThan(SUMMARY_BYTES_MAX / 2);
    expect(text).toMatch(
      /\d+,\d+ steps \(\d+ to \d+\) are left out here, because GitHub shows no summary of more/,
    );
    expect(text).toContain("| 1 | <code>Step(n1)</code>");
    expect(text).toContain("| 20000 | <code>Step(n1)</code>");
  });

  test("are whole where there is room", () => {
    expect(markdownReport(long(100))).not.toContain("left out");
  });

  test("of large values are cut too", () => {
    const text = markdownReport(long(50, "y".repeat(100_000)));
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
    expect(text).toContain("… (");
  });

  test("of many counterexamples share the room", () => {
    const many = Array.from({ length: 40 }, () => violation({ trace: longTrace(2_000) }));
    const text = markdownReport(input({ ...VIOLATED, violations: many }));
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
    expect(text.split("### Invariant ElectionSafety")).toHaveLength(41);
  });

  test("have a diagram without changes before they have none", () => {
    expect(mermaidDiagram(run(), violation({ trace: longTrace(10) }))).toContain("count: 9 -#62; 10");
    const longer = mermaidDiagram(run(), violation({ trace: longTrace(1_000) }));
    expect(longer).not.toContain("count: 9");
    expect(longer.length).toBeLessThan(DIAGRAM_MAX);
    expect(markdownReport(long(5_000))).toContain("too long for a sequence diagram on GitHub");
  });

  test("keep their end in code flows, which GitHub takes 10,000 steps of", () => {
    const [found] = sarif(long(12_000)).results;
    expect(found!.codeFlows[0]!.threadFlows[0]!.locations).toHaveLength(10_000);
  });
});

describe("an expectation that was met", () => {
  const met = input(
    { ...VIOLATED, violations: [violation()] },
    {
      expected: { outcome: "violated:ElectionSafety", met: true },
    },
  );

  test("is no failure in JUnit, and keeps its trace", async () => {
    const suite = junitSuite(await junitReport(met));
    expect(suite["@failures"]).toBe("0");
    expect(suite.testcase[0]!["system-out"]).toContain("Invariant ElectionSafety is violated");
  });

  test("is a notice among the annotations, and a suppressed note in SARIF", () => {
    expect(githubReport(met)).toMatch(/^::notice /);
    const [found] = sarif(met).results;
    expect(found).toMatchObject({ level: "note", suppressions: [{ status: "accepted" }] });
  });
});

test("an expectation that was not met is a failure of its own", async () => {
  const given = input({ verdict: "holds" }, { expected: { outcome: "violated", met: false } });
  const suite = junitSuite(await junitReport(given));
  expect(suite.testcase.at(-1)).toMatchObject({
    "@name": "expected violated",
    failure: { "@type": "expected" },
  });
  expect(githubReport(given)).toMatch(/^::error .*Expected violated, but: HOLDS/);
});

test("what holds but says nothing is skipped in JUnit, and told elsewhere", async () => {
  const given = input({
    properties: [
      { name: "ElectionSafety", kind: "invariant", verdict: "vacuous" },
      { name: "Large", kind: "reachable", verdict: "not-checked" },
    ],
    coverage: { actions: { Timeout: { enabled: 0, generated: 0 } } },
  });
  const suite = junitSuite(await junitReport(given));
  expect(suite.testcase.map(({ skipped }) => skipped?.["@message"])).toEqual([
    "vacuous: its premise was never true",
    "not checked: the parameters are too small for it",
    undefined,
  ]);
  const told = githubReport(given);
  expect(told).toContain(
    "::warning file=specs/raft.ts,line=123,col=5,title=ElectionSafety is vacuous (raft)::",
  );
  expect(told).toContain("::notice file=specs/raft.ts,line=60,col=5,title=Timeout is never enabled (raft)::");
  expect(markdownReport(given)).toContain("| Never enabled | <code>Timeout</code> |");
});

describe("fingerprints", () => {
  const of = (
    changes: Partial<Violation>,
    more: Partial<SearchResult> = {},
    parameters = { nodes: 3 },
  ): unknown =>
    sarif(input({ ...VIOLATED, violations: [violation(changes)], ...more }, { run: run({ parameters }) }))
      .results[0]!.partialFingerprints;
  const one = of({});

  test("stay when lines move, the trace differs, or there are more workers", () => {
    expect(of({ location: { file: "specs/raft.ts", line: 500, column: 1 } })).toEqual(one);
    expect(of({ trace: longTrace(3) }, { workers: 8 })).toEqual(one);
  });

  test("tell properties, instances and parameters apart", () => {
    expect(of({ property: "LogMatching" })).not.toEqual(one);
    expect(of({ instance: "(n1)" })).not.toEqual(one);
    expect(of({}, {}, { nodes: 5 })).not.toEqual(one);
  });
});

describe("places in the repository", () => {
  const source = { root: "/repo", directory: "/repo/packages/consensus" };

  test.each([
    ["specs/raft.ts", "packages/consensus/specs/raft.ts"],
    ["./specs/../raft.ts", "packages/consensus/raft.ts"],
    ["/repo/other/raft.ts", "other/raft.ts"],
    ["/elsewhere/raft.ts", "/elsewhere/raft.ts"],
    ["specs\\raft.ts", "packages/consensus/specs/raft.ts"],
  ])("%s is %s", (file, path) => {
    expect(repositoryPath(file, source)).toBe(path);
  });

  test("without a root, paths are those of the run", () => {
    expect(repositoryPath("specs/raft.ts", undefined)).toBe("specs/raft.ts");
  });

  test("are in all reports that name files", async () => {
    const given = input({ ...VIOLATED, violations: [violation()] }, { sourceRoot: source });
    expect(githubReport(given)).toContain("file=packages/consensus/specs/raft.ts,line=123");
    expect(junitSuite(await junitReport(given)).testcase[0]!["@file"]).toBe(
      "packages/consensus/specs/raft.ts",
    );
    expect(sarif(given).results[0]!.locations[0]!.physicalLocation.artifactLocation).toEqual({
      uri: "packages/consensus/specs/raft.ts",
      uriBaseId: "%SRCROOT%",
    });
  });

  test("outside the repository are URIs of files, with what a URI cannot hold escaped", () => {
    const place = { file: "/else where/räft#1.ts", line: 1, column: 1 };
    const given = input(
      { ...VIOLATED, violations: [violation({ location: place })] },
      { sourceRoot: source },
    );
    expect(sarif(given).results[0]!.locations[0]!.physicalLocation.artifactLocation).toEqual({
      uri: "file:///else%20where/r%C3%A4ft%231.ts",
    });
  });
});
