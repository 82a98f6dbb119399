/**
 * A state graph for Graphviz. A state's label is its number and what changed since the state from which it was first
 * found (for initial states: everything); the whole state is in its tooltip, which SVG shows. Nothing is told by
 * colour alone.
 */
import type { ItfState } from "../../search/result.ts";
import type { GraphState, GraphStep, StateGraph } from "../../search/state-graph.ts";
import { changesOf } from "../diff.ts";
import { format } from "../itf.ts";
import type { RunInfo } from "../run-info.ts";
import { changeText } from "../text/trace-text.ts";

/** What of a run the file says. */
export type DotRun = Pick<RunInfo, "spec" | "file" | "parameters" | "version" | "networks">;

export function dotGraph(run: DotRun, graph: StateGraph): string {
  const outside = graph.states.filter(({ unexplored }) => unexplored === "constraint").length;
  const unexpanded = graph.states.filter(({ unexplored }) => unexplored === "depth").length;
  const parameters = Object.entries(run.parameters).map(([name, value]) => `${name}=${value}`);
  const comment = [
    `${run.spec} (${run.file}) ${parameters.join(" ")}`.trim(),
    `${count(graph.states.length - outside, "state")} and ${count(graph.steps.length, "step")}, by dscheck ${run.version}. Symmetry is not used: every permutation`,
    "of interchangeable ids is a state of its own, as with --no-symmetry.",
    ...(outside === 0
      ? []
      : [`Besides, ${count(outside, "state")} outside a constraint, dotted: not explored.`]),
    ...(unexpanded === 0
      ? []
      : [`${count(unexpanded, "state")} at the greatest depth, dotted: not explored.`]),
  ];
  return [
    ...comment.map((line) => `// ${line.replaceAll(/\s+/g, " ")}`),
    `digraph ${quoted(run.spec)} {`,
    '  node [shape=box, style="rounded", fontname="monospace", fontsize=10];',
    '  edge [fontname="sans-serif", fontsize=9];',
    ...graph.states.map((state) => nodeLine(state, graph, run)),
    ...graph.steps.map(edgeLine),
    "}",
    "",
  ].join("\n");
}

function nodeLine(state: GraphState, graph: StateGraph, run: DotRun): string {
  const lines = [heading(state), ...labelLines(state, graph, run)];
  const attributes = [
    // \l ends a line and sets it to the left.
    `label="${lines.map((line) => escaped(line)).join("\\l")}\\l"`,
    `tooltip="${stateLines(state.state).map(escaped).join("\\n")}"`,
    ...looks(state),
  ];
  return `  ${state.number} [${attributes.join(", ")}];`;
}

/** `7 deadlock, violates Agreement(n1)` */
function heading(state: GraphState): string {
  const marks = [
    state.initial ? "initial" : "",
    state.final ? "final" : "",
    state.cut ? "ended by a bound" : "",
    state.deadlock ? "deadlock" : "",
    state.unexplored === "constraint" ? "outside" : "",
    state.unexplored === "depth" ? "not explored" : "",
    ...state.violated.map((what) => `violates ${what}`),
  ].filter((mark) => mark !== "");
  return `${state.number}${marks.length === 0 ? "" : ` ${marks.join(", ")}`}`;
}

function labelLines(state: GraphState, { states }: StateGraph, { networks }: DotRun): string[] {
  if (state.from === null) return stateLines(state.state).map(shortened);
  const changes = changesOf(states[state.from - 1]!.state, state.state, networks);
  return changes.map((change) => shortened(`${change.path}: ${changeText(change)}`));
}

function stateLines(state: ItfState): string[] {
  return Object.entries(state).map(([name, value]) => `${name}: ${format(value)}`);
}

function looks(state: GraphState): string[] {
  const styles = ["rounded"];
  if (state.initial) styles.push("bold");
  if (state.unexplored !== null) styles.push("dotted");
  if (state.violated.length > 0 || state.deadlock) styles.push("filled");
  const found: string[] = [];
  if (styles.length > 1) found.push(`style="${styles.join(",")}"`);
  if (state.violated.length > 0) found.push('color="#b00020"', 'fillcolor="#ffd6d6"');
  else if (state.deadlock) found.push('color="#8a5a00"', 'fillcolor="#ffe8c2"');
  if (state.final) found.push("peripheries=2");
  return found;
}

function edgeLine({ from, to, action, fault, violated }: GraphStep): string {
  const label = [action, ...violated.map((what) => `violates ${what}`)].map(escaped).join("\\n");
  const attributes = [`label="${label}"`];
  if (fault) attributes.push("style=dashed");
  if (violated.length > 0) attributes.push('color="#b00020"', 'fontcolor="#b00020"');
  return `  ${from} -> ${to} [${attributes.join(", ")}];`;
}

const LINE_MAX = 60;

function shortened(line: string): string {
  const letters = [...line];
  return letters.length <= LINE_MAX ? line : `${letters.slice(0, LINE_MAX - 3).join("")}...`;
}

function quoted(text: string): string {
  return `"${escaped(text)}"`;
}

/** Text inside quotes: Graphviz knows \N and the like, and decodes entities as HTML does. */
function escaped(text: string): string {
  return text
    .replaceAll(/\s/g, " ")
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll(/&(?=#?\w+;)/g, "&amp;");
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}
