/** A counterexample by hand with all that trace formats must tell: ids, null, sets, tuples, messages, a fault. */
import type { RunInfo } from "../../src/report/run-info.ts";
import type { Itf, ItfState, TraceMessage, Violation } from "../../src/search/result.ts";
import { run, step, violation } from "./results.ts";

const vote = (to: string): Itf => ({ type: "Vote", from: "n1", to, term: 1 });
const reply: Itf = { type: "Reply", from: "n2", to: "n1", granted: true };
const told = (from: string, to: string, message: Itf): TraceMessage => ({
  network: "net",
  from,
  to,
  message,
});

interface Changing {
  readonly terms: readonly [number, number];
  readonly votes: readonly [Itf, Itf];
  readonly mail: Readonly<Record<string, readonly Itf[]>>;
  readonly losses: number;
  readonly ghosts: Itf;
}

function state({ terms, votes, mail, losses, ghosts }: Changing): ItfState {
  const names = ["n1", "n2"];
  return {
    server: {
      "#map": names.map((name, at) => [
        name,
        { term: terms[at]!, vote: votes[at]!, log: [terms[at]!, "x y"] },
      ]),
    },
    net: { "#map": names.map((name) => [name, { "#map": (mail[name] ?? []).map((m) => [m, 1]) }]) },
    links: { "#map": [[{ "#tup": ["n1", "n2"] }, true]] },
    rounds: { "#map": [[1, "one"], [2, "two"]] }, // biome-ignore format: a table
    losses,
    ghosts,
  };
}

const BEGIN: Changing = { terms: [0, 0], votes: [null, null], mail: {}, losses: 1, ghosts: { "#set": [] } };
const ASKED: Changing = { ...BEGIN, terms: [1, 0], votes: ["n1", null], mail: { n2: [vote("n2")] } };
const DOUBTED: Changing = { ...ASKED, ghosts: { "#set": [1.5, { "#bigint": "9007199254740993" }] } };
const ANSWERED: Changing = { ...DOUBTED, terms: [1, 1], votes: ["n1", "n1"], mail: { n1: [reply] } };
const LOST: Changing = { ...ANSWERED, mail: {}, losses: 0 };

export const EXCHANGE_RUN: RunInfo = run({
  declared: {
    ...run().declared,
    idSets: [{ name: "nodes", ordered: false, members: ["n1", "n2"] }],
    variables: [
      { name: "server", role: "perNode", owners: ["nodes"] },
      { name: "net", role: "mailbox", owners: ["nodes"] },
      { name: "links", role: "perNode", owners: ["nodes", "nodes"] },
      { name: "rounds", role: "cell", owners: [] },
      { name: "losses", role: "budget", owners: [] },
      { name: "ghosts", role: "history", owners: [] },
    ],
  },
  budgets: ["losses"],
});

const location = { file: "specs/raft.ts", line: 60, column: 5 };

export const EXCHANGE: Violation = violation({
  property: "AtMostOne",
  instance: "(n1)",
  trace: [
    step(0, null, state(BEGIN)),
    step(1, "Timeout(n1)", state(ASKED), {
      arguments: { i: "n1" },
      location,
      sent: [told("n1", "n2", vote("n2"))],
    }),
    step(2, "Doubt", state(DOUBTED), { location }),
    step(3, "HandleVote(n1->n2)", state(ANSWERED), {
      arguments: { message: vote("n2") },
      location,
      received: [told("n1", "n2", vote("n2"))],
      sent: [told("n2", "n1", reply)],
    }),
    step(4, "Loss(n2->n1)", state(LOST), {
      arguments: { message: reply },
      fault: true,
      received: [told("n2", "n1", reply)],
    }),
  ],
});
