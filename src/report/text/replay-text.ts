/** A replay for people: what was replayed, the trace, why it fails at its end, and whether the claim is met. */
import type { Violation } from "../../search/result.ts";
import type { ReplayReport } from "../formats/replay-json.ts";
import { hang, plural } from "../layout.ts";
import type { RunInfo } from "../run-info.ts";
import { type TextOptions, violationLines } from "./trace-text.ts";

/** `ending`: the trace with what fails at its end. */
export function replayText(
  run: RunInfo,
  report: ReplayReport,
  ending: Violation,
  options: TextOptions,
): string {
  const { paint, width } = options;
  const settings = Object.entries(run.parameters).map(([name, value]) => `${name}=${value}`);
  const title = [
    paint.strong(`${run.spec}  ${run.file}`),
    ...(settings.length === 0 ? [] : hang("  ", settings.join("  "), width)),
    ...report.overridden.flatMap(({ parameter, scenario, used }) =>
      hang(
        "  ",
        `${parameter}=${used} as the command line says; the scenario has ${scenario === null ? "the default" : scenario}`,
        width,
      ),
    ),
  ];
  const blocks = [title, violationLines(ending, run, options, "replay"), lastLines(report, ending, options)];
  return `${blocks.map((lines) => lines.join("\n").replace(/\n+$/, "")).join("\n\n")}\n`;
}

function lastLines(report: ReplayReport, ending: Violation, { paint, width }: TextOptions): string[] {
  const steps = report.trace.length - 1;
  const lines: string[] = [];
  const say = (label: string, text: string, colour: (text: string) => string = (line) => line): void => {
    lines.push(...hang(label.padEnd(10), text, width).map(colour));
  };
  say("Replayed", `${plural(steps, "step")}${report.scenario === null ? "" : ` of ${report.scenario}`}`);
  for (const text of otherFindings(report, ending, steps)) say("Also", text, paint.unsure);
  for (const { step, constraint } of report.outside)
    say(
      "Outside",
      `the constraint ${constraint} excludes the state after step ${step}; a check does not go on from there`,
      paint.unsure,
    );
  if (report.reached.length > 0) say("Reached", report.reached.join(", "));
  const { expected } = report;
  if (expected === null) say("Claim", "none");
  else if (expected.met) say("Claim", `${expected.outcome}: met`, paint.good);
  else say("Claim", `${expected.outcome}: NOT MET, ${expected.why}`, paint.bad);
  return lines;
}

/** What else fails, once for each, with its steps. */
function otherFindings({ findings }: ReplayReport, ending: Violation, last: number): string[] {
  const stepsOf = new Map<string, number[]>();
  for (const { step, kind, property, instance, message } of findings) {
    if (step === last && kind === ending.kind && property === ending.property) continue;
    const what =
      kind === "deadlock"
        ? "nothing is possible"
        : kind === "invariant" || kind === "step"
          ? `${property}${instance} is violated`
          : `${property}${instance} throws ${JSON.stringify(message)}`;
    stepsOf.set(what, [...(stepsOf.get(what) ?? []), step]);
  }
  return [...stepsOf].map(([what, steps]) =>
    steps.length === 1 && steps[0] === 0
      ? `${what} in the initial state`
      : `${what} after step${steps.length === 1 ? "" : "s"} ${steps.join(", ")}`,
  );
}
