/**
 * The options of a check, from text (the command line) or data (`check()`), checked before anything runs.
 * An option that is unknown, has no value that it could take, or would have no effect is an error: a run
 * that ignores what it was told gives a verdict on another question.
 */
import { availableParallelism } from "node:os";
import type { CheckOptions } from "../check.ts";
import type { SearchOptions } from "../search/result.ts";
import { didYouMean, type Spec } from "../spec/define-spec.ts";
import type { Model } from "../spec/model.ts";
import type { ParameterValue } from "../spec/parameters.ts";
import { EXIT, UserError } from "./errors.ts";
import { type Expectation, OUTCOMES } from "./exit-code.ts";
import { DEFAULT_SHARE, memoryLimitBytes, parseMemory } from "./memory.ts";

/** Who gave the options, and so how messages name them. */
export type Caller = "command" | "program";

/** Options as they come: numbers may still be text, and nothing has been checked. */
export type RawOptions = { readonly [K in keyof CheckOptions]?: unknown };

const FLAGS: { readonly [K in keyof CheckOptions]-?: string } = {
  nodes: "--nodes",
  set: "--set",
  faults: "--faults",
  workers: "--workers",
  symmetry: "--no-symmetry",
  deadlock: "--no-deadlock",
  properties: "--property",
  maxStates: "--max-states",
  maxDepth: "--max-depth",
  maxSeconds: "--max-seconds",
  maxMemory: "--max-memory",
  continue: "--continue",
  audit: "--no-audit",
  fullStates: "--full-states",
  expect: "--expect",
  onProgress: "onProgress",
  signal: "signal",
};

export interface CheckedOptions {
  readonly caller: Caller;
  readonly search: SearchOptions;
  /** Parameter values as given, each with the option that gave it. */
  readonly parameters: readonly { readonly name: string; readonly value: ParameterValue; readonly by: By }[];
  /** Limits of the machine's resources as they were given: flag and text. */
  readonly given: readonly (readonly [flag: string, text: string])[];
  readonly fullStates: boolean;
  readonly expect: Expectation | null;
}

type By = "nodes" | "set" | "faults";

export function wrongOption(message: string): UserError {
  return new UserError(EXIT.option, message);
}

/** Checks what can be checked without the spec. */
export function checkOptions(raw: RawOptions, caller: Caller): CheckedOptions {
  for (const key of Object.keys(raw))
    if (!Object.hasOwn(FLAGS, key))
      throw wrongOption(`check() has no option ${key}${didYouMean(key, Object.keys(FLAGS))}`);
  const reader = new Reader(raw, caller);
  const properties = reader.names("properties");
  const options: CheckedOptions = {
    caller,
    search: {
      workers: reader.count("workers", 1, 1024) ?? availableParallelism(),
      symmetry: reader.flag("symmetry", true),
      deadlock: reader.flag("deadlock", true),
      properties,
      statesMax: reader.count("maxStates", 1, Number.MAX_SAFE_INTEGER),
      depthMax: reader.count("maxDepth", 0, Number.MAX_SAFE_INTEGER),
      secondsMax: reader.seconds("maxSeconds"),
      memoryBytesMax: reader.memory("maxMemory"),
      keepGoing: reader.flag("continue", false),
      audit: reader.flag("audit", true),
    },
    parameters: reader.parameters(),
    given: (["maxStates", "maxSeconds", "maxMemory"] as const).flatMap((key) =>
      raw[key] === undefined ? [] : [[FLAGS[key], String(raw[key])] as const],
    ),
    fullStates: reader.flag("fullStates", false),
    expect: reader.expectation("expect"),
  };
  if (options.expect?.outcome === "deadlock" && !options.search.deadlock)
    throw wrongOption(
      `${reader.label("expect")} deadlock cannot be met with ${reader.label("deadlock")}; remove one`,
    );
  return options;
}

