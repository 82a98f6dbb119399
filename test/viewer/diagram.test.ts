/** The space-time diagram: lanes, marks, arrows, and what is left of them when steps or nodes are hidden. */
import { expect, test } from "vitest";
import type { Itf, TraceMessage, TraceStep } from "../../src/search/result.ts";
import { arrowsOf, type Diagram, diagramOf, downRows, rowOf, shownSteps } from "../../src/viewer/diagram.ts";
import type { Subject } from "../../src/viewer/source.ts";
import * as results from "../report/results.ts";
import { declared, nodeNames, syntheticTrace } from "./synthetic.ts";

const NODES = nodeNames(3);

const SUBJECT: Subject = {
  ...results.run({ declared: declared(NODES), networks: ["net"], budgets: ["faults"] }),
  verdict: "violated",
  facts: [],
  bounds: [],
};

const message = (type: string, from: string, to: string): TraceMessage => ({
  network: "net",
  from,
  to,
  message: { type, from, to },
});

/** A state in which these messages are on their way. */
function holding(
  messages: readonly TraceMessage[],
  more: Readonly<Record<string, Itf>> = {},
): TraceStep["state"] {
  const boxes = NODES.map((node): Itf => {
    const counts = new Map<string, number>();
    for (const { to, message } of messages)
      if (to === node) counts.set(JSON.stringify(message), (counts.get(JSON.stringify(message)) ?? 0) + 1);
    return [node, { "#map": [...counts].map(([key, count]): Itf => [JSON.parse(key) as Itf, count]) }];
  });
  return { net: { "#map": boxes }, faults: 0, ...more };
}

const [ping, other] = [message("Ping", "n1", "n2"), message("Pong", "n1", "n2")];

function arrows(
  steps: readonly TraceStep[],
  shown?: readonly number[],
  lanes: readonly string[] = NODES,
): string[] {
  const diagram = diagramOf(steps, SUBJECT);
  return arrowsOf(steps, diagram, shown ?? [...steps.keys()], lanes, ["net"]).map(
    ({ way, label, from, to, start, end }) => `${label} ${way} ${from}@${start} -> ${to}@${end}`,
  );
}

const sending = (what: readonly TraceMessage[], flying = what): TraceStep =>
  results.step(1, "Send(n1)", holding(flying), { sent: what, arguments: { i: "n1" } });

const START = results.step(0, null, holding([]));

test("a message goes from the lane and row of its sending to those of its receipt", () => {
  const steps = [
    START,
    sending([ping]),
    results.step(2, "Handle(n1->n2)", holding([]), { received: [ping] }),
  ];
  expect(arrows(steps)).toEqual(["Ping received 0@1 -> 1@2"]);
});

test("a message that is lost ends in the row of its loss", () => {
  const lose = results.step(2, "Lose(n1->n2)", holding([]), { fault: true, received: [ping] });
  expect(arrows([START, sending([ping]), lose])).toEqual(["Ping lost 0@1 -> 1@2"]);
});

test("a message that its receiver throws away unread ends there, and is not lost", () => {
  const step = results.step(2, "Timeout(n2)", holding([]), { discarded: [ping], arguments: { i: "n2" } });
  expect(arrows([START, sending([ping]), step])).toEqual(["Ping discarded 0@1 -> 1@2"]);
});

test("a message that is still on its way ends in its own row", () => {
  expect(arrows([START, sending([ping])])).toEqual(["Ping in-flight 0@1 -> 1@1"]);
});

test("messages to several that stay on their way are one arrow, to each side one", () => {
  const fromMiddle = ["n1", "n3"].map((to) => message("Ping", "n2", to));
  expect(arrows([START, sending(fromMiddle)])).toHaveLength(2);
  const toRight = ["n2", "n3"].map((to) => message("Ping", "n1", to));
  const diagram = diagramOf([START, sending(toRight)], SUBJECT);
  const [only, ...rest] = arrowsOf([START, sending(toRight)], diagram, [0, 1], NODES, ["net"]);
  expect(rest).toEqual([]);
  expect(only!.copies.map(({ to }) => to)).toEqual(["n2", "n3"]);
});

test("a copy made by the network begins at the fault", () => {
  const steps = [
    START,
    sending([ping]),
    results.step(2, "Duplicate(n1->n2)", holding([ping, ping]), { fault: true, sent: [ping] }),
    results.step(3, "Handle(n1->n2)", holding([ping]), { received: [ping] }),
    results.step(4, "Handle(n1->n2)", holding([]), { received: [ping] }),
  ];
  expect(arrows(steps)).toEqual(["Ping received 0@1 -> 1@3", "Ping copy 0@2 -> 1@4"]);
});

test("a message that a later one overtakes on the same way is told from one that is only slow", () => {
  const steps = [
    START,
    sending([ping]),
    results.step(2, "Send(n1)", holding([ping, other]), { sent: [other] }),
    results.step(3, "Handle(n1->n2)", holding([ping]), { received: [other] }),
    results.step(4, "Handle(n1->n2)", holding([]), { received: [ping] }),
  ];
  expect(arrows(steps)).toEqual(["Ping overtaken 0@1 -> 1@4", "Pong received 0@2 -> 1@3"]);
});

test("of two sent in one step neither overtakes the other", () => {
  const steps = [
    START,
    sending([ping, other]),
    results.step(2, "Handle(n1->n2)", holding([ping]), { received: [other] }),
    results.step(3, "Handle(n1->n2)", holding([]), { received: [ping] }),
  ];
  expect(arrows(steps).every((text) => text.includes("received"))).toBe(true);
});

