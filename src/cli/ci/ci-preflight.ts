/**
 * Whether the checks of a configuration fit their specs: parameters, their values, names of properties. Asked before
 * any check runs, so that a misspelt name is said at once and not after those before it. In a process of its own,
 * because specs are loaded for it: one that throws, or never finishes loading, is left for its own run to tell.
 */
import { fork } from "node:child_process";
import type { CiCheck } from "./load-config.ts";

export interface WrongCheck {
  /** The check's position in the configuration. */
  readonly index: number;
  readonly message: string;
}

const SECONDS_MAX = 60;

export function wrongChecks(checks: readonly CiCheck[], signal: AbortSignal): Promise<readonly WrongCheck[]> {
  if (checks.length === 0) return Promise.resolve([]);
  return new Promise((resolve) => {
    const program = new URL("./ci-preflight-run.js", import.meta.url);
    const child = fork(program, { stdio: ["ignore", "ignore", "ignore", "ipc"], execArgv: [] });
    const end = (): boolean => child.kill("SIGKILL");
    const timer = setTimeout(end, SECONDS_MAX * 1000);
    signal.addEventListener("abort", end, { once: true });
    process.once("exit", end);
    let wrong: readonly WrongCheck[] = [];
    child.on("message", (found: readonly WrongCheck[]) => {
      wrong = found;
    });
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      process.off("exit", end);
      resolve(wrong);
    };
    child.on("error", over);
    child.on("close", over);
    child.send(checks);
  });
}
