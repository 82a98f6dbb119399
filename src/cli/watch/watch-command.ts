/**
 * `dscheck check --watch`: checks again whenever the spec or a file that it imports is saved, and prints what is
 * different. Each run is a process of its own (watch-run.ts); a save during a run ends it and starts another.
 * A spec that does not load is said in a line, and watched on. Ctrl-C ends it all, with code 0: that is how a
 * watch ends, whatever the last verdict was.
 */
import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { grouped, plural } from "../../report/layout.ts";
import { type ProgressLine, progressLine } from "../../report/progress/progress.ts";
import type { Arguments } from "../arguments.ts";
import { EXIT, UserError, writeInternalError } from "../errors.ts";
import { interrupted, interruptible } from "../interrupt.ts";
import { displayPath, specPath } from "../load/bundle.ts";
import { checkOptions, type RawOptions } from "../options.ts";
import { rawOptions } from "../raw-options.ts";
import { paint, printOn, width } from "../terminal.ts";
import { FileWatcher } from "./watch-files.ts";
import type { FromRun, ToRun, WatchedRun } from "./watch-run.ts";

/** Options that say what to check and how much to print. Others are about one run's files or exit code. */
const GOES_WITH_WATCH: ReadonlySet<string> = new Set([
  ...["watch", "nodes", "set", "faults", "property", "no-properties", "no-deadlock", "continue"],
  ...["no-symmetry", "no-audit", "workers", "max-states", "max-depth", "max-seconds", "max-memory"],
  ...["full-states", "quiet", "format"],
]);

/** How long a run that is no longer wanted may take to remove its files. */
const TERMINATE_MS = 1000;

export async function watchCommand(given: Arguments, json: boolean): Promise<number> {
  const other = [...given.values.keys(), ...given.flags].find((name) => !GOES_WITH_WATCH.has(name));
  if (other !== undefined || json)
    throw new UserError(
      EXIT.option,
      `--${json ? "format json" : other} does not go with --watch, which prints differences for people; remove one`,
    );
  if (given.flags.has("quiet") && given.flags.has("full-states"))
    throw new UserError(EXIT.option, "--full-states has no effect with --quiet; remove one");
  const raw = rawOptions(given);
  checkOptions(raw, "command");
  const watch = new Watch(specPath(given.spec!), given, raw);
  interruptible();
  await new Promise<void>((resolve) => {
    interrupted.addEventListener("abort", () => resolve());
    watch.start();
  });
  await watch.end();
  return EXIT.ok;
}

class Watch {
  readonly #path: string;
  readonly #raw: RawOptions;
  readonly #quiet: boolean;
  readonly #fullStates: boolean;
  readonly #estimate: boolean;
  readonly #files: FileWatcher;
  #run: ChildProcess | null = null;
  #progress: ProgressLine = progressLine(null);
  /** The last run that gave a result. */
  #last: WatchedRun | null = null;
  /** While a run that is no longer wanted ends: two searches at once would share the machine's memory. */
  #ending: Promise<void> | null = null;
  /** Saved since the last run that ended by itself. */
  #saved = new Set<string>();
  #filesTold = 0;

  constructor(path: string, given: Arguments, raw: RawOptions) {
    this.#path = path;
    this.#raw = raw;
    this.#quiet = given.flags.has("quiet");
    this.#fullStates = given.flags.has("full-states");
    this.#estimate = !given.values.has("max-depth");
    this.#files = new FileWatcher((files) => this.#onSave(files));
    this.#files.watch([path]);
  }

