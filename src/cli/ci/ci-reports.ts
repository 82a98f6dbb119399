/**
 * The files of `dscheck ci` in its report directory, and what GitHub reads: annotations on standard output, a job
 * summary, and the outputs of the step. A list of the files is kept there, so that the next run removes them: a
 * trace of an earlier run would be taken for one of the last.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { ciAnnotations, ciJunit, ciMarkdown, ciSarif } from "../../report/formats/ci-documents.ts";
import { REPORT_KINDS, reportFiles } from "../../report/kinds.ts";
import { type CiRow, foremost, overallVerdict } from "../../report/text/ci-text.ts";
import { specFrom } from "../check/report-files.ts";
import { EXIT, UserError } from "../errors.ts";
import { displayPath } from "../load/bundle.ts";
import type { CiReport } from "./config.ts";
import type { LoadedConfig } from "./load-config.ts";

const LIST = "files.json";

/** Kinds that tell one check; written where it has a counterexample. */
const TRACE_FILES: readonly (readonly [kind: CiReport, ending: string])[] = [
  ["html", ".html"],
  ["itf", ".itf.json"],
  ["scenario", ".yaml"],
];

export interface WrittenFile {
  /** The check's position; null for documents of all. */
  readonly index: number | null;
  readonly kind: string;
  /** As a user reads it. */
  readonly file: string;
}

export class ReportDirectory {
  readonly #directory: string;
  readonly #reports: ReadonlySet<CiReport>;
  readonly #config: string;
  readonly #files: WrittenFile[] = [];

  /** Makes the directory and removes what an earlier run left in it. */
  constructor({ reportDirectory, reports, file }: LoadedConfig) {
    this.#directory = reportDirectory;
    this.#reports = new Set(reports);
    this.#config = displayPath(file);
    this.#try(() => {
      mkdirSync(reportDirectory, { recursive: true });
      for (const old of this.#listed()) rmSync(old, { force: true });
    });
  }

  /** Writes all files and returns their list. */
  async write(rows: readonly CiRow[], end: string): Promise<readonly WrittenFile[]> {
    const wants = (report: CiReport): boolean => this.#reports.has(report);
    if (wants("junit")) this.#write(null, "junit", "junit.xml", await ciJunit(rows));
    const sarif = wants("sarif") ? ciSarif(rows, this.#config) : null;
    if (sarif !== null) this.#write(null, "sarif", "results.sarif", sarif);
    if (wants("markdown")) this.#write(null, "markdown", "summary.md", ciMarkdown(rows, end));
    for (const row of rows) await this.#traces(row);
    const names = this.#files.map(({ file }) => relative(this.#directory, resolve(file)));
    this.#try(() => writeFileSync(join(this.#directory, LIST), `${JSON.stringify(names, null, 2)}\n`));
    return this.#files;
  }

  async #traces({ index, input }: CiRow): Promise<void> {
    if (input === null || input.result.violations.length === 0) return;
    const name = `${index + 1}-${input.run.spec.replaceAll(/[^\w.-]+/g, "-")}`;
    for (const [kind, ending] of TRACE_FILES) {
      if (!this.#reports.has(kind)) continue;
      const at = join(this.#directory, "traces", `${name}${ending}`);
      for (const { file, text } of await reportFiles(REPORT_KINDS[kind]!, at, input, specFrom(input)))
        if (text !== null) this.#write(index, kind, relative(this.#directory, file), text);
    }
  }

  #write(index: number | null, kind: string, name: string, text: string): void {
    const file = join(this.#directory, name);
    this.#try(() => {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    });
    this.#files.push({ index, kind, file: displayPath(file) });
  }

  /** What the list of an earlier run names inside the directory. */
  #listed(): string[] {
    const list = join(this.#directory, LIST);
    if (!existsSync(list)) return [];
    const names = listIn(readFileSync(list, "utf8"));
    return names
      .map((name) => resolve(this.#directory, String(name)))
      .filter((file) => !relative(this.#directory, file).startsWith(".."));
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw new UserError(
        EXIT.system,
        `cannot write reports to ${displayPath(this.#directory)}: ${(error as Error).message}`,
      );
    }
  }
}

/** A list that was cut off, as by a full disk, names nothing. */
function listIn(text: string): readonly unknown[] {
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) ? names : [];
  } catch {
    return [];
  }
}

/** Whether standard output is read by a runner of GitHub Actions. */
export function isOnGithub(environment: NodeJS.ProcessEnv): boolean {
  return environment.GITHUB_ACTIONS === "true";
}

/** Tells GitHub: the summary of the job and the outputs of the step. Returns the annotations, to be printed. */
export function tellGithub(
  rows: readonly CiRow[],
  files: readonly WrittenFile[],
  directory: string,
  end: string,
  environment: NodeJS.ProcessEnv,
): string {
  const { GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: output } = environment;
  if (summary) append(summary, ciMarkdown(rows, end));
  if (output) {
    const values = { ...outputsOf(rows, files), reports: displayPath(directory) };
    append(
      output,
      Object.entries(values)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(""),
    );
  }
  return isOnGithub(environment) ? ciAnnotations(rows) : "";
}

/** The outputs of the step, each in one line. */
export function outputsOf(
  rows: readonly CiRow[],
  files: readonly WrittenFile[],
): { readonly verdict: string; readonly states: number; readonly trace: string } {
  const first = foremost(rows);
  const traces = files.filter(({ index }) => first !== null && index === first.index);
  return {
    verdict: overallVerdict(rows),
    states: rows.reduce((sum, { input }) => sum + (input?.result.states.distinct ?? 0), 0),
    trace: traces[0]?.file.replaceAll(/[\r\n]/g, " ") ?? "",
  };
}

function append(file: string, text: string): void {
  try {
    appendFileSync(file, text);
  } catch (error) {
    throw new UserError(EXIT.system, `cannot append to ${file}: ${(error as Error).message}`);
  }
}
