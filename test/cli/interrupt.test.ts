/** Ctrl-C: the first ends the search with its summary, the second ends the process. */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BINARY, cleanEnvironment, type Ran, ROOT, Scratch } from "./binary.ts";

const scratch = new Scratch();
afterAll(() => scratch.remove());

// 10^6 states; says when a thread has loaded it. With a delay, no thread ever answers an interrupt.
const text = (body: string): string => `import { defineSpec } from "dscheck";
import { isMainThread } from "node:worker_threads";
if (!isMainThread) process.stderr.write("a worker has loaded the spec\\n");
export default defineSpec({
  name: "large",
  parameters: {},
  model(m) {
    const cells = [0, 1, 2, 3, 4, 5].map((n) => m.cell("cell" + n, 0));
    cells.forEach((cell, n) => {
      m.action("Turn" + n, {}, (s) => {
        ${body}
        return s.set(cell, (s.get(cell) + 1) % 10);
      });
    });
    m.invariant("Small", (s) => cells.every((cell) => s.get(cell) < 10));
  },
});
`;

const SLOW = "const end = performance.now() + 200; while (performance.now() < end);";
let large = "";
let slow = "";
const temporary = join(scratch.directory, "tmp");
beforeAll(() => {
  large = scratch.write("large.ts", text(""));
  slow = scratch.write("slow.ts", text(SLOW));
  scratch.write("tmp/.keep", "");
});

/** Runs the command and sends signals: the first when workers have the spec, the others 100 ms apart. */
function signalled(
  words: readonly string[],
  signals: readonly NodeJS.Signals[],
): Promise<Ran & { readonly signal: string | null }> {
  const child = spawn(process.execPath, [BINARY, ...words], {
    cwd: ROOT,
    env: { ...cleanEnvironment(), TMPDIR: temporary },
  });
  let [stdout, stderr] = ["", ""];
  let sent = false;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
    if (sent || !stderr.includes("a worker has loaded")) return;
    sent = true;
    for (const [at, signal] of signals.entries()) setTimeout(() => child.kill(signal), 300 + 100 * at);
  });
  return new Promise((resolve) => {
    child.on("close", (code, signal) =>
      resolve({ code, signal, stdout, stderr: stderr.replaceAll("a worker has loaded the spec\n", "") }),
    );
  });
}

test("the first interrupt prints the summary so far", async () => {
  const { code, stdout, stderr } = await signalled([large], ["SIGINT"]);
  expect(stderr).toBe("");
  expect(stdout).toContain("\nVerdict   INTERRUPTED: no verdict.\n");
  expect(stdout).toMatch(/\nStates +[\d,]+ generated, [\d,]+ distinct, [\d,]+ queued; /);
  expect(code).toBe(130);
  expect(readdirSync(temporary)).toEqual([".keep"]);
});

test("also as JSON", async () => {
  const { code, stdout } = await signalled([large, "--format", "json"], ["SIGINT"]);
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: "stopped",
    stopped: { by: "interrupt" },
    exitCode: 130,
  });
  expect(code).toBe(130);
});

test("what was expected does not matter then", async () => {
  expect((await signalled([large, "--expect", "stopped"], ["SIGINT"])).code).toBe(130);
});

test("the second ends the process at once", async () => {
  const { code, stdout } = await signalled([slow, "--no-audit"], ["SIGINT", "SIGINT"]);
  expect(code).toBe(130);
  expect(stdout).toBe("");
  expect(readdirSync(temporary)).toEqual([".keep"]);
});

test("when the process is asked to terminate, its temporary files go with it", async () => {
  expect((await signalled([large], ["SIGTERM"])).code).toBe(143);
  expect(readdirSync(temporary)).toEqual([".keep"]);
});
