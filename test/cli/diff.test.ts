/** `dscheck diff` through the real command: what differs, what does not, limits, git, and wrong inputs. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { DiffReport } from "../../src/report/behaviour-diff.ts";
import { cleanEnvironment, dscheck, type Ran, Scratch } from "./binary.ts";

const COUNTERS = "test/fixtures/counters.ts";
const scratch = new Scratch();
afterAll(() => scratch.remove());

/** A door that is opened and closed; `body` is added to its model. */
function door({ before = "", parameters = "", body = "", open = "s.set(state, 'open')" } = {}): string {
  return `import { defineSpec, integer } from "dscheck";
import { Record } from "immutable";
${before}
export default defineSpec({
  name: "door",
  parameters: { ${parameters} },
  model(m, p) {
    const state = m.cell("state", "closed");
    m.action("Open", {}, (s) => (s.get(state) === "closed" ? ${open} : undefined));
    m.action("Close", {}, (s) => (s.get(state) === "open" ? s.set(state, "closed") : undefined));
    m.invariant("Shut", (s) => s.get(state) !== "broken");
    ${body}
  },
});
`;
}

const DOOR = scratch.write("door.ts", door());

function diff(words: readonly string[], cwd?: string): Ran {
  return dscheck(["diff", ...words], cwd);
}

function json(words: readonly string[], cwd?: string): DiffReport {
  return JSON.parse(dscheck(["diff", ...words, "--format", "json"], cwd).stdout) as DiffReport;
}

/** Without what depends on the machine. */
function stable(text: string): string {
  return text
    .replaceAll(`${scratch.directory}/`, "")
    .replaceAll(/in \d[\d.]* s\b/g, "in N s")
    .replaceAll(/dscheck \d[\d.]*/g, "dscheck VERSION");
}

describe("the same", () => {
  test("a spec has the behaviours of itself, also with symmetric ids", () => {
    const { code, stdout } = diff([COUNTERS, COUNTERS]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      "SAME: the same verdicts, and the same behaviours within these bounds (20 pairs",
    );
  });

  test("other variables, other types of the same name and another order of actions are no difference", () => {
    const restructured = scratch.write(
      "restructured.ts",
      `import { defineSpec } from "dscheck";
import { Record } from "immutable";
const Server = Record({ isOpen: false, opened: 0 }, "Server");
export default defineSpec({
  name: "door",
  parameters: {},
  model(m) {
    const it = m.cell("it", Server());
    m.action("Close", {}, (s) => (s.get(it).isOpen ? s.set(it, s.get(it).set("isOpen", false)) : undefined));
    m.action("Open", {}, (s) =>
      s.get(it).isOpen ? undefined : s.set(it, s.get(it).merge({ isOpen: true, opened: 1 })));
    m.invariant("Shut", () => true);
  },
});
`,
    );
    const report = json([DOOR, restructured]);
    expect(report).toMatchObject({ same: true, exitCode: 0 });
    expect([report.old.behaviours.states, report.new.behaviours.states]).toEqual([2, 3]);
  });

  test("a default of a record may change: each version has its own types", () => {
    const withDefault = (value: number): string =>
      door({
        before: `const Server = Record({ count: ${value} }, "Server");`,
        body: `const server = m.cell("server", Server());
    m.reachable("Some", (s) => s.get(server).count >= 0);`,
      });
    const [older, newer] = [0, 1].map((value) => scratch.write(`default-${value}.ts`, withDefault(value)));
    expect(json([older!, newer!])).toMatchObject({ same: true });
    expect(json([older!, newer!, "--observe", "variable:server.count"])).toMatchObject({
      same: false,
      behaviours: { newNotOld: { observed: ["server.count = 1"], instead: ["server.count = 0"] } },
    });
  });
});

