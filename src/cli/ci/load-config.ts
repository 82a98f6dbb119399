/** `dscheck.config.ts` from file to checked data; says in one line, with file and line, what is wrong with it. */
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Place } from "../../search/result.ts";
import { didYouMean } from "../../spec/define-spec.ts";
import { describeThrown, EXIT, UserError } from "../errors.ts";
import { bundle, displayPath } from "../load/bundle.ts";
import { checkOptions, type RawOptions } from "../options.ts";
import { type CheckConfig, type CiReport, Config } from "./config.ts";

export const CONFIG_FILES = [
  "dscheck.config.ts",
  "dscheck.config.mts",
  "dscheck.config.js",
  "dscheck.config.mjs",
];

export const CI_REPORTS: readonly CiReport[] = ["junit", "sarif", "markdown", "html", "itf", "scenario"];

const COUNTS = ["distinct", "generated", "depth", "traceLength"] as const;

/** A check as it will run. */
export interface CiCheck extends CheckConfig {
  /** Its position in the list, from 0. */
  readonly index: number;
  /** The spec's file, absolute. */
  readonly path: string;
  /** `holds` where none is given. */
  readonly expect: string;
  /** `specs/raft.ts nodes=3 no-symmetry`; the same for no two checks of a configuration. */
  readonly name: string;
  /** `dscheck.config.ts:5`, for messages. */
  readonly place: string;
  readonly at: Place;
}

export interface LoadedConfig {
  /** Absolute. */
  readonly file: string;
  readonly directory: string;
  readonly checks: readonly CiCheck[];
  readonly reportDirectory: string;
  readonly reports: readonly CiReport[];
}

/** The configuration file that is named, or the one in the working directory. */
export function configFile(given: string | null): string {
  const names = given === null ? CONFIG_FILES : [given];
  const found = names.map((name) => resolve(name)).find((path) => isFile(path));
  if (found !== undefined) return found;
  throw new UserError(
    EXIT.spec,
    given === null
      ? `there is no dscheck.config.ts in ${process.cwd()}; write one (docs/CI.md), or name it with --config FILE`
      : `--config ${given}: there is no such file`,
  );
}

export async function loadConfig(file: string): Promise<LoadedConfig> {
  const bundled = await bundle(file);
  try {
    const module = (await import(bundled.url).catch((error: unknown) => {
      const at = bundled.locateError(error);
      const place = at === null ? null : { ...at, file: displayPath(at.file) };
      const where = place === null ? displayPath(file) : `${place.file}:${place.line}`;
      throw new UserError(EXIT.spec, `${where}: threw while it was loaded: ${describeThrown(error)}`, place);
    })) as { readonly default?: unknown };
    const config = module.default;
    if (!(config instanceof Config))
      throw new UserError(
        EXIT.spec,
        `${displayPath(file)}:1: has no configuration as default export; write "export default defineConfig({ ... })"`,
        { file: displayPath(file), line: 1, column: 1 },
      );
    const made = bundled.locateError(config.made);
    return new Reader(file, made?.line ?? 1).read(config.definition);
  } finally {
    bundled.dispose();
  }
}

/** Checks a definition; each message begins with the place of what it is about. */
class Reader {
  readonly #file: string;
  readonly #line: number;
  readonly #lines: readonly string[];

  constructor(file: string, line: number) {
    this.#file = file;
    this.#line = line;
    this.#lines = readFileSync(file, "utf8").split("\n");
  }

