/**
 * What tells a step from others that have the same text: a message between the same nodes, an outcome of an
 * action that has several. Steps that lead to the same state are one. Used where a trace is made, so that it can
 * be written down and found again step by step.
 */
import { matches } from "./pattern.ts";
import type { Itf, StepChoice } from "./result.ts";
import { argumentsOf } from "./step-text.ts";
import type { Parts, Stepper, Successor } from "./stepper.ts";

/** Successors that differ in the state they lead to; of equal ones the first. */
export function differentStates(stepper: Stepper, successors: readonly Successor[]): Successor[] {
  const byKey = new Map<string, Successor>();
  for (const successor of successors) {
    const key = stepper.keyOf(successor.parts);
    if (!byKey.has(key)) byKey.set(key, successor);
  }
  return [...byKey.values()];
}

/** Initial states that differ, in the order in which the spec gives them. */
export function differentInitialStates(stepper: Stepper): Parts[] {
  return [...new Map(stepper.initialStates().map((parts) => [stepper.keyOf(parts), parts])).values()];
}

export function initialChoice(stepper: Stepper, parts: Parts): StepChoice | null {
  const keys = differentInitialStates(stepper).map((state) => stepper.keyOf(state));
  return keys.length <= 1 ? null : { of: keys.length, arguments: null, place: placeIn(keys, stepper, parts) };
}

/** `made` need not be the Stepper's own successor: its text, arguments and states count. */
export function stepChoice(
  stepper: Stepper,
  made: Pick<Successor, "from" | "instance" | "argument" | "text" | "parts">,
): StepChoice | null {
  const all = stepper.expand(made.from).successors.filter(({ text }) => text === made.text);
  const of = differentStates(stepper, all).length;
  if (of === 1) return null;
  const key = stepper.keyOf(made.parts);
  const pattern = tellingPart(
    argumentsOf(made.instance, made.argument),
    all
      .filter(({ parts }) => stepper.keyOf(parts) !== key)
      .map(({ instance, argument }) => argumentsOf(instance, argument)),
  );
  const left = differentStates(
    stepper,
    all.filter(
      ({ instance, argument }) => pattern === null || matches(pattern, argumentsOf(instance, argument)),
    ),
  ).map(({ parts }) => stepper.keyOf(parts));
  return { of, arguments: pattern, place: left.length === 1 ? null : placeIn(left, stepper, made.parts) };
}

function placeIn(keys: readonly string[], stepper: Stepper, parts: Parts): number {
  const at = keys.indexOf(stepper.keyOf(parts));
  if (at < 0) throw new Error("a step of the trace is not found again among the steps that are possible");
  return at + 1;
}

type Arguments = Readonly<Record<string, Itf>>;

/** One field if that is enough, else all that the text does not say; null if the arguments are equal. */
function tellingPart(given: Arguments, all: readonly Arguments[]): Arguments | null {
  const others = all.filter((one) => !matches(given, one));
  if (others.length === 0) return null;
  const { message } = given;
  const candidates: Arguments[] = isFields(message)
    ? [
        ...Object.entries(message).map(([field, value]) => ({ message: { [field]: value } })),
        { message: Object.fromEntries(Object.entries(message).filter(([field]) => !ENDS.includes(field))) },
      ]
    : Object.entries(given).map(([name, value]) => ({ [name]: value }));
  return candidates.find((pattern) => !others.some((one) => matches(pattern, one))) ?? given;
}

/** The text of a delivery says them. */
const ENDS: readonly string[] = ["from", "to"];

function isFields(value: Itf | undefined): value is Readonly<Record<string, Itf>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
