/**
 * Whether every behaviour of one transition system is one of another: inclusion of their sets of finite observed
 * sequences (traces, in the words of process algebra). Ends, endless repetition and branching are not compared,
 * unless an observer makes an end a step (behaviours.ts).
 *
 * A breadth-first search over pairs: a state of A, and the set of all states in which B can be after the same
 * observations. An observed step of A that no state of the set can take ends it: the sequence so far and this
 * step are a shortest one that A has and B has not. Steps that are not observed cost nothing in this search, so
 * pairs are taken level by level, each level closed under them. The sets are made as they are needed (subset
 * construction, at worst exponential in B), therefore `pairsMax`.
 *
 * A pair (a, S) is left out when (a, T) with T within S was taken before: whatever shows a difference from the
 * former shows it from the latter, and no later (antichains: De Wulf, Doyen, Henzinger, Raskin, CAV 2006).
 *
 * States that were not expanded (a limit) make no claim: from such a state of A nothing is followed; a set with
 * such a state of B might take any step. Then a difference that is found is one, but perhaps not a shortest, and
 * none found is no answer.
 */
import { BEFORE, HIDDEN, type TransitionSystem } from "./behaviours.ts";

export interface Difference {
  /** Labels of the observed steps; B can do all but the last. */
  readonly word: readonly number[];
  /** Steps of A that are observed as this, as few as possible; the first leads to an initial state. */
  readonly path: readonly number[];
  /** What B could do instead of the last, as labels in ascending order. */
  readonly instead: readonly number[];
  /** Whether no shorter sequence is a difference. */
  readonly isShortest: boolean;
}

export interface Inclusion {
  /** Pairs taken. */
  readonly pairs: number;
  readonly difference: Difference | null;
  /** Without a difference: why there may be one all the same. Null: there is none. */
  readonly undecided: "pairs" | "states" | null;
}

/** Compares two systems with common labels. */
export function inclusionOf(a: TransitionSystem, b: TransitionSystem, pairsMax: number): Inclusion {
  const sets = new StateSets(b, pairsMax * MEMBERS_PER_PAIR);
  const taken = new Antichains(sets);
  let isPartial = false;
  let pairs = 0;
  let level = new Pairs();
  const enter = (into: Pairs, state: number, set: number, before: number, label: number): void => {
    if (sets.isOpen(set)) isPartial = true;
    else into.add(state, set, before, label);
  };
  enter(level, BEFORE, sets.initial(), -1, HIDDEN);
  // Pairs with how they came about, for the sequence of observations that leads to each.
  const history = new Pairs();
  while (level.size > 0) {
    const next = new Pairs();
    // What was left out in this level could only show differences that are not shorter.
    const isShortest = !isPartial;
    for (let at = 0; at < level.size; at++) {
      const state = level.state[at]!;
      const set = level.set[at]!;
      if (!taken.take(state, set)) continue;
      if (state >= a.expandedCount) {
        isPartial = true;
        continue;
      }
      if (pairs === pairsMax || sets.isFull) return { pairs, difference: null, undecided: "pairs" };
      pairs++;
      const self = history.add(state, set, level.before[at]!, level.label[at]!);
      for (let step = a.firstStep[state]!; step < a.firstStep[state + 1]!; step++) {
        const label = a.label[step]!;
        const target = a.target[step]!;
        if (label === HIDDEN) {
          level.add(target, set, self, HIDDEN);
          continue;
        }
        const after = sets.after(set, label);
        if (after === EMPTY) {
          const word = [...history.labelsTo(self), label];
          const instead = sets.labelsOf(set);
          const difference = { word, path: shortestPath(a, word), instead, isShortest };
          return { pairs, difference, undecided: null };
        }
        enter(next, target, after, self, label);
      }
    }
    level = next;
  }
  return { pairs, difference: null, undecided: isPartial ? "states" : null };
}

/** The sets of B may have so many members together for each pair that is allowed. */
const MEMBERS_PER_PAIR = 10;

const EMPTY = -1;

/** Lists of pairs, each with the pair before it (-1 for none) and the label of the step from there. */
class Pairs {
  readonly state: number[] = [];
  readonly set: number[] = [];
  readonly before: number[] = [];
  readonly label: number[] = [];

  get size(): number {
    return this.state.length;
  }

  add(state: number, set: number, before: number, label: number): number {
    this.state.push(state);
    this.set.push(set);
    this.before.push(before);
    this.label.push(label);
    return this.state.length - 1;
  }

  /** The observed steps on the way to a pair. */
  labelsTo(pair: number): number[] {
    const labels: number[] = [];
    for (let at = pair; at >= 0; at = this.before[at]!)
      if (this.label[at] !== HIDDEN) labels.push(this.label[at]!);
    return labels.reverse();
  }
}

/** The sets taken with each state of A, none within another as far as it was looked. */
class Antichains {
  /** How many sets are compared with: leaving pairs out saves time only while looking is cheap. */
  static readonly #LOOKED_AT_MAX = 16;
  readonly #sets: StateSets;
  readonly #least = new Map<number, number[]>();
  readonly #seen = new Map<number, Set<number>>();

  constructor(sets: StateSets) {
    this.#sets = sets;
  }

