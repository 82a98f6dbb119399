/**
 * PaxosTiny: single-decree Paxos, the smallest published model of it.
 *
 * Source: Lamport, "The Paxos algorithm, or how to win a Turing award", lectures 2019, and "Paxos made
 * simple", SIGACT News 32(4), 2001; the counts are those of MCPaxosTiny in tlaplus/Examples
 * (PaxosHowToWinATuringAward).
 * Abstracted away: leaders (any process may act for any ballot), learners, clients, crashes.
 * Network: everything ever sent stays and is read by whoever needs it, so messages may be late, repeated,
 * reordered or never read. Messages are kept by kind and, for those of acceptors, by sender: a ballot has
 * at most one 2a message, and an acceptor sends at most one 1b and one 2b message in a ballot.
 * Bounds: ballots 0 to ballots - 1.
 *
 * Agreement: no two values are chosen, where a value is chosen once a majority has voted for it in one
 * ballot. VotesAreProposed: whatever an acceptor votes for was proposed in that ballot, so nobody votes
 * for two values in one.
 */
import { defineSpec, integer, type Value, value } from "dscheck";
import { Map as ImmutableMap, Set as ImmutableSet } from "immutable";

export default defineSpec({
  name: "paxos-tiny",
  summary: "single-decree Paxos with a set of all messages",
  source: "Lamport: The Paxos algorithm, or how to win a Turing award, 2019 (MCPaxosTiny)",
  parameters: {
    nodes: integer({ default: 3, min: 1, max: 7, meaning: "acceptors" }),
    values: integer({ default: 2, min: 1, max: 5, meaning: "values to choose from" }),
    ballots: integer({ default: 2, min: 1, max: 6, meaning: "ballots" }),
  },
  model(m, p) {
    const acceptors = m.scalarset("acceptor", p.nodes);
    const values = m.scalarset("value", p.values);
    const ballots = Array.from({ length: p.ballots }, (_, ballot) => ballot);
    const quorums = acceptors.subsets(acceptors.majority).map((quorum) => ImmutableSet(quorum));
    type Acceptor = (typeof acceptors.members)[number];
    type Proposal = (typeof values.members)[number];
    /** The last vote of an acceptor (maxVBal, maxVal). */
    type Vote = Value<{ readonly ballot: number; readonly value: Proposal }>;

    // The highest ballot an acceptor takes part in (-1: none), and its last vote.
    const maxBal = m.perNode<Acceptor, number>("maxBal", acceptors, -1);
    const lastVote = m.perNode<Acceptor, Vote | null>("lastVote", acceptors, null);
    // The messages: 1a by ballot; 1b by sender and ballot, with the sender's last vote; 2a and 2b by ballot.
    const sent1a = m.cell("sent1a", ImmutableSet<number>());
    const sent1b = m.perNode("sent1b", acceptors, ImmutableMap<number, Vote | null>());
    const sent2a = m.cell("sent2a", ImmutableMap<number, Proposal>());
    const sent2b = m.perNode("sent2b", acceptors, ImmutableMap<number, Proposal>());

    // Somebody starts ballot b; it may do so again and again.
    m.action("Phase1a", { b: ballots }, (s, { b }) => s.update(sent1a, (sent) => sent.add(b)));

    // Acceptor a joins ballot b, promises to ignore lower ones and reports its last vote.
    m.action("Phase1b", { a: acceptors, b: ballots }, (s, { a, b }) => {
      if (b <= s.get(maxBal, a) || !s.get(sent1a).has(b)) return;
      const vote = s.get(lastVote, a);
      return s.set(maxBal, a, b).update(sent1b, a, (sent) => sent.set(b, vote));
    });

    // Ballot b proposes v: quorum q reported no vote, or a vote for v is the latest that it reported (once for
    // each such report).
    m.action("Phase2a", { b: ballots, q: quorums, v: values }, (s, { b, q, v }) => {
      if (s.get(sent2a).has(b)) return;
      const votes: Vote[] = [];
      for (const a of q) {
        const vote = s.get(sent1b, a).get(b);
        if (vote === undefined) return;
        if (vote !== null) votes.push(vote);
      }
      const latest = Math.max(...votes.map((vote) => vote.ballot));
      const witnesses = votes.filter((vote) => vote.ballot === latest && vote.value === v);
      const proposed = s.update(sent2a, (sent) => sent.set(b, v));
      return votes.length === 0 ? proposed : witnesses.map(() => proposed);
    });

    // Acceptor a votes for the proposal of ballot b, unless it promised a higher ballot; it may vote again.
    m.action("Phase2b", { a: acceptors, b: ballots }, (s, { a, b }) => {
      if (b < s.get(maxBal, a)) return;
      const proposal = s.get(sent2a).get(b);
      if (proposal === undefined) return;
      return s
        .set(maxBal, a, b)
        .set(lastVote, a, value({ ballot: b, value: proposal }))
        .update(sent2b, a, (sent) => sent.set(b, proposal));
    });

    m.invariant(
      "Agreement",
      (s) => {
        const votes = acceptors.map((a) => s.get(sent2b, a));
        const isChosen = (v: Proposal): boolean =>
          ballots.some((b) => votes.filter((vote) => vote.get(b) === v).length >= acceptors.majority);
        return values.count(isChosen) <= 1;
      },
      { meaning: "at most one value has a majority of votes in some ballot" },
    );

    m.invariant(
      "VotesAreProposed",
      { a: acceptors },
      (s, { a }) => s.get(sent2b, a).every((v, b) => s.get(sent2a).get(b) === v),
      {
        premise: (s, { a }) => s.get(sent2b, a).size > 0,
        meaning: "an acceptor votes only for what was proposed",
      },
    );

    m.reachable("Chosen", (s) => quorums.some((q) => q.every((a) => s.get(sent2b, a).has(0))), {
      meaning: "a value can be chosen in the first ballot",
    });
  },
});
