/** Starts a search in worker threads, watches over time and memory, and makes the result. */
import type { Worker } from "node:worker_threads";
import Pool from "worker-threads-pool";
import { PartStore } from "../model/part-store.ts";
import type { Spec } from "../spec/define-spec.ts";
import { buffersOf, CONTROL, reserveMemory, type SharedMemory, STATS } from "../store/memory.ts";
import { STOP } from "./findings.ts";
import type {
  LoadedSpec,
  SearchFailure,
  SearchHooks,
  SearchOptions,
  SearchResult,
  Verdict,
  Violation,
} from "./result.ts";
import { type Outcomes, tableWords } from "./worker-program.ts";
import type { WorkerData, WorkerMessage } from "./worker-thread.ts";

/** How often the watching thread looks at time and memory, and tells progress. */
const WATCH_MS = 50;
const PROGRESS_MS = 250;

export async function search(
  spec: LoadedSpec,
  options: SearchOptions,
  hooks: SearchHooks = {},
): Promise<SearchResult> {
  const started = performance.now();
  const { default: loaded } = (await import(spec.moduleUrl)) as { default: Spec };
  const model = loaded.instantiate(spec.parameters);
  const memory = reserveMemory(
    options.memoryBytesMax,
    options.workers,
    2 * model.actions.length,
    PartStore.kindCount(model),
    tableWords(model),
  );
  const watch = watchOver(memory, options, hooks, started);
  try {
    const ended = await runWorkers(spec, options, memory);
    watch.look();
    return resultOf(memory, options, ended, (performance.now() - started) / 1000, watch.peakBytes());
  } finally {
    watch.end();
  }
}

function total(memory: SharedMemory, at: number): number {
  let sum = 0;
  for (let row = at; row < memory.stats.length; row += memory.statsStride) sum += memory.stats[row]!;
  return sum;
}

/** Looks at time, memory and the caller's signal while the workers run. */
function watchOver(
  memory: SharedMemory,
  options: SearchOptions,
  hooks: SearchHooks,
  started: number,
): { look: () => void; end: () => void; peakBytes: () => number } {
  const { control } = memory;
  let peak = 0;
  let told = started;
  const levels: number[] = [];
  const stop = (reason: number): void => {
    if (control[CONTROL.interrupt] === STOP.none) control[CONTROL.interrupt] = reason;
  };
  const look = (): void => {
    const now = performance.now();
    const resident = process.memoryUsage.rss();
    peak = Math.max(peak, resident);
    if (resident > options.memoryBytesMax) stop(STOP.memory);
    if (options.secondsMax !== null && now - started > options.secondsMax * 1000) stop(STOP.seconds);
    if (hooks.signal?.aborted === true) stop(STOP.interrupt);
    if (hooks.onProgress === undefined || now - told < PROGRESS_MS) return;
    told = now;
    const distinct = total(memory, STATS.distinct);
    const depth = Math.max(0, control[CONTROL.depth]!);
    // A worker writes how wide a level is before it announces the level.
    for (let at = levels.length; at <= depth && memory.levels[2 * at + 1]! > 0; at++)
      levels.push(memory.levels[2 * at + 1]!);
    hooks.onProgress({
      depth,
      levels: levels.slice(0, depth + 1),
      generated: total(memory, STATS.generated),
      distinct,
      queued: distinct - total(memory, STATS.expanded),
      seconds: (now - started) / 1000,
      memoryBytes: resident,
    });
  };
  const timer = setInterval(look, WATCH_MS);
  const onAbort = (): void => stop(STOP.interrupt);
  hooks.signal?.addEventListener("abort", onAbort);
  return {
    look,
    end: () => {
      clearInterval(timer);
      hooks.signal?.removeEventListener("abort", onAbort);
    },
    peakBytes: () => peak,
  };
}

interface Ended {
  readonly outcomes: Outcomes | null;
  /** Ordered by length, kind and name. */
  readonly violations: readonly Violation[];
  readonly failure: SearchFailure | null;
}

