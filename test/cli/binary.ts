/** Running the built command as a user does. */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const BINARY = join(ROOT, "bin", "dscheck.js");

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `dscheck` with words, by default in the repository's root. */
export function dscheck(words: readonly string[], cwd = ROOT, environment: NodeJS.ProcessEnv = {}): Ran {
  return ran(
    spawnSync(process.execPath, [BINARY, ...words], {
      cwd,
      env: { ...cleanEnvironment(), ...environment },
      encoding: "utf8",
    }),
  );
}

/** Runs a module of the repository with node; there `dscheck` is this package, as built. */
export function runModule(path: string, words: readonly string[] = []): Ran {
  return ran(
    spawnSync(process.execPath, [join(ROOT, path), ...words], {
      cwd: ROOT,
      env: cleanEnvironment(),
      encoding: "utf8",
    }),
  );
}

function ran({ status, stdout, stderr }: SpawnSyncReturns<string>): Ran {
  return { code: status, stdout, stderr };
}

/** Without what the test runner sets for its own processes. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, FORCE_COLOR: _force, NO_COLOR: _none, ...rest } = process.env;
  return rest;
}

/** A directory of its own for a test's files; outside the repository. */
export class Scratch {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), "dscheck-test-")));

  /** Writes a file and returns its path. */
  write(name: string, text: string): string {
    const path = join(this.directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A smallest spec; `model` and `parameters` are the texts inside its braces. */
export function specText({ model = "", parameters = "", before = "" } = {}): string {
  return `import { defineSpec, integer } from "dscheck";
${before}
export default defineSpec({
  name: "small",
  parameters: { ${parameters} },
  model(m, p) {
    const on = m.cell("on", false);
    m.action("Switch", {}, (s) => s.set(on, !s.get(on)));
    ${model}
  },
});
`;
}
