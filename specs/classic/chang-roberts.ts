/**
 * Chang and Roberts: nodes on a unidirectional ring elect the initiator with the least identity.
 *
 * Source: Chang and Roberts, "An improved algorithm for decentralized extrema-finding in circular
 * configurations of processes", CACM 22(5), 1979; ChangRoberts in tlaplus/Examples, with identities that
 * increase along the ring.
 * Abstracted away: what the leader does; no node fails. Any set of nodes may start the election.
 * Network: one link from each node to the next, on which messages overtake each other; none is lost, and an
 * identity is on a link at most once.
 * Bounds: none; the model is finite.
 *
 * Correctness: a winner is an initiator with a lesser identity than all others, and all other nodes have lost.
 */
import { defineSpec, integer, type OrderedId } from "dscheck";
import { Record, type RecordOf } from "immutable";

type Node = OrderedId<"nodes">;

interface ProcessFields {
  initiator: boolean;
  /** Whether the node has had its chance to send its own identity. */
  started: boolean;
  status: "candidate" | "lost" | "won";
}
type Process = RecordOf<ProcessFields>;

const Process = Record<ProcessFields>({ initiator: false, started: false, status: "lost" }, "Process");

interface Message {
  readonly to: Node;
  readonly id: Node;
}

export default defineSpec({
  name: "chang-roberts",
  summary: "leader election on a unidirectional ring",
  source: "Chang, Roberts: An improved algorithm for decentralized extrema-finding, CACM 22(5), 1979",
  parameters: {
    nodes: integer({ default: 3, min: 1, max: 8, meaning: "nodes of the ring" }),
  },
  model(m, p) {
    const nodes = m.orderedIds("nodes", p.nodes);

    const process = m.perNode<Node, Process>("process", nodes, Process());
    const net = m.network<Message>("net", nodes, { kind: "set" });

    const successor = (i: Node): Node => nodes.members[i.number % nodes.size];

    // Any set of nodes initiates the election; the others take part as losers.
    m.initial((s) =>
      Array.from({ length: nodes.size + 1 }, (_, size) => nodes.subsets(size))
        .flat()
        .map((initiators) =>
          initiators.reduce(
            (state, i) => state.set(process, i, Process({ initiator: true, status: "candidate" })),
            s,
          ),
        ),
    );

    // Node i starts: an initiator sends its identity to the next node.
    m.action("Start", { i: nodes }, (s, { i }) => {
      const self = s.get(process, i);
      if (self.started) return;
      const next = s.set(process, i, self.set("started", true));
      return self.initiator ? next.send(net, { to: successor(i), id: i }) : next;
    });

    // A loser passes the identity on, a candidate only a lesser one than its own, and loses; its own makes it win.
    m.receive("ReceiveIdentity", net, (s, { to: i, id }) => {
      const self = s.get(process, i);
      if (!self.started) return;
      if (self.status === "lost") return s.send(net, { to: successor(i), id });
      if (id === i) return s.set(process, i, self.set("status", "won"));
      if (id > i) return s;
      return s.set(process, i, self.set("status", "lost")).send(net, { to: successor(i), id });
    });

    m.final("ElectionIsOver", (s) => {
      const nobodyInitiated = nodes.every((i) => !s.get(process, i).initiator);
      return nobodyInitiated || nodes.some((i) => s.get(process, i).status === "won");
    });

    m.invariant(
      "Correctness",
      { i: nodes },
      (s, { i }) => {
        const self = s.get(process, i);
        if (self.status !== "won") return true;
        const beats = (j: Node): boolean => {
          const other = s.get(process, j);
          return other.status === "lost" && (!other.initiator || i < j);
        };
        return self.initiator && nodes.others(i).every(beats);
      },
      {
        meaning: "a winner has the least identity of all initiators, and all other nodes have lost",
        premise: (s, { i }) => s.get(process, i).status === "won",
      },
    );
    m.reachable("Elected", (s) => nodes.some((i) => s.get(process, i).status === "won"));
  },
});
