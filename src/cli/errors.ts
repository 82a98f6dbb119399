/** Errors that end a command: one line for the user and the exit code of the contract. */

import type { Place } from "../search/result.ts";

/** The exit codes; TLC's numbers where it has one. */
export const EXIT = {
  ok: 0,
  different: 1,
  assumption: 10,
  deadlock: 11,
  invariant: 12,
  step: 13,
  assertion: 14,
  unreached: 15,
  actionThrew: 75,
  propertyThrew: 76,
  rule: 78,
  interrupted: 130,
  spec: 150,
  option: 151,
  stopped: 152,
  system: 153,
  internal: 255,
} as const;

/** A wrong input. The message is one line: what happened, where, the value, what to do. */
export class UserError extends Error {
  override readonly name = "UserError";
  /** The exit code. */
  readonly code: number;
  /** The place in a source file that the message names, as a user reads it. */
  readonly place: Place | null;

  constructor(code: number, message: string, place: Place | null = null) {
    super(oneLine(message));
    this.code = code;
    this.place = place;
  }
}

/** A bug of dscheck, noticed where it can say what is wrong. */
export class InternalError extends Error {
  override readonly name = "InternalError";
}

export function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").trim();
}

/** `TypeError: x is not a function`, for whatever was thrown; never throws itself. */
export function describeThrown(thrown: unknown): string {
  try {
    if (thrown instanceof Error)
      return thrown.message === "" ? thrown.name : oneLine(`${thrown.name}: ${thrown.message}`);
    return `it threw ${oneLine(JSON.stringify(thrown) ?? String(thrown))}`;
  } catch {
    return "it threw something that cannot be printed";
  }
}

/** What a report of an error of dscheck itself needs. */
export function writeInternalError(stack: string): void {
  process.stderr.write(`dscheck: internal error; please report it with these lines and the spec\n${stack}\n`);
}
