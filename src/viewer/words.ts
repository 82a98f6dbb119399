/** What the viewer says of a step, in words: in a row, to a screen reader, in titles. */
import { changesOf, isSetChange, untoldChanges } from "../report/diff.ts";
import { format, formatMessage, MESSAGE_WORDS, recordFields } from "../report/itf.ts";
import type { TraceMessage, TraceStep } from "../search/result.ts";
import type { Look } from "./diagram.ts";
import type { Subject } from "./source.ts";

/** What a step changed besides networks and budgets, as briefly as can be: `currentTerm 0 → 1, role → leader`. */
export function summaryOf(
  step: TraceStep,
  before: TraceStep | null,
  { networks, budgets }: Pick<Subject, "networks" | "budgets">,
): string {
  if (before === null) return "";
  const told = [...networks, ...budgets];
  const changes = changesOf(before.state, step.state, networks).filter(
    ({ path }) => !told.includes(/^[^.[]*/.exec(path)![0]),
  );
  if (changes.length === 0) return changesOf(before.state, step.state).length === 0 ? "changes nothing" : "";
  return changes
    .map((change) => {
      const name = change.path.replace(/^\w+\[[^\]]*\]\./, "");
      if (isSetChange(change))
        return [
          name,
          ...change.added.map((member) => `+${format(member)}`),
          ...change.removed.map((member) => `−${format(member)}`),
        ].join(" ");
      return `${name} ${change.after === undefined ? "gone" : `→ ${format(change.after)}`}`;
    })
    .join(", ");
}

export function messageText(message: TraceMessage, networks: readonly string[]): string {
  const { network, from, to } = message;
  const where = networks.length > 1 ? `${network} ` : "";
  return `${where}${from === null ? "" : format(from)}→${format(to)} ${formatMessage(message.message, from, to)}`;
}

/** A step in one sentence or two. */
export function announcementOf(
  step: TraceStep,
  before: TraceStep | null,
  stepCount: number,
  networks: readonly string[],
): string {
  if (before === null) return `Step ${step.step} of ${stepCount - 1}: initial state.`;
  const told = (messages: readonly TraceMessage[]): string =>
    messages
      .map(({ from, to, message }) => {
        const { type } = recordFields(message) ?? {};
        const text = typeof type === "string" ? type : formatMessage(message, from, to);
        return `${text} ${from === null ? "" : `from ${from} `}to ${to}`;
      })
      .join(", ");
  const changes = untoldChanges(before.state, step.state, networks, step).length;
  return [
    `Step ${step.step} of ${stepCount - 1}: ${step.action ?? ""}.`,
    ...(step.fault ? ["A fault."] : []),
    ...(step.relevant ? ["The failed property depends on it."] : []),
    ...MESSAGE_WORDS.filter((word) => step[word].length > 0).map(
      (word) => `${word[0]!.toUpperCase()}${word.slice(1)} ${told(step[word])}.`,
    ),
    changes === 0 ? "No value changed." : `${changes} ${changes === 1 ? "value" : "values"} changed.`,
  ].join(" ");
}

export function marksText(step: TraceStep, at: number, look: Look): string {
  return [
    ...(step.relevant && at > 0 ? ["the failed property depends on this step"] : []),
    ...(step.fault ? [look === "fault" ? "a fault" : `a fault: ${look}`] : []),
  ].join("; ");
}
