/**
 * Traces made by a small simulation, for the viewer: nodes that send, lose, double and receive messages, crash,
 * restart and are cut off. The same for the same numbers. Contents mean nothing; shapes are those of real traces.
 */
import type { ReportInput } from "../../src/report/kinds.ts";
import type { Declared } from "../../src/report/run-info.ts";
import type { Itf, TraceMessage, TraceStep, Violation } from "../../src/search/result.ts";
import * as results from "../report/results.ts";

export const PLACE = { file: "specs/made-up.ts", line: 12, column: 5 };

interface Node {
  readonly term: number;
  readonly role: string;
  readonly log: readonly number[];
}

type Sent = { readonly type: string; readonly from: string; readonly to: string; readonly term: number };

export function declared(nodes: readonly string[]): Declared {
  return {
    idSets: [{ name: "node", ordered: false, members: nodes }],
    variables: [
      { name: "server", role: "perNode", owners: ["node"] },
      { name: "net", role: "mailbox", owners: ["node"] },
      { name: "faults", role: "budget", owners: [] },
    ],
    actions: [],
    properties: [],
  };
}

export function nodeNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `n${at + 1}`);
}

export function syntheticTrace(stepCount: number, nodeCount: number): TraceStep[] {
  const nodes = nodeNames(nodeCount);
  let random = 12345;
  const below = (limit: number): number => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    return Math.floor((random / 2 ** 32) * limit);
  };
  const servers = new Map(
    nodes.map((name): [string, Node] => [name, { term: 0, role: "follower", log: [] }]),
  );
  const down = new Set<string>();
  let flying: Sent[] = [];
  let faults = stepCount;
  const state = (): TraceStep["state"] => ({
    server: { "#map": nodes.map((name) => [name, { ...servers.get(name)! }] as Itf) },
    net: { "#map": nodes.map((name): Itf => [name, mailbox(flying.filter(({ to }) => to === name))]) },
    faults,
  });
  const trace: TraceStep[] = [results.step(0, null, state(), { enabled: nodes.map((n) => `Timeout(${n})`) })];
  const add = (
    action: string,
    changes: Partial<TraceStep>,
    told: { readonly sent?: readonly Sent[]; readonly received?: readonly Sent[] } = {},
  ): void => {
    const messages = (all: readonly Sent[] = []): TraceMessage[] =>
      all.map((message) => ({ network: "net", from: message.from, to: message.to, message }));
    trace.push(
      results.step(trace.length, action, state(), {
        location: PLACE,
        sent: messages(told.sent),
        received: messages(told.received),
        enabled: nodes.map((name) => `Timeout(${name})`),
        relevant: trace.length % 17 === 0,
        ...changes,
      }),
    );
  };
  const update = (name: string, change: Partial<Node>): void => {
    servers.set(name, { ...servers.get(name)!, ...change });
  };
  while (trace.length <= stepCount) {
    const kind = below(20);
    const node = nodes[below(nodes.length)]!;
    const me = servers.get(node)!;
    const picked = flying[below(Math.max(1, flying.length))];
    const without = picked === undefined ? flying : flying.filter((message) => message !== picked);
    if (kind < 2 && flying.length < 4 * nodes.length && !down.has(node)) {
      const others = nodes.filter((other) => other !== node);
      const sent = others.map((to): Sent => ({ type: "RequestVote", from: node, to, term: me.term + 1 }));
      flying = [...flying, ...sent];
      update(node, { term: me.term + 1, role: "candidate" });
      add(`Timeout(${node})`, { arguments: { i: node } }, { sent });
    } else if (kind < 15 && picked !== undefined && !down.has(picked.to)) {
      const answers = picked.type === "RequestVote";
      const answer: Sent = { type: "Vote", from: picked.to, to: picked.from, term: picked.term };
      flying = answers ? [...without, answer] : without;
      const to = servers.get(picked.to)!;
      if (answers) update(picked.to, { term: Math.max(to.term, picked.term) });
      else update(picked.to, { role: "leader", log: [...to.log, picked.term].slice(-6) });
      add(
        `Handle${picked.type}(${picked.from}->${picked.to})`,
        { arguments: { message: picked } },
        { received: [picked], sent: answers ? [answer] : [] },
      );
    } else if (kind === 15 && picked !== undefined) {
      flying = without;
      faults--;
      add(`Lose(${picked.to})`, { fault: true, arguments: { message: picked } }, { received: [picked] });
    } else if (kind === 16 && picked !== undefined) {
      flying = [...flying, { ...picked }];
      faults--;
      add(`Duplicate(${picked.to})`, { fault: true, arguments: { message: picked } }, { sent: [picked] });
    } else if (kind === 17 && !down.has(node) && down.size < nodes.length - 1) {
      down.add(node);
      update(node, { role: "down" });
      add(`Crash(${node})`, { fault: true, arguments: { i: node } });
    } else if (kind === 18 && down.size > 0) {
      const [back] = [...down];
      down.delete(back!);
      update(back!, { role: "follower" });
      add(`Restart(${back})`, { fault: true, arguments: { i: back! } });
    } else if (kind === 19 && trace.length % 3 === 0) {
      faults--;
      add(trace.length % 2 === 0 ? "Partition" : "Heal", { fault: true });
    }
  }
  return trace;
}

function mailbox(messages: readonly Sent[]): Itf {
  const counts = new Map<string, number>();
  for (const message of messages) {
    const key = JSON.stringify(message);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return { "#map": [...counts].map(([key, count]): Itf => [JSON.parse(key) as Itf, count]) };
}

/** What a report is made of, with a trace of each of the given lengths. */
export function syntheticInput(lengths: readonly number[], nodeCount: number): ReportInput {
  const violations = lengths.map((length, at): Violation => {
    const trace = syntheticTrace(length, nodeCount);
    const lastRelevant = trace.findLastIndex(({ relevant }) => relevant);
    return results.violation({
      property: at === 0 ? "ElectionSafety" : `Invariant${at + 1}`,
      trace,
      reads: [
        { what: "server[n1].term", side: "after", value: 3, writtenAt: Math.max(0, lastRelevant) },
        { what: "server[n2].role", side: "after", value: "leader", writtenAt: 0 },
      ],
    });
  });
  const result = results.result({ verdict: violations.length === 0 ? "holds" : "violated", violations });
  const run = results.run({ spec: "made-up", declared: declared(nodeNames(nodeCount)), budgets: ["faults"] });
  return { run, result, expected: null, fullStates: false } as unknown as ReportInput;
}
