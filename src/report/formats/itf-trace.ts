/**
 * A counterexample in the Informal Trace Format (Apalache ADR-015, https://apalache-mc.org/docs/adr/015adr-trace.html),
 * with the two variables by which quint tells drivers of model-based tests what happened.
 *
 * ITF knows no null, no fractions and no field that begins with #, and has every integer as {"#bigint": "1"}. So null
 * is quint's None, a fraction is #unserializable, and a record with such a field is a #map of its fields.
 */
import type { Itf, TraceStep, Violation } from "../../search/result.ts";
import { type ItfFields, mapEntries, setMembers, tupleItems } from "../itf.ts";
import type { RunInfo } from "../run-info.ts";

/** The whole file. Says nothing of date or machine: the same counterexample gives the same text. */
export function itfTrace(run: RunInfo, violation: Violation): string {
  const { trace } = violation;
  const vars = Object.keys(trace[0]?.state ?? {});
  const picks = [...new Set(trace.flatMap((step) => Object.keys(step.arguments)))];
  const document = {
    // Texts only: itf-rs reads no others here.
    "#meta": {
      format: "ITF",
      "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
      source: run.file,
      description: `Created by dscheck ${run.version}: ${run.command}`,
      status: "violation",
      property: violation.property + violation.instance,
      kind: violation.kind,
      // Not `params`: what is named there must be set in the initial state, and readers want all states alike.
      parameters: Object.entries(run.parameters)
        .map(([name, value]) => `${name}=${value}`)
        .join(" "),
      dscheck: run.version,
    },
    vars: [...vars, ACTION_TAKEN, NONDET_PICKS],
    states: trace.map((step) => stateOf(step, picks)),
  };
  return `${text(document, 0)}\n`;
}

const ACTION_TAKEN = "mbt::actionTaken";
const NONDET_PICKS = "mbt::nondetPicks";
const NONE: Itf = { tag: "None", value: { "#tup": [] } };

function stateOf(step: TraceStep, picks: readonly string[]): Readonly<Record<string, unknown>> {
  const values = Object.entries(step.state).map(([name, value]) => [name, toStandard(value)]);
  const picked = picks.map((name): [string, Itf] => {
    const value = Object.hasOwn(step.arguments, name) ? step.arguments[name] : undefined;
    return [name, value === undefined ? NONE : { tag: "Some", value: toStandard(value) }];
  });
  return {
    "#meta": { index: step.step },
    ...Object.fromEntries(values),
    [ACTION_TAKEN]: step.actionName ?? "init",
    [NONDET_PICKS]: record(picked),
  };
}

/** A value as dscheck's own JSON has it, as ADR-015 wants it. */
export function toStandard(value: Itf): Itf {
  if (value === null) return NONE;
  if (typeof value === "number")
    return Number.isInteger(value)
      ? { "#bigint": BigInt(value).toString() }
      : { "#unserializable": String(value) };
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(toStandard);
  const map = mapEntries(value);
  if (map !== null) return { "#map": map.map(([key, item]) => [toStandard(key), toStandard(item)]) };
  const set = setMembers(value);
  if (set !== null) return { "#set": set.map(toStandard) };
  const tuple = tupleItems(value);
  if (tuple !== null) return { "#tup": tuple.map(toStandard) };
  const fields = Object.entries(value as ItfFields);
  const [first] = fields;
  if (fields.length === 1 && (first![0] === "#bigint" || first![0] === "#unserializable")) return value;
  return record(fields.map(([field, item]) => [field, toStandard(item)]));
}

function record(fields: readonly (readonly [string, Itf])[]): Itf {
  return fields.some(([field]) => field.startsWith("#")) ? { "#map": fields } : Object.fromEntries(fields);
}

/** JSON that a person can read: what fits into a line is one. */
function text(value: unknown, depth: number): string {
  const short = JSON.stringify(value, null, 1)
    .replaceAll(/(?<=\[)\n\s*|\n\s*(?=\])/g, "")
    .replaceAll(/\n\s*/g, " ");
  if (typeof value !== "object" || value === null || short.length + 2 * depth <= 100) return short;
  const inner = "  ".repeat(depth + 1);
  const lines = Array.isArray(value)
    ? value.map((item) => inner + text(item, depth + 1))
    : Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${text(item, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return `${open}\n${lines.join(",\n")}\n${"  ".repeat(depth)}${close}`;
}
