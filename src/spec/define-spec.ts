/** A spec: a name, parameters, assumptions over them, and the function that declares the model. */
import { callSite, type SourceLocation } from "./definitions.ts";
import { didYouMean } from "./did-you-mean.ts";
import { AssumptionError, ParameterError, SpecError } from "./errors.ts";
import { Model } from "./model.ts";
import {
  checkParameter,
  type Parameters,
  type ParameterValue,
  type ParameterValues,
  readParameter,
} from "./parameters.ts";

export { didYouMean };

export interface Assumption<P extends Parameters> {
  /** What must be true of the parameter values together. */
  readonly holds: (values: ParameterValues<P>) => boolean;
  /** One line that says so, with the remedy. */
  readonly meaning: string;
}

export interface SpecDefinition<P extends Parameters> {
  readonly name: string;
  /** One line for `dscheck describe`. */
  readonly summary?: string;
  /** Paper and section, or the published specification that this one renders. */
  readonly source?: string;
  readonly parameters: P;
  readonly assumptions?: readonly Assumption<P>[];
  readonly model: (model: Model, parameters: ParameterValues<P>) => void;
}

/** A spec as its file exports it. Made by `defineSpec` alone. */
export class Spec<P extends Parameters = Parameters> {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  readonly parameters: P;
  readonly location: SourceLocation | null;
  readonly #definition: SpecDefinition<P>;

  constructor(definition: SpecDefinition<P>, location: SourceLocation | null) {
    this.name = definition.name;
    this.summary = definition.summary ?? "";
    this.source = definition.source ?? "";
    this.parameters = definition.parameters;
    this.location = location;
    this.#definition = definition;
  }

  /** All parameter values: those given, checked, and the defaults of the others. */
  resolve(given: Readonly<Record<string, ParameterValue>>): Record<string, ParameterValue> {
    for (const name of Object.keys(given))
      if (!Object.hasOwn(this.parameters, name))
        throw new ParameterError(
          `${this.name} has no parameter ${name}${didYouMean(name, Object.keys(this.parameters))}`,
        );
    const values: Record<string, ParameterValue> = {};
    for (const [name, parameter] of Object.entries(this.parameters))
      values[name] = readParameter(name, parameter, given[name] ?? parameter.default);
    for (const assumption of this.#definition.assumptions ?? [])
      if (!assumption.holds(values as ParameterValues<P>))
        throw new AssumptionError(`${this.name}: ${assumption.meaning}`);
    return values;
  }

  /** Declares the model for parameter values as `resolve` returns them. */
  instantiate(values: Readonly<Record<string, ParameterValue>>): Model {
    const model = new Model();
    const returned: unknown = this.#definition.model(model, values as ParameterValues<P>);
    if (returned instanceof Promise)
      throw new SpecError(
        "the model function returns a promise; it must declare everything before it returns",
      );
    return model.seal();
  }
}

/** Makes a spec; the default export of a spec file. */
export function defineSpec<const P extends Parameters>(definition: SpecDefinition<P>): Spec<P> {
  checkDefinition(definition);
  return new Spec(definition, callSite());
}

/** Types are not checked when a spec is loaded. */
function checkDefinition(definition?: {
  readonly name?: unknown;
  readonly parameters?: Parameters;
  readonly model?: unknown;
}): void {
  const { name, parameters, model } = definition ?? {};
  if (typeof name !== "string" || name === "")
    throw new SpecError('the spec has no name; write defineSpec({ name: "...", parameters: {...}, model })');
  if (typeof parameters !== "object" || parameters === null)
    throw new SpecError(`${name} has no parameters; write parameters: {} if there are none`);
  if (typeof model !== "function") throw new SpecError(`${name} has no function model(m, p)`);
  for (const [parameter, declared] of Object.entries(parameters)) checkParameter(parameter, declared);
}
