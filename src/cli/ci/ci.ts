/**
 * The checks of a configuration, one after another: each is taken from the cache or runs in a process of its own, as a
 * user would run it, so that one that fails takes no other with it. What comes of it is what reports are made of.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { failedInput } from "../../report/failed-run.ts";
import type { ReportInput } from "../../report/kinds.ts";
import type { CiRow } from "../../report/text/ci-text.ts";
import { verdictInWords } from "../../report/text/text.ts";
import { EXIT, oneLine, UserError } from "../errors.ts";
import { displayPath } from "../load/bundle.ts";
import { shellCommand } from "../shell.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { packageVersion } from "../version.ts";
import type { Base } from "./ci-base.ts";
import type { CiCheck } from "./load-config.ts";
import { isLasting, type Key, keyOf, type ResultCache } from "./result-cache.ts";

export interface CiOptions {
  /** Null: nothing is remembered. */
  readonly cache: ResultCache | null;
  readonly base: Base | null;
  /** Leave out what is unchanged since the base, also where its result is not known. */
  readonly changedOnly: boolean;
  readonly failFast: boolean;
  /** Options that are passed on to each run. */
  readonly passedOn: readonly string[];
  readonly onRow: (row: CiRow) => void;
  /** Aborting ends the check that runs, without a result; those after it do not run. */
  readonly signal: AbortSignal;
}

/** A check with what is known of it before anything runs. */
export interface LookedUp {
  readonly check: CiCheck;
  /** Null when its spec cannot be bundled. */
  readonly key: Key | null;
  readonly isUnchanged: boolean;
  readonly known: ReportInput | null;
  /** Whether its result is not known and it is not left out. */
  readonly runs: boolean;
}

export async function lookUp(
  checks: readonly CiCheck[],
  { cache, base, changedOnly }: Pick<CiOptions, "cache" | "base" | "changedOnly">,
): Promise<LookedUp[]> {
  const found: LookedUp[] = [];
  for (const check of checks) {
    const key = await keyOf(check, process.cwd()).catch(expectUserError);
    const isUnchanged = key !== null && ((await base?.isUnchanged(check, key)) ?? false);
    const known = key === null ? null : (cache?.read(key.hash) ?? null);
    found.push({ check, key, isUnchanged, known, runs: known === null && !(isUnchanged && changedOnly) });
  }
  return found;
}

export async function runChecks(checks: readonly LookedUp[], options: CiOptions): Promise<CiRow[]> {
  const rows: CiRow[] = [];
  const isOver = (): string | null => {
    if (options.signal.aborted) return "interrupted";
    if (options.failFast && rows.some(({ good }) => good === false))
      return "--fail-fast: a check before it failed";
    return null;
  };
  for (const looked of checks) {
    const over = isOver();
    const row = over === null ? await rowOf(looked, options) : notRun(looked.check, over);
    rows.push(row);
    options.onRow(row);
  }
  return rows;
}

async function rowOf(looked: LookedUp, options: CiOptions): Promise<CiRow> {
  const { check, key, isUnchanged, known, runs } = looked;
  const changed = options.base === null ? null : !isUnchanged;
  const more = { key: key?.hash ?? null, changed };
  if (known !== null) return { ...rowFrom(check, known), ...more, cached: true };
  if (!runs)
    return {
      ...notRun(check, "--changed-only: unchanged since the base, and its result is not known"),
      ...more,
    };
  const found = await runCheck(check, options);
  if (found === null) return { ...notRun(check, "interrupted"), ...more };
  await remember(found, check, key, options.cache);
  return { ...rowFrom(check, found), ...more };
}

/** A spec that cannot be bundled has no key; its run says what is wrong with it. */
function expectUserError(error: unknown): null {
  if (error instanceof UserError) return null;
  throw error;
}

/** A file that was saved while the search went on belongs to no key. */
async function remember(
  found: ReportInput,
  check: CiCheck,
  key: Key | null,
  cache: ResultCache | null,
): Promise<void> {
  if (cache === null || key === null || !isLasting(found)) return;
  const after = await keyOf(check, process.cwd()).catch(expectUserError);
  if (after?.hash === key.hash) cache.write(key.hash, found);
}

// --- rows ------------------------------------------------------------------------------------------

function notRun(check: CiCheck, why: string): CiRow {
  return {
    ...labelled(check),
    input: null,
    good: null,
    why,
    differences: [],
    key: null,
    changed: null,
    cached: false,
  };
}

function labelled({
  index,
  name,
  expect,
  place,
  path,
}: CiCheck): Pick<CiRow, "index" | "name" | "expect" | "place" | "file"> {
  return { index, name, expect, place, file: displayPath(path) };
}

