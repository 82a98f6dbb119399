/** `dscheck check`. */
import { progressLine } from "../report/progress.ts";
import type { Progress } from "../search/result.ts";
import type { Arguments } from "./arguments.ts";
import { EXIT, UserError, writeInternalError } from "./errors.ts";
import { interrupted, interruptible } from "./interrupt.ts";
import { rawOptions } from "./raw-options.ts";
import { reportTargets, writeReports } from "./report-files.ts";
import { type CheckRun, runCheck } from "./run-check.ts";
import { jsonText, paint, print, width } from "./terminal.ts";

export async function checkCommand(given: Arguments, json: boolean): Promise<number> {
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
    checked = await runCheck(
      given.spec!,
      { ...rawOptions(given), onProgress, signal: interrupted },
      "command",
    );
  } finally {
    progress.clear();
  }
  const { report, internalError } = checked;
  if (internalError !== null) writeInternalError(internalError);
  await writeReports(targets, checked);
  await print(json ? jsonText(report) : await terminalText(checked, quiet));
  checked.dispose();
  return report.exitCode;
}

async function terminalText(
  { run, result, expected, fullStates }: CheckRun,
  quiet: boolean,
): Promise<string> {
  const { textReport } = await import("../report/text.ts");
  return textReport(run, result, expected, { paint: paint(), width: width(), fullStates, quiet });
}
