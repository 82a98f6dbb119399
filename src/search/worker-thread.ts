/** Entry of a worker thread: loads the spec, runs the worker's program, tells what came of it. */
import { Console } from "node:console";
import { parentPort, workerData } from "node:worker_threads";
import { CapacityError } from "../model/part-store.ts";
import type { Spec } from "../spec/define-spec.ts";
import { EvaluationError, RuleError, SpecError } from "../spec/errors.ts";
import type { Model } from "../spec/model.ts";
import { type MemoryBuffers, memoryOf } from "../store/memory.ts";
import type { LoadedSpec, SearchFailure, Violation } from "./result.ts";
import { type Outcomes, WorkerProgram, type WorkerSetup } from "./worker-program.ts";

export type WorkerMessage =
  | { readonly type: "outcomes"; readonly outcomes: Outcomes }
  | { readonly type: "violation"; readonly place: number; readonly violation: Violation }
  | { readonly type: "finished" }
  | { readonly type: "capacity"; readonly what: string }
  | { readonly type: "failed"; readonly failure: SearchFailure };

/** What the starting thread hands over. */
export interface WorkerData extends Omit<WorkerSetup, "memory"> {
  readonly spec: LoadedSpec;
  readonly buffers: MemoryBuffers;
}

const setup = workerData as WorkerData;
const tell = (message: WorkerMessage): void => parentPort!.postMessage(message);

/** Null until the spec is loaded. */
let model: Model | null = null;

function failureOf(error: unknown): SearchFailure {
  const nowhere = { action: null, location: null };
  if (error instanceof EvaluationError) return { kind: error.part, message: error.message, ...nowhere };
  if (error instanceof RuleError) return { kind: "rule", message: error.message, ...culpritOf(error) };
  if (error instanceof SpecError) return { kind: "spec", message: error.message, ...nowhere };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: "internal", message: text, ...nowhere };
}

function culpritOf({ culprit }: RuleError): Pick<SearchFailure, "action" | "location"> {
  const named = ({ name }: { readonly name: string }): boolean => name === culprit;
  const action = model?.actions.find(named);
  const found = action ?? model?.properties.find(named) ?? model?.finals.find(named);
  return { action: action?.name ?? null, location: found?.location ?? null };
}

// What a spec prints must not get between the lines of a report.
globalThis.console = new Console(process.stderr);

// It would end this thread alone, and the others would wait for it. Node.js calls it too, once it has told of an exit:
// an error that nobody catches must end the thread.
const exit = process.exit;
process.exit = () => {
  throw new SpecError("process.exit() was called; a spec must not end the process that checks it");
};
process.once("exit", () => {
  process.exit = exit;
});

try {
  const { default: spec } = (await import(setup.spec.moduleUrl)) as { default: Spec };
  model = spec.instantiate(setup.spec.parameters);
  const memory = memoryOf(setup.buffers);
  new WorkerProgram(
    model,
    { ...setup, memory },
    {
      outcomes: (outcomes) => tell({ type: "outcomes", outcomes }),
      violation: (place, violation) => tell({ type: "violation", place, violation }),
    },
  ).run();
  // A promise that the spec left rejected ends the thread now, so that this does not depend on who is first.
  await new Promise((resume) => setImmediate(resume));
  tell({ type: "finished" });
} catch (error) {
  if (error instanceof CapacityError) tell({ type: "capacity", what: error.what });
  else tell({ type: "failed", failure: failureOf(error) });
}
