/**
 * A lock service: it hands a lock to one client at a time. A client that holds the lock writes to a store and gives
 * the lock back. When the holder seems dead, the service takes the lock back and grants it to another client.
 *
 * Source: Burrows, The Chubby lock service for loosely-coupled distributed systems, OSDI 2006, section 2.4.
 * Abstracted away: what is written (only by which grant), how the service decides that a client is dead, crashes.
 * Network: messages are neither lost nor doubled; they may arrive in any order, and late.
 * Bounds: `grants` and `expiries`. They are part of the state, and the report says when they cut something off.
 *
 * NoStaleWrite: a write never undoes one made under a later grant. It is violated, since the old holder may only have
 * been slow, unless the store refuses tokens that are older than the last one it saw (fencing=true).
 * AllWritten: every grant can lead to a write; without such a goal, a spec in which nothing happens would pass.
 */
import { defineSpec, faultBudget, flag, integer, type ModelValue } from "dscheck";

type Client = ModelValue<"client">;

/** The service tells a client that it holds the lock; every grant has a larger token. */
interface Granted {
  readonly type: "Granted";
  readonly to: Client;
  readonly token: number;
}

export default defineSpec({
  name: "lock-service",
  summary: "a lock that expires, and the store that it protects",
  parameters: {
    clients: integer({ default: 2, min: 1, max: 6, meaning: "clients that want the lock" }),
    grants: integer({ default: 2, max: 9, meaning: "how often the lock is granted" }),
    expiries: faultBudget({ default: 1, meaning: "locks taken back from a client that seemed dead" }),
    fencing: flag({ default: false, meaning: "the store refuses a token older than the last one" }),
  },
  model(m, p) {
    // Interchangeable ids: they can be compared with ===, and have neither order nor number. That is what lets states
    // that differ only in the names of clients be treated as one.
    const clients = m.scalarset("client", p.clients);

    // State: what the service believes, what each client believes, the last write that the store took.
    const holder = m.cell<Client | null>("holder", null);
    const lastToken = m.cell<number>("lastToken", 0);
    const token = m.perNode<Client, number | null>("token", clients, null);
    const stored = m.cell<number>("stored", 0);
    const net = m.network<Granted>("net", clients, { kind: "bag" });
    // What could go on for ever needs a bound. Spending from an empty budget disables the action.
    const grants = m.budget("grants", p.grants);
    const expiries = m.faultBudget("expiries", p.expiries);

    // An action is a function from a state to the next one; it returns nothing when it is not enabled.
    // The service, whose lock is free, grants it to client c.
    m.action("Grant", { c: clients }, (s, { c }) => {
      if (s.get(holder) !== null) return;
      const next = s.get(lastToken) + 1;
      return s
        .spend(grants)
        .set(holder, c)
        .set(lastToken, next)
        .send(net, { type: "Granted", to: c, token: next });
    });

    // Client c learns that it holds the lock: one action for each message that is in the network.
    m.receive("LearnGrant", net, "Granted", (s, message) => s.set(token, message.to, message.token));

    // Client c writes to the store and gives the lock back. It may have been slow: nobody trusts clocks.
    m.action("Write", { c: clients }, (s, { c }) => {
      const mine = s.get(token, c);
      if (mine === null) return;
      const done = s.set(token, c, null).update(holder, (now) => (now === c ? null : now));
      return p.fencing && mine < s.get(stored) ? done : done.set(stored, mine);
    });

    // The service has not heard from the holder for too long and takes the lock back.
    m.action(
      "Expire",
      {},
      (s) => (s.get(holder) === null ? undefined : s.spend(expiries).set(holder, null)),
      { fault: true },
    );

    // Properties. An invariant (m.invariant) would speak about one state; this one is about the step between two.
    m.stepProperty("NoStaleWrite", (before, after) => before.get(stored) <= after.get(stored), {
      meaning: "a write never undoes a write made under a later grant",
    });
    m.reachable("AllWritten", (s) => s.get(stored) === p.grants);
  },
});
