/**
 * Every counterexample that the manifest records (the seeded bugs of raft, the classic models that are violated), and
 * other kinds of failure: from a check to a file in each form that is replayed, and back to the same trace.
 */
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import manifest from "../../specs/manifest.ts";
import type { ReportedStep, ReportedViolation } from "../../src/report/formats/json.ts";
import { ROOT, Scratch } from "./binary.ts";

// The built package, past the test runner's own module loader: specs are the built package's.
const require = createRequire(import.meta.url);
const { runCheck } =
  require("../../dist/cli/check/run-check.js") as typeof import("../../src/cli/check/run-check.ts");
const { runReplay } =
  require("../../dist/cli/replay/run-replay.js") as typeof import("../../src/cli/replay/run-replay.ts");
const { readTrace } =
  require("../../dist/cli/replay/trace-file.js") as typeof import("../../src/cli/replay/trace-file.ts");
const { readScenario } =
  require("../../dist/cli/replay/scenario-file.js") as typeof import("../../src/cli/replay/scenario-file.ts");
const { REPORT_KINDS } = require("../../dist/report/kinds.js") as typeof import("../../src/report/kinds.ts");

const scratch = new Scratch();
afterAll(() => scratch.remove());

interface Case {
  readonly spec: string;
  readonly parameters: Readonly<Record<string, number | boolean | string>>;
  readonly properties: readonly string[] | null;
  readonly symmetry: boolean;
}

const recorded: Case[] = manifest
  .filter(({ expect: outcome, small }) => small && outcome.startsWith("violated"))
  .map(({ spec, parameters, properties, symmetry }) => ({
    spec: join("specs", spec),
    parameters: parameters as Case["parameters"],
    properties,
    symmetry,
  }));

const others: Case[] = [
  ...["invariant", "step", "deadlock", "assertion", "action-throws", "property-throws"].map((bug) => ({
    spec: "test/fixtures/counters.ts",
    parameters: { bug },
    properties: null,
    symmetry: true,
  })),
  { spec: "test/fixtures/ping.ts", parameters: { loss: 1 }, properties: null, symmetry: true },
];

/** What must be the same: everything but which steps are marked as relevant to another property. */
function toldOf({ kind, property, instance, message, trace, reads }: ReportedViolation): object {
  const steps = trace.map(
    ({ step, action, arguments: given, sent, received, changed, relevant }: ReportedStep) => ({
      step,
      action,
      given,
      sent,
      received,
      changed,
      relevant,
    }),
  );
  return {
    kind,
    property,
    instance,
    message,
    steps,
    reads,
    first: trace[0]?.state,
    last: trace.at(-1)?.state,
  };
}

describe.each([...recorded, ...others])("$spec $parameters", ({ spec, parameters, properties, symmetry }) => {
  test("is the same trace again from JSON, from ITF and from a scenario", async () => {
    const checked = await runCheck(
      join(ROOT, spec),
      {
        set: parameters,
        workers: 1,
        ...(properties === null ? {} : { properties }),
        ...(symmetry ? {} : { symmetry }),
      },
      "program",
    );
    checked.dispose();
    const { report, result, run } = checked;
    expect(report.violations.length).toBeGreaterThan(0);
    const violation = result.violations[0]!;
    const path = `./${relative(scratch.directory, join(ROOT, spec))}`;
    const written = async (kind: string): Promise<string> => {
      const known = REPORT_KINDS[kind]!;
      if (known.of !== "trace") throw new Error(`${kind} is no kind of trace`);
      return known.write(checked, violation, path);
    };
    expect(run.file).toBe(spec);
    const requests = [
      readTrace("report.json", JSON.parse(JSON.stringify(report)), null),
      readTrace("trace.itf.json", JSON.parse(await written("itf")), null),
      readScenario(join(scratch.directory, "trace.yaml"), await written("scenario")),
    ];
    for (const request of requests) {
      const again = await runReplay({ ...request, fullStates: false }, {}, "command");
      expect(again.report.expected).toMatchObject({ met: true, why: null });
      expect(toldOf(again.input.report.violations[0]!)).toEqual(toldOf(report.violations[0]!));
    }
  });
});
