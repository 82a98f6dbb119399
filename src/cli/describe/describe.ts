/** `dscheck describe`: what a spec declares, for people and as data. */

import { columns, hang } from "../../report/layout.ts";
import type { Paint } from "../../report/text/style.ts";
import type { Binding, SourceLocation } from "../../spec/definitions.ts";
import { nameOfId } from "../../spec/ids.ts";
import type { Model } from "../../spec/model.ts";
import type { Parameter, ParameterValue } from "../../spec/parameters.ts";
import type { PartKind } from "../../spec/part-kind.ts";
import { displayPath } from "../load/bundle.ts";
import { type LoadedFile, loadSpec } from "../load/load-spec.ts";
import { checkOptions, givenParameters, type RawOptions } from "../options.ts";
import { packageVersion } from "../version.ts";

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Description {
  readonly dscheck: string;
  readonly schemaVersion: 1;
  readonly spec: string;
  readonly summary: string;
  readonly source: string;
  readonly location: Place | null;
  readonly parameters: readonly {
    readonly name: string;
    readonly type: Parameter["type"];
    readonly value: ParameterValue;
    readonly default: ParameterValue;
    readonly meaning: string;
    readonly fault: boolean;
    readonly min?: number;
    readonly max?: number;
    readonly choices?: readonly string[];
  }[];
  readonly ids: readonly {
    readonly name: string;
    readonly members: readonly string[];
    readonly interchangeable: boolean;
  }[];
  readonly variables: readonly {
    readonly name: string;
    readonly role: PartKind["role"];
    readonly owners: readonly string[];
    readonly network: string | null;
    readonly persistent: readonly string[];
  }[];
  readonly bounds: readonly {
    readonly name: string;
    readonly kind: "bound" | "budget" | "fault" | "constraint";
    readonly limit: number | null;
  }[];
  readonly actions: readonly {
    readonly name: string;
    readonly parameters: readonly { readonly name: string; readonly values: number | null }[];
    readonly receives: { readonly network: string; readonly type: string | null } | null;
    readonly fault: boolean;
    readonly location: Place | null;
  }[];
  readonly properties: readonly {
    readonly name: string;
    readonly kind: string;
    readonly meaning: string;
    readonly parameters: readonly { readonly name: string; readonly values: number | null }[];
    readonly checked: boolean;
    readonly location: Place | null;
  }[];
  readonly finals: readonly string[];
}

export async function describe(spec: string, raw: RawOptions): Promise<Description> {
  const options = checkOptions(raw, "command");
  const loaded = await loadSpec(spec);
  try {
    const values = loaded.resolve(givenParameters(loaded.spec, options));
    return description(loaded, values, loaded.instantiate(values));
  } finally {
    loaded.dispose();
  }
}

function description(
  { spec, bundle }: LoadedFile,
  values: Record<string, ParameterValue>,
  model: Model,
): Description {
  const place = (location: SourceLocation | null): Place | null => {
    if (location === null) return null;
    const { file, line, column } = bundle.locate(location);
    return { file: displayPath(file), line, column };
  };
  const ranges = (bindings: readonly Binding[]): { name: string; values: number | null }[] =>
    bindings.map((binding) => ({ name: binding.name, values: binding.values.length }));
  return {
    dscheck: packageVersion(),
    schemaVersion: 1,
    spec: spec.name,
    summary: spec.summary,
    source: spec.source,
    location: place(spec.location),
    parameters: Object.entries(spec.parameters).map(([name, parameter]) => ({
      name,
      type: parameter.type,
      value: values[name]!,
      default: parameter.default,
      meaning: parameter.meaning,
      fault: parameter.type === "integer" && parameter.fault,
      ...(parameter.type === "integer" ? { min: parameter.min, max: parameter.max } : {}),
      ...(parameter.type === "choice" ? { choices: parameter.choices } : {}),
    })),
    ids: model.idSets.map((set) => ({
      name: set.name,
      members: set.members.map((id) => nameOfId(id)),
      interchangeable: !set.ordered,
    })),
    variables: model.kinds
      .filter((kind) => kind.role !== "budget")
      .map(({ name, role, owners, network, persistent }) => ({
        name,
        role,
        owners: owners.map((set) => set.name),
        network,
        persistent,
      })),
    bounds: [
      ...model.kinds
        .filter((kind) => kind.role === "budget")
        .map(({ name, limit, fault }) => ({
          name,
          limit,
          kind: fault ? ("fault" as const) : ("budget" as const),
        })),
      ...model.bounds.map(({ name, limit }) => ({ name, limit, kind: "bound" as const })),
      ...model.constraints.map(({ name }) => ({ name, limit: null, kind: "constraint" as const })),
    ],
    actions: model.actions.map((action) => ({
      name: action.name,
      parameters: [
        ...ranges(action.bindings),
        ...action.computed.map(({ name }) => ({ name, values: null })),
      ],
      receives:
        action.receive === null ? null : { network: action.receive.network.name, type: action.receive.type },
      fault: action.fault,
      location: place(action.location),
    })),
    properties: model.properties.map((property) => ({
      name: property.name,
      kind: property.kind,
      meaning: property.meaning,
      parameters: ranges(property.bindings),
      checked: property.expected,
      location: place(property.location),
    })),
    finals: model.finals.map(({ name }) => name),
  };
}

