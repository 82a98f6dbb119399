/**
 * `dscheck suite`: the packaged specs against their recorded verdicts and counts (specs/manifest.ts).
 * Each row runs the command in a process of its own, as a user would, so that rows share neither memory nor
 * record types, and one that fails takes no other with it. Any difference is a failure.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { CheckReport } from "../../report/formats/json.ts";
import type { SuiteRow } from "../../report/text/suite-text.ts";
import { EXIT, InternalError, UserError } from "../errors.ts";
import { displayPath } from "../load/bundle.ts";
import { loadDefaultExport } from "../load/load-spec.ts";
import { shellCommand } from "../shell.ts";

/** One recorded model. Numbers that are null are not compared. */
export interface ManifestRow {
  /** Relative to specs/. */
  readonly spec: string;
  readonly parameters: Readonly<Record<string, number | boolean | string>>;
  readonly symmetry: boolean;
  /** Property names; null for all, an empty list for none. */
  readonly properties: readonly string[] | null;
  readonly deadlock: boolean;
  /** As `--expect` takes it. */
  readonly expect: string;
  readonly distinct: number | null;
  readonly generated: number | null;
  /** In steps. */
  readonly depth: number | null;
  /** Steps of the shortest counterexample; null when there is none. */
  readonly traceLength: number | null;
  /** Where the numbers come from. */
  readonly source: string;
  /** Part of `dscheck suite`; the others run with `--all`. */
  readonly small: boolean;
}

export interface SuiteOptions {
  /** Options that are passed on to each run. */
  readonly passedOn: readonly string[];
  /** How many rows run at a time. */
  readonly together: number;
  readonly onRow: (row: SuiteRow) => void;
  /** Aborting ends the suite with the row that runs. */
  readonly signal: AbortSignal;
}

const PACKAGE_URL = new URL("../../../", import.meta.url);
const SPECS_URL = new URL("specs/", PACKAGE_URL);

export async function readManifest(
  path = fileURLToPath(new URL("manifest.ts", SPECS_URL)),
): Promise<readonly ManifestRow[]> {
  const rows = await loadDefaultExport(path);
  if (!Array.isArray(rows))
    throw new UserError(EXIT.spec, `${path}: the default export is not a list of rows`);
  rows.forEach((row: unknown, at) => {
    const problem = problemOf(row);
    if (problem !== null) throw new UserError(EXIT.spec, `${path}: row ${at + 1}: ${problem}`);
  });
  return rows as ManifestRow[];
}

const TYPES: { readonly [K in keyof ManifestRow]: string } = {
  spec: "string",
  parameters: "object",
  symmetry: "boolean",
  properties: "list or null",
  deadlock: "boolean",
  expect: "string",
  distinct: "number or null",
  generated: "number or null",
  depth: "number or null",
  traceLength: "number or null",
  source: "string",
  small: "boolean",
};

function problemOf(row: unknown): string | null {
  if (typeof row !== "object" || row === null) return "is not an object";
  for (const [name, type] of Object.entries(TYPES)) {
    const value: unknown = (row as Record<string, unknown>)[name];
    const kind = value === null ? "null" : Array.isArray(value) ? "list" : typeof value;
    if (!type.split(" or ").includes(kind))
      return `${name} is ${kind === "undefined" ? "missing" : `a ${kind}`}, not ${type}`;
  }
  for (const name of Object.keys(row)) if (!Object.hasOwn(TYPES, name)) return `there is no field ${name}`;
  return null;
}

/** Runs rows, several at a time, and tells of them in their order. */
export async function runSuite(rows: readonly ManifestRow[], options: SuiteOptions): Promise<SuiteRow[]> {
  const ran: (SuiteRow | undefined)[] = [];
  let next = 0;
  let told = 0;
  const lane = async (): Promise<void> => {
    while (next < rows.length && !options.signal.aborted) {
      const at = next++;
      const row = await runRow(rows[at]!, options.passedOn);
      // An interrupt ends the children as well: what they counted is no result.
      if (options.signal.aborted) return;
      ran[at] = row;
      for (let done = ran[told]; done !== undefined; done = ran[++told]) options.onRow(done);
    }
  };
  await Promise.all(Array.from({ length: options.together }, lane));
  return ran.slice(0, told) as SuiteRow[];
}

/** The words of the command that checks a row. */
export function commandOf(row: ManifestRow): string[] {
  const words = [displayPath(fileURLToPath(new URL(row.spec, SPECS_URL)))];
  for (const [name, value] of Object.entries(row.parameters)) words.push("--set", `${name}=${value}`);
  if (!row.symmetry) words.push("--no-symmetry");
  if (!row.deadlock) words.push("--no-deadlock");
  if (row.properties?.length === 0) words.push("--no-properties");
  for (const name of row.properties ?? []) words.push("--property", name);
  return [...words, "--expect", row.expect];
}

async function runRow(row: ManifestRow, passedOn: readonly string[]): Promise<SuiteRow> {
  const words = [...commandOf(row), ...passedOn];
  const report = await reportOf([...words, "--format", "json"]);
  return {
    spec: row.spec,
    parameters: row.parameters,
    symmetry: row.symmetry,
    properties: row.properties,
    deadlock: row.deadlock,
    expect: row.expect,
    verdict: report.verdict,
    distinct: report.states.distinct,
    generated: report.states.generated,
    depth: report.states.depth,
    traceLength: traceLengthOf(row, report),
    seconds: report.time.wallSeconds,
    differences: differencesFrom(row, report),
    command: shellCommand(words),
  };
}

/** Steps of the counterexample that the row is about. */
function traceLengthOf(row: ManifestRow, report: CheckReport): number | null {
  const name = /^violated:(.+)$/.exec(row.expect)?.[1];
  const violation = report.violations.find((one) => name === undefined || one.property === name);
  return violation?.steps ?? null;
}

export function differencesFrom(row: ManifestRow, report: CheckReport): string[] {
  if (report.error !== null) return [`error ${report.error.code}: ${report.error.message}`];
  const differences: string[] = [];
  if (report.expected?.met !== true) differences.push(`verdict ${report.verdict}, recorded ${row.expect}`);
  const compare = (what: string, found: number | null, recorded: number | null): void => {
    if (recorded !== null && found !== recorded)
      differences.push(`${what} ${found ?? "none"}, recorded ${recorded}`);
  };
  compare("distinct", report.states.distinct, row.distinct);
  compare("generated", report.states.generated, row.generated);
  compare("depth", report.states.depth, row.depth);
  compare("trace length", traceLengthOf(row, report), row.traceLength);
  return differences;
}

function reportOf(words: readonly string[]): Promise<CheckReport> {
  const binary = fileURLToPath(new URL("bin/dscheck.js", PACKAGE_URL));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [binary, "check", ...words], { stdio: ["ignore", "pipe", "pipe"] });
    let [output, errors] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    child.on("error", reject);
    child.on("close", () => {
      try {
        resolve(JSON.parse(output) as CheckReport);
      } catch {
        reject(new InternalError(`dscheck ${words.join(" ")} gave no report: ${errors}`));
      }
    });
  });
}
