/**
 * Reading a scenario file (YAML, of which JSON is a subset). Everything that is wrong with it is said with its
 * line. The one importer of yaml.
 */
import { dirname, resolve } from "node:path";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from "yaml";
import type { Itf, ItfState } from "../../search/result.ts";
import type { ScenarioStep } from "../../search/scenario.ts";
import { didYouMean } from "../../spec/define-spec.ts";
import type { ParameterValue } from "../../spec/parameters.ts";
import { EXIT, UserError } from "../errors.ts";
import { CLAIM_FORMS, type Part, parseClaim, type ReplayRequest } from "./run-replay.ts";

const FIELDS = ["spec", "parameters", "initial", "steps", "expect"] as const;
const STEP_FIELDS = ["action", "message", "arguments", "choice"] as const;

/** `file` is the path as a user reads it. */
export function readScenario(file: string, text: string): Omit<ReplayRequest, "fullStates"> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0]);
    throw new UserError(EXIT.option, `${file}:${line}: this is not YAML: ${error.message}`);
  }
  return new Reader(file, document, lines).scenario();
}

class Reader {
  readonly #file: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(file: string, document: Document, lines: LineCounter) {
    this.#file = file;
    this.#document = document;
    this.#lines = lines;
  }

  scenario(): Omit<ReplayRequest, "fullStates"> {
    const top = this.#document.contents;
    if (!isMap(top))
      throw this.#wrong(top, "a scenario has spec and steps; write spec: FILE, and steps: with a list");
    const fields = this.#fieldsOf(top, FIELDS, "a scenario");
    const spec = this.#text(fields, "spec", top, "a file, relative to the scenario");
    const stepsNode = this.#needed(fields, "steps", top);
    if (!isSeq(stepsNode))
      throw this.#wrong(stepsNode, "steps is a list of actions, each a line that begins with -");
    const stepNodes = stepsNode.items.map((item) => this.#resolved(item));
    const parameters = this.#parameters(fields.get("parameters"));
    const claimNode = fields.get("expect");
    const claim = claimNode === undefined ? null : this.#claim(claimNode);
    const initialNode = fields.get("initial");
    return {
      spec: resolve(dirname(this.#file), spec),
      parameters: parameters.values,
      scenario: {
        initial: initialNode === undefined ? null : this.#initial(initialNode),
        steps: stepNodes.map((node) => this.#step(node)),
      },
      claim,
      source: this.#file,
      placeOf: (part: Part) => {
        if (part === "expect") return this.#place(claimNode ?? null);
        if ("parameter" in part) return this.#place(parameters.places.get(part.parameter) ?? null);
        return this.#place(part.step === 0 ? (initialNode ?? stepsNode) : stepNodes[part.step - 1]!);
      },
    };
  }

  #parameters(node: Node | null | undefined): {
    values: Record<string, ParameterValue>;
    places: ReadonlyMap<string, Node | null>;
  } {
    const values: Record<string, ParameterValue> = {};
    const places = new Map<string, Node | null>();
    if (node === undefined) return { values, places };
    if (!isMap(node)) throw this.#wrong(node, "parameters is a map of values by name, such as { nodes: 3 }");
    for (const [name, value, key] of this.#entries(node)) {
      const given = this.#value(value);
      if (typeof given !== "number" && typeof given !== "boolean" && typeof given !== "string")
        throw this.#wrong(key, `parameters: ${JSON.stringify(given)} is not a value for ${name}`);
      values[name] = given;
      places.set(name, key);
    }
    return { values, places };
  }

  #initial(node: Node | null): number | ItfState {
    const value = this.#value(node);
    if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value;
    if (isFields(value)) return value;
    throw this.#wrong(
      node,
      `initial: ${JSON.stringify(value)} is neither a place, from 1, nor a part of a state, such as { server: { n1: { role: leader } } }`,
    );
  }

  #step(node: Node | null): ScenarioStep {
    if (isScalar(node) && typeof node.value === "string" && node.value !== "") return { action: node.value };
    if (!isMap(node))
      throw this.#wrong(
        node,
        `a step is an action, such as Timeout(n1), or { action: ..., message: ... }; this is ${JSON.stringify(this.#value(node))}`,
      );
    const fields = this.#fieldsOf(node, STEP_FIELDS, "a step");
    const action = this.#text(fields, "action", node, "as traces have it, such as Timeout(n1)");
    const [message, given, choice] = [fields.get("message"), fields.get("arguments"), fields.get("choice")];
    if (message !== undefined && given !== undefined)
      throw this.#wrong(
        given,
        "a step has message or arguments, not both; message is short for arguments: { message: ... }",
      );
    const pattern =
      message === undefined
        ? given === undefined
          ? null
          : this.#value(given)
        : { message: this.#value(message) };
    if (pattern !== null && !isFields(pattern))
      throw this.#wrong(
        given ?? null,
        `arguments: ${JSON.stringify(pattern)} is not a map of values by name`,
      );
    return {
      action,
      ...(pattern === null ? {} : { arguments: pattern }),
      ...(choice === undefined ? {} : { choice: this.#choice(choice) }),
    };
  }

  #choice(node: Node | null): number {
    const value = this.#value(node);
    if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value;
    throw this.#wrong(node, `choice: ${JSON.stringify(value)} is not a place, from 1`);
  }

  #claim(node: Node | null): ReplayRequest["claim"] {
    const value = this.#value(node);
    const claim = typeof value === "string" ? parseClaim(value) : null;
    if (claim === null)
      throw this.#wrong(node, `expect: ${JSON.stringify(value)} is no claim; write ${CLAIM_FORMS}`);
    return claim;
  }

  // --- nodes ---------------------------------------------------------------------------------------------

  #fieldsOf(map: YAMLMap, known: readonly string[], what: string): ReadonlyMap<string, Node | null> {
    const fields = new Map<string, Node | null>();
    for (const [name, value, key] of this.#entries(map)) {
      if (!known.includes(name)) {
        const hint = didYouMean(name, known);
        // In braces a comma ends the action, and the rest of it looks like a field without a value.
        const comma = fields.has("action") && value === null && !hint.startsWith("; did");
        throw this.#wrong(
          key,
          `${what} has no field ${name}${comma ? "; quote an action that has a comma" : hint}`,
        );
      }
      fields.set(name, value);
    }
    return fields;
  }

  #entries(map: YAMLMap): [name: string, value: Node | null, key: Node | null][] {
    return map.items.map((pair) => {
      const key = this.#resolved(pair.key);
      const name = isScalar(key) ? String(key.value) : JSON.stringify(this.#value(key));
      return [name, this.#resolved(pair.value), key];
    });
  }

  #needed(fields: ReadonlyMap<string, Node | null>, name: string, map: YAMLMap): Node | null {
    const node = fields.get(name);
    if (node === undefined) throw this.#wrong(map, `${name} is missing`);
    return node;
  }

  #text(fields: ReadonlyMap<string, Node | null>, name: string, map: YAMLMap, what: string): string {
    const node = this.#needed(fields, name, map);
    const value = this.#value(node);
    if (typeof value === "string" && value !== "") return value;
    throw this.#wrong(
      node ?? map,
      `${name}: ${JSON.stringify(value)} is not ${name === "spec" ? "a file" : "an action"}; write it ${what}`,
    );
  }

  #resolved(node: unknown): Node | null {
    if (node === null || node === undefined) return null;
    const given = node as Node;
    return isAlias(given) ? (given.resolve(this.#document) ?? null) : given;
  }

  #value(node: Node | null): Itf {
    return node === null ? null : this.#itf(node.toJS(this.#document), node);
  }

  #itf(value: unknown, node: Node): Itf {
    if (value === null || value === undefined) return null;
    if (typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (Array.isArray(value)) return value.map((item: unknown) => this.#itf(item, node));
    if (typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.#itf(item, node)]));
    throw this.#wrong(node, `${String(value)} is no value of a state`);
  }

  #place(node: Node | null): string {
    const at = node?.range?.[0];
    return at === undefined ? `${this.#file}: ` : `${this.#file}:${this.#lines.linePos(at).line}: `;
  }

  #wrong(node: Node | null, message: string): UserError {
    return new UserError(EXIT.option, `${this.#place(node)}${message}`);
  }
}

function isFields(value: Itf): value is Readonly<Record<string, Itf>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
