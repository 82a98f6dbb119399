/**
 * A trace as a Mermaid sequence diagram. Nodes are participants. A diagram of this kind has one order of events, that
 * of the steps, so a message is an arrow at the step that receives it, and its label says which step sent it; what is
 * lost ends in a cross, and what is still on its way at the end is told in a note. What a step does locally is a note
 * over its node; steps that last wrote what the property read are highlighted.
 */
import type { TraceStep, Violation } from "../../search/result.ts";
import { formatMessage } from "../itf.ts";
import type { ReportInput } from "../kinds.ts";
import { plural } from "../layout.ts";
import { fateOf, followMessages, type MessageCopy, type MessageFate } from "../messages.ts";
import type { RunInfo } from "../run-info.ts";
import { shortTitle } from "../text/remarks.ts";
import { printable, toldChanges, toldReads } from "../told.ts";

/** Mermaid refuses longer texts unless it is configured otherwise; GitHub does not. */
export const DIAGRAM_MAX = 50_000;
const LINE_MAX = 72;
const CHANGES_MAX = 8;

export function mermaidReport({ run }: ReportInput, violation: Violation): string {
  return mermaidDiagram(run, violation);
}

/** The diagram; without what steps changed, if it would be too long for Mermaid with it. */
export function mermaidDiagram(run: RunInfo, violation: Violation): string {
  const full = new Diagram(run, violation, true).text();
  return full.length <= DIAGRAM_MAX ? full : new Diagram(run, violation, false).text();
}

/** What a note says of a message that it sends, before the message, which may be cut off. */
const END_OF_SENT: Readonly<Record<MessageFate, string>> = {
  received: "",
  lost: " (lost)",
  discarded: " (discarded)",
  merged: " (already on its way)",
  "in-flight": " (never delivered)",
};

class Diagram {
  readonly #run: RunInfo;
  readonly #violation: Violation;
  readonly #withChanges: boolean;
  readonly #copies: readonly MessageCopy[];
  /** The copies by the step that sent them, and by the steps that received or lost them. */
  readonly #sentAt = new Map<number, MessageCopy[]>();
  readonly #endingAt = new Map<number, MessageCopy[]>();
  /** Names of nodes, by position; in the diagram they are `p0`, `p1`, ..., which no name can break. */
  readonly #participants: readonly string[];
  readonly #lines: string[] = ["sequenceDiagram"];

  constructor(run: RunInfo, violation: Violation, withChanges: boolean) {
    this.#run = run;
    this.#violation = violation;
    this.#withChanges = withChanges;
    this.#copies = followMessages(violation.trace, run);
    this.#participants = participantsOf(run, this.#copies);
    for (const copy of this.#copies) {
      addTo(this.#sentAt, copy.sentAt, copy);
      for (const end of new Set([copy.receivedAt, copy.lostAt])) addTo(this.#endingAt, end, copy);
    }
  }

  text(): string {
    const { trace } = this.#violation;
    this.#participants.forEach((name, at) => {
      this.#lines.push(`  participant p${at} as ${escaped(name)}`);
    });
    trace.forEach((step, at) => {
      this.#step(step, trace[at - 1]);
    });
    this.#end();
    return `${this.#lines.join("\n")}\n`;
  }

