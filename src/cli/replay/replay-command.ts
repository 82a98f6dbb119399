/** `dscheck replay`: a scenario or a recorded trace, step by step through the spec as it is now. */
import { readFileSync } from "node:fs";
import { replayText } from "../../report/text/replay-text.ts";
import type { Arguments } from "../arguments.ts";
import { reportTargets, type Target, writeReports } from "../check/report-files.ts";
import { EXIT, UserError } from "../errors.ts";
import { rawOptions } from "../raw-options.ts";
import { jsonText, paint, print, width } from "../terminal.ts";
import { type ReplayRequest, runReplay } from "./run-replay.ts";

export async function replayCommand(given: Arguments, json: boolean): Promise<number> {
  const targets = await reportTargets(given);
  await checkTargets(targets);
  const fullStates = given.flags.has("full-states");
  const request = await readFile(given.spec!, given.values.get("violation")?.[0] ?? null);
  const { nodes, set, faults } = rawOptions(given);
  const { report, ending, input } = await runReplay(
    { ...request, fullStates },
    Object.fromEntries(Object.entries({ nodes, set, faults }).filter(([, value]) => value !== undefined)),
    "command",
  );
  const printed = await writeReports(targets, input);
  await print(
    json
      ? jsonText(report)
      : replayText(input.run, report, ending, { paint: paint(), width: width(), fullStates, quiet: false }) +
          printed,
  );
  return report.exitCode;
}

/** Reports of whole runs count states and judge properties, which one trace cannot. */
async function checkTargets(targets: readonly Target[]): Promise<void> {
  const { REPORT_KINDS } = await import("../../report/kinds.ts");
  const ofTraces = Object.keys(REPORT_KINDS).filter(
    (kind) => REPORT_KINDS[kind]!.of === "trace" || SHOWS_TRACES.includes(kind),
  );
  for (const { kind, file } of targets)
    if (!ofTraces.includes(kind))
      throw new UserError(
        EXIT.option,
        `--report ${kind}=${file}: ${kind} tells a whole check; of a replay there are ${ofTraces.join(", ")}${kind === "json" ? ", and --format json" : ""}`,
      );
}

/** Kinds that are one file a run, yet tell nothing but its traces. */
const SHOWS_TRACES: readonly string[] = ["html"];

/** JSON documents are traces, or scenarios too; everything else is a scenario in YAML. */
async function readFile(file: string, violation: string | null): Promise<Omit<ReplayRequest, "fullStates">> {
  const text = readText(file);
  if (text.trimStart().startsWith("{")) {
    const document = parsed(text);
    const { isTrace, readTrace } = await import("./trace-file.ts");
    if (isTrace(document)) return readTrace(file, document, violation);
  }
  if (violation !== null)
    throw new UserError(
      EXIT.option,
      `--violation has no effect on the scenario ${file}; it chooses one of a JSON document`,
    );
  const { readScenario } = await import("./scenario-file.ts");
  return readScenario(file, text);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EISDIR"
          ? "is a directory; name a scenario or a trace"
          : (error as Error).message;
    throw new UserError(EXIT.option, `${file}: ${what}`);
  }
}

/** What is no JSON may be YAML in braces; that reader says what is wrong, and where. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
