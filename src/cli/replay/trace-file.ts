/**
 * A recorded trace as a scenario: the JSON document of a check or of a replay, or an ITF trace of `--report itf`.
 * A recorded step must have its recorded arguments and change exactly what it changed then.
 */

import { claimOf } from "../../report/claim.ts";
import { toStandard } from "../../report/formats/itf-trace.ts";
import { changedByPath } from "../../report/formats/json.ts";
import { same } from "../../report/itf.ts";
import type { Itf, ItfState } from "../../search/result.ts";
import type { ScenarioStep } from "../../search/scenario.ts";
import { didYouMean } from "../../spec/define-spec.ts";
import type { ParameterValue } from "../../spec/parameters.ts";
import { EXIT, UserError } from "../errors.ts";
import { parseClaim, type ReplayRequest } from "./run-replay.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Whether a document is a recorded trace; otherwise it is a scenario. */
export function isTrace(document: unknown): document is Fields {
  return isFields(document) && ("schemaVersion" in document || "#meta" in document);
}

/**
 * `violation`: which one of several, by its number from 1 or its property; null for the first.
 * Specs are named in documents as they were when those were made: relative to the working directory.
 */
export function readTrace(
  file: string,
  document: Fields,
  violation: string | null,
): Omit<ReplayRequest, "fullStates"> {
  const reader = new Reader(file);
  if ("#meta" in document) {
    if (violation !== null)
      throw reader.wrong(`--violation has no effect on an ITF trace, which has one; remove it`);
    return reader.itf(document);
  }
  if (document.schemaVersion !== 1)
    throw reader.wrong(
      `schemaVersion ${JSON.stringify(document.schemaVersion)} is not known here; this is 1`,
    );
  return reader.document(document, violation);
}

class Reader {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  document(document: Fields, wanted: string | null): Omit<ReplayRequest, "fullStates"> {
    const { trace: replayed, expected } = document;
    if (replayed !== undefined && wanted !== null)
      throw this.wrong(
        "--violation has no effect on the document of a replay, which has one trace; remove it",
      );
    if (replayed !== undefined) {
      const { outcome } = isFields(expected) ? expected : { outcome: undefined };
      return this.#request(document, "trace", replayed, typeof outcome === "string" ? outcome : null);
    }
    const violations = this.#list(document.violations, "violations");
    const at = this.#which(violations, wanted);
    const chosen = violations[at];
    if (!isFields(chosen)) throw this.wrong(`violations[${at}] is not a violation`);
    const { kind, property } = chosen;
    if (typeof kind !== "string" || typeof property !== "string")
      throw this.wrong(`violations[${at}] has no kind or no property`);
    return this.#request(document, `violations[${at}].trace`, chosen.trace, claimOf(kind, property));
  }

