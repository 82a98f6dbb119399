/** Writing to standard output: text for people, JSON for programs. */
import { type Paint, paintFor, wantsColour } from "../report/text/style.ts";
import { endProcess } from "./end-process.ts";
import { EXIT, UserError } from "./errors.ts";

/** As a shell says that a process ended because nobody reads what it prints (SIGPIPE). */
const NOBODY_READS = 128 + 13;

/**
 * The last that a command says. Resolves when the text has been handed over, so that the process may end; also when
 * nobody reads it (`dscheck ... | head -1`), because the exit code must still be that of the result.
 */
export async function print(text: string): Promise<void> {
  await write(text);
}

/** What a command says while it goes on; it does not when nobody reads. */
export async function printOn(text: string): Promise<void> {
  if (!(await write(text))) endProcess(NOBODY_READS);
}

/** Whether somebody reads. Throws when the text is lost, as on a full disk. */
function write(text: string): Promise<boolean> {
  return new Promise((done, failed) => {
    process.stdout.write(text, (error) => {
      const code = (error as NodeJS.ErrnoException | null | undefined)?.code;
      if (error === null || error === undefined) done(true);
      // Destroyed: so it was found before.
      else if (code === "EPIPE" || code === "ERR_STREAM_DESTROYED") done(false);
      else failed(new UserError(EXIT.system, `cannot write to standard output: ${error.message}`));
    });
  });
}

export function jsonText(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Colours if standard output is a terminal that wants them. */
export function paint(): Paint {
  return paintFor(wantsColour(process.stdout, process.env));
}

/** Columns of standard output. */
export function width(): number {
  // A terminal that does not know its size says 0.
  const columns = process.stdout.isTTY === true ? process.stdout.columns : 0;
  return columns > 0 ? Math.min(Math.max(columns, 40), 120) : 80;
}
