/**
 * The thread of one version in a comparison: loads its spec, checks it, explores its behaviours, and tells paths as
 * traces. A thread for each, because record types are known by name in a thread, and two versions of one spec have
 * types of the same name. Requests come one at a time; each is answered once.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { RunInfo } from "../../report/run-info.ts";
import { behavioursOf, ENDED, replay, type TransitionSystem } from "../../search/behaviours.ts";
import type { SearchResult, TraceStep } from "../../search/result.ts";
import { Stepper } from "../../search/stepper.ts";
import type { Model } from "../../spec/model.ts";
import type { Parameter, ParameterValue } from "../../spec/parameters.ts";
import { runCheck } from "../check/run-check.ts";
import { UserError } from "../errors.ts";
import { exitCodeOf, exitCodeOfError } from "../exit-code.ts";
import { type LoadedFile, loadSpec } from "../load/load-spec.ts";
import { type CheckedOptions, givenParameters } from "../options.ts";
import { ModelObserver, type Observation } from "./observation.ts";

export type GivenParameters = CheckedOptions["parameters"];

/** What a version is asked, and what it answers. */
export interface Calls {
  load: { readonly ask: null; readonly answer: LoadedVersion };
  check: { readonly ask: CheckRequest; readonly answer: CheckedVersion };
  explore: { readonly ask: ExploreRequest; readonly answer: ExploredVersion };
  trace: { readonly ask: readonly number[]; readonly answer: readonly TraceStep[] };
}

export interface LoadedVersion {
  readonly spec: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
}

export interface CheckRequest {
  readonly given: GivenParameters;
  readonly options: {
    readonly workers?: string;
    readonly maxMemory?: string;
    readonly maxStates: number;
    readonly deadlock: boolean;
  };
}

export interface CheckedVersion {
  readonly run: RunInfo;
  readonly result: SearchResult;
}

export interface ExploreRequest {
  readonly observation: Observation;
  readonly namesNetworks: boolean;
  readonly statesMax: number;
}

export interface ExploredVersion {
  readonly system: TransitionSystem;
  /** What the observation names and this version never has. */
  readonly unseen: readonly string[];
}

export interface Request {
  readonly type: keyof Calls;
  readonly ask: unknown;
}

export type Reply =
  | { readonly answer: unknown }
  | { readonly failed: { readonly code: number; readonly message: string; readonly stack: string } };

class Version {
  readonly #file: string;
  #loaded: LoadedFile | null = null;
  #model: Model | null = null;
  #stepper: Stepper | null = null;
  #system: TransitionSystem | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  answer({ type, ask }: Request): unknown {
    switch (type) {
      case "load":
        return this.#load();
      case "check":
        return this.#check(ask as CheckRequest);
      case "explore":
        return this.#explore(ask as ExploreRequest);
      case "trace":
        return this.#trace(ask as readonly number[]);
    }
  }

  async #load(): Promise<LoadedVersion> {
    const loaded = await loadSpec(this.#file);
    this.#loaded = loaded;
    return { spec: loaded.spec.name, parameters: { ...loaded.spec.parameters } };
  }

  async #check({ given, options }: CheckRequest): Promise<CheckedVersion> {
    const { spec, resolve, instantiate } = this.#loaded!;
    const values: Record<string, ParameterValue> = resolve(
      givenParameters(spec, { parameters: given, caller: "command" }),
    );
    this.#model = instantiate(values);
    const raw = { ...options, set: values, continue: true };
    const { run, result, internalError, dispose } = await runCheck(this.#file, raw, "program");
    dispose();
    // A spec that cannot be explored has no behaviours to compare; a violation is a verdict like others.
    if (internalError !== null) throw new Error(internalError);
    if (result.failure !== null) throw new UserError(exitCodeOf(result), result.failure.message);
    return { run, result };
  }

  #explore({ observation, namesNetworks, statesMax }: ExploreRequest): ExploredVersion {
    this.#stepper = new Stepper(this.#model!);
    const observer = new ModelObserver(this.#model!, observation, namesNetworks);
    this.#system = behavioursOf(this.#stepper, observer, statesMax);
    return { system: this.#system, unseen: observer.unseen() };
  }

  /** A path from the beginning as a trace; steps of which something is observed are marked. */
  #trace(path: readonly number[]): TraceStep[] {
    const [stepper, system] = [this.#stepper!, this.#system!];
    const { initial, successors } = replay(stepper, system, path);
    const steps = [stepper.traceStep(0, null, initial)];
    for (const [at, successor] of successors.entries())
      steps.push(stepper.traceStep(at + 1, successor, successor.parts));
    return steps.map((step, at) => ({
      ...step,
      // A place in the bundle, which says nothing to a reader.
      location: null,
      relevant: system.label[path[at]!] !== 0 && system.target[path[at]!] !== ENDED,
    }));
  }
}

const version = new Version((workerData as { readonly file: string }).file);

parentPort!.on("message", (request: Request) => {
  // A spec that awaits what does not happen leaves the thread nothing to do: then it ends, and is told.
  parentPort!.unref();
  Promise.resolve()
    .then(() => version.answer(request))
    .then(
      (answer): Reply => ({ answer }),
      (error: unknown): Reply => ({
        failed: {
          code: exitCodeOfError(error),
          message: error instanceof Error ? error.message : String(error),
          stack: error instanceof Error ? (error.stack ?? error.message) : String(error),
        },
      }),
    )
    .then((reply) => {
      parentPort!.ref();
      parentPort!.postMessage(reply);
    });
});
