/** Ctrl-C: before a command can give a result it ends the process; afterwards it ends the search alone. */
import { endProcess } from "./end-process.ts";
import { EXIT } from "./errors.ts";

const INTERRUPT = new AbortController();

/** Aborted when the user has asked to end. */
export const interrupted: AbortSignal = INTERRUPT.signal;

/** At the start of the process. */
export function exitOnInterrupt(): void {
  process.on("SIGINT", exitInterrupted);
}

/** From now on the first interrupt ends the search, which then reports what it has. */
export function interruptible(): void {
  process.off("SIGINT", exitInterrupted);
  process.once("SIGINT", () => {
    INTERRUPT.abort();
    process.on("SIGINT", exitInterrupted);
  });
}

function exitInterrupted(): void {
  endProcess(EXIT.interrupted);
}
