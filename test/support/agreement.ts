/** Comparing what a search reports with what the oracle expects. */
import { expect } from "vitest";
import { toItf } from "../../src/model/itf.ts";
import { STOP } from "../../src/search/findings.ts";
import type {
  BoundResult,
  ItfState,
  PropertyResult,
  SearchResult,
  TraceStep,
  Violation,
} from "../../src/search/result.ts";
import { nameOfId } from "../../src/spec/ids.ts";
import type { Model } from "../../src/spec/model.ts";
import type { Explored } from "./engine.ts";
import { explore } from "./engine.ts";
import { type Expected, Oracle, type Parts, type Successor } from "./oracle.ts";

/** What is compared, and how it is called when it differs. */
type Comparable = Omit<Expected, "verdict">;

interface Reported {
  readonly properties: readonly PropertyResult[];
  readonly bounds: readonly BoundResult[];
  readonly violations: readonly Violation[];
  readonly reached: readonly { readonly property: string; readonly steps: number | null }[];
}

function comparable(
  counts: Pick<Comparable, "generated" | "distinct" | "queued" | "boundTerminal" | "levels" | "actions">,
  reported: Reported,
): Comparable {
  const { generated, distinct, queued, boundTerminal, levels, actions } = counts;
  return {
    generated,
    distinct,
    queued,
    boundTerminal,
    levels,
    actions,
    properties: Object.fromEntries(reported.properties.map(({ name, verdict }) => [name, verdict])),
    bounds: reported.bounds
      .filter(({ hit }) => hit)
      .map(({ name }) => name)
      .sort(),
    violations: reported.violations.map(({ kind, property, trace }) => ({
      // Which of several throws of an action is printed is the content's business.
      kind: kind === "assertion" ? "action-error" : kind,
      property,
      steps: trace.length - 1,
      faults: trace.filter(({ fault }) => fault).length,
    })),
    reached: Object.fromEntries(reported.reached.map(({ property, steps }) => [property, steps])),
  };
}

/** Demands that a search in this thread found what it must. */
export function expectOutcomes(outcomes: Explored, { verdict, ...expected }: Expected): void {
  const isCutShort = ["none", "depth"].every((reason) => outcomes.stop !== STOP[reason as keyof typeof STOP]);
  expect(isCutShort, "the search was not stopped by anything but its depth").toBe(false);
  if (expected.violations.length === 0) expect(outcomes.stop === STOP.depth).toBe(verdict === "stopped");
  expect(comparable(outcomes, outcomes)).toEqual(expected);
}

/** Demands that a search in worker threads found what it must. */
export function expectResult(result: SearchResult, { verdict, ...expected }: Expected): void {
  expect(result.failure).toBeNull();
  // Of an action that throws here and fails an assertion there, the trace that is printed decides.
  const failed = ["action-error", "property-error"].includes(result.violations[0]?.kind ?? "");
  expect(result.verdict).toBe(failed ? "failed" : verdict);
  expect(
    comparable({ ...result.states, levels: result.levels, actions: result.coverage.actions }, result),
  ).toEqual(expected);
}

/** Demands that every printed trace is a run of the spec: each state a successor of the one before. */
export function expectTraces(violations: readonly Violation[], oracle: Oracle): void {
  for (const { trace } of violations) {
    expect(oracle.initial.map((parts) => JSON.stringify(stateOf(oracle, parts)))).toContain(
      JSON.stringify(trace[0]!.state),
    );
    let candidates: Parts[] = oracle.initial.filter((parts) => isSame(oracle, parts, trace[0]!));
    for (const step of trace.slice(1)) {
      candidates = candidates
        .flatMap((parts) => [...oracle.expand(parts).next])
        .filter((successor) => isStep(oracle, successor, step))
        .map(({ parts }) => parts);
      expect(candidates.length, `step ${step.step}, ${step.action}, is a step of the spec`).toBeGreaterThan(
        0,
      );
    }
  }
}

function isStep(oracle: Oracle, successor: Successor, step: TraceStep): boolean {
  const { instance, argument } = successor;
  const given: unknown =
    instance.action.receive === null
      ? Object.fromEntries(Object.entries(argument as object).map(([name, value]) => [name, toItf(value)]))
      : { message: toItf(argument) };
  return (
    successor.action === step.actionName &&
    successor.fault === step.fault &&
    JSON.stringify(given) === JSON.stringify(step.arguments) &&
    isSame(oracle, successor.parts, step)
  );
}

function isSame(oracle: Oracle, parts: Parts, step: TraceStep): boolean {
  return JSON.stringify(stateOf(oracle, parts)) === JSON.stringify(step.state);
}

/** A state of the oracle as it is printed. */
export function stateOf({ model }: Oracle, parts: Parts): ItfState {
  const state: Record<string, ItfState[string]> = {};
  for (const kind of model.kinds) {
    const values = Array.from({ length: kind.locationCount }, (_, n) => {
      const names = kind.ownerIds(kind.firstLocation + n).map(nameOfId);
      return [names.length === 1 ? names[0]! : { "#tup": names }, toItf(parts[kind.firstLocation + n])];
    });
    state[kind.name] = kind.owners.length === 0 ? toItf(parts[kind.firstLocation]) : { "#map": values };
  }
  return state;
}

/**
 * All combinations of symmetry, going on after a violation, and looking for deadlocks. The audit evaluates more than a
 * search must, which hides what is skipped wrongly: half of them do without.
 */
const COMBINATIONS = [true, false].flatMap((symmetry) =>
  [true, false].flatMap((keepGoing) =>
    [true, false].map((deadlock) => ({ symmetry, keepGoing, deadlock, audit: deadlock })),
  ),
);

/** Demands that a search with one worker agrees with the oracle on a model, under all options. */
export function expectAgreement(model: Model, statesMax = 5000): Oracle {
  const oracle = new Oracle(model, { depthMax: null, statesMax });
  for (const options of COMBINATIONS) {
    const outcomes = explore(model, options);
    expectOutcomes(outcomes, oracle.expected({ ...options, depthMax: null }));
    expectTraces(outcomes.violations, oracle);
  }
  return oracle;
}