export function describeText(described: Description, paint: Paint, width: number): string {
  const lines: string[] = [];
  const section = (title: string, rows: readonly (readonly string[])[]): void => {
    if (rows.length > 0) lines.push("", paint.strong(title), ...columns(rows, "  ", width));
  };
  const { location } = described;
  lines.push(
    ...(described.summary === "" ? [described.spec] : hang(`${described.spec}: `, described.summary, width)),
  );
  if (described.source !== "") lines.push(...hang("  ", described.source, width));
  if (location !== null) lines.push(`  ${location.file}:${location.line}`);
  const faults = described.parameters.filter((parameter) => parameter.fault);
  const others = described.parameters.filter((parameter) => !parameter.fault);
  section("Parameters (--set NAME=VALUE)", others.map(parameterRow));
  section("Faults (--faults NAME=N)", faults.map(parameterRow));
  section(
    "Ids",
    described.ids.map((set) => [
      set.name,
      `${set.members.join(", ")} (${set.interchangeable ? "interchangeable" : "ordered"})`,
    ]),
  );
  section(
    "State",
    described.variables.map(({ name, role, owners, network, persistent }) => [
      owners.length === 0 ? name : `${name}[${owners.join("->")}]`,
      [
        ROLES[role],
        network === null ? "" : ` (${network})`,
        persistent.length === 0 ? "" : `; survives a restart: ${persistent.join(", ")}`,
      ].join(""),
    ]),
  );
  section(
    "Bounds",
    described.bounds.map(({ name, kind, limit }) => [limit === null ? name : `${name}=${limit}`, kind]),
  );
  section(
    "Actions",
    described.actions.map(({ name, parameters, receives, fault, location }) => [
      signature(name, parameters),
      [
        ...(receives === null ? [] : [`receives ${receives.type ?? "any message"} from ${receives.network}`]),
        ...(fault ? ["fault"] : []),
        ...placeIn(described, location),
      ].join(", "),
    ]),
  );
  section(
    "Properties",
    described.properties.map(({ name, kind, parameters, meaning, checked, location }) => [
      signature(name, parameters),
      [
        kind === "step" ? "step property" : kind,
        ...(checked ? [] : ["not checked with these parameters"]),
        ...placeIn(described, location),
      ].join(", ") + (meaning === "" ? "" : `: ${meaning}`),
    ]),
  );
  section(
    "Final states",
    described.finals.map((name) => [name]),
  );
  return `${lines.join("\n")}\n`;
}

/** `line 12`, with the file where it is not that of the spec. */
function placeIn(described: Description, location: Place | null): string[] {
  if (location === null) return [];
  const { file, line } = location;
  return [file === described.location?.file ? `line ${line}` : `${file}:${line}`];
}

const ROLES: Readonly<Record<PartKind["role"], string>> = {
  cell: "one value",
  perNode: "one value for each",
  budget: "budget",
  history: "history, for properties only",
  mailbox: "mailboxes of a network",
  channel: "channels of a network",
};

function signature(name: string, parameters: readonly { readonly name: string }[]): string {
  return parameters.length === 0
    ? name
    : `${name}(${parameters.map((parameter) => parameter.name).join(", ")})`;
}

function parameterRow(parameter: Description["parameters"][number]): string[] {
  const { name, type, value, meaning } = parameter;
  const range =
    type === "integer"
      ? `${parameter.min} to ${parameter.max}`
      : type === "flag"
        ? "true or false"
        : (parameter.choices ?? []).join(", ");
  const fallback = value === parameter.default ? "" : `; default ${parameter.default}`;
  return [`${name}=${value}`, `${meaning} (${range}${fallback})`];
}
