/**
 * Two-phase commit: a transaction manager and resource managers agree to commit or abort.
 *
 * Source: Gray and Lamport, "Consensus on transaction commit", ACM TODS 31(1), 2006, section 3; the counts
 * are those of TwoPhase in tlaplus/Examples (transaction_commit).
 * Abstracted away: the transaction itself, time, recovery. Messages are a set of everything ever sent, so
 * they may be delivered late, repeatedly or never. The transaction manager's "prepared" messages carry no
 * content but their sender, so the set of senders is what is kept. A message that is never received is lost.
 * Bounds: none; the model is finite.
 *
 * Consistent: no resource manager has committed while another has aborted.
 */
import { defineSpec, integer } from "dscheck";
import { Set } from "immutable";

type Phase = "working" | "prepared" | "committed" | "aborted";
type Decision = "commit" | "abort";

export default defineSpec({
  name: "two-phase-commit",
  summary: "two-phase commit without failures of the transaction manager",
  source: "Gray, Lamport: Consensus on transaction commit, ACM TODS 31(1), 2006",
  parameters: {
    nodes: integer({ default: 3, min: 1, max: 12, meaning: "resource managers" }),
  },
  model(m, p) {
    const managers = m.scalarset("rm", p.nodes);
    type Manager = (typeof managers.members)[number];

    const phase = m.perNode<Manager, Phase>("phase", managers, "working");
    const coordinator = m.cell<"init" | "committed" | "aborted">("coordinator", "init");
    const prepared = m.cell("prepared", Set<Manager>());
    // Everything ever sent: who said "prepared", and the decision.
    const preparedSent = m.cell("preparedSent", Set<Manager>());
    const decided = m.cell("decided", Set<Decision>());

    // The undecided transaction manager notes that resource manager i is prepared; it may do so again.
    m.action("CoordinatorReceivesPrepared", { i: managers }, (s, { i }) => {
      if (s.get(coordinator) !== "init" || !s.get(preparedSent).has(i)) return;
      return s.update(prepared, (set) => set.add(i));
    });

    // The transaction manager, which has heard that all are prepared, decides to commit and tells everybody.
    m.action("CoordinatorCommits", {}, (s) => {
      if (s.get(coordinator) !== "init" || s.get(prepared).size !== managers.size) return;
      return s.set(coordinator, "committed").update(decided, (sent) => sent.add("commit"));
    });

    // The undecided transaction manager may decide to abort at any time; it tells everybody.
    m.action("CoordinatorAborts", {}, (s) => {
      if (s.get(coordinator) !== "init") return;
      return s.set(coordinator, "aborted").update(decided, (sent) => sent.add("abort"));
    });

    // Resource manager i is ready to commit, says so, and leaves the choice to the transaction manager.
    m.action("Prepare", { i: managers }, (s, { i }) => {
      if (s.get(phase, i) !== "working") return;
      return s.set(phase, i, "prepared").update(preparedSent, (sent) => sent.add(i));
    });

    // Resource manager i, which has promised nothing, aborts and tells nobody.
    m.action("ChooseToAbort", { i: managers }, (s, { i }) => {
      if (s.get(phase, i) !== "working") return;
      return s.set(phase, i, "aborted");
    });

    // Resource manager i is told to commit, and does so; it may be told again.
    m.action("ReceiveCommit", { i: managers }, (s, { i }) =>
      s.get(decided).has("commit") ? s.set(phase, i, "committed") : undefined,
    );

    // Resource manager i is told to abort, and does so; it may be told again.
    m.action("ReceiveAbort", { i: managers }, (s, { i }) =>
      s.get(decided).has("abort") ? s.set(phase, i, "aborted") : undefined,
    );

    m.invariant(
      "Consistent",
      (s) => {
        const phases = managers.map((i) => s.get(phase, i));
        return !(phases.includes("committed") && phases.includes("aborted"));
      },
      { meaning: "no resource manager has committed while another has aborted" },
    );

    m.reachable("AllCommitted", (s) => managers.every((i) => s.get(phase, i) === "committed"), {
      meaning: "all resource managers can commit",
    });
    m.reachable("AllAborted", (s) => managers.every((i) => s.get(phase, i) === "aborted"), {
      meaning: "all resource managers can abort",
    });
  },
});