test("labels that end at one node in one row have places of their own", () => {
  const steps = [
    START,
    sending([ping, other]),
    results.step(2, "Handle(n1->n2)", holding([]), { received: [ping, other] }),
  ];
  const places = arrowsOf(steps, diagramOf(steps, SUBJECT), [0, 1, 2], NODES, ["net"]);
  expect(places.map(({ place }) => place)).toEqual([0, 1]);
});

test("an arrow from a hidden step comes from between the rows; between two hidden ones it is not drawn", () => {
  const steps = [
    START,
    sending([ping]),
    results.step(2, "Handle(n1->n2)", holding([]), { received: [ping] }),
  ];
  expect(arrows(steps, [0, 2])).toEqual(["Ping received 0@0.5 -> 1@1"]);
  expect(arrows(steps, [0])).toEqual([]);
});

test("messages from and to hidden nodes are not drawn", () => {
  expect(arrows([START, sending([ping])], undefined, ["n1", "n3"])).toEqual([]);
});

const look = (action: string, changes: Partial<TraceStep> = {}): Diagram["marks"][number] => {
  const step = results.step(1, action, holding([], { server: { "#map": [["n2", 1]] } }), changes);
  const start = results.step(0, null, holding([], { server: { "#map": [["n2", 0]] } }));
  return diagramOf([start, step], SUBJECT).marks[1]!;
};

test("a step is drawn at the node that it names, else at the one whose part it changed", () => {
  expect(look("Timeout(n3)", { arguments: { i: "n3" } })).toMatchObject({ look: "local", node: "n3" });
  expect(look("Tick")).toMatchObject({ look: "local", node: "n2" });
});

test("a delivery is drawn at the receiver, and concerns the sender too", () => {
  const mark = look("Handle(n1->n2)", { received: [ping] });
  expect(mark).toMatchObject({ look: "delivery", node: "n2" });
  expect([...mark.nodes].sort()).toEqual(["n1", "n2"]);
});

test("faults have shapes by their usual names; what the network does is at no node", () => {
  const fault = (action: string) => look(action, { fault: true, arguments: { i: "n1" } }).look;
  expect(["Crash(n1)", "Restart(n1)", "Partition", "Heal", "StepDown(n1)"].map(fault)).toEqual([
    "crash",
    "restart",
    "partition",
    "heal",
    "fault",
  ]);
  const lose = results.step(2, "Lose(n1->n2)", holding([]), { fault: true, received: [ping] });
  expect(diagramOf([START, sending([ping]), lose], SUBJECT).marks[2]).toMatchObject({
    look: "fault",
    node: null,
  });
});

test("a node is down from its crash to its restart, or to the end", () => {
  const at = (step: number, action: string, n: number): TraceStep =>
    results.step(step, action, holding([], { server: { "#map": [["n2", n]] } }), {
      fault: true,
      arguments: { i: "n2" },
    });
  const steps = [START, at(1, "Crash(n2)", 1), at(2, "Restart(n2)", 2), at(3, "Crash(n2)", 3)];
  expect(downRows(diagramOf(steps, SUBJECT), [0, 1, 2, 3], "n2")).toEqual([
    { start: 1, end: 2 },
    { start: 3, end: 4 },
  ]);
});

test("hiding a node hides the steps that concern it alone; the first and the last step always show", () => {
  const trace = syntheticTrace(60, 3);
  const diagram = diagramOf(trace, SUBJECT);
  const shown = shownSteps(trace, diagram, { hiddenNodes: new Set(["n1"]), relevantOnly: false });
  const concern = (at: number): string[] => [...diagram.marks[at]!.nodes];
  const hidden = [...trace.keys()].filter((at) => !shown.includes(at));
  expect(hidden.length).toBeGreaterThan(0);
  expect(hidden.every((at) => concern(at).every((node) => node === "n1"))).toBe(true);
  expect([shown[0], shown.at(-1)]).toEqual([0, trace.length - 1]);
});

test("only what the property depends on, with the first and the last step", () => {
  const trace = syntheticTrace(60, 3);
  const shown = shownSteps(trace, diagramOf(trace, SUBJECT), { hiddenNodes: new Set(), relevantOnly: true });
  const relevant = [...trace.keys()].filter((at) => trace[at]!.relevant);
  expect(shown).toEqual([...new Set([0, ...relevant, 60])].sort((a, b) => a - b));
});

test("the row of a hidden position lies between those around it", () => {
  expect([0, 3, 7, 8].map((position) => rowOf([0, 3, 7], position))).toEqual([0, 1, 2, 2.5]);
  expect(rowOf([0, 3, 7], 4)).toBe(1.5);
});

test("nodes are those with mailboxes; without a network, those that own anything", () => {
  const idSets = [
    { name: "node", ordered: false, members: ["n1", "n2"] },
    { name: "value", ordered: false, members: ["v1", "v2"] },
  ];
  const lanes = (variables: Subject["declared"]["variables"]): readonly string[] =>
    diagramOf([results.step(0, null, {})], {
      ...SUBJECT,
      declared: { ...SUBJECT.declared, idSets, variables },
    }).lanes;
  expect(
    lanes([
      { name: "net", role: "mailbox", owners: ["node"] },
      { name: "chosen", role: "perNode", owners: ["value"] },
    ]),
  ).toEqual(["n1", "n2"]);
  expect(lanes([{ name: "phase", role: "perNode", owners: ["value"] }])).toEqual(["v1", "v2"]);
  expect(lanes([{ name: "jug", role: "cell", owners: [] }])).toEqual([]);
});
