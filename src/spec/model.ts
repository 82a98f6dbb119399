/**
 * The model: what a spec declares for given parameter values. A spec's `model` function receives one and
 * calls its methods in the order in which a reader wants to meet things: ids, state variables, actions,
 * properties. Features and fault modules are plain functions that take the model and some variables.
 */
import { Map as ImmutableMap, type Record as ImmutableRecord, isRecord, List } from "immutable";
import { checkDeclaration, checkOptions } from "./declared.ts";
import {
  type ActionDefinition,
  type Binding,
  type ComputedBinding,
  callSite,
  type PredicateDefinition,
  type PropertyDefinition,
  type SourceLocation,
  type Transport,
} from "./definitions.ts";
import { didYouMean } from "./did-you-mean.ts";
import { RuleError, SpecError } from "./errors.ts";
import { type Id, IdSet, ModelValue, OrderedId } from "./ids.ts";
import { NETWORK_KINDS, type NetworkKind, PartKind, type PartKindOptions } from "./part-kind.ts";
import type {
  Addressed,
  Bound,
  Budget,
  Cell,
  History,
  Network,
  Outcome,
  PerNode,
  State,
  StateView,
} from "./state.ts";

/** Values a parameter of an action or property ranges over. */
export type Range<T> = Iterable<T>;
export type Ranges = Readonly<Record<string, Range<unknown>>>;
type ElementOf<R> = R extends Iterable<infer T> ? T : never;
/** One value for each range, by name. */
export type Bound1<R extends Ranges> = { readonly [K in keyof R]: ElementOf<R[K]> };

export type ComputedRanges<R extends Ranges> = Readonly<
  Record<string, (state: State, fixed: Bound1<R>) => Iterable<unknown>>
>;
export type Computed1<C> = {
  readonly [K in keyof C]: C[K] extends (...given: never[]) => Iterable<infer T> ? T : never;
};

type Fields<T> = T extends ImmutableRecord<infer F extends object> ? keyof F & string : keyof T & string;
type MessageOf<M, Type> = Extract<M, { readonly type: Type }>;
type TypeOf<M> = M extends { readonly type: infer Type extends string } ? Type : never;

export interface ActionOptions {
  /** Steps of this action are faults: the printed trace has as few as possible. */
  readonly fault?: boolean;
}

export interface ReceiveOptions extends ActionOptions {
  /** Leave the message in the network; the action takes it with `discard` if it wants. */
  readonly keep?: boolean;
  /** On a sent-bag network: also offer messages that have been delivered. */
  readonly delivered?: boolean;
}

export interface NetworkOptions {
  readonly kind: NetworkKind;
  /** Adds the action `Lose`: a message in flight disappears. */
  readonly loss?: Budget;
  /** Adds the action `Duplicate`: one more copy of a message in flight. */
  readonly duplication?: Budget;
}

export interface PerNodeOptions<T> {
  /** Fields that survive a restart; `restarted` keeps them. */
  readonly persistent?: readonly Fields<T>[];
}

export interface InvariantOptions {
  /** One line: what the invariant means. */
  readonly meaning?: string;
}

export interface StepOptions extends InvariantOptions {
  /** Names of actions whose steps the property does not speak about. */
  readonly except?: readonly string[];
}

export interface ReachableOptions extends InvariantOptions {
  /** Whether these parameters are large enough for it; when not, it is listed as not checked. */
  readonly expected?: boolean;
}

const BOUNDS_MAX = 31;

export class Model {
  readonly idSets: IdSet[] = [];
  readonly kinds: PartKind[] = [];
  readonly bounds: Bound[] = [];
  readonly actions: ActionDefinition[] = [];
  readonly properties: PropertyDefinition[] = [];
  readonly constraints: PredicateDefinition[] = [];
  readonly finals: PredicateDefinition[] = [];
  readonly initializers: ((state: State) => Outcome)[] = [];
  #locationCount = 0;
  #sealed = false;

  get locationCount(): number {
    return this.#locationCount;
  }

  // --- ids ---------------------------------------------------------------------------------------

  /** Interchangeable model values, named by the set's first letter and a number: n1, n2, ... */
  scalarset<const Name extends string>(name: Name, size: number): IdSet<ModelValue<Name>> {
    const members = names(name, size).map((member, index) => new ModelValue<Name>(name, index, member));
    const set = new IdSet<ModelValue<Name>>(name, this.idSets.length, members, false);
    this.#addIds(set);
    return set;
  }

