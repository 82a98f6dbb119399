/** One replay from steps to report: what `dscheck replay` and the function `replay()` share. */

import { checkReport, SCHEMA_VERSION } from "../../report/formats/json.ts";
import type { ReplayFinding, ReplayReport } from "../../report/formats/replay-json.ts";
import { replayedSteps } from "../../report/formats/replay-json.ts";
import type { ReportInput } from "../../report/kinds.ts";
import type { RunInfo } from "../../report/run-info.ts";
import type { SearchResult, Verdict, Violation } from "../../search/result.ts";
import {
  CLAIMS,
  type Claim,
  claimedFinding,
  judge,
  runScenario,
  type Scenario,
  ScenarioError,
  type ScenarioRun,
  withRelevance,
} from "../../search/scenario.ts";
import { Stepper } from "../../search/stepper.ts";
import { didYouMean, type Spec } from "../../spec/define-spec.ts";
import { EvaluationError, ParameterError } from "../../spec/errors.ts";
import type { Model } from "../../spec/model.ts";
import { type ParameterValue, readParameter } from "../../spec/parameters.ts";
import { declaredBy, sourcePlace } from "../check/run-check.ts";
import { EXIT, UserError } from "../errors.ts";
import { codeOfKind } from "../exit-code.ts";
import { type LoadedFile, loadSpec } from "../load/load-spec.ts";
import { type Caller, checkOptions, givenParameters, type RawOptions, wrongOption } from "../options.ts";
import { shellCommand } from "../shell.ts";
import { packageVersion } from "../version.ts";
import { scenarioError } from "./scenario-errors.ts";

/** A part of a scenario that an error may be about: a parameter, the initial state (0) or a step, the claim. */
export type Part = { readonly parameter: string } | { readonly step: number } | "expect";

export interface ReplayRequest {
  readonly spec: string | URL;
  /** Parameters that the scenario sets. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly scenario: Scenario;
  readonly claim: Claim | null;
  /** The file of the scenario as a user reads it; null when there is none. */
  readonly source: string | null;
  /** `file:12: `, the place of a part of the scenario, for errors; may be empty. */
  readonly placeOf: (part: Part) => string;
  /** Whole states at every step of the document. */
  readonly fullStates: boolean;
}

export interface ReplayRun {
  readonly report: ReplayReport;
  /** The trace with what fails at its end. */
  readonly ending: Violation;
  /** For reports that tell or draw a trace. */
  readonly input: ReportInput;
}

/** `overrides`: nodes, set and faults. Throws a UserError for wrong inputs and for a step that cannot be taken. */
export async function runReplay(
  request: ReplayRequest,
  overrides: RawOptions,
  caller: Caller,
): Promise<ReplayRun> {
  const options = checkOptions(overrides, caller);
  const loaded = await loadSpec(request.spec);
  try {
    const { spec } = loaded;
    checkParameters(spec, request);
    const given = givenParameters(spec, options);
    const parameters = loaded.resolve({ ...request.parameters, ...given });
    const overridden = Object.entries(given)
      .filter(([name]) => parameters[name] !== scenarioValue(spec, request, name))
      .map(([parameter]) => ({
        parameter,
        scenario: Object.hasOwn(request.parameters, parameter) ? request.parameters[parameter]! : null,
        used: parameters[parameter]!,
      }));
    const model = loaded.instantiate(parameters);
    checkNames(spec, model, request);
    const replayed = take(new Stepper(model), request);
    const run = runInfo(loaded, model, parameters, commandFor(request, options.parameters));
    return assembled(run, loaded, model, replayed, request, overridden);
  } finally {
    loaded.dispose();
  }
}

function take(stepper: Stepper, { scenario, placeOf }: ReplayRequest): ScenarioRun {
  try {
    return runScenario(stepper, scenario);
  } catch (error) {
    if (error instanceof EvaluationError)
      throw new UserError(error.part === "action" ? EXIT.actionThrew : EXIT.propertyThrew, error.message);
    if (!(error instanceof ScenarioError)) throw error;
    throw scenarioError(error, scenario, placeOf({ step: error.step }));
  }
}

function scenarioValue(spec: Spec, { parameters }: ReplayRequest, name: string): ParameterValue {
  const parameter = spec.parameters[name]!;
  return readParameter(name, parameter, parameters[name] ?? parameter.default);
}

// --- names that the scenario uses ------------------------------------------------------------------------

function checkParameters(spec: Spec, { parameters, placeOf }: ReplayRequest): void {
  for (const [parameter, value] of Object.entries(parameters)) {
    const place = placeOf({ parameter });
    const declared = Object.hasOwn(spec.parameters, parameter) ? spec.parameters[parameter]! : null;
    if (declared === null)
      throw wrongOption(
        `${place}${spec.name} has no parameter ${parameter}${didYouMean(parameter, Object.keys(spec.parameters))}`,
      );
    try {
      readParameter(parameter, declared, value);
    } catch (error) {
      if (error instanceof ParameterError) throw wrongOption(`${place}${error.message}`);
      throw error;
    }
  }
}

