/**
 * State: what an action reads and returns.
 *
 * A State is an immutable value. Reading a part of it is observed by whoever runs the action (that is how
 * the engine knows what a transition depends on); changing it returns a new State. An action returns the
 * states it leads to, and nothing when it is disabled. Reads after a write see the write.
 */
import type { Map as ImmutableMap, List } from "immutable";
import { RuleError } from "./errors.ts";
import type { Id } from "./ids.ts";
import { Disabled, type OperationCode, type PartKind, type Role } from "./part-kind.ts";
import { isPlainObject, value } from "./value.ts";

/** A variable with one value in the whole system. */
export interface Cell<T> {
  readonly kind: PartKind;
  readonly initialValue: T;
  /** Never set: what the compiler tells variables apart by. */
  readonly role?: "cell";
}

/** A variable with one value for each member of an id set. */
export interface PerNode<Owner extends Id, T> {
  readonly kind: PartKind;
  readonly owner: Owner["set"];
  /** The value at the start; of which member must be said if they start differently. */
  readonly initialOf: (owner?: Id) => T;
  /** Never set. */
  readonly role?: "perNode";
}

/** How often something may still happen in this behaviour. */
export interface Budget {
  readonly kind: PartKind;
  readonly limit: number;
}

/** A limit on something that the state itself tells, such as a term or the length of a log. */
export interface Bound {
  readonly name: string;
  readonly ordinal: number;
  readonly limit: number;
}

/** What happened so far, for properties: actions append to it and cannot read it. */
export interface History<T, Event> {
  readonly kind: PartKind;
  readonly initialValue: T;
  readonly append: (history: T, event: Event) => T;
  /** Never set. */
  readonly role?: "history";
}

/** A message names its receiver; on FIFO networks also its sender. */
export interface Addressed {
  readonly to: Id;
  readonly from?: Id;
}

export interface Network<M extends Addressed> {
  readonly kind: PartKind;
  /** Never set: carries the message type. */
  readonly message?: M;
  /** Never set. */
  readonly role?: "network";
}

/** One change of one part: an `assign`, or an operation that does not read the part. */
export interface Operation {
  readonly location: number;
  readonly kind: PartKind;
  readonly code: OperationCode;
  readonly operand: unknown;
}

/** Where a State's parts come from, and who is told of reads. One for each run of a spec function. */
export interface Source {
  /** The value of a whole part. */
  read(location: number): unknown;
  /** Called when a state-derived bound refused something. */
  hitBound(bound: Bound): void;
  /** Throws when the run is over. */
  assertOpen(): void;
  /** Histories can be read by properties, not by actions. */
  readonly historiesReadable: boolean;
}

/** The most that can be spent at once. */
const AMOUNT_MAX = 1_000_000;

interface Change {
  readonly operation: Operation;
  readonly before: Change | null;
}

/** What properties, constraints and final-state tests see. */
export interface StateView {
  get<T>(variable: Cell<T>): T;
  get<T, Event>(variable: History<T, Event>): T;
  get<Owner extends Id, T>(variable: PerNode<Owner, T>, owner: NoInfer<Owner>): T;
  /** What is left of a budget. */
  left(budget: Budget): number;
  /** The messages for a receiver and how many copies of each (bag and set networks). */
  mailbox<M extends Addressed>(network: Network<M>, to: M["to"]): ImmutableMap<M, number>;
  /** The messages queued from one node to another (FIFO networks). */
  channel<M extends Addressed>(network: Network<M>, from: M["to"], to: M["to"]): List<M>;
}

export class State implements StateView {
  readonly #source: Source;
  readonly #last: Change | null;
  readonly #fault: boolean;

  constructor(source: Source, last: Change | null = null, fault = false) {
    this.#source = source;
    this.#last = last;
    this.#fault = fault;
  }

