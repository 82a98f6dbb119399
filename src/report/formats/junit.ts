/**
 * JUnit XML of a run: a suite for the spec with its parameters, a case for each property, one for deadlocks when they
 * were looked for, and one for each assertion or error in an action. The one importer of xmlbuilder2.
 *
 * A case fails when its property is violated or not reached, is in error when the spec threw, and is skipped, with the
 * reason, when nothing was decided or when what was decided says nothing (vacuous, parameters too small). So a case
 * that passes was checked and held. An expectation that was met (`--expect`) lets cases pass and keeps their traces.
 */
import type { Place, PropertyResult, Violation } from "../../search/result.ts";
import type { ReportInput } from "../kinds.ts";
import { plural } from "../layout.ts";
import { isComplete, sawAll } from "../run-info.ts";
import { repositoryPath } from "../source-root.ts";
import { lastPlace, shortTitle } from "../text/remarks.ts";
import { paintFor } from "../text/style.ts";
import { textReport, verdictInWords } from "../text/text.ts";
import { violationLines } from "../text/trace-text.ts";
import { printable } from "../told.ts";

type XMLBuilder = ReturnType<typeof import("xmlbuilder2").create>;

interface Case {
  readonly name: string;
  readonly place: Place | null;
  readonly outcome: "passed" | "failure" | "error" | "skipped";
  /** In one line. */
  readonly message: string;
  /** `invariant`, `deadlock`, ... */
  readonly type: string;
  /** The trace, or what else there is to read. */
  readonly text: string;
}

export function junitReport(input: ReportInput): Promise<string> {
  return junitDocument([input], []);
}

/** A check of several that was not run, and why. */
export interface NotRun {
  readonly name: string;
  readonly message: string;
}

/** One document of several runs; what was not run is a suite with one skipped case. */
export async function junitDocument(
  inputs: readonly ReportInput[],
  notRun: readonly NotRun[],
): Promise<string> {
  const { create } = await import("xmlbuilder2");
  const suites = inputs.map((input) => ({ input, cases: casesOf(input) }));
  const skipped = notRun.map(({ name, message }): readonly [string, Case] => [name, skippedCase(message)]);
  const all = [...suites.flatMap(({ cases }) => cases), ...skipped.map(([, one]) => one)];
  const seconds = inputs.reduce((sum, { result }) => sum + result.seconds, 0);
  const root = create({ version: "1.0", encoding: "UTF-8" }).ele("testsuites", {
    name: "dscheck",
    ...totalsOf(all, seconds),
  });
  for (const { input, cases } of suites) writeSuite(root, input, cases);
  for (const [name, one] of skipped) {
    const suite = root.ele("testsuite", { name: printable(name), ...totalsOf([one], 0) });
    writeCase(suite, one, { name: one.name, classname: "dscheck.ci", time: "0" });
  }
  return `${root.end({ prettyPrint: true })}\n`;
}

function skippedCase(message: string): Case {
  return { name: "check", place: null, outcome: "skipped", message, type: "not-run", text: "" };
}

function totalsOf(cases: readonly Case[], seconds: number): Record<string, string> {
  const count = (outcome: Case["outcome"]): string =>
    String(cases.filter((one) => one.outcome === outcome).length);
  return {
    tests: String(cases.length),
    failures: count("failure"),
    errors: count("error"),
    skipped: count("skipped"),
    time: seconds.toFixed(3),
  };
}

function writeSuite(root: XMLBuilder, input: ReportInput, cases: readonly Case[]): void {
  const { run, result, report } = input;
  const parameters = Object.entries(run.parameters).map(([name, value]) => `${name}=${value}`);
  const suiteName = parameters.length === 0 ? run.spec : `${run.spec} (${parameters.join(", ")})`;
  const suite = root.ele("testsuite", {
    name: printable(suiteName),
    ...totalsOf(cases, result.seconds),
    file: printable(repositoryPath(run.file, input.sourceRoot)),
  });
  const properties = suite.ele("properties");
  for (const [name, value] of [
    ["dscheck", run.version],
    ["command", run.command],
    ["verdict", result.verdict],
    ["exitCode", String(report.exitCode)],
    ["distinct", String(result.states.distinct)],
    ["depth", String(result.states.depth)],
  ] as const)
    properties.ele("property", { name, value: printable(value) });
  for (const one of cases)
    writeCase(suite, one, {
      name: printable(one.name),
      classname: printable(`dscheck.${run.spec}`),
      time: "0",
      ...placeAttributes(one.place, input),
    });
  suite.ele("system-out").txt(printable(textReport(run, result, input.expected, { ...PLAIN, quiet: true })));
}

