/**
 * A scenario: a path through a model that is given step by step, and what is claimed of its end. Finds each step
 * among those that are possible, notes what fails on the way, and judges the claim. Knows no files; a step that
 * cannot be taken is a ScenarioError, whose data says what could be.
 */
import { EvaluationError, messageOf, SpecError } from "../spec/errors.ts";
import { differentInitialStates, differentStates, initialChoice, stepChoice } from "./choice.ts";
import { type Finding, failedActions, failedProperties, type Path, reachedAt } from "./evaluate.ts";
import { matches } from "./pattern.ts";
import type { Itf, ItfState, StepChoice, TraceStep } from "./result.ts";
import { argumentsOf } from "./step-text.ts";
import type { Parts, Stepper, Successor } from "./stepper.ts";

export interface ScenarioStep {
  /** As traces have it: `Timeout(n1)`, `HandleVote(n1->n2)`. */
  readonly action: string;
  /** Whether `action` is the name alone: some traces have no more, and know where the step leads. */
  readonly nameOnly?: boolean;
  /** A part of the arguments (of a delivery: `message`), where the text fits several steps. */
  readonly arguments?: Readonly<Record<string, Itf>>;
  /** The place, from 1, among the different next states that are left. */
  readonly choice?: number;
  /** Recorded traces know where the step leads. `networks`: the variables that are. */
  readonly leadsTo?: (before: ItfState, after: ItfState, networks: readonly string[]) => boolean;
}

/** What a scenario claims of its end. */
export interface Claim {
  readonly outcome: (typeof CLAIMS)[number];
  /** The property or action; null for any, and where there is nothing to name. */
  readonly name: string | null;
  /** As it was written. */
  readonly text: string;
}

/**
 * - `holds`: nothing fails on the way nor at the end.
 * - `reached:NAME`: the same, and the reachability property NAME is true at the end.
 * - `violated:NAME`: the invariant or step property NAME fails, or an assertion in the action NAME, at the end and
 *   not before.
 * - `throws:NAME`: the action or property NAME throws something else at the end and not before.
 * - `deadlock`: nothing is possible at the end, and neither a bound nor the spec's `final` explains it.
 */
export const CLAIMS = ["holds", "violated", "reached", "deadlock", "throws"] as const;

export interface Scenario {
  /** Which initial state: its place, from 1, a part of it, or what is true of it; null if there is but one. */
  readonly initial: number | ItfState | ((state: ItfState) => boolean) | null;
  readonly steps: readonly ScenarioStep[];
}

export interface ScenarioRun {
  readonly trace: readonly TraceStep[];
  /** What fails, in the order of the steps. */
  readonly findings: readonly Finding[];
  /** Reachability properties that are true at the end. */
  readonly reached: readonly string[];
  /** Steps whose state a constraint of the spec excludes: a check does not go on from there. */
  readonly outside: readonly { readonly step: number; readonly constraint: string }[];
}

/** One of several that a step could be. */
export interface Alternative {
  readonly state: ItfState;
  readonly choice: StepChoice;
}

export type Reason =
  /** Nothing with this text is possible; `thrown` if it is and throws. */
  | { readonly kind: "not-enabled"; readonly enabled: readonly string[]; readonly thrown: string | null }
  /** It is possible, but not with these arguments, or not with this result; `offered`: what there is instead. */
  | { readonly kind: "no-match"; readonly offered: readonly Itf[]; readonly of: "arguments" | "result" }
  | { readonly kind: "no-choice"; readonly count: number }
  | {
      readonly kind: "ambiguous";
      readonly before: ItfState | null;
      readonly alternatives: readonly Alternative[];
    };

/** A step that cannot be taken, or several that could be meant. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
  /** 0 for the initial state. */
  readonly step: number;
  readonly reason: Reason;

  constructor(step: number, reason: Reason) {
    super(`step ${step}: ${reason.kind}`);
    this.step = step;
    this.reason = reason;
  }
}

