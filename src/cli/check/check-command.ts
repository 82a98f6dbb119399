/** `dscheck check`. */
import type { FailedRun } from "../../report/failed-run.ts";
import { progressLine } from "../../report/progress/progress.ts";
import type { Progress } from "../../search/result.ts";
import type { Arguments } from "../arguments.ts";
import { EXIT, oneLine, UserError, writeInternalError } from "../errors.ts";
import { interrupted, interruptible } from "../interrupt.ts";
import { rawOptions } from "../raw-options.ts";
import { shellCommand } from "../shell.ts";
import { jsonText, paint, print, width } from "../terminal.ts";
import { reportTargets, writeFailedReports, writeReports } from "./report-files.ts";
import { type CheckRun, runCheck } from "./run-check.ts";

export async function checkCommand(given: Arguments, json: boolean): Promise<number> {
  if (given.flags.has("watch")) return (await import("../watch/watch-command.ts")).watchCommand(given, json);
  const quiet = given.flags.has("quiet");
  const targets = await reportTargets(given);
  if (quiet && given.flags.has("full-states") && !json && !targets.some(({ kind }) => kind === "json"))
    throw new UserError(EXIT.option, "--full-states has no effect with --quiet; remove one");
  // A search that --max-depth will end has no more to do than that, however its levels go on.
  const estimate = !given.values.has("max-depth");
  const progress = progressLine(quiet ? null : process.stderr, { estimate });
  interruptible();
  const onProgress = (now: Progress): void => progress.show(now);
  let checked: CheckRun;
  try {
    const [graphFile] = given.values.get("dump-graph") ?? [];
    if (graphFile !== undefined) await (await import("./graph-file.ts")).dumpGraph(given, graphFile);
    checked = await runCheck(
      given.spec!,
      { ...rawOptions(given), onProgress, signal: interrupted },
      "command",
    );
  } catch (error) {
    progress.clear();
    if (targets.length > 0) await print(await writeFailedReports(targets, await failedRun(given, error)));
    throw error;
  }
  progress.clear();
  const { report, internalError } = checked;
  if (internalError !== null) writeInternalError(internalError);
  const printed = await writeReports(targets, checked);
  await print((json ? jsonText(report) : await terminalText(checked, quiet)) + printed);
  checked.dispose();
  return report.exitCode;
}

async function failedRun({ spec, values, flags }: Arguments, error: unknown): Promise<FailedRun> {
  const { exitCodeOfError } = await import("../exit-code.ts");
  const { packageVersion } = await import("../version.ts");
  const file = spec!;
  const given = [...values].flatMap(([name, texts]) =>
    name === "report" || name === "format" ? [] : texts.flatMap((text) => [`--${name}`, text]),
  );
  given.push(...[...flags].map((name) => `--${name}`));
  const exitCode = exitCodeOfError(error);
  return {
    version: packageVersion(),
    file,
    command: shellCommand([file, ...given]),
    exitCode,
    message: oneLine(error instanceof Error ? error.message : String(error)),
    kind: exitCode === EXIT.internal ? "internal" : "spec",
    location: error instanceof UserError ? error.place : null,
  };
}

async function terminalText(
  { run, result, expected, fullStates }: CheckRun,
  quiet: boolean,
): Promise<string> {
  const { textReport } = await import("../../report/text/text.ts");
  return textReport(run, result, expected, { paint: paint(), width: width(), fullStates, quiet });
}
