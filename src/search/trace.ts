/**
 * From a finding to the trace that is printed.
 *
 * A marking pass has given every state that lies on a shortest path its cost: the fewest faults on the way
 * from there to the violation. The trace starts at a real initial state and takes at each step, among the
 * successors whose representative has the right cost, the first in an order that depends on content alone.
 * It is therefore a run of the spec as written, with one name per node throughout, and the same in every
 * run. Each step is found again through the spec's functions before it is printed.
 */
import type { Canonicalizer } from "../model/canonicalizer.ts";
import type { Checks } from "../model/checks.ts";
import { compareBytes } from "../model/codec.ts";
import { boundValue, type Instance } from "../model/instances.ts";
import { toItf, toItfName } from "../model/itf.ts";
import { fieldOf, isFielded, SHAPE } from "../model/observe.ts";
import type { PartStore } from "../model/part-store.ts";
import type { CompiledOutcome, Transitions } from "../model/transitions.ts";
import { AssertionFailure, RuleError } from "../spec/errors.ts";
import type { Model } from "../spec/model.ts";
import { CONTROL, type SharedMemory } from "../store/memory.ts";
import { initialChoice, stepChoice } from "./choice.ts";
import type { Explorer } from "./explorer.ts";
import type { Finding, Findings } from "./findings.ts";
import type { ReadValue, StepChoice, TraceMessage, TraceStep, Violation } from "./result.ts";
import {
  actionText,
  argumentsOf,
  callText,
  messagesMoved,
  messageToItf,
  movedBy,
  NO_MESSAGES,
  type StepMessages,
  stateToItf,
  transported,
} from "./step-text.ts";
import { Stepper } from "./stepper.ts";

/** Where a trace's states come from and who judges them. */
export interface TraceContext {
  readonly model: Model;
  readonly memory: SharedMemory;
  readonly parts: PartStore;
  readonly transitions: Transitions;
  readonly checks: Checks;
  readonly findings: Findings;
  readonly explorer: Explorer;
  readonly canonicalizer: Canonicalizer;
  readonly initialStates: readonly Int32Array[];
}

interface Step {
  readonly instance: Instance;
  readonly outcome: CompiledOutcome;
  readonly to: Int32Array;
}

/** The violation of a finding, with its shortest trace. Serial; after the marking pass. */
export function violationOf(finding: Finding, context: TraceContext): Violation {
  const start = firstState(finding, context);
  const steps: Step[] = [];
  let ids = start;
  while (steps.length < finding.length) {
    const step = nextStep(finding, context, ids, steps.length);
    steps.push(step);
    ids = step.to;
  }
  replay(context, start, steps);
  return describe(finding, context, start, steps);
}

function firstState(finding: Finding, context: TraceContext): Int32Array {
  let candidates = [...context.initialStates];
  if (finding.levelDepth < 0)
    candidates = candidates.filter((ids) => context.findings.violates(finding, -1, ids, ids));
  else {
    const costs = candidates.map((ids) => costOf(context, ids));
    const least = Math.min(...costs.filter((cost) => cost > 0));
    candidates = candidates.filter((_, n) => costs[n] === least);
  }
  candidates.sort((a, b) => compareByContent(context, a, b));
  if (candidates.length === 0) throw lost(context, `no initial state leads to ${finding.name}`);
  return candidates[0]!;
}

/**
 * A trace that cannot be followed. Under symmetry that is what a spec does which is not symmetric, before the audit
 * has met it; otherwise it is a bug of the engine.
 */
function lost({ parts }: TraceContext, what: string): Error {
  const { sets } = parts.names;
  if (sets.length === 0) return new Error(what);
  const names = sets.map((set) => set.name).join(", ");
  return new RuleError(
    `the spec is not symmetric in ${names}: ${what} under another naming. Do not choose by order or position; or use --no-symmetry, or declare the ids with orderedIds()`,
  );
}

/** The mark of a state: its cost + 1, or 0 when no shortest path leads through it. */
function costOf(context: TraceContext, ids: Int32Array): number {
  const state = context.explorer.find(context.canonicalizer.representative(ids, context.memory.arena));
  return state < 0 ? 0 : context.memory.marks[state]!;
}

function nextStep(finding: Finding, context: TraceContext, ids: Int32Array, depth: number): Step {
  const { levels } = context.memory;
  const last = depth === finding.levelDepth;
  let best: Step | null = null;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const step of context.transitions.successors(ids)) {
    const fault = step.outcome.fault ? 1 : 0;
    let cost: number;
    if (last) {
      if (!context.findings.violates(finding, step.instance.action.ordinal, ids, step.to)) continue;
      cost = fault;
    } else {
      const state = context.explorer.find(
        context.canonicalizer.representative(step.to, context.memory.arena),
      );
      if (state < levels[2 * (depth + 1)]! || context.memory.marks[state] === 0) continue;
      cost = context.memory.marks[state]! - 1 + fault;
    }
    if (cost > bestCost || (cost === bestCost && best !== null && compareSteps(context, step, best) >= 0))
      continue;
    best = step;
    bestCost = cost;
  }
  if (best === null)
    throw lost(context, `the trace to ${finding.name} ends after ${depth} of ${finding.length} steps`);
  return best;
}

