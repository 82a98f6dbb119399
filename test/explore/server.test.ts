/** The command and its server, over HTTP: what it answers, to whom, and what it does when the spec changes. */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type {
  ErrorAnswer,
  ModelAnswer,
  ReloadAnswer,
  SearchStatus,
  StateAnswer,
  StatusAnswer,
} from "../../src/explore/api.ts";
import { dscheck, ROOT, Scratch } from "../cli/binary.ts";
import { explore, type Running } from "./running.ts";

const DIE_HARD = join("specs", "classic", "die-hard.ts");
const scratch = new Scratch();
let running: Running;

beforeAll(async () => {
  running = await explore([DIE_HARD]);
});

afterAll(async () => {
  await running.end();
  scratch.remove();
});

async function get<Answer>(what: string, from = running): Promise<Answer> {
  return (await (await fetch(from.url + what)).json()) as Answer;
}

async function post<Answer>(what: string, body = "", from = running): Promise<Answer> {
  return (await (await fetch(from.url + what, { method: "POST", body })).json()) as Answer;
}

/** Resolves when a search has ended. */
async function searched(from = running): Promise<SearchStatus> {
  await post("api/search", "", from);
  for (;;) {
    const { search } = await get<StatusAnswer>("api/status", from);
    if (search.state !== "running") return search;
    await new Promise((done) => setTimeout(done, 50));
  }
}

interface Raw {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

/** A request with any headers, which fetch does not allow. */
function raw({ path = "api/status", method = "GET", headers = {} }: Raw): Promise<[number, string]> {
  const { hostname, port, pathname } = new URL(running.url);
  return new Promise((resolve, reject) => {
    const options = { hostname, port, path: path.startsWith("/") ? path : pathname + path, method, headers };
    request(options, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve([response.statusCode!, body]));
    })
      .on("error", reject)
      .end();
  });
}

describe("what is served", () => {
  test("the page, which may run its own script and speak to its own server only", async () => {
    const response = await fetch(running.url);
    const page = await response.text();
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("content-security-policy")).toBe("frame-ancestors 'none'");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(page).toMatch(
      /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'">/,
    );
  });

  test("the model, with the command that serves it again", async () => {
    const { run, status } = await get<ModelAnswer>("api/model");
    expect(run).toMatchObject({
      spec: "die-hard",
      file: DIE_HARD,
      command: `npx dscheck explore ${DIE_HARD}`,
    });
    expect(status).toEqual({ loading: 1, isOutdated: false, search: { state: "none" } });
  });

  test("a path, with places in the spec", async () => {
    const told = await get<StateAnswer>("api/state?path=0.1&from=1");
    expect(told.steps).toMatchObject([
      { step: 1, action: "FillBig", location: { file: DIE_HARD }, state: { small: 0, big: 5 } },
    ]);
    expect(told.steps[0]?.location?.line).toBe(
      readFileSync(join(ROOT, DIE_HARD), "utf8")
        .split("\n")
        .findIndex((line) => line.includes('"FillBig"')) + 1,
    );
  });

  test("violations that a search finds, as paths that lead to them", async () => {
    const search = await searched();
    expect(search).toMatchObject({
      state: "done",
      found: [{ kind: "invariant", property: "BigIsNot4", title: expect.stringContaining("after 6 steps") }],
    });
    const [found] = search.state === "done" ? search.found : [];
    const told = await get<StateAnswer>(`api/state?path=${found?.path.join(".")}`);
    expect(told.failures).toMatchObject([{ property: "BigIsNot4", location: { file: DIE_HARD } }]);
  });

  test("a scenario that dscheck replay takes, with what fails at its end as the claim", async () => {
    const search = await searched();
    const [found] = search.state === "done" ? search.found : [];
    const { name, text } = await get<{ name: string; text: string }>(
      `api/scenario?path=${found?.path.join(".")}`,
    );
    expect(name).toBe("die-hard-6-steps.yaml");
    expect(text).toContain("expect: violated:BigIsNot4");
    const replayed = dscheck(["replay", scratch.write(name, text)]);
    expect([replayed.code, replayed.stderr]).toEqual([0, ""]);
    expect(replayed.stdout).toContain("BigIsNot4");
  });

  test("a scenario that goes on after a violation claims nothing that its end does not show anew", async () => {
    const search = await searched();
    const [found] = search.state === "done" ? search.found : [];
    // Filling the big jug ends the violation; emptying the small one does not.
    const path = [...(found?.path ?? []), 2].join(".");
    const { text } = await get<{ text: string }>(`api/scenario?path=${path}`);
    expect(text).not.toContain("expect:");
    expect(dscheck(["replay", scratch.write("after.yaml", text)]).code).toBe(0);
  });
});