  /** Ids with an order (ties broken by server id, ring positions): no symmetry among them. */
  orderedIds<const Name extends string>(name: Name, size: number): IdSet<OrderedId<Name>> {
    const members = names(name, size).map((member, index) => new OrderedId<Name>(name, index + 1, member));
    const set = new IdSet<OrderedId<Name>>(name, this.idSets.length, members, true);
    this.#addIds(set);
    return set;
  }

  // --- state variables ---------------------------------------------------------------------------

  /** A variable with one value in the whole system, which any action may read. */
  cell<T>(name: string, initial: T): Cell<T> {
    const kind = this.#addKind({ name, role: "cell", owners: [], initial: () => initial });
    return { kind, initialValue: initial };
  }

  /** A variable with one value for each member of an id set; `initial` may be a function of the member. */
  perNode<Owner extends Id, T>(
    name: string,
    owners: IdSet<Owner>,
    initial: T | ((owner: Owner) => T),
    options: PerNodeOptions<T> = {},
  ): PerNode<Owner, T> {
    checkIds(name, owners);
    const make = typeof initial === "function" ? (initial as (owner: Owner) => T) : (): T => initial;
    const kind = this.#addKind({
      name,
      role: "perNode",
      owners: [owners],
      initial: ([owner]) => make(owner as Owner),
      persistent: options.persistent,
    });
    const initialOf = (owner?: Id): T => {
      if (typeof initial === "function" && owner === undefined)
        throw new RuleError(
          `${name} starts differently at each member of ${owners.name}; say of which one: restarted(${name}, record, node)`,
        );
      return make(owner as Owner);
    };
    return { kind, owner: owners.name, initialOf };
  }

  /** How often something may happen in one behaviour; part of the state, so states that differ in it differ. */
  budget(name: string, limit: number): Budget {
    checkBudget(name, limit);
    const kind = this.#addKind({ name, role: "budget", owners: [], initial: () => limit, limit });
    return { kind, limit };
  }

  /** A budget of faults: `m.faultBudget("loss", p.loss)`. */
  faultBudget(name: string, limit: number): Budget {
    checkBudget(name, limit);
    const kind = this.#addKind({
      name,
      role: "budget",
      owners: [],
      initial: () => limit,
      limit,
      fault: true,
    });
    return { kind, limit };
  }

  /** A limit on something the state itself tells; ask with `state.within(bound, amount)`. */
  bound(name: string, limit: number): Bound {
    if (!Number.isFinite(limit)) throw new SpecError(`the bound ${name} has limit ${limit}; give a number`);
    this.#claimBoundName(name);
    const bound = { name, ordinal: this.bounds.length, limit };
    this.bounds.push(bound);
    return bound;
  }

  /** What happened so far, for properties only. `append` makes the next history from an event. */
  history<T, Event>(
    name: string,
    initial: T,
    append: (history: NoInfer<T>, event: Event) => NoInfer<T>,
  ): History<T, Event> {
    const kind = this.#addKind({
      name,
      role: "history",
      owners: [],
      initial: () => initial,
      append: append as (history: unknown, event: unknown) => unknown,
    });
    return { kind, initialValue: initial, append };
  }

  /** A network among the members of an id set. `M` is the union of its message types. */
  network<M extends Addressed>(name: string, nodes: IdSet<M["to"]>, options: NetworkOptions): Network<M> {
    checkIds(name, nodes);
    checkOptions(`the network ${name}`, options, ["kind", "loss", "duplication"]);
    if (!NETWORK_KINDS.includes(options.kind))
      throw new SpecError(
        `the network ${name}: there is no kind ${String(options.kind)}${didYouMean(String(options.kind), NETWORK_KINDS)}`,
      );
    const fifo = options.kind === "fifo" || options.kind === "fifo-no-repeat";
    const kind = this.#addKind({
      name,
      role: fifo ? "channel" : "mailbox",
      owners: fifo ? [nodes, nodes] : [nodes],
      initial: () => (fifo ? List() : ImmutableMap()),
      network: options.kind,
    });
    const network: Network<M> = { kind };
    if (options.loss !== undefined) this.#addLoss(network, nodes, options.loss);
    if (options.duplication !== undefined) this.#addDuplication(network, nodes, options.duplication);
    return network;
  }

  /** Replaces the initial state by the states that a function makes of it. */
  initial(make: (state: State) => Outcome): void {
    this.initializers.push(make);
  }

  // --- actions -----------------------------------------------------------------------------------

  /** An action, once for each combination of values of its parameters: `{ i: nodes, v: values }`. */
  action<R extends Ranges>(
    name: string,
    ranges: R,
    run: (state: State, bound: Bound1<R>) => Outcome,
    options?: ActionOptions,
  ): void;
  /** The same, with further parameters that range over sets computed from the state. */
  action<R extends Ranges, C extends ComputedRanges<R>>(
    name: string,
    ranges: R,
    computed: C,
    run: (state: State, bound: Bound1<R> & Computed1<C>) => Outcome,
    options?: ActionOptions,
  ): void;
  action(name: string, ranges: Ranges, ...rest: readonly unknown[]): void {
    const computed = typeof rest[0] === "function" ? {} : (rest[0] as ComputedRanges<Ranges>);
    const [run, options] = (typeof rest[0] === "function" ? rest : rest.slice(1)) as [
      (state: State, argument: unknown) => Outcome,
      ActionOptions | undefined,
    ];
    checkDeclaration({ method: "action", name, run, options, known: ["fault"] });
    this.#addAction({
      name,
      bindings: bindingsOf(ranges),
      computed: Object.entries(computed).map(
        ([parameter, values]): ComputedBinding => ({
          name: parameter,
          values: values as ComputedBinding["values"],
        }),
      ),
      receive: null,
      fault: options?.fault ?? false,
      run,
      location: callSite(),
    });
  }

  /** The delivery of a message of one type; it leaves the network unless `keep` is set. */
  receive<M extends Addressed, const Type extends TypeOf<M>>(
    name: string,
    network: Network<M>,
    type: Type,
    run: (state: State, message: MessageOf<M, Type>) => Outcome,
    options?: ReceiveOptions,
  ): void;
  /** The delivery of any message. */
  receive<M extends Addressed>(
    name: string,
    network: Network<M>,
    run: (state: State, message: M) => Outcome,
    options?: ReceiveOptions,
  ): void;
  receive(name: string, network: Network<Addressed>, ...rest: readonly unknown[]): void {
    const type = typeof rest[0] === "string" ? rest[0] : null;
    const [run, options] = (type === null ? rest : rest.slice(1)) as [
      (state: State, argument: unknown) => Outcome,
      ReceiveOptions | undefined,
    ];
    checkDeclaration({ method: "receive", name, run, options, known: ["fault", "keep", "delivered"] });
    if (network?.kind?.network === undefined || network.kind.network === null)
      throw new SpecError(`${name}: m.receive needs a network, made with m.network()`);
    if (options?.delivered === true && network.kind.network !== "sent-bag")
      throw new SpecError(
        `${name}: "delivered" has no effect on ${network.kind.name}; only a sent-bag remembers`,
      );
    this.#addAction({
      name,
      bindings: network.kind.owners.map((set, at) => ({
        name: network.kind.owners.length === 2 && at === 0 ? "from" : "to",
        values: set.members,
      })),
      computed: [],
      receive: {
        network: network.kind,
        type,
        keep: options?.keep ?? false,
        delivered: options?.delivered ?? false,
      },
      fault: options?.fault ?? false,
      run,
      location: callSite(),
    });
  }

  // --- properties --------------------------------------------------------------------------------

  /** Must hold in every reachable state. With ranges: for every combination of their values. */
  invariant(name: string, test: (state: StateView) => boolean, options?: PremiseOptions<Ranges>): void;
  invariant<R extends Ranges>(
    name: string,
    ranges: R,
    test: (state: StateView, bound: Bound1<R>) => boolean,
    options?: PremiseOptions<R>,
  ): void;
  invariant(name: string, ...rest: readonly unknown[]): void {
    const [ranges, test, options] = withRanges<PremiseOptions<Ranges>>(rest);
    checkDeclaration({ method: "invariant", name, run: test, options, known: ["premise", "meaning"] });
    this.#addProperty({
      name,
      kind: "invariant",
      bindings: bindingsOf(ranges),
      test: test as PropertyDefinition["test"],
      premise: (options?.premise as PropertyDefinition["premise"] | undefined) ?? null,
      meaning: options?.meaning ?? "",
      location: callSite(),
    });
  }

  /** Must hold on every step that changes the state, whatever it changes. */
  stepProperty(
    name: string,
    test: (before: StateView, after: StateView) => boolean,
    options?: StepOptions,
  ): void;
  stepProperty<R extends Ranges>(
    name: string,
    ranges: R,
    test: (before: StateView, after: StateView, bound: Bound1<R>) => boolean,
    options?: StepOptions,
  ): void;
  stepProperty(name: string, ...rest: readonly unknown[]): void {
    const [ranges, test, options] = withRanges<StepOptions>(rest);
    checkDeclaration({ method: "stepProperty", name, run: test, options, known: ["except", "meaning"] });
    this.#addProperty({
      name,
      kind: "step",
      bindings: bindingsOf(ranges),
      step: test as PropertyDefinition["step"],
      except: options?.except ?? [],
      meaning: options?.meaning ?? "",
      location: callSite(),
    });
  }

  /** Must hold in at least one reachable state. */
  reachable(name: string, test: (state: StateView) => boolean, options?: ReachableOptions): void {
    checkDeclaration({ method: "reachable", name, run: test, options, known: ["expected", "meaning"] });
    this.#addProperty({
      name,
      kind: "reachable",
      bindings: [],
      test,
      expected: options?.expected ?? true,
      meaning: options?.meaning ?? "",
      location: callSite(),
    });
  }

  /** Bounds the search: a successor outside is generated and checked, neither stored nor expanded. */
  constraint(name: string, test: (state: StateView) => boolean): void {
    checkDeclaration({ method: "constraint", name, run: test });
    this.constraints.push({ name, test, location: callSite() });
  }

  /** States without a successor that satisfy this are ends, not deadlocks. */
  final(name: string, test: (state: StateView) => boolean): void {
    checkDeclaration({ method: "final", name, run: test });
    this.finals.push({ name, test, location: callSite() });
  }

  /** Checks what can only be checked when all is declared. */
  seal(): this {
    if (this.#sealed) return this;
    this.#sealed = true;
    for (const kind of this.kinds) checkPersistent(kind);
    for (const property of this.properties)
      for (const name of property.except)
        if (!this.actions.some((action) => action.name === name))
          throw new SpecError(`${property.name}: except names the action ${name}, which does not exist`);
    return this;
  }

  // --- internals ---------------------------------------------------------------------------------

  #addIds(set: IdSet): void {
    if (set.size === 0) throw new SpecError(`the id set ${set.name} is empty`);
    if (this.idSets.some((other) => other.name === set.name))
      throw new SpecError(`two id sets are named ${set.name}`);
    this.idSets.push(set);
  }

  /** Bounds and budgets are told apart by name when they are reported, and by a bit each while searching. */
  #claimBoundName(name: string): void {
    const names = [...this.bounds, ...this.kinds.filter((kind) => kind.role === "budget")].map(
      (bound) => bound.name,
    );
    if (names.includes(name)) throw new SpecError(`two bounds or budgets are named ${name}`);
    if (names.length === BOUNDS_MAX)
      throw new SpecError(`more than ${BOUNDS_MAX} bounds and budgets; ${name} is one too many`);
  }

  #addKind(options: PartKindOptions): PartKind {
    if (options.role === "budget") this.#claimBoundName(options.name);
    if (this.kinds.some((kind) => kind.name === options.name))
      throw new SpecError(`two state variables are named ${options.name}`);
    const kind = new PartKind(this.kinds.length, this.#locationCount, options);
    this.kinds.push(kind);
    this.#locationCount += kind.locationCount;
    return kind;
  }

  #addAction(definition: Omit<ActionDefinition, "ordinal" | "transport">): void {
    if (this.actions.some((action) => action.name === definition.name))
      throw new SpecError(`two actions are named ${definition.name}`);
    this.actions.push({ ...definition, transport: null, ordinal: this.actions.length });
  }

  /** Says of the action declared last that the network does it. */
  #isTransport(transport: Transport): void {
    this.actions.push({ ...this.actions.pop()!, transport });
  }

  #addProperty(
    definition: Pick<PropertyDefinition, "name" | "kind" | "bindings" | "meaning" | "location"> &
      Partial<PropertyDefinition>,
  ): void {
    if (this.properties.some((property) => property.name === definition.name))
      throw new SpecError(`two properties are named ${definition.name}`);
    this.properties.push({
      test: () => true,
      step: () => true,
      premise: null,
      except: [],
      expected: true,
      ...definition,
      ordinal: this.properties.length,
    });
  }

  #addLoss<M extends Addressed>(network: Network<M>, nodes: IdSet<M["to"]>, budget: Budget): void {
    const { kind } = network;
    if (kind.network === "sent-set")
      throw new SpecError(
        `${kind.name}: loss has no effect on a sent-set; a message need never be delivered`,
      );
    if (budget.limit === 0) return;
    const name = this.actions.some((action) => action.name === "Lose") ? `Lose ${kind.name}` : "Lose";
    if (kind.role === "mailbox") {
      const lose = (state: State): State => state.spend(budget);
      this.receive(name, network, lose, { fault: true });
    } else {
      this.action(
        name,
        { from: nodes, to: nodes },
        { position: positionsIn(network) },
        (state, { from, to, position }) =>
          changeChannel(state.spend(budget), network, from, to, (queue) => queue.delete(position)),
        { fault: true },
      );
    }
    this.#isTransport({ does: "loss", network: kind });
  }

  #addDuplication<M extends Addressed>(network: Network<M>, nodes: IdSet<M["to"]>, budget: Budget): void {
    const { kind } = network;
    if (kind.network === "set" || kind.network === "sent-set" || kind.network === "fifo-no-repeat")
      throw new SpecError(`${kind.name}: duplication has no effect on a ${kind.network}`);
    if (budget.limit === 0) return;
    const name = this.actions.some((action) => action.name === "Duplicate")
      ? `Duplicate ${kind.name}`
      : "Duplicate";
    if (kind.role === "mailbox") {
      const duplicate = (state: State, message: M): State => state.spend(budget).send(network, message);
      this.receive(name, network, duplicate, { fault: true, keep: true });
    } else {
      this.action(
        name,
        { from: nodes, to: nodes },
        { position: positionsIn(network) },
        (state, { from, to, position }) =>
          changeChannel(state.spend(budget), network, from, to, (queue) =>
            queue.insert(position + 1, queue.get(position)!),
          ),
        { fault: true },
      );
    }
    this.#isTransport({ does: "duplication", network: kind });
  }
}

