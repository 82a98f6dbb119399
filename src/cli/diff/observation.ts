/**
 * `--observe`: what of a behaviour is seen when two versions are compared. Each item of the command line is
 *
 *   actions                          every step, by its action with arguments
 *   action:NAME,...                  steps of these actions
 *   variable:NAME[.FIELD...],...     new values of a variable, or of a field in it, for each owner
 *   messages[:TYPE,...]              messages sent and received, with their contents
 *   sent[:TYPE,...], received[:TYPE,...]
 *   ends                             that nothing more happens: final, deadlock, or only a bound
 *
 * A step is seen as all that the items see of it together; what is not seen by any is hidden. Texts are the same
 * for equal values, whatever the order in which a version lists the fields of a record.
 */

import { toItf } from "../../model/itf.ts";
import { format, partPath, recordFields } from "../../report/itf.ts";
import type { Observer } from "../../search/behaviours.ts";
import type { Itf, TraceMessage } from "../../search/result.ts";
import { messagesOf, type Parts, type Successor } from "../../search/stepper.ts";
import { didYouMean } from "../../spec/define-spec.ts";
import { nameOfId } from "../../spec/ids.ts";
import type { Model } from "../../spec/model.ts";
import type { PartKind } from "../../spec/part-kind.ts";
import { wrongOption } from "../options.ts";

/** What a command line asks to observe; plain data. */
export interface Observation {
  /** All, or these. */
  readonly actions: "all" | readonly string[];
  readonly variables: readonly { readonly name: string; readonly path: readonly string[] }[];
  readonly sent: "all" | readonly string[];
  readonly received: "all" | readonly string[];
  readonly ends: boolean;
  /** As it was written. */
  readonly items: readonly string[];
}

const ITEMS = ["actions", "action:", "variable:", "messages", "sent", "received", "ends"];

const NOTHING: Observation = { actions: [], variables: [], sent: [], received: [], ends: false, items: [] };

/** Reads the items; without any, all actions. Throws a UserError. */
export function parseObservation(given: readonly string[]): Observation {
  const items = given.length === 0 ? ["actions"] : given;
  const repeated = items.find((item, at) => items.indexOf(item) !== at);
  if (repeated !== undefined) throw wrongOption(`--observe ${repeated} is given twice`);
  return items.reduce(withItem, { ...NOTHING, items });
}

function withItem(so: Observation, item: string): Observation {
  const colon = item.indexOf(":");
  const kind = colon < 0 ? item : item.slice(0, colon);
  const names = colon < 0 ? null : item.slice(colon + 1).split(",");
  if (names?.includes("") === true) throw wrongOption(`--observe ${item}: a name is missing`);
  const needsNames = (): readonly string[] => {
    if (names === null) throw wrongOption(`--observe ${item}: write ${kind}:NAME, or several with commas`);
    return names;
  };
  const takesNone = (): void => {
    if (names !== null) throw wrongOption(`--observe ${item}: ${kind} takes no names`);
  };
  switch (kind) {
    case "actions":
      takesNone();
      if (so.actions.length > 0) throw redundant("action:...", "actions");
      return { ...so, actions: "all" };
    case "action":
      if (so.actions === "all") throw redundant(item, "actions");
      return { ...so, actions: [...so.actions, ...needsNames()] };
    case "variable": {
      const variables = needsNames().map((text) => {
        const [name = "", ...path] = text.split(".");
        if (name === "" || path.includes(""))
          throw wrongOption(`--observe ${item}: write variable:NAME.FIELD`);
        return { name, path };
      });
      return { ...so, variables: [...so.variables, ...variables] };
    }
    case "messages":
      return {
        ...so,
        sent: withTypes(so.sent, names, item),
        received: withTypes(so.received, names, item),
      };
    case "sent":
    case "received":
      return { ...so, [kind]: withTypes(so[kind], names, item) };
    case "ends":
      takesNone();
      return { ...so, ends: true };
    default:
      throw wrongOption(
        `--observe: there is nothing named ${JSON.stringify(kind)}; choose ${ITEMS.join(", ")}`,
      );
  }
}

function withTypes(
  so: "all" | readonly string[],
  types: readonly string[] | null,
  item: string,
): "all" | readonly string[] {
  if (so === "all" || (types === null && so.length > 0))
    throw redundant(item, "another --observe of the same messages");
  return types === null ? "all" : [...so, ...types];
}

function redundant(item: string, because: string): Error {
  return wrongOption(`--observe ${item} has no effect beside ${because}; remove one`);
}

/** What an observation names of two models: actions of either, variables of both. Throws a UserError. */
export function checkObservation(
  so: Observation,
  sides: readonly { label: string; declared: Names }[],
): void {
  const known = [...new Set(sides.flatMap(({ declared }) => declared.actions))];
  for (const name of so.actions === "all" ? [] : so.actions)
    if (!known.includes(name))
      throw wrongOption(
        `--observe action:${name}: neither version has this action${didYouMean(name, known)}`,
      );
  for (const { name } of so.variables)
    for (const { label, declared } of sides)
      if (!declared.variables.includes(name))
        throw wrongOption(
          `--observe variable:${name}: ${label} has no such variable${didYouMean(name, declared.variables)}`,
        );
}

export interface Names {
  readonly actions: readonly string[];
  readonly variables: readonly string[];
}

/** Sees what an observation asks for; notes which of the fields and message types it names there are. */
export class ModelObserver implements Observer {
  readonly #so: Observation;
  readonly #isWholeStepHidden: boolean;
  readonly #variables: readonly ObservedVariable[];
  readonly #namesNetworks: boolean;
  readonly #types = new Set<string>();

