/**
 * Parameters of a spec: each has a default, a meaning in one line, and a range. Every parameter is a
 * flag of the command (`--set maxTerm=3`; `--nodes` and `--faults` are short for some of them).
 */
import { ParameterError, SpecError } from "./errors.ts";

interface Common<T> {
  readonly default: T;
  /** One line, shown by `dscheck describe`. */
  readonly meaning: string;
}

export interface IntegerParameter extends Common<number> {
  readonly type: "integer";
  readonly min: number;
  readonly max: number;
  /** A fault budget: how often a fault may happen in one behaviour. Settable with `--faults`. */
  readonly fault: boolean;
}

export interface FlagParameter extends Common<boolean> {
  readonly type: "flag";
}

export interface ChoiceParameter<T extends string = string> extends Common<T> {
  readonly type: "choice";
  readonly choices: readonly T[];
}

export type Parameter = IntegerParameter | FlagParameter | ChoiceParameter;
export type ParameterValue = number | boolean | string;
export type Parameters = Readonly<Record<string, Parameter>>;

/** The values of declared parameters, by name. */
export type ParameterValues<P extends Parameters> = {
  readonly [K in keyof P]: P[K]["default"];
};

interface IntegerOptions {
  readonly default: number;
  readonly meaning: string;
  readonly min?: number;
  readonly max?: number;
}

/** A whole number in [min, max]; min is 0 and max 1,000,000 unless given. */
export function integer(options: IntegerOptions): IntegerParameter {
  return { type: "integer", min: 0, max: 1_000_000, fault: false, ...options };
}

/** How often a fault may happen in one behaviour, at most; in [0, max]. */
export function faultBudget(options: IntegerOptions): IntegerParameter {
  return { type: "integer", min: 0, max: 100, ...options, fault: true };
}

export function flag(options: { readonly default: boolean; readonly meaning: string }): FlagParameter {
  return { type: "flag", ...options };
}

export function choice<const T extends string>(
  choices: readonly T[],
  options: { readonly default: NoInfer<T>; readonly meaning: string },
): ChoiceParameter<T> {
  return { type: "choice", choices, ...options };
}

/** Checks a declaration: that it is one, and that its default is among its values. Throws SpecError. */
export function checkParameter(name: string, parameter: Parameter): void {
  if (!["integer", "flag", "choice"].includes(parameter?.type))
    throw new SpecError(
      `parameter ${name} is no parameter; make it with integer, faultBudget, flag or choice`,
    );
  try {
    readParameter(name, parameter, parameter.default);
  } catch (error) {
    if (!(error instanceof ParameterError)) throw error;
    throw new SpecError(`the default of ${error.message}`);
  }
}

/** Reads a value given as text, or checks one given as data. Throws ParameterError with one line. */
export function readParameter(name: string, parameter: Parameter, given: ParameterValue): ParameterValue {
  switch (parameter.type) {
    case "integer": {
      const number = typeof given === "string" && /^[+-]?\d+$/.test(given.trim()) ? Number(given) : given;
      if (typeof number !== "number" || !Number.isSafeInteger(number))
        throw new ParameterError(`parameter ${name}: ${JSON.stringify(given)} is not a whole number`);
      if (number < parameter.min || number > parameter.max)
        throw new ParameterError(
          `parameter ${name}: ${number} is out of range; choose ${parameter.min} to ${parameter.max}`,
        );
      return number;
    }
    case "flag": {
      if (given === true || given === "true") return true;
      if (given === false || given === "false") return false;
      throw new ParameterError(`parameter ${name}: ${JSON.stringify(given)} is neither true nor false`);
    }
    case "choice": {
      if (typeof given === "string" && parameter.choices.includes(given)) return given;
      throw new ParameterError(
        `parameter ${name}: ${JSON.stringify(given)} is not one of ${parameter.choices.join(", ")}`,
      );
    }
  }
}
