/**
 * What fails in a state, or by a step, and what it looked at: the properties of a model evaluated by the spec's own
 * functions along a trace of whole states. Says the same as a search does when it explains a counterexample, from
 * values alone.
 */
import { asAnswer } from "../model/answer.ts";
import { compareBytes } from "../model/codec.ts";
import { computedBindings, deliverable, type Instance, productOf, runOnce } from "../model/instances.ts";
import { toItf, toItfName } from "../model/itf.ts";
import { fieldOf, isFielded, ObservedSource, type Read, Recorder, SHAPE } from "../model/observe.ts";
import type { Binding, SourceLocation } from "../spec/definitions.ts";
import { AssertionFailure, messageOf, RuleError, takeBrokenRule } from "../spec/errors.ts";
import { State } from "../spec/state.ts";
import type { ReadValue, ViolationKind } from "./result.ts";
import { callText } from "./step-text.ts";
import type { Parts, Stepper } from "./stepper.ts";

/** Something that fails at a step of a trace. */
export interface Finding {
  readonly step: number;
  readonly kind: Exclude<ViolationKind, "scenario">;
  /** The property; the action for what an action throws; "deadlock". */
  readonly name: string;
  /** `(n1, n2)`, or empty. */
  readonly instance: string;
  /** What was thrown; else empty. */
  readonly message: string;
  readonly reads: readonly ReadValue[];
  readonly location: SourceLocation | null;
}

/** A trace so far: its states, and the names of the actions between them. */
export interface Path {
  readonly states: readonly Parts[];
  readonly actions: readonly string[];
}

/** Something that is asked of a state or of a step, and what its answers mean. */
interface Question {
  readonly name: string;
  readonly kind: "invariant" | "step" | "other";
  readonly bindings: readonly Binding[];
  readonly ask: (before: State, after: State, bound: Record<string, unknown>) => unknown;
  readonly location: SourceLocation | null;
}

/** All that is asked along a trace. Of reachability, premises and constraints only whether they throw. */
function questionsOf(stepper: Stepper, { states, actions }: Path): Question[] {
  const { model } = stepper;
  const last = actions.at(-1);
  const [before, after] = [states.at(-2), states.at(-1)!];
  // A step that changes nothing is none.
  const moved = before !== undefined && stepper.keyOf(before) !== stepper.keyOf(after);
  const asked = model.properties.flatMap((property): Question[] => {
    const { name, kind, bindings, location, premise } = property;
    const questions: Question[] = [];
    if (kind === "invariant" || (kind === "reachable" && property.expected))
      questions.push({
        name,
        kind: kind === "invariant" ? "invariant" : "other",
        bindings,
        ask: (_, after, bound) => property.test(after, bound),
        location,
      });
    if (kind === "step" && moved && last !== undefined && !property.except.includes(last))
      questions.push({ name, kind, bindings, ask: property.step, location });
    if (premise !== null)
      questions.push({
        name,
        kind: "other",
        bindings,
        ask: (_, after, bound) => premise(after, bound),
        location,
      });
    return questions;
  });
  const constraints = model.constraints.map(
    ({ name, test, location }): Question => ({
      name,
      kind: "other",
      bindings: [],
      ask: (_, after) => test(after),
      location,
    }),
  );
  return [...asked, ...constraints];
}

/** Invariants and step properties that fail, and what throws, at the end of a path; each once, for its first values. */
export function failedProperties(stepper: Stepper, path: Path): Finding[] {
  const found: Finding[] = [];
  for (const question of questionsOf(stepper, path)) {
    const { name, kind, location } = question;
    const asked = productOf(question.bindings).map((bound) => ({
      bound,
      ...evaluate(question, bound, path),
    }));
    const wrong = [
      ...(kind === "other" ? [] : asked.filter(({ answer }) => answer === false).slice(0, 1)),
      // What is asked only whether it is so anywhere needs no answer for the others.
      ...(kind === "other" && asked.some(({ answer }) => answer === true)
        ? []
        : asked.filter(({ answer }) => answer instanceof Error).slice(0, 1)),
    ];
    for (const { bound, answer, reads } of wrong)
      found.push({
        step: path.states.length - 1,
        kind: kind === "other" || answer instanceof Error ? "property-error" : kind,
        name,
        instance: namesText(Object.values(bound)),
        message: answer instanceof Error ? answer.message : "",
        reads: readValues(stepper, path, reads, kind === "step"),
        location,
      });
  }
  return found;
}

