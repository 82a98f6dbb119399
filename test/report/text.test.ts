/**
 * The report for people, from results made by hand. The whole texts are in golden/, to be read as prose
 * when they change; `vitest -u` rewrites them.
 */
import { describe, expect, test } from "vitest";
import type { RunInfo } from "../../src/report/run-info.ts";
import { paintFor, wantsColour } from "../../src/report/text/style.ts";
import { textReport } from "../../src/report/text/text.ts";
import type { Itf, SearchResult, TraceMessage, Violation } from "../../src/search/result.ts";
import { PLAIN, result, run, step, violation } from "./results.ts";

const golden = async (name: string, text: string): Promise<void> => {
  await expect(text).toMatchFileSnapshot(`golden/${name}.txt`);
};

const servers = (...values: Itf[]): Itf => ({ "#map": values.map((value, at) => [`n${at + 1}`, value]) });
const server = (changes: Record<string, Itf> = {}): Itf => ({
  currentTerm: 1,
  votedFor: null,
  role: "follower",
  log: [],
  votes: { "#set": [] },
  ...changes,
});
const vote: TraceMessage = {
  network: "net",
  from: "n2",
  to: "n1",
  message: { type: "VoteResponse", from: "n2", to: "n1", term: 2 },
};
const request: TraceMessage = {
  network: "net",
  from: "n1",
  to: "n2",
  message: { type: "VoteRequest", from: "n1", to: "n2", term: 2, lastTerm: 0 },
};
const mailboxes = (...messages: TraceMessage[]): Itf => ({
  "#map": ["n1", "n2", "n3"].map((to) => [
    to,
    { "#map": messages.filter((message) => message.to === to).map(({ message }) => [message, 1]) },
  ]),
});

const candidate = { currentTerm: 2, votedFor: "n1", role: "candidate", votes: { "#set": ["n1"] } };
const ELECTION: Violation = violation({
  instance: "(n1, n3)",
  trace: [
    step(0, null, {
      server: servers(server(), server(), server({ role: "leader" })),
      net: mailboxes(),
      elections: 2,
    }),
    step(
      1,
      "Timeout(n1)",
      {
        server: servers(server(candidate), server(), server({ role: "leader" })),
        net: mailboxes(request),
        elections: 1,
      },
      { sent: [request] },
    ),
    step(
      2,
      "HandleVoteRequest(n1->n2)",
      {
        server: servers(
          server(candidate),
          server({ currentTerm: 2, votedFor: "n1" }),
          server({ role: "leader" }),
        ),
        net: mailboxes(vote),
        elections: 1,
      },
      { received: [request], sent: [vote] },
    ),
    step(
      3,
      "Duplicate(n2->n1)",
      {
        server: servers(
          server(candidate),
          server({ currentTerm: 2, votedFor: "n1" }),
          server({ role: "leader" }),
        ),
        net: {
          "#map": [
            ["n1", { "#map": [[vote.message, 2]] }],
            ["n2", { "#map": [] }],
            ["n3", { "#map": [] }],
          ],
        },
        elections: 1,
      },
      { fault: true },
    ),
    step(
      4,
      "HandleVoteResponse(n2->n1)",
      {
        server: servers(
          server({
            ...candidate,
            role: "leader",
            votes: { "#set": ["n1", "n2"] },
            log: [{ term: 2, value: "v1" }],
          }),
          server({ currentTerm: 2, votedFor: "n1" }),
          server({ role: "leader" }),
        ),
        net: mailboxes(vote),
        elections: 1,
      },
      { received: [vote], relevant: true },
    ),
  ],
  reads: [
    { what: "server[n1].role", side: "after", value: "leader", writtenAt: 4 },
    { what: "server[n3].role", side: "after", value: "leader", writtenAt: 0 },
  ],
});

const VIOLATED: SearchResult = result({
  verdict: "violated",
  states: { generated: 4321, distinct: 1234, queued: 321, boundTerminal: 0, depth: 4 },
  properties: [
    { name: "ElectionSafety", kind: "invariant", verdict: "violated" },
    { name: "LogMatching", kind: "invariant", verdict: "undecided" },
    { name: "LeaderElected", kind: "reachable", verdict: "reached" },
  ],
  bounds: [{ name: "elections", kind: "budget", limit: 2, hit: true }],
  violations: [ELECTION],
  reached: [{ property: "LeaderElected", steps: 3 }],
  coverage: { actions: { Timeout: { enabled: 5, generated: 9 }, Restart: { enabled: 0, generated: 0 } } },
});

