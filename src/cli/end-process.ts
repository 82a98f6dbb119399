/**
 * Ending the process. A spec must not: code 0 of a run without a verdict would be taken for a pass. So `process.exit`
 * is an error while the command runs, and the command itself ends by `endProcess`.
 */
import { SpecError } from "../spec/errors.ts";

const exit = process.exit.bind(process);

export function endProcess(code: number): never {
  return exit(code);
}

/** From now on only `endProcess` ends the process. */
export function refuseExit(): void {
  process.exit = () => {
    throw new SpecError("calls process.exit(), which would end the check without a verdict; remove it");
  };
}