/** A step whose action does not exist is a mistake of the scenario, whatever is enabled. */
function checkNames(spec: Spec, model: Model, { scenario, claim, placeOf }: ReplayRequest): void {
  const actions = model.actions.map(({ name }) => name);
  for (const [at, { action }] of scenario.steps.entries()) {
    const name = action.replace(/\(.*$/s, "");
    if (!actions.includes(name))
      throw wrongOption(
        `${placeOf({ step: at + 1 })}step ${at + 1}: ${spec.name} has no action ${name}${didYouMean(name, actions)}`,
      );
  }
  if (claim === null || claim.name === null) return;
  const named = (...kinds: readonly string[]): string[] =>
    model.properties.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);
  const known =
    claim.outcome === "reached"
      ? named("reachable")
      : claim.outcome === "violated"
        ? [...named("invariant", "step"), ...actions]
        : [...named("invariant", "step", "reachable"), ...actions];
  if (!known.includes(claim.name))
    throw wrongOption(
      `${placeOf("expect")}expect ${claim.text}: ${spec.name} has nothing named ${claim.name} that can be so${didYouMean(claim.name, known)}`,
    );
}

/** Reads a claim; null if it is none. */
export function parseClaim(text: string): Claim | null {
  const [word, ...rest] = text.split(":");
  const outcome = CLAIMS.find((known) => known === word);
  const name = rest.length === 0 ? null : rest.join(":").trim();
  if (outcome === undefined || name === "") return null;
  if (name !== null && (outcome === "holds" || outcome === "deadlock")) return null;
  if (name === null && outcome === "reached") return null;
  return { outcome, name, text };
}

export const CLAIM_FORMS = "holds, violated[:NAME], reached:NAME, deadlock or throws[:NAME]";

// --- what is told ----------------------------------------------------------------------------------------

function assembled(
  run: RunInfo,
  loaded: LoadedFile,
  model: Model,
  replayed: ScenarioRun,
  request: ReplayRequest,
  overridden: ReplayReport["overridden"],
): ReplayRun {
  const { claim, fullStates } = request;
  const claimed = claim === null ? null : claimedFinding(replayed, claim);
  // The steps that matter are those for what is claimed, also if more fails at the end.
  const marked = claimed === null ? replayed.trace : withRelevance(replayed.trace, claimed);
  const trace = marked.map((step) => ({ ...step, location: sourcePlace(step.location, loaded) }));
  const findings = replayed.findings.map(
    ({ step, kind, name, instance, message, location, reads }): ReplayFinding => ({
      step,
      kind,
      property: name,
      instance,
      message: loaded.bundle.rewrite(message),
      location: sourcePlace(location, loaded),
      reads,
    }),
  );
  const why = claim === null ? null : judge(replayed, claim);
  const met = why === null;
  const expected = claim === null ? null : { outcome: claim.text, met };
  const exitCode = met ? EXIT.ok : EXIT.different;
  const failed =
    claimed === null
      ? findings.find(({ step }) => step === trace.length - 1)
      : findings[replayed.findings.indexOf(claimed)];
  const goal = claim?.outcome === "reached" && met ? claim.name! : null;
  const ending: Violation =
    failed === undefined
      ? {
          kind: "scenario",
          property: goal ?? "",
          instance: "",
          message: "",
          trace,
          reads: [],
          location: sourcePlace(model.properties.find(({ name }) => name === goal)?.location ?? null, loaded),
        }
      : { ...failed, trace };
  const result = resultOf(ending);
  return {
    report: {
      dscheck: run.version,
      schemaVersion: SCHEMA_VERSION,
      spec: run.spec,
      file: run.file,
      scenario: request.source,
      command: request.source === null ? null : run.command,
      parameters: run.parameters,
      overridden,
      trace: replayedSteps(trace, findings, run.networks, fullStates),
      findings,
      reached: replayed.reached,
      outside: replayed.outside,
      expected: expected === null ? null : { ...expected, why },
      error: null,
      exitCode,
    },
    ending,
    input: {
      run,
      result,
      expected,
      fullStates,
      report: checkReport(run, result, { exitCode, error: null, expected }, fullStates),
    },
  };
}

/** As if a search had found this one trace. It knows nothing of other states. */
function resultOf(ending: Violation): SearchResult {
  const verdict: Verdict =
    ending.kind === "scenario"
      ? "stopped"
      : ending.kind === "deadlock"
        ? "deadlock"
        : codeOfKind(ending.kind) === EXIT.actionThrew || codeOfKind(ending.kind) === EXIT.propertyThrew
          ? "failed"
          : "violated";
  return {
    verdict,
    symmetry: [],
    workers: 1,
    states: { generated: 0, distinct: 0, queued: 0, boundTerminal: 0, depth: ending.trace.length - 1 },
    levels: [],
    properties: [],
    bounds: [],
    violations: [ending],
    reached: [],
    coverage: { actions: {} },
    seconds: 0,
    memory: { peakBytes: 0, bytesPerState: 0 },
    stopped: null,
    failure: null,
  };
}

function runInfo(
  loaded: LoadedFile,
  model: Model,
  parameters: RunInfo["parameters"],
  command: string,
): RunInfo {
  return {
    version: packageVersion(),
    spec: loaded.spec.name,
    file: loaded.file,
    parameters,
    command,
    declared: declaredBy(model, loaded),
    networks: model.kinds.filter((kind) => kind.network !== null).map((kind) => kind.name),
    budgets: model.kinds.filter((kind) => kind.role === "budget").map((kind) => kind.name),
    meanings: Object.fromEntries(model.properties.map((property) => [property.name, property.meaning])),
    limits: { states: null, depth: null, seconds: null, memoryBytes: 0 },
    selected: null,
    deadlockChecked: true,
    audited: false,
  };
}

function commandFor(
  { source }: ReplayRequest,
  parameters: readonly { readonly name: string; readonly value: ParameterValue; readonly by: string }[],
): string {
  const words = ["replay", source ?? ""];
  for (const { name, value, by } of parameters)
    if (by === "nodes") words.push("--nodes", String(value));
    else words.push(`--${by}`, `${name}=${value}`);
  return shellCommand(words);
}
