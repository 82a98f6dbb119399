/** Checks of what a spec declares: types are stripped when it is loaded, and what would be ignored is an error. */
import { didYouMean } from "./did-you-mean.ts";
import { SpecError } from "./errors.ts";

/** The declaration `m.method(name, ..., run, options)`. */
interface Declaration {
  readonly method: string;
  readonly name: unknown;
  readonly run: unknown;
  readonly options?: object | undefined;
  readonly known?: readonly string[];
}

export function checkDeclaration({ method, name, run, options, known = [] }: Declaration): void {
  if (typeof name !== "string" || name === "")
    throw new SpecError(`m.${method}() needs a name first: m.${method}("Name", ...)`);
  if (typeof run !== "function") throw new SpecError(`${name}: m.${method}() needs a function`);
  checkOptions(`${name}: m.${method}()`, options, known);
}

/** `where` begins the message. */
export function checkOptions(where: string, options: object | undefined, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null)
    throw new SpecError(`${where} has options that are no object`);
  for (const option of Object.keys(options))
    if (!known.includes(option))
      throw new SpecError(`${where} has no option ${option}${didYouMean(option, known)}`);
}