  /** ITF has other values than dscheck's own documents, and of actions the name alone; the states say the rest. */
  itf(document: Fields): Omit<ReplayRequest, "fullStates"> {
    const meta = document["#meta"];
    if (!isFields(meta)) throw this.wrong("#meta is not a map");
    const { source, parameters, kind, property } = meta;
    if (typeof source !== "string" || typeof parameters !== "string")
      throw this.wrong("#meta has no source or no parameters; only ITF traces of dscheck can be replayed");
    const states = this.#list(document.states, "states").map((state, at) => {
      if (isFields(state)) return state;
      throw this.wrong(`states[${at}] is not a state`);
    });
    const isState =
      (recorded: Fields | undefined) =>
      (state: ItfState): boolean =>
        recorded !== undefined &&
        Object.entries(state).every(([name, value]) => same(toStandard(value), recorded[name] as Itf));
    const steps = states.slice(1).map((state, at): ScenarioStep => {
      const action = state["mbt::actionTaken"];
      if (typeof action !== "string") throw this.wrong(`states[${at + 1}] has no mbt::actionTaken`);
      const leads = isState(state);
      return { action, nameOnly: true, leadsTo: (_, after) => leads(after) };
    });
    const failed = typeof kind === "string" && typeof property === "string";
    const claim = failed ? claimOf(kind, property.replace(/\(.*$/s, "")) : null;
    return {
      ...this.#common({ file: source, parameters: parametersOf(parameters) }),
      scenario: { initial: isState(states[0]), steps },
      claim: claim === null ? null : parseClaim(claim),
    };
  }

  #request(
    document: Fields,
    where: string,
    given: unknown,
    claim: string | null,
  ): Omit<ReplayRequest, "fullStates"> {
    const trace = this.#list(given, where);
    const [first] = trace;
    if (!isFields(first) || !isFields(first.state)) throw this.wrong(`${where}[0] has no state`);
    return {
      ...this.#common(document),
      scenario: {
        initial: first.state as ItfState,
        steps: trace.slice(1).map((step, at) => this.#step(step, `${where}[${at + 1}]`)),
      },
      claim: claim === null ? null : parseClaim(claim),
    };
  }

  #common(document: Fields): Pick<ReplayRequest, "spec" | "parameters" | "source" | "placeOf"> {
    const { file, parameters } = document;
    if (typeof file !== "string") throw this.wrong("file is missing, the path of the spec");
    if (!isFields(parameters)) throw this.wrong("parameters is missing");
    const values: Record<string, ParameterValue> = {};
    for (const [name, value] of Object.entries(parameters)) {
      if (typeof value !== "number" && typeof value !== "boolean" && typeof value !== "string")
        throw this.wrong(`parameters.${name}: ${JSON.stringify(value)} is not a value`);
      values[name] = value;
    }
    return { spec: file, parameters: values, source: this.#file, placeOf: () => `${this.#file}: ` };
  }

  #step(step: unknown, where: string): ScenarioStep {
    if (!isFields(step)) throw this.wrong(`${where} is not a step`);
    const { action, arguments: given, changed } = step;
    if (typeof action !== "string") throw this.wrong(`${where}.action is not text`);
    if (!isFields(given)) throw this.wrong(`${where}.arguments is missing`);
    if (!isFields(changed)) throw this.wrong(`${where}.changed is missing`);
    const recorded = new Set(Object.entries(changed).map(changeKey));
    return {
      action,
      arguments: given as Readonly<Record<string, Itf>>,
      leadsTo: (before, after, networks) => {
        const now = Object.entries(changedByPath(before, after, networks));
        return now.length === recorded.size && now.every((change) => recorded.has(changeKey(change)));
      },
    };
  }

  #which(violations: readonly unknown[], wanted: string | null): number {
    if (violations.length === 0) throw this.wrong("violations is empty: the check found nothing to replay");
    if (wanted === null) return 0;
    const names = violations.map((one) => (isFields(one) ? String(one.property) : ""));
    if (/^\d+$/.test(wanted)) {
      const number = Number(wanted);
      if (number >= 1 && number <= violations.length) return number - 1;
      throw this.wrong(
        `--violation ${wanted}: there ${violations.length === 1 ? "is 1" : `are ${violations.length}`}`,
      );
    }
    const at = names.indexOf(wanted);
    if (at < 0) throw this.wrong(`--violation: no violation of ${wanted}${didYouMean(wanted, names)}`);
    return at;
  }

  #list(value: unknown, where: string): readonly unknown[] {
    if (!Array.isArray(value)) throw this.wrong(`${where} is not a list`);
    return value;
  }

  wrong(message: string): UserError {
    return new UserError(EXIT.option, `${this.#file}: ${message}`);
  }
}

/** `nodes=3 bug=none`, as ITF traces have them; a value may have spaces. */
function parametersOf(text: string): Record<string, string> {
  const parts = text.split(/ (?=\w+=)/).filter((part) => part !== "");
  return Object.fromEntries(
    parts.map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]),
  );
}

function changeKey([path, change]: [string, unknown]): string {
  return JSON.stringify([path, sorted(change)]);
}

/** Whoever passed the document on may have written its fields in another order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isFields(value)) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, own]) => [name, sorted(own)]);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