describe("who is answered", () => {
  test.each<[string, Raw, number, string]>([
    ["another name, which may be rebound", { headers: { host: "example.com" } }, 403, "own address only"],
    ["the page of another origin", { headers: { origin: "http://example.com" } }, 403, "other origins"],
    ["a page without an origin", { headers: { origin: "null" } }, 403, "other origins"],
    ["a request from another site", { headers: { "sec-fetch-site": "cross-site" } }, 403, "other origins"],
    [
      "a request without the secret",
      { path: "/api/status" },
      404,
      "use the address that dscheck explore printed",
    ],
    ["a wrong secret", { path: `/${"0".repeat(32)}/api/status` }, 404, "there is nothing here"],
    ["no resource", { path: "api/secrets" }, 404, 'there is no "api/secrets"'],
    ["a search by GET", { path: "api/search" }, 405, "GET is not possible here; use POST"],
    ["a path that is none", { path: "api/state?path=0.x" }, 400, 'path: "0.x" is not a path, such as 0.2.1'],
    ["a step that is none", { path: "api/state?path=0&from=-1" }, 400, 'from: "-1" is not a step'],
  ])("%s is refused", async (_, given, status, message) => {
    const [code, body] = await raw(given);
    expect(code).toBe(status);
    expect((JSON.parse(body) as ErrorAnswer).error).toContain(message);
  });

  test("its own page by any of its own names is answered", async () => {
    const { port } = new URL(running.url);
    for (const name of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      const headers = { host: name, origin: `http://${name}`, "sec-fetch-site": "same-origin" };
      expect((await raw({ headers }))[0]).toBe(200);
    }
  });

  test("a link on another site may open the page", async () => {
    expect((await raw({ path: "", headers: { "sec-fetch-site": "cross-site" } }))[0]).toBe(200);
  });

  test("an address that lost its slash leads to the page", async () => {
    const response = await fetch(running.url.replace(/\/$/, ""));
    expect([response.status, response.url]).toEqual([200, running.url]);
  });
});

const COUNTER = (limit: number): string => `import { defineSpec } from "dscheck";
export default defineSpec({
  name: "counter",
  parameters: {},
  model(m) {
    const value = m.cell("value", 0);
    m.action("Add", {}, (s) => (s.get(value) < ${limit} ? s.set(value, s.get(value) + 1) : undefined));
    m.final("Full", () => true);
  },
});
`;

describe("a spec that changes", () => {
  test("is said to have changed, and loaded again with the path as far as it is possible", async () => {
    const file = scratch.write("counter.ts", COUNTER(5));
    const counter = await explore([file]);
    const isOutdated = async (): Promise<boolean> =>
      (await get<StatusAnswer>("api/status", counter)).isOutdated;
    expect(await isOutdated()).toBe(false);

    scratch.write("counter.ts", COUNTER(2));
    expect(await isOutdated()).toBe(true);
    scratch.write("counter.ts", COUNTER(5));
    expect(await isOutdated()).toBe(false);

    scratch.write("counter.ts", "export default nothing;\n");
    const refused = await fetch(`${counter.url}api/reload`, { method: "POST", body: "0.0.0.0" });
    expect(refused.status).toBe(422);
    expect(((await refused.json()) as ErrorAnswer).error).toContain("counter.ts:1: ");
    expect((await get<StateAnswer>("api/state?path=0.0.0.0", counter)).steps).toHaveLength(4);

    scratch.write("counter.ts", COUNTER(2));
    expect(await post<ReloadAnswer>("api/reload", "0.0.0.0", counter)).toMatchObject({
      status: { loading: 2, isOutdated: false },
      path: [0, 0, 0],
      told: "Add is no longer possible after step 2: the path ends there",
    });
    expect((await get<StateAnswer>("api/state?path=0.0.0", counter)).end).toBe("final");
    expect(await counter.end()).toBe(0);
  });
});

describe("the command", () => {
  test("prints the address, and Ctrl-C ends it with code 0, also during a search", async () => {
    const raft = await explore(["specs/raft.ts", "--nodes", "5", "--workers", "1"]);
    expect(raft.stdout()).toMatch(
      /^raft is at http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/\nCtrl-C ends it\.\n$/,
    );
    await post("api/search", "", raft);
    expect(await raft.end()).toBe(0);
    expect(raft.stderr()).toBe("");
  });

  test("begins at a path, and prints the address as JSON", async () => {
    const at = await explore([DIE_HARD, "--at", "0.1", "--format", "json"]);
    const printed = JSON.parse(at.stdout()) as { spec: string; url: string };
    expect(printed.spec).toBe("die-hard");
    expect(printed.url).toMatch(/#0\.1-[0-9a-f]{8}$/);
    const [, link] = printed.url.split("#");
    expect(await at.end()).toBe(0);
    const again = await explore([DIE_HARD, "--at", `#${link}`]);
    expect(again.link.split("#")[1]).toBe(link);
    await again.end();
  });

  test("says when the page can be reached from elsewhere", async () => {
    const open = await explore([DIE_HARD, "--host", "0.0.0.0"]);
    expect(open.stderr()).toBe(
      "dscheck: --host 0.0.0.0: whoever can reach this address and knows the link can explore the spec\n",
    );
    await open.end();
  });

  test.each<[readonly string[], number, string]>([
    [["--port", "70000"], 151, '--port: "70000" is not a port; choose 1 to 65535, or 0 for any that is free'],
    [
      ["--at", "zero"],
      151,
      '--at: "zero" is not a path; copy what stands behind the # of a link, such as 0.2.1',
    ],
    [["--at", "0.9"], 151, "--at 0.9: there is no choice 9 after step 0, only 6: the path ends there"],
    [
      ["--at", "0.1-00000000"],
      151,
      "--at 0.1-00000000: this path leads to another state of die-hard here; the link is from another version of the spec, or from other parameters",
    ],
    [["--max-depth", "3"], 151, "--max-depth has no effect on explore; it is an option of check"],
    [
      ["--host", "host.invalid"],
      151,
      "--host host.invalid: is no address of this machine; leave it out for 127.0.0.1",
    ],
  ])("refuses %j", (words, code, message) => {
    expect(dscheck(["explore", DIE_HARD, ...words])).toEqual({
      code,
      stdout: "",
      stderr: `dscheck: ${message}\n`,
    });
  });

  test("says when the port is in use", () => {
    const { port } = new URL(running.url);
    expect(dscheck(["explore", DIE_HARD, "--port", port])).toEqual({
      code: 153,
      stdout: "",
      stderr: `dscheck: --port ${port}: the port is in use; choose another, or leave it out for one that is free\n`,
    });
  });
});
