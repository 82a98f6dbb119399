/** header TBD */
import { choice, defineSpec, faultBudget, flag, integer, restarted, type State, value } from "dscheck";
import { List, Map, Set } from "immutable";
import { type CommittedEntry, properties } from "./raft/properties.ts";
import {
  type AppendEntries,
  asFollower,
  type Heartbeat,
  isUpToDate,
  type Log,
  lastTerm,
  type Message,
  type Node,
  Server,
  type ServerFields,
  type ServerRecord,
  termAt,
  withTerm,
} from "./raft/server.ts";

export default defineSpec({
  name: "raft",
  summary: "Raft: leader election and log replication, with faults and seeded bugs",
  source: "Ongaro, Ousterhout: In search of an understandable consensus algorithm (extended version), 2014",
  parameters: {
    nodes: integer({ default: 3, min: 1, max: 9, meaning: "servers of the cluster" }),
    maxElections: integer({ default: 2, max: 20, meaning: "how often a server may start an election" }),
    maxTerm: integer({
      default: 20,
      min: 1,
      max: 20,
      meaning: "no server starts an election beyond this term",
    }),
    requests: integer({ default: 1, max: 20, meaning: "client requests, each a new log entry" }),
    restarts: faultBudget({ default: 0, meaning: "crashes, each followed by a restart from disk" }),
    stepDowns: faultBudget({ default: 0, meaning: "candidates and leaders that give up their role" }),
    retries: faultBudget({ default: 0, meaning: "AppendEntries sent again because no answer came" }),
    loss: faultBudget({ default: 0, meaning: "messages that get lost" }),
    duplication: faultBudget({ default: 0, meaning: "messages that are delivered once more" }),
    sending: choice(["at-once", "later"], {
      default: "at-once",
      meaning: "a leader sends what a peer lacks at once, or in a step of its own",
    }),
    refusals: flag({ default: false, meaning: "answer messages of an older term with the newer term" }),
    lemmas: flag({ default: true, meaning: "check the supporting invariants of the proof as well" }),
    ghosts: flag({ default: false, meaning: "keep histories of leaders and committed entries" }),
    bug: choice(
      [
        "none",
        "vote-not-persisted",
        "term-not-persisted",
        "vote-granted-twice",
        "log-not-checked-on-vote",
        "log-length-alone-on-vote",
        "stale-vote-counted",
        "quorum-off-by-one",
        "prev-not-checked",
        "no-truncation-on-conflict",
        "truncate-when-longer",
        "acknowledge-whole-log",
        "match-index-not-monotone",
        "commit-old-term",
        "commit-beyond-match",
        "commit-index-not-monotone",
      ],
      { default: "none", meaning: "a seeded bug" },
    ),
  },
  model(m, p) {
    const nodes = m.scalarset("node", p.nodes);
    const quorum = nodes.majority - (p.bug === "quorum-off-by-one" ? 1 : 0);

    const server = m.perNode("server", nodes, Server(), { persistent: ["currentTerm", "votedFor", "log"] });
    const net = m.network<Message>("network", nodes, {
      kind: "bag",
      loss: m.faultBudget("loss", p.loss),
      duplication: m.faultBudget("duplication", p.duplication),
    });
    const elections = m.budget("elections", p.maxElections);
    const requests = m.budget("requests", p.requests);
    const restarts = m.faultBudget("restarts", p.restarts);
    const stepDowns = m.faultBudget("stepDowns", p.stepDowns);
    const retries = m.faultBudget("retries", p.retries);
    const maxTerm = m.bound("maxTerm", p.maxTerm);

    const wins = m.history("wins", Map<number, number>(), (all, term: number) =>
      p.ghosts ? all.update(term, 0, (count) => count + 1) : all,
    );
    const committed = m.history("committed", Map<number, CommittedEntry>(), (all, entry: CommittedEntry) =>
      p.ghosts && entry.by < (all.get(entry.index)?.by ?? Infinity) ? all.set(entry.index, entry) : all,
    );

    // --- what a server does after each of its steps ------------------------------------------------

    /** Whether server `me` would ignore a message for ever; terms never go back, and votes stay. */
    const isObsolete = (me: ServerRecord, message: Message): boolean => {
      if (message.term > me.currentTerm) return false;
      const current = message.term === me.currentTerm;
      switch (message.type) {
        case "RequestVote":
          return current ? !mayVoteFor(me, message.from) : !p.refusals;
        case "RequestVoteResponse":
          return me.role !== "candidate" || !(current || p.bug === "stale-vote-counted");
        case "AppendEntries":
          return !current && !p.refusals;
        case "AppendEntriesResponse":
          return me.role !== "leader" || !current;
        case "Heartbeat":
          return !current || (me.role === "follower" && message.leaderCommit <= me.commitIndex);
      }
    };

    const mayVoteFor = (me: ServerRecord, candidate: Node): boolean =>
      me.votedFor === null ||
      me.votedFor === candidate ||
      (p.bug === "vote-granted-twice" && me.role === "follower");

    /** Server i changes to `me` and throws away what it would now ignore. */
    const become = (s: State, i: Node, me: ServerRecord): State => {
      let next = s.set(server, i, me);
      for (const [message, copies] of next.mailbox(net, i))
        if (isObsolete(me, message))
          for (let copy = 0; copy < copies; copy++) next = next.discard(net, message);
      return next;
    };

    /** The highest entry that a quorum stores and that is of the leader's term (sections 5.3, 5.4.2). */
    const committable = (me: ServerRecord, i: Node): number => {
      for (let index = me.log.size; index > me.commitIndex; index--) {
        const stored = 1 + nodes.others(i).filter((j) => me.matchIndex.get(j)! >= index).length;
        const own = termAt(me.log, index) === me.currentTerm || p.bug === "commit-old-term";
        if (stored >= quorum && own) return index;
      }
      return me.commitIndex;
    };

    /** What leader i has to tell server j now, if anything. */
    const news = (me: ServerRecord, i: Node, j: Node): AppendEntries | Heartbeat | null => {
      const next = me.nextIndex.get(j)!;
      const match = me.matchIndex.get(j)!;
      const header = { from: i, to: j, term: me.currentTerm };
      const previous = (prevIndex: number) => ({ prevIndex, prevTerm: termAt(me.log, prevIndex) ?? 0 });
      const commit = (index: number) =>
        p.bug === "commit-beyond-match" ? me.commitIndex : Math.min(me.commitIndex, index);

      if (!me.awaiting.has(j) && (next <= me.log.size || match < next - 1)) {
        const entries: Log = me.log.slice(next - 1, next);
        const leaderCommit = commit(next - 1 + entries.size);
        return { type: "AppendEntries", ...header, ...previous(next - 1), entries, leaderCommit };
      }
      if (commit(match) <= me.commitSent.get(j)!) return null;
      return {
        type: "Heartbeat",
        ...header,
        ...previous(Math.min(match, me.commitIndex)),
        leaderCommit: commit(match),
      };
    };

    const send = (s: State, i: Node, me: ServerRecord, message: AppendEntries | Heartbeat): State => {
      const told = me.setIn(["commitSent", message.to], message.leaderCommit);
      return s
        .send(net, message)
        .set(
          server,
          i,
          message.type === "Heartbeat" ? told : told.update("awaiting", (set) => set.add(message.to)),
        );
    };

    /** Leader i, now `me`, commits what it can and tells the others what they lack (figure 2, leaders). */
    const lead = (s: State, i: Node, me: ServerRecord): State => {
      const commitIndex = committable(me, i);
      let next = become(s, i, me.set("commitIndex", commitIndex));
      for (let index = me.commitIndex + 1; index <= commitIndex; index++)
        next = next.record(committed, value({ index, term: me.log.get(index - 1)!, by: me.currentTerm }));
      if (p.sending === "at-once")
        for (const j of nodes.others(i)) {
          const message = news(next.get(server, i), i, j);
          if (message !== null) next = send(next, i, next.get(server, i), message);
        }
      return next;
    };

    // --- leader election (section 5.2) -------------------------------------------------------------

    /** Candidate i, now `me`, leads if a quorum voted for it. */
    const count = (s: State, i: Node, me: ServerRecord): State => {
      if (me.votesGranted.size < quorum) return become(s, i, me);
      const all = <T>(initial: T) => Map(nodes.others(i).map((j): [Node, T] => [j, initial]));
      const leader = me.merge({
        role: "leader",
        votesGranted: Set(),
        nextIndex: all(me.log.size + 1),
        matchIndex: all(0),
        commitSent: all(0),
      });
      return lead(s.record(wins, me.currentTerm), i, leader);
    };

    m.action("Timeout", { i: nodes }, (s, { i }) => {
      const me = s.get(server, i);
      const term = me.currentTerm + 1;
      if (me.role === "leader" || !s.within(maxTerm, term)) return;
      const candidate = me.merge({
        role: "candidate",
        currentTerm: term,
        votedFor: i,
        votesGranted: Set([i]),
      });
      const header = { from: i, term, lastLogIndex: me.log.size, lastLogTerm: lastTerm(me.log) };
      const asked = s
        .spend(elections)
        .send(net, ...nodes.others(i).map((to): Message => ({ type: "RequestVote", to, ...header })));
      return count(asked, i, candidate);
    });

    m.receive(
      "HandleRequestVote",
      net,
      "RequestVote",
      (s, message) => {
        const i = message.to;
        const before = s.get(server, i);
        if (isObsolete(before, message)) return;
        const me = withTerm(before, message.term);
        const current = message.term === me.currentTerm;
        const upToDate =
          p.bug === "log-not-checked-on-vote" ||
          (p.bug === "log-length-alone-on-vote"
            ? message.lastLogIndex >= me.log.size
            : isUpToDate(message.lastLogTerm, message.lastLogIndex, me.log));
        const granted = current && mayVoteFor(me, message.from) && upToDate;
        const next = become(s.discard(net, message), i, granted ? me.set("votedFor", message.from) : me);
        if (!granted && current) return next;
        return next.send(net, {
          type: "RequestVoteResponse",
          from: i,
          to: message.from,
          term: me.currentTerm,
          granted,
        });
      },
      { keep: true },
    );

    m.receive(
      "HandleRequestVoteResponse",
      net,
      "RequestVoteResponse",
      (s, message) => {
        const i = message.to;
        const me = s.get(server, i);
        if (isObsolete(me, message)) return;
        const taken = s.discard(net, message);
        if (!message.granted) return become(taken, i, withTerm(me, message.term));
        return count(
          taken,
          i,
          me.update("votesGranted", (set) => set.add(message.from)),
        );
      },
      { keep: true },
    );

    // --- log replication (section 5.3) -------------------------------------------------------------

    m.action("ClientRequest", { i: nodes }, (s, { i }) => {
      const me = s.get(server, i);
      if (me.role !== "leader") return;
      return lead(
        s.spend(requests),
        i,
        me.update("log", (log) => log.push(me.currentTerm)),
      );
    });

    if (p.sending === "later")
      m.action("SendAppendEntries", { i: nodes, j: nodes }, (s, { i, j }) => {
        const me = s.get(server, i);
        if (me.role !== "leader" || i === j) return;
        const message = news(me, i, j);
        return message === null ? undefined : send(s, i, me, message);
      });

    const isConsistent = (me: ServerRecord, { prevIndex, prevTerm }: AppendEntries | Heartbeat): boolean =>
      termAt(me.log, prevIndex) === prevTerm || p.bug === "prev-not-checked";

    const append = (me: ServerRecord, prevIndex: number, entries: Log): ServerRecord => {
      let log = me.log;
      entries.forEach((term, at) => {
        const index = prevIndex + at + 1;
        if (termAt(log, index) === term) return;
        log =
          p.bug === "no-truncation-on-conflict" ? log.set(index - 1, term) : log.take(index - 1).push(term);
      });
      if (p.bug === "truncate-when-longer") log = log.take(prevIndex + entries.size);
      return me.set("log", log);
    };

    const learnCommit = (me: ServerRecord, leaderCommit: number, lastNewIndex: number): ServerRecord => {
      const limit = p.bug === "commit-beyond-match" ? me.log.size : lastNewIndex;
      const commitIndex = Math.min(leaderCommit, limit);
      if (p.bug === "commit-index-not-monotone") return me.set("commitIndex", commitIndex);
      return me.set("commitIndex", Math.max(me.commitIndex, commitIndex));
    };

    m.receive(
      "HandleAppendEntries",
      net,
      "AppendEntries",
      (s, message) => {
        const i = message.to;
        const before = s.get(server, i);
        if (isObsolete(before, message)) return;
        const me = asFollower(withTerm(before, message.term));
        const taken = s.discard(net, message);
        const reply = {
          type: "AppendEntriesResponse",
          from: i,
          to: message.from,
          term: me.currentTerm,
        } as const;
        const refuse = { ...reply, success: false, matchIndex: 0 };
        if (message.term < me.currentTerm) return taken.send(net, refuse);
        if (!isConsistent(me, message)) return become(taken, i, me).send(net, refuse);
        const { prevIndex, entries, leaderCommit } = message;
        const last = prevIndex + entries.size;
        const after = learnCommit(append(me, prevIndex, entries), leaderCommit, last);
        const matchIndex = p.bug === "acknowledge-whole-log" ? after.log.size : last;
        return become(taken, i, after).send(net, { ...reply, success: true, matchIndex });
      },
      { keep: true },
    );

    m.receive(
      "HandleHeartbeat",
      net,
      "Heartbeat",
      (s, message) => {
        const i = message.to;
        const before = s.get(server, i);
        if (isObsolete(before, message)) return;
        const me = asFollower(withTerm(before, message.term));
        const taken = s.discard(net, message);
        if (!isConsistent(me, message)) return become(taken, i, me);
        const { prevIndex, leaderCommit } = message;
        return become(taken, i, learnCommit(append(me, prevIndex, List()), leaderCommit, prevIndex));
      },
      { keep: true },
    );

    m.receive(
      "HandleAppendEntriesResponse",
      net,
      "AppendEntriesResponse",
      (s, message) => {
        const i = message.to;
        const j = message.from;
        const me = s.get(server, i);
        if (isObsolete(me, message)) return;
        const taken = s.discard(net, message);
        if (message.term > me.currentTerm) return become(taken, i, withTerm(me, message.term));
        const known = me.matchIndex.get(j)!;
        const match =
          p.bug === "match-index-not-monotone" ? message.matchIndex : Math.max(known, message.matchIndex);
        const answered = me.update("awaiting", (set) => set.delete(j));
        return lead(
          taken,
          i,
          message.success
            ? answered.setIn(["matchIndex", j], match).setIn(["nextIndex", j], match + 1)
            : answered.setIn(["nextIndex", j], Math.max(known + 1, me.nextIndex.get(j)! - 1)),
        );
      },
      { keep: true },
    );

    // --- faults --------------------------------------------------------------------------------------

    if (p.restarts > 0)
      m.action(
        "Restart",
        { i: nodes },
        (s, { i }) => {
          const me = s.get(server, i);
          let next = restarted<Node, ServerFields>(server, me);
          if (p.bug === "vote-not-persisted") next = next.set("votedFor", null);
          if (p.bug === "term-not-persisted") next = next.merge({ currentTerm: 0, votedFor: null });
          if (next.equals(me)) return;
          return become(s.spend(restarts), i, next);
        },
        { fault: true },
      );

    if (p.stepDowns > 0)
      m.action(
        "StepDown",
        { i: nodes },
        (s, { i }) => {
          const me = s.get(server, i);
          if (me.role === "follower") return;
          return become(s.spend(stepDowns), i, asFollower(me));
        },
        { fault: true },
      );

    if (p.retries > 0)
      m.action(
        "Retry",
        { i: nodes, j: nodes },
        (s, { i, j }) => {
          const me = s.get(server, i);
          if (!me.awaiting.has(j)) return;
          return lead(
            s.spend(retries),
            i,
            me.update("awaiting", (set) => set.delete(j)),
          );
        },
        { fault: true },
      );

    properties(m, p, { nodes, server, net, requests, wins, committed });
  },
});
