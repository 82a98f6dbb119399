/**
 * The command line as data, and the help texts. The one importer of yargs, which splits the words;
 * everything that can be wrong is checked here and in options.ts, and said in this tool's own words.
 */
import { Parser } from "yargs/helpers";
import { columns, hang } from "../report/layout.ts";
import { didYouMean } from "../spec/define-spec.ts";
import { EXIT } from "./errors.ts";
import { wrongOption } from "./options.ts";

export const COMMANDS = ["check", "suite", "describe", "replay", "explore", "diff", "ci", "init"] as const;
export type Command = (typeof COMMANDS)[number];

interface OptionHelp {
  readonly of: readonly Command[];
  /** Takes no value. */
  readonly boolean?: true;
  /** May be given several times. */
  readonly repeatable?: true;
  readonly value?: string;
  readonly help: string;
}

const ALL = COMMANDS;

const OPTIONS: Readonly<Record<string, OptionHelp>> = {
  nodes: {
    of: ["check", "describe", "replay", "explore", "diff"],
    value: "N",
    help: "short for --set nodes=N",
  },
  set: {
    of: ["check", "describe", "replay", "explore", "diff"],
    repeatable: true,
    value: "NAME=VALUE",
    help: "a parameter of the spec (repeatable)",
  },
  faults: {
    of: ["check", "describe", "replay", "explore", "diff"],
    repeatable: true,
    value: "NAME=N,...",
    help: "fault budgets of the spec, such as restart=1,loss=2",
  },
  property: { of: ["check"], repeatable: true, value: "NAME", help: "check only this property (repeatable)" },
  "no-properties": {
    of: ["check"],
    boolean: true,
    help: "check no property, only count and look for deadlocks",
  },
  "no-deadlock": { of: ["check", "diff"], boolean: true, help: "a state without a successor is no error" },
  continue: { of: ["check"], boolean: true, help: "go on after a violation until every property is decided" },
  "no-symmetry": { of: ["check"], boolean: true, help: "explore every permutation of interchangeable ids" },
  "no-audit": { of: ["check"], boolean: true, help: "do not check that the spec is pure and symmetric" },
  workers: {
    of: ["check", "suite", "explore", "diff", "ci"],
    value: "N",
    help: "worker threads (default: all cores; for a small model of suite: 1)",
  },
  "max-states": {
    of: ["check", "explore", "diff"],
    value: "N",
    help: "stop at N distinct states, without a verdict",
  },
  "max-depth": { of: ["check"], value: "N", help: "do not expand states N steps from the start" },
  "max-seconds": { of: ["check", "explore"], value: "S", help: "stop after S seconds" },
  "max-memory": {
    of: ["check", "suite", "explore", "diff", "ci"],
    value: "SIZE",
    help: "4GiB, 512MiB, 75% or bytes (default: 75% of machine or container)",
  },
  all: { of: ["suite"], boolean: true, help: "every row, not only the small ones" },
  expect: {
    of: ["check"],
    value: "OUTCOME",
    help: "exit 0 on holds, deadlock, violated[:NAME], unreached[:NAME] or stopped, else 1",
  },
  base: {
    of: ["diff", "ci"],
    value: "REVISION",
    help: "the git revision to compare with",
  },
  observe: {
    of: ["diff"],
    repeatable: true,
    value: "WHAT",
    help: "what of a behaviour is compared: actions (default), action:NAME,..., variable:NAME[.FIELD],..., messages, sent or received[:TYPE,...], ends (repeatable)",
  },
  "max-pairs": {
    of: ["diff"],
    value: "N",
    help: "stop comparing behaviours after N pairs of states, undecided (default: 1,000,000)",
  },
  config: { of: ["ci"], value: "FILE", help: "the configuration (default: dscheck.config.ts)" },
  cache: {
    of: ["ci"],
    value: "DIRECTORY",
    help: "where results are kept (default: node_modules/.cache/dscheck)",
  },
  "no-cache": { of: ["ci"], boolean: true, help: "run every check, and keep no result" },
  "changed-only": {
    of: ["ci"],
    boolean: true,
    help: "leave out what is unchanged since the base, also if its result is not known",
  },
  "fail-fast": { of: ["ci"], boolean: true, help: "end with the first check that fails" },
  format: {
    of: ALL.filter((command) => command !== "init"),
    value: "text|json",
    help: "standard output (default: text)",
  },
  report: {
    of: ["check", "replay", "diff"],
    repeatable: true,
    value: "KIND=FILE",
    help: "also write a report: junit, sarif, markdown, ... (repeatable; docs/REPORTS.md)",
  },
  "dump-graph": {
    of: ["check"],
    value: "FILE",
    help: "also write the states as a graph for Graphviz (at most 2,000, without symmetry)",
  },
  "full-states": { of: ["check", "replay"], boolean: true, help: "the whole state at every step of a trace" },
  violation: {
    of: ["replay"],
    value: "N|NAME",
    help: "which violation of a JSON document (default: the first)",
  },
  at: { of: ["explore"], value: "PATH", help: "begin at this path, as it stands in a link after the #" },
  port: { of: ["explore"], value: "N", help: "port of the page (default: any that is free)" },
  host: { of: ["explore"], value: "ADDRESS", help: "address of the page (default: 127.0.0.1)" },
  watch: { of: ["check"], boolean: true, help: "check again after every save, and tell what is different" },
  quiet: { of: ["check"], boolean: true, help: "no progress and no trace, only the last lines" },
  help: { of: ALL, boolean: true, help: "this text" },
  version: { of: ALL, boolean: true, help: "the version" },
};

