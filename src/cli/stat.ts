/** Looking at files that users name. */
import { type Stats, statSync } from "node:fs";
import { EXIT, UserError } from "./errors.ts";

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
