/**
 * What `--report kind=FILE` can write. Each kind is one module that makes a text of a run; it is imported only
 * when it is asked for. Kinds that tell one trace write a file for each counterexample.
 */
import type { SearchResult, Violation } from "../search/result.ts";
import type { CheckReport } from "./json.ts";
import type { Expected, RunInfo } from "./run-info.ts";

export interface ReportInput {
  readonly run: RunInfo;
  readonly result: SearchResult;
  readonly expected: Expected | null;
  /** Whether whole states were asked for at every step. */
  readonly fullStates: boolean;
  /** The JSON document. */
  readonly report: CheckReport;
}

interface RunKind {
  readonly of: "run";
  /** For the help: what it is. */
  readonly summary: string;
  readonly write: (input: ReportInput) => Promise<string>;
}

interface TraceKind {
  readonly of: "trace";
  readonly summary: string;
  readonly write: (input: ReportInput, violation: Violation) => Promise<string>;
}

export type ReportKind = RunKind | TraceKind;

export const REPORT_KINDS: Readonly<Record<string, ReportKind>> = {
  text: {
    of: "run",
    summary: "what the command prints",
    write: async ({ run, result, expected, fullStates }) => {
      const { textReport } = await import("./text.ts");
      const { paintFor } = await import("./style.ts");
      return textReport(run, result, expected, {
        paint: paintFor(false),
        width: 80,
        fullStates,
        quiet: false,
      });
    },
  },
  json: {
    of: "run",
    summary: "the JSON document",
    write: async ({ report }) => `${JSON.stringify(report, null, 2)}\n`,
  },
};

/** A file to write, or `text: null` when there is no counterexample to tell. */
export interface ReportFile {
  readonly file: string;
  readonly text: string | null;
}

/** The texts of a report; the second and later counterexamples go to `FILE-2.ext`, `FILE-3.ext`, ... */
export async function reportFiles(kind: ReportKind, file: string, input: ReportInput): Promise<ReportFile[]> {
  if (kind.of === "run") return [{ file, text: await kind.write(input) }];
  const { violations } = input.result;
  if (violations.length === 0) return [{ file, text: null }];
  const files: ReportFile[] = [];
  for (const [at, violation] of violations.entries())
    files.push({ file: at === 0 ? file : numbered(file, at + 1), text: await kind.write(input, violation) });
  return files;
}

/** `out/trace.itf.json` becomes `out/trace-2.itf.json`. */
function numbered(file: string, number: number): string {
  const name = file.slice(file.search(/[^/\\]*$/));
  const dot = name.indexOf(".", 1);
  const at = file.length - name.length + (dot < 0 ? name.length : dot);
  return `${file.slice(0, at)}-${number}${file.slice(at)}`;
}
