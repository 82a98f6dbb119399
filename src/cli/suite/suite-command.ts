/** `dscheck suite`. */
import { availableParallelism } from "node:os";
import { suiteEnd, suiteHeader, suiteRowLines } from "../../report/text/suite-text.ts";
import type { Arguments } from "../arguments.ts";
import { EXIT } from "../errors.ts";
import { interrupted, interruptible } from "../interrupt.ts";
import { checkOptions } from "../options.ts";
import { rawOptions } from "../raw-options.ts";
import { jsonText, paint, print, printOn } from "../terminal.ts";
import { packageVersion } from "../version.ts";
import { readManifest, runSuite } from "./suite.ts";

export async function suiteCommand(given: Arguments, json: boolean): Promise<number> {
  checkOptions(rawOptions(given), "command");
  const rows = (await readManifest()).filter((row) => row.small || given.flags.has("all"));
  const colours = paint();
  const passedOn = [...given.values]
    .filter(([name]) => name !== "format")
    .flatMap(([name, [text]]) => [`--${name}`, text!]);
  interruptible();
  if (!json) await printOn(`${suiteHeader()}\n`);
  // Small models gain more from cores of their own than from several; large ones need all cores, and the memory.
  const share = !given.flags.has("all") && !given.values.has("workers");
  const done = await runSuite(rows, {
    passedOn: share ? [...passedOn, "--workers", "1"] : passedOn,
    together: share ? availableParallelism() : 1,
    signal: interrupted,
    onRow: (row) => {
      if (!json) void printOn(`${suiteRowLines(row, colours).join("\n")}\n`);
    },
  });
  const good = done.length === rows.length && done.every((row) => row.differences.length === 0);
  const exitCode = interrupted.aborted ? EXIT.interrupted : good ? EXIT.ok : EXIT.different;
  await print(
    json
      ? jsonText({ dscheck: packageVersion(), schemaVersion: 1, models: rows.length, rows: done, exitCode })
      : `${suiteEnd(done, rows.length, colours)}\n`,
  );
  return exitCode;
}
