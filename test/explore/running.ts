/** `dscheck explore` as a user runs it, in a process of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { BINARY, cleanEnvironment, ROOT } from "../cli/binary.ts";

export interface Running {
  /** The address that it printed, without a fragment. */
  readonly url: string;
  /** As printed. */
  readonly link: string;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Ends it as Ctrl-C does, and resolves to its exit code. */
  readonly end: () => Promise<number | null>;
}

/** Resolves when it has printed its address; rejects with what it says when it ends instead. */
export async function explore(words: readonly string[], cwd = ROOT): Promise<Running> {
  const child = spawn(process.execPath, [BINARY, "explore", ...words], { cwd, env: cleanEnvironment() });
  // A test that fails before it ends what it started leaves nothing running.
  process.once("exit", () => child.kill());
  const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)];
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const link = await Promise.race([
    address(child, stdout),
    ended.then((code): never => {
      throw new Error(`explore ended with code ${code}: ${stderr()}`);
    }),
  ]);
  return {
    url: link.replace(/#.*$/, ""),
    link,
    stdout,
    stderr,
    end: () => {
      child.kill("SIGINT");
      return ended;
    },
  };
}

function textOf(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.on("data", (chunk) => {
    text += String(chunk);
  });
  return () => text;
}

async function address(child: ChildProcessWithoutNullStreams, stdout: () => string): Promise<string> {
  for (;;) {
    const [link] = /http:\/\/[^\s"]+/.exec(stdout()) ?? [];
    if (link !== undefined) return link;
    await once(child.stdout, "data");
  }
}
