/** The reports for CI of real runs, as files, and read back by parsers of others. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dscheck, ROOT, Scratch, specText } from "../cli/binary.ts";
import { junitSuite, readDiagram, sarifErrors } from "./readers.ts";

const scratch = new Scratch();
afterAll(() => scratch.remove());

const THROWS = specText({
  model: `m.action("Break", {}, (s) => {
      if (s.get(on)) throw new Error("bad ]]> \\u0001 \\u{1f600} \\ud800 | <b> \`x\` & é; end");
      return undefined;
    });
    m.invariant("Off", (s) => s.get(on) !== null, { meaning: "a <b>meaning</b> with | and ]]>" });`,
});

interface Run {
  readonly name: string;
  readonly says: string;
  readonly words: readonly string[];
  readonly code: number;
}

const RUNS: readonly Run[] = [
  {
    name: "raft",
    says: "a seeded bug of Raft",
    words: [
      "specs/raft.ts",
      "--set",
      "bug=vote-not-persisted",
      "--set",
      "restart=1",
      "--property",
      "ElectionSafety",
    ],
    code: 12,
  },
  { name: "die-hard", says: "a spec without messages", words: ["specs/classic/die-hard.ts"], code: 12 },
  {
    name: "holds",
    says: "a spec that holds, with a fault that happens",
    words: ["test/fixtures/ping.ts", "--nodes", "2", "--faults", "loss=1"],
    code: 0,
  },
  {
    name: "limit",
    says: "a run that stopped at a limit",
    words: ["test/fixtures/ping.ts", "--max-depth", "1"],
    code: 152,
  },
  {
    name: "throws",
    says: "a spec that throws, with a text that is hard to write",
    words: ["throws.ts"],
    code: 75,
  },
];

const KINDS = { junit: "xml", sarif: "sarif", github: "txt", markdown: "md", mermaid: "mmd" } as const;

function file(name: string, kind: keyof typeof KINDS): string {
  return join(scratch.directory, `${name}.${KINDS[kind]}`);
}

function written(name: string, kind: keyof typeof KINDS): string {
  return readFileSync(file(name, kind), "utf8");
}

/** Without what differs from run to run: times, memory and the number of workers. */
function steady(text: string): string {
  return text
    .replaceAll(/time="[\d.]+"/g, 'time="0.000"')
    .replaceAll(/^Time .*$/gm, "Time      (of this run)")
    .replaceAll(/"(semanticVersion|version)": "0\.[\d.]+"/g, '"$1": "(of dscheck)"')
    .replaceAll(/name="dscheck" value="[\d.]+"/g, 'name="dscheck" value="(of dscheck)"');
}

beforeAll(() => {
  scratch.write("throws.ts", THROWS);
  for (const { name, words, code } of RUNS) {
    const reports = Object.keys(KINDS).map((kind) => `${kind}=${file(name, kind as keyof typeof KINDS)}`);
    const cwd = words[0] === "throws.ts" ? scratch.directory : ROOT;
    const ran = dscheck([...words, "--quiet", ...reports.flatMap((report) => ["--report", report])], cwd);
    expect({ name, code: ran.code }).toEqual({ name, code });
  }
});

describe.each(RUNS)("$says ($name)", ({ name, code }) => {
  test("the reports are as they were reviewed", async () => {
    for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[])
      if (existsSync(file(name, kind)))
        await expect(steady(written(name, kind))).toMatchFileSnapshot(`golden/ci/${name}.${KINDS[kind]}`);
  });

  test("JUnit is well-formed, and its totals are those of its cases", () => {
    const suite = junitSuite(written(name, "junit"));
    const count = (of: "failure" | "error" | "skipped"): string =>
      String(suite.testcase.filter((one) => one[of] !== undefined).length);
    expect([suite["@tests"], suite["@failures"], suite["@errors"], suite["@skipped"]]).toEqual([
      String(suite.testcase.length),
      count("failure"),
      count("error"),
      count("skipped"),
    ]);
  });

  test("JUnit has a failure or an error exactly when the run fails", () => {
    const suite = junitSuite(written(name, "junit"));
    const bad = Number(suite["@failures"]) + Number(suite["@errors"]) > 0;
    expect(bad).toBe(code !== 0 && code !== 152);
  });

  test("SARIF is valid by the schema, and every result has a rule and a place", () => {
    const text = written(name, "sarif");
    expect(sarifErrors(text)).toEqual([]);
    const { runs } = JSON.parse(text) as {
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: { ruleId: string; ruleIndex: number; locations: unknown[] }[];
      }[];
    };
    const [run] = runs;
    for (const { ruleId, ruleIndex, locations } of run!.results) {
      expect(run!.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
      expect(locations).toHaveLength(1);
    }
  });

  test("annotations are one command a line", () => {
    for (const line of written(name, "github").split("\n").slice(0, -1))
      expect(line).toMatch(
        /^::(?:error|warning|notice) file=[^:,]+,line=\d+,col=\d+,title=[^:,]+::[^\r\n]+$/,
      );
  });

  test("Mermaid reads the diagram, when there is a trace", async () => {
    expect(existsSync(file(name, "mermaid"))).toBe(code !== 0 && code !== 152);
    if (existsSync(file(name, "mermaid")))
      expect(await readDiagram(written(name, "mermaid"))).toBe("sequence");
  });
});

test("in JUnit, what was thrown is there as it was, but for characters that XML cannot hold", () => {
  const [error] = junitSuite(written("throws", "junit")).testcase.flatMap(({ error }) => error ?? []);
  expect(error?.["@message"]).toContain("bad ]]> \\u0001 \u{1f600} \\ud800 | <b> `x` & é; end");
});

test("a limit leaves cases skipped, with the reason", () => {
  const skipped = junitSuite(written("limit", "junit")).testcase.map(({ skipped }) => skipped?.["@message"]);
  expect(skipped).toEqual([
    expect.stringContaining("STOPPED at --max-depth 1"),
    expect.stringContaining("STOPPED at --max-depth 1"),
  ]);
});
