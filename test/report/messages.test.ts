/** Messages followed along traces: each copy from its sending to its end. */
import { describe, expect, test } from "vitest";
import { fateOf, followMessages, type MessageFate } from "../../src/report/messages.ts";
import type { Itf, ItfState, TraceMessage, TraceStep } from "../../src/search/result.ts";
import { step } from "./results.ts";

const RUN = { networks: ["net"], budgets: ["losses"] };

const message = (type: string, from = "n1", to = "n2"): Itf => ({ type, from, to });
const told = (type: string, from = "n1", to = "n2"): TraceMessage => ({
  network: "net",
  from,
  to,
  message: message(type, from, to),
});

/** A state whose bag for n2 holds these messages from n1. */
function bag(...types: string[]): ItfState {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return {
    net: { "#map": [["n2", { "#map": [...counts].map(([type, count]) => [message(type), count]) }]] },
  };
}

/** A state whose queue from n1 to n2 holds these messages. */
function queue(...types: string[]): ItfState {
  return { net: { "#map": [[{ "#tup": ["n1", "n2"] }, types.map((type) => message(type))]] } };
}

/** `A 1>3`: sent at step 1, received at step 3; `x3` lost there, `-3` discarded there, `=0` merged into copy 0, `?` on its way. */
function accounts(trace: readonly TraceStep[]): string[] {
  return followMessages(trace, RUN).map((copy) => {
    const { type } = copy.message as { readonly type: string };
    const end: Record<MessageFate, string> = {
      received: `>${copy.receivedAt}`,
      lost: `x${copy.lostAt}`,
      discarded: `-${copy.lostAt}`,
      merged: `=${copy.mergedInto}`,
      "in-flight": "?",
    };
    return `${type} ${copy.sentAt}${end[fateOf(copy)]}${copy.duplicateOf === null ? "" : ` repeats ${copy.duplicateOf}`}`;
  });
}

describe("unordered networks", () => {
  test("a message leads from its sending step to its receiving step", () => {
    const trace = [
      step(0, null, bag()),
      step(1, "Send(n1)", bag("A"), { sent: [told("A")] }),
      step(2, "Send(n1)", bag("A", "B"), { sent: [told("B")] }),
      step(3, "Receive(n1->n2)", bag("B"), { received: [told("A")] }),
    ];
    expect(accounts(trace)).toEqual(["A 1>3", "B 2?"]);
    expect(followMessages(trace, RUN)[0]).toEqual({
      id: 0,
      network: "net",
      from: "n1",
      to: "n2",
      message: message("A"),
      sentAt: 1,
      receivedAt: 3,
      lostAt: null,
      discarded: false,
      duplicateOf: null,
      mergedInto: null,
    });
  });

  test("a message that its receiver throws away unread was discarded, not lost", () => {
    const trace = [
      step(0, null, bag()),
      step(1, "Send(n1)", bag("A"), { sent: [told("A")] }),
      step(2, "Send(n1)", bag("A", "B"), { sent: [told("B")] }),
      step(3, "Timeout(n2)", bag("B"), { discarded: [told("A")] }),
      step(4, "Drop(n2)", bag(), { fault: true }),
    ];
    expect(accounts(trace)).toEqual(["A 1-3", "B 2x4"]);
  });

  test("of equal copies the oldest is received first", () => {
    const trace = [
      step(0, null, bag()),
      step(1, "Send(n1)", bag("A"), { sent: [told("A")] }),
      step(2, "Send(n1)", bag("A", "A"), { sent: [told("A")] }),
      step(3, "Receive(n1->n2)", bag("A"), { received: [told("A")] }),
    ];
    expect(accounts(trace)).toEqual(["A 1>3", "A 2?"]);
  });

  test("a fault that takes a message and changes no node loses it; budgets do not count", () => {
    const trace = [
      step(0, null, { ...bag("A"), losses: 1 }),
      step(1, "Lose(n1->n2)", { ...bag(), losses: 0 }, { fault: true, received: [told("A")] }),
    ];
    expect(accounts(trace)).toEqual(["A 0x1"]);
  });

  test("a fault in which a node takes a message and changes has received it", () => {
    const trace = [
      step(0, null, { ...bag("A"), server: 1 }),
      step(1, "Crash(n1->n2)", { ...bag(), server: 0 }, { fault: true, received: [told("A")] }),
    ];
    expect(accounts(trace)).toEqual(["A 0>1"]);
  });

  test("a fault that takes a message and sends it again doubles it", () => {
    const trace = [
      step(0, null, bag("A")),
      step(1, "Duplicate(n1->n2)", bag("A", "A"), { fault: true, received: [told("A")], sent: [told("A")] }),
      step(2, "Receive(n1->n2)", bag("A"), { received: [told("A")] }),
      step(3, "Receive(n1->n2)", bag(), { received: [told("A")] }),
    ];
    expect(accounts(trace)).toEqual(["A 0>2", "A 1>3 repeats 0"]);
  });

  test("a message that stays after its delivery has an entry for each delivery", () => {
    const trace = [
      step(0, null, bag()),
      step(1, "Send(n1)", bag("A"), { sent: [told("A")] }),
      step(2, "Receive(n1->n2)", bag("A"), { received: [told("A")] }),
      step(3, "Receive(n1->n2)", bag("A"), { received: [told("A")] }),
    ];
    expect(accounts(trace)).toEqual(["A 1>2", "A 1>3 repeats 0"]);
  });

  test("a delivery of a message that the network only remembers repeats the earlier one", () => {
    const remembered: ItfState = { net: { "#map": [["n2", { "#map": [[message("A"), 0]] }]] } };
    const trace = [
      step(0, null, bag("A")),
      step(1, "Receive(n1->n2)", remembered, { received: [told("A")] }),
      step(2, "Receive(n1->n2)", remembered, { received: [told("A")] }),
    ];
    expect(accounts(trace)).toEqual(["A 0>1", "A 0>2 repeats 0"]);
  });

  test("a send of a message that is already on its way is merged where each is held once", () => {
    const trace = [
      step(0, null, bag("A")),
      step(1, "Send(n1)", bag("A"), { sent: [told("A")] }),
      step(2, "Receive(n1->n2)", bag(), { received: [told("A")] }),
    ];
    expect(accounts(trace)).toEqual(["A 0>2", "A 1=0"]);
  });

  test("what disappears without being received is lost", () => {
    const trace = [step(0, null, bag("A", "A", "B")), step(1, "Restart(n2)", bag())];
    expect(accounts(trace)).toEqual(["A 0x1", "A 0x1", "B 0x1"]);
  });

  test("a message that is answered by an equal one is received and sent", () => {
    const trace = [
      step(0, null, bag("A")),
      step(1, "Receive(n1->n2)", bag("A"), { received: [told("A")], sent: [told("A")] }),
    ];
    expect(accounts(trace)).toEqual(["A 0>1", "A 1?"]);
  });

  test("without networks in the states, what the steps tell is taken as it is", () => {
    const trace = [
      step(0, null, {}),
      step(1, "Send(n1)", {}, { sent: [told("A"), told("B")] }),
      step(2, "Receive(n1->n2)", {}, { received: [told("B")] }),
    ];
    expect(accounts(trace)).toEqual(["A 1?", "B 1>2"]);
  });
});

