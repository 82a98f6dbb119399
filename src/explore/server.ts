/**
 * The local server of `dscheck explore`: the page, and what it asks. A spec runs with the user's rights, so it
 * answers nobody else: requests need a secret that is in the address, a host name that no foreign site can have
 * pointed here (DNS rebinding), and must not come from the page of another origin.
 *
 * It knows nothing of files and processes: what it serves is a Workshop.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, isIP } from "node:net";
import { SpecError } from "../spec/errors.ts";
import { type ModelAnswer, type Path, parsePath, type ReloadAnswer, type StatusAnswer } from "./api.ts";
import type { BackgroundSearch } from "./background-search.ts";
import type { Session } from "./session.ts";

/** A loaded spec. */
export interface LiveModel {
  readonly run: ModelAnswer["run"];
  readonly session: Session;
  readonly search: BackgroundSearch;
  /** Whether the spec's files have changed since. */
  readonly isOutdated: () => boolean;
  /** The path as a scenario file. */
  readonly scenario: (path: Path) => Promise<{ readonly name: string; readonly text: string }>;
  readonly dispose: () => void;
}

export interface Workshop {
  /** The page, which may not change while the server runs. */
  readonly page: string;
  /** Loads the spec as it is now. Throws an Error with one line for the user. */
  readonly load: () => Promise<LiveModel>;
}

