/**
 * What `--watch` prints after a save: the difference to the run before. Counterexamples that are new or go another
 * way, then what changed, a line each; a single line when nothing did. Times, memory and line numbers are no
 * difference.
 */
import type { SearchResult } from "../../search/result.ts";
import type { CheckReport, ReportedViolation } from "../formats/json.ts";
import { columns, grouped, hang, plural } from "../layout.ts";
import type { RunInfo } from "../run-info.ts";
import { verdictInWords } from "./text.ts";
import { type TextOptions, violationLines } from "./trace-text.ts";

export interface WatchedResult {
  readonly run: RunInfo;
  readonly result: SearchResult;
  readonly report: CheckReport;
}

/** Ends with a line break. */
export function differenceText(before: CheckReport, after: WatchedResult, options: TextOptions): string {
  const { run, result, report } = after;
  const rows = differences(before, report);
  if (rows.length === 0) return `No difference: ${inShort(report)}.\n`;
  const { paint, width } = options;
  const good = report.verdict === "holds" || report.verdict === "holds-within";
  const colour = good ? paint.good : report.verdict === "stopped" ? paint.unsure : paint.bad;
  const known = new Map(before.violations.map((one) => [keyOf(one), one]));
  const blocks = result.violations
    .filter(
      (_, at) => !options.quiet && !isSame(known.get(keyOf(report.violations[at]!)), report.violations[at]!),
    )
    .map((violation) => violationLines(violation, run, options));
  const verdict = hang("Verdict   ", verdictInWords(run, result), width).map(colour);
  blocks.push(columns(rows, "", width), [...verdict, `States    ${counts(report)}`]);
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function counts({ states }: CheckReport): string {
  return `${grouped(states.generated)} generated, ${grouped(states.distinct)} distinct, depth ${grouped(states.depth)}`;
}

function inShort(report: CheckReport): string {
  const names = [...new Set(report.violations.map(({ property }) => property))].join(", ");
  return `${report.verdict}${names === "" ? "" : `: ${names}`}; ${counts(report)}`;
}

/** Each: what is different, and how. */
export function differences(before: CheckReport, after: CheckReport): string[][] {
  const rows: string[][] = [];
  const changed = (what: string, from: unknown, to: unknown): void => {
    if (from !== to) rows.push([what, `${shown(from)} -> ${shown(to)}`]);
  };
  changed("spec", before.spec, after.spec);
  changed("verdict", before.verdict, after.verdict);
  for (const name of namesOf(before.parameters, after.parameters))
    changed(`parameter ${name}`, before.parameters[name], after.parameters[name]);
  changed("symmetry of", before.symmetry.join(", "), after.symmetry.join(", "));
  for (const count of ["generated", "distinct", "depth"] as const)
    changed(count, before.states[count], after.states[count]);
  propertyRows(before, after, changed);
  actionRows(before, after, rows);
  const hit = (report: CheckReport): Record<string, boolean> =>
    Object.fromEntries(report.bounds.map((bound) => [bound.name, bound.hit]));
  const [hitBefore, hitAfter] = [hit(before), hit(after)];
  for (const name of namesOf(hitBefore, hitAfter)) {
    const said = (bound: boolean | undefined): string | undefined =>
      bound === undefined ? undefined : bound ? "cuts something off" : "cuts nothing off";
    changed(`bound ${name}`, said(hitBefore[name]), said(hitAfter[name]));
  }
  violationRows(before, after, rows);
  changed("error", before.error?.message, after.error?.message);
  changed("stopped by", before.stopped?.by, after.stopped?.by);
  return rows;
}

function propertyRows(
  before: CheckReport,
  after: CheckReport,
  changed: (what: string, from: unknown, to: unknown) => void,
): void {
  const said = (report: CheckReport): Record<string, string> => {
    const steps = new Map(report.reached.map((one) => [one.property, one.steps]));
    return Object.fromEntries(
      report.properties.map(({ name, verdict }) => {
        const after = steps.get(name) ?? null;
        return [
          name,
          verdict === "reached" && after !== null ? `reached in ${plural(after, "step")}` : verdict,
        ];
      }),
    );
  };
  const [from, to] = [said(before), said(after)];
  for (const name of namesOf(from, to)) changed(name, from[name], to[name]);
}

function actionRows(before: CheckReport, after: CheckReport, rows: string[][]): void {
  const [from, to] = [before.coverage.actions, after.coverage.actions];
  // What a search that ended early did not come to is no difference of the spec.
  const complete = (report: CheckReport): boolean => report.states.queued === 0;
  for (const name of namesOf(from, to)) {
    const [was, is] = [from[name]?.enabled, to[name]?.enabled];
    if (was === undefined) rows.push([`action ${name}`, is === 0 ? "new; never enabled" : "new"]);
    else if (is === undefined) rows.push([`action ${name}`, "gone"]);
    else if (was === 0 && is > 0) rows.push([`action ${name}`, "never enabled -> enabled"]);
    else if (was > 0 && is === 0)
      rows.push([`action ${name}`, `enabled -> never enabled${complete(after) ? "" : " so far"}`]);
  }
}

function violationRows(before: CheckReport, after: CheckReport, rows: string[][]): void {
  const known = new Map(before.violations.map((one) => [keyOf(one), one]));
  for (const violation of after.violations) {
    const was = known.get(keyOf(violation));
    if (isSame(was, violation)) continue;
    rows.push([
      `counterexample to ${violation.property}${violation.instance}`,
      was === undefined
        ? `new: ${plural(violation.steps, "step")}`
        : `another: ${was.steps} -> ${plural(violation.steps, "step")}`,
    ]);
  }
}

function keyOf({ kind, property, instance }: ReportedViolation): string {
  return JSON.stringify([kind, property, instance]);
}

/** Same steps, states and message; the place may have moved. */
function isSame(before: ReportedViolation | undefined, after: ReportedViolation): boolean {
  const told = ({ message, trace }: ReportedViolation): string => JSON.stringify([message, trace]);
  return before !== undefined && told(before) === told(after);
}

function namesOf(before: object, after: object): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])];
}

function shown(value: unknown): string {
  if (value === undefined || value === null || value === "") return "none";
  return typeof value === "number" ? grouped(value) : String(value);
}