const USAGES: Readonly<Record<Command, readonly [usage: string, summary: string]>> = {
  check: ["check <spec>", "check a spec (the default: dscheck <spec>)"],
  suite: ["suite", "check the specs of this package against their recorded counts"],
  init: ["init [directory]", "write a first spec, a configuration and a workflow; overwrites nothing"],
  ci: ["ci", "run the checks of dscheck.config.ts, as a gate for changes"],
  describe: ["describe <spec>", "parameters, actions, properties and faults of a spec"],
  diff: ["diff <old> <new>", "what changed between two versions of a spec: verdicts, counts, behaviours"],
  replay: ["replay <file>", "take the steps of a scenario (YAML) or of a recorded trace (JSON)"],
  explore: ["explore <spec>", "walk through a spec by hand, in the browser"],
};

const EXAMPLES: readonly (readonly [Command, string, string])[] = [
  ["check", "specs/raft.ts --nodes 3", "three servers, default bounds"],
  ["check", "specs/raft.ts --faults restart=1,loss=2", "with faults"],
  ["check", "specs/raft.ts --property LogMatching", "one property"],
  ["check", "my.ts --set bug=none --expect holds", "0 if it holds, else 1"],
  ["check", "my.ts --format json > report.json", "the report as JSON"],
  ["describe", "describe specs/raft.ts", "what can be set"],
  ["diff", "diff --base main specs/raft.ts", "against a git revision"],
  ["diff", "diff old.ts new.ts --observe messages", "by the messages alone"],
  ["diff", "diff a.ts b.ts --set new:mode=fast", "a parameter of one version"],
  ["explore", "explore specs/raft.ts --nodes 3", "pick the steps yourself"],
  ["replay", "replay scenarios/split-vote.yaml", "a path, and what it claims"],
  ["replay", "replay report.json --report html=t.html", "a recorded trace, drawn"],
  ["ci", "ci --base main", "what a change must pass"],
  ["init", "init consensus", "a new project"],
  ["suite", "suite --all", "every packaged model"],
];

export interface Arguments {
  readonly command: Command;
  /** The spec as it was written; null for `suite`, and where only help or the version is wanted. */
  readonly spec: string | null;
  /** All files that were named; `diff` takes two. */
  readonly specs: readonly string[];
  /** Text of options that take a value, by name; repeatable ones may have several. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Options without a value that were given. */
  readonly flags: ReadonlySet<string>;
  /** Whether the command was named, or left to the default. */
  readonly named: boolean;
}

/** Splits and checks the words of a command line. Throws a UserError. */
export function parseArguments(words: readonly string[]): Arguments {
  const names = Object.keys(OPTIONS);
  const parsed: Record<string, unknown> & { readonly _: readonly unknown[] } = Parser([...words], {
    boolean: names.filter((name) => OPTIONS[name]!.boolean === true),
    string: names.filter((name) => OPTIONS[name]!.boolean !== true),
    alias: { help: ["h"] },
    configuration: {
      "camel-case-expansion": false,
      "dot-notation": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "boolean-negation": false,
      "duplicate-arguments-array": true,
    },
  });
  const { command, named, rest } = commandOf(parsed._.map(String), Object.hasOwn(parsed, "help"));
  const values = new Map<string, readonly string[]>();
  const flags = new Set<string>();
  for (const [name, given] of Object.entries(parsed)) {
    if (name === "_" || name === "$0" || name === "h" || given === undefined) continue;
    readOption(name, given, command, values, flags);
  }
  return { command, named, spec: specOf(command, rest, flags), specs: rest, values, flags };
}

function commandOf(
  positional: readonly string[],
  forHelp: boolean,
): { command: Command; named: boolean; rest: readonly string[] } {
  const command = COMMANDS.find((known) => known === positional[0]);
  if (command !== undefined) return { command, named: true, rest: positional.slice(1) };
  const [first] = positional;
  // A word that names no file by its looks, but nearly a command.
  if (first === "help") throw wrongOption("there is no command help; write dscheck --help");
  if (first !== undefined && /^[a-z-]+$/i.test(first)) {
    const hint = didYouMean(first, COMMANDS);
    if (hint.startsWith("; did") || forHelp) throw wrongOption(`there is no command ${first}${hint}`);
  }
  return { command: "check", named: false, rest: positional };
}

