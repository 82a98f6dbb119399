/**
 * The command: reads the arguments, runs what they ask, prints, and exits with the contract's code. Nothing
 * but the report goes to standard output; errors and progress go to standard error. Everything else is
 * imported when it is needed, because a small model is checked faster than all of it loads.
 */
import { statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { CheckReport, ReportedError } from "../report/json.ts";
import type { Arguments, Command } from "./arguments.ts";
import { EXIT, InternalError, oneLine, UserError } from "./errors.ts";
import type { RawOptions } from "./options.ts";
import type { CheckRun } from "./run-check.ts";

const INTERRUPT = new AbortController();
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
  process.exit(code);
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
  const json = formatOf(given) === "json";
  const commands: Readonly<Record<Command, () => Promise<number>>> = {
    check: () => checkCommand(given, json),
    describe: () => describeCommand(given, json),
    suite: () => suiteCommand(given, json),
  };
  return commands[given.command]();
}

// --- commands ------------------------------------------------------------------------------------------

async function checkCommand(given: Arguments, json: boolean): Promise<number> {
  const quiet = given.flags.has("quiet");
  const targets = reportTargets(given);
  if (quiet && given.flags.has("full-states") && !json && !targets.some(({ kind }) => kind === "json"))
    throw new UserError(EXIT.option, "--full-states has no effect with --quiet; remove one");
  const { runCheck } = await import("./run-check.ts");
  const { progressLine } = await import("../report/progress.ts");
  const progress = progressLine(quiet ? { write() {} } : process.stderr);
  interruptible();
  const onProgress: CheckRunProgress = (now) => progress.show(now);
  let checked: CheckRun;
  try {
    checked = await runCheck(
      given.spec!,
      { ...rawOptions(given), onProgress, signal: INTERRUPT.signal },
      "command",
    );
  } finally {
    progress.clear();
  }
  const { report, internalError } = checked;
  if (internalError !== null) reportInternal(internalError);
  for (const { kind, file } of targets)
    writeReport(file, kind === "json" ? jsonText(report) : await plainText(checked));
  await print(json ? jsonText(report) : await terminalText(checked, quiet));
  checked.dispose();
  return report.exitCode;
}

type CheckRunProgress = NonNullable<import("../check.ts").CheckOptions["onProgress"]>;

async function describeCommand(given: Arguments, json: boolean): Promise<number> {
  const { describe, describeText } = await import("./describe.ts");
  const described = await describe(given.spec!, rawOptions(given));
  const { paintFor, wantsColour } = await import("../report/style.ts");
  await print(
    json
      ? jsonText(described)
      : describeText(described, paintFor(wantsColour(process.stdout, process.env)), width()),
  );
  return EXIT.ok;
}

async function suiteCommand(given: Arguments, json: boolean): Promise<number> {
  const { readManifest, runSuite } = await import("./suite.ts");
  const { suiteEnd, suiteHeader, suiteRowLines } = await import("../report/suite-text.ts");
  const { paintFor, wantsColour } = await import("../report/style.ts");
  const { checkOptions } = await import("./options.ts");
  const { packageVersion } = await import("./version.ts");
  checkOptions(rawOptions(given), "command");
  const rows = (await readManifest()).filter((row) => row.small || given.flags.has("all"));
  const paint = paintFor(wantsColour(process.stdout, process.env));
  const passedOn = [...given.values]
    .filter(([name]) => name !== "format")
    .flatMap(([name, [text]]) => [`--${name}`, text!]);
  interruptible();
  if (!json) await print(`${suiteHeader()}\n`);
  const done = await runSuite(rows, {
    passedOn,
    signal: INTERRUPT.signal,
    onRow: (row) => {
      if (!json) process.stdout.write(`${suiteRowLines(row, paint).join("\n")}\n`);
    },
  });
  const good = done.length === rows.length && done.every((row) => row.differences.length === 0);
  const exitCode = INTERRUPT.signal.aborted ? EXIT.interrupted : good ? EXIT.ok : EXIT.different;
  await print(
    json
      ? jsonText({ dscheck: packageVersion(), schemaVersion: 1, models: rows.length, rows: done, exitCode })
      : `${suiteEnd(done, rows.length, paint)}\n`,
  );
  return exitCode;
}

// --- options -------------------------------------------------------------------------------------------

function formatOf({ values }: Arguments): "text" | "json" {
  const format = values.get("format")?.[0] ?? "text";
  if (format === "text" || format === "json") return format;
  throw new UserError(
    EXIT.option,
    `--format: there is no format ${JSON.stringify(format)}; choose text or json`,
  );
}

function rawOptions({ values, flags }: Arguments): RawOptions {
  const one = (name: string): string | undefined => values.get(name)?.[0];
  if (flags.has("no-properties") && values.has("property"))
    throw new UserError(EXIT.option, "--property has no effect with --no-properties; remove one");
  const raw: Record<string, unknown> = {
    nodes: one("nodes"),
    set: values.get("set"),
    faults: values.get("faults"),
    workers: one("workers"),
    symmetry: flags.has("no-symmetry") ? false : undefined,
    deadlock: flags.has("no-deadlock") ? false : undefined,
    properties: flags.has("no-properties") ? [] : values.get("property"),
    maxStates: one("max-states"),
    maxDepth: one("max-depth"),
    maxSeconds: one("max-seconds"),
    maxMemory: one("max-memory"),
    continue: flags.has("continue") ? true : undefined,
    audit: flags.has("no-audit") ? false : undefined,
    fullStates: flags.has("full-states") ? true : undefined,
    expect: one("expect"),
  };
  return raw as RawOptions;
}

