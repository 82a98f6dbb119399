/** `--watch` as a user has it: the real command, real saves, and what it prints after each. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { BINARY, cleanEnvironment, dscheck, Scratch } from "./binary.ts";

const WAIT_MS = 20_000;

const spec = (body = ""): string => `import { defineSpec } from "dscheck";
import { last } from "./lib/last.ts";

export default defineSpec({
  name: "counter",
  parameters: {},
  model(m) {
    const count = m.cell("count", 0);
    m.action("Up", {}, (s) => (s.get(count) < last ? s.set(count, s.get(count) + 1) : undefined));
    m.action("Jump", {}, (s) => (s.get(count) === 8 ? s.set(count, 0) : undefined));
    m.final("AtEnd", (s) => s.get(count) === last);
    m.invariant("BelowFive", (s) => s.get(count) < 5);
    ${body}
  },
});
`;
const lastIs = (last: number): string => `export const last = ${last};\n`;

// 10^6 states, with a state that takes long.
const ENDLESS = `import { defineSpec } from "dscheck";
export default defineSpec({
  name: "endless",
  parameters: {},
  model(m) {
    const cells = [0, 1, 2, 3, 4, 5].map((n) => m.cell("cell" + n, 0));
    cells.forEach((cell, n) => {
      m.action("Turn" + n, {}, (s) => {
        const end = performance.now() + 200;
        while (performance.now() < end);
        return s.set(cell, (s.get(cell) + 1) % 10);
      });
    });
  },
});
`;

/** A watch that is running; `printed` waits for a text and gives what was printed up to its line's end. */
class Watching {
  readonly scratch = new Scratch();
  readonly #temporary: string;
  #child: ChildProcess | null = null;
  #output = "";
  #read = 0;

  constructor(files: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries(files)) this.save(name, text);
    this.#temporary = join(this.scratch.directory, "tmp");
    mkdirSync(this.#temporary);
  }

  save(name: string, text: string): void {
    this.scratch.write(name, text);
  }

  path(name: string): string {
    return join(this.scratch.directory, name);
  }