describe("different", () => {
  const BROKEN = scratch.write(
    "broken.ts",
    door({
      open: "[s.set(state, 'open'), s.set(state, 'broken')]",
      body: `m.action("Mend", {}, (s) => (s.get(state) === "broken" ? s.set(state, "closed") : undefined));
    m.action("Paint", {}, (s) => (s.get(state) === "green" ? s.set(state, "closed") : undefined));
    m.invariant("Green", () => true, { premise: (s) => s.get(state) === "green" });`,
    }),
  );

  test("the text begins with what differs", async () => {
    const { code, stdout } = diff([DOOR, BROKEN]);
    expect(code).toBe(1);
    await expect(stable(stdout)).toMatchFileSnapshot("golden/diff-door.txt");
  });

  test("Markdown says the same, for a comment", async () => {
    const file = join(scratch.directory, "diff.md");
    expect(diff([BROKEN, DOOR, "--report", `markdown=${file}`]).code).toBe(1);
    await expect(stable(readFileSync(file, "utf8"))).toMatchFileSnapshot("golden/diff-door.md");
  });

  test("the JSON document has the changes and the behaviour", () => {
    const report = json([DOOR, BROKEN]);
    expect(report).toMatchObject({
      schemaVersion: 1,
      kind: "diff",
      same: false,
      exitCode: 1,
      observe: ["actions"],
      changes: {
        verdict: { old: "holds", new: "violated" },
        properties: [
          { name: "Shut", change: "verdict", old: "holds", new: "violated", oldSteps: null, newSteps: 1 },
          { name: "Green", change: "added", old: null, new: "vacuous" },
        ],
        actions: [
          {
            name: "Open",
            change: "counts",
            old: { enabled: 1, generated: 1 },
            new: { enabled: 1, generated: 2 },
          },
          { name: "Mend", change: "added", old: null, new: { enabled: 1, generated: 1 } },
          { name: "Paint", change: "added", old: null, new: { enabled: 0, generated: 0 } },
        ],
      },
      behaviours: {
        newNotOld: { outcome: "found", isShortest: true, observed: ["Open", "Mend"], instead: ["Close"] },
        oldNotNew: { outcome: "none", observed: [], trace: [] },
      },
    });
    expect(report.behaviours.newNotOld.trace.map(({ action }) => action)).toEqual([null, "Open", "Mend"]);
  });

  test("what is not observed is no difference of behaviours, and is shown in the trace without a mark", () => {
    expect(json([DOOR, BROKEN, "--observe", "action:Open"]).behaviours).toMatchObject({
      newNotOld: { outcome: "none" },
      oldNotNew: { outcome: "none" },
    });
    const { newNotOld } = json([DOOR, BROKEN, "--observe", "action:Mend"]).behaviours;
    expect(newNotOld).toMatchObject({ observed: ["Mend"], instead: [] });
    expect(newNotOld.trace.map(({ action, relevant }) => [action, relevant])).toEqual([
      [null, false],
      ["Open", false],
      ["Mend", true],
    ]);
  });

  test("values of a variable", () => {
    expect(json([DOOR, BROKEN, "--observe", "variable:state"]).behaviours.newNotOld).toMatchObject({
      observed: ["state = closed", "state = broken"],
      instead: ["state = open"],
    });
  });

  test("messages with their contents, and only of a type", () => {
    const ping = "test/fixtures/ping.ts";
    const report = json([ping, ping, "--observe", "messages"]);
    expect(report.same).toBe(true);
    const { stderr, code } = diff([ping, ping, "--observe", "messages:Nonsense"]);
    expect([code, stderr]).toEqual([
      151,
      "dscheck: --observe messages:Nonsense: in neither version is a message of this type sent or received\n",
    ]);
  });

  test("the content of messages, whatever the order of their fields; by default only who sends to whom", () => {
    const sending = (name: string, content: string): string =>
      scratch.write(
        `${name}.ts`,
        `import { defineSpec } from "dscheck";
export default defineSpec({
  name: "sending",
  parameters: {},
  model(m) {
    const nodes = m.scalarset("node", 2);
    const net = m.network("net", nodes, { kind: "bag" });
    const once = m.budget("once", 1);
    m.action("Send", { i: nodes, j: nodes }, (s, { i: from, j: to }) =>
      from === to ? undefined : s.spend(once).send(net, { type: "Ping", from, to, ${content} }));
    m.receive("Take", net, "Ping", (s) => s);
  },
});
`,
      );
    const [one, other, changed] = [
      sending("one", "a: 1, b: 2"),
      sending("other", "b: 2, a: 1"),
      sending("changed", "a: 1, b: 3"),
    ];
    expect(json([one, other, "--observe", "messages"])).toMatchObject({ same: true });
    expect(json([one, changed])).toMatchObject({ same: true });
    expect(json([one, changed, "--observe", "sent:Ping"]).behaviours).toMatchObject({
      newNotOld: {
        observed: ["sent n1->n2 Ping {a: 1, b: 3}"],
        instead: ["sent n1->n2 Ping {a: 1, b: 2}", "sent n2->n1 Ping {a: 1, b: 2}"],
      },
    });
    expect(json([one, changed, "--observe", "received"]).behaviours.oldNotNew.observed).toEqual([
      "received n1->n2 Ping {a: 1, b: 2}",
    ]);
  });

  test("how a behaviour ends, if that is observed", () => {
    const words = [COUNTERS, COUNTERS, "--set", "new:bug=deadlock"];
    expect(json(words)).toMatchObject({
      same: false,
      changes: { verdict: { new: "deadlock" }, failures: [{ name: "deadlock", change: "added" }] },
      behaviours: { newNotOld: { outcome: "none" }, oldNotNew: { outcome: "none" } },
    });
    expect(json([...words, "--observe", "ends"]).behaviours).toMatchObject({
      newNotOld: { observed: ["ends (deadlock)"], instead: ["ends (bound reached)"] },
      oldNotNew: { observed: ["ends (bound reached)"], instead: ["ends (deadlock)"] },
    });
  });

  test("a seeded bug of Raft: the shortest behaviour is the second vote in one term", () => {
    const raft = "specs/raft.ts";
    const report = json([raft, raft, "--set", "requests=0", "--set", "new:bug=vote-granted-twice"]);
    expect(report.behaviours.newNotOld.observed).toEqual([
      "Timeout(n1)",
      "Timeout(n2)",
      "HandleRequestVote(n1->n3)",
      "HandleRequestVote(n2->n3)",
    ]);
    expect(report.behaviours.oldNotNew.outcome).toBe("none");
    expect(report.changes.properties.map(({ name }) => name)).toContain("ElectionSafety");
  });
});