export interface PremiseOptions<R extends Ranges> extends InvariantOptions {
  /** When the invariant says something; if it is never true, the invariant is reported as vacuous. */
  readonly premise?: (state: StateView, bound: Bound1<R>) => boolean;
}

function positionsIn<M extends Addressed>(network: Network<M>) {
  return (state: State, { from, to }: { readonly from: M["to"]; readonly to: M["to"] }): Iterable<number> =>
    state.channel(network, from, to).keys();
}

function changeChannel<M extends Addressed>(
  state: State,
  network: Network<M>,
  from: M["to"],
  to: M["to"],
  change: (queue: List<M>) => List<M>,
): State {
  let next = state.clear(network, from, to);
  const queue = change(state.channel(network, from, to));
  // "send" on a fifo-no-repeat queue is the identity for repeats, which cannot occur in a queue of that kind.
  for (const message of queue) next = next.send(network, message);
  return next;
}

function checkBudget(name: string, limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 0)
    throw new SpecError(`the budget ${name} has limit ${limit}; give a whole number from 0`);
}

/** A field that no record has would be forgotten without a sign. */
function checkPersistent(kind: PartKind): void {
  if (kind.persistent.length === 0) return;
  const record = kind.initial([kind.owners[0]!.members[0]!]);
  if (!isRecord(record))
    throw new SpecError(`${kind.name} has persistent fields, but its values are no records`);
  for (const field of kind.persistent)
    if (!record.has(field))
      throw new SpecError(
        `${kind.name} has no field ${field}, which is named persistent${didYouMean(field, Object.keys(record.toObject()))}`,
      );
}

function checkIds(name: string, ids: unknown): void {
  if (!(ids instanceof IdSet))
    throw new SpecError(`${name} needs an id set; make one with m.scalarset() or m.orderedIds()`);
}

function names(set: string, size: number): string[] {
  if (!Number.isSafeInteger(size) || size < 0) throw new SpecError(`the id set ${set} has size ${size}`);
  return Array.from({ length: size }, (_, index) => `${set[0] ?? "x"}${index + 1}`);
}

function bindingsOf(ranges: Ranges): Binding[] {
  return Object.entries(ranges).map(([name, values]) => ({ name, values: [...values] }));
}

function withRanges<Options>(rest: readonly unknown[]): [Ranges, unknown, Options | undefined] {
  return typeof rest[0] === "function"
    ? [{}, rest[0], rest[1] as Options | undefined]
    : [rest[0] as Ranges, rest[1], rest[2] as Options | undefined];
}

export type { SourceLocation };