  start(): void {
    const run = fork(fileURLToPath(new URL("./watch-run.js", import.meta.url)), [], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
      execArgv: [],
    });
    this.#run = run;
    this.#progress = progressLine(this.#quiet ? null : process.stderr, { estimate: this.#estimate });
    let told = false;
    run.on("message", (message: FromRun) => {
      if (this.#run !== run) return;
      if (message.type === "done" || message.type === "error") told = true;
      this.#hear(run, message);
    });
    run.on("error", (error) => this.#fail(run, `the run did not start: ${error.message}`));
    run.on("exit", (code, signal) => {
      const judge = (): void => {
        if (!told) this.#fail(run, `the run ended without a result (${signal ?? `exit code ${code}`})`);
      };
      // What it told before it ended may still be on its way.
      if (run.connected) run.once("disconnect", () => setImmediate(judge));
      else setImmediate(judge);
    });
    send(run, { type: "check", spec: this.#path, raw: this.#raw });
  }

  /** Resolves when nothing of it runs any more. */
  async end(): Promise<void> {
    this.#files.close();
    this.#progress.clear();
    const run = this.#run;
    this.#run = null;
    if (run !== null) await terminated(run);
    await this.#ending;
  }

  #hear(run: ChildProcess, message: FromRun): void {
    switch (message.type) {
      case "files":
        // A spec that does not compile names fewer files than it is made of: those known before stay.
        this.#files.watch(
          message.complete ? message.files : [...new Set([...message.files, ...this.#files.files])],
        );
        send(run, { type: "go" });
        return;
      case "progress":
        this.#progress.show(message.progress);
        return;
      case "error":
        if (message.stack !== null) writeInternalError(message.stack);
        this.#fail(run, message.message);
        return;
      case "done":
        void this.#done(message.checked);
    }
  }

  #onSave(files: readonly string[]): void {
    for (const file of files) this.#saved.add(displayPath(file));
    if (this.#ending !== null) return;
    const run = this.#run;
    this.#run = null;
    this.#progress.clear();
    this.#ending = (run === null ? Promise.resolve() : terminated(run)).then(async () => {
      this.#ending = null;
      if (interrupted.aborted) return;
      await printOn(`\n${timeOfDay()}  ${savedText([...this.#saved])}\n`);
      this.start();
    });
  }

  #fail(run: ChildProcess, message: string): void {
    if (this.#run !== run) return;
    this.#over();
    process.stderr.write(`dscheck: ${message}\n`);
    if (this.#filesTold === 0) void this.#tellFiles();
  }

  async #done(checked: WatchedRun): Promise<void> {
    this.#over();
    const before = this.#last;
    this.#last = checked;
    if (checked.internalError !== null) writeInternalError(checked.internalError);
    const options = { paint: paint(), width: width(), fullStates: this.#fullStates, quiet: this.#quiet };
    if (before === null) {
      const { textReport } = await import("../../report/text/text.ts");
      await printOn(textReport(checked.run, checked.result, null, options));
    } else {
      const { differenceText } = await import("../../report/text/watch-text.ts");
      await printOn(differenceText(before.report, checked, options));
    }
    await this.#tellFiles();
  }

  #over(): void {
    this.#run = null;
    this.#saved.clear();
    this.#progress.clear();
  }

  /** Once, and when there are more or fewer. */
  async #tellFiles(): Promise<void> {
    // Watched are also places where an import would be found if there were such a file.
    const count = this.#files.files.filter((file) => existsSync(file)).length;
    if (count === this.#filesTold) return;
    this.#filesTold = count;
    const others = count <= 1 ? "" : ` and ${plural(count - 1, "file")} that it imports`;
    await printOn(`\n${paint().faint(`Watching ${displayPath(this.#path)}${others}; Ctrl-C ends.`)}\n`);
  }
}

function send(run: ChildProcess, message: ToRun): void {
  // A run that has ended meanwhile says so by its exit.
  run.send(message, () => {});
}

/** Ends a run, and waits until it has given back its memory. */
function terminated(run: ChildProcess): Promise<void> {
  if (run.exitCode !== null || run.signalCode !== null || run.pid === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    // A spec that loops for ever while it is loaded hears no signal.
    const timer = setTimeout(() => run.kill("SIGKILL"), TERMINATE_MS);
    run.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    run.kill("SIGTERM");
  });
}

function savedText(files: readonly string[]): string {
  const shown = files.slice(0, 3).join(", ");
  return files.length <= 3 ? `${shown} changed` : `${shown} and ${grouped(files.length - 3)} more changed`;
}

function timeOfDay(): string {
  return new Date().toTimeString().slice(0, 8);
}
