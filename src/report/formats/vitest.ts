/**
 * A trace as a vitest test: takes the steps through the spec as it is then, states what each did, and claims what
 * the trace shows. It passes while the spec has the bug, and fails at the first thing that is different.
 */
import type { Itf, TraceStep, Violation } from "../../search/result.ts";
import { claimOf } from "../claim.ts";
import type { RunInfo } from "../run-info.ts";
import { headline } from "../text/trace-text.ts";
import { toldLines } from "./replay-json.ts";

export function vitestFile(run: RunInfo, violation: Violation, specPath: string): string {
  const { kind, property, instance, location, trace } = violation;
  const claim = claimOf(kind, property);
  const initial = trace[0]?.choice?.place ?? null;
  const title = headline({ ...violation, location: null });
  const failing =
    kind === "scenario"
      ? []
      : [
          "",
          comment(
            "  //",
            kind === "deadlock" ? "Nothing is possible then." : `${property}${instance} fails then.`,
          ),
          `  expect(run.failed).toContain(${text(property)});`,
        ];
  const lines = [
    comment("//", `${title}${location === null ? "" : ` (${location.file}:${location.line})`}.`),
    ...(run.meanings[property] ? [comment("//", run.meanings[property])] : []),
    comment("//", `Written by dscheck ${run.version}: ${run.command}`),
    "// Passes while the spec does this. When the bug is gone, a step below is no longer possible or does something else.",
    'import { replay } from "dscheck";',
    'import { expect, test } from "vitest";',
    "",
    `test(${text(`${run.spec}: ${title}`)}, async () => {`,
    `  const run = await replay(new URL(${text(specPath)}, import.meta.url), {`,
    ...Object.entries(run.parameters).map(([name, value], at, all) =>
      [
        at === 0 ? "    set: {\n" : "",
        `      ${key(name)}: ${literal(value)},`,
        at === all.length - 1 ? "\n    }," : "",
      ].join(""),
    ),
    ...(initial === null ? [] : [`    initial: ${initial},`]),
    ...(trace.length === 1
      ? ["    steps: [],"]
      : ["    steps: [", ...trace.slice(1).map((step) => `      ${stepLiteral(step)},`), "    ],"]),
    ...(claim === null ? [] : [`    expect: ${text(claim)},`]),
    "  });",
    ...trace.slice(1).flatMap((step, at) => stepLines(step, toldLines(step, trace[at]!, run.networks))),
    ...failing,
    ...(claim === null
      ? []
      : [`  expect(run.expected).toEqual({ outcome: ${text(claim)}, met: true, why: null });`]),
    "});",
  ];
  return `${lines.join("\n")}\n`;
}

/** What is told of the run may have line breaks in values; a comment may not. */
export function comment(start: string, given: string): string {
  return `${start} ${given.replace(/[\r\n\u2028\u2029]+/g, " ")}`;
}

function stepLines(step: TraceStep, told: readonly string[]): string[] {
  const list = told.length === 0 ? "[]" : `[\n${told.map((line) => `    ${text(line)},\n`).join("")}  ]`;
  return [
    "",
    comment("  //", `${step.step}. ${step.action ?? ""}${step.fault ? " (a fault)" : ""}`),
    `  expect(run.trace[${step.step}]?.told).toEqual(${list});`,
  ];
}

function stepLiteral({ action, choice }: TraceStep): string {
  if (choice === null) return text(action ?? "");
  const { arguments: given, place } = choice;
  const message = given?.message;
  const fields: Record<string, Itf> = {
    action,
    ...(given === null
      ? {}
      : message !== undefined && Object.keys(given).length === 1
        ? { message }
        : { arguments: given }),
    ...(place === null ? {} : { choice: place }),
  };
  return literal(fields);
}

function literal(value: Itf): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([name, own]) => `${key(name)}: ${literal(own as Itf)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

function key(name: string): string {
  // `__proto__: value` would set the prototype.
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== "__proto__" ? name : JSON.stringify(name);
}

function text(given: string): string {
  return JSON.stringify(given);
}
