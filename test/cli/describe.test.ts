/** `dscheck describe`, on the packaged two-phase commit and on a spec with faults and a network. */
import { expect, test } from "vitest";
import type { Description } from "../../src/cli/describe/describe.ts";
import { dscheck } from "./binary.ts";

const TWO_PHASE = "specs/classic/two-phase-commit.ts";
const PING = "test/fixtures/ping.ts";

function described(words: readonly string[]): Description {
  return JSON.parse(dscheck(["describe", ...words, "--format", "json"]).stdout) as Description;
}

test("two-phase commit as text", () => {
  const { code, stdout, stderr } = dscheck(["describe", TWO_PHASE]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  // Lines of the spec's source move when it is edited; that they are there is enough.
  expect(
    stdout.replaceAll(/(line |\.ts:)\d+/g, "$1N"),
  ).toBe(`two-phase-commit: two-phase commit without failures of the transaction manager
  Gray, Lamport: Consensus on transaction commit, ACM TODS 31(1), 2006
  specs/classic/two-phase-commit.ts:N

Parameters (--set NAME=VALUE)
  nodes=3  resource managers (1 to 12)

Ids
  rm  r1, r2, r3 (interchangeable)

State
  phase[rm]     one value for each
  coordinator   one value
  prepared      one value
  preparedSent  one value
  decided       one value

Actions
  CoordinatorReceivesPrepared(i)  line N
  CoordinatorCommits              line N
  CoordinatorAborts               line N
  Prepare(i)                      line N
  ChooseToAbort(i)                line N
  ReceiveCommit(i)                line N
  ReceiveAbort(i)                 line N

Properties
  Consistent    invariant, line N: no resource manager has committed while
                another has aborted
  AllCommitted  reachable, line N: all resource managers can commit
  AllAborted    reachable, line N: all resource managers can abort
`);
});

test("two-phase commit as data", () => {
  const data = described([TWO_PHASE, "--nodes", "4"]);
  expect(data).toMatchObject({
    schemaVersion: 1,
    spec: "two-phase-commit",
    parameters: [
      {
        name: "nodes",
        type: "integer",
        value: 4,
        default: 3,
        min: 1,
        max: 12,
        fault: false,
        meaning: "resource managers",
      },
    ],
    ids: [{ name: "rm", members: ["r1", "r2", "r3", "r4"], interchangeable: true }],
    bounds: [],
    finals: [],
  });
  expect(data.actions.map((action) => action.name)).toEqual([
    "CoordinatorReceivesPrepared",
    "CoordinatorCommits",
    "CoordinatorAborts",
    "Prepare",
    "ChooseToAbort",
    "ReceiveCommit",
    "ReceiveAbort",
  ]);
  expect(data.actions[0]).toMatchObject({
    parameters: [{ name: "i", values: 4 }],
    receives: null,
    fault: false,
  });
  expect(data.properties.map(({ name, kind }) => [name, kind])).toEqual([
    ["Consistent", "invariant"],
    ["AllCommitted", "reachable"],
    ["AllAborted", "reachable"],
  ]);
});

test("faults, networks and budgets", () => {
  const data = described([PING, "--faults", "loss=2"]);
  expect(data.parameters[1]).toMatchObject({ name: "loss", value: 2, default: 0, fault: true });
  expect(data.variables).toContainEqual({
    name: "net",
    role: "mailbox",
    owners: ["node"],
    network: "bag",
    persistent: [],
  });
  expect(data.bounds).toEqual([
    { name: "loss", kind: "fault", limit: 2 },
    { name: "asks", kind: "budget", limit: 1 },
  ]);
  expect(data.actions.find((action) => action.name === "Lose")).toMatchObject({
    fault: true,
    receives: { network: "net", type: null },
  });
  expect(dscheck(["describe", PING]).stdout).toContain(
    "Faults (--faults NAME=N)\n  loss=0  lost messages (0 to 2)\n",
  );
});

test("a line of another file than the spec's is told with the file", () => {
  const { stdout } = dscheck(["describe", "specs/raft.ts"]);
  expect(stdout).toMatch(/\n {2}Timeout\(i\) +line \d+\n/);
  expect(stdout).toMatch(/\n {2}ElectionSafety\(i, j\) +invariant, specs\/raft\/properties\.ts:\d+: /);
});
