/**
 * A trace as JSON lines, for a driver of a real system in any language: a header, then a line for each step. Format
 * and how to write a driver: docs/SCENARIOS.md. Fields are added, never changed, while `version` is 1.
 */
import type { Itf, ItfState, TraceStep, Violation } from "../../search/result.ts";
import { claimOf } from "../claim.ts";
import { isSetChange, untoldChanges } from "../diff.ts";
import { MESSAGE_WORDS, mapEntries, ownerText, same } from "../itf.ts";
import type { RunInfo } from "../run-info.ts";

export const SCRIPT_VERSION = 1;

export function scriptFile(run: RunInfo, violation: Violation): string {
  const { kind, property, instance, message, trace } = violation;
  const header = {
    format: "dscheck-script",
    version: SCRIPT_VERSION,
    dscheck: run.version,
    spec: run.spec,
    file: run.file,
    command: run.command,
    parameters: run.parameters,
    nodes: nodesOf(run),
    steps: trace.length - 1,
    expect: claimOf(kind, property),
    failure: kind === "scenario" ? null : { kind, property, instance, message },
    state: trace[0]?.state ?? {},
  };
  const nodes = new Set(header.nodes);
  const lines = trace.slice(1).map((step, at) => stepLine(step, trace[at]!, run, nodes));
  return `${[header, ...lines].map((line) => JSON.stringify(line)).join("\n")}\n`;
}

function stepLine(step: TraceStep, before: TraceStep, run: RunInfo, nodes: ReadonlySet<string>): object {
  return {
    step: step.step,
    action: step.actionName,
    text: step.action,
    arguments: step.arguments,
    node: nodeOf(step, nodes),
    fault: step.fault,
    ...Object.fromEntries(MESSAGE_WORDS.map((word) => [word, step[word]])),
    changed: changedPaths(step, before, run),
    after: changedParts(before.state, step.state, run),
  };
}

/** Members of the id sets that own variables or mailboxes. */
function nodesOf({ declared }: RunInfo): string[] {
  const owners = new Set(declared.variables.flatMap((variable) => variable.owners));
  return declared.idSets.filter(({ name }) => owners.has(name)).flatMap(({ members }) => members);
}

/** Who acts: the receiver of a delivery, or the first argument that is a node. */
function nodeOf({ arguments: given, received }: TraceStep, nodes: ReadonlySet<string>): string | null {
  if ("message" in given) return received[0]?.to ?? null;
  for (const value of Object.values(given)) if (typeof value === "string" && nodes.has(value)) return value;
  return null;
}

function changedPaths(step: TraceStep, before: TraceStep, { networks }: RunInfo): object {
  const changes = untoldChanges(before.state, step.state, networks, step);
  return Object.fromEntries(
    changes.map((change) =>
      isSetChange(change)
        ? [change.path, { added: change.added, removed: change.removed }]
        : [
            change.path,
            {
              ...(change.before === undefined ? {} : { before: change.before }),
              ...(change.after === undefined ? {} : { after: change.after }),
            },
          ],
    ),
  );
}

/** Variables that changed, with their new values; of those with owners the parts that changed, by owner. */
function changedParts(before: ItfState, after: ItfState, { networks }: RunInfo): object {
  const parts: Record<string, Itf> = {};
  for (const [name, value] of Object.entries(after)) {
    const old = before[name];
    if (networks.includes(name) || old === undefined || same(old, value)) continue;
    const [owned, oldOwned] = [mapEntries(value), mapEntries(old)];
    parts[name] = owned === null || oldOwned === null ? value : changedEntries(oldOwned, owned);
  }
  return parts;
}

type Entries = readonly (readonly [Itf, Itf])[];

function changedEntries(before: Entries, after: Entries): Itf {
  return Object.fromEntries(
    after
      .filter(([owner, value]) => !before.some(([other, old]) => same(owner, other) && same(old, value)))
      .map(([owner, value]) => [ownerText(owner), value]),
  );
}
