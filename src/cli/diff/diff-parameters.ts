/**
 * Parameter values of the two versions of a comparison. What is given counts for both, and `old:NAME=VALUE` and
 * `new:NAME=VALUE` for one; a parameter that only one version has can only be given so. A parameter of both that is
 * not given has the new version's default in both, so that the same bounds are compared; that defaults differ is
 * told.
 */
import type { ParameterChange } from "../../report/behaviour-diff.ts";
import type { Parameter, ParameterValue } from "../../spec/parameters.ts";
import type { Arguments } from "../arguments.ts";
import { wrongOption } from "../options.ts";
import type { Side } from "./diff-version.ts";
import type { GivenParameters } from "./diff-worker.ts";

export interface DeclaringSide {
  readonly side: Side;
  /** `the old version (HEAD:specs/raft.ts)`. */
  readonly label: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
}

interface Given {
  /** Null: for both. */
  readonly side: Side | null;
  readonly name: string;
  readonly value: string;
  readonly by: "nodes" | "set" | "faults";
}

/** What is given for each version. Throws a UserError. */
export function sidesParameters(
  { values }: Arguments,
  older: DeclaringSide,
  newer: DeclaringSide,
): Readonly<Record<Side, GivenParameters>> {
  const given = readGiven(values);
  for (const one of given) checkKnown(one, older, newer);
  const of = (side: DeclaringSide): GivenParameters =>
    given
      .filter((one) => one.side === null || one.side === side.side)
      .map(({ name, value, by }) => ({ name, value, by }));
  const [forOld, forNew] = [of(older), of(newer)];
  const filled = Object.entries(older.parameters).flatMap(([name, before]) => {
    const after = Object.hasOwn(newer.parameters, name) ? newer.parameters[name] : undefined;
    if (after === undefined || after.default === before.default) return [];
    if (forOld.some((one) => one.name === name)) return [];
    const value: ParameterValue = after.default;
    return [{ name, value, by: "set" as const }];
  });
  return { old: [...forOld, ...filled], new: forNew };
}

/** Parameters that one version has alone, or that differ in their defaults or in the values compared. */
export function parameterChanges(
  older: DeclaringSide & { readonly values: Readonly<Record<string, ParameterValue>> },
  newer: DeclaringSide & { readonly values: Readonly<Record<string, ParameterValue>> },
): ParameterChange[] {
  const names = new Set([...Object.keys(older.parameters), ...Object.keys(newer.parameters)]);
  return [...names].flatMap((name): ParameterChange[] => {
    const [before, after] = [older, newer].map(({ parameters, values }) =>
      Object.hasOwn(parameters, name) ? { default: parameters[name]!.default, value: values[name]! } : null,
    ) as [ParameterChange["old"], ParameterChange["new"]];
    const isSame = before?.default === after?.default && before?.value === after?.value;
    return isSame ? [] : [{ name, old: before, new: after }];
  });
}

function readGiven(values: Arguments["values"]): Given[] {
  const nodes = (values.get("nodes") ?? []).map(
    (value): Given => ({ side: null, name: "nodes", value, by: "nodes" }),
  );
  const set = (values.get("set") ?? []).map((text) => readPair(text, "set"));
  const faults = (values.get("faults") ?? [])
    .flatMap((text) => text.split(","))
    .map((text) => readPair(text, "faults"));
  return [...nodes, ...set, ...faults];
}

function readPair(text: string, by: "set" | "faults"): Given {
  const match = /^(?:(old|new):)?([^=]+)=(.+)$/s.exec(text);
  if (match === null)
    throw wrongOption(
      `--${by} ${text}: write ${by === "set" ? "name=value" : "fault=count, or several with commas"}; old:${by === "set" ? "name=value" : "fault=count"} for one version alone`,
    );
  const [, side, name, value] = match;
  return { side: side === "old" || side === "new" ? side : null, name: name!, value: value!, by };
}

/** A value for both that only one version can take would compare different things. */
function checkKnown({ side, name, value, by }: Given, older: DeclaringSide, newer: DeclaringSide): void {
  if (side !== null) return;
  const [inOld, inNew] = [older, newer].map(({ parameters }) => Object.hasOwn(parameters, name));
  if (inOld === inNew) return;
  const [has, lacks] = inOld ? [older, newer] : [newer, older];
  const option = by === "nodes" ? `--nodes ${value}` : `--${by} ${name}=${value}`;
  throw wrongOption(
    `${option}: ${lacks.label} has no parameter ${name}; write --${by === "nodes" ? "set" : by} ${has.side}:${name}=${value}`,
  );
}