interface Target {
  readonly kind: "text" | "json";
  readonly file: string;
}

/** Where to write reports. A place that cannot be written to is said before hours of search, not after. */
function reportTargets({ values }: Arguments): Target[] {
  const targets = (values.get("report") ?? []).map((text): Target => {
    const at = text.indexOf("=");
    const [kind, file] = [text.slice(0, at), text.slice(at + 1)];
    if (at <= 0 || file === "")
      throw new UserError(EXIT.option, `--report ${text}: write text=FILE or json=FILE`);
    if (kind !== "text" && kind !== "json")
      throw new UserError(
        EXIT.option,
        `--report: there is no kind ${JSON.stringify(kind)}; choose text or json`,
      );
    const directory = statSync(dirname(resolve(file)), { throwIfNoEntry: false });
    if (directory === undefined || !directory.isDirectory())
      throw new UserError(EXIT.option, `--report ${text}: the directory ${dirname(file)} does not exist`);
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
      throw new UserError(EXIT.option, `--report ${text}: ${file} is a directory`);
    return { kind, file };
  });
  const files = targets.map(({ file }) => resolve(file));
  const repeated = files.findIndex((file, at) => files.indexOf(file) !== at);
  if (repeated >= 0) throw new UserError(EXIT.option, `--report: ${targets[repeated]!.file} is given twice`);
  return targets;
}

// --- output --------------------------------------------------------------------------------------------

function jsonText(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

async function terminalText(
  { run, result, expected, fullStates }: CheckRun,
  quiet: boolean,
): Promise<string> {
  const { textReport } = await import("../report/text.ts");
  const { paintFor, wantsColour } = await import("../report/style.ts");
  const paint = paintFor(wantsColour(process.stdout, process.env));
  return textReport(run, result, expected, { paint, width: width(), fullStates, quiet });
}

async function plainText({ run, result, expected, fullStates }: CheckRun): Promise<string> {
  const { textReport } = await import("../report/text.ts");
  const { paintFor } = await import("../report/style.ts");
  return textReport(run, result, expected, { paint: paintFor(false), width: 80, fullStates, quiet: false });
}

function width(): number {
  // A terminal that does not know its size says 0.
  const columns = process.stdout.isTTY === true ? process.stdout.columns : 0;
  return columns > 0 ? Math.min(Math.max(columns, 40), 120) : 80;
}

function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UserError(EXIT.system, `cannot write the report ${file}: ${(error as Error).message}`);
  }
}

function print(text: string): Promise<void> {
  return new Promise((done) => {
    process.stdout.write(text, () => done());
  });
}

// --- errors and signals --------------------------------------------------------------------------------

/** Says what is wrong: one line, or for an error of dscheck itself what a report of it needs. */
async function reportError(error: unknown, words: readonly string[]): Promise<number> {
  const { exitCodeOfError } = await import("./exit-code.ts");
  const code = exitCodeOfError(error);
  const message = oneLine(error instanceof Error ? error.message : String(error));
  if (code === EXIT.internal) {
    const stack = error instanceof Error ? (error.stack ?? message) : message;
    process.stderr.write(
      `dscheck: internal error; please report it with these lines and the spec\n${stack}\n`,
    );
  } else process.stderr.write(`dscheck: ${message}\n`);
  const { wantsJson } = await import("./arguments.ts");
  if (wantsJson(words)) {
    const { errorReport } = await import("../report/json.ts");
    const { packageVersion } = await import("./version.ts");
    const reported: ReportedError = { code, message, action: null };
    const document: CheckReport = errorReport(packageVersion(), reported);
    await print(jsonText(document));
  }
  return code;
}

function reportInternal(stack: string): void {
  process.stderr.write(`dscheck: internal error; please report it with these lines and the spec\n${stack}\n`);
}

/** From now on the first interrupt ends the search, which then reports what it has. */
function interruptible(): void {
  process.off("SIGINT", exitInterrupted);
  process.once("SIGINT", () => {
    INTERRUPT.abort();
    process.on("SIGINT", exitInterrupted);
  });
}

function exitInterrupted(): void {
  process.exit(EXIT.interrupted);
}

function watchProcess(words: readonly string[]): void {
  process.on("SIGINT", exitInterrupted);
  // Exit handlers, which remove temporary files, do not run when a signal ends the process by itself.
  process.once("SIGTERM", () => process.exit(128 + 15));
  process.once("SIGHUP", () => process.exit(128 + 1));
  // `dscheck ... | head`: nobody reads the rest.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(process.exitCode ?? EXIT.ok);
    throw error;
  });
  const fatal = (error: unknown): void => {
    void reportError(error, words).then((code) => process.exit(code));
  };
  process.on("uncaughtException", fatal);
  process.on("unhandledRejection", fatal);
  // Nothing left to wait for, yet not done: a promise that nobody will settle.
  process.once("beforeExit", () => {
    if (!finished) void unfinished().then(fatal, fatal);
  });
}

async function unfinished(): Promise<Error> {
  const { fileBeingImported } = await import("./load-spec.ts");
  const file = fileBeingImported();
  return file === null
    ? new InternalError("the process has nothing left to do, but no result")
    : new UserError(EXIT.spec, `${file}: never finishes loading; it awaits something that does not happen`);
}
