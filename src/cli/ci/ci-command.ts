/** `dscheck ci`: the checks of a configuration, as a gate for changes. */
import { join } from "node:path";
import { annotation } from "../../report/formats/github.ts";
import { ciEnd, ciReport, ciRowLines } from "../../report/text/ci-text.ts";
import { paintFor } from "../../report/text/style.ts";
import type { Arguments } from "../arguments.ts";
import { EXIT, UserError } from "../errors.ts";
import { interrupted, interruptible } from "../interrupt.ts";
import { displayPath } from "../load/bundle.ts";
import { checkOptions } from "../options.ts";
import { rawOptions } from "../raw-options.ts";
import { jsonText, paint, print, printOn } from "../terminal.ts";
import { packageVersion } from "../version.ts";
import { type LookedUp, lookUp, runChecks } from "./ci.ts";
import { type Base, baseOfEnvironment, readBase, repositoryRoot } from "./ci-base.ts";
import { wrongChecks } from "./ci-preflight.ts";
import { isOnGithub, ReportDirectory, tellGithub } from "./ci-reports.ts";
import { configFile, type LoadedConfig, loadConfig } from "./load-config.ts";
import { ResultCache } from "./result-cache.ts";

export async function ciCommand(given: Arguments, json: boolean): Promise<number> {
  try {
    return await ci(given, json);
  } catch (error) {
    if (isOnGithub(process.env) && error instanceof UserError && error.place !== null) {
      const root = rootOf({ directory: process.cwd() });
      const line = annotation("error", error.place, "dscheck ci cannot run", error.message, root);
      (json ? process.stderr : process.stdout).write(`${line}\n`);
    }
    throw error;
  }
}

async function ci(given: Arguments, json: boolean): Promise<number> {
  const { values, flags } = given;
  // The options that are passed on are checked before anything runs.
  checkOptions(rawOptions(given), "command");
  const config = await loadConfig(configFile(values.get("config")?.[0] ?? null));
  const base = await baseFor(given, config);
  const directory = new ReportDirectory(config);
  const colours = paint();
  const sourceRoot = rootOf(config);
  interruptible();
  const sources = { cache: cacheFor(given, config), base, changedOnly: flags.has("changed-only") };
  const checks = await lookUp(config.checks, sources);
  await refuseWrong(checks);
  const found = await runChecks(checks, {
    ...sources,
    failFast: flags.has("fail-fast"),
    passedOn: ["workers", "max-memory"].flatMap((name) => {
      const text = values.get(name)?.[0];
      return text === undefined ? [] : [`--${name}`, text];
    }),
    signal: interrupted,
    onRow: (row) => {
      if (!json) void printOn(`${ciRowLines(row, colours).join("\n")}\n`);
    },
  });
  base?.dispose();
  const rows = found.map((row) => ({
    ...row,
    input: row.input === null ? null : { ...row.input, sourceRoot },
  }));
  const exitCode = exitCodeOf(rows);
  const end = ciEnd(rows, paintFor(false));
  const files = await directory.write(rows, end);
  const annotations = tellGithub(rows, files, config.reportDirectory, end, process.env);
  for (const { place, name, input } of rows)
    if (isWrongConfig(input)) warn(`${place}: ${name}: ${input?.report.error?.message}`);
  if (json) {
    const shownBase = base === null ? null : { revision: base.revision, commit: base.commit };
    const shown = { version: packageVersion(), config: displayPath(config.file), base: shownBase };
    await print(jsonText(ciReport({ ...shown, rows, files, exitCode })));
    // Standard output is the document's; the runner reads annotations from standard error as well.
    process.stderr.write(annotations);
  } else {
    const reports = `Reports are in ${displayPath(config.reportDirectory)}\n`;
    await print(`${ciEnd(rows, colours)}\n${files.length === 0 ? "" : reports}${annotations}`);
  }
  return exitCode;
}

/** Says of each check that does not fit its spec what is wrong; then nothing runs. */
async function refuseWrong(checks: readonly LookedUp[]): Promise<void> {
  const asked = checks.filter(({ runs }) => runs).map(({ check }) => check);
  const wrong = (await wrongChecks(asked, interrupted)).map(({ index, message }) => {
    const { place, at, name } = asked.find((check) => check.index === index)!;
    return new UserError(EXIT.option, `${place}: ${name}: ${message}`, at);
  });
  const last = wrong.pop();
  for (const { message } of wrong) warn(message);
  if (last !== undefined) throw last;
}

type Row = Awaited<ReturnType<typeof runChecks>>[number];

function exitCodeOf(rows: readonly Row[]): number {
  if (interrupted.aborted) return EXIT.interrupted;
  if (rows.some(({ input }) => isWrongConfig(input))) return EXIT.option;
  return rows.some(({ good }) => good === false) ? EXIT.different : EXIT.ok;
}

/** An option or parameter of the check is wrong: a fault of the configuration, not of the spec. */
function isWrongConfig(input: Row["input"]): boolean {
  const code = input?.report.error?.code;
  return code === EXIT.option || code === EXIT.assumption;
}

function warn(message: string): void {
  process.stderr.write(`dscheck: ${message}\n`);
}

function cacheFor({ values, flags }: Arguments, { directory }: LoadedConfig): ResultCache | null {
  const named = values.get("cache")?.[0];
  if (!flags.has("no-cache"))
    return new ResultCache(named ?? join(directory, "node_modules", ".cache", "dscheck"), warn);
  if (named !== undefined)
    throw new UserError(EXIT.option, "--cache has no effect with --no-cache; remove one");
  return null;
}

async function baseFor({ values, flags }: Arguments, config: LoadedConfig): Promise<Base | null> {
  const given = values.get("base")?.[0];
  const revision = given ?? baseOfEnvironment(process.env);
  if (revision !== null) return readBase(config, revision, given !== undefined, warn);
  if (flags.has("changed-only"))
    throw new UserError(EXIT.option, "--changed-only has no effect without a base; add --base REV");
  return null;
}

/** Files are named relative to the root of the repository, where CI systems look for them. */
function rootOf({
  directory,
}: Pick<LoadedConfig, "directory">): { root: string; directory: string } | undefined {
  const root = repositoryRoot(directory) ?? process.env.GITHUB_WORKSPACE ?? process.env.CI_PROJECT_DIR;
  return root === undefined || root === "" ? undefined : { root, directory: process.cwd() };
}
