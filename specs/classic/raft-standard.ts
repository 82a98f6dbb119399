/**
 * Raft: leader election and log replication, in a form made for model checking.
 *
 * Source: Ongaro and Ousterhout, "In search of an understandable consensus algorithm", USENIX ATC 2014,
 * figure 2; the atomic steps, the counters and the counts are those of specifications/standard-raft/Raft.tla
 * in Vanlightly/raft-tlaplus, with every variable part of the state (its VIEW is not used).
 * Abstracted away: time (any server that does not lead may start an election at any moment), clients beyond
 * the submission of each value once, membership change, snapshots. A candidate starts its election and asks
 * all others in one step. A leader waits for one answer per follower before it sends that follower more, and
 * sends at most one entry at a time.
 * Network: messages are reordered at will; one that is never delivered is a lost one; none is duplicated.
 * A delivered message is remembered: an election's vote requests and an AppendEntries request without an
 * entry are sent only if an identical one never was, and a message makes its receiver adopt the newer term
 * even after its delivery.
 * Bounds: elections and restarts are budgets. Terms and logs are finite because of them and of the values.
 *
 * NoLogDivergence: two servers have equal logs up to the lower of their commit indexes.
 * LeaderHasAllAckedValues: no leader, unless another server knows a later term, lacks an acknowledged value.
 * CommittedEntriesReachMajority: if leaders have committed something, the last committed entry of at least one
 * of them is on a majority that includes it. In larger models this is false, here as in the source: with two
 * nodes, two elections and one restart it takes 21 steps. The refusal of a request of an old term makes the
 * leader of the next one send again before its first request is answered, and if the two are reordered, the
 * one without an entry removes what the other one brought.
 */
import { defineSpec, faultBudget, integer, type ModelValue, restarted, type Value, value } from "dscheck";
import { List, Map, Record, type RecordOf, Set } from "immutable";

type Node = ModelValue<"nodes">;
type ClientValue = ModelValue<"values">;
type Role = "follower" | "candidate" | "leader";
type Entry = Value<{ readonly term: number; readonly value: ClientValue }>;
type Log = List<Entry>;

interface ServerFields {
  currentTerm: number;
  votedFor: Node | null;
  log: Log;
  role: Role;
  commitIndex: number;
  /** Of a candidate: who voted for it in currentTerm, itself included. */
  votesGranted: Set<Node>;
  /** Of a leader, by peer: the next entry to send, the last one known to agree, whether an answer is due. */
  nextIndex: Map<Node, number>;
  matchIndex: Map<Node, number>;
  pendingResponse: Map<Node, boolean>;
}
type Server = RecordOf<ServerFields>;

const Server = Record<ServerFields>(
  {
    currentTerm: 1,
    votedFor: null,
    log: List(),
    role: "follower",
    commitIndex: 0,
    votesGranted: Set(),
    nextIndex: Map(),
    matchIndex: Map(),
    pendingResponse: Map(),
  },
  "Server",
);

interface Header {
  readonly from: Node;
  readonly to: Node;
  readonly term: number;
}

interface RequestVoteRequest extends Header {
  readonly type: "RequestVoteRequest";
  readonly lastLogTerm: number;
  readonly lastLogIndex: number;
}

interface RequestVoteResponse extends Header {
  readonly type: "RequestVoteResponse";
  readonly voteGranted: boolean;
}

interface AppendEntriesRequest extends Header {
  readonly type: "AppendEntriesRequest";
  readonly prevLogIndex: number;
  readonly prevLogTerm: number;
  readonly entry: Entry | null;
  readonly commitIndex: number;
}

interface AppendEntriesResponse extends Header {
  readonly type: "AppendEntriesResponse";
  readonly success: boolean;
  readonly matchIndex: number;
}

type Message = RequestVoteRequest | RequestVoteResponse | AppendEntriesRequest | AppendEntriesResponse;

/** The entry at an index counted from 1. */
function entryAt(log: Log, index: number): Entry | undefined {
  return index === 0 ? undefined : log.get(index - 1);
}

/** The term of the entry at an index counted from 1; 0 where there is none. */
function termAt(log: Log, index: number): number {
  return entryAt(log, index)?.term ?? 0;
}

