/**
 * What `--report kind=FILE` can write. Each kind is one module that makes a text of a run; it is imported only
 * when it is asked for. Kinds that tell one trace write a file for each counterexample.
 */
import type { SearchResult, Violation } from "../search/result.ts";
import type { CheckReport } from "./formats/json.ts";
import type { Expected, RunInfo } from "./run-info.ts";
import type { SourceRoot } from "./source-root.ts";

export interface ReportInput {
  readonly run: RunInfo;
  readonly result: SearchResult;
  readonly expected: Expected | null;
  /** Whether whole states were asked for at every step. */
  readonly fullStates: boolean;
  /** The JSON document. */
  readonly report: CheckReport;
  /** Where the files are in the repository, when the run is told (in CI); paths are then relative to its root. */
  readonly sourceRoot?: SourceRoot | undefined;
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
  /** `specPath`: the spec as a file beside the report would name it, with / and beginning with . or /. */
  readonly write: (input: ReportInput, violation: Violation, specPath: string) => Promise<string>;
}

export type ReportKind = RunKind | TraceKind;

export const REPORT_KINDS: Readonly<Record<string, ReportKind>> = {
  text: {
    of: "run",
    summary: "what the command prints",
    write: async ({ run, result, expected, fullStates }) => {
      const { textReport } = await import("./text/text.ts");
      const { paintFor } = await import("./text/style.ts");
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
  data: {
    of: "run",
    summary: "what reports are made of, for dscheck ci; it may be different in another version",
    write: async ({ sourceRoot: _sourceRoot, run, result, expected, fullStates, report }) =>
      `${JSON.stringify({ run, result, expected, fullStates, report })}\n`,
  },
  html: {
    of: "run",
    summary: "the trace viewer: one page with all counterexamples, which needs no server",
    write: async (input) => (await import("./formats/html.ts")).htmlReport(input),
  },
  itf: {
    of: "trace",
    summary: "each counterexample in Apalache's and quint's format (.itf.json)",
    write: async ({ run }, violation) => (await import("./formats/itf-trace.ts")).itfTrace(run, violation),
  },
  tlc: {
    of: "trace",
    summary: "each counterexample as TLC's -dumpTrace json writes it",
    write: async ({ run }, violation) => (await import("./formats/tlc-trace.ts")).tlcTrace(run, violation),
  },
  shiviz: {
    of: "trace",
    summary: "each counterexample as a log for ShiViz, with vector clocks",
    write: async ({ run }, violation) => (await import("./formats/shiviz.ts")).shivizLog(run, violation),
  },
  junit: {
    of: "run",
    summary: "JUnit XML, for test reporters of CI systems",
    write: async (input) => (await import("./formats/junit.ts")).junitReport(input),
  },
  sarif: {
    of: "run",
    summary: "SARIF 2.1.0, for code scanning",
    write: async (input) => (await import("./formats/sarif.ts")).sarifReport(input),
  },
  github: {
    of: "run",
    summary: "annotations for GitHub Actions; with - on standard output, where they count",
    write: async (input) => (await import("./formats/github.ts")).githubReport(input),
  },
  markdown: {
    of: "run",
    summary: "a summary for $GITHUB_STEP_SUMMARY or a comment",
    write: async (input) => (await import("./formats/markdown.ts")).markdownReport(input),
  },
  mermaid: {
    of: "trace",
    summary: "the trace as a Mermaid sequence diagram (.mmd)",
    write: async (input, violation) => (await import("./formats/mermaid.ts")).mermaidReport(input, violation),
  },
  scenario: {
    of: "trace",
    summary: "each counterexample as a scenario that dscheck replay takes (.yaml)",
    write: async ({ run }, violation, specPath) =>
      (await import("./formats/scenario.ts")).scenarioFile(run, violation, specPath),
  },
  vitest: {
    of: "trace",
    summary: "each counterexample as a vitest test (.test.ts)",
    write: async ({ run }, violation, specPath) =>
      (await import("./formats/vitest.ts")).vitestFile(run, violation, specPath),
  },
  script: {
    of: "trace",
    summary: "each counterexample as JSON lines, for driving a real system (.jsonl)",
    write: async ({ run }, violation) => (await import("./formats/script.ts")).scriptFile(run, violation),
  },
};

/** A file to write, or `text: null` when there is no counterexample to tell. */
export interface ReportFile {
  readonly file: string;
  readonly text: string | null;
}

/** The texts of a report; the second and later counterexamples go to `FILE-2.ext`, `FILE-3.ext`, ... */
export async function reportFiles(
  kind: ReportKind,
  file: string,
  input: ReportInput,
  specFrom: (file: string) => string = () => input.run.file,
): Promise<ReportFile[]> {
  if (kind.of === "run") return [{ file, text: await kind.write(input) }];
  const { violations } = input.result;
  if (violations.length === 0) return [{ file, text: null }];
  const files: ReportFile[] = [];
  for (const [at, violation] of violations.entries()) {
    const name = at === 0 ? file : numbered(file, at + 1);
    files.push({ file: name, text: await kind.write(input, violation, specFrom(name)) });
  }
  return files;
}

/** `out/trace.itf.json` becomes `out/trace-2.itf.json`. */
function numbered(file: string, number: number): string {
  const name = file.slice(file.search(/[^/\\]*$/));
  const dot = name.indexOf(".", 1);
  const at = file.length - name.length + (dot < 0 ? name.length : dot);
  return `${file.slice(0, at)}-${number}${file.slice(at)}`;
}
