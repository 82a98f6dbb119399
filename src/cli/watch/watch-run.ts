/**
 * One run of a watched spec, in a process of its own (watch-command.ts starts it): the memory that a search
 * reserves, and the modules of the spec, which a process never forgets, go with it. It first tells which files the
 * spec is made of, and reads them when it is told that they are watched, so that no change is missed.
 */
import type { Progress, SearchResult } from "../../search/result.ts";
import { type CheckRun, runCheck } from "../check/run-check.ts";
import { endProcess, refuseExit } from "../end-process.ts";
import { EXIT, InternalError, oneLine } from "../errors.ts";
import { exitCodeOfError } from "../exit-code.ts";
import { type BundledFiles, bundledFiles, specPath } from "../load/bundle.ts";
import { fileBeingImported } from "../load/load-spec.ts";
import type { RawOptions } from "../options.ts";

/** What the run is told: first what to check, then that its files are watched. */
export type ToRun =
  | { readonly type: "check"; readonly spec: string; readonly raw: RawOptions }
  | { readonly type: "go" };

export interface WatchedRun extends Pick<CheckRun, "run" | "report" | "fullStates" | "internalError"> {
  readonly result: SearchResult;
}

/** What the run tells. */
export type FromRun =
  | ({ readonly type: "files" } & BundledFiles)
  | { readonly type: "progress"; readonly progress: Progress }
  | { readonly type: "done"; readonly checked: WatchedRun }
  /** `stack` only for an error of dscheck itself. */
  | { readonly type: "error"; readonly message: string; readonly stack: string | null };

let asked: Extract<ToRun, { type: "check" }> | null = null;
let over = false;

function tell(message: FromRun): Promise<void> {
  return new Promise((told) => process.send!(message, undefined, {}, () => told()));
}

async function end(message: FromRun): Promise<void> {
  if (over) return;
  over = true;
  await tell(message);
  endProcess(EXIT.ok);
}

async function run(spec: string, raw: RawOptions): Promise<void> {
  const onProgress = (progress: Progress): void => {
    if (!over) void tell({ type: "progress", progress });
  };
  const { run, result, report, fullStates, internalError } = await runCheck(
    spec,
    { ...raw, onProgress },
    "command",
  );
  await end({ type: "done", checked: { run, result, report, fullStates, internalError } });
}

function fail(error: unknown): void {
  const message = oneLine(error instanceof Error ? error.message : String(error));
  const internal = exitCodeOfError(error) === EXIT.internal;
  void end({
    type: "error",
    message,
    stack: internal ? ((error instanceof Error ? error.stack : null) ?? message) : null,
  });
}

function hear(message: ToRun): void {
  if (message.type === "check") {
    asked = message;
    filesOf(message.spec)
      .then((files) => tell({ type: "files", ...files }))
      .catch(fail);
    return;
  }
  // From here nothing but the run keeps the process alive, so that one that waits for nothing ends.
  process.channel?.unref();
  const { spec, raw } = asked!;
  run(spec, raw).catch(fail);
}

async function filesOf(spec: string): Promise<BundledFiles> {
  return bundledFiles(specPath(spec));
}

refuseExit();
process.on("message", hear);
process.on("disconnect", () => endProcess(EXIT.interrupted));
// Ctrl-C goes to all processes of a terminal; the one that started this decides.
process.on("SIGINT", () => {});
// Exit handlers, which remove temporary files, do not run when a signal ends the process by itself.
process.once("SIGTERM", () => endProcess(128 + 15));
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
process.once("beforeExit", () => {
  if (over) return;
  const file = fileBeingImported();
  if (file === null) fail(new InternalError("the process has nothing left to do, but no result"));
  else
    void end({
      type: "error",
      message: `${file}: never finishes loading; it awaits something that does not happen`,
      stack: null,
    });
});