function rowFrom(check: CiCheck, input: ReportInput): CiRow {
  const { result: found } = input;
  const differences = differencesOf(check, input);
  const counts = Object.entries(check.counts ?? {}).map(([name, count]) => `, ${name} ${count}`);
  // Where reports tell what failed, they need not tell as well that it was to hold.
  const isTold = found.violations.length > 0 || found.verdict === "unreached";
  const expected =
    check.expect === "holds" && isTold && differences.length === 1
      ? null
      : { outcome: `${check.expect}${counts.join("")}`, met: differences.length === 0 };
  const told = found.failure === null ? { ...input, expected } : input;
  return {
    ...labelled(check),
    input: told,
    good: differences.length === 0,
    why: null,
    differences,
    key: null,
    changed: null,
    cached: false,
  };
}

/** What is not as the configuration says. */
function differencesOf(check: CiCheck, { run, result, report, expected }: ReportInput): string[] {
  if (report.error !== null) return [`error ${report.error.code}: ${report.error.message}`];
  const differences: string[] = [];
  if (expected?.met !== true)
    differences.push(`expected ${check.expect}, but: ${verdictInWords(run, result)}`);
  const found = {
    distinct: result.states.distinct,
    generated: result.states.generated,
    depth: result.states.depth,
    traceLength: traceLengthOf(check, report.violations),
  };
  for (const [name, count] of Object.entries(check.counts ?? {}) as [keyof typeof found, number][])
    if (found[name] !== count) differences.push(`${name} ${found[name] ?? "none"}, expected ${count}`);
  return differences;
}

function traceLengthOf({ expect }: CiCheck, violations: ReportInput["report"]["violations"]): number | null {
  const property = /^violated:(.+)$/.exec(expect)?.[1];
  return violations.find((one) => property === undefined || one.property === property)?.steps ?? null;
}

// --- a process for each check ------------------------------------------------------------------------

const BINARY = fileURLToPath(new URL("../../../bin/dscheck.js", import.meta.url));

/** Seconds for starting, traces and reports, beyond what the search may take. */
const GRACE_SECONDS = 60;

/** The words of the command that runs a check. */
export function wordsOf(check: CiCheck): string[] {
  const words = [displayPath(check.path)];
  for (const [name, value] of Object.entries(check.parameters ?? {})) words.push("--set", `${name}=${value}`);
  for (const property of check.properties ?? []) words.push("--property", property);
  if (check.properties?.length === 0) words.push("--no-properties");
  if (check.symmetry === false) words.push("--no-symmetry");
  if (check.deadlock === false) words.push("--no-deadlock");
  if (check.audit === false) words.push("--no-audit");
  if (check.continue === true) words.push("--continue");
  if (check.maxDepth !== undefined) words.push("--max-depth", String(check.maxDepth));
  if (check.maxSeconds !== undefined) words.push("--max-seconds", String(check.maxSeconds));
  if (check.maxMemory !== undefined) words.push("--max-memory", String(check.maxMemory));
  return [...words, "--expect", check.expect];
}

/** What reports are made of; null when the check was interrupted. */
async function runCheck(check: CiCheck, { passedOn, signal }: CiOptions): Promise<ReportInput | null> {
  const words = [...wordsOf(check), ...passedOn];
  const directory = temporaryDirectory("dscheck-ci");
  const file = join(directory, "data.json");
  try {
    const run = spawn(process.execPath, [BINARY, "check", ...words, "--quiet", "--report", `data=${file}`], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = await endOf(run, check.maxSeconds, signal);
    if (signal.aborted) return null;
    const data = readData(file);
    if (data !== null) return data;
    const code = ended.code ?? EXIT.system;
    return failedInput({
      version: packageVersion(),
      file: displayPath(check.path),
      command: shellCommand(words),
      exitCode: code,
      message: ended.message,
      kind: code === EXIT.internal ? "internal" : "system",
      location: null,
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readData(file: string): ReportInput | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ReportInput;
  } catch {
    return null;
  }
}

interface Ended {
  readonly code: number | null;
  /** Why there is no result, if there is none. */
  readonly message: string;
}

function endOf(child: ChildProcess, maxSeconds: number | undefined, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let errors = "";
    let late = false;
    const interrupt = (): boolean => child.kill("SIGINT");
    const end = (): boolean => child.kill("SIGTERM");
    signal.addEventListener("abort", interrupt, { once: true });
    process.once("exit", end);
    // The search ends itself at its limit. A spec that never finishes loading does not.
    const limit =
      maxSeconds === undefined ? 2 ** 31 - 1 : Math.min((maxSeconds + GRACE_SECONDS) * 1000, 2 ** 31 - 1);
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limit);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    child.on("error", reject);
    child.on("close", (code, by) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", interrupt);
      process.off("exit", end);
      const said = oneLine(errors.replace(/^dscheck: /, ""));
      const message = late
        ? `did not end within ${GRACE_SECONDS} s after its limit of ${maxSeconds} s`
        : by !== null
          ? `its process was ended by ${by}${by === "SIGKILL" ? ", mostly because the machine had no more memory; set maxMemory" : ""}`
          : said === ""
            ? `its process ended with code ${code} and no result`
            : said;
      resolve({ code, message });
    });
  });
}
