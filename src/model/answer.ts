/** What a property, a constraint or a final test answers. */
import { RuleError } from "../spec/errors.ts";

/** The answer, if it is one: an object or a promise must not pass for yes, nor nothing for no. */
export function asAnswer(given: unknown): boolean {
  if (typeof given === "boolean") return given;
  throw new RuleError(`gave ${describe(given)}, not true or false`);
}

function describe(given: unknown): string {
  if (given === undefined) return "nothing";
  if (given === null) return "null";
  if (given instanceof Promise) return "a promise";
  return typeof given === "object" ? "an object" : `a ${typeof given}`;
}
