/**
 * A file of a git repository as it was at a revision, with everything it may import: the revision's tracked files
 * are written to a directory, through an index of its own, so that the repository's index and working tree stay as
 * they are. Packages are not tracked; the directories in which they are installed now are linked.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, statSync, symlinkSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { EXIT, UserError } from "./errors.ts";
import { displayPath } from "./load/bundle.ts";

export interface FileAtRevision {
  /** Where the file is now. */
  readonly path: string;
  /** The root of the revision's files. */
  readonly root: string;
  /** The revision, abbreviated, for messages. */
  readonly commit: string;
}

/** Writes the files of a revision below `directory`. Throws a UserError in one line. */
export function fileAtRevision(file: string, revision: string, directory: string): FileAtRevision {
  const path = resolve(file);
  const folder = dirname(path);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UserError(EXIT.spec, `${displayPath(path)}: there is no such file`);
  const top = git(["rev-parse", "--show-toplevel"], folder);
  if (top === null)
    throw new UserError(
      EXIT.option,
      `--base ${revision}: ${displayPath(path)} is not in the working tree of a git repository, or git is missing`,
    );
  const toplevel = realpathSync(top);
  const commit = revision.startsWith("-")
    ? null
    : git(["rev-parse", "--verify", "--quiet", `${revision}^{commit}`], toplevel);
  if (commit === null)
    throw new UserError(EXIT.option, `--base ${revision}: the git repository ${top} has no such revision`);
  const inside = relative(toplevel, join(realpathSync(folder), basename(path))).replaceAll("\\", "/");
  if (git(["cat-file", "-t", `${commit}:${inside}`], toplevel) !== "blob")
    throw new UserError(EXIT.option, `--base ${revision}: there is no ${inside} in that revision`);
  const root = join(directory, "base");
  mkdirSync(root);
  const index = { GIT_INDEX_FILE: join(directory, "base-index") };
  const isWritten =
    git(["read-tree", commit], toplevel, index) !== null &&
    git(["checkout-index", "--all", "--quiet", `--prefix=${root}/`], toplevel, index) !== null;
  if (!isWritten || !existsSync(join(root, inside)))
    throw new UserError(EXIT.system, `--base ${revision}: git could not write the files of that revision`);
  linkPackages(toplevel, root, dirname(inside));
  return { path: join(root, inside), root, commit: commit.slice(0, 10) };
}

/** Links `node_modules` of the file's directory and of those above it, up to the top of the repository. */
function linkPackages(toplevel: string, root: string, folder: string): void {
  for (let at = folder; ; at = dirname(at)) {
    const installed = join(toplevel, at, "node_modules");
    const link = join(root, at, "node_modules");
    if (existsSync(installed) && !existsSync(link)) symlinkSync(installed, link, "junction");
    if (at === ".") return;
  }
}

/** What git prints, or null when it fails. */
function git(words: readonly string[], cwd: string, environment: NodeJS.ProcessEnv = {}): string | null {
  try {
    return execFileSync("git", words, {
      cwd,
      env: { ...process.env, ...environment },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: 2 ** 26,
    }).trim();
  } catch {
    return null;
  }
}
