/**
 * `dscheck explore`: serves the page until Ctrl-C, which ends it with code 0, because there is no other way to end
 * it. Everything that a spec does wrong while it is explored is told in the page.
 */
import { isIP } from "node:net";
import { linkText, parseLink } from "../../explore/api.ts";
import { type Listening, type LiveModel, serve } from "../../explore/server.ts";
import { viewerPage } from "../../report/formats/html.ts";
import type { Arguments } from "../arguments.ts";
import { EXIT, UserError } from "../errors.ts";
import { interrupted, interruptible } from "../interrupt.ts";
import { checkOptions, wrongOption } from "../options.ts";
import { rawOptions } from "../raw-options.ts";
import { jsonText, print } from "../terminal.ts";
import { loadLiveModel } from "./explore-model.ts";

/** Limits of the search for violations: somebody waits for it. */
const STATES_MAX = 2_000_000;
const SECONDS_MAX = 60;

export async function exploreCommand(given: Arguments, json: boolean): Promise<number> {
  const file = given.spec!;
  const port = portOf(given);
  const host = given.values.get("host")?.[0] ?? "127.0.0.1";
  const raw = Object.entries(rawOptions(given)).filter(([, value]) => value !== undefined);
  const options = checkOptions(
    { maxStates: STATES_MAX, maxSeconds: SECONDS_MAX, ...Object.fromEntries(raw), continue: true },
    "command",
  );
  const model = await loadLiveModel(file, options);
  const fragment = fragmentFor(given.values.get("at")?.[0], model);
  const page = viewerPage({
    title: `${model.run.spec}: explore`,
    script: "explore",
    data: {},
    connects: true,
  });
  const load = (): Promise<LiveModel> => loadLiveModel(file, options);
  const listening = await listen(host, port, () => serve({ page, load }, model, { host, port }));
  interruptible();
  const url = listening.url + fragment;
  if (!isLoopback(host))
    process.stderr.write(
      `dscheck: --host ${host}: whoever can reach this address and knows the link can explore the spec\n`,
    );
  await print(
    json
      ? jsonText({ dscheck: model.run.version, schemaVersion: 1, spec: model.run.spec, url })
      : `${model.run.spec} is at ${url}\nCtrl-C ends it.\n`,
  );
  await new Promise<void>((resolve) => {
    if (interrupted.aborted) resolve();
    else interrupted.addEventListener("abort", () => resolve());
  });
  await listening.close();
  return EXIT.ok;
}

function portOf({ values }: Arguments): number {
  const text = values.get("port")?.[0] ?? "0";
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw wrongOption(
      `--port: ${JSON.stringify(text)} is not a port; choose 1 to 65535, or 0 for any that is free`,
    );
  return Number(text);
}

/** The end of the address for `--at`; a path that does not exist here is an error. */
function fragmentFor(text: string | undefined, { run, session }: LiveModel): string {
  if (text === undefined) return "";
  const link = parseLink(text.replace(/^#/, ""));
  if (link === null)
    throw wrongOption(
      `--at: ${JSON.stringify(text)} is not a path; copy what stands behind the # of a link, such as 0.2.1`,
    );
  const { path, digest, cutShort } = session.describe(link.path, link.path.length);
  if (cutShort !== null) throw wrongOption(`--at ${text}: ${cutShort}`);
  if (link.digest !== null && link.digest !== digest)
    throw wrongOption(
      `--at ${text}: this path leads to another state of ${run.spec} here; the link is from another version of the spec, or from other parameters`,
    );
  return `#${linkText({ path, digest })}`;
}

async function listen(host: string, port: number, start: () => Promise<Listening>): Promise<Listening> {
  try {
    return await start();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    switch (code) {
      case "EADDRINUSE":
        throw new UserError(
          EXIT.system,
          `--port ${port}: the port is in use; choose another, or leave it out for one that is free`,
        );
      case "EACCES":
        throw new UserError(
          EXIT.system,
          `--port ${port}: this user may not listen there; choose one above 1023`,
        );
      case "EADDRNOTAVAIL":
      case "ENOTFOUND":
      case "EAI_AGAIN":
        throw wrongOption(`--host ${host}: is no address of this machine; leave it out for 127.0.0.1`);
      default:
        throw new UserError(EXIT.system, `cannot listen on ${host}, port ${port}: ${message}`);
    }
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
