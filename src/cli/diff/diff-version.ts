/** One of the two versions that are compared: how it is called, and the thread that knows its spec. */
import { sep } from "node:path";
import { Worker } from "node:worker_threads";
import { EXIT, UserError } from "../errors.ts";
import { displayPath } from "../load/bundle.ts";
import type { Calls, Reply, Request } from "./diff-worker.ts";

export type Side = "old" | "new";

export interface VersionSource {
  readonly side: Side;
  /** The spec file to load. */
  readonly path: string;
  /** As a user reads it: a path, or git's `REVISION:path`. */
  readonly name: string;
  /** Of files written from a revision: their root, and what it is called. */
  readonly root: { readonly path: string; readonly name: string } | null;
}

export class VersionThread {
  readonly source: VersionSource;
  readonly #worker: Worker;
  readonly #waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void }[] = [];

  /** `scratch`: where the thread puts its temporary files, as it may be ended without being asked. */
  constructor(source: VersionSource, scratch: string) {
    this.source = source;
    this.#worker = new Worker(new URL("./diff-worker.js", import.meta.url), {
      workerData: { file: source.path },
      env: { ...process.env, TMPDIR: scratch, TEMP: scratch, TMP: scratch },
      execArgv: [],
    });
    this.#worker.on("message", (reply: Reply) => this.#waiting.shift()?.resolve(reply));
    this.#worker.on("error", (error: Error) => this.#fail(error));
    this.#worker.on("exit", () =>
      this.#fail(
        new UserError(
          EXIT.spec,
          `${this.label}: its thread ended without an answer; the spec ends it, or awaits something that does not happen`,
        ),
      ),
    );
  }

  /** `the old version (HEAD:specs/raft.ts)`. */
  get label(): string {
    return `the ${this.source.side} version (${this.source.name})`;
  }

  /** Asks and waits. What is wrong with the version is told with its name. */
  async call<Type extends keyof Calls>(type: Type, ask: Calls[Type]["ask"]): Promise<Calls[Type]["answer"]> {
    const request: Request = { type, ask };
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(request);
    });
    if ("answer" in reply) return this.#renamed(reply.answer) as Calls[Type]["answer"];
    const { code, message, stack } = reply.failed;
    if (code === EXIT.internal) throw Object.assign(new Error(message), { stack });
    throw new UserError(code, `${this.label}: ${this.#renamed(message) as string}`);
  }

  async end(): Promise<void> {
    this.#worker.removeAllListeners("exit");
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** With paths of files of a revision as git names them. */
  #renamed(value: unknown): unknown {
    const { root } = this.source;
    if (root === null) return value;
    const directory = `${displayPath(root.path)}${sep}`;
    const rename = (one: unknown): unknown => {
      if (typeof one === "string") return one.replaceAll(directory, `${root.name}:`);
      if (typeof one !== "object" || one === null || ArrayBuffer.isView(one)) return one;
      if (Array.isArray(one)) return one.map(rename);
      return Object.fromEntries(Object.entries(one).map(([key, member]) => [key, rename(member)]));
    };
    return rename(value);
  }
}
