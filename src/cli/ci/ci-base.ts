/**
 * What has changed since a base revision. The base's files are written to a temporary directory; a check is unchanged
 * if its key (result-cache.ts) is the same there, so that also what a spec imports counts, and its configuration with
 * the counts and budgets that are in no key.
 * Packages are not tracked by git: a spec that has one in its bundle counts as changed.
 */
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { EXIT, UserError } from "../errors.ts";
import { fileAtRevision } from "../git-revision.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { type CiCheck, type LoadedConfig, loadConfig } from "./load-config.ts";
import { type Key, keyOf } from "./result-cache.ts";

export interface Base {
  /** As it was given. */
  readonly revision: string;
  /** Abbreviated; null when it cannot be read, and then every check counts as changed. */
  readonly commit: string | null;
  isUnchanged(check: CiCheck, key: Key): Promise<boolean>;
  dispose(): void;
}

/** The branch that a CI system says a change is for; null outside of such a run. */
export function baseOfEnvironment(environment: NodeJS.ProcessEnv): string | null {
  const { GITHUB_BASE_REF: github, CI_MERGE_REQUEST_TARGET_BRANCH_NAME: gitlab } = environment;
  return github || gitlab || null;
}

/** Reads a base. One that is `given` by an option must exist; of one that the environment names, `warn` says so. */
export async function readBase(
  config: LoadedConfig,
  revision: string,
  given: boolean,
  warn: (message: string) => void,
): Promise<Base> {
  const unknown = (why: string): Base => {
    warn(`${why}; every check counts as changed`);
    return { revision, commit: null, isUnchanged: async () => false, dispose() {} };
  };
  // A branch of the environment is one of the remote's; a local one of that name may be old, or missing.
  const names = given ? [revision, `origin/${revision}`] : [`origin/${revision}`, revision];
  const found = commitOf(names, config.directory);
  if (found === null) {
    const what = `--base ${revision}: there is no such revision in the git repository of ${config.directory}`;
    if (given) throw new UserError(EXIT.option, what);
    return unknown(`the base ${revision} is not in this clone (on GitHub, check out with fetch-depth: 0)`);
  }
  const directory = temporaryDirectory("dscheck-base");
  const dispose = (): void => rmSync(directory, { recursive: true, force: true });
  process.once("exit", dispose);
  try {
    const at = fileAtRevision(config.file, found, directory);
    const checks = (await loadConfig(at.path)).checks;
    const root = resolve(dirname(at.path), relative(config.directory, process.cwd()));
    return {
      revision,
      commit: at.commit,
      isUnchanged: async (check, key) => {
        const then = checks.find((other) => other.name === check.name);
        if (then === undefined || asked(then) !== asked(check)) return false;
        return (await keyOf(then, root).catch(() => null))?.hash === key.hash;
      },
      dispose,
    };
  } catch (error) {
    dispose();
    if (error instanceof UserError) return unknown(error.message);
    throw error;
  }
}

/** What a check asks beside its key: the counts that must come, and the budget. */
function asked({ counts = {}, maxSeconds, maxMemory }: CiCheck): string {
  return JSON.stringify([Object.entries(counts).sort(), maxSeconds, maxMemory]);
}

/** Where the branch that is checked left the base, or the base itself. */
function commitOf(names: readonly string[], directory: string): string | null {
  for (const name of names.filter((name) => !name.startsWith("-"))) {
    const commit = git(["rev-parse", "--verify", "--quiet", `${name}^{commit}`], directory);
    if (commit !== null) return git(["merge-base", commit, "HEAD"], directory) ?? commit;
  }
  return null;
}

/** The root of the repository's working tree. */
export function repositoryRoot(directory: string): string | null {
  return git(["rev-parse", "--show-toplevel"], directory);
}

function git(words: readonly string[], cwd: string): string | null {
  try {
    return execFileSync("git", words, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return null;
  }
}
