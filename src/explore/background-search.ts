/**
 * The real search of a model, beside the page: run when somebody asks, within limits, and its traces made into paths.
 * Searches exactly what was loaded, also when the file has changed since.
 */
import { duration, grouped, plural } from "../report/layout.ts";
import type { LoadedSpec, SearchOptions, SearchResult } from "../search/result.ts";
import { search } from "../search/search.ts";
import type { FoundTrace, SearchStatus } from "./api.ts";
import type { Session } from "./session.ts";

export class BackgroundSearch {
  readonly #session: Session;
  readonly #spec: LoadedSpec;
  readonly #options: SearchOptions;
  #abort = new AbortController();
  #status: SearchStatus = { state: "none" };
  #running: Promise<void> = Promise.resolve();

  constructor(session: Session, spec: LoadedSpec, options: SearchOptions) {
    this.#session = session;
    this.#spec = spec;
    this.#options = options;
  }

  get status(): SearchStatus {
    return this.#status;
  }

  /** Does nothing when it runs already; one that has ended is run anew. */
  start(): void {
    if (this.#status.state === "running") return;
    this.#abort = new AbortController();
    this.#status = { state: "running", distinct: 0, depth: 0, seconds: 0 };
    this.#running = this.#run();
  }

  /** Ends the search; what it has found so far counts. Resolves when its threads have ended. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      const result = await search(this.#spec, this.#options, {
        signal: this.#abort.signal,
        onProgress: ({ distinct, depth, seconds }) => {
          this.#status = { state: "running", distinct, depth, seconds };
        },
      });
      this.#status =
        result.failure === null
          ? { state: "done", summary: summaryOf(result), found: this.#foundIn(result) }
          : { state: "failed", message: result.failure.message.split("\n", 1)[0]! };
    } catch (error) {
      this.#status = { state: "failed", message: error instanceof Error ? error.message : String(error) };
    }
  }

  #foundIn({ violations }: SearchResult): FoundTrace[] {
    return violations.map(({ kind, property, instance, trace }) => {
      const path = this.#session.pathOf(trace);
      return { kind, property, instance, title: this.#session.titleOf(path, kind, property), path };
    });
  }
}

/** `No violation in 4,321 distinct states to depth 9 in 0.31 s, all within the bounds`. */
function summaryOf({ stopped, states, seconds, violations, bounds }: SearchResult): string {
  const found = violations.length === 0 ? "No violation" : plural(violations.length, "violation");
  const size = `${plural(states.distinct, "distinct state")} to depth ${grouped(states.depth)} in ${duration(seconds)}`;
  let reason = "";
  if (stopped !== null)
    reason =
      stopped.by === "interrupt" ? ", stopped before the end" : `, stopped at the limit of ${stopped.by}`;
  else if (violations.length === 0 && bounds.some(({ hit }) => hit)) reason = ", all within the bounds";
  return `${found} in ${size}${reason}`;
}