  read(given: unknown): LoadedConfig {
    const definition = this.#object(given, "defineConfig()", ["checks", "reportDirectory", "reports"]);
    const { checks, reportDirectory = "dscheck-report", reports = CI_REPORTS } = definition;
    if (!Array.isArray(checks) || checks.length === 0)
      throw this.#wrong("checks", `${show(checks)} is not a list of checks with at least one`);
    if (typeof reportDirectory !== "string" || reportDirectory === "")
      throw this.#wrong("reportDirectory", `${show(reportDirectory)} is not the name of a directory`);
    if (!Array.isArray(reports)) throw this.#wrong("reports", `${show(reports)} is not a list`);
    for (const report of reports as unknown[])
      if (!CI_REPORTS.some((known) => known === report))
        throw this.#wrong(
          "reports",
          `there is no report ${show(report)}; choose from ${CI_REPORTS.join(", ")}`,
          report,
        );
    const directory = dirname(this.#file);
    const read = checks.map((check: unknown, index) => this.#check(check, index));
    for (const { index, name, spec } of read) {
      const first = read.findIndex((other) => other.name === name);
      if (first !== index)
        throw this.#wrong(`checks[${index}]`, `is the same as checks[${first}]: ${name}`, spec);
    }
    return {
      file: this.#file,
      directory,
      checks: read,
      reportDirectory: resolve(directory, reportDirectory),
      reports: reports as readonly CiReport[],
    };
  }

  #check(given: unknown, index: number): CiCheck {
    const what = `checks[${index}]`;
    const check = this.#object(given, what, CHECK_FIELDS) as { readonly [K in keyof CheckConfig]?: unknown };
    const { spec, parameters = {}, counts = {}, expect = "holds" } = check;
    if (typeof spec !== "string") throw this.#wrong(what, `spec is ${show(spec)}, not the name of a file`);
    const path = resolve(dirname(this.#file), spec);
    if (!isFile(path)) throw this.#wrong(what, `there is no file ${displayPath(path)}`, spec);
    if (typeof parameters !== "object" || parameters === null || Array.isArray(parameters))
      throw this.#wrong(what, `parameters is ${show(parameters)}, not an object of values by name`, spec);
    for (const [name, count] of Object.entries(this.#object(counts, `${what}: counts`, COUNTS)))
      if (!Number.isSafeInteger(count) || Number(count) < 0)
        throw this.#wrong(what, `counts: ${name} is ${show(count)}, not a whole number`, spec);
    try {
      checkOptions(rawOptions({ ...check, parameters, expect }), "program");
    } catch (error) {
      if (error instanceof UserError) throw this.#wrong(what, error.message, spec);
      throw error;
    }
    const valid = { ...check, spec, parameters, counts, expect } as CheckConfig & { readonly expect: string };
    return { ...valid, index, path, name: nameOf(valid), place: this.#shown(spec), at: this.#place(spec) };
  }

  #object(given: unknown, what: string, fields: readonly string[]): Readonly<Record<string, unknown>> {
    if (typeof given !== "object" || given === null || Array.isArray(given))
      throw this.#wrong(what, `${show(given)} is not an object`);
    for (const name of Object.keys(given))
      if (!fields.includes(name))
        throw this.#wrong(what, `there is no field ${name}${didYouMean(name, fields)}`, name);
    return given as Readonly<Record<string, unknown>>;
  }

  #wrong(what: string, message: string, value: unknown = null): UserError {
    return new UserError(EXIT.option, `${this.#shown(value)}: ${what}: ${message}`, this.#place(value));
  }

  /** The only line that has the value or the field, else that of the call of defineConfig. */
  #place(value: unknown): Place {
    let found: number[] = [];
    if (typeof value === "string") {
      const quoted = [`"${value}"`, `'${value}'`, `\`${value}\``, ` ${value}:`];
      found = this.#lines.flatMap((line, at) => (quoted.some((text) => line.includes(text)) ? [at + 1] : []));
    }
    const line = found.length === 1 ? found[0]! : this.#line;
    return { file: displayPath(this.#file), line, column: 1 };
  }

  #shown(value: unknown): string {
    const { file, line } = this.#place(value);
    return `${file}:${line}`;
  }
}

const CHECK_FIELDS: readonly (keyof CheckConfig)[] = [
  "spec",
  "parameters",
  "properties",
  "symmetry",
  "deadlock",
  "continue",
  "audit",
  "maxDepth",
  "expect",
  "counts",
  "maxSeconds",
  "maxMemory",
];

const OPTIONS = CHECK_FIELDS.filter((name) => name !== "spec" && name !== "counts" && name !== "parameters");

/** The options of a check by the names that `check()` has for them. */
export function rawOptions(check: { readonly [K in keyof CheckConfig]?: unknown }): RawOptions {
  const names = OPTIONS.filter((name) => check[name] !== undefined).map((name) => [name, check[name]]);
  return { ...Object.fromEntries(names), set: check.parameters };
}

function nameOf(check: CheckConfig & { readonly expect: string }): string {
  const { spec, parameters = {}, properties, symmetry, deadlock, audit, maxDepth, expect } = check;
  return [
    spec,
    ...Object.entries(parameters).map(([name, value]) => `${name}=${value}`),
    ...(properties === undefined ? [] : [properties.length === 0 ? "no-properties" : properties.join(",")]),
    ...(symmetry === false ? ["no-symmetry"] : []),
    ...(deadlock === false ? ["no-deadlock"] : []),
    ...(check.continue === true ? ["continue"] : []),
    ...(audit === false ? ["no-audit"] : []),
    ...(maxDepth === undefined ? [] : [`max-depth=${maxDepth}`]),
    ...(expect === "holds" ? [] : [`(${expect})`]),
  ].join(" ");
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function show(value: unknown): string {
  return value === undefined ? "missing" : (JSON.stringify(value) ?? String(value));
}
