/** `--report kind=FILE`: where reports go, and writing them. */
import { rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { ReportFile, ReportInput } from "../report/kinds.ts";
import type { Arguments } from "./arguments.ts";
import { EXIT, UserError } from "./errors.ts";

export interface Target {
  readonly kind: string;
  readonly file: string;
}

/** Where to write reports. A place that cannot be written to is said before hours of search, not after. */
export async function reportTargets({ values }: Arguments): Promise<Target[]> {
  const { REPORT_KINDS } = await import("../report/kinds.ts");
  const kinds = Object.keys(REPORT_KINDS);
  const targets = (values.get("report") ?? []).map((text): Target => {
    const at = text.indexOf("=");
    const [kind, file] = [text.slice(0, at), text.slice(at + 1)];
    if (at <= 0 || file === "")
      throw new UserError(EXIT.option, `--report ${text}: write KIND=FILE, such as json=report.json`);
    if (!kinds.includes(kind))
      throw new UserError(
        EXIT.option,
        `--report: there is no kind ${JSON.stringify(kind)}; choose ${kinds.slice(0, -1).join(", ")} or ${kinds.at(-1)}`,
      );
    const directory = statSync(dirname(resolve(file)), { throwIfNoEntry: false });
    if (directory === undefined || !directory.isDirectory())
      throw new UserError(EXIT.option, `--report ${text}: the directory ${dirname(file)} does not exist`);
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
      throw new UserError(EXIT.option, `--report ${text}: ${file} is a directory`);
    return { kind, file };
  });
  const files = targets.map(({ file }) => resolve(file));
  const repeated = files.findIndex((file, at) => files.indexOf(file) !== at);
  if (repeated >= 0) throw new UserError(EXIT.option, `--report: ${targets[repeated]!.file} is given twice`);
  return targets;
}

export async function writeReports(targets: readonly Target[], input: ReportInput): Promise<void> {
  const { REPORT_KINDS, reportFiles } = await import("../report/kinds.ts");
  for (const { kind, file } of targets)
    for (const written of await reportFiles(REPORT_KINDS[kind]!, file, input)) writeReport(kind, written);
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
