/** Random tables for test/fixtures/random-spec.ts. */
import fc from "fast-check";
import {
  type ActionLeaf,
  type ActionTable,
  type Effect,
  type NodeTerm,
  PHASES,
  type PropertyLeaf,
  type PropertyTable,
  SERVER_COUNT,
  type Sight,
  type Table,
  type Tree,
  TYPES,
  type ValueTerm,
} from "../fixtures/random-spec.ts";

const few = fc.nat({ max: 2 });
const number = fc.nat({ max: PHASES - 1 });

const nodeTerm: fc.Arbitrary<NodeTerm> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ t: fc.constant("bound"), n: few }) },
  { weight: 2, arbitrary: fc.record({ t: fc.constant("ref"), n: few }) },
  { weight: 1, arbitrary: fc.constant({ t: "leader" }) },
);

const valueTerm: fc.Arbitrary<ValueTerm> = fc.record({
  t: fc.constantFrom("bound", "bound", "held"),
  n: few,
});

const simpleSight: fc.Arbitrary<Sight> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      s: fc.constantFrom("phase", "seenSize", "isLeader", "inGroup", "bookSize"),
      who: nodeTerm,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      s: fc.constantFrom("refIs", "seenHas", "sameServer", "before"),
      who: nodeTerm,
      other: nodeTerm,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ s: fc.constantFrom("valueIs", "bookIs"), who: nodeTerm, value: valueTerm }),
  },
  { weight: 2, arbitrary: fc.record({ s: fc.constantFrom("count", "groupSize", "historySize") }) },
  { weight: 1, arbitrary: fc.record({ s: fc.constant("left"), budget: few }) },
  { weight: 2, arbitrary: fc.record({ s: fc.constant("mail"), net: few, who: nodeTerm, other: nodeTerm }) },
  { weight: 1, arbitrary: fc.constant({ s: "number" }) },
  { weight: 2, arbitrary: fc.record({ s: fc.constantFrom("datumIs", "stock"), value: valueTerm }) },
  { weight: 1, arbitrary: fc.record({ s: fc.constant("keeperIs"), value: valueTerm, who: nodeTerm }) },
  { weight: 2, arbitrary: fc.record({ s: fc.constantFrom("someIn", "countIn"), phase: number }) },
  { weight: 2, arbitrary: fc.record({ s: fc.constant("style"), who: nodeTerm, style: fc.nat({ max: 5 }) }) },
);

const sight: fc.Arbitrary<Sight> = fc.oneof(
  { weight: 12, arbitrary: simpleSight },
  { weight: 2, arbitrary: fc.record({ s: fc.constant("within"), bound: few, of: simpleSight }) },
  { weight: 4, arbitrary: fc.record({ s: fc.constant("change"), of: simpleSight }) },
);

/**
 * A tree of leaves. In initial states most sights are 0: the leaves on the path of zeros come from `zero`,
 * so that properties mostly hold at first and actions mostly do something.
 */
function tree<Leaf>(
  zero: fc.Arbitrary<Leaf>,
  leaf: fc.Arbitrary<Leaf>,
  depth: number,
): fc.Arbitrary<Tree<Leaf>> {
  const end = fc.record({ leaf: zero });
  if (depth === 0) return end;
  return fc.oneof(
    { weight: 1, arbitrary: end },
    {
      weight: 4,
      arbitrary: fc.record({
        see: sight,
        side: fc.constantFrom(0, 1),
        next: fc
          .tuple(
            tree(zero, leaf, depth - 1),
            fc.array(tree(leaf, leaf, depth - 1), { minLength: 1, maxLength: 2, size: "max" }),
          )
          .map(([first, others]) => [first, ...others]),
      }),
    },
  );
}