describe("queues", () => {
  test("the head is received, what is sent comes last", () => {
    const trace = [
      step(0, null, queue("A")),
      step(1, "Send(n1)", queue("A", "A", "B"), { sent: [told("A"), told("B")] }),
      step(2, "Receive(n1->n2)", queue("A", "B"), { received: [told("A")] }),
      step(3, "Receive(n1->n2)", queue("B"), { received: [told("A")] }),
    ];
    expect(accounts(trace)).toEqual(["A 0>2", "A 1>3", "B 1?"]);
  });

  test("a fault that takes one out of the middle loses that one, whatever is put back", () => {
    const trace = [
      step(0, null, queue("A", "B", "C")),
      step(1, "Lose(n1, n2, 1)", queue("A", "C"), { fault: true, sent: [told("A"), told("C")] }),
    ];
    expect(accounts(trace)).toEqual(["A 0?", "B 0x1", "C 0?"]);
  });

  test("a fault that doubles one keeps the order", () => {
    const trace = [
      step(0, null, queue("A", "B")),
      step(1, "Duplicate(n1, n2, 0)", queue("A", "A", "B"), { fault: true }),
      step(2, "Receive(n1->n2)", queue("A", "B"), { received: [told("A")] }),
      step(3, "Receive(n1->n2)", queue("B"), { received: [told("A")] }),
      step(4, "Receive(n1->n2)", queue(), { received: [told("B")] }),
    ];
    expect(accounts(trace)).toEqual(["A 0>2", "B 0>4", "A 1>3 repeats 0"]);
  });

  test("a broken connection loses all that was queued, and what is sent then is new", () => {
    const trace = [
      step(0, null, queue("A", "B")),
      step(1, "Reconnect(n1)", queue("C"), { sent: [told("C")] }),
    ];
    expect(accounts(trace)).toEqual(["A 0x1", "B 0x1", "C 1?"]);
  });

  test("a message that stays at the head after its delivery is delivered again", () => {
    const trace = [
      step(0, null, queue("A")),
      step(1, "Peek(n1->n2)", queue("A"), { received: [told("A")] }),
      step(2, "Receive(n1->n2)", queue(), { received: [told("A")] }),
    ];
    expect(accounts(trace)).toEqual(["A 0>1", "A 0>2 repeats 0"]);
  });
});