  get<T>(variable: Cell<T>): T;
  /** Histories are for properties: they see a StateView. */
  get<T, Event>(variable: History<T, Event>): never;
  get<Owner extends Id, T>(variable: PerNode<Owner, T>, owner: NoInfer<Owner>): T;
  get(variable: { readonly kind: PartKind }, owner?: Id): unknown {
    expectRole(variable.kind, VARIABLES_READ, "get");
    if (variable.kind.role === "history" && !this.#source.historiesReadable)
      throw new RuleError(`reads the history ${variable.kind.name}; actions may only append to it`);
    return this.#read(variable.kind, variable.kind.locate(owner === undefined ? [] : [owner]));
  }

  left(budget: Budget): number {
    expectRole(budget.kind, BUDGETS, "left");
    return this.#read(budget.kind, budget.kind.firstLocation) as number;
  }

  mailbox<M extends Addressed>(network: Network<M>, to: M["to"]): ImmutableMap<M, number> {
    expectRole(network.kind, NETWORKS, "mailbox");
    if (network.kind.role !== "mailbox") throw new RuleError(`${network.kind.name} is FIFO; use channel()`);
    return this.#read(network.kind, network.kind.locate([to])) as ImmutableMap<M, number>;
  }

  channel<M extends Addressed>(network: Network<M>, from: M["to"], to: M["to"]): List<M> {
    expectRole(network.kind, NETWORKS, "channel");
    if (network.kind.role !== "channel")
      throw new RuleError(`${network.kind.name} is not FIFO; use mailbox()`);
    return this.#read(network.kind, network.kind.locate([from, to])) as List<M>;
  }

  /** The state with a variable changed. */
  set<T>(variable: Cell<T>, value: NoInfer<T>): State;
  set<Owner extends Id, T>(variable: PerNode<Owner, T>, owner: NoInfer<Owner>, value: NoInfer<T>): State;
  set(variable: { readonly kind: PartKind }, ...rest: readonly unknown[]): State {
    const { kind } = variable;
    expectRole(kind, VARIABLES_SET, "set");
    const owners = rest.length === 2 ? [rest[0] as Id] : [];
    return this.#with(kind, kind.locate(owners), "assign", rest[rest.length - 1]);
  }

  /** The state with a variable replaced by a function of its value. */
  update<T>(variable: Cell<T>, change: (value: T) => NoInfer<T>): State;
  update<Owner extends Id, T>(
    variable: PerNode<Owner, T>,
    owner: NoInfer<Owner>,
    change: (value: T) => NoInfer<T>,
  ): State;
  update(variable: { readonly kind: PartKind }, ...rest: readonly unknown[]): State {
    const { kind } = variable;
    expectRole(kind, VARIABLES_SET, "update");
    const location = kind.locate(rest.length === 2 ? [rest[0] as Id] : []);
    const change = rest[rest.length - 1] as (value: unknown) => unknown;
    return this.#with(kind, location, "assign", change(this.#read(kind, location)));
  }

  /** Sends messages. A literal is made a value object. */
  send<M extends Addressed>(network: Network<M>, ...messages: readonly NoInfer<M>[]): State {
    return this.#sendAll(network.kind, "send", messages);
  }

  /** Sends messages; the outcome does not exist if the network holds (or, if it remembers, held) one of them. */
  sendOnce<M extends Addressed>(network: Network<M>, ...messages: readonly NoInfer<M>[]): State {
    return this.#sendAll(network.kind, "sendOnce", messages);
  }

  /** Takes a message out of the network. `receive` does this by itself unless it is told to keep it. */
  discard<M extends Addressed>(network: Network<M>, message: NoInfer<M>): State {
    expectRole(network.kind, NETWORKS, "discard");
    return this.#with(network.kind, locateMessage(network.kind, message), "remove", asValue(message));
  }

  /** Empties the queue from one node to another (a broken connection), or a receiver's mailbox. */
  clear<M extends Addressed>(network: Network<M>, ...owners: readonly M["to"][]): State {
    expectRole(network.kind, NETWORKS, "clear");
    return this.#with(network.kind, network.kind.locate(owners), "clear", null);
  }

  /** Uses up some of a budget; the outcome does not exist if too little is left. */
  spend(budget: Budget, amount = 1): State {
    expectRole(budget.kind, BUDGETS, "spend");
    if (!Number.isInteger(amount) || amount < 0 || amount > AMOUNT_MAX)
      throw new RuleError(
        `spends ${amount} of ${budget.kind.name}; spend a whole number from 0 to ${AMOUNT_MAX}`,
      );
    return this.#with(budget.kind, budget.kind.firstLocation, "spend", amount);
  }

  /** Appends to a history, without reading it. A literal is made a value object. */
  record<T, Event>(history: History<T, Event>, event: NoInfer<Event>): State {
    expectRole(history.kind, HISTORIES, "record");
    return this.#with(history.kind, history.kind.firstLocation, "record", asValue(event));
  }

  /** Whether a value is within a bound. A false answer is noted: the bound then cut the search off here. */
  within(bound: Bound, amount: number): boolean {
    this.#source.assertOpen();
    if (!Number.isInteger(bound.ordinal))
      throw new RuleError("within() takes a bound (m.bound) and an amount; for a budget there is left()");
    if (amount <= bound.limit) return true;
    this.#source.hitBound(bound);
    return false;
  }

  /** Marks this outcome as a fault. Among shortest traces, the one with the fewest faults is printed. */
  asFault(): State {
    return new State(this.#source, this.#last, true);
  }

  #sendAll(kind: PartKind, code: OperationCode, messages: readonly Addressed[]): State {
    expectRole(kind, NETWORKS, code);
    let next: State = this;
    for (const message of messages)
      next = next.#with(kind, locateMessage(kind, message), code, asValue(message));
    return next;
  }

  #with(kind: PartKind, location: number, code: OperationCode, operand: unknown): State {
    this.#source.assertOpen();
    return new State(
      this.#source,
      { operation: { location, kind, code, operand }, before: this.#last },
      this.#fault,
    );
  }

  #read(kind: PartKind, location: number): unknown {
    this.#source.assertOpen();
    const pending: Operation[] = [];
    let base: unknown;
    let known = false;
    for (let change = this.#last; change !== null; change = change.before) {
      const { operation } = change;
      if (operation.location !== location) continue;
      if (operation.code === "assign") {
        base = operation.operand;
        known = true;
        break;
      }
      pending.push(operation);
    }
    let part = known ? base : this.#source.read(location);
    for (let at = pending.length - 1; at >= 0; at--) {
      const next = kind.apply(part, pending[at]!.code, pending[at]!.operand);
      // A disabled operation removes the outcome when the run ends; until then reads see the part as it was.
      if (!(next instanceof Disabled)) part = next;
    }
    return part;
  }