/** The parameter values that were given, for `Spec.resolve`. */
export function givenParameters(
  spec: Spec,
  options: Pick<CheckedOptions, "parameters" | "caller">,
): Record<string, ParameterValue> {
  const given: Record<string, ParameterValue> = Object.create(null);
  const from = new Map<string, By>();
  for (const { name, value, by } of options.parameters) {
    const parameter = Object.hasOwn(spec.parameters, name) ? spec.parameters[name] : undefined;
    const label = labelOf(by, options.caller);
    if (by === "nodes" && parameter === undefined)
      throw wrongOption(`${label} has no effect: ${spec.name} has no parameter nodes`);
    if (by === "faults") {
      const faults = Object.keys(spec.parameters).filter((key) => {
        const other = spec.parameters[key]!;
        return other.type === "integer" && other.fault;
      });
      if (parameter === undefined)
        throw wrongOption(`${label}: ${spec.name} has no fault ${name}${didYouMean(name, faults)}`);
      if (!faults.includes(name))
        throw wrongOption(
          `${label}: the parameter ${name} of ${spec.name} is not a fault; use ${labelOf("set", options.caller)}`,
        );
    }
    if (from.has(name))
      throw wrongOption(
        `the parameter ${name} is given twice (${labelOf(from.get(name)!, options.caller)}, ${label})`,
      );
    from.set(name, by);
    given[name] = value;
  }
  return given;
}

/** Checks what names parts of the model, and that every option has an effect on it. */
export function checkAgainstModel(spec: Spec, model: Model, options: CheckedOptions): void {
  const label = (key: keyof CheckOptions): string => labelOf(key, options.caller);
  const names = model.properties.map((property) => property.name);
  for (const name of options.search.properties ?? [])
    if (!names.includes(name))
      throw wrongOption(
        `${label("properties")}: ${spec.name} has no property ${name}${didYouMean(name, names)}`,
      );
  if (!options.search.symmetry && model.idSets.every((set) => set.ordered))
    throw wrongOption(`${label("symmetry")} has no effect: ${spec.name} declares no scalarset`);
  checkExpectation(spec, model, options, label("expect"));
}

function checkExpectation(spec: Spec, model: Model, { expect, search }: CheckedOptions, label: string): void {
  if (expect === null) return;
  const selected = model.properties.filter(
    (p) => search.properties === null || search.properties.includes(p.name),
  );
  const reachables = selected.filter((p) => p.kind === "reachable").map((p) => p.name);
  const failing = [
    ...selected.filter((p) => p.kind !== "reachable").map((p) => p.name),
    // An assertion that fails is known by the action that makes it.
    ...model.actions.map((action) => action.name),
  ];
  const known = expect.outcome === "unreached" ? reachables : failing;
  if (expect.outcome === "unreached" && known.length === 0)
    throw wrongOption(
      `${label} ${expect.text} cannot be met: ${spec.name} declares nothing reachable that is checked`,
    );
  if (expect.name !== null && !known.includes(expect.name)) {
    const unselected =
      model.properties.some((p) => p.name === expect.name) && !selected.some((p) => p.name === expect.name);
    throw wrongOption(
      unselected
        ? `${label} ${expect.text} cannot be met: ${expect.name} is not among the properties that are checked`
        : `${label} ${expect.text}: ${spec.name} has nothing named ${expect.name} that can be ${expect.outcome}${didYouMean(expect.name, known)}`,
    );
  }
}

function labelOf(key: keyof CheckOptions, caller: Caller): string {
  return caller === "command" ? FLAGS[key] : key;
}

/** Reads single options; each method gives the value, or the default when the option is not there. */
class Reader {
  readonly #raw: RawOptions;
  readonly #caller: Caller;

  constructor(raw: RawOptions, caller: Caller) {
    this.#raw = raw;
    this.#caller = caller;
  }

