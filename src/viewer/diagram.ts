/**
 * The space-time diagram of a trace as numbers: which lanes there are, at which of them each step happens, and from
 * where to where each copy of a message goes. Lanes and rows count from 0; drawing turns them into places.
 */

import { formatMessage, mapEntries, recordFields, same, tupleItems } from "../report/itf.ts";
import { fateOf, followMessages, isTransport, type MessageCopy } from "../report/messages.ts";
import type { Itf, TraceStep } from "../search/result.ts";
import type { Subject } from "./source.ts";

/** What a step looks like on a lane. */
export type Look = "initial" | "local" | "delivery" | "fault" | "crash" | "restart" | "partition" | "heal";

export interface StepMark {
  readonly look: Look;
  /** The node that acts; null where none does, such as when the network loses a message. */
  readonly node: string | null;
  /** All nodes that it concerns: that act, send or receive, are named, or have something changed. */
  readonly nodes: ReadonlySet<string>;
}

export interface Diagram {
  readonly lanes: readonly string[];
  /** One for each step of the trace. */
  readonly marks: readonly StepMark[];
  readonly copies: readonly MessageCopy[];
  /** The copies that another overtook, which was sent later on the same way. */
  readonly overtaken: ReadonlySet<number>;
}

/** How a message went; each is drawn in another line and another end. */
export type Way = "received" | "overtaken" | "copy" | "lost" | "discarded" | "merged" | "in-flight";

export interface Arrow {
  /** Several only of copies that stay in flight, sent by one step to one side: they are drawn as one. */
  readonly copies: readonly MessageCopy[];
  readonly way: Way;
  readonly label: string;
  /** Lanes; null for a sender that has none. */
  readonly from: number | null;
  readonly to: number;
  /** Rows; between two where the step itself is hidden. What stays in flight ends where it began. */
  readonly start: number;
  readonly end: number;
  /** Which one it is of those whose labels have the same place: 0, 1, ... */
  readonly place: number;
}

export function diagramOf(steps: readonly TraceStep[], subject: Subject): Diagram {
  const copies = followMessages(steps, subject);
  const lanes = lanesOf(subject, copies);
  const marks = steps.map((step, at) => markOf(step, steps[at - 1] ?? null, lanes, subject));
  return { lanes, marks, copies, overtaken: overtakenOf(copies) };
}

/** The nodes: who owns mailboxes or channels, sends or receives; else who owns anything. */
function lanesOf({ declared }: Subject, copies: readonly MessageCopy[]): string[] {
  const { idSets, variables } = declared;
  const ownersOf = (roles: readonly string[]): string[] =>
    variables.filter(({ role }) => roles.includes(role)).flatMap(({ owners }) => owners);
  const network = ownersOf(["mailbox", "channel"]);
  const nodeSets = new Set(network.length > 0 ? network : ownersOf(["perNode"]));
  const members = idSets.filter(({ name }) => nodeSets.has(name)).flatMap((set) => set.members);
  const ends = copies.flatMap(({ from, to }) => (from === null ? [to] : [from, to]));
  return [...new Set([...members, ...ends])];
}

const LOOKS: readonly (readonly [RegExp, Look])[] = [
  [/heal|reconnect|rejoin|merge/i, "heal"],
  [/partition|isolate|disconnect|split|cut/i, "partition"],
  [/restart|recover|reboot/i, "restart"],
  [/crash|stop|fail|kill|die/i, "crash"],
];

function markOf(
  step: TraceStep,
  before: TraceStep | null,
  lanes: readonly string[],
  subject: Subject,
): StepMark {
  const nodes = new Set<string>();
  if (before === null) return { look: "initial", node: null, nodes };
  const isLane = (name: string | null): name is string => name !== null && lanes.includes(name);
  const named = Object.values(step.arguments).flatMap(namesIn).filter(isLane);
  const ends = [...step.received, ...step.sent, ...step.lost, ...step.doubled]
    .flatMap(({ from, to }) => [from, to])
    .filter(isLane);
  for (const name of [...named, ...ends, ...changedOwners(before, step).filter(isLane)]) nodes.add(name);
  if (isTransport(before, step, subject)) return { look: faultLook(step), node: null, nodes };
  const [receiver, sender] = [step.received[0]?.to ?? null, step.sent[0]?.from ?? null];
  const node = [receiver, named[0] ?? null, sender, [...nodes][0] ?? null].find(isLane) ?? null;
  const look = step.fault ? faultLook(step) : step.received.length > 0 ? "delivery" : "local";
  return { look, node, nodes };
}

/** By the usual names: a model says that a step is a fault, not which one. */
function faultLook({ actionName }: TraceStep): Look {
  return LOOKS.find(([pattern]) => pattern.test(actionName ?? ""))?.[1] ?? "fault";
}

function namesIn(value: Itf): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  // Of a message, who sends and receives it, not whom it mentions.
  const fields = recordFields(value);
  if (fields !== null) return [fields.to ?? null, fields.from ?? null].flatMap(namesIn);
  return Object.values(value).flatMap((part) => namesIn(part as Itf));
}

function changedOwners(before: TraceStep, after: TraceStep): string[] {
  return Object.entries(after.state).flatMap(([name, value]) => {
    const old = before.state[name];
    if (old === undefined || old === value) return [];
    const [was, is] = [mapEntries(old), mapEntries(value)];
    if (was === null || is === null || was.length !== is.length) return [];
    return is.flatMap(([owner, part], at) =>
      same(part, was[at]![1])
        ? []
        : (tupleItems(owner) ?? [owner]).filter((one): one is string => typeof one === "string"),
    );
  });
}

