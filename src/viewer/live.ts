/**
 * The live source: one path through a model that `dscheck explore` serves. The path is in the page's address, so that
 * the browser's own back and forward take steps back and again, and several pages can look at different paths.
 * Knows neither fetch nor the address bar: both are a LiveWorld.
 */
import {
  type FoundTrace,
  type Link,
  linkText,
  type ModelAnswer,
  type Offer,
  type Path,
  parseLink,
  pathText,
  type ReloadAnswer,
  type StateAnswer,
  type StatusAnswer,
} from "../explore/api.ts";
import { type Change, isSetChange } from "../report/diff.ts";
import { format, formatMessage } from "../report/itf.ts";
import type { TraceStep } from "../search/result.ts";
import type { Choice, LiveCommands, LiveSnapshot, Snapshot, TraceSource } from "./source.ts";

export interface LiveWorld {
  /** The answer of the server. Rejects with an AskError for what it refuses, and with others when it is gone. */
  readonly get: (what: string) => Promise<unknown>;
  readonly post: (what: string, body: string) => Promise<unknown>;
  /** The part of the page's address behind the #. */
  readonly fragment: () => string;
  /** Sets it: as a new entry of the history, or in place of the present one. */
  readonly setFragment: (fragment: string, how: "push" | "replace") => void;
  /** The page's address without a fragment. */
  readonly address: () => string;
}

/** What the server says is wrong. */
export class AskError extends Error {}

/** What the page tells besides the trace. */
export interface ExploreSnapshot {
  readonly status: StatusAnswer;
  /** Whether the server answers. */
  readonly isThere: boolean;
  /** Something that the user should know of the path, in one line. */
  readonly notice: string | null;
  readonly reached: readonly string[];
  readonly outside: readonly string[];
  readonly isCut: boolean;
}

const DEADLOCK = "deadlock";

export class LiveSource implements TraceSource {
  readonly #world: LiveWorld;
  readonly #listeners = new Set<() => void>();
  #model: ModelAnswer;
  #answer: StateAnswer;
  #steps: readonly TraceStep[];
  /** The longest path that was taken last: going back from it leaves a way forward. */
  #farthest: Path;
  #isBusy = false;
  #isThere = true;
  #error: string | null = null;
  #notice: string | null = null;
  #snapshot: Snapshot;

