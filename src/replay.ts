/**
 * Replaying a path through a spec from a program or a test:
 *
 *   const run = await replay(new URL("./raft.ts", import.meta.url), {
 *     nodes: 3,
 *     steps: ["Timeout(n1)", "HandleRequestVote(n1->n2)"],
 *   });
 *   expect(run.trace[1]?.told).toContain("server[n1].role: follower -> candidate");
 *   expect(run.failed).toEqual([]);
 *
 * The spec's own functions run in this thread. As `check`, it imports what it needs when it is called.
 */
import type { ReplayedStep, ReplayReport } from "./report/formats/replay-json.ts";
import type { Itf, ItfState } from "./search/result.ts";

export type { ReplayedStep, ReplayReport };

/** A step whose text fits several: what tells it from the others. */
export interface ReplayStep {
  /** As traces have it: `HandleVote(n1->n2)`. */
  readonly action: string;
  /** Of a delivery, a part of the message, in ITF. */
  readonly message?: Itf;
  /** A part of the arguments by name, in ITF. */
  readonly arguments?: Readonly<Record<string, Itf>>;
  /** The place, from 1, among the next states that are left. */
  readonly choice?: number;
}

export interface ReplayOptions {
  /** Short for `set: { nodes }`. */
  readonly nodes?: number;
  /** Parameter values by name; the others have their defaults. */
  readonly set?: Readonly<Record<string, number | boolean | string>>;
  /** Values of the parameters that are fault budgets, by name. */
  readonly faults?: Readonly<Record<string, number>>;
  /** Which initial state, where there are several: its place, from 1, or a part of it. */
  readonly initial?: number | ItfState;
  readonly steps: readonly (string | ReplayStep)[];
  /** As `expect` of a scenario: what is claimed of the end. Changes `expected` and `exitCode` alone. */
  readonly expect?: string;
}

export interface Replay extends ReplayReport {
  /** Names of what fails at the end: properties, actions that throw, `deadlock`. */
  readonly failed: readonly string[];
}

/**
 * Takes the steps one by one and resolves to the trace, with the whole state after each step, and to what fails.
 * Rejects, with an error that has a `code`, when a step cannot be taken (1: the spec does not do this), when a step
 * may be several, or when an option is wrong (151), or when the spec cannot be loaded (150).
 */
export async function replay(specFileOrUrl: string | URL, options: ReplayOptions): Promise<Replay> {
  const { replayFor } = await import("./cli/replay/replay-program.ts");
  return replayFor(specFileOrUrl, options);
}