/** Takes the steps. Throws a ScenarioError at the first that cannot be taken. */
export function runScenario(stepper: Stepper, scenario: Scenario): ScenarioRun {
  let parts = initialState(stepper, scenario.initial);
  const states: Parts[] = [parts];
  const actions: string[] = [];
  const findings: Finding[] = [];
  const outside: { step: number; constraint: string }[] = [];
  const look = (): void => {
    findings.push(...findingsAt(stepper, { states, actions }));
    for (const constraint of stepper.constraintsBroken(parts))
      outside.push({ step: states.length - 1, constraint });
  };
  look();
  const trace: TraceStep[] = [stepper.traceStep(0, null, parts)];
  for (const [at, wanted] of scenario.steps.entries()) {
    const made = successorFor(stepper, parts, wanted, at + 1);
    parts = made.parts;
    states.push(parts);
    actions.push(made.instance.action.name);
    look();
    trace.push(stepper.traceStep(at + 1, made, parts));
  }
  return {
    trace: withRelevance(trace, findings.find(({ step }) => step === trace.length - 1) ?? null),
    findings,
    reached: reachedAt(stepper, { states, actions }),
    outside,
  };
}

/** What fails at the end of a path. */
export function findingsAt(stepper: Stepper, path: Path): Finding[] {
  const parts = path.states.at(-1)!;
  const findings = failedProperties(stepper, path);
  // A search does not look for what is possible outside the constraints.
  if (stepper.constraintsBroken(parts).length > 0) return findings;
  const { successors, errors, cut } = evaluated("a history", () => stepper.expand(parts));
  if (errors.length > 0) findings.push(...failedActions(stepper, path));
  else if (successors.length === 0 && !cut && !evaluated("a final state", () => stepper.isFinal(parts)))
    findings.push(deadlock(path.states.length - 1));
  return findings;
}

/** What throws where no step can be blamed. */
function evaluated<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof SpecError) throw error;
    throw new EvaluationError("property", `${what} threw: ${messageOf(error)}`);
  }
}

function deadlock(step: number): Finding {
  return { step, kind: "deadlock", name: "deadlock", instance: "", message: "", reads: [], location: null };
}

/** Marks the steps that wrote what a failure at the end read. */
export function withRelevance(trace: readonly TraceStep[], finding: Finding | null): TraceStep[] {
  const relevant = new Set(finding?.reads.map(({ writtenAt }) => writtenAt));
  return trace.map((step) => ({ ...step, relevant: step.step > 0 && relevant.has(step.step) }));
}

function initialState(stepper: Stepper, wanted: Scenario["initial"]): Parts {
  const all = evaluated("an initial state", () => differentInitialStates(stepper));
  if (typeof wanted === "number") {
    const chosen = all[wanted - 1];
    if (chosen === undefined) throw new ScenarioError(0, { kind: "no-choice", count: all.length });
    return chosen;
  }
  const fits = (state: ItfState): boolean =>
    wanted === null || (typeof wanted === "function" ? wanted(state) : matches(wanted, state));
  const left = all.filter((parts) => fits(stepper.stateOf(parts)));
  if (left.length === 1) return left[0]!;
  if (left.length === 0)
    throw new ScenarioError(0, {
      kind: "no-match",
      of: "arguments",
      offered: all.map((parts) => stepper.stateOf(parts)),
    });
  throw new ScenarioError(0, {
    kind: "ambiguous",
    before: null,
    alternatives: left.map((parts) => ({
      state: stepper.stateOf(parts),
      choice: initialChoice(stepper, parts)!,
    })),
  });
}

