/**
 * The command: reads the arguments, runs what they ask, prints, and exits with the contract's code. Nothing
 * but the report goes to standard output; errors and progress go to standard error. Everything else is
 * imported when it is needed, because a small model is checked faster than all of it loads.
 */
import { Console } from "node:console";
import type { CheckReport, ReportedError } from "../report/formats/json.ts";
import type { Arguments, Command } from "./arguments.ts";
import { endProcess, refuseExit } from "./end-process.ts";
import { describeThrown, EXIT, InternalError, oneLine, UserError, writeInternalError } from "./errors.ts";
import { exitOnInterrupt } from "./interrupt.ts";
import { jsonText, print } from "./terminal.ts";

let finished = false;

/** Runs a command line (without node and script). Ends the process. */
export async function main(words: readonly string[]): Promise<void> {
  watchProcess(words);
  let code: number;
  try {
    code = await run(words);
  } catch (error) {
    code = await reportError(error, words);
  }
  finished = true;
  endProcess(code);
}

async function run(words: readonly string[]): Promise<number> {
  const { helpText, parseArguments } = await import("./arguments.ts");
  const given = parseArguments(words);
  if (given.flags.has("help")) {
    await print(helpText(given.named ? given.command : null));
    return EXIT.ok;
  }
  if (given.flags.has("version")) {
    const { packageVersion } = await import("./version.ts");
    await print(`${packageVersion()}\n`);
    return EXIT.ok;
  }
  const { formatOf } = await import("./raw-options.ts");
  const json = formatOf(given) === "json";
  return (await commandOf(given.command))(given, json);
}

type RunCommand = (given: Arguments, json: boolean) => Promise<number>;

/** A command's module is loaded only when it is asked for. */
async function commandOf(command: Command): Promise<RunCommand> {
  switch (command) {
    case "ci":
      return (await import("./ci/ci-command.ts")).ciCommand;
    case "check":
      return (await import("./check/check-command.ts")).checkCommand;
    case "diff":
      return (await import("./diff/diff-command.ts")).diffCommand;
    case "describe":
      return (await import("./describe/describe-command.ts")).describeCommand;
    case "explore":
      return (await import("./explore/explore-command.ts")).exploreCommand;
    case "init":
      return (await import("./init/init-command.ts")).initCommand;
    case "replay":
      return (await import("./replay/replay-command.ts")).replayCommand;
    case "suite":
      return (await import("./suite/suite-command.ts")).suiteCommand;
  }
}

// --- errors and signals --------------------------------------------------------------------------------

/** Says what is wrong: one line, or for an error of dscheck itself what a report of it needs. */
async function reportError(error: unknown, words: readonly string[]): Promise<number> {
  const { exitCodeOfError } = await import("./exit-code.ts");
  const code = exitCodeOfError(error);
  const message = oneLine(error instanceof Error ? error.message : String(error));
  if (code === EXIT.internal) {
    const stack = error instanceof Error ? (error.stack ?? message) : message;
    writeInternalError(stack);
  } else process.stderr.write(`dscheck: ${message}\n`);
  const { wantsJson } = await import("./arguments.ts");
  if (wantsJson(words)) {
    const { errorReport } = await import("../report/formats/json.ts");
    const { packageVersion } = await import("./version.ts");
    const reported: ReportedError = { code, message, action: null };
    const document: CheckReport = errorReport(packageVersion(), reported);
    // Where standard output cannot be written to, that has been said.
    await print(jsonText(document)).catch(() => {});
  }
  return code;
}

function watchProcess(words: readonly string[]): void {
  exitOnInterrupt();
  refuseExit();
  // Standard output is the report's alone, whatever a spec prints.
  globalThis.console = new Console(process.stderr);
  // Exit handlers, which remove temporary files, do not run when a signal ends the process by itself.
  process.once("SIGTERM", () => endProcess(128 + 15));
  process.once("SIGHUP", () => endProcess(128 + 1));
  // What became of a text is told to whoever printed it; see terminal.ts.
  process.stdout.on("error", () => {});
  const fatal = (error: unknown): void => {
    // What cannot be reported, such as an installation that lost files, must not be reported again.
    const failed = (): void => endProcess(EXIT.internal);
    void ofSpec(error)
      .then((blamed) => reportError(blamed, words))
      .then((code) => endProcess(code), failed);
  };
  process.on("uncaughtException", fatal);
  process.on("unhandledRejection", fatal);
  // Nothing left to wait for, yet not done: a promise that nobody will settle.
  process.once("beforeExit", () => {
    if (!finished) void unfinished().then(fatal, fatal);
  });
}

/** What a timer or a promise of a spec throws is no error of dscheck. */
async function ofSpec(error: unknown): Promise<unknown> {
  if (error instanceof UserError || error instanceof InternalError) return error;
  const { placeInSpec } = await import("./load/bundle.ts");
  const place = placeInSpec(error);
  if (place === null) return error;
  return new UserError(
    EXIT.spec,
    `${place}: threw outside the functions that dscheck calls: ${describeThrown(error)}`,
  );
}

async function unfinished(): Promise<Error> {
  const { fileBeingImported } = await import("./load/load-spec.ts");
  const file = fileBeingImported();
  return file === null
    ? new InternalError("the process has nothing left to do, but no result")
    : new UserError(EXIT.spec, `${file}: never finishes loading; it awaits something that does not happen`);
}