  #step(step: TraceStep, before: TraceStep | undefined): void {
    if (before === undefined) return;
    const marked = step.relevant;
    if (marked) this.#lines.push("  rect rgba(255, 200, 0, 0.25)");
    const indent = marked ? "    " : "  ";
    const at = step.step;
    for (const copy of this.#endingAt.get(at) ?? []) {
      const sent = copy.sentAt === 0 ? "there from the start" : `sent at ${copy.sentAt}`;
      if (copy.receivedAt === at) this.#arrow(indent, copy, "->>", `${at} (${sent}) ${content(copy)}`);
      if (copy.lostAt === at)
        this.#arrow(
          indent,
          copy,
          "-x",
          `${at} ${copy.discarded ? "discarded" : "lost"} (${sent}) ${content(copy)}`,
        );
    }
    this.#note(indent, this.#nodesOf(step), this.#noteLines(step, before));
    if (marked) this.#lines.push("  end");
  }

  #noteLines(step: TraceStep, before: TraceStep): string[] {
    const lines = [`${step.step} ${step.action ?? ""}${step.fault ? " (fault)" : ""}`];
    for (const copy of this.#sentAt.get(step.step) ?? []) {
      // Its arrow says it; so does the delivery for one that was delivered again.
      if (copy.duplicateOf !== null && !step.fault) continue;
      const verb = copy.duplicateOf === null ? "sends" : "doubles";
      const end = END_OF_SENT[fateOf(copy)];
      lines.push(`${verb}${end} to ${copy.to}: ${content(copy)}`);
    }
    if (!this.#withChanges) return lines;
    const { budgets } = this.#run;
    const changes = toldChanges(step, before, this.#run)
      .filter(({ path }) => !budgets.includes(path))
      .map(({ path, text }) => `${path}: ${text}`);
    const more = changes.length - CHANGES_MAX;
    return [
      ...lines,
      ...changes.slice(0, CHANGES_MAX),
      ...(more > 0 ? [`and ${plural(more, "more change")}`] : []),
    ];
  }

  #end(): void {
    const flying = this.#copies.filter((copy) => fateOf(copy) === "in-flight");
    if (flying.length > 0)
      this.#note(
        "  ",
        [],
        [
          "On their way at the end:",
          ...flying.slice(0, CHANGES_MAX).map((copy) => `${copy.from ?? ""}->${copy.to} ${content(copy)}`),
          ...(flying.length > CHANGES_MAX ? [`and ${flying.length - CHANGES_MAX} more`] : []),
        ],
      );
    const { message } = this.#violation;
    const reads = toldReads(this.#violation).map(
      ({ what, value, writtenAt }) =>
        `${what}: ${value} (${writtenAt === 0 ? "initial value" : `step ${writtenAt}`})`,
    );
    this.#note("  ", [], [shortTitle(this.#violation), ...(message === "" ? [] : [message]), ...reads]);
  }

  #arrow(indent: string, copy: MessageCopy, arrow: string, label: string): void {
    const to = this.#participants.indexOf(copy.to);
    const from = copy.from === null ? to : this.#participants.indexOf(copy.from);
    this.#lines.push(`${indent}p${from}${arrow}p${to}: ${escaped(clip(label))}`);
  }

  /** Over these nodes, or over all of them. */
  #note(indent: string, nodes: readonly string[], lines: readonly string[]): void {
    const places = nodes.map((name) => this.#participants.indexOf(name)).sort((a, b) => a - b);
    const [first, last] = [places[0] ?? 0, places.at(-1) ?? this.#participants.length - 1];
    const over = first === last ? `p${first}` : `p${first},p${last}`;
    this.#lines.push(`${indent}Note over ${over}: ${lines.map((line) => escaped(clip(line))).join("<br/>")}`);
  }

  /** Where a step happens: at who receives; else at the nodes that its arguments name; else at who sends. */
  #nodesOf(step: TraceStep): string[] {
    const known = (names: readonly (string | null)[]): string[] => [
      ...new Set(names.filter((name) => name !== null && this.#participants.includes(name)) as string[]),
    ];
    const named = known(
      Object.values(step.arguments).map((value) => (typeof value === "string" ? value : null)),
    );
    const receivers = known(step.received.map(({ to }) => to));
    if (receivers.length > 0) return receivers;
    // `Timeout(n1)` is at n1; of several nodes the first acts, on others.
    return named.length > 0 ? named.slice(0, 1) : known(step.sent.map(({ from }) => from)).slice(0, 1);
  }
}

/** The members of all id sets whose members send or receive, or own state; the spec itself when there are none. */
function participantsOf(run: RunInfo, copies: readonly MessageCopy[]): string[] {
  const { idSets, variables } = run.declared;
  const owners = (roles: readonly string[]): string[] => [
    ...new Set(variables.filter(({ role }) => roles.includes(role)).flatMap((variable) => variable.owners)),
  ];
  const networks = owners(["mailbox", "channel"]);
  const sets = networks.length > 0 ? networks : owners(["perNode"]);
  const declared = idSets.filter(({ name }) => sets.includes(name)).flatMap(({ members }) => members);
  const ends = copies.flatMap(({ from, to }) => (from === null ? [to] : [from, to]));
  const all = [...new Set([...declared, ...ends])];
  return all.length > 0 ? all : [run.spec];
}

function addTo(copies: Map<number, MessageCopy[]>, step: number | null, copy: MessageCopy): void {
  if (step === null) return;
  const there = copies.get(step);
  if (there === undefined) copies.set(step, [copy]);
  else there.push(copy);
}

function content({ message, from, to }: MessageCopy): string {
  return formatMessage(message, from, to);
}

function clip(text: string): string {
  return text.length <= LINE_MAX ? text : `${text.slice(0, LINE_MAX - 1)}…`;
}

/**
 * A text that Mermaid shows as it is. `;` ends a statement, `#` begins an entity, `end` ends a block, `$$` begins
 * a formula, and `wrap:` is a command; markup is shown, not followed.
 */
export function escaped(text: string): string {
  return printable(text)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[#;<>&"$%\\`]/g, (char) => `#${char.codePointAt(0)!};`)
    .replaceAll(/\b(e)(nd)\b/gi, (_, e: string, nd: string) => `#${e.codePointAt(0)!};${nd}`)
    .replaceAll(/^(\s*(?:no)?wrap):/gi, "$1#58;");
}