function compareSteps(context: TraceContext, a: Step, b: Step): number {
  const action = a.instance.action.ordinal - b.instance.action.ordinal;
  if (action !== 0) return action;
  const binding = a.instance.ordinal - b.instance.ordinal;
  if (binding !== 0) return binding;
  const given = compareBytes(encodeArgument(context, a), encodeArgument(context, b));
  return given !== 0 ? given : compareByContent(context, a.to, b.to);
}

function encodeArgument({ parts }: TraceContext, { instance, outcome }: Step): Uint8Array {
  if (instance.action.receive !== null) return parts.codec.encode(outcome.argument);
  // The other parameters are those of the instance.
  const bound = outcome.argument as Record<string, unknown>;
  const values = instance.action.computed.map(({ name }) => boundValue(bound[name]));
  return Uint8Array.from(values.flatMap((value) => [...parts.codec.encode(value)]));
}

/** Orders states by the encodings of their parts. */
function compareByContent({ parts }: TraceContext, a: Int32Array, b: Int32Array): number {
  for (let at = 0; at < a.length; at++) {
    if (a[at] === b[at]) continue;
    const kind = parts.kindAt[at]!;
    return compareBytes(parts.bytesOf(kind, a[at]!), parts.bytesOf(kind, b[at]!));
  }
  return 0;
}

/** Runs the spec's functions along the trace: each step must be an outcome of its action. */
function replay(context: TraceContext, start: Int32Array, steps: readonly Step[]): void {
  let ids = start;
  for (const { instance, outcome, to } of steps) {
    const message =
      instance.action.receive === null
        ? -1
        : context.parts.internCompanion(instance.action.receive.network.ordinal, outcome.argument);
    const run = context.transitions.observe(instance, message, ids, false);
    const again = run.outcomes.some((other) => {
      const made = context.transitions.applyTo(other.steps, ids);
      return made?.every((part, at) => part === to[at]);
    });
    if (!again) throw new Error(`replaying ${instance.action.name} did not give the step of the trace`);
    ids = to;
  }
}

// --- telling it ------------------------------------------------------------------------------------

function describe(
  finding: Finding,
  context: TraceContext,
  start: Int32Array,
  steps: readonly Step[],
): Violation {
  const states = [start, ...steps.map((step) => step.to)];
  const { reads, instance, message } = why(finding, context, states, steps);
  const relevant = new Set(reads.map((read) => read.writtenAt));
  const choices = choicesAlong(context, states, steps);
  const trace: TraceStep[] = states.map((ids, step) => {
    const made = step === 0 ? null : steps[step - 1]!;
    return {
      step,
      action: made === null ? null : actionText(made.instance, made.outcome.argument),
      actionName: made?.instance.action.name ?? null,
      location: made?.instance.action.location ?? null,
      arguments: made === null ? {} : argumentsOf(made.instance, made.outcome.argument),
      fault: made?.outcome.fault ?? false,
      state: stateToItf(context.model, (location) =>
        context.parts.value(context.parts.kindAt[location]!, ids[location]!),
      ),
      ...(made === null ? NO_MESSAGES : messages(context, states[step - 1]!, made)),
      enabled: enabledIn(context, ids),
      relevant: step > 0 && relevant.has(step),
      choice: choices[step]!,
    };
  });
  const location =
    finding.check?.property?.location ?? context.model.actions[finding.action]?.location ?? null;
  const failed = message.error instanceof AssertionFailure;
  return {
    kind: finding.kind === "action-error" && failed ? "assertion" : finding.kind,
    property: finding.name,
    instance,
    message: message.text,
    trace,
    reads,
    location,
  };
}

/** What tells each step from others of the same text; the spec's own functions say what else was possible. */
function choicesAlong(
  { model, parts }: TraceContext,
  states: readonly Int32Array[],
  steps: readonly Step[],
): (StepChoice | null)[] {
  const stepper = new Stepper(model);
  const values = states.map((ids) =>
    Array.from(ids, (id, location) => parts.value(parts.kindAt[location]!, id)),
  );
  return values.map((value, at) => {
    if (at === 0) return initialChoice(stepper, value);
    const { instance, outcome } = steps[at - 1]!;
    const { argument } = outcome;
    const text = actionText(instance, argument);
    return stepChoice(stepper, { from: values[at - 1]!, instance, argument, text, parts: value });
  });
}

