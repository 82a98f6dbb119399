/** What came of the checks of a configuration: as lines for people, and as the JSON document of `dscheck ci`. */
import type { Verdict } from "../../search/result.ts";
import type { ReportInput } from "../kinds.ts";
import { duration, grouped, hang } from "../layout.ts";
import type { Paint } from "./style.ts";

/** One check of the configuration and what came of it. */
export interface CiRow {
  /** Its position in the configuration, from 0. */
  readonly index: number;
  /** The spec with what the configuration sets. */
  readonly name: string;
  /** The spec's file as a user reads it. */
  readonly file: string;
  readonly expect: string;
  /** `dscheck.config.ts:5` */
  readonly place: string;
  /** What reports are made of; null when the check was not run and its result is not known. */
  readonly input: ReportInput | null;
  /** Whether everything is as expected; null when the check was not run. */
  readonly good: boolean | null;
  /** Why it was not run. */
  readonly why: string | null;
  /** What is not as expected, in words. */
  readonly differences: readonly string[];
  /** What decides its result, as a hash; null when the spec cannot be bundled. */
  readonly key: string | null;
  /** Whether something that decides its result has changed since the base; null without a base. */
  readonly changed: boolean | null;
  /** Whether the result is one of an earlier run. */
  readonly cached: boolean;
}

const MARK_COLUMNS = 8;
const WIDTH = 80;

export function ciRowLines(row: CiRow, paint: Paint): string[] {
  const { input, name, good, differences } = row;
  const indent = "".padEnd(MARK_COLUMNS);
  const mark = (good === null ? "not run" : good ? "ok" : "FAILED").padEnd(MARK_COLUMNS);
  const painted = good === null ? paint.unsure(mark) : good ? paint.good(mark) : paint.bad(mark);
  const [first, ...rest] = hang(indent, name, WIDTH);
  const lines = [`${painted}${first!.slice(MARK_COLUMNS)}`, ...rest];
  const say = (text: string): void => {
    lines.push(...hang(`${indent}  `, text, WIDTH));
  };
  say(toldResult(row));
  if (row.changed !== null) say(row.changed ? "changed since the base" : "unchanged since the base");
  for (const difference of differences) say(difference);
  if (good === false && input !== null) lines.push(`${indent}  ${input.run.command}`);
  return lines;
}

/** `holds-within, 89,012 states, 1.20 s` */
function toldResult({ input, why, cached, key }: CiRow): string {
  if (input === null) return why ?? "";
  const { verdict, states, seconds } = input.result;
  const from = cached ? `result from the cache, key ${shortKey(key)}` : duration(seconds);
  return `${verdict}, ${grouped(states.distinct)} states, ${from}`;
}

function shortKey(key: string | null): string {
  return (key ?? "").slice(0, 12);
}

export function ciEnd(rows: readonly CiRow[], paint: Paint): string {
  const { good, failed, notRun, cached } = totals(rows);
  const parts = [`${good} of ${rows.length} checks as expected`];
  if (cached > 0) parts.push(`${cached} from the cache`);
  if (failed > 0) parts.push(`${failed} failed`);
  if (notRun > 0) parts.push(`${notRun} not run`);
  return (failed > 0 ? paint.bad : notRun > 0 ? paint.unsure : paint.good)(parts.join(", "));
}

function totals(rows: readonly CiRow[]): { good: number; failed: number; notRun: number; cached: number } {
  const count = (is: (row: CiRow) => boolean): number => rows.filter(is).length;
  return {
    good: count((row) => row.good === true),
    failed: count((row) => row.good === false),
    notRun: count((row) => row.good === null),
    cached: count((row) => row.cached),
  };
}

/** The check that a reader should look at first: one that failed, else one with a counterexample that was expected. */
export function foremost(rows: readonly CiRow[]): CiRow | null {
  const failed = rows.filter(({ good }) => good === false);
  // A trace of another check would be taken for that of the failure.
  const asked = failed.length > 0 ? failed : rows;
  return asked.find(({ input }) => input !== null && input.result.violations.length > 0) ?? null;
}

/** In one word: `as-expected`, or the verdict of the first check that failed, or `not-run`. */
export function overallVerdict(rows: readonly CiRow[]): Verdict | "as-expected" | "not-run" {
  const failed = rows.find(({ good }) => good === false);
  if (failed !== undefined) return failed.input?.result.verdict ?? "failed";
  return rows.every(({ input }) => input === null) ? "not-run" : "as-expected";
}

export interface CiDocument {
  readonly version: string;
  readonly config: string;
  readonly base: { readonly revision: string; readonly commit: string | null } | null;
  readonly rows: readonly CiRow[];
  /** Files that were written, by the index of the check; documents of all checks under null. */
  readonly files: readonly { readonly index: number | null; readonly kind: string; readonly file: string }[];
  readonly exitCode: number;
}

export function ciReport({ version, config, base, rows, files, exitCode }: CiDocument): object {
  const written = (index: number | null): object[] =>
    files.filter((one) => one.index === index).map(({ kind, file }) => ({ kind, file }));
  return {
    dscheck: version,
    schemaVersion: 1,
    config,
    base,
    verdict: overallVerdict(rows),
    totals: { checks: rows.length, ...totals(rows) },
    checks: rows.map((row) => ({
      name: row.name,
      spec: row.file,
      parameters: row.input?.run.parameters ?? null,
      expect: row.expect,
      place: row.place,
      asExpected: row.good,
      differences: row.differences,
      notRun: row.why,
      changed: row.changed,
      cached: row.cached,
      key: row.key,
      verdict: row.input?.result.verdict ?? null,
      states: row.input?.result.states ?? null,
      error: row.input?.report.error ?? null,
      seconds: row.input?.report.time.wallSeconds ?? null,
      command: row.input?.run.command ?? null,
      reports: written(row.index),
    })),
    reports: written(null),
    exitCode,
  };
}
