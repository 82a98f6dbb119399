/** Counterexamples in the Informal Trace Format, read back by a reader that knows only ADR-015. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { itfTrace, toStandard } from "../../src/report/formats/itf-trace.ts";
import { EXCHANGE, EXCHANGE_RUN } from "./exchange.ts";
import { run, step, violation } from "./results.ts";

/** A value as a reader of ITF has it: numbers as bigint, and each kind told apart. */
type Read =
  | boolean
  | string
  | bigint
  | readonly Read[]
  | { readonly kind: "tuple" | "set"; readonly items: readonly Read[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly Read[])[] }
  | { readonly kind: "unserializable"; readonly text: string }
  | { readonly kind: "record"; readonly fields: Readonly<Record<string, Read>> };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function items(value: unknown): Read[] {
  if (!Array.isArray(value)) throw new Error(`${JSON.stringify(value)} is not an array`);
  return value.map(readValue);
}

/** The expressions of ADR-015, "Expressions", one by one; everything else is an error. */
function readValue(value: unknown): Read {
  if (typeof value === "boolean" || typeof value === "string") return value;
  if (Array.isArray(value)) return items(value);
  if (!isObject(value)) throw new Error(`${JSON.stringify(value)} is no expression of ITF`);
  const keys = Object.keys(value);
  const special = keys.find((key) => key.startsWith("#"));
  if (special === undefined)
    return {
      kind: "record",
      fields: Object.fromEntries(keys.map((key) => [key, readValue(value[key])])),
    };
  if (keys.length > 1) throw new Error(`${special} is not alone in ${keys.join()}`);
  const content = value[special];
  if (special === "#bigint" && typeof content === "string" && /^-?[0-9]+$/.test(content))
    return BigInt(content);
  if (special === "#tup") return { kind: "tuple", items: items(content) };
  if (special === "#set") return { kind: "set", items: items(content) };
  if (special === "#unserializable" && typeof content === "string")
    return { kind: "unserializable", text: content };
  if (special === "#map" && Array.isArray(content))
    return {
      kind: "map",
      entries: content.map((entry: unknown) => {
        const pair = items(entry);
        if (pair.length !== 2) throw new Error(`${JSON.stringify(entry)} is no pair`);
        return pair;
      }),
    };
  throw new Error(`${special}: ${JSON.stringify(content)} is no expression of ITF`);
}

/** A trace as ADR-015 has it: an object with `vars` and `states`, and every state with all of `vars` and no more. */
function readTrace(text: string) {
  const trace: unknown = JSON.parse(text);
  if (!isObject(trace) || !Array.isArray(trace.vars) || !Array.isArray(trace.states))
    throw new Error("no trace");
  const vars = trace.vars.map(String);
  const states = trace.states.map((state: unknown) => {
    if (!isObject(state)) throw new Error("a state is no object");
    const { "#meta": meta, ...values } = state;
    expect(Object.keys(values).sort()).toEqual([...vars].sort());
    return { meta, values: Object.fromEntries(vars.map((name) => [name, readValue(values[name])])) };
  });
  return { meta: trace["#meta"], vars, states };
}

const NONE = { kind: "record", fields: { tag: "None", value: { kind: "tuple", items: [] } } };
const some = (value: Read) => ({ kind: "record", fields: { tag: "Some", value } });

describe("a counterexample in ITF", () => {
  test("is told in full", async () => {
    await expect(itfTrace(EXCHANGE_RUN, EXCHANGE)).toMatchFileSnapshot("golden/exchange.itf.txt");
  });

  test("is read back by the grammar of ADR-015, with as many states and the same values", () => {
    const { vars, states } = readTrace(itfTrace(EXCHANGE_RUN, EXCHANGE));
    expect(vars).toEqual([
      "server",
      "net",
      "links",
      "rounds",
      "losses",
      "ghosts",
      "mbt::actionTaken",
      "mbt::nondetPicks",
    ]);
    expect(states.map(({ meta }) => meta)).toEqual([0, 1, 2, 3, 4].map((index) => ({ index })));
    expect(states[3]!.values.losses).toBe(1n);
    expect(states[3]!.values.links).toEqual({
      kind: "map",
      entries: [[{ kind: "tuple", items: ["n1", "n2"] }, true]],
    });
    expect(states[3]!.values.ghosts).toEqual({
      kind: "set",
      items: [{ kind: "unserializable", text: "1.5" }, 9007199254740993n],
    });
  });

  test("names the property that failed, and all that is beside the format is text, as itf-rs wants it", () => {
    const { meta } = readTrace(itfTrace(EXCHANGE_RUN, EXCHANGE));
    expect(meta).toMatchObject({
      format: "ITF",
      source: "specs/raft.ts",
      status: "violation",
      property: "AtMostOne(n1)",
      parameters: "nodes=3 maxElections=2 bug=none",
    });
    expect(Object.values(meta as object).every((value) => typeof value === "string")).toBe(true);
  });

  test("says as quint does which action was taken and what it was given", () => {
    const { states } = readTrace(itfTrace(EXCHANGE_RUN, EXCHANGE));
    expect(states.map(({ values }) => values["mbt::actionTaken"])).toEqual([
      "init",
      "Timeout",
      "Doubt",
      "HandleVote",
      "Loss",
    ]);
    const picks = states.map(({ values }) => values["mbt::nondetPicks"]);
    expect(picks[0]).toEqual({ kind: "record", fields: { i: NONE, message: NONE } });
    expect(picks[1]).toEqual({ kind: "record", fields: { i: some("n1"), message: NONE } });
  });

  test("of an initial state alone is one", () => {
    const { states } = readTrace(itfTrace(run(), violation({ trace: [step(0, null, { x: 1 })] })));
    expect(states.map(({ values }) => values.x)).toEqual([1n]);
  });
});

describe("values without a form in ITF", () => {
  test("null is quint's None", () => {
    expect(toStandard({ vote: null })).toEqual({ vote: { tag: "None", value: { "#tup": [] } } });
  });

  test("fractions and infinity cannot be serialized, and say so", () => {
    expect(toStandard([0.5, Number.POSITIVE_INFINITY])).toEqual([
      { "#unserializable": "0.5" },
      { "#unserializable": "Infinity" },
    ]);
  });

  test("a record with a field that begins with # is a map", () => {
    expect(toStandard({ "#1": 1, b: "x" })).toEqual({ "#map": [["#1", { "#bigint": "1" }], ["b", "x"]] }); // biome-ignore format: short
  });

  test("integers of any size keep all their digits", () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-0, 1e21)), (n) => {
        expect(readValue(toStandard(n))).toBe(BigInt(n));
      }),
    );
  });
});