function overtakenOf(copies: readonly MessageCopy[]): Set<number> {
  const ways = new Map<string, MessageCopy[]>();
  for (const copy of copies) {
    if (copy.receivedAt === null || copy.duplicateOf !== null) continue;
    const key = JSON.stringify([copy.network, copy.from, copy.to]);
    ways.set(key, [...(ways.get(key) ?? []), copy]);
  }
  const found = new Set<number>();
  for (const sent of ways.values()) {
    // From the last one sent: whoever arrives after one that was sent later was overtaken.
    let earliest = Number.POSITIVE_INFINITY;
    for (let at = sent.length - 1; at >= 0; ) {
      const together = sent.filter(({ sentAt }) => sentAt === sent[at]!.sentAt);
      for (const { id, receivedAt } of together) if (receivedAt! > earliest) found.add(id);
      earliest = Math.min(earliest, ...together.map(({ receivedAt }) => receivedAt!));
      at -= together.length;
    }
  }
  return found;
}

// --- what is shown of it -----------------------------------------------------------------------------

export interface Filter {
  /** Nodes whose lanes, and whose steps unless they concern others too, are hidden. */
  readonly hiddenNodes: ReadonlySet<string>;
  /** Show only what the failed property depends on, the first and the last step. */
  readonly relevantOnly: boolean;
}

/** The positions in the trace that are shown, in order. The first and the last always are. */
export function shownSteps(steps: readonly TraceStep[], diagram: Diagram, filter: Filter): number[] {
  const { hiddenNodes, relevantOnly } = filter;
  return Array.from(steps.keys()).filter((at) => {
    if (at === 0 || at === steps.length - 1) return true;
    if (relevantOnly && !steps[at]!.relevant) return false;
    const { nodes } = diagram.marks[at]!;
    return nodes.size === 0 || [...nodes].some((node) => !hiddenNodes.has(node));
  });
}

/** The row of a position: between two rows where it is hidden. */
export function rowOf(shown: readonly number[], position: number): number {
  let [low, high] = [0, shown.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (shown[middle]! < position) low = middle + 1;
    else high = middle;
  }
  return shown[low] === position ? low : low - 0.5;
}

/** The arrows between lanes that are shown. */
export function arrowsOf(
  steps: readonly TraceStep[],
  diagram: Diagram,
  shown: readonly number[],
  lanes: readonly string[],
  networks: readonly string[],
): Arrow[] {
  const lane = new Map(lanes.map((name, at) => [name, at]));
  const first = steps[0]?.step ?? 0;
  const row = (step: number): number => rowOf(shown, step - first);
  const arrows: Mutable<Arrow>[] = [];
  const stubs = new Map<string, Mutable<Arrow>>();
  const taken = new Map<string, number>();
  for (const copy of diagram.copies) {
    const to = lane.get(copy.to);
    const from = copy.from === null ? null : lane.get(copy.from);
    if (to === undefined || from === undefined) continue;
    const start = row(copy.sentAt);
    const ended = copy.receivedAt ?? copy.lostAt;
    const end = ended === null ? start : row(ended);
    // Of what happens between rows that are shown, nothing can be told there.
    if (!Number.isInteger(start) && !Number.isInteger(end)) continue;
    const way = wayOf(copy, diagram.overtaken);
    const label = labelOf(copy, networks);
    const side = from === null || to > from ? "right" : "left";
    const stub = JSON.stringify([way, copy.sentAt, copy.duplicateOf === null, from, side, label]);
    const together = ended === null ? stubs.get(stub) : undefined;
    if (together !== undefined) {
      together.copies = [...together.copies, copy];
      continue;
    }
    const spot = JSON.stringify(ended === null ? ["stub", start, from, side] : ["end", end, to, side]);
    const place = taken.get(spot) ?? 0;
    taken.set(spot, place + 1);
    const arrow = { copies: [copy], way, label, from, to, start, end, place };
    arrows.push(arrow);
    if (ended === null) stubs.set(stub, arrow);
  }
  return arrows;
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

function wayOf(copy: MessageCopy, overtaken: ReadonlySet<number>): Way {
  const fate = fateOf(copy);
  if (fate !== "received") return fate;
  if (copy.duplicateOf !== null) return "copy";
  return overtaken.has(copy.id) ? "overtaken" : "received";
}

/** Its type, if messages have one, else its fields. */
function labelOf({ network, from, to, message }: MessageCopy, networks: readonly string[]): string {
  const { type } = recordFields(message) ?? {};
  const text = typeof type === "string" ? type : formatMessage(message, from, to);
  const of = networks.length > 1 ? `${network}: ` : "";
  return of + (text.length > 28 ? `${text.slice(0, 27)}…` : text);
}

export const WAY_TEXTS: Readonly<Record<Way, string>> = {
  received: "",
  overtaken: "late",
  copy: "copy",
  lost: "lost",
  discarded: "discarded",
  merged: "already there",
  "in-flight": "in flight",
};

/** The stretches of a lane during which its node is down: from a crash to its restart, in rows. */
export function downRows(
  diagram: Diagram,
  shown: readonly number[],
  node: string,
): { readonly start: number; readonly end: number }[] {
  const found: { start: number; end: number }[] = [];
  let since: number | null = null;
  for (const [at, { look, node: who }] of diagram.marks.entries()) {
    if (who !== node) continue;
    if (look === "crash") since ??= at;
    else if (look === "restart" && since !== null) {
      found.push({ start: rowOf(shown, since), end: rowOf(shown, at) });
      since = null;
    }
  }
  if (since !== null) found.push({ start: rowOf(shown, since), end: shown.length });
  return found;
}
