/** Logs for ShiViz: their vector clocks say of two steps which comes first just when messages or a node say so. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { actorOf, clockedEvents, SHIVIZ_EXPRESSION, shivizLog } from "../../src/report/formats/shiviz.ts";
import type { Itf, ItfState, TraceMessage, TraceStep } from "../../src/search/result.ts";
import { EXCHANGE, EXCHANGE_RUN } from "./exchange.ts";
import { step, violation } from "./results.ts";

interface Read {
  readonly event: string;
  readonly host: string;
  readonly clock: Readonly<Record<string, number>>;
}

/** The events that an expression finds in a text, as ShiViz looks for them. */
function read(text: string, expression: string): Read[] {
  return [...text.matchAll(new RegExp(expression, "gm"))].map(({ groups }) => ({
    event: groups!.event!,
    host: groups!.host!,
    clock: JSON.parse(groups!.clock!),
  }));
}

type Clock = Readonly<Record<string, number>>;

function isBefore(a: Clock, b: Clock): boolean {
  const hosts = Object.keys({ ...a, ...b });
  return hosts.every((h) => (a[h] ?? 0) <= (b[h] ?? 0)) && hosts.some((h) => (a[h] ?? 0) < (b[h] ?? 0));
}

describe("the file", () => {
  test("tells every step, with its host and clock", async () => {
    await expect(shivizLog(EXCHANGE_RUN, EXCHANGE)).toMatchFileSnapshot("golden/exchange.shiviz.log");
  });

  test("is read by its first line when it is uploaded, and when all of it is pasted", () => {
    const text = shivizLog(EXCHANGE_RUN, EXCHANGE);
    const [first, second, ...log] = text.split("\n");
    expect(second).toBe("");
    // ShiViz sets the first line of an uploaded file between ^ and $.
    const uploaded = read(log.join("\n"), `^${first}$`);
    expect(uploaded.map(({ event }) => event.split(":", 1)[0])).toEqual([
      "1 Timeout(n1)",
      "2 Doubt",
      "3 HandleVote(n1->n2)",
      "4 Loss(n2->n1) (fault)",
    ]);
    expect(read(text, SHIVIZ_EXPRESSION)).toEqual(uploaded);
  });

  test("of an initial state alone has one event, without which ShiViz takes no log", () => {
    const text = shivizLog(EXCHANGE_RUN, violation({ trace: EXCHANGE.trace.slice(0, 1) }));
    expect(read(text, SHIVIZ_EXPRESSION)).toEqual([
      { event: "0 initial state", host: "environment", clock: { environment: 1 } },
    ]);
  });
});

describe("the host of a step", () => {
  const actor = (at: number): string | null =>
    actorOf(EXCHANGE_RUN, EXCHANGE.trace[at - 1]!, EXCHANGE.trace[at]!);

  test("is the node that sends, or that receives what was sent to it", () => {
    expect([actor(1), actor(3)]).toEqual(["n1", "n2"]);
  });

  test("is none for what the network does, and for a step that changes no node", () => {
    expect([actor(2), actor(4)]).toEqual([null, null]);
  });

  test("is the argument whose variables change, not another", () => {
    const [before] = EXCHANGE.trace;
    const after = { ...EXCHANGE.trace[3]!, sent: [], received: [], arguments: { about: "n1", i: "n2" } };
    const unchanged = EXCHANGE.trace[1]!;
    expect(actorOf(EXCHANGE_RUN, unchanged, after)).toBe("n2");
    expect(actorOf(EXCHANGE_RUN, before!, after)).toBe("n1");
  });

  test("of the environment has another name where a node has this one", () => {
    const declared = {
      ...EXCHANGE_RUN.declared,
      idSets: [{ name: "nodes", ordered: false, members: ["environment", "n1"] }],
    };
    const hosts = clockedEvents({ ...EXCHANGE_RUN, declared }, EXCHANGE.trace).map(({ host }) => host);
    expect(hosts).toContain("environment_");
    expect(hosts).not.toContain("environment");
  });
});

// --- random traces -------------------------------------------------------------------------------------

const NODES = ["n1", "n2", "n3"];

interface Move {
  readonly kind: "local" | "send" | "receive" | "lose" | "double" | "discard" | "global";
  readonly node: number;
  readonly to: number;
  readonly which: number;
}

const moves = fc.array(
  fc.record<Move>({
    kind: fc.constantFrom("local", "send", "receive", "receive", "lose", "double", "discard", "global"),
    node: fc.nat(2),
    to: fc.nat(2),
    which: fc.nat(20),
  }),
  { minLength: 1, maxLength: 25 },
);

interface Flying {
  readonly serial: number;
  readonly from: string;
  readonly to: string;
  /** The step that sent or doubled it. */
  readonly since: number;
}