describe("limits are no answers", () => {
  test("of states: undecided both ways, unless a difference is nearer than the limit", () => {
    expect(json([COUNTERS, COUNTERS, "--max-states", "5"])).toMatchObject({
      same: null,
      exitCode: 152,
      behaviours: {
        newNotOld: { outcome: "undecided", limit: "max-states" },
        oldNotNew: { outcome: "undecided", limit: "max-states" },
      },
    });
    const near = ["--set", "new:limit=3", "--max-states", "12"];
    expect(json([COUNTERS, COUNTERS, ...near])).toMatchObject({
      same: false,
      exitCode: 1,
      behaviours: { newNotOld: { outcome: "found", isShortest: true }, oldNotNew: { outcome: "undecided" } },
    });
  });

  test("of pairs, and the text names direction and limit", () => {
    const { code, stdout } = diff([COUNTERS, COUNTERS, "--max-pairs", "5"]);
    expect(code).toBe(152);
    expect(stdout.replaceAll("\n", " ")).toContain(
      "UNDECIDED: no difference was found before a limit was reached. Undecided: whether new has behaviours that " +
        "old has not (--max-pairs 5); whether old has behaviours that new has not (--max-pairs 5).",
    );
  });
});

describe("parameters", () => {
  const withDefault = (value: number, more = ""): string =>
    scratch.write(
      `parameter-${value}${more === "" ? "" : "-more"}.ts`,
      door({
        parameters: `times: integer({ default: ${value}, meaning: "how often" }), ${more}`,
        body: `const times = m.budget("times", p.times);
    m.action("Knock", {}, (s) => s.spend(times));`,
      }),
    );
  const [ONE, TWO] = [withDefault(1), withDefault(2)];
  const MORE = withDefault(1, 'loud: integer({ default: 0, meaning: "how loud" })');

  test("a default that differs is told, and both are compared with the new one", () => {
    const report = json([ONE, TWO]);
    expect(report).toMatchObject({ same: true, old: { parameters: { times: 2 } } });
    expect(report.changes.parameters).toEqual([
      { name: "times", old: { default: 1, value: 2 }, new: { default: 2, value: 2 } },
    ]);
  });

  test("a value for one version is given with its name in front", () => {
    const report = json([ONE, TWO, "--set", "old:times=1"]);
    expect(report.changes.bounds).toEqual([
      {
        name: "times",
        old: { kind: "budget", limit: 1, hit: true },
        new: { kind: "budget", limit: 2, hit: true },
      },
    ]);
    expect(report.behaviours.newNotOld.observed).toEqual(["Knock", "Knock"]);
  });

  test("a value for both must mean something to both", () => {
    const { code, stderr } = diff([ONE, MORE, "--set", "loud=1"]);
    expect(code).toBe(151);
    expect(stable(stderr)).toBe(
      "dscheck: --set loud=1: the old version (parameter-1.ts) has no parameter loud; write --set new:loud=1\n",
    );
    expect(json([ONE, MORE, "--set", "new:loud=1"]).changes.parameters).toEqual([
      { name: "loud", old: null, new: { default: 0, value: 1 } },
    ]);
  });
});