  /** `namesNetworks`: whether a message is told with its network. */
  constructor(model: Model, so: Observation, namesNetworks: boolean) {
    this.#so = so;
    this.#namesNetworks = namesNetworks;
    this.#variables = so.variables.map(
      ({ name, path }) => new ObservedVariable(model.kinds.find((kind) => kind.name === name)!, path),
    );
    this.#isWholeStepHidden = so.sent.length === 0 && so.received.length === 0;
  }

  initial(parts: Parts): string {
    return this.#variables.flatMap((variable) => variable.values(parts)).join("; ");
  }

  step(before: Parts, successor: Successor): string {
    const { actions, sent, received } = this.#so;
    const seen: string[] = [];
    if (actions === "all" || actions.includes(successor.instance.action.name)) seen.push(successor.text);
    if (!this.#isWholeStepHidden) {
      const messages = messagesOf(successor);
      seen.push(...this.#messages(received, messages.received, "received"));
      seen.push(...this.#messages(sent, messages.sent, "sent"));
    }
    for (const variable of this.#variables) seen.push(...variable.changes(before, successor.parts));
    return seen.join("; ");
  }

  end(how: "final" | "deadlock" | "bound"): string {
    if (!this.#so.ends) return "";
    return how === "final" ? "ends (final)" : how === "deadlock" ? "ends (deadlock)" : "ends (bound reached)";
  }

  /** Fields and message types that were asked for and never seen, as items. */
  unseen(): string[] {
    const { sent, received } = this.#so;
    const types = [sent, received].flatMap((those) => (those === "all" ? [] : those));
    return [
      ...this.#variables.filter(({ isSeen }) => !isSeen).map(({ item }) => item),
      ...[...new Set(types)].filter((type) => !this.#types.has(type)).map((type) => `messages:${type}`),
    ];
  }

  #messages(
    wanted: "all" | readonly string[],
    messages: readonly TraceMessage[],
    direction: string,
  ): string[] {
    const seen: string[] = [];
    for (const { network, from, to, message } of messages) {
      const { type, ...rest } = recordFields(message) ?? { type: null };
      if (typeof type === "string") this.#types.add(type);
      if (wanted !== "all" && (typeof type !== "string" || !wanted.includes(type))) continue;
      const { from: _from, to: _to, ...content } = rest as { readonly [field: string]: Itf };
      const ends = `${from ?? ""}->${to}`;
      const where = this.#namesNetworks ? `${network} ` : "";
      const what =
        typeof type === "string"
          ? `${type}${Object.keys(content).length === 0 ? "" : ` ${canonicalText(content)}`}`
          : canonicalText(message);
      seen.push(`${direction} ${where}${ends} ${what}`);
    }
    return seen.sort();
  }
}

/** One variable, or a field in it, of each owner. */
class ObservedVariable {
  readonly item: string;
  isSeen: boolean;
  readonly #kind: PartKind;
  readonly #path: readonly string[];
  readonly #names: readonly string[];
  readonly #texts = new WeakMap<object, string>();

  constructor(kind: PartKind, path: readonly string[]) {
    this.#kind = kind;
    this.#path = path;
    this.item = `variable:${[kind.name, ...path].join(".")}`;
    this.isSeen = path.length === 0;
    this.#names = Array.from({ length: kind.locationCount }, (_, at) => {
      const owners = kind.ownerIds(kind.firstLocation + at).map(nameOfId);
      const part =
        owners.length === 0
          ? kind.name
          : partPath(kind.name, owners.length === 1 ? owners[0]! : { "#tup": owners });
      return [part, ...path].join(".");
    });
  }

  values(parts: Parts): string[] {
    return this.#names.map((name, at) => `${name} = ${this.#textAt(parts, at)}`);
  }

  /** New values of the owners for which there is a new one. */
  changes(before: Parts, after: Parts): string[] {
    const changed: string[] = [];
    this.#names.forEach((name, at) => {
      const location = this.#kind.firstLocation + at;
      // Parts are the same objects while they are equal.
      if (before[location] === after[location]) return;
      const text = this.#textAt(after, at);
      if (text !== this.#textAt(before, at)) changed.push(`${name} = ${text}`);
    });
    return changed;
  }

  #textAt(parts: Parts, at: number): string {
    const part = parts[this.#kind.firstLocation + at];
    if (typeof part !== "object" || part === null) return this.#textOf(part);
    let text = this.#texts.get(part);
    if (text === undefined) {
      text = this.#textOf(part);
      this.#texts.set(part, text);
    }
    return text;
  }

  #textOf(part: unknown): string {
    let value: Itf | undefined = toItf(part);
    for (const field of this.#path) {
      value = recordFields(value)?.[field];
      if (value === undefined) return "(none)";
    }
    this.isSeen = true;
    return canonicalText(value);
  }
}

/** A value in one line; equal values have equal texts, also records that list their fields in another order. */
function canonicalText(value: Itf): string {
  return format(canonical(value));
}

function canonical(value: Itf): Itf {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Itf[]).map(canonical);
  const entries = Object.entries(value as { readonly [field: string]: Itf }).map(
    ([field, member]) => [field, canonical(member)] as const,
  );
  const [first] = entries;
  if (first !== undefined && (first[0] === "#set" || first[0] === "#map") && Array.isArray(first[1]))
    return { [first[0]]: sorted(first[1] as readonly Itf[]) };
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function sorted(members: readonly Itf[]): Itf[] {
  const keyed = members.map((member) => [JSON.stringify(member), member] as const);
  return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, member]) => member);
}
