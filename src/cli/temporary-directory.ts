/** Directories that are removed before the process ends; whoever makes one does that. */
import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXIT, UserError } from "./errors.ts";

/** Makes a directory of this name and some more letters. Throws a UserError where nothing can be written. */
export function temporaryDirectory(name: string): string {
  try {
    return realpathSync(mkdtempSync(join(tmpdir(), `${name}-`)));
  } catch (error) {
    throw new UserError(
      EXIT.system,
      `cannot make a directory in ${tmpdir()}: ${(error as Error).message}; set TMPDIR to one that can be written to`,
    );
  }
}
