/** Messages followed along random walks of models: what is on its way at the end is what the networks hold. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { listItems, mapEntries } from "../../src/report/itf.ts";
import { fateOf, followMessages } from "../../src/report/messages.ts";
import type { TraceStep } from "../../src/search/result.ts";
import { Stepper } from "../../src/search/stepper.ts";
import type { ModelValue } from "../../src/spec/ids.ts";
import { Model } from "../../src/spec/model.ts";
import type { NetworkKind } from "../../src/spec/part-kind.ts";
import type { Addressed } from "../../src/spec/state.ts";

type Node = ModelValue<"node">;
interface Letter extends Addressed {
  readonly type: "A" | "B";
  readonly from: Node;
  readonly to: Node;
}

const KINDS: readonly NetworkKind[] = ["bag", "sent-bag", "set", "sent-set", "fifo", "fifo-no-repeat"];
const DOUBLING: readonly NetworkKind[] = ["bag", "sent-bag", "fifo"];

/** Two nodes send, take and answer letters; the network loses and doubles them, and links break. */
function modelOf(kind: NetworkKind): Model {
  const m = new Model();
  const nodes = m.scalarset("node", 2);
  const taken = m.cell<number>("taken", 0);
  const net = m.network<Letter>("net", nodes, {
    kind,
    ...(kind === "sent-set" ? {} : { loss: m.faultBudget("loss", 3) }),
    ...(DOUBLING.includes(kind) ? { duplication: m.faultBudget("duplication", 3) } : {}),
  });
  for (const type of ["A", "B"] as const)
    m.action(`Send${type}`, { i: nodes }, (s, { i }) =>
      s.send(net, ...nodes.others(i).map((to) => ({ type, from: i, to }))),
    );
  m.receive("Take", net, (s) => s.update(taken, (count) => count + 1));
  m.receive("Answer", net, "A", (s, { from, to }) =>
    s.update(taken, (count) => count + 1).send(net, { type: "B", from: to, to: from }),
  );
  m.action("Break", { i: nodes, j: nodes }, (s, { i, j }) =>
    i === j ? undefined : kind.startsWith("fifo") ? s.clear(net, i, j) : s.clear(net, j),
  );
  return m.seal();
}

function walk(stepper: Stepper, choices: readonly number[]): TraceStep[] {
  let [parts] = stepper.initialStates();
  const trace = [stepper.traceStep(0, null, parts!)];
  for (const [at, choice] of choices.entries()) {
    const { successors } = stepper.expand(parts!);
    const made = successors[choice % successors.length]!;
    parts = made.parts;
    trace.push(stepper.traceStep(at + 1, made, parts));
  }
  return trace;
}

/** How many copies the network holds in a state. */
function held({ state }: TraceStep): number {
  let count = 0;
  for (const [, content] of mapEntries(state.net!)!) {
    const counted = mapEntries(content);
    if (counted === null) count += listItems(content)!.length;
    else for (const [, copies] of counted) count += copies as number;
  }
  return count;
}

describe.each(KINDS)("on a %s network", (kind) => {
  const stepper = new Stepper(modelOf(kind));
  const RUN = { networks: ["net"], budgets: ["loss", "duplication"] };

  test("every copy has one end, and those on their way are those that the network holds", () =>
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { maxLength: 25 }), (choices) => {
        const trace = walk(stepper, choices);
        const copies = followMessages(trace, RUN);
        const onTheirWay = copies.filter((copy) => fateOf(copy) === "in-flight").length;
        // What stays after its delivery is held, but no longer on its way.
        if (kind === "sent-set") expect(onTheirWay).toBeLessThanOrEqual(held(trace.at(-1)!));
        else expect(onTheirWay).toBe(held(trace.at(-1)!));
        for (const { sentAt, receivedAt, lostAt } of copies)
          for (const end of [receivedAt, lostAt]) if (end !== null) expect(end).toBeGreaterThan(sentAt);
      }),
      { numRuns: 60 },
    ));

  test("each step that a node takes for a message has its delivery, and no other step has one", () =>
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { maxLength: 25 }), (choices) => {
        const trace = walk(stepper, choices);
        const delivered = followMessages(trace, RUN).flatMap(({ receivedAt }) => receivedAt ?? []);
        const took = trace.filter(({ actionName }) => actionName === "Take" || actionName === "Answer");
        expect(delivered.sort((a, b) => a - b)).toEqual(took.map(({ step }) => step));
      }),
      { numRuns: 60 },
    ));
});