  start(...words: string[]): void {
    this.#child = spawn(process.execPath, [BINARY, ...words], {
      cwd: this.scratch.directory,
      env: { ...cleanEnvironment(), TMPDIR: this.#temporary },
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
      });
  }

  async printed(text: string): Promise<string> {
    const start = this.#read;
    const until = Date.now() + WAIT_MS;
    for (;;) {
      const found = this.#output.indexOf(text, start);
      const end = found < 0 ? -1 : this.#output.indexOf("\n", found + text.length - 1);
      if (end >= 0) {
        this.#read = end + 1;
        return this.#output.slice(start, this.#read).replace(/\d\d:\d\d:\d\d/g, "TIME");
      }
      if (Date.now() > until) throw new Error(`no ${JSON.stringify(text)} in:\n${this.#output.slice(start)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ctrl-C. */
  interrupt(): Promise<number | null> {
    const child = this.#child!;
    return new Promise((resolve) => {
      child.on("close", resolve);
      child.kill("SIGINT");
    });
  }

  get temporaryFiles(): string[] {
    return readdirSync(this.#temporary);
  }

  remove(): void {
    this.#child?.kill("SIGKILL");
    this.scratch.remove();
  }
}

let watching: Watching | null = null;
afterEach(() => watching?.remove());

function watch(files: Readonly<Record<string, string>>, ...words: string[]): Watching {
  watching = new Watching(files);
  watching.start("counter.ts", "--watch", "--workers", "1", ...words);
  return watching;
}

test("the report first, then after each save what is different; errors are a line; Ctrl-C ends with 0", async () => {
  const it = watch({ "counter.ts": spec(), "lib/last.ts": lastIs(3) });
  const first = await it.printed("Ctrl-C ends.");
  expect(first).toContain("Verdict   HOLDS: every property holds in every reachable state");
  expect(first).toContain("States    4 generated, 4 distinct, 0 queued");
  expect(first).toContain("Watching counter.ts and 1 file that it imports; Ctrl-C ends.");

  it.save("lib/last.ts", lastIs(9));
  const violated = await it.printed("States ");
  expect(violated).toMatch(/^\nTIME {2}lib\/last\.ts changed\nInvariant BelowFive is violated after 5 steps/);
  expect(violated).toContain("\n*     5  Up\n         count  4 -> 5\n");
  expect(violated.slice(violated.indexOf("\nverdict "))).toBe(`
verdict                      holds -> violated
generated                    4 -> 6
distinct                     4 -> 6
depth                        3 -> 5
BelowFive                    holds -> violated
counterexample to BelowFive  new: 5 steps

Verdict   VIOLATED: invariant BelowFive after 5 steps.
States    6 generated, 6 distinct, depth 5
`);

  it.save("lib/last.ts", `// a comment\n${lastIs(9)}`);
  expect(await it.printed("No difference")).toBe(`
TIME  lib/last.ts changed
No difference: violated: BelowFive; 6 generated, 6 distinct, depth 5.
`);

  it.save("lib/last.ts", "export const last = ;\n");
  expect(await it.printed("dscheck: ")).toBe(`
TIME  lib/last.ts changed
dscheck: lib/last.ts:1:21: Unexpected ";"
`);

  it.save("lib/last.ts", lastIs(4));
  expect(await it.printed("States ")).toBe(`
TIME  lib/last.ts changed
verdict    violated -> holds
generated  6 -> 5
distinct   6 -> 5
depth      5 -> 4
BelowFive  violated -> holds

Verdict   HOLDS: every property holds in every reachable state; no bound cut
          anything off.
States    5 generated, 5 distinct, depth 4
`);

  expect(await it.interrupt()).toBe(0);
  expect(it.temporaryFiles).toEqual([]);
});

test("files that are replaced by renaming, removed, and made again are still watched; so are new imports", async () => {
  const it = watch({ "counter.ts": spec(), "lib/last.ts": lastIs(3) }, "--quiet");
  await it.printed("Ctrl-C ends.");
  for (const last of [2, 1]) {
    it.save("lib/last.ts.new", lastIs(last));
    renameSync(it.path("lib/last.ts.new"), it.path("lib/last.ts"));
    expect(await it.printed("States ")).toContain(`depth      ${last + 1} -> ${last}\n`);
  }
  rmSync(it.path("lib"), { recursive: true });
  expect(await it.printed("dscheck: ")).toContain('counter.ts:2:22: Could not resolve "./lib/last.ts"');
  it.save("lib/last.ts", 'export { last } from "./deep/er.ts";\n');
  await it.printed('dscheck: lib/last.ts:1:22: Could not resolve "./deep/er.ts"');
  it.save("lib/deep/er.ts", lastIs(4));
  expect(await it.printed("States ")).toContain("depth      1 -> 4\n");
  it.save("lib/deep/er.ts", lastIs(3));
  expect(await it.printed("States ")).toContain("depth      4 -> 3\n");
});

test("properties and actions that come and go, and actions that are never enabled any more, are told", async () => {
  const it = watch({ "counter.ts": spec(), "lib/last.ts": lastIs(8) }, "--quiet", "--continue");
  await it.printed("Ctrl-C ends.");
  it.save("lib/last.ts", lastIs(4));
  expect(await it.printed("States ")).toContain("action Jump  enabled -> never enabled\n");
  it.save("counter.ts", spec('m.invariant("BelowTen", (s) => s.get(count) < 10);'));
  const told = await it.printed("States ");
  expect(told).toContain("counter.ts changed\n");
  expect(told).toContain("BelowTen  none -> holds\n");
});

test("a save during a run ends that run and starts again", async () => {
  const it = watch({ "counter.ts": ENDLESS }, "--no-audit");
  await new Promise((resolve) => setTimeout(resolve, 1500));
  it.save("counter.ts", spec());
  it.save("lib/last.ts", lastIs(2));
  const first = await it.printed("Ctrl-C ends.");
  expect(first).toContain("counter.ts changed\n");
  expect(first).toContain("Verdict   HOLDS");
  expect(first).not.toContain("endless");
  it.save("counter.ts", ENDLESS);
  await it.printed("changed");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(await it.interrupt()).toBe(0);
  expect(it.temporaryFiles).toEqual([]);
});

test("a spec that does not load at first, or never finishes loading, is watched until it does", async () => {
  const it = watch({ "counter.ts": "export default 1;\n" });
  await it.printed("dscheck: counter.ts: the default export is not a spec");
  await it.printed("Watching counter.ts; Ctrl-C ends.");
  it.save("counter.ts", "await new Promise(() => {});\nexport default 1;\n");
  await it.printed("dscheck: counter.ts: never finishes loading");
  it.save("lib/last.ts", lastIs(2));
  it.save("counter.ts", spec());
  expect(await it.printed("Time ")).toContain("Verdict   HOLDS");
});

test("options that are about one run's files or exit code are refused, as are wrong ones", () => {
  const scratch = new Scratch();
  scratch.write("counter.ts", spec());
  const refused = (...words: string[]): string => {
    const { code, stdout, stderr } = dscheck(["counter.ts", "--watch", ...words], scratch.directory);
    // As JSON the error is a document, too.
    expect([code, words.includes("json") || stdout === ""]).toEqual([151, true]);
    return stderr;
  };
  const why = "does not go with --watch, which prints differences for people; remove one";
  expect(refused("--format", "json")).toContain(`--format json ${why}`);
  expect(refused("--report", "json=out.json")).toBe(`dscheck: --report ${why}\n`);
  expect(refused("--expect", "holds")).toBe(`dscheck: --expect ${why}\n`);
  expect(refused("--workers", "none")).toBe('dscheck: --workers: "none" is not a whole number\n');
  const { code, stderr } = dscheck(["no.ts", "--watch"], scratch.directory);
  expect([code, stderr]).toEqual([150, "dscheck: no.ts: there is no such file\n"]);
  scratch.remove();
});

test("a file that is half written is not the end", async () => {
  const it = watch({ "counter.ts": spec(), "lib/last.ts": lastIs(3) }, "--quiet");
  await it.printed("Ctrl-C ends.");
  writeFileSync(it.path("lib/last.ts"), "");
  await new Promise((resolve) => setTimeout(resolve, 30));
  writeFileSync(it.path("lib/last.ts"), lastIs(2));
  expect(await it.printed("States ")).toContain("depth      3 -> 2\n");
});
