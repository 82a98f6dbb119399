/**
 * What a worker thread does: explores level by level, then marks and explains what was found.
 *
 * Workers meet at a barrier when a level is used up or when one of them needs a change that all must see
 * (a larger table, another layout). The last to arrive runs the serial section: it makes room, moves the
 * search to the next level or phase, and in the end tells the result. Every worker runs the same program;
 * which one is last does not matter.
 */
import { type Check, Checks } from "../model/checks.ts";
import { DecisionTree } from "../model/decision-tree.ts";
import { forced, instancesOf } from "../model/instances.ts";
import { growBits, initialBits } from "../model/layout.ts";
import { ObservedSource } from "../model/observe.ts";
import { CapacityError, PartStore } from "../model/part-store.ts";
import { NameTable } from "../model/permutation.ts";
import { RunTree } from "../model/run-tree.ts";
import { Transitions } from "../model/transitions.ts";
import { EvaluationError, messageOf, RuleError, SpecError, takeBrokenRule } from "../spec/errors.ts";
import type { Model } from "../spec/model.ts";
import { type Outcome, State } from "../spec/state.ts";
import { Barrier } from "../store/barrier.ts";
import { CONTROL, LEVELS_MAX, type SharedMemory, STATS } from "../store/memory.ts";
import type { PairTable } from "../store/pair-table.ts";
import { Audit } from "./audit.ts";
import { Explorer, PHASE } from "./explorer.ts";
import { Findings, STOP } from "./findings.ts";
import type { BoundResult, PropertyResult, SearchOptions, Violation } from "./result.ts";
import { type TraceContext, violationOf } from "./trace.ts";

/** What the serial section tells the thread that started the search. */
export interface Outcomes {
  readonly stop: number;
  readonly generated: number;
  readonly distinct: number;
  readonly queued: number;
  readonly boundTerminal: number;
  readonly depth: number;
  readonly levels: number[];
  readonly properties: PropertyResult[];
  readonly bounds: BoundResult[];
  readonly reached: { property: string; steps: number | null }[];
  readonly actions: Record<string, { enabled: number; generated: number }>;
  readonly storedBytes: number;
  readonly symmetry: string[];
  readonly ties: { seen: number; tried: number };
}

/**
 * How a worker tells what was found. Which worker explains which violation depends on timing, so each tells its
 * own, with its place in the order of all.
 */
export interface Tell {
  readonly outcomes: (outcomes: Outcomes) => void;
  readonly violation: (place: number, violation: Violation) => void;
}

export interface WorkerSetup {
  readonly memory: SharedMemory;
  readonly worker: number;
  readonly options: SearchOptions;
}

/** Words of the shared tables that a model needs. */
export function tableWords(model: Model): number {
  return Checks.tableWords(model) + Transitions.tableWords(model) + Findings.tableWords(model);
}

export class WorkerProgram {
  readonly #model: Model;
  readonly #memory: SharedMemory;
  readonly #options: SearchOptions;
  readonly #worker: number;
  readonly #parts: PartStore;
  readonly #tree: DecisionTree;
  readonly #checks: Checks;
  readonly #transitions: Transitions;
  readonly #findings: Findings;
  readonly #explorer: Explorer;
  readonly #barrier: Barrier;
  readonly #audit: Audit | null;
  readonly #tell: Tell;
  #retiredAt = -2;

