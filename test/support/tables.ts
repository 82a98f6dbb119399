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

const valueTerm: fc.Arbitrary<ValueTerm> = fc.record({ t: fc.constantFrom("bound", "held"), n: few });

const simpleSight: fc.Arbitrary<Sight> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ s: fc.constantFrom("phase", "seenSize", "isLeader", "inGroup", "bookSize"), who: nodeTerm }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      s: fc.constantFrom("refIs", "seenHas", "sameServer", "before"),
      who: nodeTerm,
      other: nodeTerm,
    }),
  },
  { weight: 2, arbitrary: fc.record({ s: fc.constantFrom("valueIs", "bookIs"), who: nodeTerm, value: valueTerm }) },
  { weight: 2, arbitrary: fc.record({ s: fc.constantFrom("count", "groupSize", "historySize") }) },
  { weight: 1, arbitrary: fc.record({ s: fc.constant("left"), budget: few }) },
  { weight: 2, arbitrary: fc.record({ s: fc.constant("mail"), net: few, who: nodeTerm, other: nodeTerm }) },
  { weight: 1, arbitrary: fc.constant({ s: "number" }) },
  { weight: 1, arbitrary: fc.record({ s: fc.constant("datumIs"), value: valueTerm }) },
  { weight: 2, arbitrary: fc.record({ s: fc.constantFrom("someIn", "countIn"), phase: number }) },
  { weight: 2, arbitrary: fc.record({ s: fc.constant("style"), who: nodeTerm, style: fc.nat({ max: 5 }) }) },
);

const sight: fc.Arbitrary<Sight> = fc.oneof(
  { weight: 12, arbitrary: simpleSight },
  { weight: 2, arbitrary: fc.record({ s: fc.constant("within"), bound: few, of: simpleSight }) },
);

function tree<Leaf>(leaf: fc.Arbitrary<Leaf>, depth: number): fc.Arbitrary<Tree<Leaf>> {
  const end = fc.record({ leaf });
  if (depth === 0) return end;
  return fc.oneof(
    { weight: 1, arbitrary: end },
    {
      weight: 3,
      arbitrary: fc.record({
        see: sight,
        side: fc.constantFrom(0, 1),
        then: fc.array(tree(leaf, depth - 1), { minLength: 2, maxLength: 3 }),
      }),
    },
  );
}

const effect: fc.Arbitrary<Effect> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ e: fc.constantFrom("phase", "addPhase"), who: nodeTerm, to: number }) },
  { weight: 2, arbitrary: fc.record({ e: fc.constant("ref"), who: nodeTerm, other: fc.option(nodeTerm) }) },
  {
    weight: 2,
    arbitrary: fc.record({ e: fc.constantFrom("value", "book"), who: nodeTerm, value: fc.option(valueTerm) }),
  },
  { weight: 2, arbitrary: fc.record({ e: fc.constantFrom("see", "forget"), who: nodeTerm, other: nodeTerm }) },
  { weight: 2, arbitrary: fc.record({ e: fc.constantFrom("count", "addCount"), to: number }) },
  { weight: 1, arbitrary: fc.record({ e: fc.constant("leader"), who: fc.option(nodeTerm) }) },
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
      value: fc.option(valueTerm),
      once: fc.boolean(),
      budget: fc.nat({ max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ e: fc.constant("clear"), net: few, from: nodeTerm, to: nodeTerm }) },
  { weight: 1, arbitrary: fc.record({ e: fc.constantFrom("discard", "fault") }) },
  { weight: 2, arbitrary: fc.record({ e: fc.constant("spend"), budget: few, amount: few }) },
  { weight: 1, arbitrary: fc.record({ e: fc.constant("record"), who: nodeTerm, n: fc.nat({ max: 1 }) }) },
  { weight: 1, arbitrary: fc.record({ e: fc.constant("copyLeft"), budget: few }) },
  { weight: 1, arbitrary: fc.record({ e: fc.constant("copyMail"), net: few, who: nodeTerm, other: nodeTerm }) },
);

