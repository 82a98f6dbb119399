/**
 * A trace as a scenario file: its steps by their texts, with a message or a place where a text fits several, all
 * parameters (so that it stays the same trace when a default changes), and what it shows as the claim.
 */
import type { Itf, TraceStep, Violation } from "../../search/result.ts";
import { claimOf } from "../claim.ts";
import type { RunInfo } from "../run-info.ts";
import { headline } from "../text/trace-text.ts";
import { comment } from "./vitest.ts";

export function scenarioFile(run: RunInfo, violation: Violation, specPath: string): string {
  const { kind, property, trace } = violation;
  const meaning = run.meanings[property] ?? "";
  const place = trace[0]?.choice?.place ?? null;
  const claim = claimOf(kind, property);
  const parameters = Object.entries(run.parameters);
  const lines = [
    ...[headline(violation), ...(meaning === "" ? [] : [meaning]), `From: ${run.command}`].map((text) =>
      comment("#", text),
    ),
    `spec: ${scalar(specPath)}`,
    ...(parameters.length === 0
      ? []
      : ["parameters:", ...parameters.map(([name, value]) => `  ${scalar(name)}: ${flow(value)}`)]),
    ...(place === null ? [] : [`initial: ${place}`]),
    ...(trace.length === 1 ? ["steps: []"] : ["steps:", ...trace.slice(1).flatMap(stepLines)]),
    ...(claim === null ? [] : [`expect: ${scalar(claim)}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function stepLines({ action, choice }: TraceStep): string[] {
  const text = scalar(action ?? "");
  if (choice === null) return [`  - ${text}`];
  const { arguments: given, place } = choice;
  const message = given?.message;
  return [
    `  - action: ${text}`,
    ...(given === null
      ? []
      : message !== undefined && Object.keys(given).length === 1
        ? [`    message: ${flow(message)}`]
        : [`    arguments: ${flow(given)}`]),
    ...(place === null ? [] : [`    choice: ${place}`]),
  ];
}

/** A value on one line, as YAML's flow style: JSON, but for words that need no quotes. */
export function flow(value: Itf): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([name, own]) => `${word(name)}: ${flow(own as Itf)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  return typeof value === "string" ? word(value) : JSON.stringify(value);
}

const OTHERWISE = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

function word(text: string): string {
  return /^[A-Za-z_][\w-]*$/.test(text) && !OTHERWISE.test(text) ? text : JSON.stringify(text);
}

/** A text that has a line, or the rest of it, for itself. */
function scalar(text: string): string {
  return /^[A-Za-z_.][\w./-]*(?:\([\w>, -]*\)|:[A-Za-z_]\w*)?$/.test(text) && !OTHERWISE.test(text)
    ? text
    : JSON.stringify(text);
}
