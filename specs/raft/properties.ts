/**
 * Raft: what must hold, and what must be reachable.
 *
 * The guarantees are those of figure 3 (Ongaro, Ousterhout 2014). The lemmas are facts that their proof
 * leans on; they fail nearer to a mistake than the guarantees do. Fields are read one by one, so that a
 * property is looked at again only when a field that it reads has changed.
 *
 * Deliberately absent, because correct Raft violates them: "every leader has what any server knows to be
 * committed" (a deposed leader has not), leader completeness by the term of the entry (an entry of term 2
 * that was committed in term 4 may be missing at a leader of term 3), "a log at least as up to date as mine
 * has all that I know to be committed", and "whom I voted for has all that I know to be committed".
 */
import type { Budget, History, IdSet, Model, Network, PerNode, StateView } from "dscheck";
import { type Map, Set } from "immutable";
import {
  isPrefix,
  isUpToDate,
  type Log,
  lastTerm,
  type Message,
  type Node,
  type Role,
  type ServerRecord,
  termAt,
} from "./server.ts";

/** Entry `index`, of `term`, was marked committed by the leader of term `by`. */
export interface CommittedEntry {
  readonly index: number;
  readonly term: number;
  readonly by: number;
}

export interface Variables {
  readonly nodes: IdSet<Node>;
  readonly server: PerNode<Node, ServerRecord>;
  readonly net: Network<Message>;
  readonly requests: Budget;
  readonly wins: History<Map<number, number>, number>;
  readonly committed: History<Map<number, CommittedEntry>, CommittedEntry>;
}

export interface Parameters {
  readonly nodes: number;
  readonly maxElections: number;
  readonly maxTerm: number;
  readonly requests: number;
  readonly restart: number;
  readonly ghosts: boolean;
  readonly lemmas: boolean;
}

