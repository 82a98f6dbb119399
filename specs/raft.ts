/**
 * Raft: leader election and log replication among a fixed set of servers.
 *
 * Source: Ongaro, Ousterhout, "In search of an understandable consensus algorithm (extended version)",
 * USENIX ATC 2014, figure 2 and sections 5.1 to 5.5; figures and sections below are of this paper. What
 * servers hold and say is in raft/server.ts, what must hold and what must be reachable in
 * raft/properties.ts. Not here: membership changes, log compaction, client sessions, reads. There are no
 * clocks: an election timeout may come at any time, at every server that is not a leader.
 *
 * Network: a bag. Messages arrive in any order, late, or never. As a message may stay in flight for ever,
 * loss shows nothing new; its budget is there to be combined with `retry`.
 *
 * Abstractions that hide no violation:
 * - An entry is its term (server.ts). lastApplied is commitIndex.
 * - A step does all that follows from it at its server: the new term of a message is adopted when the
 *   message is handled; a timeout includes the vote for oneself and the requests; the vote that completes a
 *   quorum makes the leader; the answer that completes a quorum commits. What another server can do between
 *   the halves of such a step, it can do before or after it, and a crash between them is a crash after it
 *   with messages that never arrive.
 * - Obsolete messages, which the receiver would ignore then and always, are not delivered; the receiver
 *   throws them away in its next step. Left in flight, they would make 5 times the states of the defaults.
 * - Nobody says what the other cannot use. A vote is not refused, and a message of an older term is not
 *   answered: the answer could only tell the newer term, and some candidate's RequestVote of that term has
 *   come, or is in flight and can come now. (A server that takes it may also give its vote, which changes
 *   nothing as long as the vote does not arrive, or is the vote that the server gives next in that term.)
 *   `refusals` sends these answers, at 7 times the states with two elections and 50 with three.
 *   For the same reason a leader sends no heartbeat that tells nothing but its term. (A candidate that one
 *   would make a follower has lost, and may do what a follower may.)
 * - A heartbeat is sent to tell a commit index, to a server known to have the entries, and once: a server that
 *   forgets it in a restart could have received it after that. It is an empty AppendEntries whose answer the
 *   leader knows, so it has no answer.
 * - leaderCommit is cut to what the message covers by the sender; figure 2 has the receiver cut it.
 *
 * Abstractions that leave behaviours out:
 * - An AppendEntries has at most one entry, and a follower is asked one thing at a time: the next
 *   AppendEntries waits for the answer to the last. `retry` lifts the wait, `duplication` shows the same
 *   messages twice; bugs of acknowledgements out of order need one of the two.
 * - A leader says what it has to say in the step in which it can. With `sending=later` it speaks in steps of
 *   its own: then a message may carry a newer commit index, or an entry in place of a question, at 3 to 5
 *   times the states.
 * For three servers, throwing away, `refusals` and `sending` were compared by search: the reachable
 * combinations of logs, commit indexes and leaders are the same with and without.
 *
 * Faults, each within a budget that is 0 by default: restart (keeps currentTerm, votedFor and log), stepDown,
 * retry, loss, duplication. Bounds: elections, requests, and if wanted the term.
 *
 * Histories (`ghosts`, on by default, 5 to 35 % more states): how often each term was won, and each committed
 * entry with the first term whose leader marked it so. Without them, what was committed is known only as long
 * as some server knows it, so a restart may hide its loss; all other properties read the servers alone.
 *
 * States with symmetry (generated, distinct, depth in steps):
 *   nodes=3 (default)           23,472       9,365  25    nodes=3 requests=1              3,416      1,523  18
 *   nodes=4                    379,228     111,686  35    nodes=4 requests=1             28,314      9,115  26
 *   nodes=5                 41,507,805   8,425,587  45    nodes=5 requests=1          1,408,471    305,190  32
 *   nodes=3 maxElections=3     433,043     151,976  31    nodes=3 duplication=1         338,311    103,868  26
 *   nodes=3 restart=1          150,961      52,199  26    nodes=3 sending=later         116,809     40,297  33
 *
 * Bugs, with bounds that show them (the defaults unless named), the first property to fail, and one that tells
 * the harm, with the steps of a shortest trace. What fails first is sometimes the mistake itself; select the
 * other property alone to see what it leads to.
 *   vote-not-persisted         restart=1                         VotePersistence 2, ElectionSafety 7
 *   term-not-persisted         restart=1                         MessageTermBound 2, ElectionSafety 7
 *   log-not-persisted          restart=1                         PermittedLogChange 5, StateMachineSafety 13
 *   vote-granted-twice                                           VotePersistence 4, ElectionSafety 6
 *   vote-forgotten-on-append   maxElections=3                    LeaderHasVotes 5, ElectionSafety 13
 *   log-not-checked-on-vote                                      LeaderCompleteness 9, StateMachineSafety 12
 *   log-length-alone-on-vote   maxElections=3                    LeaderCompleteness 14, StateMachineSafety 18
 *   stale-vote-counted         maxElections=3                    LeaderHasVotes 4, ElectionSafety 7
 *   quorum-off-by-one                                            LeaderHasVotes 1, ElectionSafety 2
 *   stale-append-accepted                                        CommittedOnMajority 11, StateMachineSafety 12
 *   prev-not-checked                                             MatchSound 10, StateMachineSafety 11
 *   no-truncation-on-conflict  requests=3                        TermsOrdered 10
 *   truncate-when-longer       nodes=2 maxElections=1            PermittedLogChange 9, CommittedOnMajority 10
 *   acknowledge-whole-log      requests=3                        IndexSanity 11, CommittedOnMajority 12
 *   match-index-not-monotone   nodes=2 maxElections=1
 *                              duplication=1 (or retry=1)        MatchMonotonic 11 (12)
 *   commit-old-term            requests=1                        LeaderCommitsOwnTerm 10
 *   commit-old-term            maxElections=4 (figure 8)         StateMachineSafety 24
 *   commit-beyond-match                                          CommittedStable 11, StateMachineSafety 11
 *   commit-index-not-monotone  requests=1                        CommitMonotonic 10
 */
