/**
 * Termination detection, as a problem: an observer may find out that a distributed computation has ended.
 *
 * Source: AsyncTerminationDetection in tlaplus/Examples (ewd998), the abstract specification that Dijkstra's
 * token ring (EWD 998, 1987) implements.
 * Abstracted away: how the end is detected. The observer sees all nodes and all messages at once.
 * Network: messages are reordered at will, neither lost nor duplicated; they carry no content.
 * Bounds: a state with more than maxPending messages for one node is not explored further.
 *
 * Safe: the end is detected only when every node is inactive and no message is on its way.
 * Quiescence: a computation that has ended does not resume.
 */
import { defineSpec, integer, type ModelValue, type StateView } from "dscheck";

type Node = ModelValue<"nodes">;

interface Message {
  readonly to: Node;
}

export default defineSpec({
  name: "async-termination-detection",
  summary: "the termination detection problem with asynchronous messages",
  source: "tlaplus/Examples, specifications/ewd998/AsyncTerminationDetection.tla",
  parameters: {
    nodes: integer({ default: 4, min: 1, max: 7, meaning: "nodes of the computation" }),
    maxPending: integer({ default: 3, min: 1, max: 10, meaning: "messages on their way to one node" }),
  },
  model(m, p) {
    const nodes = m.scalarset("nodes", p.nodes);

    const active = m.perNode<Node, boolean>("active", nodes, false);
    const net = m.network<Message>("net", nodes, { kind: "bag" });
    const detected = m.cell<boolean>("detected", false);

    const pending = (s: StateView, i: Node): number =>
      s.mailbox(net, i).reduce((sum: number, copies) => sum + copies, 0);
    const terminated = (s: StateView): boolean =>
      nodes.every((i) => !s.get(active, i)) && nodes.every((i) => pending(s, i) === 0);

    // Any nodes may be active at the start; if none is, that may have been detected already.
    m.initial((s) =>
      Array.from({ length: nodes.size + 1 }, (_, size) => nodes.subsets(size))
        .flat()
        .flatMap((started) => {
          const start = started.reduce((state, i) => state.set(active, i, true), s);
          return started.length === 0 ? [start, start.set(detected, true)] : [start];
        }),
    );

    // Node i finishes its work; if that ends the computation, the observer may notice at once.
    m.action("Terminate", { i: nodes }, (s, { i }) => {
      if (!s.get(active, i)) return;
      const next = s.set(active, i, false);
      return terminated(next) && !s.get(detected) ? [next, next.set(detected, true)] : next;
    });

    // Active node i sends a message to node j, which may be itself.
    m.action("SendMessage", { i: nodes, j: nodes }, (s, { i, j }) => {
      if (!s.get(active, i)) return;
      return s.send(net, { to: j });
    });

    // A node receives a message, which makes it active.
    m.receive("ReceiveMessage", net, (s, message) => s.set(active, message.to, true));

    // The observer notices that the computation has ended.
    m.action("DetectTermination", {}, (s) => {
      if (!terminated(s)) return;
      return s.set(detected, true);
    });

    m.constraint("PendingWithinBound", (s) => nodes.every((i) => pending(s, i) <= p.maxPending));

    m.invariant("Safe", (s) => !s.get(detected) || terminated(s), {
      meaning: "the end of the computation is detected only after it",
      premise: (s) => s.get(detected),
    });
    m.stepProperty("Quiescence", (before, after) => !terminated(before) || terminated(after), {
      meaning: "a computation that has ended does not resume",
    });
    m.reachable("Detected", (s) => s.get(detected));
  },
});