export function declareProperties(m: Model, p: Parameters, variables: Variables): void {
  const { nodes, server, net, requests, wins, committed } = variables;
  const one = { i: nodes };
  const two = { i: nodes, j: nodes };

  const roleOf = (s: StateView, i: Node): Role => s.get(server, i).role;
  const termOf = (s: StateView, i: Node): number => s.get(server, i).currentTerm;
  const voteOf = (s: StateView, i: Node): Node | null => s.get(server, i).votedFor;
  const logOf = (s: StateView, i: Node): Log => s.get(server, i).log;
  const commitOf = (s: StateView, i: Node): number => s.get(server, i).commitIndex;
  const isLeader = (s: StateView, i: Node): boolean => roleOf(s, i) === "leader";
  /** What server i knows to be committed. */
  const known = (s: StateView, i: Node): Log => {
    const commitIndex = commitOf(s, i);
    return logOf(s, i).take(commitIndex);
  };
  /** Whether server i leads before and after the step, in the same term. */
  const keepsLeading = (before: StateView, after: StateView, i: Node): boolean =>
    isLeader(before, i) && isLeader(after, i) && termOf(before, i) === termOf(after, i);
  /** Whether server j cannot vote against i any more: it voted for i in i's term, or is past that term. */
  const hasVoted = (s: StateView, j: Node, i: Node, term: number): boolean => {
    const theirs = termOf(s, j);
    return theirs > term || (theirs === term && voteOf(s, j) === i);
  };
  /** Whether server i could get the votes of a quorum, as far as logs decide. */
  const isElectable = (s: StateView, i: Node): boolean => {
    const log = logOf(s, i);
    return nodes.count((j) => isUpToDate(lastTerm(log), log.size, logOf(s, j))) >= nodes.majority;
  };

  // --- guarantees (figure 3) -----------------------------------------------------------------------

  m.invariant(
    "ElectionSafety",
    two,
    (s, { i, j }) => i === j || !isLeader(s, i) || !isLeader(s, j) || termOf(s, i) !== termOf(s, j),
    { meaning: "at most one leader at a time in a term (5.2)" },
  );

  m.stepProperty(
    "LeaderAppendOnly",
    one,
    (before, after, { i }) => !keepsLeading(before, after, i) || isPrefix(logOf(before, i), logOf(after, i)),
    { meaning: "a leader appends to its log, and never overwrites or deletes (5.3)" },
  );

  m.invariant(
    "LogMatching",
    two,
    (s, { i, j }) => {
      if (i === j) return true;
      const [ours, theirs] = [logOf(s, i), logOf(s, j)];
      const lastCommon = ours.findLastIndex((term, at) => theirs.get(at) === term);
      return isPrefix(ours.take(lastCommon + 1), theirs);
    },
    { meaning: "logs with an entry of the same index and term are the same up to it (5.3)" },
  );

  m.invariant(
    "LeaderCompleteness",
    two,
    (s, { i, j }) => !isLeader(s, i) || termOf(s, j) > termOf(s, i) || isPrefix(known(s, j), logOf(s, i)),
    { meaning: "a leader has what a server of no later term knows to be committed (5.4)" },
  );

  m.invariant(
    "StateMachineSafety",
    two,
    (s, { i, j }) => i === j || commitOf(s, i) > commitOf(s, j) || isPrefix(known(s, i), known(s, j)),
    { meaning: "no two servers apply different entries at an index (5.4.3)" },
  );

  // --- steps -----------------------------------------------------------------------------------------

  m.stepProperty("TermMonotonic", one, (before, after, { i }) => termOf(before, i) <= termOf(after, i), {
    meaning: "a current term never decreases, restarts included",
  });

  m.stepProperty(
    "VotePersistence",
    one,
    (before, after, { i }) => {
      const vote = voteOf(before, i);
      return vote === null || termOf(before, i) !== termOf(after, i) || vote === voteOf(after, i);
    },
    { meaning: "a vote stays as long as its term, restarts included" },
  );

  m.stepProperty(
    "CommitMonotonic",
    one,
    (before, after, { i }) => commitOf(before, i) <= commitOf(after, i),
    {
      meaning: "a commit index decreases by a restart alone",
      except: p.restart > 0 ? ["Restart"] : [],
    },
  );

  m.stepProperty(
    "CommittedAppendOnly",
    one,
    (before, after, { i }) => {
      const [old, now] = [known(before, i), known(after, i)];
      return isPrefix(old, now) || isPrefix(now, old);
    },
    { meaning: "what a server applied stays as it is, but that a restart forgets how much it was" },
  );

  m.stepProperty(
    "NoCommittedTruncation",
    one,
    (before, after, { i }) => isPrefix(known(before, i), logOf(after, i)),
    { meaning: "no server removes an entry that it knows to be committed" },
  );

  m.stepProperty(
    "LeaderCommitsOwnTerm",
    one,
    (before, after, { i }) => {
      const commitIndex = commitOf(after, i);
      if (commitIndex <= commitOf(before, i) || !isLeader(after, i)) return true;
      return termAt(logOf(after, i), commitIndex) === termOf(after, i);
    },
    { meaning: "a leader counts replicas for entries of its own term alone (5.4.2)" },
  );

  m.stepProperty(
    "MatchMonotonic",
    one,
    (before, after, { i }) => {
      if (!keepsLeading(before, after, i)) return true;
      const now = after.get(server, i).matchIndex;
      return before.get(server, i).matchIndex.every((match, j) => match <= now.get(j)!);
    },
    { meaning: 'matchIndex "increases monotonically" (figure 2)' },
  );

  m.stepProperty(
    "RoleTransitions",
    one,
    (before, after, { i }) => {
      const [old, now] = [roleOf(before, i), roleOf(after, i)];
      if (old === "follower") return now !== "leader" || nodes.size === 1;
      return old !== "leader" || now !== "candidate";
    },
    { meaning: "roles change as in figure 4" },
  );

  m.stepProperty(
    "PermittedLogChange",
    one,
    (before, after, { i }) => {
      const [old, now] = [logOf(before, i), logOf(after, i)];
      if (old.equals(now)) return true;
      if (roleOf(after, i) === "leader") return now.equals(old.push(termOf(after, i)));
      const replaced = now.isEmpty() ? undefined : old.get(now.size - 1);
      return roleOf(after, i) === "follower" && isPrefix(now.butLast(), old) && replaced !== now.last();
    },
    {
      meaning:
        "a leader appends an entry of its term; a follower adds one, after cutting off what conflicts with it",
    },
  );

  if (p.lemmas) declareLemmas();
  if (p.ghosts) declareHistories();
  declareGoals();

  function declareLemmas(): void {
    m.invariant("CommitBounds", one, (s, { i }) => commitOf(s, i) <= logOf(s, i).size, {
      meaning: "a server has the entries that it knows to be committed",
    });

    m.invariant(
      "TermsOrdered",
      one,
      (s, { i }) => {
        const log = logOf(s, i);
        return lastTerm(log) <= termOf(s, i) && log.every((term, at) => at === 0 || log.get(at - 1)! <= term);
      },
      { meaning: "terms never decrease along a log and do not exceed the current term" },
    );

    m.invariant(
      "QuorumHoldsCommitted",
      one,
      (s, { i }) => {
        const entries = known(s, i);
        return entries.isEmpty() || nodes.count((j) => !isPrefix(entries, logOf(s, j))) < nodes.majority;
      },
      { meaning: "in every quorum a server has all that server i knows to be committed" },
    );

    m.invariant(
      "CommittedOnMajority",
      one,
      (s, { i }) => {
        if (!isLeader(s, i)) return true;
        const entries = known(s, i);
        return entries.isEmpty() || nodes.count((j) => isPrefix(entries, logOf(s, j))) >= nodes.majority;
      },
      { meaning: "a majority has all that a leader knows to be committed" },
    );

    m.invariant(
      "CandidateTermUnused",
      one,
      (s, { i }) => {
        if (roleOf(s, i) !== "candidate") return true;
        const term = termOf(s, i);
        const mayElect = (j: Node): boolean => termOf(s, j) === term && [null, i].includes(voteOf(s, j));
        return nodes.count(mayElect) < nodes.majority || nodes.every((j) => !logOf(s, j).includes(term));
      },
      { meaning: "no entry has the term of a candidate that may still win it" },
    );

    m.invariant(
      "LeaderOwnsItsTerm",
      two,
      (s, { i, j }) => {
        if (i === j || !isLeader(s, i)) return true;
        const term = termOf(s, i);
        return logOf(s, j).lastIndexOf(term) <= logOf(s, i).lastIndexOf(term);
      },
      { meaning: "no server has an entry of a leader's term that the leader has not" },
    );

    m.invariant(
      "LeaderHasVotes",
      one,
      (s, { i }) => {
        if (!isLeader(s, i)) return true;
        const term = termOf(s, i);
        return nodes.count((j) => hasVoted(s, j, i, term)) >= nodes.majority;
      },
      { meaning: "a majority voted for a leader, or has left its term" },
    );

    m.invariant(
      "VotesSound",
      two,
      (s, { i, j }) => !s.get(server, i).votesGranted.has(j) || hasVoted(s, j, i, termOf(s, i)),
      { meaning: "a vote that a candidate counted was given in its term" },
    );

    m.invariant(
      "ElectableIsComplete",
      two,
      (s, { i, j }) => {
        const entries = known(s, j);
        return entries.isEmpty() || isPrefix(entries, logOf(s, i)) || !isElectable(s, i);
      },
      {
        meaning: "who could get the votes of a quorum has all that any server knows to be committed (5.4.1)",
      },
    );

    m.invariant(
      "MatchSound",
      two,
      (s, { i, j }) => {
        if (i === j || !isLeader(s, i) || termOf(s, i) !== termOf(s, j)) return true;
        const match = s.get(server, i).matchIndex.get(j)!;
        const log = logOf(s, i);
        return match <= log.size && isPrefix(log.take(match), logOf(s, j));
      },
      { meaning: "a server in the term of a leader has the leader's entries up to its matchIndex" },
    );

    m.invariant(
      "IndexSanity",
      one,
      (s, { i }) => {
        const { matchIndex, nextIndex } = s.get(server, i);
        return nextIndex.every((next, j) => matchIndex.get(j)! < next && next <= logOf(s, i).size + 1);
      },
      { meaning: "matchIndex < nextIndex <= last index + 1" },
    );

    m.invariant(
      "MessageTermBound",
      one,
      (s, { i }) => s.mailbox(net, i).every((_, message) => message.term <= termOf(s, message.from)),
      { meaning: "no message has a later term than its sender" },
    );

    m.invariant(
      "AppendIsSlice",
      one,
      (s, { i }) =>
        s.mailbox(net, i).every((_, message) => {
          if (message.type !== "AppendEntries") return true;
          const { from, term, prevIndex, prevTerm, entries } = message;
          if (!isLeader(s, from) || termOf(s, from) !== term) return true;
          const log = logOf(s, from);
          return termAt(log, prevIndex) === prevTerm && isPrefix(entries, log.skip(prevIndex));
        }),
      { meaning: "an AppendEntries of a server that still leads is a slice of its log" },
    );
  }

  // Over a whole behaviour, also when those who knew have restarted.
  function declareHistories(): void {
    const lacksCommitted = (s: StateView, i: Node): boolean => {
      const entries = s.get(committed);
      return entries.some(({ index, term }) => termAt(logOf(s, i), index) !== term);
    };

    m.invariant("ElectionSafetyEver", (s) => s.get(wins).every((count) => count === 1), {
      meaning: "no term is won twice",
    });

    m.invariant(
      "RoleOfSender",
      one,
      (s, { i }) =>
        s.mailbox(net, i).every((_, message) => {
          if (message.type !== "AppendEntries" && message.type !== "Heartbeat") return true;
          return s.get(wins).has(message.term) && hasVoted(s, message.from, message.from, message.term);
        }),
      { meaning: "an AppendEntries is of a term that was won, and of a server that voted for itself in it" },
    );

    m.invariant(
      "LeaderCompletenessEver",
      one,
      (s, { i }) => {
        if (!isLeader(s, i)) return true;
        const [log, term] = [logOf(s, i), termOf(s, i)];
        return s.get(committed).every((entry) => entry.by >= term || termAt(log, entry.index) === entry.term);
      },
      { meaning: "a leader has every entry that was committed in an earlier term" },
    );

    m.invariant(
      "CommittedStable",
      one,
      (s, { i }) => {
        const entries = s.get(committed);
        return known(s, i).every((term, at) => entries.get(at + 1)?.term === term);
      },
      {
        meaning:
          "what a server knows to be committed was committed by a leader, and at an index nothing else",
      },
    );

    m.invariant(
      "QuorumHoldsCommittedEver",
      (s) => s.get(committed).isEmpty() || nodes.count((i) => lacksCommitted(s, i)) < nodes.majority,
      { meaning: "in every quorum a server has all that was ever committed" },
    );

    m.invariant("ElectableIsCompleteEver", one, (s, { i }) => !lacksCommitted(s, i) || !isElectable(s, i), {
      meaning: "who could get the votes of a quorum has all that was ever committed (5.4.1)",
    });
  }

  // What a model must show, or it says nothing. The bounds from which on each is reachable were measured.
  function declareGoals(): void {
    const election = p.maxElections >= 1;
    const secondElection = p.maxElections >= 2 && p.maxTerm >= 2;

    m.reachable("LeaderElected", (s) => nodes.some((i) => isLeader(s, i)), { expected: election });

    m.reachable(
      "CompetingCandidates",
      (s) => {
        const candidates = nodes.filter((i) => roleOf(s, i) === "candidate");
        return candidates.some((i) => candidates.some((j) => i !== j && termOf(s, i) === termOf(s, j)));
      },
      { expected: nodes.size >= 2 && p.maxElections >= 2 },
    );

    m.reachable("TwoLeaders", (s) => nodes.count((i) => isLeader(s, i)) >= 2, {
      expected: nodes.size >= 3 && secondElection,
    });

    m.reachable("EntryCommitted", (s) => nodes.some((i) => commitOf(s, i) > 0), {
      expected: election && p.requests >= 1,
    });

    m.reachable("QuorumKnowsCommit", (s) => nodes.count((i) => commitOf(s, i) > 0) >= nodes.majority, {
      expected: election && p.requests >= 1,
    });

    m.reachable(
      "CommitWhileTwoLeaders",
      (s) => {
        const leaders = nodes.filter((i) => isLeader(s, i));
        const committedInItsTerm = (i: Node): boolean => known(s, i).last() === termOf(s, i);
        return leaders.some((i) => committedInItsTerm(i) && leaders.some((j) => termOf(s, j) < termOf(s, i)));
      },
      {
        meaning: "a leader committed an entry while the leader of an earlier term still led",
        expected: nodes.size >= 3 && secondElection && p.requests >= 1,
      },
    );

    m.reachable(
      "EntryTruncated",
      (s) => {
        const entries = Set(
          nodes.members.flatMap((i) =>
            logOf(s, i)
              .map((term, at) => `${at} ${term}`)
              .toArray(),
          ),
        );
        return entries.size < requests.limit - s.left(requests);
      },
      {
        meaning: "an entry that a client asked for is in no log any more",
        expected: nodes.size >= 3 && secondElection && p.requests >= 2,
      },
    );

    m.reachable(
      "OldEntryCommitted",
      (s) =>
        nodes.some((i) => {
          const first = known(s, i).first();
          if (first === undefined || !isLeader(s, i) || first >= termOf(s, i)) return false;
          return nodes.others(i).every((j) => commitOf(s, j) === 0);
        }),
      {
        meaning: "a leader committed an entry of an earlier term, by one of its own term (5.4.2)",
        expected: nodes.size >= 2 && secondElection && p.requests >= 2,
      },
    );
  }
}
