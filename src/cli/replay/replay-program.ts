/** The function `replay()`: its options as data, checked before anything runs. */
import type { Replay, ReplayOptions } from "../../replay.ts";
import type { Itf } from "../../search/result.ts";
import type { ScenarioStep } from "../../search/scenario.ts";
import { didYouMean } from "../../spec/define-spec.ts";
import { type RawOptions, wrongOption } from "../options.ts";
import { CLAIM_FORMS, parseClaim, runReplay } from "./run-replay.ts";

const OPTIONS: readonly (keyof ReplayOptions)[] = ["nodes", "set", "faults", "initial", "steps", "expect"];
const FIELDS: readonly string[] = ["action", "message", "arguments", "choice"];

export async function replayFor(spec: string | URL, options: ReplayOptions): Promise<Replay> {
  for (const name of Object.keys(options))
    if (!OPTIONS.some((known) => known === name))
      throw wrongOption(`replay() has no option ${name}${didYouMean(name, OPTIONS)}`);
  const { initial, steps, expect, nodes, set, faults } = options;
  if (!Array.isArray(steps)) throw wrongOption(`steps: ${show(steps)} is not a list of actions`);
  if (typeof initial === "number" ? !isPlace(initial) : initial !== undefined && !isFields(initial))
    throw wrongOption(`initial: ${show(initial)} is neither a place, from 1, nor a part of a state`);
  const claim = expect === undefined ? null : parseClaim(String(expect));
  if (expect !== undefined && claim === null)
    throw wrongOption(`expect: ${show(expect)} is no claim; write ${CLAIM_FORMS}`);
  const given = Object.entries({ nodes, set, faults }).filter(([, value]) => value !== undefined);
  const { report } = await runReplay(
    {
      spec,
      parameters: {},
      scenario: { initial: initial ?? null, steps: steps.map(stepOf) },
      claim,
      source: null,
      placeOf: () => "",
      fullStates: true,
    },
    Object.fromEntries(given) as RawOptions,
    "program",
  );
  // The parameters were given here; there is no scenario that they differ from.
  return { ...report, overridden: [], failed: report.trace.at(-1)?.failed ?? [] };
}

function stepOf(step: unknown, at: number): ScenarioStep {
  const where = `steps[${at}]`;
  if (typeof step === "string") return { action: step };
  if (!isFields(step)) throw wrongOption(`${where}: ${show(step)} is not an action, such as "Timeout(n1)"`);
  for (const name of Object.keys(step))
    if (!FIELDS.includes(name)) throw wrongOption(`${where} has no field ${name}${didYouMean(name, FIELDS)}`);
  const { action, message, arguments: given, choice } = step;
  if (typeof action !== "string") throw wrongOption(`${where}.action: ${show(action)} is not an action`);
  if (message !== undefined && given !== undefined)
    throw wrongOption(`${where} has message and arguments; message is short for arguments: { message }`);
  if (choice !== undefined && !isPlace(choice))
    throw wrongOption(`${where}.choice: ${show(choice)} is not a place, from 1`);
  if (given !== undefined && !isFields(given))
    throw wrongOption(`${where}.arguments: ${show(given)} is not a map of values by name`);
  return {
    action,
    ...(message === undefined ? {} : { arguments: { message: message as Itf } }),
    ...(given === undefined ? {} : { arguments: given as Readonly<Record<string, Itf>> }),
    ...(choice === undefined ? {} : { choice }),
  };
}

function isPlace(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
