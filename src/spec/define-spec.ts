/** A spec: a name, parameters, assumptions over them, and the function that declares the model. */
import { callSite, type SourceLocation } from "./definitions.ts";
import { AssumptionError, ParameterError } from "./errors.ts";
import { Model } from "./model.ts";
import { type Parameters, type ParameterValue, type ParameterValues, readParameter } from "./parameters.ts";

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
    this.#definition.model(model, values as ParameterValues<P>);
    return model.seal();
  }
}

/** Makes a spec; the default export of a spec file. */
export function defineSpec<const P extends Parameters>(definition: SpecDefinition<P>): Spec<P> {
  return new Spec(definition, callSite());
}

/** `; did you mean X?` for the nearest known name, or an enumeration when none is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  let best = "";
  let distance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const d = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (d < distance) {
      distance = d;
      best = candidate;
    }
  }
  if (best !== "") return `; did you mean ${best}?`;
  return known.length === 0 ? "; there are none" : `; there are ${known.join(", ")}`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length]!;
}
