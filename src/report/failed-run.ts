/** A run that never began, as reports can tell it: no states, no properties, and why. */
import type { Place, SearchFailure, SearchResult } from "../search/result.ts";
import { errorReport } from "./formats/json.ts";
import type { ReportInput } from "./kinds.ts";
import type { RunInfo } from "./run-info.ts";

export interface FailedRun {
  readonly version: string;
  /** The spec as it was given. */
  readonly file: string;
  readonly command: string;
  readonly exitCode: number;
  readonly message: string;
  readonly kind: SearchFailure["kind"];
  /** The place in a source file that the message names. */
  readonly location: Place | null;
}

export function failedInput({
  version,
  file,
  command,
  exitCode,
  message,
  kind,
  location,
}: FailedRun): ReportInput {
  const report = {
    ...errorReport(version, { code: exitCode, message, action: null }),
    file,
    command,
  };
  const result: SearchResult = {
    verdict: "failed",
    symmetry: [],
    workers: 0,
    states: report.states,
    levels: [],
    properties: [],
    bounds: [],
    violations: [],
    reached: [],
    coverage: report.coverage,
    seconds: 0,
    memory: report.memory,
    stopped: null,
    failure: { kind, message, action: null, location },
  };
  const run: RunInfo = {
    version,
    spec: nameOf(file),
    file,
    parameters: {},
    command,
    declared: { idSets: [], variables: [], actions: [], properties: [] },
    networks: [],
    budgets: [],
    meanings: {},
    limits: { states: null, depth: null, seconds: null, memoryBytes: 0 },
    selected: null,
    deadlockChecked: false,
    audited: true,
  };
  return { run, result, expected: null, fullStates: false, report };
}

/** `raft` for `specs/raft.ts`: the spec's own name is not known. */
function nameOf(file: string): string {
  return (
    file
      .split(/[/\\]/)
      .at(-1)!
      .replace(/\.[^.]*$/, "") || file
  );
}