const effect: fc.Arbitrary<Effect> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ e: fc.constant("phase"), who: nodeTerm, to: number }) },
  {
    weight: 4,
    arbitrary: fc.record({ e: fc.constant("addPhase"), who: nodeTerm, to: fc.constantFrom(1, 2) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ e: fc.constant("ref"), who: nodeTerm, other: fc.option(nodeTerm, { freq: 5 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      e: fc.constantFrom("value", "book"),
      who: nodeTerm,
      value: fc.option(valueTerm, { freq: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ e: fc.constantFrom("see", "forget"), who: nodeTerm, other: nodeTerm }),
  },
  { weight: 2, arbitrary: fc.record({ e: fc.constantFrom("count", "addCount"), to: number }) },
  {
    weight: 1,
    arbitrary: fc.record({ e: fc.constant("stock"), value: valueTerm, to: fc.constantFrom(1, 2) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      e: fc.constant("keeper"),
      value: valueTerm,
      who: fc.option(nodeTerm, { freq: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ e: fc.constant("leader"), who: fc.option(nodeTerm, { freq: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ e: fc.constantFrom("join", "leave", "restart"), who: nodeTerm }) },
  {
    weight: 6,
    arbitrary: fc.record({
      e: fc.constant("send"),
      net: few,
      from: nodeTerm,
      to: nodeTerm,
      type: fc.nat({ max: TYPES.length - 1 }),
      n: fc.nat({ max: 1 }),
      value: fc.option(valueTerm, { freq: 5 }),
      once: fc.boolean(),
      budget: fc.nat({ max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ e: fc.constant("clear"), net: few, from: nodeTerm, to: nodeTerm }) },
  { weight: 1, arbitrary: fc.record({ e: fc.constantFrom("discard", "fault") }) },
  { weight: 2, arbitrary: fc.record({ e: fc.constant("spend"), budget: few, amount: few }) },
  { weight: 1, arbitrary: fc.record({ e: fc.constant("record"), who: nodeTerm, n: fc.nat({ max: 1 }) }) },
  { weight: 1, arbitrary: fc.record({ e: fc.constant("copyLeft"), budget: few }) },
  {
    weight: 1,
    arbitrary: fc.record({ e: fc.constant("copyMail"), net: few, who: nodeTerm, other: nodeTerm }),
  },
);

const outcome = fc.oneof(
  { weight: 12, arbitrary: fc.array(effect, { minLength: 1, maxLength: 4, size: "max" }) },
  { weight: 1, arbitrary: fc.constant([]) },
);

const go: fc.Arbitrary<ActionLeaf> = fc.record({
  a: fc.constant("go"),
  shape: fc.nat({ max: 3 }),
  outcomes: fc.oneof(
    { weight: 5, arbitrary: outcome.map((one) => [one]) },
    { weight: 1, arbitrary: fc.array(outcome, { maxLength: 3, size: "max" }) },
    // The same outcome twice is two generated states.
    { weight: 1, arbitrary: outcome.map((one) => [one, one]) },
  ),
});

const disabled: fc.Arbitrary<ActionLeaf> = fc.record({ a: fc.constant("disabled"), by: fc.nat({ max: 3 }) });
const fails: fc.Arbitrary<ActionLeaf> = fc.record({ a: fc.constantFrom("throw", "assert") });

const ranges = fc.constantFrom<("i" | "j" | "v")[]>(
  ["i"],
  ["i"],
  ["i", "j"],
  ["i", "v"],
  ["i", "j", "v"],
  ["v"],
  [],
);

const action: fc.Arbitrary<ActionTable> = fc.record({
  receive: fc.option(
    fc.record({
      net: few,
      type: fc.option(fc.nat({ max: TYPES.length - 1 })),
      keep: fc.boolean(),
      delivered: fc.boolean(),
    }),
    { freq: 1 },
  ),
  ranges,
  computed: fc.constantFrom(null, null, null, null, null, "seen", "group", "senders", "refs"),
  fault: fc.constantFrom(false, false, false, true),
  tree: tree(
    fc.oneof({ weight: 6, arbitrary: go }, { weight: 1, arbitrary: disabled }),
    fc.oneof(
      { weight: 60, arbitrary: go },
      { weight: 60, arbitrary: disabled },
      { weight: 1, arbitrary: fails },
    ),
    2,
  ),
});

/** An action that mostly is enabled and changes something, for the others to have something to do. */
const starter: fc.Arbitrary<ActionTable> = fc.record({
  receive: fc.constant(null),
  ranges: fc.constantFrom<("i" | "j" | "v")[]>(["i"], ["i"], ["i", "j"], ["i", "v"], ["i", "j", "v"]),
  computed: fc.constant(null),
  fault: fc.constantFrom(false, false, false, true),
  tree: fc.oneof(tree(go, fc.oneof(go, disabled), 1), tree(go, disabled, 2)),
});

/** True, false and throw, by weight. */
function answer(...weights: readonly [number, number, number]): fc.Arbitrary<PropertyLeaf> {
  const leaves: PropertyLeaf[] = [true, false, "throw"];
  return fc.oneof(...leaves.map((leaf, n) => ({ weight: weights[n]!, arbitrary: fc.constant(leaf) })));
}

const common = {
  ranges,
  except: fc.array(fc.nat({ max: 4 }), { maxLength: 2, size: "max" }),
  expected: fc.constantFrom(true, true, true, true, false),
  copies: fc.oneof(
    { weight: 15, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.constantFrom(2, 33) },
  ),
};

const property: fc.Arbitrary<PropertyTable> = fc.oneof(
  fc.record({
    ...common,
    kind: fc.constantFrom("invariant", "step"),
    tree: fc.oneof(
      tree(answer(1, 0, 0), answer(90, 7, 1), 3),
      tree(answer(1, 0, 0), answer(60, 40, 1), 3),
      tree(answer(60, 1, 0), answer(80, 20, 0), 3),
    ),
    premise: fc.option(tree(answer(1, 5, 0), answer(1, 2, 0), 2), { freq: 1 }),
  }),
  fc.record({
    ...common,
    kind: fc.constant("reachable"),
    tree: tree(answer(1, 20, 0), answer(20, 60, 1), 3),
    premise: fc.constant(null),
  }),
);

/** Tables of small specs: two or three nodes, one to three values, every network kind. */
export const table: fc.Arbitrary<Table> = fc.noBias(
  fc.record({
    nodes: fc.constantFrom(2, 3),
    orderedNodes: fc.constantFrom(false, false, false, false, true),
    values: fc.constantFrom(1, 2, 3),
    orderedValues: fc.constantFrom(false, false, true),
    server: fc.nat({ max: SERVER_COUNT - 1 }),
    history: fc.constantFrom(null, null, "set", "number", "last"),
    networks: fc.array(
      fc.record({
        kind: fc.constantFrom("bag", "sent-bag", "set", "sent-set", "fifo", "fifo-no-repeat"),
        loss: fc.constantFrom(0, 0, 1, 2),
        duplication: fc.constantFrom(0, 0, 0, 1),
      }),
      { maxLength: 2, size: "max" },
    ),
    budgets: fc.array(fc.record({ limit: few, fault: fc.boolean() }), { maxLength: 2, size: "max" }),
    bounds: fc.array(few, { maxLength: 2, size: "max" }),
    oneApart: fc.constantFrom(false, false, false, true),
    initial: fc.array(
      fc.record({
        over: fc.constantFrom("one", "first", "nodes", "values"),
        effects: fc.array(effect, { maxLength: 3, size: "max" }),
      }),
      { maxLength: 2, size: "max" },
    ),
    actions: fc
      .tuple(
        fc.array(starter, { minLength: 1, maxLength: 2, size: "max" }),
        fc.array(action, { maxLength: 4, size: "max" }),
      )
      .map(([starters, others]) => [...starters, ...others]),
    properties: fc.array(property, { maxLength: 5, size: "max" }),
    constraints: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      {
        weight: 1,
        arbitrary: fc.array(tree(answer(1, 0, 0), answer(60, 25, 1), 2), { maxLength: 2, size: "max" }),
      },
    ),
    finals: fc.array(tree(answer(1, 1, 0), answer(1, 1, 0), 1), { maxLength: 1, size: "max" }),
  }),
);