/** A trace of three nodes that count what they do, and the pairs of steps that messages put in order. */
function play(made: readonly Move[], startsWithMail: boolean) {
  const counts = [0, 0, 0];
  let flying: Flying[] = startsWithMail ? [{ serial: 0, from: "n1", to: "n2", since: 0 }] : [];
  let globals = 0;
  const ordered: [number, number][] = [];
  const hosts: string[] = ["environment"];
  const messageOf = ({ serial, from, to }: Flying): Itf => ({ type: "M", serial, from, to });
  const told = (copy: Flying): TraceMessage => ({
    network: "net",
    from: copy.from,
    to: copy.to,
    message: messageOf(copy),
  });
  const state = (): ItfState => ({
    server: { "#map": NODES.map((name, at) => [name, counts[at]!]) },
    net: {
      "#map": NODES.map((name) => {
        const serials = [...new Set(flying.filter(({ to }) => to === name).map(({ serial }) => serial))];
        return [
          name,
          {
            "#map": serials.map((serial): Itf => {
              const copies = flying.filter((copy) => copy.serial === serial);
              return [messageOf(copies[0]!), copies.length];
            }),
          },
        ];
      }),
    },
    globals,
  });
  const trace: TraceStep[] = [step(0, null, state())];
  const add = (host: string, action: string, changes: Partial<TraceStep>): void => {
    hosts.push(host);
    trace.push(step(trace.length, action, state(), changes));
  };
  for (const { kind, node, to, which } of made) {
    const at = trace.length;
    const name = NODES[node]!;
    if (kind === "local") {
      counts[node]!++;
      add(name, `Work(${name})`, { arguments: { i: name } });
    } else if (kind === "discard") {
      flying = flying.filter((copy) => copy.to !== name);
      counts[node]!++;
      add(name, `Discard(${name})`, { arguments: { i: name } });
    } else if (kind === "global") {
      globals++;
      add("environment", "Tick", {});
    } else if (kind === "send") {
      const copy: Flying = { serial: at, from: name, to: NODES[to]!, since: at };
      flying.push(copy);
      add(name, `Send(${name})`, { sent: [told(copy)] });
    } else if (flying.length > 0) {
      // Equal copies are one as good as the other; the oldest is meant.
      const { serial } = flying[which % flying.length]!;
      const copy = flying.find((other) => other.serial === serial)!;
      ordered.push([copy.since, at]);
      if (kind === "double") flying.push({ ...copy, since: at });
      else flying = flying.filter((other) => other !== copy);
      if (kind === "receive") {
        counts[NODES.indexOf(copy.to)]!++;
        add(copy.to, `Receive(${copy.from}->${copy.to})`, { received: [told(copy)] });
      } else add("environment", kind, { fault: true });
    }
  }
  return { trace, hosts, ordered };
}

/** Whether one step comes before another: pairs closed under "and then", the long way. */
function happensBefore(
  length: number,
  hosts: readonly string[],
  ordered: readonly (readonly [number, number])[],
) {
  const before = Array.from({ length }, (_, a) => hosts.map((host, b) => a < b && host === hosts[a]));
  for (const [a, b] of ordered) before[a]![b] = true;
  for (let k = 0; k < length; k++)
    for (let a = 0; a < length; a++)
      for (let b = 0; b < length; b++) if (before[a]![k] && before[k]![b]) before[a]![b] = true;
  return before;
}

const RANDOM_RUN = {
  ...EXCHANGE_RUN,
  declared: {
    ...EXCHANGE_RUN.declared,
    idSets: [{ name: "nodes", ordered: false, members: NODES }],
    variables: [{ name: "server", role: "perNode" as const, owners: ["nodes"] }],
  },
};

test("on random traces one clock is less than another just when its step happens before", () => {
  fc.assert(
    fc.property(moves, fc.boolean(), (made, startsWithMail) => {
      const { trace, hosts, ordered } = play(made, startsWithMail);
      const events = clockedEvents(RANDOM_RUN, trace);
      const hasInitial = trace.length === 1 || ordered.some(([a]) => a === 0);
      expect(events.map((event) => event.step)).toEqual(
        trace.map(({ step }) => step).slice(hasInitial ? 0 : 1),
      );
      expect(events.map(({ host }) => host)).toEqual(hosts.slice(hasInitial ? 0 : 1));
      if (!hasInitial) hosts[0] = "nowhere";
      const before = happensBefore(trace.length, hosts, ordered);
      for (const a of events)
        for (const b of events) expect(isBefore(a.clock, b.clock)).toBe(before[a.step]![b.step]);
    }),
    { numRuns: 300 },
  );
});

test("on random traces the clock of each host begins at 1 and grows by 1, as ShiViz demands", () => {
  fc.assert(
    fc.property(moves, (made) => {
      const own = new Map<string, number>();
      for (const { host, clock } of clockedEvents(RANDOM_RUN, play(made, false).trace)) {
        expect(clock[host]).toBe((own.get(host) ?? 0) + 1);
        own.set(host, clock[host]!);
      }
    }),
  );
});
