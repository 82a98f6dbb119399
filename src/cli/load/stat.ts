/** Looking at files that users name. */
import { type Stats, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EXIT, UserError } from "../errors.ts";

/** What is at a path; undefined when nothing is, also because a part of the path is a file. Throws a UserError. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR") return undefined;
    if (code === "EACCES" || code === "ELOOP" || code === "ENAMETOOLONG")
      throw new UserError(EXIT.spec, `${path}: cannot be looked at (${code})`);
    throw error;
  }
}

/** Whether a path or `file:` URL, as a user names what is read, is the file at a path that would be written. */
export function isSameFile(given: string, path: string): boolean {
  const written = statOf(path);
  const read = written === undefined ? undefined : statOf(pathOf(given));
  return written !== undefined && read?.ino === written.ino && read.dev === written.dev;
}

function pathOf(given: string): string {
  try {
    return given.startsWith("file:") ? fileURLToPath(given) : given;
  } catch {
    // What is wrong with it is said by whoever reads it.
    return given;
  }
}