function specOf(command: Command, rest: readonly string[], flags: ReadonlySet<string>): string | null {
  if (flags.has("help") || flags.has("version")) return null;
  const takes = command === "suite" || command === "ci" ? 0 : 1;
  // Two files, or one and --base: said where that is known.
  if (command === "diff" && rest.length === 2) return rest[0]!;
  if (rest.length > takes)
    throw wrongOption(
      `unexpected argument ${rest[takes]}; ${command} takes ${takes === 0 ? "none" : command === "replay" ? "one file" : command === "init" ? "one directory" : "one spec file"}`,
    );
  if (rest.length < takes && command !== "init")
    throw wrongOption(
      `no ${command === "replay" ? "" : "spec "}file given; write dscheck ${command === "check" ? "" : `${command} `}FILE, or see dscheck --help`,
    );
  return rest[0] ?? null;
}

function readOption(
  name: string,
  given: unknown,
  command: Command,
  values: Map<string, readonly string[]>,
  flags: Set<string>,
): void {
  const label = name.length === 1 ? `-${name}` : `--${name}`;
  const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name]! : undefined;
  if (option === undefined) {
    // One letter is near to everything.
    const hint = name.length === 1 ? "" : didYouMean(name, Object.keys(OPTIONS)).replace(/mean /, "mean --");
    throw wrongOption(
      `there is no option ${label}${hint.startsWith("; did") ? hint : "; see dscheck --help"}`,
    );
  }
  if (!option.of.includes(command))
    throw wrongOption(`${label} has no effect on ${command}; it is an option of ${listed(option.of)}`);
  const all = Array.isArray(given) ? given : [given];
  if (option.boolean === true) {
    if (all.some((one) => one !== true))
      throw wrongOption(`${label} takes no value; leave it out for the opposite`);
    flags.add(name);
    return;
  }
  const texts = all.map(String);
  if (texts.includes("")) throw wrongOption(`${label} needs a value: ${label} ${option.value}`);
  if (texts.length > 1 && option.repeatable !== true)
    throw wrongOption(`${label} is given ${texts.length} times; give it once`);
  values.set(name, texts);
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** Whether standard output is to be JSON, for errors in the very arguments that would tell. */
export function wantsJson(words: readonly string[]): boolean {
  return words.some(
    (word, at) => word === "--format=json" || (word === "--format" && words[at + 1] === "json"),
  );
}

/** The help of the tool, or of one command. */
export function helpText(command: Command | null): string {
  const options = Object.entries(OPTIONS).filter(([, option]) => option.of.includes(command ?? "check"));
  const examples = EXAMPLES.filter(([of]) => command === null || of === command);
  const lines =
    command === null
      ? [
          "dscheck <spec> [options]",
          "",
          ...hang("", PURPOSE, WIDTH),
          "",
          "Commands",
          ...columns(Object.values(USAGES), "  ", WIDTH),
        ]
      : [`dscheck ${USAGES[command][0]} [options]`, "", ...hang("", `${USAGES[command][1]}.`, WIDTH)];
  lines.push("", command === null ? "Options of check" : "Options");
  lines.push(
    ...columns(
      options.map(([name, { value, help }]) => [`--${name}${value === undefined ? "" : ` ${value}`}`, help]),
      "  ",
      WIDTH,
    ),
  );
  lines.push(
    "",
    "Examples",
    ...examples.map(([, line, meaning]) => `  ${`dscheck ${line}`.padEnd(48)}${meaning}`),
  );
  if (command === null || command === "check")
    lines.push("", "Exit codes", ...columns(EXIT_CODES, "  ", WIDTH));
  return `${lines.join("\n")}\n`;
}

const WIDTH = 80;

const PURPOSE =
  "Explores every reachable state of a protocol that is written in TypeScript, and prints a shortest " +
  "counterexample when a property fails.";

const EXIT_CODES: readonly (readonly [string, string])[] = [
  [`${EXIT.ok}`, "every property holds (within the bounds that are named)"],
  [
    `${EXIT.deadlock} to ${EXIT.unreached}`,
    "deadlock, invariant, step property, assertion violated, not reached",
  ],
  [
    `${EXIT.actionThrew} to ${EXIT.rule}`,
    "an action threw, a property threw, the spec is impure or asymmetric",
  ],
  [`${EXIT.assumption}, ${EXIT.spec}, ${EXIT.option}`, "wrong parameters together, wrong spec, wrong option"],
  [`${EXIT.stopped}, ${EXIT.interrupted}`, "stopped at a limit, interrupted: no verdict"],
  [`${EXIT.system}, ${EXIT.internal}`, "the system failed, an error in dscheck"],
];
