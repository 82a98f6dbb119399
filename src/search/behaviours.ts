/**
 * The behaviours of a model as an explicit labelled transition system: states are numbers, a step has the text
 * that an observer gives it as its label. Unreduced, without symmetry, through the spec's own functions
 * (stepper.ts). For comparing two versions of a spec, which inclusion.ts does; small models only.
 *
 * State 0 is before the beginning: its steps lead to the initial states, so that what is observed of these is
 * part of the behaviour. State 1 is after an end. The others have ids in the order in which a breadth-first
 * search meets them, and are expanded in that order: at a limit those below `expandedCount` have all their
 * steps, the others have none. A state outside the constraint is kept, as a step into it can be taken, and
 * goes no further, as in a search.
 */
import { type Numbers, RememberedSteps } from "./remembered-steps.ts";
import type { Parts, Stepper, Successor } from "./stepper.ts";

export const BEFORE = 0;
export const ENDED = 1;
const FIRST = 2;

/** The label of a step of which nothing is observed. */
export const HIDDEN = 0;

/** Why a state has no successor: declared final, nothing enabled, or a bound, budget or constraint. */
export type End = "final" | "deadlock" | "bound";

/** What is seen of a behaviour. Equal texts look the same; an empty text is a step that nobody sees. */
export interface Observer {
  readonly initial: (parts: Parts) => string;
  readonly step: (before: Parts, successor: Successor) => string;
  readonly end: (how: End) => string;
}

export interface TransitionSystem {
  /** All states, with 0 and 1. */
  readonly stateCount: number;
  /** States below this one have all their steps; equal to `stateCount` unless a limit was reached. */
  readonly expandedCount: number;
  /** The steps of state s are those from `firstStep[s]` up to `firstStep[s + 1]`. */
  readonly firstStep: Int32Array;
  /** By step: its label, the state it leads to, and its position among all successors (or initial states). */
  readonly label: Int32Array;
  readonly target: Int32Array;
  readonly choice: Int32Array;
  /** Texts of labels; the first is empty and stands for steps that are not observed. */
  readonly labels: readonly string[];
}

/** Explores at most `statesMax` states. Throws a RuleError for what a spec may never do. */
export function behavioursOf(stepper: Stepper, observer: Observer, statesMax: number): TransitionSystem {
  const labels = new Labels();
  const steps = new StepList();
  const remembered = new RememberedSteps(stepper);
  const idOf = new Map<string, number>();
  // States that are not expanded yet, by id less FIRST; forgotten afterwards.
  const waiting: (Numbers | null)[] = [];
  const enter = (state: Numbers): number => {
    const key = state.join();
    let id = idOf.get(key);
    if (id === undefined) {
      id = FIRST + idOf.size;
      idOf.set(key, id);
      waiting.push(state);
    }
    return id;
  };
  stepper.initialStates().forEach((parts, choice) => {
    steps.add(labels.idOf(observer.initial(parts)), enter(remembered.numbersOf(parts)), choice);
  });
  steps.endState();
  steps.endState();
  let next = 0;
  // A state whose successors could pass the limit is not expanded: it would have only some of its steps.
  for (; next < waiting.length && waiting.length <= statesMax; next++) {
    const state = waiting[next]!;
    waiting[next] = null;
    const parts = remembered.partsOf(state);
    const isInside = stepper.isInside(parts);
    const { successors, cut } = isInside ? remembered.expand(state) : { successors: [], cut: true };
    successors.forEach((successor, choice) => {
      steps.add(labels.idOf(observer.step(parts, successor)), enter(successor.numbers), choice);
    });
    if (successors.length === 0) {
      const label = labels.idOf(observer.end(cut ? "bound" : stepper.isFinal(parts) ? "final" : "deadlock"));
      if (label !== HIDDEN) steps.add(label, ENDED, 0);
    }
    steps.endState();
  }
  for (let at = next; at < waiting.length; at++) steps.endState();
  return {
    stateCount: FIRST + waiting.length,
    expandedCount: FIRST + next,
    ...steps.arrays(),
    labels: labels.texts,
  };
}

/** Follows steps from the beginning; gives what the spec did, for each but an end. */
export function replay(
  stepper: Stepper,
  system: TransitionSystem,
  path: readonly number[],
): { readonly initial: Parts; readonly successors: readonly Successor[] } {
  const [first, ...rest] = path;
  const initial = stepper.initialStates()[system.choice[first!]!]!;
  const successors: Successor[] = [];
  let parts = initial;
  for (const step of rest) {
    if (system.target[step] === ENDED) break;
    const successor = stepper.expand(parts).successors[system.choice[step]!]!;
    successors.push(successor);
    parts = successor.parts;
  }
  return { initial, successors };
}

/** Two systems with one numbering of labels: the same text has the same number in both. */
export function withCommonLabels(
  a: TransitionSystem,
  b: TransitionSystem,
): readonly [TransitionSystem, TransitionSystem] {
  const common = new Labels();
  const renumbered = (system: TransitionSystem): Int32Array => {
    const numbers = system.labels.map((text) => common.idOf(text));
    return system.label.map((label) => numbers[label]!);
  };
  const [ofA, ofB] = [renumbered(a), renumbered(b)];
  return [
    { ...a, label: ofA, labels: common.texts },
    { ...b, label: ofB, labels: common.texts },
  ];
}

class Labels {
  readonly texts: string[] = [""];
  readonly #ids = new Map<string, number>([["", HIDDEN]]);

  idOf(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.texts.length;
      this.#ids.set(text, id);
      this.texts.push(text);
    }
    return id;
  }
}

/** Steps in the order of their states. Of steps with the same label to the same state the first is kept. */
class StepList {
  readonly #firstStep: number[] = [0];
  readonly #label: number[] = [];
  readonly #target: number[] = [];
  readonly #choice: number[] = [];
  readonly #here = new Set<number>();

  add(label: number, target: number, choice: number): void {
    const key = label * 2 ** 26 + target;
    if (this.#here.has(key)) return;
    this.#here.add(key);
    this.#label.push(label);
    this.#target.push(target);
    this.#choice.push(choice);
  }

  endState(): void {
    this.#here.clear();
    this.#firstStep.push(this.#label.length);
  }

  arrays(): Pick<TransitionSystem, "firstStep" | "label" | "target" | "choice"> {
    return {
      firstStep: Int32Array.from(this.#firstStep),
      label: Int32Array.from(this.#label),
      target: Int32Array.from(this.#target),
      choice: Int32Array.from(this.#choice),
    };
  }
}
