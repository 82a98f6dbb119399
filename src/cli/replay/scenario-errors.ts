/** Why a scenario cannot be replayed, in one line: which step, what is possible instead, what tells it apart. */
import { changesOf } from "../../report/diff.ts";
import { format } from "../../report/itf.ts";
import { changeText } from "../../report/text/trace-text.ts";
import type { Itf, ItfState } from "../../search/result.ts";
import type { Alternative, Reason, Scenario, ScenarioError } from "../../search/scenario.ts";
import { didYouMean } from "../../spec/define-spec.ts";
import { EXIT, UserError } from "../errors.ts";

/** Texts that are listed; more are counted. */
const LISTED_MAX = 12;

/**
 * The exit code is 1 where the spec does not do what the scenario says: then a claim about it is not met either.
 * A step that may be several is a wrong input.
 */
export function scenarioError(error: ScenarioError, { steps, initial }: Scenario, place: string): UserError {
  const { step, reason } = error;
  const code = reason.kind === "ambiguous" ? EXIT.option : EXIT.different;
  if (step === 0) return new UserError(code, `${place}${initialText(reason, initial)}`);
  const wanted = steps[step - 1]!;
  const after = step === 1 ? "in the initial state" : `after step ${step - 1}, ${steps[step - 2]!.action}`;
  const what = `step ${step}, ${wanted.action}`;
  return new UserError(code, `${place}${stepText(reason, what, after, wanted)}`);
}

function stepText(reason: Reason, what: string, after: string, wanted: Scenario["steps"][number]): string {
  switch (reason.kind) {
    case "not-enabled": {
      if (reason.thrown !== null) return `${what}, throws ${after}: ${reason.thrown}`;
      if (reason.enabled.length === 0) return `${what}, is not enabled ${after}; nothing is`;
      const hint = didYouMean(wanted.action, reason.enabled);
      const near = hint.startsWith("; did") ? hint : "";
      return `${what}, is not enabled ${after}${near}${near === "" ? ";" : ""} enabled: ${listed(reason.enabled)}`;
    }
    case "no-match":
      return reason.of === "result"
        ? `${what}, is enabled ${after}, but does not change what it changed when the trace was made`
        : `${what}, is enabled ${after}, but not with ${argumentsText(wanted.arguments ?? {})}; there is ${listed(reason.offered.map(offeredText))}`;
    case "no-choice":
      return `${what}, choice: ${wanted.choice}: there ${reason.count === 1 ? "is 1 next state" : `are ${reason.count} next states`} ${after}`;
    case "ambiguous":
      return `${what}, can be ${reason.alternatives.length} different steps ${after}; add one of ${alternativesText(reason.alternatives, reason.before)}`;
  }
}

function initialText(reason: Reason, initial: Scenario["initial"]): string {
  switch (reason.kind) {
    case "no-choice":
      return `initial: ${Number(initial)}: the spec has ${reason.count} initial state${reason.count === 1 ? "" : "s"}`;
    case "no-match":
      return `${typeof initial === "function" ? "the recorded initial state is none of the spec's" : `initial: no initial state has ${format(initial as Itf)}`}; there ${reason.offered.length === 1 ? `is ${format(reason.offered[0]!)}` : `are ${reason.offered.length}`}`;
    case "ambiguous": {
      const { alternatives } = reason;
      const [first, ...others] = alternatives as [Alternative, ...Alternative[]];
      const texts = others.map(
        ({ state, choice }) => `${choice.place} (${differences(first.state, state, () => true)})`,
      );
      return `${alternatives.length} initial states are possible; add initial: ${listed([String(first.choice.place), ...texts])}, or a part of one`;
    }
    default:
      return "the initial state is not possible";
  }
}

function alternativesText(alternatives: readonly Alternative[], before: ItfState | null): string {
  const common = (path: string, text: string): boolean =>
    before !== null &&
    alternatives.every(({ state }) =>
      changesOf(before, state).some((change) => change.path === path && changeText(change) === text),
    );
  return listed(
    alternatives.map(({ state, choice }) => {
      const said = choice.arguments === null ? [] : [argumentsText(choice.arguments)];
      if (choice.place === null || before === null) return said.join("");
      const differs = differences(before, state, (path, text) => !common(path, text));
      return [...said, `choice: ${choice.place} (${differs === "" ? "changes nothing else" : differs})`].join(
        ", ",
      );
    }),
  );
}

function differences(
  before: ItfState,
  after: ItfState,
  isTold: (path: string, text: string) => boolean,
): string {
  const changes = changesOf(before, after)
    .map((change) => ({ path: change.path, text: changeText(change) }))
    .filter(({ path, text }) => isTold(path, text))
    .map(({ path, text }) => `${path}: ${text}`);
  return `${changes.slice(0, 3).join(", ")}${changes.length > 3 ? ", ..." : ""}`;
}

/** As it is written in a scenario: `message: {term: 2}`. */
function argumentsText(given: Readonly<Record<string, Itf>>): string {
  const names = Object.keys(given);
  return names.length === 1 && names[0] === "message"
    ? `message: ${format(given.message!)}`
    : `arguments: ${format(given)}`;
}

function offeredText(given: Itf): string {
  return typeof given === "object" && given !== null && !Array.isArray(given)
    ? argumentsText(given as Readonly<Record<string, Itf>>)
    : format(given);
}

function listed(texts: readonly string[]): string {
  const more = texts.length - LISTED_MAX;
  const shown = texts.slice(0, LISTED_MAX);
  if (more > 0) return `${shown.join(", ")} and ${more} more`;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`;
}