/** Runs the workers to their end; after a failure the others are terminated. */
function runWorkers(spec: LoadedSpec, options: SearchOptions, memory: SharedMemory): Promise<Ended> {
  return new Promise((resolve) => {
    const pool = new Pool({ max: options.workers });
    const workers: Worker[] = [];
    let outcomes: Outcomes | null = null;
    const violations: Violation[] = [];
    let failure: SearchFailure | null = null;
    let done = false;
    const end = (): void => {
      if (done) return;
      done = true;
      void Promise.all(workers.map((worker) => worker.terminate())).then(() =>
        resolve({ outcomes, violations, failure }),
      );
    };
    const fail = (reason: SearchFailure): void => {
      failure ??= reason;
      end();
    };
    const ready = new Set<Worker>();
    const hear = (message: WorkerMessage, from: Worker): void => {
      if (message.type === "outcomes") outcomes = message.outcomes;
      else if (message.type === "violation") violations[message.place] = message.violation;
      else if (message.type === "failed") fail(message.failure);
      else if (message.type === "capacity") {
        memory.control[CONTROL.interrupt] = STOP.capacity;
        end();
      } else if (ready.add(from).size === options.workers) end();
    };
    for (let worker = 0; worker < options.workers; worker++) {
      const workerData: WorkerData = { spec, options, buffers: buffersOf(memory), worker };
      pool.acquire(
        new URL("./worker-thread.js", import.meta.url),
        { workerData, execArgv: [] },
        (error, thread) => {
          if (error !== null)
            return fail({
              kind: "system",
              message: `a worker thread did not start: ${error.message}`,
              action: null,
              location: null,
            });
          workers.push(thread);
          thread.on("message", (message: WorkerMessage) => hear(message, thread));
          thread.on("error", (reason: Error) =>
            fail({
              kind: "system",
              message: `a worker thread died: ${reason.message}`,
              action: null,
              location: null,
            }),
          );
          thread.on("exit", (code) => {
            // A spec may call process.exit(): the others would wait for this thread for ever, whatever its code.
            if (!done && !ready.has(thread))
              fail({
                kind: "system",
                message: `a worker thread ended with code ${code}`,
                action: null,
                location: null,
              });
          });
        },
      );
    }
  });
}

const STOP_NAMES = ["none", "interrupt", "seconds", "memory", "states", "capacity", "depth"] as const;

function resultOf(
  memory: SharedMemory,
  options: SearchOptions,
  { outcomes, violations, failure }: Ended,
  seconds: number,
  peakBytes: number,
): SearchResult {
  const distinct = outcomes?.distinct ?? total(memory, STATS.distinct);
  const stop = outcomes?.stop ?? memory.control[CONTROL.interrupt]!;
  const states = {
    generated: outcomes?.generated ?? total(memory, STATS.generated),
    distinct,
    queued: outcomes?.queued ?? distinct - total(memory, STATS.expanded),
    boundTerminal: outcomes?.boundTerminal ?? 0,
    depth: outcomes?.depth ?? Math.max(0, memory.control[CONTROL.depth]!),
  };
  const verdict = failure !== null ? "failed" : verdictOf(outcomes, violations, stop);
  const [first] = violations;
  if (first !== undefined && !options.keepGoing) states.depth = first.trace.length - 1;
  return {
    verdict,
    symmetry: outcomes?.symmetry ?? [],
    workers: options.workers,
    states,
    levels: outcomes?.levels ?? [],
    properties: outcomes?.properties ?? [],
    bounds: outcomes?.bounds ?? [],
    violations,
    reached: outcomes?.reached ?? [],
    coverage: { actions: outcomes?.actions ?? {} },
    seconds,
    memory: { peakBytes, bytesPerState: distinct === 0 ? 0 : (outcomes?.storedBytes ?? 0) / distinct },
    stopped:
      stop === STOP.none
        ? null
        : { by: STOP_NAMES[stop] as never, message: stopMessage(stop, options, states) },
    failure,
  };
}

function verdictOf(outcomes: Outcomes | null, violations: readonly Violation[], stop: number): Verdict {
  if (outcomes === null) return "stopped";
  const [first] = violations;
  if (first?.kind === "action-error" || first?.kind === "property-error") return "failed";
  if (first !== undefined) return first.kind === "deadlock" ? "deadlock" : "violated";
  if (stop !== STOP.none) return "stopped";
  if (outcomes.properties.some((property) => property.verdict === "unreached")) return "unreached";
  return outcomes.bounds.some((bound) => bound.hit) ? "holds-within" : "holds";
}

function stopMessage(stop: number, options: SearchOptions, states: SearchResult["states"]): string {
  const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  const where = `${count(states.distinct)} distinct states, depth ${states.depth}, ${count(states.queued)} queued`;
  switch (stop) {
    case STOP.interrupt:
      return `interrupted: ${where}; no verdict`;
    case STOP.seconds:
      return `stopped at --max-seconds ${options.secondsMax}: ${where}; no verdict. Raise --max-seconds or lower the bounds`;
    case STOP.memory:
      return `stopped at --max-memory ${(options.memoryBytesMax / 2 ** 30).toFixed(2)} GiB: ${where}; no verdict. Raise --max-memory or lower the bounds`;
    case STOP.states:
      return `stopped at --max-states ${count(options.statesMax ?? 0)}: ${where}; no verdict. Raise --max-states or lower the bounds`;
    case STOP.depth:
      return `stopped at --max-depth ${options.depthMax}: ${where}; no verdict. Raise --max-depth`;
    default:
      return `stopped because a table is full: ${where}; no verdict. Lower the bounds`;
  }
}
