/**
 * Simplified Paxos: the classic half of a simplified Fast Paxos, with one decision that learners share.
 *
 * Source: Paxos by Lim Ngian Xin Terry and Gaurav Gandhi in tlaplus/Examples (SimplifiedFastPaxos), after
 * Lamport, "Fast Paxos", Distributed Computing 19(2), 2006, and Zhao, "Fast Paxos made easy", 2015; the
 * counts are those of its configuration Paxos.
 * Abstracted away: coordinators (any process may act for any ballot), learners (one shared decision), clients.
 * Network: everything ever sent stays and is read by whoever needs it, so messages may be late, repeated,
 * reordered or never read. Messages are kept by kind and, for those of replicas, by sender: a ballot has at
 * most one P2a message, and a replica sends at most one P1b and one P2b message in a ballot.
 * Bounds: ballots 1 to maxBallot; ballot 0, in which nobody asks for promises, stands for "none yet".
 *
 * ConsistentDecision: once made, the decision never changes. VotesAreProposed: whatever a replica accepts
 * was proposed in that ballot. Nontriviality, that only proposed values are decided, follows from it.
 */
import { defineSpec, integer, type Value, value } from "dscheck";
import { Map as ImmutableMap, Set as ImmutableSet } from "immutable";

export default defineSpec({
  name: "simplified-paxos",
  summary: "single-decree Paxos with one shared decision",
  source: "Lamport: Fast Paxos, Distributed Computing 19(2), 2006 (SimplifiedFastPaxos/Paxos)",
  parameters: {
    nodes: integer({ default: 4, min: 1, max: 7, meaning: "replicas" }),
    values: integer({ default: 3, min: 1, max: 5, meaning: "values to choose from" }),
    maxBallot: integer({ default: 2, min: 1, max: 6, meaning: "the highest ballot" }),
  },
  model(m, p) {
    const replicas = m.scalarset("replica", p.nodes);
    const values = m.scalarset("value", p.values);
    const ballots = Array.from({ length: p.maxBallot }, (_, at) => at + 1);
    const quorums = replicas.subsets(replicas.majority).map((quorum) => ImmutableSet(quorum));
    type Replica = (typeof replicas.members)[number];
    type Proposal = (typeof values.members)[number];
    /** What a replica accepted last (maxVBallot, maxValue). */
    type Vote = Value<{ readonly ballot: number; readonly value: Proposal }>;

    const decision = m.cell<Proposal | null>("decision", null);
    // The highest ballot a replica takes part in, and what it accepted last.
    const maxBallot = m.perNode<Replica, number>("maxBallot", replicas, 0);
    const lastVote = m.perNode<Replica, Vote | null>("lastVote", replicas, null);
    // The messages: P1a by ballot; P1b by sender and ballot, with the last vote; P2a and P2b by ballot.
    const sentP1a = m.cell("sentP1a", ImmutableSet<number>());
    const sentP1b = m.perNode("sentP1b", replicas, ImmutableMap<number, Vote | null>());
    const sentP2a = m.cell("sentP2a", ImmutableMap<number, Proposal>());
    const sentP2b = m.perNode("sentP2b", replicas, ImmutableMap<number, Proposal>());

    // Somebody asks for promises in ballot b; it may do so again and again.
    m.action("Prepare", { b: ballots }, (s, { b }) => s.update(sentP1a, (sent) => sent.add(b)));

    // Replica a promises to ignore ballots below b and reports what it accepted last.
    m.action("Promise", { a: replicas, b: ballots }, (s, { a, b }) => {
      if (b <= s.get(maxBallot, a) || !s.get(sentP1a).has(b)) return;
      const vote = s.get(lastVote, a);
      return s.set(maxBallot, a, b).update(sentP1b, a, (sent) => sent.set(b, vote));
    });

    // Ballot b proposes v: quorum q reported no vote, or v as the vote of the highest ballot.
    m.action("Accept", { b: ballots, q: quorums, v: values }, (s, { b, q, v }) => {
      if (s.get(sentP2a).has(b)) return;
      let latest: Vote | null = null;
      for (const a of q) {
        const vote = s.get(sentP1b, a).get(b);
        if (vote === undefined) return;
        if (vote !== null && vote.ballot > (latest?.ballot ?? 0)) latest = vote;
      }
      if (latest !== null && latest.value !== v) return;
      return s.update(sentP2a, (sent) => sent.set(b, v));
    });

    // Replica a accepts the proposal of ballot b, unless it promised a higher ballot; it may accept again.
    m.action("Accepted", { a: replicas, b: ballots }, (s, { a, b }) => {
      if (b < s.get(maxBallot, a)) return;
      const proposal = s.get(sentP2a).get(b);
      if (proposal === undefined) return;
      return s
        .set(maxBallot, a, b)
        .set(lastVote, a, value({ ballot: b, value: proposal }))
        .update(sentP2b, a, (sent) => sent.set(b, proposal));
    });

    // A learner that has P2b messages of ballot b from all of quorum q decides the value of any of them.
    m.action("Decide", { b: ballots, q: quorums }, (s, { b, q }) => {
      const accepted: Proposal[] = [];
      for (const a of q) {
        const proposal = s.get(sentP2b, a).get(b);
        if (proposal === undefined) return;
        accepted.push(proposal);
      }
      return accepted.map((proposal) => s.set(decision, proposal));
    });

    m.stepProperty(
      "ConsistentDecision",
      (before, after) => before.get(decision) === null || before.get(decision) === after.get(decision),
      { meaning: "once made, the decision never changes" },
    );

    m.invariant(
      "VotesAreProposed",
      { a: replicas },
      (s, { a }) => s.get(sentP2b, a).every((v, b) => s.get(sentP2a).get(b) === v),
      {
        premise: (s, { a }) => s.get(sentP2b, a).size > 0,
        meaning: "a replica accepts only what was proposed",
      },
    );

    m.reachable("Decided", (s) => s.get(decision) !== null, { meaning: "a value can be decided" });
  },
});