  /** The changes of an outcome in the order in which they were made, for whoever runs the action. */
  static operationsOf(state: State): Operation[] {
    const operations: Operation[] = [];
    for (let change = state.#last; change !== null; change = change.before) operations.push(change.operation);
    return operations.reverse();
  }

  static isFault(state: State): boolean {
    return state.#fault;
  }

  static sourceOf(state: State): Source {
    return state.#source;
  }

  /** The state after more operations, for the engine's own changes (taking a received message). */
  static after(state: State, operation: Operation): State {
    return new State(state.#source, { operation, before: state.#last }, state.#fault);
  }
}

/** What an action may return: a state, several, or nothing when it is disabled. */
export type Outcome = State | null | undefined | false | Iterable<State | null | undefined | false>;

export function locateMessage(kind: PartKind, message: Addressed): number {
  if (message?.to === undefined) throw new RuleError(`a message on ${kind.name} has no "to"`);
  if (kind.role === "mailbox") return kind.locate([message.to]);
  if (message.from === undefined) throw new RuleError(`a message on ${kind.name} has no "from"`);
  return kind.locate([message.from, message.to]);
}

const VARIABLES_READ: readonly Role[] = ["cell", "perNode", "history"];
const VARIABLES_SET: readonly Role[] = ["cell", "perNode"];
const HISTORIES: readonly Role[] = ["history"];
const BUDGETS: readonly Role[] = ["budget"];
const NETWORKS: readonly Role[] = ["mailbox", "channel"];

const ROLE_IN_WORDS: Readonly<Record<Role, string>> = {
  cell: "a cell: get, set, update",
  perNode: "a variable of each node: get, set, update with the node",
  history: "a history: record, and in properties get",
  budget: "a budget: spend, left",
  mailbox: "a network: send, sendOnce, discard, clear, mailbox",
  channel: "a FIFO network: send, sendOnce, discard, clear, channel",
};

/** Types are not checked when a spec runs; what no type allows would break what the engine relies on. */
function expectRole(kind: PartKind, roles: readonly Role[], method: string): void {
  if (!roles.includes(kind.role))
    throw new RuleError(`${method}() is not for ${kind.name}, which is ${ROLE_IN_WORDS[kind.role]}`);
}

function asValue(message: unknown): unknown {
  return isPlainObject(message) ? value(message) : message;
}