import { choice, defineSpec, faultBudget, flag, integer, restarted, type State, value } from "dscheck";
import { List, Map, Set } from "immutable";
import { type CommittedEntry, declareProperties } from "./raft/properties.ts";
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
    maxElections: integer({ default: 2, max: 20, meaning: "elections that may be started, by any servers" }),
    maxTerm: integer({
      default: 20,
      min: 1,
      max: 20,
      meaning: "highest term in which an election may start",
    }),
    requests: integer({ default: 2, max: 20, meaning: "client requests, each a new log entry" }),
    restart: faultBudget({ default: 0, meaning: "crashes, each followed by a restart from disk" }),
    stepDown: faultBudget({ default: 0, meaning: "candidates and leaders that give up their role" }),
    retry: faultBudget({ default: 0, meaning: "AppendEntries sent again because no answer came" }),
    loss: faultBudget({ default: 0, meaning: "messages that are lost" }),
    duplication: faultBudget({ default: 0, meaning: "messages that arrive once more" }),
    sending: choice(["at-once", "later"], {
      default: "at-once",
      meaning: "a leader tells others what they lack in the step in which it can, or in a later step",
    }),
    refusals: flag({ default: false, meaning: "answer a message of an older term with the newer term" }),
    lemmas: flag({ default: true, meaning: "check the supporting invariants as well" }),
    ghosts: flag({ default: true, meaning: "keep, and check, histories of elections and committed entries" }),
    bug: choice(
      [
        "none",
        "vote-not-persisted",
        "term-not-persisted",
        "log-not-persisted",
        "vote-granted-twice",
        "vote-forgotten-on-append",
        "log-not-checked-on-vote",
        "log-length-alone-on-vote",
        "stale-vote-counted",
        "quorum-off-by-one",
        "stale-append-accepted",
        "prev-not-checked",
        "no-truncation-on-conflict",
        "truncate-when-longer",
        "acknowledge-whole-log",
        "match-index-not-monotone",
        "commit-old-term",
        "commit-beyond-match",
        "commit-index-not-monotone",
      ],
      { default: "none", meaning: "a seeded bug; see the table in the header" },
    ),
  },
  model(m, p) {
    const nodes = m.scalarset("node", p.nodes);
    const quorum = p.bug === "quorum-off-by-one" ? nodes.majority - 1 : nodes.majority;

    const server = m.perNode("server", nodes, Server(), { persistent: ["currentTerm", "votedFor", "log"] });
    const loss = m.faultBudget("loss", p.loss);
    const duplication = m.faultBudget("duplication", p.duplication);
    const net = m.network<Message>("network", nodes, { kind: "bag", loss, duplication });

    const elections = m.budget("elections", p.maxElections);
    const maxTerm = m.bound("maxTerm", p.maxTerm);
    const requests = m.budget("requests", p.requests);
    const restart = m.faultBudget("restart", p.restart);
    const stepDown = m.faultBudget("stepDown", p.stepDown);
    const retry = m.faultBudget("retry", p.retry);

    // Term -> how often it was won. Index -> the entry, and the least term whose leader marked it committed.
    const wins = m.history("wins", Map<number, number>(), (all, term: number) =>
      p.ghosts ? all.update(term, 0, (count) => count + 1) : all,
    );
    const committed = m.history("committed", Map<number, CommittedEntry>(), (all, entry: CommittedEntry) =>
      p.ghosts && entry.by < (all.get(entry.index)?.by ?? Number.POSITIVE_INFINITY)
        ? all.set(entry.index, entry)
        : all,
    );

    // --- messages that a server ignores ------------------------------------------------------------

    // "If votedFor is null or candidateId" (figure 2).
    const mayVoteFor = (me: ServerRecord, candidate: Node): boolean =>
      me.votedFor === null ||
      me.votedFor === candidate ||
      (p.bug === "vote-granted-twice" && me.role === "follower");

    // A commit index that a server knows already tells it nothing, unless it forgets it, or a bug does more.
    const isOldNewsIdle =
      p.restart === 0 && p.bug !== "truncate-when-longer" && p.bug !== "commit-index-not-monotone";

    // Whether `me` ignores the message, now and for ever: terms only grow, and a vote stays in its term.
    const isObsolete = (me: ServerRecord, message: Message): boolean => {
      if (message.term > me.currentTerm) return false;
      const current = message.term === me.currentTerm;
      switch (message.type) {
        case "RequestVote":
          return current ? !mayVoteFor(me, message.from) : !p.refusals;
        case "RequestVoteResponse":
          return me.role !== "candidate" || !(current || p.bug === "stale-vote-counted");
        case "AppendEntries":
          return !current && !p.refusals && p.bug !== "stale-append-accepted";
        case "AppendEntriesResponse":
          return me.role !== "leader" || !current;
        case "Heartbeat":
          return (
            !current || (isOldNewsIdle && me.role === "follower" && message.leaderCommit <= me.commitIndex)
          );
      }
    };

    // A message is handled unless it is obsolete; `s` is the state without it, `me` the receiver.
    const handle =
      <M extends Message>(run: (s: State, me: ServerRecord, message: M) => State) =>
      (s: State, message: M): State | null => {
        const me = s.get(server, message.to);
        return isObsolete(me, message) ? null : run(s.discard(net, message), me, message);
      };

    // Server i becomes `me` and throws obsolete messages away, unless a bug may make it forget why they are.
    const isForgetful = ["vote-not-persisted", "term-not-persisted", "vote-forgotten-on-append"].includes(
      p.bug,
    );
    const become = (s: State, i: Node, me: ServerRecord): State => {
      let next = s.set(server, i, me);
      if (isForgetful) return next;
      for (const [message, copies] of next.mailbox(net, i))
        if (isObsolete(me, message)) for (let n = 0; n < copies; n++) next = next.discard(net, message);
      return next;
    };

    // --- leader election (sections 5.2 and 5.4.1) --------------------------------------------------

    // Server i starts an election: next term, a vote for itself, a RequestVote to every other server.
    m.action("Timeout", { i: nodes }, (s, { i }) => {
      const me = s.get(server, i);
      const term = me.currentTerm + 1;
      if (me.role === "leader" || !s.within(maxTerm, term)) return;
      const request = { from: i, term, lastLogIndex: me.log.size, lastLogTerm: lastTerm(me.log) };
      const asked = nodes.others(i).map((to): Message => ({ type: "RequestVote", to, ...request }));
      return countVotes(
        s.spend(elections).send(net, ...asked),
        i,
        me.merge({ role: "candidate", currentTerm: term, votedFor: i, votesGranted: Set([i]) }),
      );
    });

    // A server votes for the first candidate of a term that asks with a log at least as good as its own.
    m.receive(
      "HandleRequestVote",
      net,
      "RequestVote",
      handle((s, before, { from, to: i, term, lastLogIndex, lastLogTerm }) => {
        const me = withTerm(before, term);
        const current = term === me.currentTerm;
        const granted = current && mayVoteFor(me, from) && isGoodLog(lastLogTerm, lastLogIndex, me.log);
        const next = become(s, i, granted ? me.set("votedFor", from) : me);
        if (!granted && current) return next;
        return next.send(net, {
          type: "RequestVoteResponse",
          from: i,
          to: from,
          term: me.currentTerm,
          granted,
        });
      }),
      { keep: true },
    );

    const isGoodLog = (term: number, index: number, log: Log): boolean => {
      if (p.bug === "log-not-checked-on-vote") return true;
      return p.bug === "log-length-alone-on-vote" ? index >= log.size : isUpToDate(term, index, log);
    };

    // A candidate counts a vote. Answers that only tell a higher term exist with `refusals` alone.
    m.receive(
      "HandleRequestVoteResponse",
      net,
      "RequestVoteResponse",
      handle((s, me, { from, to: i, term, granted }) =>
        granted
          ? countVotes(
              s,
              i,
              me.update("votesGranted", (votes) => votes.add(from)),
            )
          : become(s, i, withTerm(me, term)),
      ),
      { keep: true },
    );

    // Candidate i, now `me`, becomes leader with the votes of a quorum: "nextIndex[] initialized to leader
    // last log index + 1, matchIndex[] to 0" (figure 2).
    const countVotes = (s: State, i: Node, me: ServerRecord): State => {
      if (me.votesGranted.size < quorum) return become(s, i, me);
      const forOthers = (index: number) => Map(nodes.others(i).map((j): [Node, number] => [j, index]));
      const leader = me.merge({
        role: "leader",
        votesGranted: Set(),
        nextIndex: forOthers(me.log.size + 1),
        matchIndex: forOthers(0),
        commitSent: forOthers(0),
      });
      return lead(s.record(wins, me.currentTerm), i, leader);
    };

    // --- what a leader does (sections 5.3 and 5.4.2) -----------------------------------------------

    // Leader i appends a new entry to its own log.
    m.action("ClientRequest", { i: nodes }, (s, { i }) => {
      const me = s.get(server, i);
      if (me.role !== "leader") return;
      return lead(
        s.spend(requests),
        i,
        me.update("log", (log) => log.push(me.currentTerm)),
      );
    });

    // Leader i, now `me`, commits what a quorum stores and tells the others what they lack.
    const lead = (s: State, i: Node, me: ServerRecord): State => {
      const commitIndex = committable(me, i);
      let next = become(s, i, me.set("commitIndex", commitIndex));
      for (let index = me.commitIndex + 1; index <= commitIndex; index++)
        next = next.record(committed, value({ index, term: me.log.get(index - 1)!, by: me.currentTerm }));
      return p.sending === "at-once"
        ? nodes.others(i).reduce((made, j) => tell(made, i, j) ?? made, next)
        : next;
    };

    // "If there exists an N such that N > commitIndex, a majority of matchIndex[i] >= N, and log[N].term ==
    // currentTerm: set commitIndex = N" (figure 2). An entry of an older term is committed by a later one.
    const committable = (me: ServerRecord, i: Node): number => {
      for (let index = me.log.size; index > me.commitIndex; index--) {
        const storing = nodes.others(i).filter((j) => me.matchIndex.get(j)! >= index).length + 1;
        const own = termAt(me.log, index) === me.currentTerm || p.bug === "commit-old-term";
        if (storing >= quorum && own) return index;
      }
      return me.commitIndex;
    };

    // Leader i sends server j what j lacks, if anything; null if nothing.
    const tell = (s: State, i: Node, j: Node): State | null => {
      const me = s.get(server, i);
      const message = appendFor(me, i, j) ?? heartbeatFor(me, i, j);
      if (message === null) return null;
      const told = me.setIn(["commitSent", j], message.leaderCommit);
      const waiting = message.type === "AppendEntries" ? told.update("awaiting", (all) => all.add(j)) : told;
      return s.set(server, i, waiting).send(net, message);
    };

    // The next entry, or an empty AppendEntries that asks whether j has the entry before it.
    const appendFor = (me: ServerRecord, i: Node, j: Node): AppendEntries | null => {
      const next = me.nextIndex.get(j)!;
      const isUnsure = me.matchIndex.get(j)! < next - 1;
      if (me.awaiting.has(j) || (next > me.log.size && !isUnsure)) return null;
      const entries = me.log.slice(next - 1, next);
      return {
        type: "AppendEntries",
        from: i,
        to: j,
        term: me.currentTerm,
        prevIndex: next - 1,
        prevTerm: termAt(me.log, next - 1)!,
        entries,
        leaderCommit: commitFor(me, next - 1 + entries.size),
      };
    };

    const heartbeatFor = (me: ServerRecord, i: Node, j: Node): Heartbeat | null => {
      const match = me.matchIndex.get(j)!;
      const leaderCommit = commitFor(me, match);
      if (leaderCommit <= me.commitSent.get(j)!) return null;
      const prevIndex = Math.min(match, leaderCommit);
      const prevTerm = termAt(me.log, prevIndex)!;
      return { type: "Heartbeat", from: i, to: j, term: me.currentTerm, prevIndex, prevTerm, leaderCommit };
    };

    // The commit index for a server that stores the leader's log up to `index`.
    const commitFor = (me: ServerRecord, index: number): number =>
      p.bug === "commit-beyond-match" ? me.commitIndex : Math.min(me.commitIndex, index);

    // Leader i learns how far server j agrees, or steps back: "If AppendEntries fails because of log
    // inconsistency: decrement nextIndex and retry" (figure 2).
    m.receive(
      "HandleAppendEntriesResponse",
      net,
      "AppendEntriesResponse",
      handle((s, me, { from: j, to: i, term, success, matchIndex }) => {
        if (term > me.currentTerm) return become(s, i, withTerm(me, term));
        const known = me.matchIndex.get(j)!;
        const match = p.bug === "match-index-not-monotone" ? matchIndex : Math.max(known, matchIndex);
        const answered = me.update("awaiting", (all) => all.delete(j));
        return lead(
          s,
          i,
          success
            ? answered.setIn(["matchIndex", j], match).setIn(["nextIndex", j], match + 1)
            : answered.setIn(["nextIndex", j], Math.max(known + 1, me.nextIndex.get(j)! - 1)),
        );
      }),
      { keep: true },
    );

    if (p.sending === "later")
      m.action("SendAppendEntries", { i: nodes, j: nodes }, (s, { i, j }) =>
        i !== j && s.get(server, i).role === "leader" ? tell(s, i, j) : null,
      );

    // --- what a follower does (section 5.3) ----------------------------------------------------------

    // Server i stores the entries if its log has the one before them, and answers (figure 2, AppendEntries).
    m.receive(
      "HandleAppendEntries",
      net,
      "AppendEntries",
      handle((s, before, message) => {
        const { from, to: i, prevIndex, entries } = message;
        const me = withTerm(before, message.term);
        const answer = (success: boolean, matchIndex: number): Message => ({
          type: "AppendEntriesResponse",
          from: i,
          to: from,
          term: me.currentTerm,
          success,
          matchIndex,
        });
        if (message.term < me.currentTerm && p.bug !== "stale-append-accepted")
          return s.send(net, answer(false, 0));
        const after = followed(me, message, entries);
        if (after === null) return become(s, i, asFollower(me)).send(net, answer(false, 0));
        const stored = p.bug === "acknowledge-whole-log" ? after.log.size : prevIndex + entries.size;
        return become(s, i, after).send(net, answer(true, stored));
      }),
      { keep: true },
    );

    // Server i learns a commit index, as from an AppendEntries without entries.
    m.receive(
      "HandleHeartbeat",
      net,
      "Heartbeat",
      handle((s, before, message) => {
        const me = withTerm(before, message.term);
        return become(s, message.to, followed(me, message, List()) ?? asFollower(me));
      }),
      { keep: true },
    );

    // The server after a message of its leader; null if its log lacks the entry before the new ones.
    const followed = (
      me: ServerRecord,
      { prevIndex, prevTerm, leaderCommit }: AppendEntries | Heartbeat,
      entries: Log,
    ): ServerRecord | null => {
      if (termAt(me.log, prevIndex) !== prevTerm && p.bug !== "prev-not-checked") return null;
      const log = appended(me.log, prevIndex, entries);
      const lastNew = p.bug === "commit-beyond-match" ? log.size : prevIndex + entries.size;
      const commitIndex = Math.min(leaderCommit, lastNew);
      return asFollower(me).merge({
        log,
        commitIndex:
          p.bug === "commit-index-not-monotone" ? commitIndex : Math.max(me.commitIndex, commitIndex),
        votedFor: p.bug === "vote-forgotten-on-append" ? null : me.votedFor,
      });
    };

    // "If an existing entry conflicts with a new one, delete the existing entry and all that follow it;
    // append any new entries not already in the log" (figure 2).
    const appended = (log: Log, prevIndex: number, entries: Log): Log => {
      const all = entries.reduce((made, term, at) => {
        const index = prevIndex + at + 1;
        if (termAt(made, index) === term) return made;
        return p.bug === "no-truncation-on-conflict"
          ? made.set(index - 1, term)
          : made.take(index - 1).push(term);
      }, log);
      return p.bug === "truncate-when-longer" ? all.take(prevIndex + entries.size) : all;
    };

    // --- faults (sections 5.1 and 5.5) -----------------------------------------------------------------

    // Server i crashes and comes back with its persistent state (figure 2); it loses the rest.
    if (p.restart > 0)
      m.action(
        "Restart",
        { i: nodes },
        (s, { i }) => {
          const me = s.get(server, i);
          const saved = restarted(server, me);
          const next =
            p.bug === "vote-not-persisted"
              ? saved.set("votedFor", null)
              : p.bug === "term-not-persisted"
                ? saved.merge({ currentTerm: lastTerm(me.log), votedFor: null })
                : p.bug === "log-not-persisted"
                  ? saved.set("log", List())
                  : saved;
          return next.equals(me) ? null : become(s.spend(restart), i, next);
        },
        { fault: true },
      );

    // Server i gives up being candidate or leader, in the same term (Ongaro's dissertation, section 6.2).
    if (p.stepDown > 0)
      m.action(
        "StepDown",
        { i: nodes },
        (s, { i }) => {
          const me = s.get(server, i);
          return me.role === "follower" ? null : become(s.spend(stepDown), i, asFollower(me));
        },
        { fault: true },
      );

    // Leader i stops waiting for an answer of server j: "the leader retries indefinitely" (section 5.5).
    if (p.retry > 0)
      m.action(
        "Retry",
        { i: nodes, j: nodes },
        (s, { i, j }) => {
          const me = s.get(server, i);
          if (!me.awaiting.has(j)) return;
          return lead(
            s.spend(retry),
            i,
            me.update("awaiting", (all) => all.delete(j)),
          );
        },
        { fault: true },
      );

    declareProperties(m, p, { nodes, server, net, requests, wins, committed });
  },
});
