/** header TBD */
import type { Budget, History, IdSet, Model, Network, PerNode, StateView, Value } from "dscheck";
import type { Map } from "immutable";
import {
  isPrefix,
  isUpToDate,
  type Log,
  lastTerm,
  type Message,
  type Node,
  type ServerRecord,
  termAt,
} from "./server.ts";

/** Entry `index` of term `term` was marked committed by the leader of term `by` (the least such). */
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

export interface Limits {
  readonly nodes: number;
  readonly maxElections: number;
  readonly maxTerm: number;
  readonly requests: number;
  readonly restart: number;
  readonly ghosts: boolean;
  readonly lemmas: boolean;
}

export function declareProperties(
  m: Model,
  p: Limits,
  { nodes, server, net, requests, wins, committed }: Variables,
): void {
  const pairs = { i: nodes, j: nodes };
  const isLeader = (s: StateView, i: Node): boolean => s.get(server, i).role === "leader";
  const termOf = (s: StateView, i: Node): number => s.get(server, i).currentTerm;
  const logOf = (s: StateView, i: Node): Log => s.get(server, i).log;
  /** The entries that server i knows to be committed. */
  const knownCommitted = (s: StateView, i: Node): Log => {
    const { commitIndex } = s.get(server, i);
    return logOf(s, i).take(commitIndex);
  };

  // --- the guarantees of figure 3 ------------------------------------------------------------------

  m.invariant(
    "ElectionSafety",
    pairs,
    (s, { i, j }) => i === j || !isLeader(s, i) || !isLeader(s, j) || termOf(s, i) !== termOf(s, j),
  );

  m.stepProperty(
    "LeaderAppendOnly",
    { i: nodes },
    (before, after, { i }) =>
      !isLeader(before, i) ||
      !isLeader(after, i) ||
      termOf(before, i) !== termOf(after, i) ||
      isPrefix(logOf(before, i), logOf(after, i)),
  );

  m.invariant("LogMatching", pairs, (s, { i, j }) => {
    if (i === j) return true;
    const [ours, theirs] = [logOf(s, i), logOf(s, j)];
    const common = ours.findLastIndex((term, at) => theirs.get(at) === term);
    return isPrefix(ours.take(common + 1), theirs);
  });

  m.invariant(
    "LeaderCompleteness",
    pairs,
    (s, { i, j }) =>
      !isLeader(s, i) || termOf(s, j) > termOf(s, i) || isPrefix(knownCommitted(s, j), logOf(s, i)),
  );

  m.invariant("StateMachineSafety", pairs, (s, { i, j }) => {
    if (i === j || s.get(server, i).commitIndex > s.get(server, j).commitIndex) return true;
    return isPrefix(knownCommitted(s, i), knownCommitted(s, j));
  });

  // --- steps -----------------------------------------------------------------------------------------

  m.stepProperty(
    "TermMonotonic",
    { i: nodes },
    (before, after, { i }) => termOf(before, i) <= termOf(after, i),
  );

  m.stepProperty("VotePersistence", { i: nodes }, (before, after, { i }) => {
    const { votedFor } = before.get(server, i);
    return (
      votedFor === null ||
      termOf(before, i) !== termOf(after, i) ||
      votedFor === after.get(server, i).votedFor
    );
  });

  m.stepProperty(
    "CommitMonotonic",
    { i: nodes },
    (before, after, { i }) => before.get(server, i).commitIndex <= after.get(server, i).commitIndex,
    { except: p.restart > 0 ? ["Restart"] : [] },
  );

  m.stepProperty("CommittedAppendOnly", { i: nodes }, (before, after, { i }) => {
    const [old, now] = [knownCommitted(before, i), knownCommitted(after, i)];
    return isPrefix(old, now) || isPrefix(now, old);
  });

  m.stepProperty("NoCommittedTruncation", { i: nodes }, (before, after, { i }) =>
    isPrefix(knownCommitted(before, i), logOf(after, i)),
  );

  m.stepProperty("LeaderCommitsOwnTerm", { i: nodes }, (before, after, { i }) => {
    const { commitIndex } = after.get(server, i);
    if (!isLeader(after, i) || commitIndex <= before.get(server, i).commitIndex) return true;
    return termAt(logOf(after, i), commitIndex) === termOf(after, i);
  });

  m.stepProperty("MatchMonotonic", { i: nodes }, (before, after, { i }) => {
    if (!isLeader(before, i) || !isLeader(after, i) || termOf(before, i) !== termOf(after, i)) return true;
    const now = after.get(server, i).matchIndex;
    return before.get(server, i).matchIndex.every((match, j) => match <= now.get(j)!);
  });

  m.stepProperty("RoleTransitions", { i: nodes }, (before, after, { i }) => {
    const [old, now] = [before.get(server, i).role, after.get(server, i).role];
    return old === "follower"
      ? now !== "leader" || p.nodes === 1
      : old === "leader"
        ? now !== "candidate"
        : true;
  });

  m.stepProperty("PermittedLogChange", { i: nodes }, (before, after, { i }) => {
    const [old, now] = [logOf(before, i), logOf(after, i)];
    if (old.equals(now)) return true;
    if (isLeader(after, i)) return now.equals(old.push(termOf(after, i)));
    return after.get(server, i).role === "follower" && isPrefix(now.butLast(), old);
  });

  // --- lemmas ----------------------------------------------------------------------------------------

  if (p.lemmas) {
    m.invariant("CommitBounds", { i: nodes }, (s, { i }) => {
      const { commitIndex } = s.get(server, i);
      return commitIndex <= logOf(s, i).size;
    });

    m.invariant("TermsOrdered", { i: nodes }, (s, { i }) => {
      const log = logOf(s, i);
      return lastTerm(log) <= termOf(s, i) && log.every((term, at) => at === 0 || log.get(at - 1)! <= term);
    });

    m.invariant("QuorumHoldsCommitted", { i: nodes }, (s, { i }) => {
      const entries = knownCommitted(s, i);
      return entries.isEmpty() || nodes.count((j) => !isPrefix(entries, logOf(s, j))) < nodes.majority;
    });

    m.invariant("CommittedOnMajority", { i: nodes }, (s, { i }) => {
      if (!isLeader(s, i)) return true;
      const entries = knownCommitted(s, i);
      return entries.isEmpty() || nodes.count((j) => isPrefix(entries, logOf(s, j))) >= nodes.majority;
    });

    m.invariant("CandidateTermUnused", { i: nodes }, (s, { i }) => {
      if (s.get(server, i).role !== "candidate") return true;
      const term = termOf(s, i);
      const mayElect = (j: Node): boolean => {
        if (termOf(s, j) !== term) return false;
        const { votedFor } = s.get(server, j);
        return votedFor === null || votedFor === i;
      };
      return nodes.count(mayElect) < nodes.majority || nodes.every((j) => !logOf(s, j).includes(term));
    });

    m.invariant(
      "LeaderOwnsItsTerm",
      pairs,
      (s, { i, j }) =>
        i === j ||
        !isLeader(s, i) ||
        logOf(s, j).lastIndexOf(termOf(s, i)) <= logOf(s, i).lastIndexOf(termOf(s, i)),
    );

    m.invariant("LeaderHasVotes", { i: nodes }, (s, { i }) => {
      if (!isLeader(s, i)) return true;
      const term = termOf(s, i);
      return (
        nodes.count(
          (j) => termOf(s, j) > term || (termOf(s, j) === term && s.get(server, j).votedFor === i),
        ) >= nodes.majority
      );
    });

    m.invariant("VotesSound", pairs, (s, { i, j }) => {
      if (s.get(server, i).role !== "candidate" || !s.get(server, i).votesGranted.has(j)) return true;
      const term = termOf(s, i);
      return termOf(s, j) > term || (termOf(s, j) === term && s.get(server, j).votedFor === i);
    });

    m.invariant("ElectableIsComplete", pairs, (s, { i, j }) => {
      const entries = knownCommitted(s, j);
      if (entries.isEmpty()) return true;
      const log = logOf(s, i);
      return (
        isPrefix(entries, log) ||
        nodes.count((k) => isUpToDate(lastTerm(log), log.size, logOf(s, k))) < nodes.majority
      );
    });

    m.invariant("MatchSound", pairs, (s, { i, j }) => {
      if (i === j || !isLeader(s, i) || termOf(s, i) !== termOf(s, j)) return true;
      const { matchIndex } = s.get(server, i);
      return (
        isPrefix(logOf(s, i).take(matchIndex.get(j)!), logOf(s, j)) && matchIndex.get(j)! <= logOf(s, i).size
      );
    });

    m.invariant("IndexSanity", { i: nodes }, (s, { i }) => {
      if (!isLeader(s, i)) return true;
      const { matchIndex, nextIndex } = s.get(server, i);
      const last = logOf(s, i).size;
      return nextIndex.every((next, j) => matchIndex.get(j)! < next && next <= last + 1);
    });

    m.invariant("MessageTermBound", { i: nodes }, (s, { i }) =>
      s.mailbox(net, i).every((_, message) => message.term <= termOf(s, message.from)),
    );
  }

  if (p.ghosts) {
    m.invariant("ElectionSafetyOverTime", (s) => s.get(wins).every((count) => count === 1));
    m.invariant("LeaderCompletenessOverTime", { i: nodes }, (s, { i }) => {
      if (!isLeader(s, i)) return true;
      const [log, term] = [logOf(s, i), termOf(s, i)];
      return s.get(committed).every((entry) => entry.by >= term || termAt(log, entry.index) === entry.term);
    });
    m.invariant("CommittedStable", { i: nodes }, (s, { i }) => {
      const all = s.get(committed);
      return knownCommitted(s, i).every((term, at) => all.get(at + 1)?.term === term);
    });
    m.invariant("QuorumHoldsCommittedOverTime", (s) => {
      const all = s.get(committed);
      const lacks = (i: Node): boolean =>
        all.some((entry) => termAt(logOf(s, i), entry.index) !== entry.term);
      return all.isEmpty() || nodes.count(lacks) < nodes.majority;
    });
  }

  // --- reachability ----------------------------------------------------------------------------------

  const twoTerms = p.nodes >= 3 && p.maxElections >= 2 && p.maxTerm >= 2;
  m.reachable("LeaderElected", (s) => nodes.some((i) => isLeader(s, i)), { expected: p.maxElections >= 1 });
  m.reachable("TwoLeaders", (s) => nodes.count((i) => isLeader(s, i)) >= 2, { expected: twoTerms });
  m.reachable("EntryCommitted", (s) => nodes.some((i) => s.get(server, i).commitIndex > 0), {
    expected: p.maxElections >= 1 && p.requests >= 1,
  });
  m.reachable(
    "CommitKnownToQuorum",
    (s) => nodes.count((i) => s.get(server, i).commitIndex > 0) >= nodes.majority,
    { expected: p.maxElections >= 1 && p.requests >= 1 },
  );
  m.reachable(
    "CompetingCandidates",
    (s) =>
      nodes.some((i) =>
        nodes.some(
          (j) =>
            i !== j &&
            s.get(server, i).role === "candidate" &&
            s.get(server, j).role === "candidate" &&
            termOf(s, i) === termOf(s, j),
        ),
      ),
    { expected: p.maxElections >= 2 && p.nodes >= 2 },
  );
  m.reachable(
    "CommitWhileTwoLeaders",
    (s) =>
      nodes.some((i) => {
        const { commitIndex } = s.get(server, i);
        return (
          isLeader(s, i) &&
          commitIndex > 0 &&
          termAt(logOf(s, i), commitIndex) === termOf(s, i) &&
          nodes.some((j) => isLeader(s, j) && termOf(s, j) < termOf(s, i))
        );
      }),
    { expected: twoTerms && p.requests >= 1 },
  );
  m.reachable(
    "EntryTruncated",
    (s) => {
      const held = new globalThis.Set(
        nodes.members.flatMap((i) =>
          logOf(s, i)
            .map((term, at) => `${at} ${term}`)
            .toArray(),
        ),
      );
      return held.size < p.requests - s.left(requests);
    },
    { expected: twoTerms && p.requests >= 2 },
  );
  m.reachable(
    "OldEntryCommittedByNewLeader",
    (s) =>
      nodes.some((i) => {
        const entries = knownCommitted(s, i);
        return (
          isLeader(s, i) &&
          !entries.isEmpty() &&
          entries.first()! < termOf(s, i) &&
          nodes.others(i).every((j) => s.get(server, j).commitIndex === 0)
        );
      }),
    { expected: p.nodes >= 2 && p.maxElections >= 2 && p.maxTerm >= 2 && p.requests >= 2 },
  );
}

export type { Value };
