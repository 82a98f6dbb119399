/**
 * Annotations of a run as workflow commands of GitHub Actions, one a line. The runner takes them from standard
 * output (`--report github=-`) and shows them beside the lines of the spec that they name.
 */
import type { Place } from "../../search/result.ts";
import type { ReportInput } from "../kinds.ts";
import { repositoryPath, type SourceRoot } from "../source-root.ts";
import { lastPlace, type Remark, remarksOf } from "../text/remarks.ts";
import { printable } from "../told.ts";

export function githubReport(input: ReportInput): string {
  return remarksOf(input)
    .flatMap((remark) => annotations(remark, input))
    .map((line) => `${line}\n`)
    .join("");
}

/** One at the property; for a trace one more, a notice, at the action that took the last step. */
function annotations(remark: Remark, input: ReportInput): string[] {
  const { level, title, message, place, violation } = remark;
  const found = [
    annotation(
      level,
      place,
      `${title} (${input.run.spec})`,
      `${message}\nTo run this again: ${input.run.command}`,
      input.sourceRoot,
    ),
  ];
  const last = violation === null ? null : lastPlace(violation);
  const action = violation?.trace.at(-1)?.action ?? "";
  if (last !== null && !isSame(last, place))
    found.push(
      annotation(
        "notice",
        last,
        `The last step before: ${title}`,
        `${action} is the last step of the trace.`,
        input.sourceRoot,
      ),
    );
  return found;
}

/** One workflow command, without the end of its line. */
export function annotation(
  level: Remark["level"],
  { file, line, column }: Place,
  title: string,
  message: string,
  sourceRoot: SourceRoot | undefined,
): string {
  const properties = [
    ["file", repositoryPath(file, sourceRoot)],
    ["line", String(line)],
    ["col", String(column)],
    ["title", title],
  ].map(([name, value]) => `${name}=${escapeProperty(value!)}`);
  return `::${level} ${properties.join(",")}::${escapeMessage(message)}`;
}

/** What the runner's own toolkit escapes. */
function escapeMessage(text: string): string {
  return printable(text).replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function isSame(a: Place, b: Place): boolean {
  return a.file === b.file && a.line === b.line && a.column === b.column;
}