describe("against a git revision", () => {
  const repository = join(scratch.directory, "repository");
  mkdirSync(repository);
  const git = (...words: string[]): void => {
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...words], {
      cwd: repository,
      env: cleanEnvironment(),
      stdio: "ignore",
    });
  };
  const part = (to: string): void => {
    scratch.write("repository/specs/part.ts", `export const opened: string = "${to}";\n`);
  };
  git("init", "--initial-branch", "main");
  scratch.write(
    "repository/specs/door.ts",
    door({ before: 'import { opened } from "./part.ts";', open: "s.set(state, opened)" }),
  );
  part("open");
  git("add", ".");
  git("commit", "-m", "first");
  part("broken");

  test("the file and what it imports are taken as they were, and the working tree is left alone", () => {
    const report = json(["--base", "HEAD", "specs/door.ts"], repository);
    expect(report).toMatchObject({
      same: false,
      old: { file: "HEAD:specs/door.ts", verdict: "holds" },
      new: { file: "specs/door.ts", verdict: "deadlock" },
      behaviours: { newNotOld: { outcome: "none" }, oldNotNew: { observed: ["Open", "Close"] } },
    });
    expect(readFileSync(join(repository, "specs/part.ts"), "utf8")).toContain("broken");
    const status = execFileSync("git", ["status", "--porcelain"], { cwd: repository, encoding: "utf8" });
    expect(status).toBe(" M specs/part.ts\n");
  });

  test("also from a directory inside the repository", () => {
    expect(json(["--base", "main", "door.ts"], join(repository, "specs")).old.file).toBe(
      "main:specs/door.ts",
    );
  });

  test.each<[string, string[], string, string | undefined]>([
    [
      "an unknown revision",
      ["--base", "nowhere", "specs/door.ts"],
      "--base nowhere: the git repository repository has no such revision",
      repository,
    ],
    [
      "a file that was not there",
      ["--base", "HEAD", "specs/late.ts"],
      "--base HEAD: there is no specs/late.ts in that revision",
      repository,
    ],
    [
      "no repository",
      ["--base", "HEAD", "door.ts"],
      "is not in the working tree of a git repository",
      scratch.directory,
    ],
    [
      "two files",
      ["--base", "HEAD", "specs/door.ts", "specs/door.ts"],
      "only one file can be named",
      repository,
    ],
    [
      "one file and no base",
      ["specs/door.ts"],
      "diff needs two spec files, or one and --base REVISION",
      repository,
    ],
  ])("%s is said in one line", (_, words, message, cwd) => {
    scratch.write("repository/specs/late.ts", door());
    const { code, stdout, stderr } = diff(words, cwd);
    expect([code, stdout]).toEqual([151, ""]);
    expect(stable(stderr.replaceAll(`${scratch.directory}/`, ""))).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  test("an error in the old version names it as git does", () => {
    part("open");
    scratch.write("repository/specs/worse.ts", 'import "./nothing.ts";\n');
    git("add", ".");
    git("commit", "-m", "second");
    scratch.write("repository/specs/worse.ts", door());
    const { code, stderr } = diff(["--base", "HEAD", "specs/worse.ts"], repository);
    expect(code).toBe(150);
    expect(stderr).toBe(
      'dscheck: the old version (HEAD:specs/worse.ts): HEAD:specs/worse.ts:1:8: Could not resolve "./nothing.ts"\n',
    );
  });
});

describe("wrong observations", () => {
  test.each<[string[], string]>([
    [["actoins"], '--observe: there is nothing named "actoins"; choose actions, action:, variable:'],
    [["action"], "--observe action: write action:NAME, or several with commas"],
    [["actions:Open"], "--observe actions:Open: actions takes no names"],
    [["actions", "action:Open"], "--observe action:Open has no effect beside actions; remove one"],
    [["action:Opne"], "--observe action:Opne: neither version has this action; did you mean Open?"],
    [["variable:stat"], "has no such variable; did you mean state?"],
    [["variable:state.depth"], "this field is in no reachable state"],
    [["messages", "sent"], "--observe sent has no effect beside another --observe of the same messages"],
    [["ends", "ends"], "--observe ends is given twice"],
  ])("%s", (items, message) => {
    const { code, stderr } = diff([DOOR, DOOR, ...items.flatMap((item) => ["--observe", item])]);
    expect(code).toBe(151);
    expect(stderr).toContain(message);
  });

  test("a spec that never finishes loading is told", () => {
    const endless = scratch.write("endless.ts", `await new Promise(() => {});\n${door()}`);
    const { code, stderr } = diff([DOOR, endless]);
    expect(code).toBe(150);
    expect(stderr).toContain("awaits something that does not happen");
  });
});