function contains(log: Log, submitted: ClientValue): boolean {
  return log.some((entry) => entry.value === submitted);
}

/** Whether the candidate's log is at least as up to date as the voter's. */
function isUpToDate(request: RequestVoteRequest, log: Log): boolean {
  const lastTerm = termAt(log, log.size);
  if (request.lastLogTerm !== lastTerm) return request.lastLogTerm > lastTerm;
  return request.lastLogIndex >= log.size;
}

/** Whether the log has the entry that precedes the ones of the request. */
function matches(request: AppendEntriesRequest, log: Log): boolean {
  return request.prevLogIndex <= log.size && termAt(log, request.prevLogIndex) === request.prevLogTerm;
}

export default defineSpec({
  name: "raft-standard",
  summary: "Raft's leader election and log replication, optimized for model checking",
  source: "Vanlightly/raft-tlaplus, specifications/standard-raft/Raft.tla; Ongaro, Ousterhout: Raft, 2014",
  parameters: {
    nodes: integer({ default: 3, min: 1, max: 7, meaning: "servers" }),
    values: integer({ default: 1, min: 1, max: 5, meaning: "client values, each submitted at most once" }),
    maxElections: integer({ default: 2, max: 10, meaning: "elections started, over all servers" }),
    maxRestarts: faultBudget({ default: 0, max: 10, meaning: "restarts, over all servers" }),
  },
  model(m, p) {
    const nodes = m.scalarset("nodes", p.nodes);
    const values = m.scalarset("values", p.values);

    const forAll = <T>(initial: T): Map<Node, T> => Map(nodes.map((j) => [j, initial]));
    const server = m.perNode<Node, Server>(
      "server",
      nodes,
      Server({ nextIndex: forAll(1), matchIndex: forAll(0), pendingResponse: forAll(false) }),
      { persistent: ["currentTerm", "votedFor", "log"] },
    );
    const net = m.network<Message>("net", nodes, { kind: "sent-bag" });
    // What the client knows of a value: not submitted, submitted, acknowledged.
    const acked = m.perNode<ClientValue, "new" | "pending" | "acked">("acked", values, "new");
    const elections = m.budget("elections", p.maxElections);
    const restarts = m.faultBudget("restarts", p.maxRestarts);

    // Server i restarts with currentTerm, votedFor and log; it loses the rest.
    m.action(
      "Restart",
      { i: nodes },
      (s, { i }) => s.spend(restarts).update(server, i, (self) => restarted(server, self)),
      { fault: true },
    );

    // Server i, which does not lead, starts an election: it votes for itself and asks all others.
    m.action("RequestVote", { i: nodes }, (s, { i }) => {
      const self = s.get(server, i);
      if (self.role === "leader") return;
      const term = self.currentTerm + 1;
      const requests = nodes.others(i).map(
        (j): RequestVoteRequest => ({
          type: "RequestVoteRequest",
          from: i,
          to: j,
          term,
          lastLogTerm: termAt(self.log, self.log.size),
          lastLogIndex: self.log.size,
        }),
      );
      return s
        .spend(elections)
        .sendOnce(net, ...requests)
        .set(
          server,
          i,
          self.merge({ role: "candidate", currentTerm: term, votedFor: i, votesGranted: Set([i]) }),
        );
    });

    // Candidate i with the votes of a majority becomes the leader and assumes that every log equals its own.
    m.action("BecomeLeader", { i: nodes }, (s, { i }) => {
      const self = s.get(server, i);
      if (self.role !== "candidate" || self.votesGranted.size < nodes.majority) return;
      return s.set(
        server,
        i,
        self.merge({
          role: "leader",
          nextIndex: forAll(self.log.size + 1),
          matchIndex: forAll(0),
          pendingResponse: forAll(false),
        }),
      );
    });

    // Leader i appends a value that no client submitted before to its log.
    m.action("ClientRequest", { i: nodes, v: values }, (s, { i, v }) => {
      const self = s.get(server, i);
      if (self.role !== "leader" || s.get(acked, v) !== "new") return;
      const entry = value({ term: self.currentTerm, value: v });
      return s.set(acked, v, "pending").set(server, i, self.set("log", self.log.push(entry)));
    });

    // Leader i commits up to the last entry on a majority if it is of its own term, and acknowledges the values.
    m.action("AdvanceCommitIndex", { i: nodes }, (s, { i }) => {
      const self = s.get(server, i);
      if (self.role !== "leader") return;
      // The leader holds all its entries, but keeps no matchIndex of its own.
      const agrees = (index: number): boolean =>
        nodes.count((k) => k === i || self.matchIndex.get(k, 0) >= index) >= nodes.majority;
      let agreed = self.log.size;
      while (agreed > self.commitIndex && !agrees(agreed)) agreed--;
      if (agreed <= self.commitIndex || termAt(self.log, agreed) !== self.currentTerm) return;
      let next = s.set(server, i, self.set("commitIndex", agreed));
      // A value in a log was submitted, so it is pending or already acknowledged: no need to read which.
      for (const entry of self.log.slice(self.commitIndex, agreed))
        next = next.set(acked, entry.value, "acked");
      return next;
    });

    // Leader i sends j the next entry, or none if j is up to date, unless it waits for j's answer.
    m.action("AppendEntries", { i: nodes, j: nodes }, (s, { i, j }) => {
      if (i === j) return;
      const self = s.get(server, i);
      if (self.role !== "leader" || self.pendingResponse.get(j, false)) return;
      const nextIndex = self.nextIndex.get(j, 1);
      const entry = entryAt(self.log, nextIndex) ?? null;
      const request: AppendEntriesRequest = {
        type: "AppendEntriesRequest",
        from: i,
        to: j,
        term: self.currentTerm,
        prevLogIndex: nextIndex - 1,
        prevLogTerm: termAt(self.log, nextIndex - 1),
        entry,
        commitIndex: Math.min(self.commitIndex, nextIndex, self.log.size),
      };
      const next = s.set(server, i, self.setIn(["pendingResponse", j], true));
      return entry === null ? next.sendOnce(net, request) : next.send(net, request);
    });

    // A server that is shown a newer term, also by a message it received before, adopts it and follows.
    m.receive(
      "UpdateTerm",
      net,
      (s, message) => {
        const self = s.get(server, message.to);
        if (message.term <= self.currentTerm) return;
        return s.set(
          server,
          message.to,
          self.merge({ currentTerm: message.term, role: "follower", votedFor: null }),
        );
      },
      { keep: true, delivered: true },
    );

    // A server answers a vote request: yes if its vote of this term is free or the candidate's, and the log is fit.
    m.receive("HandleRequestVoteRequest", net, "RequestVoteRequest", (s, request) => {
      const { from: j, to: i } = request;
      const self = s.get(server, i);
      if (request.term > self.currentTerm) return;
      const voteGranted =
        request.term === self.currentTerm &&
        (self.votedFor === null || self.votedFor === j) &&
        isUpToDate(request, self.log);
      const next = voteGranted ? s.set(server, i, self.set("votedFor", j)) : s;
      return next.send(net, {
        type: "RequestVoteResponse",
        from: i,
        to: j,
        term: self.currentTerm,
        voteGranted,
      });
    });

    // A server counts a vote of its term, even when it is no longer a candidate.
    m.receive("HandleRequestVoteResponse", net, "RequestVoteResponse", (s, response) => {
      const { from: j, to: i } = response;
      const self = s.get(server, i);
      if (response.term !== self.currentTerm) return;
      return response.voteGranted ? s.set(server, i, self.set("votesGranted", self.votesGranted.add(j))) : s;
    });

    // A server refuses entries of an old term; a follower also those that do not continue its log.
    m.receive("RejectAppendEntriesRequest", net, "AppendEntriesRequest", (s, request) => {
      const { from: j, to: i } = request;
      const self = s.get(server, i);
      if (request.term > self.currentTerm) return;
      if (request.term === self.currentTerm && (self.role !== "follower" || matches(request, self.log)))
        return;
      return s.send(net, {
        type: "AppendEntriesResponse",
        from: i,
        to: j,
        term: self.currentTerm,
        success: false,
        matchIndex: 0,
      });
    });

    // A follower or candidate takes entries that continue its log; it drops whatever it had after that point.
    m.receive("AcceptAppendEntriesRequest", net, "AppendEntriesRequest", (s, request) => {
      const { from: j, to: i, entry } = request;
      const self = s.get(server, i);
      if (request.term !== self.currentTerm || self.role === "leader" || !matches(request, self.log)) return;
      const kept = self.log.take(request.prevLogIndex);
      const log = entry === null ? kept : kept.push(entry);
      return s
        .set(server, i, self.merge({ role: "follower", commitIndex: request.commitIndex, log }))
        .send(net, {
          type: "AppendEntriesResponse",
          from: i,
          to: j,
          term: self.currentTerm,
          success: true,
          matchIndex: log.size,
        });
    });

    // A server learns how far the follower's log agrees, or tries one entry earlier; it may send again.
    m.receive("HandleAppendEntriesResponse", net, "AppendEntriesResponse", (s, response) => {
      const { from: j, to: i } = response;
      const self = s.get(server, i);
      if (response.term !== self.currentTerm) return;
      const answered = self.setIn(["pendingResponse", j], false);
      if (response.success)
        return s.set(
          server,
          i,
          answered
            .setIn(["nextIndex", j], response.matchIndex + 1)
            .setIn(["matchIndex", j], response.matchIndex),
        );
      const nextIndex = Math.max(self.nextIndex.get(j, 1) - 1, 1);
      return s.set(server, i, answered.setIn(["nextIndex", j], nextIndex));
    });

    m.invariant(
      "NoLogDivergence",
      { i: nodes, j: nodes },
      (s, { i, j }) => {
        if (i === j) return true;
        const [one, other] = [s.get(server, i), s.get(server, j)];
        const committed = Math.min(one.commitIndex, other.commitIndex);
        return committed === 0 || one.log.take(committed).equals(other.log.take(committed));
      },
      {
        meaning: "two servers have equal logs up to the lower of their commit indexes",
        premise: (s, { i, j }) =>
          i !== j && Math.min(s.get(server, i).commitIndex, s.get(server, j).commitIndex) > 0,
      },
    );

    m.invariant(
      "LeaderHasAllAckedValues",
      { i: nodes, v: values },
      (s, { i, v }) => {
        if (s.get(acked, v) !== "acked" || s.get(server, i).role !== "leader") return true;
        const term = s.get(server, i).currentTerm;
        if (nodes.some((other) => s.get(server, other).currentTerm > term)) return true;
        return contains(s.get(server, i).log, v);
      },
      {
        meaning: "a leader that is not outdated has every value acknowledged to a client",
        premise: (s, { i, v }) => s.get(acked, v) === "acked" && s.get(server, i).role === "leader",
      },
    );

    m.invariant(
      "CommittedEntriesReachMajority",
      (s) => {
        const committers = nodes.filter(
          (i) => s.get(server, i).role === "leader" && s.get(server, i).commitIndex > 0,
        );
        if (committers.length === 0) return true;
        return committers.some((i) => {
          const { commitIndex, log } = s.get(server, i);
          const committed = entryAt(log, commitIndex);
          if (committed === undefined) return false;
          const has = (j: Node): boolean =>
            entryAt(s.get(server, j).log, commitIndex)?.equals(committed) ?? false;
          return nodes.count(has) >= nodes.majority;
        });
      },
      {
        meaning: "if leaders have committed, the last committed entry of one of them is on a majority",
        premise: (s) =>
          nodes.some((i) => s.get(server, i).role === "leader" && s.get(server, i).commitIndex > 0),
      },
    );

    m.reachable("LeaderElected", (s) => nodes.some((i) => s.get(server, i).role === "leader"), {
      meaning: "a server becomes leader",
      expected: p.maxElections >= 1,
    });
    m.reachable("ValueAcknowledged", (s) => values.some((v) => s.get(acked, v) === "acked"), {
      meaning: "a value is acknowledged to its client",
      expected: p.maxElections >= 1,
    });
    m.reachable("TwoLeaders", (s) => nodes.count((i) => s.get(server, i).role === "leader") >= 2, {
      meaning: "an outdated leader coexists with its successor",
      expected: p.maxElections >= 2 && p.nodes >= 3,
    });
  },
});
