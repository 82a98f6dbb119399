/** Search results made by hand, for tests of what is made of them. */
import type { RunInfo } from "../../src/report/run-info.ts";
import { paintFor } from "../../src/report/text/style.ts";
import type { TextOptions } from "../../src/report/text/text.ts";
import type { ItfState, SearchResult, TraceStep, Violation } from "../../src/search/result.ts";

/** A search that ended well, but for what is given. */
export function result(changes: Partial<SearchResult> = {}): SearchResult {
  return {
    verdict: "holds",
    symmetry: ["nodes"],
    workers: 2,
    states: { generated: 1234567, distinct: 89012, queued: 0, boundTerminal: 0, depth: 14 },
    levels: [1, 2],
    properties: [],
    bounds: [],
    violations: [],
    reached: [],
    coverage: { actions: { Timeout: { enabled: 3, generated: 9 } } },
    seconds: 12.3456,
    memory: { peakBytes: 1.5 * 2 ** 30, bytesPerState: 23.4 },
    stopped: null,
    failure: null,
    ...changes,
  };
}

export function violation(changes: Partial<Violation> = {}): Violation {
  return {
    kind: "invariant",
    property: "ElectionSafety",
    instance: "",
    message: "",
    trace: [step(0, null, {})],
    reads: [],
    location: { file: "specs/raft.ts", line: 123, column: 5 },
    ...changes,
  };
}

export function step(
  number: number,
  action: string | null,
  state: ItfState,
  changes: Partial<TraceStep> = {},
): TraceStep {
  return {
    step: number,
    action,
    actionName: action === null ? null : action.replace(/\(.*/, ""),
    location: null,
    arguments: {},
    fault: false,
    lost: [],
    doubled: [],
    state,
    sent: [],
    received: [],
    discarded: [],
    enabled: [],
    relevant: false,
    choice: null,
    ...changes,
  };
}

export function run(changes: Partial<RunInfo> = {}): RunInfo {
  return {
    version: "1.2.3",
    spec: "raft",
    file: "specs/raft.ts",
    parameters: { nodes: 3, maxElections: 2, bug: "none" },
    command: "npx dscheck specs/raft.ts --nodes 3",
    declared: {
      idSets: [{ name: "nodes", ordered: false, members: ["n1", "n2", "n3"] }],
      variables: [
        { name: "server", role: "perNode", owners: ["nodes"] },
        { name: "net", role: "mailbox", owners: ["nodes"] },
        { name: "elections", role: "budget", owners: [] },
      ],
      actions: [{ name: "Timeout", fault: false, location: { file: "specs/raft.ts", line: 60, column: 5 } }],
      properties: [
        {
          name: "ElectionSafety",
          kind: "invariant",
          meaning: "At most one leader in each term.",
          location: { file: "specs/raft.ts", line: 123, column: 5 },
        },
      ],
    },
    networks: ["net"],
    budgets: ["elections"],
    meanings: { ElectionSafety: "At most one leader in each term." },
    limits: { states: null, depth: null, seconds: null, memoryBytes: 4 * 2 ** 30 },
    selected: null,
    deadlockChecked: true,
    audited: true,
    ...changes,
  };
}

/** As for a file: no colour, 80 columns. */
export const PLAIN: TextOptions = { paint: paintFor(false), width: 80, fullStates: false, quiet: false };