const outcome = fc.array(effect, { maxLength: 4 });

const actionLeaf: fc.Arbitrary<ActionLeaf> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ a: fc.constant("disabled"), by: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ a: fc.constantFrom("throw", "assert") }) },
  {
    weight: 50,
    arbitrary: fc.record({
      a: fc.constant("go"),
      shape: fc.nat({ max: 3 }),
      outcomes: fc.oneof(
        { weight: 4, arbitrary: fc.array(outcome, { minLength: 1, maxLength: 1 }) },
        { weight: 1, arbitrary: fc.array(outcome, { maxLength: 3 }) },
        // The same outcome twice is two generated states.
        { weight: 1, arbitrary: outcome.map((one) => [one, one]) },
      ),
    }),
  },
);

const ranges = fc.subarray(["i", "j", "v"] as const);

const action: fc.Arbitrary<ActionTable> = fc.record({
  receive: fc.option(
    fc.record({
      net: few,
      type: fc.option(fc.nat({ max: TYPES.length - 1 })),
      keep: fc.boolean(),
      delivered: fc.boolean(),
    }),
    { freq: 2 },
  ),
  ranges: fc.oneof({ weight: 2, arbitrary: fc.constant(["i"] as ("i" | "j" | "v")[]) }, { weight: 3, arbitrary: ranges }),
  computed: fc.option(fc.constantFrom("seen", "group"), { freq: 1 }),
  fault: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
  tree: tree(actionLeaf, 2),
});

function propertyLeaf(weights: readonly [number, number, number]): fc.Arbitrary<PropertyLeaf> {
  return fc.oneof(
    { weight: weights[0], arbitrary: fc.constant(true) },
    { weight: weights[1], arbitrary: fc.constant(false) },
    { weight: weights[2], arbitrary: fc.constant("throw") },
  );
}

const property: fc.Arbitrary<PropertyTable> = fc.record({
  kind: fc.constantFrom("invariant", "step", "reachable"),
  ranges,
  tree: fc.oneof(
    { weight: 3, arbitrary: tree(propertyLeaf([40, 4, 1]), 3) },
    { weight: 2, arbitrary: tree(propertyLeaf([8, 4, 0]), 3) },
  ),
  premise: fc.option(tree(propertyLeaf([1, 3, 0]), 2)),
  except: fc.array(fc.nat({ max: 4 }), { maxLength: 2 }),
  expected: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.boolean() }),
  copies: fc.oneof(
    { weight: 15, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.constantFrom(2, 33) },
  ),
});

/** Tables of small specs: two or three nodes, one to three values, every network kind. */
export const table: fc.Arbitrary<Table> = fc.record({
  nodes: fc.constantFrom(2, 3),
  orderedNodes: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
  values: fc.constantFrom(1, 2, 3),
  orderedValues: fc.oneof({ weight: 2, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
  server: fc.nat({ max: SERVER_COUNT - 1 }),
  history: fc.option(fc.constantFrom("set", "number", "last")),
  networks: fc.array(
    fc.record({
      kind: fc.constantFrom("bag", "sent-bag", "set", "sent-set", "fifo", "fifo-no-repeat"),
      loss: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: few }),
      duplication: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: few }),
    }),
    { maxLength: 2 },
  ),
  budgets: fc.array(fc.record({ limit: few, fault: fc.boolean() }), { maxLength: 2 }),
  bounds: fc.array(few, { maxLength: 2 }),
  oneApart: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
  initial: fc.array(
    fc.record({ over: fc.constantFrom("one", "first", "nodes", "values"), effects: fc.array(effect, { maxLength: 3 }) }),
    { maxLength: 2 },
  ),
  actions: fc.array(action, { minLength: 1, maxLength: 5 }),
  properties: fc.array(property, { maxLength: 5 }),
  constraints: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(tree(propertyLeaf([60, 10, 1]), 2), { maxLength: 2 }) },
  ),
  finals: fc.array(tree(propertyLeaf([1, 1, 0]), 1), { maxLength: 1 }),
});
