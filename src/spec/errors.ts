/**
 * Errors that a spec's author can cause. Each is one line: what happened, where, the value, what to do.
 * The command turns them into the exit codes of the contract; nothing here knows about exit codes.
 */

/** Something is wrong with the spec itself, found while it is defined or run. */
export class SpecError extends Error {
  override readonly name: string = "SpecError";
}

/** A parameter value is unknown, of the wrong type or out of range. */
export class ParameterError extends SpecError {
  override readonly name = "ParameterError";
}

/** Parameters are each in range, but together break an assumption of the spec. */
export class AssumptionError extends SpecError {
  override readonly name = "AssumptionError";
}

/** A function of the spec threw where no step or state can be blamed: an initial state, a history, a final test. */
export class EvaluationError extends SpecError {
  override readonly name = "EvaluationError";
  readonly part: "action" | "property";
  constructor(part: "action" | "property", message: string) {
    super(message);
    this.part = part;
  }
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** An assertion inside an action failed (see `assert`). */
export class AssertionFailure extends SpecError {
  override readonly name = "AssertionFailure";
}

/**
 * The spec broke a rule that the engine relies on: purity, symmetry, reading what may not be read. The last
 * one is remembered until `takeBrokenRule`, so that a `try` in the spec cannot hide it.
 */
export class RuleError extends SpecError {
  override readonly name: string = "RuleError";
  /** The action or property that did it, where that is known. */
  readonly culprit: string | null;
  constructor(message: string, culprit: string | null = null) {
    super(message);
    this.culprit = culprit;
    brokenRule ??= this;
  }
}

let brokenRule: RuleError | null = null;

/** The first rule broken since the last call, or null. */
export function takeBrokenRule(): RuleError | null {
  const taken = brokenRule;
  brokenRule = null;
  return taken;
}

/** A model value was ordered, used in arithmetic or turned into a string. */
export class ModelValueMisuse extends RuleError {
  override readonly name = "ModelValueMisuse";
  readonly set: string;
  constructor(set: string, use: string) {
    super(
      `uses a model value of ${set} ${use}; members of a scalarset are interchangeable. ` +
        `Compare them with ===, or declare ${set} with orderedIds()`,
    );
    this.set = set;
  }
}

/** A value cannot be part of a state. */
export class ValueError extends RuleError {
  override readonly name = "ValueError";
}

/** States a fact that must hold inside an action; a false one ends the run with exit code 14. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}