  /** Opens the path in the page's address. Rejects when the server does not answer. */
  static async open(world: LiveWorld): Promise<LiveSource> {
    const model = (await world.get("api/model")) as ModelAnswer;
    const link = parseLink(world.fragment());
    const answer = (await world.get(`api/state?path=${pathText(link?.path ?? [])}`)) as StateAnswer;
    const source = new LiveSource(world, model, answer);
    if (link === null && world.fragment() !== "")
      source.#notice = `${JSON.stringify(world.fragment())} in the address is not a path`;
    else if (link !== null) source.#notice = noticeOf(link, answer);
    world.setFragment(source.#fragment(), "replace");
    source.#tell();
    return source;
  }

  private constructor(world: LiveWorld, model: ModelAnswer, answer: StateAnswer) {
    this.#world = world;
    this.#model = model;
    this.#answer = answer;
    this.#steps = withRelevance(answer.steps, answer.relevant);
    this.#farthest = answer.path;
    this.#snapshot = this.#made();
  }

  current(): Snapshot {
    return this.#snapshot;
  }

  explore(): ExploreSnapshot {
    const { reached, outside, isCut } = this.#answer;
    const { status } = this.#model;
    return { status, isThere: this.#isThere, notice: this.#notice, reached, outside, isCut };
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly commands: LiveCommands = {
    pick: (index) => void this.#go({ path: [...this.#answer.path, index], digest: null }, "push"),
    backTo: (step) => void this.#go({ path: this.#answer.path.slice(0, step + 1), digest: null }, "push"),
    jump: (property) => void this.#do(() => this.#jump(property)),
    link: () => `${this.#world.address()}#${this.#fragment()}`,
    scenario: async () =>
      (await this.#world.get(`api/scenario?path=${pathText(this.#answer.path)}`)) as {
        name: string;
        text: string;
      },
  };

  /** Follows the page's address after somebody else has changed it. */
  followAddress(): void {
    const fragment = this.#world.fragment();
    if (fragment === this.#fragment()) return;
    const link = parseLink(fragment);
    if (link !== null) void this.#go(link, "replace");
    else this.#say(`${JSON.stringify(fragment)} in the address is not a path`);
  }

  openTrace({ path }: FoundTrace): void {
    void this.#go({ path, digest: null }, "push");
  }

  startSearch(): void {
    void this.#do(async () => this.#setStatus((await this.#world.post("api/search", "")) as StatusAnswer));
  }

  /** Also while a jump waits for it. What fails is noticed by the next poll. */
  stopSearch(): void {
    this.#world.post("api/stop", "").then(
      (status) => {
        this.#setStatus(status as StatusAnswer);
        this.#tell();
      },
      () => {},
    );
  }

  /** Loads the spec as it is on disk now. */
  reload(): void {
    void this.#do(async () => {
      const { path, told } = (await this.#world.post(
        "api/reload",
        pathText(this.#answer.path),
      )) as ReloadAnswer;
      await this.#show(path, "replace");
      this.#notice = `The spec was loaded again${told === null ? "" : `; ${told}`}.`;
    });
  }

  dismissNotice(): void {
    this.#notice = null;
    this.#tell();
  }

  /** Asks how things are; to be called again and again. */
  async poll(): Promise<void> {
    try {
      const status = (await this.#world.get("api/status")) as StatusAnswer;
      const isOther = status.loading !== this.#answer.loading;
      // Another page has loaded the spec again.
      if (isOther && !this.#isBusy)
        await this.#do(() => this.#show(this.#answer.path, "replace", this.#answer.digest));
      else if (!this.#isThere || JSON.stringify(status) !== JSON.stringify(this.#model.status)) {
        this.#isThere = true;
        this.#setStatus(status);
        this.#tell();
      }
    } catch (error) {
      if (error instanceof AskError) throw error;
      if (!this.#isThere) return;
      this.#isThere = false;
      this.#tell();
    }
  }

  #go({ path, digest }: Link, how: "push" | "replace"): Promise<void> {
    return this.#do(() => this.#show(path, how, digest));
  }

  /** One command at a time; what is wrong is told in the snapshot. */
  async #do(command: () => Promise<void>): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#error = null;
    this.#tell();
    try {
      await command();
      this.#isThere = true;
    } catch (error) {
      if (error instanceof AskError) this.#error = error.message;
      else this.#isThere = false;
    }
    this.#isBusy = false;
    this.#tell();
    // Entries of the history that were passed while this was going on.
    if (this.#error === null && this.#isThere) this.followAddress();
  }

  async #show(path: Path, how: "push" | "replace", digest: string | null = null): Promise<void> {
    const known = this.#answer;
    let from = commonLength(path, known.path);
    const ask = async (): Promise<StateAnswer> =>
      (await this.#world.get(`api/state?path=${pathText(path)}&from=${from}`)) as StateAnswer;
    let answer = await ask();
    if (answer.loading !== known.loading) {
      this.#model = (await this.#world.get("api/model")) as ModelAnswer;
      from = 0;
      answer = await ask();
    }
    this.#answer = answer;
    this.#steps = withRelevance([...this.#steps.slice(0, answer.from), ...answer.steps], answer.relevant);
    if (commonLength(answer.path, this.#farthest) < answer.path.length || answer.loading !== known.loading)
      this.#farthest = answer.path;
    this.#notice = noticeOf({ path, digest }, answer);
    this.#world.setFragment(this.#fragment(), how);
  }

  async #jump(property: string): Promise<void> {
    if (this.#model.status.search.state !== "done") {
      this.#setStatus((await this.#world.post("api/search", "")) as StatusAnswer);
      while (this.#model.status.search.state === "running") {
        this.#tell();
        await new Promise((done) => setTimeout(done, 200));
        this.#setStatus((await this.#world.get("api/status")) as StatusAnswer);
      }
    }
    const { search } = this.#model.status;
    if (search.state === "failed") throw new AskError(`the search failed: ${search.message}`);
    if (search.state !== "done") throw new AskError("the search was ended by another page");
    const found = search.found.find((one) => one.property === property);
    if (found === undefined)
      throw new AskError(
        `${property === DEADLOCK ? "no deadlock" : `no violation of ${property}`} was found`,
      );
    await this.#show(found.path, "push");
  }

  #setStatus(status: StatusAnswer): void {
    this.#model = { ...this.#model, status };
  }

  #say(error: string): void {
    this.#error = error;
    this.#tell();
  }

  #tell(): void {
    this.#snapshot = this.#made();
    for (const listener of this.#listeners) listener();
  }

  #fragment(): string {
    return linkText(this.#answer);
  }

  /** The choice that leads on along the path that was taken last. */
  #next(): number | null {
    const { path } = this.#answer;
    return commonLength(path, this.#farthest) === path.length ? (this.#farthest[path.length] ?? null) : null;
  }

  #made(): Snapshot {
    const { run, status } = this.#model;
    const { title, failures } = this.#answer;
    const { search } = status;
    return {
      subject: {
        ...run,
        command: `${run.command} --at ${this.#fragment()}`,
        verdict: null,
        facts: search.state === "done" ? [{ label: "search", value: search.summary }] : [],
        bounds: [],
      },
      traces: [{ title, steps: this.#steps, failure: failures[0] ?? null }],
      live: this.#live(),
    };
  }

  #live(): LiveSnapshot {
    const { offers, failures, end } = this.#answer;
    const { run, status } = this.#model;
    const next = this.#next();
    const { search } = status;
    const declared = run.declared.properties.filter(({ kind }) => kind !== "reachable");
    return {
      choices: offers.map((offer, at) => choiceOf(offer, at === next, run.networks)),
      violated: failures.map(({ kind, property, instance }) => ({ kind, property, instance })),
      end,
      jumps:
        search.state === "done"
          ? [...new Set(search.found.map(({ property }) => property))]
          : [...declared.map(({ name }) => name), DEADLOCK],
      busy: this.#isBusy,
      error: this.#error,
    };
  }
}

function withRelevance(steps: readonly TraceStep[], relevant: readonly number[]): TraceStep[] {
  return steps.map((step) => {
    const isRelevant = relevant.includes(step.step);
    return step.relevant === isRelevant ? step : { ...step, relevant: isRelevant };
  });
}

function noticeOf(link: Link, answer: StateAnswer): string | null {
  if (answer.cutShort !== null) return `This link does not fit the spec: ${answer.cutShort}.`;
  if (link.digest !== null && link.digest !== answer.digest)
    return "This link was made with another version of the spec, or with other parameters: it leads to another state here.";
  return null;
}

function commonLength(a: Path, b: Path): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length++;
  return length;
}

function choiceOf(offer: Offer, wasTaken: boolean, networks: readonly string[]): Choice {
  const { action, actionName, fault, violates } = offer;
  return {
    action,
    actionName,
    fault,
    violates,
    notes: notesOf(offer, wasTaken),
    detail: detailOf(offer, networks),
  };
}

function notesOf({ repeats }: Offer, wasTaken: boolean): string[] {
  return [
    ...(wasTaken ? ["taken before"] : []),
    ...(repeats === null ? [] : [`the state of step ${repeats} again`]),
  ];
}

/** What tells it from its like, then what it does: `{term: 2}; sends n1→n2 Vote {…}; role → leader`. */
function detailOf(
  { detail, received, sent, discarded, lost, doubled, changes }: Offer,
  networks: readonly string[],
): string {
  const message = ({ network, from, to, message }: Offer["sent"][number]): string =>
    `${networks.length > 1 ? `${network} ` : ""}${from === null ? "" : format(from)}→${format(to)} ${formatMessage(message, from, to)}`;
  // A delivery says what tells it apart by what it receives.
  const told = [
    ...(detail === "" || received.length > 0 ? [] : [detail]),
    ...received.map((one) => `receives ${message(one)}`),
    ...(discarded.length === 0 ? [] : [`discards ${discarded.map(message).join(", ")}`]),
    ...lost.map((one) => `loses ${message(one)}`),
    ...doubled.map((one) => `doubles ${message(one)}`),
    ...(sent.length === 0 ? [] : [`sends ${sent.map(message).join(", ")}`]),
    ...changesByOwner(changes),
  ];
  return told.length === 0 ? "changes nothing" : told.join("; ");
}

/** `server[n1]: currentTerm → 1, votedFor → n1`. */
function changesByOwner(changes: readonly Change[]): string[] {
  const byOwner = new Map<string, string[]>();
  for (const change of changes) {
    const [, owner = "", field = change.path] = /^(\w+\[[^\]]*\])\.(.*)$/s.exec(change.path) ?? [];
    byOwner.set(owner, [...(byOwner.get(owner) ?? []), `${field} ${changeText(change)}`]);
  }
  return [...byOwner].map(([owner, texts]) => `${owner === "" ? "" : `${owner}: `}${texts.join(", ")}`);
}

function changeText(change: Change): string {
  if (isSetChange(change))
    return [
      ...change.added.map((member) => `+${format(member)}`),
      ...change.removed.map((member) => `−${format(member)}`),
    ].join(" ");
  return change.after === undefined ? "gone" : `→ ${format(change.after)}`;
}