export interface Listening {
  /** Where the page is, with the secret. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Asks for more than a path ever needs are no path. */
const BODY_BYTES_MAX = 1 << 20;

/** Serves a model that has been loaded. Rejects with the system's error when it cannot listen. */
export async function serve(
  workshop: Workshop,
  first: LiveModel,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const secret = randomBytes(16).toString("hex");
  const explorer = new ExploreServer(workshop, first, secret, host);
  const server = createServer((request, response) => void explorer.answer(request, response));
  await listen(server, host, port);
  const { port: taken } = server.address() as AddressInfo;
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return {
    url: `http://${name}:${taken}/${secret}/`,
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
      await explorer.end();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((listening, failed) => {
    server.once("error", failed);
    server.listen(port, host, () => {
      server.off("error", failed);
      listening();
    });
  });
}

/** What is wrong with a request. */
class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

class ExploreServer {
  readonly #workshop: Workshop;
  readonly #secret: Buffer;
  readonly #host: string;
  #model: LiveModel;
  #loading = 1;
  #reloading: Promise<ReloadAnswer> | null = null;

  constructor(workshop: Workshop, model: LiveModel, secret: string, host: string) {
    this.#workshop = workshop;
    this.#model = model;
    this.#secret = Buffer.from(secret);
    this.#host = host;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const rest = this.#admit(request);
      if (rest.pathname === null) {
        // What the page asks is relative to its address, which therefore ends in a slash.
        response.setHeader("location", `/${this.#secret}/`);
        send(response, 308, JSON_TYPE, "{}", request.method === "HEAD");
      } else if (rest.pathname === "") {
        allow(request, "GET");
        send(response, 200, "text/html; charset=utf-8", this.#workshop.page, request.method === "HEAD");
      } else {
        const body = JSON.stringify(await this.#ask(request, rest.pathname, rest.searchParams));
        send(response, 200, JSON_TYPE, body, request.method === "HEAD");
      }
    } catch (error) {
      const [status, message] = described(error);
      if (status === 405) response.setHeader("allow", "GET, POST");
      send(response, status, JSON_TYPE, JSON.stringify({ error: message }), request.method === "HEAD");
    }
  }

  /** Ends what is under way. */
  async end(): Promise<void> {
    await this.#reloading?.catch(() => {});
    await this.#model.search.stop();
    this.#model.dispose();
  }

  /** The address below the secret, null without its slash. Throws a RequestError for whoever is not to be answered. */
  #admit({ headers, url = "/" }: IncomingMessage): {
    pathname: string | null;
    searchParams: URLSearchParams;
  } {
    const { host, origin, "sec-fetch-site": site } = headers;
    if (host === undefined || !this.#isOwnHost(host))
      throw new RequestError(403, "this server answers to its own address only");
    if (origin !== undefined && origin !== `http://${host}`)
      throw new RequestError(403, "pages of other origins are not answered");
    const { pathname, searchParams } = new URL(url, "http://localhost");
    const [, secret = "", ...rest] = pathname.split("/");
    const given = Buffer.from(secret);
    if (given.length !== this.#secret.length || !timingSafeEqual(given, this.#secret))
      throw new RequestError(404, "there is nothing here; use the address that dscheck explore printed");
    const below = rest.join("/");
    // To open the page from a link elsewhere is what a link is for; to ask from there is not.
    if (below !== "" && site !== undefined && site !== "same-origin" && site !== "none")
      throw new RequestError(403, "pages of other origins are not answered");
    return { pathname: rest.length === 0 ? null : below, searchParams };
  }

  /** Addresses in numbers cannot be rebound; of names only localhost and the one that was given. */
  #isOwnHost(header: string): boolean {
    const name = /^(.*?)(?::\d+)?$/.exec(header)![1]!.toLowerCase();
    const bare = name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name;
    return isIP(bare) !== 0 || bare === "localhost" || bare === this.#host.toLowerCase();
  }

  async #ask(request: IncomingMessage, what: string, given: URLSearchParams): Promise<object> {
    switch (what) {
      case "api/model":
        allow(request, "GET");
        return { run: this.#model.run, status: this.#status() } satisfies ModelAnswer;
      case "api/status":
        allow(request, "GET");
        return this.#status();
      case "api/state": {
        allow(request, "GET");
        const from = given.get("from") ?? "0";
        if (!/^\d{1,6}$/.test(from)) throw new RequestError(400, `from: ${quoted(from)} is not a step`);
        return {
          ...this.#model.session.describe(pathGiven(given.get("path")), Number(from)),
          loading: this.#loading,
        };
      }
      case "api/scenario":
        allow(request, "GET");
        return this.#model.scenario(pathGiven(given.get("path")));
      case "api/search":
        allow(request, "POST");
        this.#model.search.start();
        return this.#status();
      case "api/stop":
        allow(request, "POST");
        await this.#model.search.stop();
        return this.#status();
      case "api/reload":
        allow(request, "POST");
        return this.#reload(pathGiven(await bodyOf(request)));
      default:
        throw new RequestError(404, `there is no ${quoted(what)}`);
    }
  }

  #status(): StatusAnswer {
    return {
      loading: this.#loading,
      isOutdated: this.#model.isOutdated(),
      search: this.#model.search.status,
    };
  }

  /** One at a time; while the new spec is loaded, and if it is wrong, the old one is served. */
  async #reload(path: Path): Promise<ReloadAnswer> {
    if (this.#reloading !== null) throw new RequestError(409, "the spec is being loaded already");
    this.#reloading = (async () => {
      const model = await this.#workshop.load();
      const old = this.#model;
      const carried = old.session.carriedOver(path, model.session);
      this.#model = model;
      this.#loading++;
      await old.search.stop();
      old.dispose();
      return { status: this.#status(), ...carried };
    })();
    try {
      return await this.#reloading;
    } finally {
      this.#reloading = null;
    }
  }
}

const JSON_TYPE = "application/json; charset=utf-8";

function send(response: ServerResponse, status: number, type: string, body: string, headOnly: boolean): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    // The page's own policy is in the page, where its hashes are; this one cannot be there.
    "content-security-policy": "frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
  response.end(headOnly ? undefined : body);
}

function allow({ method }: IncomingMessage, wanted: "GET" | "POST"): void {
  if (method !== wanted && !(wanted === "GET" && method === "HEAD"))
    throw new RequestError(405, `${method} is not possible here; use ${wanted}`);
}

function pathGiven(text: string | null): Path {
  const path = parsePath(text ?? "");
  if (path === null) throw new RequestError(400, `path: ${quoted(text!)} is not a path, such as 0.2.1`);
  return path;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > BODY_BYTES_MAX) throw new RequestError(413, "the body is too long for a path");
  }
  return body;
}

/** A text of a request, short enough to be told. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** What a spec throws is the user's to see; anything else of dscheck's own as well, as nobody else asks. */
function described(error: unknown): readonly [status: number, message: string] {
  const message = (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]!;
  if (error instanceof RequestError) return [error.status, message];
  if (error instanceof SpecError || (error instanceof Error && error.name === "UserError"))
    return [422, message];
  return [500, message];
}