  constructor(model: Model, setup: WorkerSetup, tell: Tell) {
    const { memory, options, worker } = setup;
    this.#model = model;
    this.#memory = memory;
    this.#options = options;
    this.#worker = worker;
    this.#tell = tell;
    this.#parts = new PartStore(model, new NameTable(model.idSets, options.symmetry), memory);
    const instanceCount = instancesOf(model.actions).length;
    this.#tree = new DecisionTree(memory, instanceCount + Checks.instanceCount(model));
    this.#checks = new Checks(
      model,
      this.#parts,
      { tree: this.#tree, firstRoot: instanceCount + 1 },
      memory,
      0,
      options.properties,
    );
    let tables = Checks.tableWords(model);
    this.#transitions = new Transitions(
      model,
      this.#parts,
      this.#checks,
      new RunTree(this.#tree, 1),
      memory,
      tables,
      worker,
      options.workers,
    );
    tables += Transitions.tableWords(model);
    this.#findings = new Findings(model, this.#checks, this.#parts, memory, tables);
    this.#explorer = new Explorer(
      model,
      memory,
      this.#parts,
      this.#transitions,
      this.#checks,
      this.#findings,
      {
        deadlock: options.deadlock,
        worker,
      },
    );
    this.#barrier = new Barrier(memory.control, options.workers);
    this.#audit = options.audit
      ? new Audit({
          model,
          parts: this.#parts,
          transitions: this.#transitions,
          checks: this.#checks,
          canonicalizer: this.#explorer.canonicalizer,
        })
      : null;
    if (this.#audit !== null) {
      const audit = this.#audit;
      this.#transitions.onRun = (instance, message, ids, run) => audit.afterRun(instance, message, ids, run);
      this.#checks.onRun = (run, reads) => audit.afterCheck(run, reads);
      this.#explorer.onExpanded = (ids) => audit.afterExpansion(ids);
    }
  }

  run(): void {
    const { control } = this.#memory;
    this.#barrier.meet(() => this.#begin());
    for (;;) {
      this.#refresh();
      const phase = control[CONTROL.phase]!;
      if (phase === PHASE.end) break;
      this.#explorer.run(phase);
      this.#explorer.release();
      Atomics.add(control, CONTROL.postponed, this.#explorer.postponed.length);
      this.#barrier.meet(() => this.#serial());
      if (control[CONTROL.reindex] !== 0) this.#reindex();
    }
    this.#audit?.finish();
  }

  /** An index has become larger: every worker makes its share of it, and then the serial section goes on. */
  #reindex(): void {
    const { control } = this.#memory;
    const { roots, inner } = this.#explorer;
    const { workers } = this.#options;
    const tables = [roots, inner].filter((_, n) => (control[CONTROL.reindex]! & (1 << n)) !== 0);
    for (const table of tables) table.clearShare(this.#worker, workers);
    this.#barrier.meet(() => {});
    for (const table of tables) table.indexShare(this.#worker, workers);
    this.#barrier.meet(() => {
      control[CONTROL.reindex] = 0;
      this.#refresh();
      this.#advance();
    });
  }

  #refresh(): void {
    this.#parts.refresh();
    this.#tree.refresh();
    this.#transitions.refresh();
    this.#explorer.refresh();
    const { control } = this.#memory;
    // Within a level every worker checks the same things, so that what is found does not depend on when.
    if (this.#retiredAt !== control[CONTROL.depth]) {
      this.#retiredAt = control[CONTROL.depth]!;
      this.#findings.retire();
    }
    if (control[CONTROL.phase] === PHASE.mark) {
      for (const check of this.#checks.all) check.active = false;
      this.#explorer.target = this.#findings.violations()[control[CONTROL.targetIndex]!]!;
    }
  }

  // --- serial sections -------------------------------------------------------------------------------

  #begin(): void {
    const { control } = this.#memory;
    control[CONTROL.chunk] = 1;
    this.#transitions.bits.set(initialBits(this.#model));
    this.#parts.reset();
    this.#transitions.reset();
    this.#transitions.resetOperations();
    this.#tree.reset();
    this.#explorer.roots.reset(2 ** 18);
    this.#explorer.inner.reset(2 ** 18);
    control[CONTROL.statesMax] = this.#options.statesMax ?? 0;
    control[CONTROL.depth] = -1;
    this.#refresh();
    const stats = this.#stats(this.#worker);
    const initialStates = this.#initialStates();
    if (initialStates.length === 0)
      throw new SpecError(
        "the spec has no initial state; what m.initial() is given must return at least one",
      );
    for (const ids of initialStates) {
      stats[STATS.generated]!++;
      if (!this.#findings.checkInitial(ids)) continue;
      this.#insert(this.#explorer.canonicalizer.representative(ids, this.#memory.arena));
      if (this.#explorer.roots.inserted) stats[STATS.distinct]!++;
    }
    this.#explorer.release();
    control[CONTROL.depth] = 0;
    this.#beginLevel(0, 0);
    if (this.#mustEndLevels()) this.#endExploration();
    this.#forgetOutdated();
  }

  /** Inserts a state, making another layout and larger tables as often as it takes. */
  #insert(ids: Int32Array): void {
    const { roots, inner } = this.#explorer;
    while (this.#explorer.insert(ids) < 0) {
      if (roots.full || inner.full) throw new CapacityError("states");
      this.#relayout();
      this.#refresh();
    }
    this.#growAtOnce(roots);
    this.#growAtOnce(inner);
  }

  /** Serial: makes the index of a table larger if it should grow. */
  #growAtOnce(table: PairTable): void {
    if (!table.wantsGrowth) return;
    table.release();
    table.grow(table.idCount);
    table.refresh();
  }

  /** All initial states by the ids of their parts, in the order in which the spec gives them. */
  #initialStates(): Int32Array[] {
    const { kinds, initializers, locationCount } = this.#model;
    const first = new Int32Array(locationCount);
    for (const kind of kinds)
      for (let n = 0; n < kind.locationCount; n++) {
        const location = kind.firstLocation + n;
        first[location] = this.#intern(
          kind.ordinal,
          kind.initial(kind.ownerIds(location)),
          kind.describe(location),
        );
      }
    let states: Int32Array[] = [first];
    for (const make of initializers) states = states.flatMap((ids) => this.#initialized(ids, make));
    return states;
  }

  #intern(kind: number, value: unknown, where: string): number {
    try {
      return this.#parts.intern(kind, value);
    } catch (error) {
      if (error instanceof RuleError) throw new RuleError(`initial state: ${where} ${error.message}`);
      throw error;
    }
  }

  #initialized(ids: Int32Array, make: (state: State) => Outcome): Int32Array[] {
    const source = new ObservedSource(
      (at) => this.#parts.value(this.#parts.kindAt[at]!, ids[at]!),
      null,
      false,
    );
    let outcomes: State[];
    takeBrokenRule();
    try {
      outcomes = forced(make(new State(source)), source);
    } catch (error) {
      if (error instanceof RuleError) throw new RuleError(`initial state: ${error.message}`);
      if (error instanceof SpecError) throw error;
      throw new EvaluationError("action", `initial state: ${messageOf(error)}`);
    }
    const broken = takeBrokenRule();
    if (broken !== null) throw new RuleError(`initial state: ${broken.message}`);
    return outcomes.map((state) => {
      const made = ids.slice();
      for (const { location, kind, code, operand } of State.operationsOf(state)) {
        const part =
          code === "assign"
            ? this.#intern(kind.ordinal, operand, kind.describe(location))
            : this.#parts.apply(this.#parts.internOperation(location, code, operand), made[location]!);
        if (part < 0) throw new RuleError(`initial state: ${kind.describe(location)} refuses ${code}`);
        made[location] = part;
      }
      this.#parts.makeRoomIfCrowded();
      return made;
    });
  }

  #serial(): void {
    const { control } = this.#memory;
    control[CONTROL.pause] = 0;
    this.#makeRoom();
    // Nothing can be looked up before the larger index has been made.
    if (control[CONTROL.reindex] === 0) this.#advance();
  }

  /** Goes on to the next level, or phase, if this one is done. */
  #advance(): void {
    const { control } = this.#memory;
    const postponed = control[CONTROL.postponed]!;
    control[CONTROL.postponed] = 0;
    const levelDone = postponed === 0 && control[CONTROL.levelNext]! >= control[CONTROL.levelEnd]!;
    if (control[CONTROL.phase] === PHASE.explore) {
      if (control[CONTROL.interrupt] !== STOP.none) this.#endExploration();
      else if (levelDone) this.#nextLevel();
    } else if (levelDone) this.#nextMark();
    if (levelDone) this.#forgetOutdated();
  }

  #makeRoom(): void {
    const { control } = this.#memory;
    this.#parts.makeRoom();
    this.#tree.makeRoom();
    this.#transitions.makeRoom();
    this.#transitions.regroup();
    if (control[CONTROL.layoutOverflow] === 1) this.#relayout();
    const { roots, inner } = this.#explorer;
    // A little ahead only: an index that fills up in the middle of a level is grown there, at a pause.
    const plans = [roots, inner].map((table) => table.planGrowth(Math.ceil(table.idCount * 0.05)));
    plans.forEach(({ mustReindex }, n) => {
      if (mustReindex) control[CONTROL.reindex]! |= 1 << n;
    });
    if (plans.some(({ fits }) => !fits) || this.#parts.full) this.#findings.noteCapacity();
  }

  /** What properties read has grown in this level: effects know too few of the checks that they concern. */
  #forgetOutdated(): void {
    const { control } = this.#memory;
    if (control[CONTROL.readsGrew] === 0) return;
    control[CONTROL.readsGrew] = 0;
    control[CONTROL.readsVersion]!++;
    this.#transitions.reset(control[CONTROL.effectSlots]!);
    this.#transitions.resetOperations();
  }

  /** Widens what has become too narrow and encodes all stored states anew. */
  #relayout(): void {
    const { control } = this.#memory;
    control[CONTROL.layoutOverflow] = 0;
    const { roots, inner } = this.#explorer;
    const count = roots.idCount;
    const states: Int32Array = roots.pairs.slice(0, 2 * count);
    const reader = this.#explorer.reader(states, inner.pairs.slice(0, 2 * inner.idCount));
    if (!growBits(this.#model, this.#transitions.bits, (kind) => this.#parts.countOf(kind))) return;
    control[CONTROL.layoutVersion]!++;
    this.#transitions.reset(control[CONTROL.effectSlots]!);
    inner.clear();
    this.#refresh();
    const ids = new Int32Array(this.#model.locationCount);
    for (let state = 0; state < count; state++) {
      if (states[2 * state] === -1) continue;
      reader(state, ids);
      this.#explorer.rewrite(state, ids);
      if (inner.full) throw new CapacityError("states");
      this.#growAtOnce(inner);
    }
    inner.release();
    roots.rebuild(control[CONTROL.rootSlots]!);
    this.#refresh();
  }

  #beginLevel(depth: number, start: number): void {
    const { control, levels } = this.#memory;
    const end = this.#explorer.roots.idCount;
    control[CONTROL.levelStart] = start;
    control[CONTROL.levelNext] = start;
    control[CONTROL.levelEnd] = end;
    levels[2 * depth] = start;
    const stored = this.#total(STATS.distinct);
    levels[2 * depth + 1] = stored - control[CONTROL.storedBefore]!;
    control[CONTROL.storedBefore] = stored;
    control[CONTROL.levelCount] = depth + 1;
    control[CONTROL.chunk] = Math.max(
      1,
      Math.min(512, Math.floor((end - start) / (this.#options.workers * 16))),
    );
  }

  #nextLevel(): void {
    const { control } = this.#memory;
    const depth = control[CONTROL.depth]!;
    this.#beginLevel(depth + 1, control[CONTROL.levelEnd]!);
    if (this.#mustEndLevels()) this.#endExploration();
    else control[CONTROL.depth] = depth + 1;
  }

  #mustEndLevels(): boolean {
    const { control, levels } = this.#memory;
    const next = control[CONTROL.levelCount]! - 1;
    if (levels[2 * next + 1] === 0) return true;
    if (this.#findings.violations().length > 0 && !this.#options.keepGoing) return true;
    if (this.#options.statesMax !== null && this.#total(STATS.distinct) >= this.#options.statesMax) {
      control[CONTROL.interrupt] = STOP.states;
      return true;
    }
    if (next === this.#options.depthMax) {
      control[CONTROL.interrupt] = STOP.depth;
      return true;
    }
    if (next >= LEVELS_MAX - 2) {
      control[CONTROL.interrupt] = STOP.capacity;
      return true;
    }
    return false;
  }

  #stats(worker: number): Float64Array {
    const { stats, statsStride } = this.#memory;
    return stats.subarray(worker * statsStride, (worker + 1) * statsStride);
  }

  #total(at: number): number {
    let sum = 0;
    for (let worker = 0; worker < this.#options.workers; worker++) sum += this.#stats(worker)[at]!;
    return sum;
  }

  // --- the end ---------------------------------------------------------------------------------------

  #endExploration(): void {
    const { control } = this.#memory;
    control[CONTROL.targetIndex] = -1;
    this.#nextTarget();
  }

  /** Starts the marking pass of the next finding, or ends the search. */
  #nextTarget(): void {
    const { control } = this.#memory;
    const targets = this.#targets();
    for (;;) {
      const at = control[CONTROL.targetIndex]! + 1;
      control[CONTROL.targetIndex] = at;
      if (at >= targets.length) return this.#finish();
      const target = targets[at]!;
      if (target.levelDepth < 0) {
        this.#explain();
        continue;
      }
      this.#memory.marks.fill(0, 0, this.#explorer.roots.idCount);
      control[CONTROL.phase] = PHASE.mark;
      control[CONTROL.targetDepth] = target.levelDepth;
      this.#setMarkLevel(target.levelDepth);
      return;
    }
  }

  #targets(): ReturnType<Findings["violations"]> {
    const all = this.#findings.violations();
    return this.#options.keepGoing ? all : all.slice(0, 1);
  }

  #setMarkLevel(depth: number): void {
    const { control, levels } = this.#memory;
    control[CONTROL.depth] = depth;
    control[CONTROL.levelStart] = levels[2 * depth]!;
    control[CONTROL.levelNext] = levels[2 * depth]!;
    const last = depth + 1 >= control[CONTROL.levelCount]!;
    control[CONTROL.levelEnd] = last ? this.#explorer.roots.idCount : levels[2 * depth + 2]!;
  }

  #nextMark(): void {
    const depth = this.#memory.control[CONTROL.depth]!;
    if (depth > 0) {
      this.#setMarkLevel(depth - 1);
      return;
    }
    this.#explain();
    this.#nextTarget();
  }

  #explain(): void {
    const { control } = this.#memory;
    const finding = this.#targets()[control[CONTROL.targetIndex]!]!;
    this.#refresh();
    const context: TraceContext = {
      model: this.#model,
      memory: this.#memory,
      parts: this.#parts,
      transitions: this.#transitions,
      checks: this.#checks,
      findings: this.#findings,
      explorer: this.#explorer,
      canonicalizer: this.#explorer.canonicalizer,
      initialStates: this.#initialStates(),
    };
    this.#tell.violation(control[CONTROL.targetIndex]!, violationOf(finding, context));
  }

  #finish(): void {
    const { control, levels } = this.#memory;
    control[CONTROL.phase] = PHASE.end;
    const distinct = this.#total(STATS.distinct);
    let depth = control[CONTROL.levelCount]! - 1;
    if (depth > 0 && levels[2 * depth + 1] === 0) depth--;
    this.#tell.outcomes({
      stop: control[CONTROL.interrupt]!,
      generated: this.#total(STATS.generated),
      distinct,
      queued: distinct - this.#expanded(),
      boundTerminal: this.#total(STATS.boundTerminal),
      depth,
      levels: Array.from({ length: depth + 1 }, (_, at) => levels[2 * at + 1]!),
      properties: this.#properties(),
      bounds: this.#bounds(),
      reached: this.#checks.all
        .filter((check) => check.kind === "reachable" && check.property!.expected)
        .map((check) => ({ property: check.name, steps: this.#findings.seenAt(check) })),
      actions: this.#coverage(),
      storedBytes: this.#storedBytes(),
      symmetry: this.#parts.names.sets.map((set) => set.name),
      ties: { seen: this.#explorer.canonicalizer.tiesSeen, tried: this.#explorer.canonicalizer.ordersTried },
    });
  }

  #expanded(): number {
    return this.#total(STATS.expanded);
  }

  #properties(): PropertyResult[] {
    const violated = new Set(this.#findings.violations().map((finding) => finding.name));
    const complete =
      this.#memory.control[CONTROL.interrupt] === STOP.none &&
      (violated.size === 0 || this.#options.keepGoing);
    const premises = new Map<string, Check>();
    for (const check of this.#checks.all) if (check.kind === "premise") premises.set(check.name, check);
    return this.#checks.all
      .filter((check) => check.property !== null && check.kind !== "premise")
      .map((check) => {
        const kind = check.kind as PropertyResult["kind"];
        const premise = premises.get(check.name);
        let verdict: PropertyResult["verdict"] = complete ? "holds" : "undecided";
        if (violated.has(check.name)) verdict = "violated";
        else if (kind === "reachable") {
          if (!check.property!.expected) verdict = "not-checked";
          else if (this.#findings.seenAt(check) !== null) verdict = "reached";
          else if (complete) verdict = "unreached";
        } else if (complete && premise !== undefined && this.#findings.seenAt(premise) === null)
          verdict = "vacuous";
        return { name: check.name, kind, verdict };
      });
  }

  #bounds(): BoundResult[] {
    const hit = this.#memory.control[CONTROL.boundsHit]!;
    const isHit = (name: string): boolean => (hit & this.#transitions.boundBit(name)) !== 0;
    return [
      ...this.#model.bounds.map(({ name, limit }) => ({
        name,
        kind: "bound" as const,
        limit,
        hit: isHit(name),
      })),
      ...this.#model.kinds
        .filter((kind) => kind.role === "budget")
        .map(({ name, limit, fault }) => ({
          name,
          kind: fault ? ("fault" as const) : ("budget" as const),
          limit,
          hit: isHit(name),
        })),
      ...this.#checks.all
        .filter((check) => check.kind === "constraint")
        .map((check) => ({
          name: check.name,
          kind: "constraint" as const,
          limit: null,
          hit: this.#findings.excluded(check),
        })),
    ];
  }

  #coverage(): Record<string, { enabled: number; generated: number }> {
    return Object.fromEntries(
      this.#model.actions.map((action) => [
        action.name,
        {
          enabled: this.#total(STATS.first + 2 * action.ordinal),
          generated: this.#total(STATS.first + 2 * action.ordinal + 1),
        },
      ]),
    );
  }

  #storedBytes(): number {
    const { control } = this.#memory;
    const { roots, inner } = this.#explorer;
    return (
      8 * (roots.idCount + inner.idCount) + 4 * (control[CONTROL.rootSlots]! + control[CONTROL.innerSlots]!)
    );
  }
}
