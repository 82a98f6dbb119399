/** One check from options to report: what `dscheck check` and the function `check()` share. */
import type { CheckOptions } from "../../check.ts";
import { type CheckReport, checkReport } from "../../report/formats/json.ts";
import type { Declared, Expected, RunInfo } from "../../report/run-info.ts";
import type { Place, SearchFailure, SearchResult, Violation } from "../../search/result.ts";
import { search } from "../../search/search.ts";
import type { SourceLocation } from "../../spec/definitions.ts";
import { nameOfId } from "../../spec/ids.ts";
import type { Model } from "../../spec/model.ts";
import { errorOf, expectedExitCode, isMet } from "../exit-code.ts";
import { displayPath } from "../load/bundle.ts";
import { type LoadedFile, loadSpec } from "../load/load-spec.ts";
import {
  type Caller,
  type CheckedOptions,
  checkAgainstModel,
  checkOptions,
  givenParameters,
  type RawOptions,
} from "../options.ts";
import { shellCommand } from "../shell.ts";
import { packageVersion } from "../version.ts";

export interface CheckRun {
  readonly run: RunInfo;
  readonly result: SearchResult;
  readonly expected: Expected | null;
  readonly fullStates: boolean;
  readonly report: CheckReport;
  /** For an error of dscheck itself: what its report needs. */
  readonly internalError: string | null;
  /** Removes temporary files. */
  readonly dispose: () => void;
}

export type CheckHooks = Pick<CheckOptions, "onProgress" | "signal">;

/** Throws a UserError or a SpecError for wrong inputs; whatever the search found is in the result. */
export async function runCheck(
  specFileOrUrl: string | URL,
  raw: RawOptions,
  caller: Caller,
): Promise<CheckRun> {
  const options = checkOptions(raw, caller);
  const { onProgress, signal } = raw as CheckHooks;
  const loaded = await loadSpec(specFileOrUrl);
  try {
    const parameters = loaded.resolve(givenParameters(loaded.spec, options));
    const model = loaded.instantiate(parameters);
    checkAgainstModel(loaded.spec, model, options);
    const found = await search({ moduleUrl: loaded.bundle.url, parameters }, options.search, {
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(signal === undefined ? {} : { signal }),
    });
    const result = withSourcePlaces(found, loaded, model, options.search.properties);
    const run = runInfo(loaded, model, parameters, options, result.stopped !== null);
    const expected =
      options.expect === null ? null : { outcome: options.expect.text, met: isMet(options.expect, result) };
    const ending = { exitCode: expectedExitCode(options.expect, result), error: errorOf(result), expected };
    return {
      run,
      result,
      expected,
      fullStates: options.fullStates,
      internalError: found.failure?.kind === "internal" ? found.failure.message : null,
      report: checkReport(run, result, ending, options.fullStates),
      dispose: loaded.dispose,
    };
  } catch (error) {
    loaded.dispose();
    throw error;
  }
}

export function runInfo(
  loaded: LoadedFile,
  model: Model,
  parameters: RunInfo["parameters"],
  options: CheckedOptions,
  stopped: boolean,
): RunInfo {
  const { spec, file } = loaded;
  const { search } = options;
  const { statesMax, depthMax, secondsMax, memoryBytesMax, properties } = search;
  return {
    version: packageVersion(),
    spec: spec.name,
    file,
    parameters,
    command: commandFor(file, options, stopped),
    declared: declaredBy(model, loaded),
    networks: model.kinds.filter((kind) => kind.network !== null).map((kind) => kind.name),
    budgets: model.kinds.filter((kind) => kind.role === "budget").map((kind) => kind.name),
    meanings: Object.fromEntries(model.properties.map((property) => [property.name, property.meaning])),
    limits: { states: statesMax, depth: depthMax, seconds: secondsMax, memoryBytes: memoryBytesMax },
    selected: properties === null ? null : { checked: properties.length, declared: model.properties.length },
    deadlockChecked: search.deadlock,
    audited: search.audit,
  };
}

export function declaredBy(model: Model, loaded: LoadedFile): Declared {
  const placeOf = ({ location }: { location: SourceLocation | null }): Place | null =>
    sourcePlace(location, loaded);
  return {
    idSets: model.idSets.map((set) => ({
      name: set.name,
      ordered: set.ordered,
      members: set.members.map(nameOfId),
    })),
    variables: model.kinds.map(({ name, role, owners }) => ({
      name,
      role,
      owners: owners.map((set) => set.name),
    })),
    actions: model.actions.map((action) => ({
      name: action.name,
      fault: action.fault,
      location: placeOf(action),
    })),
    properties: model.properties.map((property) => ({
      name: property.name,
      kind: property.kind,
      meaning: property.meaning,
      location: placeOf(property),
    })),
  };
}

/** Worker threads know places in the bundle; a reader wants places in the spec. */
export function sourcePlace(location: SourceLocation | null, { bundle }: LoadedFile): Place | null {
  if (location === null) return null;
  const at = bundle.locate(location);
  return { ...at, file: displayPath(at.file) };
}

/**
 * The command for the same verdict and trace: all that decides them, nothing about machine or output. The
 * limits of states, time and memory decide nothing unless the run stopped at one.
 */
function commandFor(file: string, { parameters, search, given }: CheckedOptions, stopped: boolean): string {
  const words = [file];
  for (const { name, value, by } of parameters) {
    if (by === "nodes") words.push("--nodes", String(value));
    else words.push(`--${by}`, `${name}=${value}`);
  }
  for (const name of search.properties ?? []) words.push("--property", name);
  if (search.properties?.length === 0) words.push("--no-properties");
  if (!search.symmetry) words.push("--no-symmetry");
  if (!search.deadlock) words.push("--no-deadlock");
  if (search.depthMax !== null) words.push("--max-depth", String(search.depthMax));
  for (const [flag, text] of stopped ? given : []) words.push(flag, text);
  if (search.keepGoing) words.push("--continue");
  if (!search.audit) words.push("--no-audit");
  return shellCommand(words);
}

/** Every property that was to be checked, also where a worker could not go on and told of none. */
function undecided(
  { properties }: SearchResult,
  model: Model,
  selected: readonly string[] | null,
): SearchResult["properties"] {
  if (properties.length > 0) return properties;
  return model.properties
    .filter(({ name }) => selected === null || selected.includes(name))
    .map(({ name, kind }) => ({ name, kind, verdict: "undecided" }));
}

function withSourcePlaces(
  result: SearchResult,
  loaded: LoadedFile,
  model: Model,
  selected: readonly string[] | null,
): SearchResult {
  const { bundle } = loaded;
  const declared = new Map(
    [...model.actions, ...model.properties].map(({ name, location }) => [name, location]),
  );
  const placed = (violation: Violation): Violation => ({
    ...violation,
    location: sourcePlace(violation.location ?? declared.get(violation.property) ?? null, loaded),
    message: bundle.rewrite(violation.message),
    trace: violation.trace.map((step) => ({ ...step, location: sourcePlace(step.location, loaded) })),
  });
  const { failure } = result;
  return {
    ...result,
    properties: failure === null ? result.properties : undecided(result, model, selected),
    violations: result.violations.map(placed),
    failure: failure === null ? null : placedFailure(failure, loaded),
  };
}

/** With the place in the spec of what is to blame, where that is known. */
function placedFailure(failure: SearchFailure, loaded: LoadedFile): SearchFailure {
  const message = firstLine(loaded.bundle.rewrite(failure.message));
  const location = sourcePlace(failure.location, loaded);
  if (location === null) return { ...failure, message, location };
  return { ...failure, message: `${location.file}:${location.line}: ${message}`, location };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}