function writeCase(suite: XMLBuilder, one: Case, attributes: Record<string, string>): void {
  const element = suite.ele("testcase", attributes);
  const { outcome, message, type, text } = one;
  if (outcome === "passed") {
    if (text !== "") element.ele("system-out").txt(printable(text));
  } else if (outcome === "skipped") element.ele("skipped", { message: printable(message) });
  else element.ele(outcome, { message: printable(message), type: printable(type) }).txt(printable(text));
}

const PLAIN = { paint: paintFor(false), width: 100, fullStates: false, quiet: false };

function casesOf(input: ReportInput): Case[] {
  const { run, result, expected } = input;
  const cases = result.properties.map((property) => propertyCase(property, input));
  const deadlock = result.violations.find(({ kind }) => kind === "deadlock");
  if (deadlock !== undefined) cases.push(violationCase("deadlock", deadlock, input));
  else if (run.deadlockChecked) {
    const decided = sawAll(input.result);
    cases.push({
      name: "deadlock",
      place: null,
      outcome: decided ? "passed" : "skipped",
      message: decided ? "" : undecided(input),
      type: "deadlock",
      text: "",
    });
  }
  for (const violation of result.violations)
    if (violation.kind === "assertion" || violation.kind === "action-error")
      cases.push(violationCase(`action ${violation.property}`, violation, input));
  if (result.failure !== null)
    cases.push({
      name: "check",
      place: null,
      outcome: "error",
      message: result.failure.message,
      type: result.failure.kind,
      text: verdictInWords(run, result),
    });
  if (expected !== null && !expected.met)
    cases.push({
      name: `expected ${expected.outcome}`,
      place: null,
      outcome: "failure",
      message: "not the expected outcome",
      type: "expected",
      text: verdictInWords(run, result),
    });
  return cases;
}

function propertyCase({ name, kind, verdict }: PropertyResult, input: ReportInput): Case {
  const { run, result, expected } = input;
  const violation = result.violations.find((one) => one.property === name && one.kind !== "action-error");
  if (violation !== undefined) return violationCase(name, violation, input);
  const place = run.declared.properties.find((property) => property.name === name)?.location ?? null;
  const meaning = run.meanings[name] ?? "";
  const of = (outcome: Case["outcome"], message: string, text = ""): Case => ({
    name,
    place,
    outcome: outcome === "failure" && expected?.met === true ? "passed" : outcome,
    message,
    type: kind,
    text: outcome === "failure" ? [message, meaning].filter((line) => line !== "").join("\n") : text,
  });
  switch (verdict) {
    case "violated":
      return of("failure", `${name} is violated; --continue prints its trace`);
    case "reached": {
      const steps = result.reached.find(({ property }) => property === name)?.steps ?? null;
      return of("passed", "", steps === null ? "" : `reached in ${plural(steps, "step")}`);
    }
    case "unreached":
      return isComplete(input.result)
        ? of("failure", `${name} is true in no reachable state`)
        : of("skipped", `not reached so far: ${undecided(input)}`);
    case "vacuous":
      return of("skipped", `vacuous${sawAll(input.result) ? ": its premise was never true" : " so far"}`);
    case "not-checked":
      return of("skipped", "not checked: the parameters are too small for it");
    case "undecided":
      return of("skipped", undecided(input));
    case "holds":
      return sawAll(input.result) ? of("passed", "") : of("skipped", `holds so far: ${undecided(input)}`);
  }
}

function violationCase(name: string, violation: Violation, { run, expected }: ReportInput): Case {
  const isError = violation.kind === "action-error" || violation.kind === "property-error";
  return {
    name,
    place: violation.location ?? lastPlace(violation),
    outcome: isError ? "error" : expected?.met === true ? "passed" : "failure",
    message:
      violation.message === "" ? shortTitle(violation) : `${shortTitle(violation)}: ${violation.message}`,
    type: violation.kind,
    text: [...violationLines(violation, run, PLAIN), "", "To print this again:", run.command].join("\n"),
  };
}

function undecided({ run, result }: ReportInput): string {
  return result.violations.length > 0 && result.stopped === null
    ? "undecided: the search ended at the first violation; --continue goes on"
    : `undecided: ${verdictInWords(run, result)}`;
}

function placeAttributes(place: Place | null, { run, sourceRoot }: ReportInput): Record<string, string> {
  const file = printable(repositoryPath(place?.file ?? run.file, sourceRoot));
  return place === null ? { file } : { file, line: String(place.line) };
}