  /** False when the pair need not be looked at. */
  take(state: number, set: number): boolean {
    const seen = this.#seen.get(state);
    if (seen === undefined) {
      this.#seen.set(state, new Set([set]));
      this.#least.set(state, [set]);
      return true;
    }
    if (seen.has(set)) return false;
    seen.add(set);
    const least = this.#least.get(state)!;
    const from = Math.max(0, least.length - Antichains.#LOOKED_AT_MAX);
    for (let at = from; at < least.length; at++) if (this.#sets.isWithin(least[at]!, set)) return false;
    least.push(set);
    return true;
  }
}

/** Sets of states of one system, closed under steps that are not observed, by number. */
class StateSets {
  readonly #system: TransitionSystem;
  readonly #membersMax: number;
  /** Sorted members by set. */
  readonly #members: Int32Array[] = [];
  readonly #isOpen: boolean[] = [];
  readonly #byHash = new Map<number, number[]>();
  /** By set: the states that each label leads to, and the sets made of them so far. */
  readonly #targets: (Map<number, number[]> | undefined)[] = [];
  readonly #after: Map<number, number>[] = [];
  /** Marks members while a set is closed. */
  readonly #mark: Int32Array;
  #round = 0;
  #memberCount = 0;

  constructor(system: TransitionSystem, membersMax: number) {
    this.#system = system;
    this.#membersMax = membersMax;
    this.#mark = new Int32Array(system.stateCount);
  }

  /** Whether the limit of members is passed. */
  get isFull(): boolean {
    return this.#memberCount > this.#membersMax;
  }

  initial(): number {
    return this.#closed([BEFORE]);
  }

  /** Whether a member has not been expanded. */
  isOpen(set: number): boolean {
    return this.#isOpen[set]!;
  }

  /** The set after an observed step, or EMPTY. */
  after(set: number, label: number): number {
    let after = this.#after[set]!.get(label);
    if (after === undefined) {
      const targets = this.#targetsOf(set).get(label);
      after = targets === undefined ? EMPTY : this.#closed(targets);
      this.#after[set]!.set(label, after);
    }
    return after;
  }

  /** What can be observed next. */
  labelsOf(set: number): number[] {
    return [...this.#targetsOf(set).keys()].sort((x, y) => x - y);
  }

  /** Whether all members of one set are members of another. */
  isWithin(inner: number, outer: number): boolean {
    const [few, many] = [this.#members[inner]!, this.#members[outer]!];
    if (few.length > many.length) return false;
    let at = 0;
    for (const member of few) {
      while (at < many.length && many[at]! < member) at++;
      if (many[at] !== member) return false;
    }
    return true;
  }

  #targetsOf(set: number): Map<number, number[]> {
    let targets = this.#targets[set];
    if (targets !== undefined) return targets;
    targets = new Map();
    const { firstStep, label, target } = this.#system;
    for (const state of this.#members[set]!)
      for (let step = firstStep[state]!; step < firstStep[state + 1]!; step++) {
        if (label[step] === HIDDEN) continue;
        const known = targets.get(label[step]!);
        if (known === undefined) targets.set(label[step]!, [target[step]!]);
        else known.push(target[step]!);
      }
    this.#targets[set] = targets;
    return targets;
  }

  #closed(states: readonly number[]): number {
    const { firstStep, label, target } = this.#system;
    const round = ++this.#round;
    const members: number[] = [];
    const reach = (state: number): void => {
      if (this.#mark[state] === round) return;
      this.#mark[state] = round;
      members.push(state);
    };
    states.forEach(reach);
    for (let at = 0; at < members.length; at++) {
      const state = members[at]!;
      for (let step = firstStep[state]!; step < firstStep[state + 1]!; step++)
        if (label[step] === HIDDEN) reach(target[step]!);
    }
    return this.#intern(Int32Array.from(members).sort());
  }

  #intern(members: Int32Array): number {
    let hash = members.length;
    for (const member of members) hash = Math.imul(hash ^ member, 0x01000193);
    const candidates = this.#byHash.get(hash) ?? [];
    for (const set of candidates) {
      const known = this.#members[set]!;
      if (known.length === members.length && known.every((member, at) => member === members[at])) return set;
    }
    const set = this.#members.length;
    this.#members.push(members);
    this.#isOpen.push(members[members.length - 1]! >= this.#system.expandedCount);
    this.#after.push(new Map());
    this.#byHash.set(hash, [...candidates, set]);
    this.#memberCount += members.length;
    return set;
  }
}

/** As few steps as possible that are observed as a word. There are such steps. */
function shortestPath({ firstStep, label, target }: TransitionSystem, word: readonly number[]): number[] {
  // A node is a state and how much of the word has been seen.
  const width = word.length + 1;
  const start = BEFORE * width;
  const cameBy = new Map<number, { readonly step: number; readonly from: number }>();
  const queue = [start];
  for (const node of queue) {
    const seen = node % width;
    const state = (node - seen) / width;
    if (seen === word.length) {
      const path: number[] = [];
      for (let at = node; at !== start; at = cameBy.get(at)!.from) path.push(cameBy.get(at)!.step);
      return path.reverse();
    }
    for (let step = firstStep[state]!; step < firstStep[state + 1]!; step++) {
      const isSeen = label[step] === word[seen];
      if (!isSeen && label[step] !== HIDDEN) continue;
      const to = target[step]! * width + seen + (isSeen ? 1 : 0);
      if (to === start || cameBy.has(to)) continue;
      cameBy.set(to, { step, from: node });
      queue.push(to);
    }
  }
  throw new Error("no steps are observed as this word");
}