/** Names of the reachability properties that are true at the end of a path. */
export function reachedAt(stepper: Stepper, path: Path): string[] {
  return stepper.model.properties
    .filter(({ kind, bindings, test, name, location }) => {
      if (kind !== "reachable") return false;
      const question: Question = {
        name,
        kind: "other",
        bindings,
        ask: (_, after, bound) => test(after, bound),
        location,
      };
      return productOf(bindings).some((bound) => evaluate(question, bound, path).answer === true);
    })
    .map(({ name }) => name);
}

/** Actions that throw at the end of a path; each once. */
export function failedActions(stepper: Stepper, path: Path): Finding[] {
  const found: Finding[] = [];
  for (const { action } of stepper.instances) {
    if (found.some(({ name }) => name === action.name)) continue;
    const failed = firstFailure(stepper, path, action.name);
    if (failed !== null) found.push(failed);
  }
  return found;
}

function firstFailure(stepper: Stepper, path: Path, name: string): Finding | null {
  const step = path.states.length - 1;
  const parts = path.states[step]!;
  for (const instance of stepper.instances) {
    if (instance.action.name !== name) continue;
    const messages =
      instance.action.receive === null ? null : deliverable(instance.action, parts[instance.location]);
    for (const message of messages ?? [null]) {
      const recorder = new Recorder();
      const thrown = errorOf(instance, message, new ObservedSource((at) => parts[at], recorder, false));
      if (thrown === null) continue;
      return {
        step,
        kind: thrown.error instanceof AssertionFailure ? "assertion" : "action-error",
        name,
        instance: callText(instance, thrown.argument),
        message: messageOf(thrown.error),
        reads: readValues(stepper, path, recorder.reads, false).map((read) => ({ ...read, side: "before" })),
        location: instance.action.location,
      };
    }
  }
  return null;
}

/** What an instance throws, with the argument that it was run with; null if nothing. */
function errorOf(
  instance: Instance,
  message: unknown,
  source: ObservedSource,
): { argument: unknown; error: unknown } | null {
  let argument: unknown = message ?? instance.bound;
  try {
    const given =
      message === null
        ? computedBindings(instance, source).map((row) => ({ ...instance.bound, ...row }))
        : [message];
    for (argument of given) runOnce(instance, argument, source);
  } catch (error) {
    if (error instanceof RuleError) throw error;
    return { argument, error };
  }
  return null;
}

function evaluate(
  question: Question,
  bound: Record<string, unknown>,
  { states }: Path,
): { answer: boolean | Error; reads: readonly Read[] } {
  const after = states.at(-1)!;
  const before = question.kind === "step" ? states.at(-2)! : after;
  const recorder = new Recorder();
  const [old, now] = ([before, after] as const).map(
    (parts, side) => new ObservedSource((at) => parts[at], recorder, true, side === 0 ? 0 : 1),
  ) as [ObservedSource, ObservedSource];
  takeBrokenRule();
  let answer: boolean | Error;
  try {
    answer = asAnswer(question.ask(new State(old), new State(now), bound));
  } catch (error) {
    answer = error instanceof Error ? error : new Error(String(error));
  }
  for (const source of [old, now]) source.close();
  const broken = takeBrokenRule();
  if (broken !== null) throw new RuleError(`${question.name}: ${broken.message}`);
  return { answer, reads: recorder.reads };
}

function readValues(
  stepper: Stepper,
  { states }: Path,
  reads: readonly Read[],
  stepped: boolean,
): ReadValue[] {
  const last = states.length - 1;
  return reads
    .filter(({ field, location }) => field !== SHAPE && location < stepper.model.locationCount)
    .map(({ side, location, field }) => {
      const isBefore = stepped && side === 0;
      const at = isBefore ? last - 1 : last;
      const value = valueAt(states[at]!, location, field);
      let writtenAt = at;
      while (writtenAt > 0 && isEqual(stepper, valueAt(states[writtenAt - 1]!, location, field), value))
        writtenAt--;
      const kind = stepper.model.kinds.find(
        ({ firstLocation, locationCount }) =>
          location >= firstLocation && location < firstLocation + locationCount,
      )!;
      return {
        what: kind.describe(location) + (field === null ? "" : `.${field}`),
        side: isBefore ? "before" : "after",
        value: toItf(value),
        writtenAt,
      };
    });
}

function valueAt(parts: Parts, location: number, field: string | null): unknown {
  const part = parts[location];
  return field !== null && isFielded(part) ? fieldOf(part, field) : part;
}

function isEqual({ codec }: Stepper, a: unknown, b: unknown): boolean {
  return compareBytes(codec.encode(a), codec.encode(b)) === 0;
}

function namesText(values: readonly unknown[]): string {
  return values.length === 0 ? "" : `(${values.map(toItfName).join(", ")})`;
}
