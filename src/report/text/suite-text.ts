/** The table of `dscheck suite`: a row for each recorded model, with what differs under it. */
import type { Verdict } from "../../search/result.ts";
import { duration, grouped, hang } from "../layout.ts";
import type { Paint } from "./style.ts";

export interface SuiteRow {
  /** Relative to the package's specs. */
  readonly spec: string;
  readonly parameters: Readonly<Record<string, number | boolean | string>>;
  readonly symmetry: boolean;
  readonly properties: readonly string[] | null;
  readonly deadlock: boolean;
  readonly expect: string;
  readonly verdict: Verdict;
  readonly distinct: number;
  readonly generated: number;
  /** In steps. */
  readonly depth: number;
  readonly traceLength: number | null;
  readonly seconds: number;
  /** What differs from the record, in words; empty when nothing does. */
  readonly differences: readonly string[];
  /** The command that runs this row alone. */
  readonly command: string;
}

const LABEL_COLUMNS = 37;
const MARK_COLUMNS = 5;

export function suiteHeader(): string {
  return `${"".padEnd(MARK_COLUMNS)}${"model".padEnd(LABEL_COLUMNS)}${numbers("distinct", "generated", "steps", "time")}`;
}

export function suiteRowLines(row: SuiteRow, paint: Paint): string[] {
  const differs = row.differences.length > 0;
  const mark = (differs ? "DIFF" : "ok").padEnd(MARK_COLUMNS);
  const cells = numbers(
    grouped(row.distinct),
    grouped(row.generated),
    String(row.depth),
    duration(row.seconds),
  );
  const label = labelOf(row);
  const painted = differs ? paint.bad(mark) : paint.good(mark);
  const indent = "".padEnd(MARK_COLUMNS);
  const lines =
    label.length < LABEL_COLUMNS
      ? [`${painted}${label.padEnd(LABEL_COLUMNS)}${cells}`]
      : [`${painted}${label}`, `${indent}${"".padEnd(LABEL_COLUMNS)}${cells}`];
  for (const difference of row.differences) lines.push(...hang(`${indent}  `, difference, 80));
  if (differs) lines.push(`${indent}  ${row.command}`);
  return lines;
}

export function suiteEnd(rows: readonly SuiteRow[], total: number, paint: Paint): string {
  const different = rows.filter((row) => row.differences.length > 0).length;
  const missing = total - rows.length;
  const parts = [`${rows.length - different} of ${total} models as recorded`];
  if (different > 0) parts.push(`${different} different`);
  if (missing > 0) parts.push(`${missing} not run`);
  return (different + missing === 0 ? paint.good : paint.bad)(parts.join(", "));
}

function labelOf(row: SuiteRow): string {
  const words = [
    row.spec.replace(/\.[a-z]+$/, "").replace(/^classic\//, ""),
    ...Object.entries(row.parameters).map(([name, value]) => `${name}=${value}`),
    ...(row.symmetry ? [] : ["no-symmetry"]),
    ...(row.properties === null
      ? []
      : [row.properties.length === 0 ? "no-properties" : row.properties.join(",")]),
    ...(row.deadlock ? [] : ["no-deadlock"]),
  ];
  return `${words.join(" ")}${row.expect === "holds" ? "" : ` (${row.expect})`}`;
}

function numbers(distinct: string, generated: string, steps: string, time: string): string {
  return `${distinct.padStart(11)}${generated.padStart(12)}${steps.padStart(6)}${time.padStart(9)}`;
}
