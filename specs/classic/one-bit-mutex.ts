/**
 * Mutual exclusion with one shared bit per process, in the form that treats all processes alike.
 *
 * Source: Lamport, "The mutual exclusion problem: part II", Journal of the ACM 33(2), 1986 (the one-bit
 * algorithm); OneBitMutex in the regression suite of tlaplus/tlaplus, where every process gives way whatever
 * its number, so that the processes are interchangeable.
 * Abstracted away: what happens inside and outside the critical section. A process reads or writes one bit in
 * a step. No process fails; one may stay outside or inside forever.
 * Network: none; the processes share memory.
 * Bounds: none; the model is finite.
 *
 * MutualExclusion: at most one process is in its critical section.
 * Unopposed: of two processes, at most one has seen the other's bit down since it raised its own.
 * Starvation is possible, and is no safety property.
 */
import { defineSpec, integer, type ModelValue, type StateView } from "dscheck";
import { Record, type RecordOf, Set } from "immutable";

type Node = ModelValue<"nodes">;

/** Where a process is: outside, on its way in (raise, pick, look, giveWay, wait), inside, on its way out. */
type Location = "outside" | "raise" | "pick" | "look" | "giveWay" | "wait" | "critical" | "exit";

interface ProcessFields {
  at: Location;
  /** Whose bits it has yet to see down, and whose it looks at. */
  unchecked: Set<Node>;
  other: Node | null;
}
type Process = RecordOf<ProcessFields>;

const Process = Record<ProcessFields>({ at: "outside", unchecked: Set(), other: null }, "Process");

export default defineSpec({
  name: "one-bit-mutex",
  summary: "mutual exclusion with one bit per process, symmetric variant",
  source: "Lamport: The mutual exclusion problem: part II, JACM 33(2), 1986",
  parameters: {
    nodes: integer({ default: 2, min: 2, max: 5, meaning: "processes" }),
  },
  model(m, p) {
    const nodes = m.scalarset("nodes", p.nodes);

    const process = m.perNode<Node, Process>("process", nodes, Process());
    // The shared bits: process i wants to enter or is inside.
    const raised = m.perNode<Node, boolean>("raised", nodes, false);

    // What a process looks at before it ever looked is arbitrary.
    m.initial((s) =>
      nodes.members.reduce(
        (states, i) =>
          states.flatMap((state) => nodes.map((other) => state.set(process, i, Process({ other })))),
        [s],
      ),
    );

    // Process i wants to enter.
    m.action("Want", { i: nodes }, (s, { i }) => {
      const self = s.get(process, i);
      if (self.at !== "outside") return;
      return s.set(process, i, self.set("at", "raise"));
    });

    // Process i raises its bit and has yet to check all others.
    m.action("Raise", { i: nodes }, (s, { i }) => {
      const self = s.get(process, i);
      if (self.at !== "raise") return;
      return s
        .set(raised, i, true)
        .set(process, i, self.merge({ at: "pick", unchecked: Set(nodes.others(i)) }));
    });

    // Process i picks any process that it has yet to check, and looks at its bit next.
    m.action(
      "Pick",
      { i: nodes },
      { other: (s, { i }) => s.get(process, i).unchecked },
      (s, { i, other }) => {
        const self = s.get(process, i);
        if (self.at !== "pick") return;
        return s.set(process, i, self.merge({ at: "look", other, unchecked: self.unchecked.delete(other) }));
      },
    );

    // Process i, which has seen every other bit down, enters its critical section.
    m.action("Enter", { i: nodes }, (s, { i }) => {
      const self = s.get(process, i);
      if (self.at !== "pick" || !self.unchecked.isEmpty()) return;
      return s.set(process, i, self.set("at", "critical"));
    });

    // Process i looks at the bit of the process it picked; if that is raised, process i gives way.
    m.action("Look", { i: nodes }, (s, { i }) => {
      const self = s.get(process, i);
      if (self.at !== "look" || self.other === null) return;
      return s.set(process, i, self.set("at", s.get(raised, self.other) ? "giveWay" : "pick"));
    });

    // Process i lowers its bit for the other process.
    m.action("GiveWay", { i: nodes }, (s, { i }) => {
      const self = s.get(process, i);
      if (self.at !== "giveWay") return;
      return s.set(raised, i, false).set(process, i, self.set("at", "wait"));
    });

    // Process i sees the other's bit down and tries again from the start.
    m.action("Retry", { i: nodes }, (s, { i }) => {
      const self = s.get(process, i);
      if (self.at !== "wait" || self.other === null || s.get(raised, self.other)) return;
      return s.set(process, i, self.set("at", "raise"));
    });

    // Process i leaves its critical section; its bit is still raised.
    m.action("Leave", { i: nodes }, (s, { i }) => {
      const self = s.get(process, i);
      if (self.at !== "critical") return;
      return s.set(process, i, self.set("at", "exit"));
    });

    // Process i lowers its bit and is outside again.
    m.action("Lower", { i: nodes }, (s, { i }) => {
      const self = s.get(process, i);
      if (self.at !== "exit") return;
      return s.set(raised, i, false).set(process, i, self.set("at", "outside"));
    });

    m.invariant("MutualExclusion", (s) => nodes.count((i) => s.get(process, i).at === "critical") <= 1, {
      meaning: "at most one process is in its critical section",
    });

    // Whether process i, its bit raised, has seen the bit of process j down and may rely on that.
    const isPast = (s: StateView, i: Node, j: Node): boolean => {
      const { at, unchecked, other } = s.get(process, i);
      if (at === "critical") return true;
      if (at !== "pick" && at !== "look") return false;
      return !unchecked.has(j) && (at === "pick" || other !== j);
    };
    m.invariant(
      "Unopposed",
      { i: nodes, j: nodes },
      (s, { i, j }) => i === j || !isPast(s, i, j) || (!isPast(s, j, i) && s.get(raised, i)),
      {
        meaning: "of two processes, at most one has seen the other's bit down while its own is up",
        premise: (s, { i, j }) => i !== j && isPast(s, i, j),
      },
    );
    m.reachable("Inside", (s) => nodes.some((i) => s.get(process, i).at === "critical"));
    m.reachable("AllGiveWay", (s) => nodes.every((i) => s.get(process, i).at === "giveWay"));
  },
});
