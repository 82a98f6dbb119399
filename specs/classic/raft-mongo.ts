/**
 * RaftMongo: log replication in MongoDB's variant of Raft, where nodes pull entries and the commit point
 * spreads on its own.
 *
 * Source: the specification RaftMongo by MongoDB (S. Zhou), extended by W. Schultz; the counts are those
 * published with his configurations 1_LearnCommitPoint and 1_LearnCommitPointFromSyncSource. Davis,
 * Hirschhorn and Schvimer, "eXtreme modelling in practice", VLDB 2020, tell how MongoDB used it.
 * Abstracted away: messages, time, votes and restarts. An election is one atomic step in which a majority
 * that is not ahead of the candidate agrees, all nodes see the new term at once and no second leader stays;
 * a node copies an entry or a commit point straight out of another node's state. An entry is its term alone.
 * The sync source, which the extended specification also keeps, is never set in these configurations.
 * Network: none. Copying may happen late, in any order or never, which covers loss and delay.
 * Bounds: maxTerm terms and maxLog entries for each node, as constraints.
 *
 * NeverRollBackBeforeCommitPoint: no node can be about to drop an entry at or before the commit point that
 * it knows. It fails in two known ways. With heartbeat learning a node on a stale branch hears of a commit
 * point beyond the branch (3 nodes). Learning from sources whose log extends one's own prevents that, but
 * with 5 nodes a node may learn the commit point early and then copy the next entries from a stale node.
 */
import { choice, defineSpec, integer, value } from "dscheck";
import { List } from "immutable";

type Log = List<number>;

/** A position in a log: the entry's term and its index, counted from 1; (0, 0) is before all entries. */
interface OpTime {
  readonly term: number;
  readonly index: number;
}

const termAt = (log: Log, index: number): number => (index === 0 ? 0 : log.get(index - 1, 0));
const lastOpTime = (log: Log): OpTime => ({ term: termAt(log, log.size), index: log.size });

const isBefore = (a: OpTime, b: OpTime): boolean =>
  a.term < b.term || (a.term === b.term && a.index < b.index);

/** Whether all of `log` is a proper prefix of `source`, as far as its last entry tells. */
const canAppend = (log: Log, source: Log): boolean =>
  log.size < source.size && termAt(log, log.size) === termAt(source, log.size);

/** Whether `log` has diverged from `source`, whose last entry has a later term. */
const canRollBack = (log: Log, source: Log): boolean =>
  log.size > 0 &&
  termAt(log, log.size) < termAt(source, source.size) &&
  (log.size > source.size || termAt(log, log.size) !== termAt(source, log.size));

export default defineSpec({
  name: "raft-mongo",
  summary: "MongoDB's pull-based Raft: does a node ever roll back what it knows to be committed?",
  source: "RaftMongo (MongoDB), with the configurations of mongo-repl-tla-models",
  parameters: {
    nodes: integer({ default: 3, min: 1, max: 7, meaning: "members of the replica set" }),
    maxTerm: integer({ default: 3, min: 1, max: 10, meaning: "terms, that is elections" }),
    maxLog: integer({ default: 3, min: 1, max: 10, meaning: "entries in a log" }),
    learning: choice(["heartbeat", "sync-source"], {
      default: "sync-source",
      meaning: "whose commit point a node believes: anybody's, or that of a node whose log extends its own",
    }),
  },
  model(m, p) {
    const nodes = m.scalarset("node", p.nodes);

    const globalTerm = m.cell("globalTerm", 0);
    const role = m.perNode<(typeof nodes.members)[number], "follower" | "leader">("role", nodes, "follower");
    const log = m.perNode("log", nodes, List<number>());
    const commitPoint = m.perNode("commitPoint", nodes, value<OpTime>({ term: 0, index: 0 }));

    // Node i copies the next entry from node j, whose log extends its own.
    m.action("AppendOplog", { i: nodes, j: nodes }, (s, { i, j }) => {
      const mine = s.get(log, i);
      const theirs = s.get(log, j);
      if (!canAppend(mine, theirs)) return;
      return s.set(log, i, theirs.take(mine.size + 1));
    });

    // Node i drops its last entry, because node j has a later one and does not have this one.
    m.action("RollbackOplog", { i: nodes, j: nodes }, (s, { i, j }) => {
      const mine = s.get(log, i);
      if (!canRollBack(mine, s.get(log, j))) return;
      return s.set(log, i, mine.pop());
    });

    // A majority that is not ahead of node i makes it the only leader, of a new term.
    m.action("BecomePrimaryByMagic", { i: nodes }, (s, { i }) => {
      const mine = lastOpTime(s.get(log, i));
      if (nodes.count((n) => !isBefore(mine, lastOpTime(s.get(log, n)))) < nodes.majority) return;
      const deposed = nodes.members.reduce((next, n) => next.set(role, n, "follower"), s);
      return deposed.set(role, i, "leader").update(globalTerm, (term) => term + 1);
    });

    // Leader i takes a write of a client.
    m.action("ClientWrite", { i: nodes }, (s, { i }) => {
      if (s.get(role, i) !== "leader") return;
      return s.set(log, i, s.get(log, i).push(s.get(globalTerm)));
    });

    // Leader i commits its last entry, one of its own term that a majority has.
    m.action("AdvanceCommitPoint", { i: nodes }, (s, { i }) => {
      if (s.get(role, i) !== "leader") return;
      const last = lastOpTime(s.get(log, i));
      if (last.term !== s.get(globalTerm)) return;
      const holders = nodes.count((n) => termAt(s.get(log, n), last.index) === last.term);
      if (holders < nodes.majority) return;
      return s.set(commitPoint, i, value(last));
    });

    if (p.learning === "heartbeat") {
      // Node i hears of a later commit point from node j, whatever their logs are.
      m.action("LearnCommitPoint", { i: nodes, j: nodes }, (s, { i, j }) => {
        const theirs = s.get(commitPoint, j);
        if (!isBefore(s.get(commitPoint, i), theirs)) return;
        return s.set(commitPoint, i, theirs);
      });
    } else {
      // Node i learns a later commit point from node j, from which it could copy an entry.
      m.action("LearnCommitPointFromSyncSource", { i: nodes, j: nodes }, (s, { i, j }) => {
        const theirs = s.get(commitPoint, j);
        if (!isBefore(s.get(commitPoint, i), theirs)) return;
        if (!canAppend(s.get(log, i), s.get(log, j))) return;
        return s.set(commitPoint, i, theirs);
      });
    }

    m.constraint("maxTerm", (s) => s.get(globalTerm) <= p.maxTerm);
    m.constraint("maxLog", (s) => nodes.every((i) => s.get(log, i).size <= p.maxLog));

    m.invariant(
      "NeverRollBackBeforeCommitPoint",
      { i: nodes, j: nodes },
      (s, { i, j }) =>
        !canRollBack(s.get(log, i), s.get(log, j)) ||
        isBefore(s.get(commitPoint, i), lastOpTime(s.get(log, i))),
      {
        premise: (s, { i, j }) => canRollBack(s.get(log, i), s.get(log, j)),
        meaning:
          "a node about to drop its last entry does not know that entry, or a later one, to be committed",
      },
    );

    m.reachable("CommitPointLearned", (s) => nodes.every((i) => s.get(commitPoint, i).index > 0), {
      // A source has one entry more than whoever learns from it.
      expected: p.learning === "heartbeat" || p.nodes === 1 || p.maxLog > 1,
      meaning: "every node can learn that an entry is committed",
    });
  },
});