interface Why {
  readonly reads: readonly ReadValue[];
  readonly instance: string;
  readonly message: { readonly text: string; readonly error: Error | null };
}

function why(
  finding: Finding,
  context: TraceContext,
  states: readonly Int32Array[],
  steps: readonly Step[],
): Why {
  const lastStep = states.length - 1;
  const after = states[lastStep]!;
  if (finding.check === null) {
    if (finding.kind !== "action-error")
      return { reads: [], instance: "", message: { text: "", error: null } };
    for (const instance of context.transitions.instances) {
      if (instance.action.ordinal !== finding.action) continue;
      for (const run of context.transitions.runsOf(instance, after)) {
        if (run.error === null) continue;
        const reads = run.reads
          .filter((at) => at < context.model.locationCount)
          .map((location) => readValue(context, states, lastStep, "before", location, null));
        const called = callText(instance, run.argument);
        return { reads, instance: called, message: { text: run.error.message, error: run.error } };
      }
    }
    throw new Error(`${finding.name} does not throw in the last state of its trace`);
  }
  const { check } = finding;
  const stepped = check.kind === "step" && lastStep > 0;
  const before = stepped ? states[lastStep - 1]! : after;
  const skipped = stepped && check.except.has(steps[lastStep - 1]!.instance.action.ordinal);
  for (const { bound } of skipped ? [] : check.instances) {
    const { answer, reads } = context.checks.observe(check, bound, before, after);
    if (answer === true || answer instanceof Error !== (finding.kind === "property-error")) continue;
    const values = reads
      .filter((read) => read.field !== SHAPE)
      .map((read) =>
        stepped && read.side === 0
          ? readValue(context, states, lastStep - 1, "before", read.location, read.field)
          : readValue(context, states, lastStep, "after", read.location, read.field),
      );
    const error = answer instanceof Error ? answer : null;
    const names = Object.values(bound).map(toItfName);
    return {
      reads: values,
      instance: names.length === 0 ? "" : `(${names.join(", ")})`,
      message: { text: error?.message ?? "", error },
    };
  }
  throw lost(context, `${finding.name} holds in the last state of its trace`);
}

/** A value that was read, and the last step at or before `at` that changed it. */
function readValue(
  context: TraceContext,
  states: readonly Int32Array[],
  at: number,
  side: "before" | "after",
  location: number,
  field: string | null,
): ReadValue {
  const { parts } = context;
  const kind = parts.kindAt[location]!;
  const valueAt = (step: number): unknown => {
    const part = parts.value(kind, states[step]![location]!);
    return field !== null && isFielded(part) ? fieldOf(part, field) : part;
  };
  const encoded = parts.codec.encode(valueAt(at));
  let writtenAt = at;
  while (writtenAt > 0 && compareBytes(parts.codec.encode(valueAt(writtenAt - 1)), encoded) === 0)
    writtenAt--;
  const declared = context.model.kinds[kind]!;
  return {
    what: declared.describe(location) + (field === null ? "" : `.${field}`),
    side,
    value: toItf(valueAt(at)),
    writtenAt,
  };
}

/** The actions that are possible in a state, with their arguments; each once, in a fixed order. */
function enabledIn({ transitions }: TraceContext, ids: Int32Array): string[] {
  const texts = transitions
    .successors(ids)
    .map(({ instance, outcome }) => ({ instance, text: actionText(instance, outcome.argument) }))
    .sort((a, b) => a.instance.ordinal - b.instance.ordinal || (a.text < b.text ? -1 : 1));
  return [...new Set(texts.map(({ text }) => text))];
}

/** The messages of a step: sent, received by the action, or taken out of a network unread. */
function messages(context: TraceContext, before: Int32Array, { instance, outcome }: Step): StepMessages {
  const { parts, model } = context;
  const { receive, transport } = instance.action;
  const moved = transported(instance, outcome.argument, (location) =>
    parts.value(parts.kindAt[location]!, before[location]!),
  );
  if (moved !== null) return movedBy(transport!, moved);
  const sent: TraceMessage[] = [];
  const taken: TraceMessage[] = [];
  for (let n = 0; n < outcome.steps.length; n += 2) {
    const operationId = outcome.steps[n + 1]!;
    if (operationId < 0) continue;
    const { code, kind, operand } = parts.describeOperation(operationId);
    if (code === "remove") taken.push(messageToItf(model.kinds[kind]!, operand));
    else if (code === "send" || code === "sendOnce") sent.push(messageToItf(model.kinds[kind]!, operand));
  }
  const received = receive === null ? null : messageToItf(receive.network, outcome.argument);
  return messagesMoved(sent, received, taken);
}

export function depthOf(memory: SharedMemory): number {
  return memory.control[CONTROL.depth]!;
}
