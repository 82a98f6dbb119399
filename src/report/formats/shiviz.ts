/**
 * A counterexample as a log for ShiViz (https://bestchai.bitbucket.io/shiviz/), which draws it as a space-time diagram.
 * Vector clocks are computed here, along the trace; states have none.
 *
 * Each step is one event, at the node that acts: the receiver of a delivery, else the sender of what it sends, else
 * the node whose variables it changes (the first of its arguments, if there are several). Everything else happens at
 * a host named environment: what the network does to messages, and steps that concern no node or many. Receiving a
 * message comes after its sending, and so does what the network does to it; a node that throws messages away unread
 * learns nothing from them. What a node learns by reading another's variables directly, which only abstract specs do,
 * is in no clock.
 */
import type { Itf, TraceStep, Violation } from "../../search/result.ts";
import { untoldChanges } from "../diff.ts";
import { format, formatMessage, mapEntries, same, tupleItems } from "../itf.ts";
import { followMessages, isTransport, type MessageCopy } from "../messages.ts";
import type { RunInfo } from "../run-info.ts";
import { changeText } from "../text/trace-text.ts";

/** What ShiViz must be told to read such a log; it is also what it is told by default. */
export const SHIVIZ_EXPRESSION = "(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})";

export interface ClockedEvent {
  /** The step; 0 for the initial state, which is an event only if messages in it matter. */
  readonly step: number;
  readonly host: string;
  readonly clock: Readonly<Record<string, number>>;
}

/**
 * The file. ShiViz takes the first line of a file as the expression to read it with, and the second, which is empty,
 * as what separates several executions.
 */
export function shivizLog(run: RunInfo, { trace }: Violation): string {
  const lines = [SHIVIZ_EXPRESSION, ""];
  for (const { step, host, clock } of clockedEvents(run, trace))
    lines.push(told(run, trace, step), `${host} ${JSON.stringify(clock)}`);
  return `${lines.join("\n")}\n`;
}

/** The events of a trace with their vector clocks, in the order of the steps. */
export function clockedEvents(run: RunInfo, trace: readonly TraceStep[]): ClockedEvent[] {
  const environment = nameOfEnvironment(run);
  const hosts = trace.map(
    (step, at) => (at === 0 ? null : actorOf(run, trace[at - 1]!, step)) ?? environment,
  );
  const before = sendsBefore(followMessages(trace, run), (step) => hosts[step] === environment);
  const latest = new Map<string, Readonly<Record<string, number>>>();
  const clocks = new Map<number, Readonly<Record<string, number>>>();
  const events: ClockedEvent[] = [];
  // A log without events is none to ShiViz.
  const first = trace.length === 1 || [...before.values()].some((sends) => sends.has(0)) ? 0 : 1;
  for (let at = first; at < trace.length; at++) {
    const step = trace[at]!;
    const host = hosts[at]!;
    const clock: Record<string, number> = { ...latest.get(host) };
    for (const send of before.get(step.step) ?? [])
      for (const [other, time] of Object.entries(clocks.get(send) ?? {}))
        clock[other] = Math.max(clock[other] ?? 0, time);
    clock[host] = (latest.get(host)?.[host] ?? 0) + 1;
    latest.set(host, clock);
    clocks.set(step.step, clock);
    events.push({ step: step.step, host, clock });
  }
  return events;
}

/** For each step, the steps that sent what it received, or what the network lost or doubled in it. */
function sendsBefore(
  copies: readonly MessageCopy[],
  isEnvironment: (step: number) => boolean,
): Map<number, Set<number>> {
  const before = new Map<number, Set<number>>();
  const add = (step: number | null, send: number): void => {
    if (step === null || send >= step) return;
    const sends = before.get(step) ?? new Set();
    before.set(step, sends.add(send));
  };
  for (const { sentAt, receivedAt, lostAt, duplicateOf } of copies) {
    add(receivedAt, sentAt);
    if (lostAt !== null && isEnvironment(lostAt)) add(lostAt, sentAt);
    if (duplicateOf !== null) add(sentAt, copies[duplicateOf]!.sentAt);
  }
  return before;
}

/** The node that takes a step, or null when it is none's. */
export function actorOf(run: RunInfo, before: TraceStep, step: TraceStep): string | null {
  if (isTransport(before, step, run)) return null;
  const [received] = step.received;
  if (received !== undefined) return received.to;
  const senders = new Set(step.sent.map(({ from }) => from));
  const [sender] = senders;
  if (senders.size === 1 && sender !== null && sender !== undefined) return sender;
  const changed = changedNodes(run, before, step);
  const named = Object.values(step.arguments).find(
    (value): value is string => typeof value === "string" && changed.has(value),
  );
  if (named !== undefined) return named;
  const [only] = changed;
  return changed.size === 1 && only !== undefined ? only : null;
}

/** The ids that own a variable (no network, no history) that a step changed. */
function changedNodes(run: RunInfo, before: TraceStep, step: TraceStep): Set<string> {
  const nodes = new Set<string>();
  for (const { name, role } of run.declared.variables) {
    if (role !== "perNode") continue;
    const old = mapEntries(before.state[name] ?? null) ?? [];
    for (const [owner, value] of mapEntries(step.state[name] ?? null) ?? [])
      if (!old.some(([other, was]) => same(owner, other) && same(value, was))) nodes.add(nodeOf(owner));
  }
  return nodes;
}

function nodeOf(owner: Itf): string {
  const [first] = tupleItems(owner) ?? [owner];
  return typeof first === "string" ? first : format(first ?? null);
}

function nameOfEnvironment({ declared }: RunInfo): string {
  const taken = new Set(declared.idSets.flatMap(({ members }) => members));
  let name = "environment";
  while (taken.has(name)) name += "_";
  return name;
}

/** A step in one line: `3 Timeout(n1): sent RequestVote to n2; server[n1].role: follower -> candidate`. */
function told(run: RunInfo, trace: readonly TraceStep[], number: number): string {
  if (number === 0) return "0 initial state";
  const step = trace[number]!;
  const sent = step.sent.map(({ message, from, to }) => `sent ${formatMessage(message, from, to)} to ${to}`);
  const changes = untoldChanges(trace[number - 1]!.state, step.state, run.networks, step)
    .filter(({ path }) => !run.budgets.includes(path))
    .map((change) => `${change.path}: ${changeText(change)}`);
  const what = [...sent, ...changes];
  const title = `${number} ${step.action}${step.fault ? " (fault)" : ""}`;
  // One line: the expression takes one for the event.
  return (what.length === 0 ? title : `${title}: ${what.join("; ")}`).replaceAll(/\s*\n\s*/g, " ");
}