const HOLDS: SearchResult = result({
  properties: [
    { name: "ElectionSafety", kind: "invariant", verdict: "holds" },
    { name: "CommitMonotonic", kind: "step", verdict: "holds" },
    { name: "LeaderElected", kind: "reachable", verdict: "reached" },
  ],
  reached: [{ property: "LeaderElected", steps: 3 }],
});

const WITHIN: SearchResult = result({
  verdict: "holds-within",
  states: { generated: 31003790, distinct: 8891248, queued: 0, boundTerminal: 1200, depth: 48 },
  properties: [
    { name: "ElectionSafety", kind: "invariant", verdict: "holds" },
    { name: "SnapshotsAgree", kind: "invariant", verdict: "vacuous" },
    { name: "LeaderElected", kind: "reachable", verdict: "reached" },
    { name: "EntryTruncated", kind: "reachable", verdict: "not-checked" },
  ],
  bounds: [
    { name: "elections", kind: "budget", limit: 2, hit: true },
    { name: "loss", kind: "fault", limit: 1, hit: false },
    { name: "maxTerm", kind: "bound", limit: 3, hit: true },
    { name: "ShortLogs", kind: "constraint", limit: null, hit: true },
  ],
  reached: [
    { property: "LeaderElected", steps: 3 },
    { property: "EntryTruncated", steps: null },
  ],
  coverage: {
    actions: {
      Timeout: { enabled: 5, generated: 9 },
      Restart: { enabled: 0, generated: 0 },
      Snapshot: { enabled: 0, generated: 0 },
    },
  },
});

const UNREACHED: SearchResult = result({
  verdict: "unreached",
  properties: [
    { name: "LeaderElected", kind: "reachable", verdict: "unreached" },
    { name: "TwoLeaders", kind: "reachable", verdict: "unreached" },
  ],
  reached: [
    { property: "LeaderElected", steps: null },
    { property: "TwoLeaders", steps: null },
  ],
});

const DEADLOCK: SearchResult = result({
  verdict: "deadlock",
  states: { generated: 20, distinct: 11, queued: 0, boundTerminal: 0, depth: 1 },
  violations: [
    violation({
      kind: "deadlock",
      property: "deadlock",
      location: null,
      trace: [
        step(0, null, { lock: null, waiting: { "#set": [] } }),
        step(1, "Lock(n1)", { lock: "n1", waiting: { "#set": ["n1"] } }),
      ],
    }),
  ],
});

const SEVERAL: SearchResult = result({
  verdict: "violated",
  properties: [
    { name: "Monotonic", kind: "step", verdict: "violated" },
    { name: "Bounded", kind: "invariant", verdict: "violated" },
    { name: "Another", kind: "invariant", verdict: "violated" },
  ],
  violations: [
    violation({
      property: "Bounded",
      trace: [step(0, null, { x: 9 }, { relevant: true })],
      reads: [{ what: "x", side: "after", value: 9, writtenAt: 0 }],
    }),
    violation({
      kind: "step",
      property: "Monotonic",
      instance: "(n1)",
      trace: [
        step(0, null, { x: 9, y: "a" }),
        step(1, "Reset", { x: 0, y: "a" }, { relevant: true, fault: true }),
      ],
      reads: [
        { what: "x", side: "before", value: 9, writtenAt: 0 },
        { what: "x", side: "after", value: 0, writtenAt: 1 },
        { what: "y", side: "before", value: "a", writtenAt: 0 },
        { what: "y", side: "after", value: "a", writtenAt: 0 },
      ],
    }),
  ],
});

const assertion = (kind: Violation["kind"], message: string): SearchResult =>
  result({
    verdict: "violated",
    violations: [
      violation({
        kind,
        property: "Append",
        instance: "(n1)",
        message,
        trace: [step(0, null, { x: 0 }), step(1, "Append(n1)", { x: 1 })],
      }),
    ],
  });

const stopped = (by: NonNullable<SearchResult["stopped"]>["by"], message = ""): SearchResult =>
  result({
    ...HOLDS,
    verdict: "stopped",
    stopped: { by, message },
    states: { generated: 900, distinct: 500, queued: 70, boundTerminal: 0, depth: 6 },
  });

const LIMITS: RunInfo = run({ limits: { states: 500, depth: 6, seconds: 1.5, memoryBytes: 4 * 2 ** 30 } });

