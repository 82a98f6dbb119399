/** From what a search answers to the exit code of the contract, and to what `--expect` makes of it. */
import type { SearchFailure, SearchResult, Violation, ViolationKind } from "../search/result.ts";
import { AssumptionError, ParameterError, RuleError, SpecError } from "../spec/errors.ts";
import { EXIT, UserError } from "./errors.ts";

const CODE_OF_VIOLATION: Readonly<Record<ViolationKind, number>> = {
  invariant: EXIT.invariant,
  step: EXIT.step,
  deadlock: EXIT.deadlock,
  assertion: EXIT.assertion,
  "action-error": EXIT.actionThrew,
  "property-error": EXIT.propertyThrew,
  scenario: EXIT.ok,
};

const CODE_OF_FAILURE: Readonly<Record<SearchFailure["kind"], number>> = {
  action: EXIT.actionThrew,
  property: EXIT.propertyThrew,
  rule: EXIT.rule,
  spec: EXIT.spec,
  system: EXIT.system,
  internal: EXIT.internal,
};

export function codeOfKind(kind: ViolationKind): number {
  return CODE_OF_VIOLATION[kind];
}

/** The exit code of a search, before `--expect`. */
export function exitCodeOf(result: SearchResult): number {
  if (result.stopped?.by === "interrupt") return EXIT.interrupted;
  if (result.failure !== null) return CODE_OF_FAILURE[result.failure.kind];
  const shallowest = result.violations[0];
  if (shallowest !== undefined) return CODE_OF_VIOLATION[shallowest.kind];
  switch (result.verdict) {
    case "holds":
    case "holds-within":
      return EXIT.ok;
    case "unreached":
      return EXIT.unreached;
    case "stopped":
      return EXIT.stopped;
    default:
      return EXIT.internal;
  }
}

/** The exit code of an error that was thrown while a spec was loaded or searched. */
export function exitCodeOfError(error: unknown): number {
  if (error instanceof UserError) return error.code;
  if (error instanceof ParameterError) return EXIT.option;
  if (error instanceof AssumptionError) return EXIT.assumption;
  if (error instanceof RuleError) return EXIT.rule;
  if (error instanceof SpecError) return EXIT.spec;
  return EXIT.internal;
}

/** What the JSON document calls the error of a run; null when it ended with a verdict or at a limit. */
export function errorOf(
  result: SearchResult,
): { code: number; message: string; action: string | null } | null {
  if (result.failure !== null)
    return {
      code: CODE_OF_FAILURE[result.failure.kind],
      message: result.failure.message,
      action: result.failure.action,
    };
  const shallowest = result.violations[0];
  if (shallowest?.kind !== "action-error" && shallowest?.kind !== "property-error") return null;
  return {
    code: CODE_OF_VIOLATION[shallowest.kind],
    message: shallowest.message,
    action: shallowest.kind === "action-error" ? shallowest.property : null,
  };
}

export const OUTCOMES = ["holds", "deadlock", "violated", "unreached", "stopped"] as const;

export interface Expectation {
  readonly outcome: (typeof OUTCOMES)[number];
  /** The property (or, for an assertion, the action) that is expected to fail; null for any. */
  readonly name: string | null;
  /** As it was written. */
  readonly text: string;
}

const IS_VERDICT: ReadonlySet<ViolationKind> = new Set(["invariant", "step", "assertion"]);

export function isMet(expectation: Expectation, result: SearchResult): boolean {
  const { outcome, name } = expectation;
  const failed = (violation: Violation): boolean =>
    IS_VERDICT.has(violation.kind) && (name === null || violation.property === name);
  switch (outcome) {
    case "holds":
      return result.verdict === "holds" || result.verdict === "holds-within";
    case "deadlock":
      return result.violations.some((violation) => violation.kind === "deadlock");
    case "violated":
      return result.violations.some(failed);
    case "unreached":
      return (
        result.verdict === "unreached" &&
        result.properties.some((p) => p.verdict === "unreached" && (name === null || p.name === name))
      );
    case "stopped":
      return result.verdict === "stopped";
  }
}

/**
 * The exit code with an expectation: 0 when it is met, 1 on another verdict. Where there is no verdict
 * (the spec failed, the run was interrupted or stopped at a limit) the code passes through.
 */
export function expectedExitCode(expectation: Expectation | null, result: SearchResult): number {
  const code = exitCodeOf(result);
  if (expectation === null || code === EXIT.interrupted || result.failure !== null) return code;
  if (code === EXIT.actionThrew || code === EXIT.propertyThrew || code === EXIT.internal) return code;
  if (isMet(expectation, result)) return EXIT.ok;
  return code === EXIT.stopped ? code : EXIT.different;
}
