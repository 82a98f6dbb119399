/**
 * `--report kind=FILE`: where reports go, and writing them. FILE may be `-`, standard output, for kinds of one file a
 * run: there the report follows what the command prints.
 */
import { rmSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import type { FailedRun } from "../../report/failed-run.ts";
import type { ReportFile, ReportInput } from "../../report/kinds.ts";
import type { SourceRoot } from "../../report/source-root.ts";
import { didYouMean } from "../../spec/define-spec.ts";
import type { Arguments } from "../arguments.ts";
import { EXIT, UserError } from "../errors.ts";
import { isSameFile, statOf } from "../load/stat.ts";

export interface Target {
  readonly kind: string;
  readonly file: string;
}

const STANDARD_OUTPUT = "-";

/** For `dscheck ci` alone, so not offered. */
const INTERNAL = "data";

/** Where to write reports. A place that cannot be written to is said before hours of search, not after. */
export async function reportTargets({ values, specs }: Arguments): Promise<Target[]> {
  const { REPORT_KINDS } = await import("../../report/kinds.ts");
  const kinds = Object.keys(REPORT_KINDS);
  const targets = (values.get("report") ?? []).map((text): Target => {
    const at = text.indexOf("=");
    const [kind, file] = [text.slice(0, at), text.slice(at + 1)];
    if (at <= 0 || file === "")
      throw new UserError(EXIT.option, `--report ${text}: write KIND=FILE, such as json=report.json`);
    if (!kinds.includes(kind))
      throw new UserError(
        EXIT.option,
        `--report: there is no kind ${JSON.stringify(kind)}${didYouMean(
          kind,
          kinds.filter((known) => known !== INTERNAL),
        )}`,
      );
    if (file === STANDARD_OUTPUT) return standardOutput(kind, REPORT_KINDS[kind]!.of, values);
    const directory = statOf(dirname(resolve(file)));
    if (directory === undefined || !directory.isDirectory())
      throw new UserError(EXIT.option, `--report ${text}: the directory ${dirname(file)} does not exist`);
    if (statOf(file)?.isDirectory() === true)
      throw new UserError(EXIT.option, `--report ${text}: ${file} is a directory`);
    if (specs.some((given) => isSameFile(given, file)))
      throw new UserError(
        EXIT.option,
        `--report ${text}: would overwrite what is checked; name another file`,
      );
    return { kind, file };
  });
  const files = targets.map(({ file }) => (file === STANDARD_OUTPUT ? file : resolve(file)));
  const repeated = files.findIndex((file, at) => files.indexOf(file) !== at);
  if (repeated >= 0) throw new UserError(EXIT.option, `--report: ${targets[repeated]!.file} is given twice`);
  return targets;
}

function standardOutput(kind: string, of: "run" | "trace", values: Arguments["values"]): Target {
  if (of === "trace")
    throw new UserError(
      EXIT.option,
      `--report ${kind}=-: ${kind} writes a file for each counterexample; name a file`,
    );
  if (values.get("format")?.includes("json") === true)
    throw new UserError(
      EXIT.option,
      `--report ${kind}=- and --format json both want standard output; write one of them to a file`,
    );
  return { kind, file: STANDARD_OUTPUT };
}

/** Writes the files; what is for standard output is returned, to be printed last. */
export async function writeReports(targets: readonly Target[], given: ReportInput): Promise<string> {
  if (targets.length === 0) return "";
  const { REPORT_KINDS, reportFiles } = await import("../../report/kinds.ts");
  const input: ReportInput = { ...given, sourceRoot: sourceRoot() };
  let printed = "";
  for (const { kind, file } of targets)
    for (const written of await reportFiles(REPORT_KINDS[kind]!, file, input, specFrom(input)))
      if (file === STANDARD_OUTPUT) printed += written.text ?? "";
      else writeReport(kind, written);
  return printed;
}

/** The spec as a file in another directory names it. */
export function specFrom({ run }: ReportInput): (file: string) => string {
  return (file) => {
    const path = relative(dirname(resolve(file)), resolve(run.file))
      .split(sep)
      .join("/");
    return /^\.{0,2}\//.test(path) || /^[A-Za-z]:/.test(path) ? path : `./${path}`;
  };
}

/** GitHub names files by their place in the repository, whatever directory a step works in. */
function sourceRoot(): SourceRoot | undefined {
  const { GITHUB_WORKSPACE: root } = process.env;
  return root === undefined || root === "" ? undefined : { root: resolve(root), directory: process.cwd() };
}

/**
 * Reports of a run that never began, because the spec or an option is wrong. CI systems read them whatever happens,
 * and those of an earlier run would be taken for this one's.
 */
export async function writeFailedReports(targets: readonly Target[], failed: FailedRun): Promise<string> {
  if (targets.length === 0) return "";
  const { failedInput } = await import("../../report/failed-run.ts");
  return writeReports(targets, failedInput(failed));
}

function writeReport(kind: string, { file, text }: ReportFile): void {
  try {
    if (text !== null) {
      writeFileSync(file, text);
      return;
    }
    // What an earlier run left there would be taken for this one's.
    rmSync(file, { force: true });
    process.stderr.write(`dscheck: there is no counterexample, so ${file} (${kind}) is not written\n`);
  } catch (error) {
    throw new UserError(EXIT.system, `cannot write the report ${file}: ${(error as Error).message}`);
  }
}