const CASES: readonly (readonly [string, RunInfo, SearchResult])[] = [
  ["invariant", run(), VIOLATED],
  ["several", run({ command: "npx dscheck specs/raft.ts --continue" }), SEVERAL],
  ["deadlock", run(), DEADLOCK],
  ["assertion", run(), assertion("assertion", "the log has no gap")],
  ["action-error", run(), assertion("action-error", "Cannot read properties of undefined (reading 'term')")],
  ["holds", run(), HOLDS],
  ["holds-within", run(), WITHIN],
  ["unreached", run(), UNREACHED],
  ["stopped-states", LIMITS, stopped("states")],
  ["stopped-depth", LIMITS, stopped("depth")],
  ["stopped-seconds", LIMITS, stopped("seconds")],
  ["stopped-memory", LIMITS, stopped("memory")],
  ["stopped-capacity", LIMITS, stopped("capacity", "a table of messages is full")],
  ["interrupted", LIMITS, stopped("interrupt")],
  [
    "impure",
    run(),
    result({
      verdict: "failed",
      coverage: { actions: {} },
      failure: {
        kind: "rule",
        action: "Timeout",
        location: null,
        message: "action Timeout gave different successors for the same state; actions must not read time",
      },
    }),
  ],
  [
    "unchecked",
    run({ selected: { checked: 1, declared: 9 }, deadlockChecked: false, audited: false }),
    result({ properties: [{ name: "ElectionSafety", kind: "invariant", verdict: "holds" }] }),
  ],
];

describe.each(CASES)("%s", (name, info, found) => {
  const text = textReport(info, found, null, PLAIN);

  test("reads well", () => golden(name, text));

  test("fits 80 columns, has no colour and no blanks at line ends", () => {
    for (const line of text.split("\n")) {
      expect(line.length).toBeLessThanOrEqual(80);
      expect(line).toBe(line.trimEnd());
    }
    expect(text).not.toContain("\u001b");
  });

  test("claims nothing beyond the search, and counts and depth are there", () => {
    expect(text).not.toMatch(/verified|proved|correct/i);
    expect(text).toMatch(/\nVerdict {3}[A-Z ]+[: ]/);
    expect(text).toMatch(/\nStates +[\d,]+ generated, [\d,]+ distinct, [\d,]+ queued; stored exactly/);
    expect(text).toMatch(/\nDepth +[\d,]+ steps? \(TLC counts states: [\d,]+\)/);
  });

  test("the last line of all that is not well is the command that shows it again", () => {
    const lines = text.trimEnd().split("\n");
    if (found.verdict.startsWith("holds")) expect(text).not.toContain(info.command);
    else expect(lines[lines.length - 1]).toBe(info.command);
  });

  test("quiet, it is the last lines alone", () => {
    const quiet = textReport(info, found, null, { ...PLAIN, quiet: true });
    expect(quiet.startsWith("Verdict   ")).toBe(true);
    expect(text.endsWith(quiet)).toBe(true);
  });
});

test("full states are told at every step", () =>
  golden("full-states", textReport(run(), VIOLATED, null, { ...PLAIN, fullStates: true })));

test("an expectation is told with the verdict", () => {
  expect(textReport(run(), VIOLATED, { outcome: "violated", met: true }, PLAIN)).toContain(
    "\nExpected  violated: met\n",
  );
  expect(textReport(run(), HOLDS, { outcome: "deadlock", met: false }, PLAIN)).toContain(
    "\nExpected  deadlock: NOT MET\n",
  );
});

test("an expectation that is not met is a failure, and ends with its command", () => {
  const command = `${run().command}\n`;
  expect(textReport(run(), HOLDS, { outcome: "deadlock", met: false }, PLAIN).endsWith(command)).toBe(true);
  expect(textReport(run(), HOLDS, { outcome: "holds", met: true }, PLAIN)).not.toContain(command);
});

test("on a terminal the verdict has a colour, which changes nothing else", () => {
  const coloured = textReport(run(), VIOLATED, null, { ...PLAIN, paint: paintFor(true) });
  expect(coloured).toContain("\u001b[");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
  expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(textReport(run(), VIOLATED, null, PLAIN));
});

test("colour is for terminals, unless NO_COLOR says otherwise", () => {
  expect(wantsColour({ isTTY: true }, {})).toBe(true);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: "" })).toBe(true);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColour({ isTTY: true }, { TERM: "dumb" })).toBe(false);
  expect(wantsColour({}, {})).toBe(false);
});

test("with every state explored, what the violation did not stop is decided", () => {
  const properties: SearchResult["properties"] = [
    { name: "Safe", kind: "invariant", verdict: "holds" },
    { name: "Idle", kind: "invariant", verdict: "vacuous" },
    { name: "Broken", kind: "step", verdict: "violated" },
    { name: "Far", kind: "reachable", verdict: "not-checked" },
  ];
  const broken = violation({ kind: "step", property: "Broken" });
  const text = textReport(
    run(),
    result({ verdict: "violated", properties, violations: [broken] }),
    null,
    PLAIN,
  );
  expect(text).toMatch(/Safe +invariant +holds\n/);
  expect(text).not.toContain("so far");
  expect(text).not.toContain("not decided");
});
