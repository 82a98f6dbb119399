/** A trace told in short texts, for tables, diagrams and code flows: what each step changed, and why it ended badly. */
import type { ReadValue, TraceMessage, TraceStep, Violation } from "../search/result.ts";
import { untoldChanges } from "./diff.ts";
import { format, formatMessage } from "./itf.ts";
import type { RunInfo } from "./run-info.ts";
import { changeText } from "./text/trace-text.ts";

/** Control characters and halves of surrogate pairs, which most formats cannot hold, by their number: `\u0001`. */
export function printable(text: string): string {
  return text.replaceAll(
    /(?![\t\n\r])[\p{Cc}\u{d800}-\u{dfff}\u{fffe}\u{ffff}]/gu,
    (char) => `\\u${char.codePointAt(0)!.toString(16).padStart(4, "0")}`,
  );
}

export interface ToldChange {
  /** `server[n1].role` */
  readonly path: string;
  /** `follower -> leader`; of sets `+ n1  - n2`. */
  readonly text: string;
}

/** What a step changed besides the messages that it sent and received. */
export function toldChanges(step: TraceStep, before: TraceStep | undefined, run: RunInfo): ToldChange[] {
  if (before === undefined) return [];
  return untoldChanges(before.state, step.state, run.networks, step).map((change) => ({
    path: change.path,
    text: changeText(change),
  }));
}

/** `n1->n2 RequestVote {term: 1}`, with the network's name where there are several. */
export function toldMessage({ network, from, to, message }: TraceMessage, run: RunInfo): string {
  const where = run.networks.length > 1 ? `${network} ` : "";
  return `${where}${from === null ? "" : format(from)}->${format(to)} ${formatMessage(message, from, to)}`;
}

/** `Timeout(n1)`; the start of a trace has no action. */
export function toldAction(step: TraceStep): string {
  return step.action ?? "initial state";
}

/** A value that the failed property read: `server[n1].role`, `leader`, and when it came to be. */
export interface ToldRead {
  readonly what: string;
  readonly value: string;
  readonly writtenAt: number;
}

export function toldReads({ reads }: Violation): ToldRead[] {
  return [...new Set(reads.map(({ what }) => what))].map((what) => {
    const side = (wanted: ReadValue["side"]): ReadValue | undefined =>
      reads.find((read) => read.what === what && read.side === wanted);
    const [before, after] = [side("before"), side("after")];
    const values = [before, after].filter((read) => read !== undefined).map(({ value }) => format(value));
    return {
      what,
      value: [...new Set(values)].join(" -> "),
      writtenAt: (after ?? before)?.writtenAt ?? 0,
    };
  });
}
