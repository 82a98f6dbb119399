/**
 * A counterexample in the shape that TLC writes with `-dumpTrace json FILE` (its modules _JsonTrace and Json): states
 * numbered from 1, and each step as the state before, the action, the state after. TLC reads it with
 * `-loadTrace json FILE` for a TLA+ spec with the same variables.
 *
 * JSON has no sets, functions or model values; as in TLC sets are arrays, functions are objects whose keys are TLA+
 * text (arrays if their domain is 1..n), model values are their names. null is the string "null", as a TLA+ spec
 * would have a model value for it. TLC knows where an action ends, dscheck only where it is declared: both are that.
 */
import type { Itf, TraceStep, Violation } from "../../search/result.ts";
import { type ItfFields, listItems, mapEntries, setMembers, tupleItems } from "../itf.ts";
import type { RunInfo } from "../run-info.ts";

type Json = boolean | number | string | readonly Json[] | { readonly [field: string]: Json };

/** The whole file, with one line for each state and each step. */
export function tlcTrace(run: RunInfo, { trace }: Violation): string {
  const names = new Set(run.declared.idSets.flatMap(({ members }) => members));
  const values = new Values(names);
  const states = trace.map((step): Json => [step.step + 1, values.fields(step.state)]);
  const actions = trace.slice(1).map((step, at): Json => {
    return [states[at]!, actionOf(step, run, values), states[at + 1]!];
  });
  const vars = Object.keys(trace[0]?.state ?? {});
  const lines = (items: readonly Json[]): string =>
    items.length === 0 ? "[]" : `[\n${items.map((item) => JSON.stringify(item)).join(",\n")}\n]`;
  return `{"counterexample":{"action":${lines(actions)},"state":${lines(states)}},"vars":${JSON.stringify(vars)}}\n`;
}

function actionOf(step: TraceStep, run: RunInfo, values: Values): Json {
  const { location } = step;
  const [line, column] = location === null ? [0, 0] : [location.line, location.column];
  const module = location === null ? "--unknown--" : run.spec;
  const parameters = Object.keys(step.arguments);
  return {
    name: step.actionName ?? "",
    location: { beginLine: line, beginColumn: column, endLine: line, endColumn: column, module },
    ...(parameters.length === 0 ? {} : { context: values.fields(step.arguments), parameters }),
  };
}

class Values {
  /** Names of ids, which are model values. */
  readonly #names: ReadonlySet<string>;

  constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  fields(fields: Readonly<Record<string, Itf>>): Json {
    return Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, this.json(value)]));
  }

  json(value: Itf): Json {
    if (value === null) return "null";
    if (typeof value !== "object") return value;
    const items = listItems(value) ?? setMembers(value) ?? tupleItems(value);
    if (items !== null) return items.map((item) => this.json(item));
    const map = mapEntries(value);
    if (map === null) return scalarIn(value as ItfFields) ?? this.fields(value as ItfFields);
    const byNumber = [...map].sort(([a], [b]) => Number(a) - Number(b));
    if (byNumber.every(([key], at) => key === at + 1)) return byNumber.map(([, item]) => this.json(item));
    return Object.fromEntries(map.map(([key, item]) => [this.key(key), this.json(item)]));
  }

  /** A key of a function: a string as it is, everything else as TLA+ text. */
  key(value: Itf): string {
    return typeof value === "string" ? value : this.#tla(value);
  }

  #tla(value: Itf): string {
    if (value === null) return "null";
    if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
    if (typeof value === "number") return String(value);
    if (typeof value === "string") return this.#names.has(value) ? value : JSON.stringify(value);
    const items = listItems(value) ?? tupleItems(value);
    if (items !== null) return items.length === 0 ? "<<>>" : `<<${this.#all(items)}>>`;
    const set = setMembers(value);
    if (set !== null) return `{${this.#all(set)}}`;
    const map = mapEntries(value);
    if (map !== null)
      return map.length === 0
        ? "<<>>"
        : `(${map.map(([key, item]) => `${this.#tla(key)} :> ${this.#tla(item)}`).join(" @@ ")})`;
    const scalar = scalarIn(value as ItfFields);
    if (scalar !== null) return scalar;
    const fields = Object.entries(value).map(([field, item]) => `${field} |-> ${this.#tla(item as Itf)}`);
    return `[${fields.join(", ")}]`;
  }

  #all(items: readonly Itf[]): string {
    return items.map((item) => this.#tla(item)).join(", ");
  }
}

/** What is in `{"#bigint": "1"}` or `{"#unserializable": "x"}`; null for records. */
function scalarIn(fields: ItfFields): string | null {
  const [first, ...more] = Object.entries(fields);
  if (first === undefined || more.length > 0 || typeof first[1] !== "string") return null;
  return first[0] === "#bigint" || first[0] === "#unserializable" ? first[1] : null;
}
