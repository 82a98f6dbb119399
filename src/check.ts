/**
 * Checking a spec from a program or a test:
 *
 *   const report = await check(new URL("./raft.ts", import.meta.url), { nodes: 3 });
 *   expect(report.verdict).toBe("holds-within");
 *
 * A spec is given as a file, because its functions must exist in every worker thread. Everything that the
 * check needs is imported when it is called, so that a spec which imports this package does not pay for it.
 */
import type { CheckReport } from "./report/formats/json.ts";
import type { Progress } from "./search/result.ts";

export type { CheckReport };

export interface CheckOptions {
  /** Short for `set: { nodes }`. */
  readonly nodes?: number;
  /** Parameter values by name; the others have their defaults. */
  readonly set?: Readonly<Record<string, number | boolean | string>>;
  /** Values of the parameters that are fault budgets, by name. */
  readonly faults?: Readonly<Record<string, number>>;
  /** Worker threads; all cores unless given. */
  readonly workers?: number;
  /** False turns symmetry reduction off. */
  readonly symmetry?: boolean;
  /** False: a state without a successor is not an error. */
  readonly deadlock?: boolean;
  /** Check only these; none when the list is empty. */
  readonly properties?: readonly string[];
  /** Stop, without a verdict, at this many distinct states. */
  readonly maxStates?: number;
  /** Do not expand states at this depth. */
  readonly maxDepth?: number;
  readonly maxSeconds?: number;
  /** Bytes, or text such as "4GiB" or "75%" (of the machine's or container's memory). */
  readonly maxMemory?: number | string;
  /** Go on after a violation until every property is decided. */
  readonly continue?: boolean;
  /** False turns the checks of purity and symmetry off. */
  readonly audit?: boolean;
  /** Full states at every step of a trace, not only at the first and the last. */
  readonly fullStates?: boolean;
  /** As `--expect`: changes `exitCode` alone. */
  readonly expect?: string;
  readonly onProgress?: (progress: Progress) => void;
  /** Aborting ends the check with what it has so far. */
  readonly signal?: AbortSignal;
}

/**
 * Checks the spec in a file and resolves to the verdict as data: the content of the command's JSON document.
 * Rejects, with an error that has a `code` (the command's exit code), when there is nothing to report: the
 * spec cannot be loaded, or an option or parameter is wrong.
 */
export async function check(specFileOrUrl: string | URL, options: CheckOptions = {}): Promise<CheckReport> {
  const { runCheck } = await import("./cli/check/run-check.ts");
  const { report, dispose } = await runCheck(specFileOrUrl, options, "program");
  dispose();
  return report;
}