function successorFor(stepper: Stepper, parts: Parts, wanted: ScenarioStep, step: number): Successor {
  const { successors, errors } = evaluated("a history", () => stepper.expand(parts));
  const named = successors.filter(
    ({ text, instance }) => (wanted.nameOnly === true ? instance.action.name : text) === wanted.action,
  );
  if (named.length === 0)
    throw new ScenarioError(step, {
      kind: "not-enabled",
      enabled: [...new Set(successors.map(({ text }) => text))],
      thrown: errors.find(({ text }) => text === wanted.action)?.message ?? null,
    });
  const { arguments: pattern, leadsTo } = wanted;
  const given = ({ instance, argument }: Successor): Record<string, Itf> => argumentsOf(instance, argument);
  const fitting = pattern === undefined ? named : named.filter((one) => matches(pattern, given(one)));
  if (fitting.length === 0)
    throw new ScenarioError(step, {
      kind: "no-match",
      of: "arguments",
      offered: different(named.map(given)),
    });
  let left = differentStates(stepper, fitting);
  if (leadsTo !== undefined) {
    const before = stepper.stateOf(parts);
    const networks = stepper.model.kinds.filter(({ network }) => network !== null).map(({ name }) => name);
    left = left.filter((one) => leadsTo(before, stepper.stateOf(one.parts), networks));
    if (left.length === 0) throw new ScenarioError(step, { kind: "no-match", of: "result", offered: [] });
  }
  if (wanted.choice !== undefined) {
    const chosen = left[wanted.choice - 1];
    if (chosen === undefined) throw new ScenarioError(step, { kind: "no-choice", count: left.length });
    return chosen;
  }
  if (left.length === 1) return left[0]!;
  throw new ScenarioError(step, {
    kind: "ambiguous",
    before: stepper.stateOf(parts),
    alternatives: left.map((one) => ({
      state: stepper.stateOf(one.parts),
      choice: stepChoice(stepper, one)!,
    })),
  });
}

function different(values: readonly Itf[]): Itf[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

// --- judging ---------------------------------------------------------------------------------------------

/** The finding that a claim speaks of, if it is one; else null. */
export function claimedFinding(run: ScenarioRun, claim: Claim): Finding | null {
  const last = run.trace.length - 1;
  return run.findings.find((finding) => finding.step === last && isClaimed(finding, claim)) ?? null;
}

/** Whether the claim is met; if not, why not, in words. */
export function judge(run: ScenarioRun, claim: Claim): string | null {
  const last = run.trace.length - 1;
  if (claim.outcome === "holds" || claim.outcome === "reached") {
    const [first] = run.findings;
    if (first !== undefined) return `${findingText(first)} ${stepText(first.step)}`;
    return claim.name === null || run.reached.includes(claim.name)
      ? null
      : `${claim.name} is false at the end`;
  }
  const found = run.findings.filter((finding) => isClaimed(finding, claim));
  const early = found.find(({ step }) => step < last);
  if (early !== undefined) return `${findingText(early)} before the end, ${stepText(early.step)}`;
  if (found.length > 0) return null;
  const other = run.findings.find(({ step }) => step === last);
  return other === undefined ? "nothing fails at the end" : `at the end ${findingText(other)}`;
}

function isClaimed({ kind, name }: Finding, claim: Claim): boolean {
  if (claim.name !== null && claim.name !== name) return false;
  switch (claim.outcome) {
    case "violated":
      return kind === "invariant" || kind === "step" || kind === "assertion";
    case "throws":
      return kind === "action-error" || kind === "property-error";
    case "deadlock":
      return kind === "deadlock";
    default:
      return false;
  }
}

export function findingText({ kind, name, instance }: Finding): string {
  switch (kind) {
    case "invariant":
    case "step":
      return `${name}${instance} is violated`;
    case "deadlock":
      return "nothing is possible";
    case "assertion":
      return `an assertion in ${name}${instance} fails`;
    case "action-error":
    case "property-error":
      return `${name}${instance} throws`;
  }
}

function stepText(step: number): string {
  return step === 0 ? "in the initial state" : `after step ${step}`;
}
