/** State graphs for Graphviz, read back by Graphviz itself (compiled to WebAssembly). */
import { Graphviz } from "@hpcc-js/wasm-graphviz";
import { describe, expect, test } from "vitest";
import { type DotRun, dotGraph } from "../../src/report/formats/dot.ts";
import type { GraphState, GraphStep, StateGraph } from "../../src/search/state-graph.ts";

const RUN: DotRun = {
  spec: "lights",
  file: "specs/lights.ts",
  parameters: { nodes: 2, bug: "none" },
  version: "1.2.3",
  networks: [],
};

function state(number: number, changes: Partial<GraphState> = {}): GraphState {
  return {
    number,
    state: { x: number },
    initial: false,
    depth: number - 1,
    from: number === 1 ? null : number - 1,
    violated: [],
    deadlock: false,
    final: false,
    cut: false,
    unexplored: null,
    ...changes,
  };
}

function step(from: number, to: number, action: string, changes: Partial<GraphStep> = {}): GraphStep {
  return { from, to, action, fault: false, violated: [], ...changes };
}

const EVERYTHING: StateGraph = {
  states: [
    state(1, { initial: true, state: { light: { "#map": [["n1", "red"]] }, x: 1 } }),
    state(2, { state: { light: { "#map": [["n1", "green"]] }, x: 1 }, violated: ["Agreement(n1)", "Other"] }),
    state(3, { state: { light: { "#map": [["n1", "green"]] }, x: 2 }, deadlock: true }),
    state(4, { state: { light: { "#map": [["n1", "off"]] }, x: 2 }, final: true }),
    state(5, { state: { light: { "#map": [["n1", "off"]] }, x: 3 }, cut: true }),
    state(6, { state: { light: { "#map": [["n1", "off"]] }, x: 4 }, unexplored: "constraint" }),
    state(7, { state: { light: { "#map": [["n1", "off"]] }, x: 5 }, unexplored: "depth" }),
  ],
  steps: [
    step(1, 2, "Switch(n1)"),
    step(1, 2, "Switch(n2)"),
    step(2, 2, "Wait"),
    step(2, 3, "Crash(n1)", { fault: true }),
    step(3, 4, "End", { violated: ["OnlyForward"] }),
    step(4, 5, "On"),
    step(5, 6, "On"),
    step(5, 7, "On"),
  ],
};

interface Drawn {
  readonly name: string;
  readonly objects?: readonly Readonly<Record<string, string>>[];
  readonly edges?: readonly Readonly<Record<string, string | number>>[];
}

const graphviz = await Graphviz.load();

/** What Graphviz understood. */
function understood(dot: string): Drawn {
  return JSON.parse(graphviz.layout(dot, "dot_json", "dot")) as Drawn;
}

/** A label or tooltip as Graphviz writes it into a picture. */
function shown(text: string): string {
  const graph = { states: [state(1, { state: { [text]: text } })], steps: [step(1, 1, text)] };
  return graphviz.layout(dotGraph(RUN, graph), "svg", "dot");
}

describe("a state graph", () => {
  test("is told in full", async () => {
    await expect(dotGraph(RUN, EVERYTHING)).toMatchFileSnapshot("golden/graph.dot");
  });

  test("is understood by Graphviz, with every state and every step", () => {
    const { name, objects = [], edges = [] } = understood(dotGraph(RUN, EVERYTHING));
    expect(name).toBe("lights");
    expect(objects.map((object) => object.name)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
    expect(edges.map(({ tail, head, label }) => [Number(tail) + 1, Number(head) + 1, label])).toEqual([
      [1, 2, "Switch(n1)"],
      [1, 2, "Switch(n2)"],
      [2, 2, "Wait"],
      [2, 3, "Crash(n1)"],
      [3, 4, "End\\nviolates OnlyForward"],
      [4, 5, "On"],
      [5, 6, "On"],
      [5, 7, "On"],
    ]);
  });

  test("says in words and looks what is special about a state or a step", () => {
    const { objects = [], edges = [] } = understood(dotGraph(RUN, EVERYTHING));
    expect(objects.map(({ label }) => label!.split("\\l", 1)[0])).toEqual([
      "1 initial",
      "2 violates Agreement(n1), violates Other",
      "3 deadlock",
      "4 final",
      "5 ended by a bound",
      "6 outside",
      "7 not explored",
    ]);
    const [initial, violated, , final, , outside] = objects;
    expect(initial!.style).toContain("bold");
    expect(violated!.color).toBe("#b00020");
    expect(final!.peripheries).toBe("2");
    expect(outside!.style).toContain("dotted");
    expect(edges.map(({ style }) => style === "dashed")).toEqual(EVERYTHING.steps.map(({ fault }) => fault));
  });

  test("labels a state with what changed, and has all of it in the tooltip", () => {
    const [, second] = understood(dotGraph(RUN, EVERYTHING)).objects ?? [];
    expect(second!.label).toBe("2 violates Agreement(n1), violates Other\\llight[n1]: red -> green\\l");
    expect(second!.tooltip).toBe("light: {n1 => green}\\nx: 1");
  });

  test("has long lines cut in labels, not in tooltips", () => {
    const long = "y".repeat(100);
    const [only] =
      understood(dotGraph(RUN, { states: [state(1, { state: { x: long } })], steps: [] })).objects ?? [];
    expect(only!.label).toBe(`1\\lx: ${"y".repeat(54)}...\\l`);
    expect(only!.tooltip).toBe(`x: ${long}`);
  });
});

describe("text that means something to Graphviz", () => {
  test.each([
    ["a quote", 'say "no"', "say &quot;no&quot;"],
    ["a backslash that would be the name of the graph", "\\G \\N", "\\G \\N"],
    ["an entity", "&lt;b&gt;", "&amp;lt;b&amp;gt;"],
    ["HTML", "<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"],
    ["other alphabets", "größer ≤ 日本", "größer ≤ 日本"],
  ])("%s is shown as it is", (_, text, inPicture) => {
    // The edge label is the text alone.
    const label = [...shown(text).matchAll(/<text [^>]*>([^<]*)<\/text>/g)]
      .map(([, found]) => found!)
      .at(-1)!;
    expect(label.replaceAll("&#45;", "-").replaceAll("&#160;", " ")).toBe(inPicture);
  });

  test("a line break is a blank", () => {
    expect(dotGraph(RUN, { states: [state(1)], steps: [step(1, 1, "a\nb")] })).toContain('label="a b"');
  });
});
