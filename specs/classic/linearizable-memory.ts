/**
 * A linearizable memory: processors send requests through an interface, and each takes effect at one instant.
 *
 * Source: Lamport, "Specifying Systems", 2002, chapter 5 (InternalMemory); the variant in which the last use of
 * the interface is part of the state is SymmetryLivenessTableau in the regression suite of tlaplus/tlaplus.
 * Abstracted away: how a request travels, and caches; a processor has one request at a time.
 * Network: none; the interface shows the last request or reply.
 * Bounds: none; the model is finite.
 *
 * InterfaceIsCurrent: what the interface shows is what its processor asked last or was told last.
 * WritesAreRequested: a cell of the memory changes only when a pending write of that value to it is done.
 */
import { defineSpec, integer, type ModelValue, type Value, value } from "dscheck";
import { is, Record, type RecordOf } from "immutable";

type Processor = ModelValue<"processors">;
type Address = ModelValue<"addresses">;
type Data = ModelValue<"data">;

type Request =
  | Value<{ readonly op: "read"; readonly address: Address }>
  | Value<{ readonly op: "write"; readonly address: Address; readonly data: Data }>;

interface ClientFields {
  phase: "ready" | "busy" | "done";
  /** While busy: the request. */
  request: Request | null;
  /** While done, and ready again: what a read found; null after a write. */
  result: Data | null;
}
type Client = RecordOf<ClientFields>;

const Client = Record<ClientFields>({ phase: "ready", request: null, result: null }, "Client");

/** The last use of the interface: who asked, or who was told, what. */
type Use = Value<{ readonly processor: Processor; readonly payload: Request | Data | null }>;

export default defineSpec({
  name: "linearizable-memory",
  summary: "a memory whose requests take effect one at a time",
  source: "Lamport: Specifying Systems, 2002, chapter 5 (InternalMemory)",
  parameters: {
    nodes: integer({ default: 2, min: 1, max: 5, meaning: "processors" }),
    addresses: integer({ default: 2, min: 1, max: 5, meaning: "cells of the memory" }),
    values: integer({ default: 2, min: 1, max: 5, meaning: "values that a cell can hold" }),
  },
  model(m, p) {
    const processors = m.scalarset("processors", p.nodes);
    const addresses = m.scalarset("addresses", p.addresses);
    const values = m.scalarset("data", p.values);

    const memory = m.perNode<Address, Data>("memory", addresses, values.members[0]);
    const client = m.perNode<Processor, Client>("client", processors, Client());
    const use = (processor: Processor, payload: Request | Data | null): Use => value({ processor, payload });
    const lastUse = m.cell<Use>("interface", use(processors.members[0], null));

    // The memory holds anything, and the interface shows an empty reply to anyone.
    m.initial((s) => processors.map((i) => s.set(lastUse, use(i, null))));
    m.initial((s) =>
      addresses.members.reduce(
        (states, address) =>
          states.flatMap((state) => values.map((data) => state.set(memory, address, data))),
        [s],
      ),
    );

    const read = (address: Address): Request => value({ op: "read", address });
    const write = (address: Address, data: Data): Request => value({ op: "write", address, data });
    const requests = addresses.map((address) => [
      read(address),
      ...values.map((data) => write(address, data)),
    ]);

    // Processor i, which waits for nothing, asks for anything.
    m.action("Request", { i: processors, request: requests.flat() }, (s, { i, request }) => {
      const self = s.get(client, i);
      if (self.phase !== "ready") return;
      return s.set(client, i, Client({ phase: "busy", request })).set(lastUse, use(i, request));
    });

    // The memory does what processor i asked.
    m.action("Do", { i: processors }, (s, { i }) => {
      const { request } = s.get(client, i);
      if (request === null) return;
      if (request.op === "write")
        return s.set(memory, request.address, request.data).set(client, i, Client({ phase: "done" }));
      return s.set(client, i, Client({ phase: "done", result: s.get(memory, request.address) }));
    });

    // Processor i is told the result; it remembers it until it asks again.
    m.action("Reply", { i: processors }, (s, { i }) => {
      const self = s.get(client, i);
      if (self.phase !== "done") return;
      return s.set(client, i, self.set("phase", "ready")).set(lastUse, use(i, self.result));
    });

    m.invariant(
      "InterfaceIsCurrent",
      (s) => {
        const { processor, payload } = s.get(lastUse);
        const { phase, request, result } = s.get(client, processor);
        return phase === "done" || is(payload, phase === "busy" ? request : result);
      },
      { meaning: "the interface shows what its processor asked last or was told last" },
    );
    m.stepProperty(
      "WritesAreRequested",
      { address: addresses },
      (before, after, { address }) => {
        const data = after.get(memory, address);
        if (before.get(memory, address) === data) return true;
        return processors.some((i) => {
          const { request } = before.get(client, i);
          const asked = request?.op === "write" && request.address === address && request.data === data;
          return asked && after.get(client, i).phase === "done";
        });
      },
      { meaning: "a cell changes only when a pending write of that value to it is done" },
    );
    m.reachable("ConcurrentRequests", (s) => processors.every((i) => s.get(client, i).phase === "busy"));
  },
});
