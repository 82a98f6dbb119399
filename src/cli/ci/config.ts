/**
 * `dscheck.config.ts`: what `dscheck ci` checks.
 *
 *   import { defineConfig } from "dscheck";
 *   export default defineConfig({
 *     checks: [
 *       { spec: "specs/raft.ts", parameters: { nodes: 3 }, expect: "holds", maxSeconds: 600, maxMemory: "4GiB" },
 *       { spec: "specs/raft.ts", parameters: { bug: "commit-old-term" }, expect: "violated:CommitOnlyCurrentTerm" },
 *     ],
 *   });
 *
 * Specs import this package's main export, so this module imports nothing. Values are checked where the file is
 * loaded (load-config.ts), since a configuration may also be written in JavaScript.
 */

/** One check: a spec with parameter values, what to look for, what should come of it, and what it may use. */
export interface CheckConfig {
  /** The spec's file, relative to the configuration file. */
  readonly spec: string;
  /** Parameter values by name; the others have their defaults. */
  readonly parameters?: Readonly<Record<string, number | boolean | string>>;
  /** Check only these properties; none when the list is empty. */
  readonly properties?: readonly string[];
  /** False turns symmetry reduction off. */
  readonly symmetry?: boolean;
  /** False: a state without a successor is not an error. */
  readonly deadlock?: boolean;
  /** Go on after a violation until every property is decided. */
  readonly continue?: boolean;
  /** False turns the checks of purity and symmetry off. */
  readonly audit?: boolean;
  /** Do not expand states at this depth. */
  readonly maxDepth?: number;
  /** The outcome as `--expect` takes it; "holds" unless given. */
  readonly expect?: string;
  /** Numbers that the search must give; a different one fails the check. */
  readonly counts?: ExpectedCounts;
  /** Time that the search may take. */
  readonly maxSeconds?: number;
  /** "4GiB", "512MiB", "75%" or bytes. */
  readonly maxMemory?: number | string;
}

export interface ExpectedCounts {
  readonly distinct?: number;
  readonly generated?: number;
  /** In steps. */
  readonly depth?: number;
  /** Steps of the counterexample that `expect` is about. */
  readonly traceLength?: number;
}

/** What can be written besides the summary: documents of all checks, and files of each counterexample. */
export type CiReport = "junit" | "sarif" | "markdown" | "html" | "itf" | "scenario";

export interface CiConfig {
  readonly checks: readonly CheckConfig[];
  /** Where reports go, relative to the configuration file; "dscheck-report" unless given. */
  readonly reportDirectory?: string;
  /** All of them unless given. */
  readonly reports?: readonly CiReport[];
}

/** A configuration with the place in the file where it was made. */
export class Config {
  readonly definition: CiConfig;
  /** The stack of the call of `defineConfig`. */
  readonly made: Error;

  constructor(definition: CiConfig) {
    this.definition = definition;
    this.made = new Error("defineConfig");
  }
}

/** Declares what `dscheck ci` checks; the default export of `dscheck.config.ts`. */
export function defineConfig(definition: CiConfig): Config {
  return new Config(definition);
}