  label(key: keyof CheckOptions): string {
    return labelOf(key, this.#caller);
  }

  flag(key: keyof CheckOptions, fallback: boolean): boolean {
    const given = this.#raw[key];
    if (given === undefined) return fallback;
    if (typeof given !== "boolean")
      throw wrongOption(`${this.label(key)}: ${show(given)} is neither true nor false`);
    return given;
  }

  count(key: keyof CheckOptions, min: number, max: number): number | null {
    const given = this.#raw[key];
    if (given === undefined) return null;
    const number = typeof given === "string" && /^[+-]?\d+$/.test(given.trim()) ? Number(given) : given;
    if (typeof number !== "number" || !Number.isInteger(number))
      throw wrongOption(`${this.label(key)}: ${show(given)} is not a whole number`);
    if (number < min || number > max) {
      const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
      throw wrongOption(`${this.label(key)}: ${number} is out of range; choose ${range}`);
    }
    return number;
  }

  seconds(key: keyof CheckOptions): number | null {
    const given = this.#raw[key];
    if (given === undefined) return null;
    const number = typeof given === "string" && /^\d+(\.\d+)?$/.test(given.trim()) ? Number(given) : given;
    if (typeof number !== "number" || !Number.isFinite(number) || number <= 0)
      throw wrongOption(`${this.label(key)}: ${show(given)} is not a number of seconds above 0`);
    return number;
  }

  memory(key: keyof CheckOptions): number {
    const limitBytes = memoryLimitBytes();
    const given = this.#raw[key];
    if (given === undefined) return Math.floor(limitBytes * DEFAULT_SHARE);
    const bytes =
      typeof given === "number" || typeof given === "string" ? parseMemory(String(given), limitBytes) : null;
    if (bytes === null)
      throw wrongOption(
        `${this.label(key)}: ${show(given)} is no amount of memory; write 4GiB, 512MiB, 75% or a number of bytes`,
      );
    if (bytes === 0) throw wrongOption(`${this.label(key)}: ${show(given)} leaves no memory to run in`);
    if (bytes > limitBytes)
      throw wrongOption(
        `${this.label(key)}: ${show(given)} is more than the ${Math.floor(limitBytes / 2 ** 20)} MiB that this process may use`,
      );
    return bytes;
  }

  names(key: keyof CheckOptions): readonly string[] | null {
    const given = this.#raw[key];
    if (given === undefined) return null;
    if (!Array.isArray(given) || given.some((name) => typeof name !== "string"))
      throw wrongOption(`${this.label(key)}: ${show(given)} is not a list of names`);
    const names = given as string[];
    const repeated = names.find((name, at) => names.indexOf(name) !== at);
    if (repeated !== undefined) throw wrongOption(`${this.label(key)} ${repeated} is given twice`);
    return names;
  }

  parameters(): CheckedOptions["parameters"] {
    const found: { name: string; value: ParameterValue; by: By }[] = [];
    const { nodes } = this.#raw;
    if (nodes !== undefined)
      found.push({ name: "nodes", value: this.#parameterValue("nodes", "nodes", nodes), by: "nodes" });
    for (const by of ["set", "faults"] as const)
      for (const [name, value] of this.#entries(by))
        found.push({ name, value: this.#parameterValue(by, name, value), by });
    return found;
  }

  #parameterValue(by: By, name: string, value: unknown): ParameterValue {
    if (typeof value === "number" || typeof value === "boolean" || typeof value === "string") return value;
    throw wrongOption(`${this.label(by)}: ${show(value)} is not a value for ${name}`);
  }

  /** `name=value` texts of the command line, or the entries of a plain object. */
  #entries(key: "set" | "faults"): [string, unknown][] {
    const given = this.#raw[key];
    if (given === undefined) return [];
    if (this.#caller === "program") {
      if (typeof given !== "object" || given === null || Array.isArray(given))
        throw wrongOption(`${this.label(key)}: ${show(given)} is not an object of values by name`);
      return Object.entries(given);
    }
    const texts = given as readonly string[];
    const pairs = key === "faults" ? texts.flatMap((text) => text.split(",")) : texts;
    return pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at <= 0 || at === pair.length - 1)
        throw wrongOption(
          `${this.label(key)} ${pair}: write ${key === "set" ? "name=value" : "fault=count, or several with commas"}`,
        );
      return [pair.slice(0, at), pair.slice(at + 1)];
    });
  }

  expectation(key: keyof CheckOptions): Expectation | null {
    const given = this.#raw[key];
    if (given === undefined) return null;
    const [word, ...rest] = String(given).split(":");
    const outcome = OUTCOMES.find((known) => known === word);
    const name = rest.length === 0 ? null : rest.join(":");
    if (outcome === undefined)
      throw wrongOption(
        `${this.label(key)}: there is no outcome ${show(word)}${didYouMean(word!, OUTCOMES)}`,
      );
    if (name === "" || (name !== null && outcome !== "violated" && outcome !== "unreached"))
      throw wrongOption(
        `${this.label(key)} ${given}: write ${OUTCOMES.join(", ")}, violated:NAME or unreached:NAME`,
      );
    return { outcome, name, text: String(given) };
  }
}

function show(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
