/** `dscheck diff`: what changed between two versions of a spec, in verdicts and in behaviours. */
import { rmSync, writeFileSync } from "node:fs";
import {
  type DiffInput,
  type DiffReport,
  type DirectionInput,
  diffReport,
} from "../../report/behaviour-diff.ts";
import { type Paint, paintFor } from "../../report/text/style.ts";
import { type TransitionSystem, withCommonLabels } from "../../search/behaviours.ts";
import { inclusionOf } from "../../search/inclusion.ts";
import type { Arguments } from "../arguments.ts";
import { reportTargets, type Target } from "../check/report-files.ts";
import { EXIT, UserError } from "../errors.ts";
import { fileAtRevision } from "../git-revision.ts";
import { displayPath, specPath } from "../load/bundle.ts";
import { wrongOption } from "../options.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { jsonText, paint, print, width } from "../terminal.ts";
import { type DeclaringSide, parameterChanges, sidesParameters } from "./diff-parameters.ts";
import { type VersionSource, VersionThread } from "./diff-version.ts";
import type { CheckedVersion, ExploredVersion } from "./diff-worker.ts";
import { checkObservation, type Observation, parseObservation } from "./observation.ts";

const STATES_MAX = 200_000;
const PAIRS_MAX = 1_000_000;

/** Ids of states and pairs are kept in numbers and tables that end somewhere. */
const LIMIT_MAX = 10_000_000;

export async function diffCommand(given: Arguments, json: boolean): Promise<number> {
  const targets = await diffTargets(given);
  const observation = parseObservation(given.values.get("observe") ?? []);
  const limits = {
    states: limitOf(given, "max-states", STATES_MAX),
    pairs: limitOf(given, "max-pairs", PAIRS_MAX),
  };
  const scratch = temporaryDirectory("dscheck-diff");
  process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
  const sources = versionSources(given, scratch);
  const input = await compare(given, observation, limits, sources, scratch);
  const report = diffReport(input);
  let printed = json ? jsonText(report) : await textOf(input, report, paint(), width());
  for (const { kind, file } of targets) {
    const text = await reportText(kind, input, report);
    if (file === "-") printed += text;
    else writeReport(file, text);
  }
  await print(printed);
  return report.exitCode;
}

// --- what is compared ----------------------------------------------------------------------------------

function versionSources(
  { specs, values }: Arguments,
  scratch: string,
): readonly [VersionSource, VersionSource] {
  const base = values.get("base")?.[0];
  const [first = "", second] = specs;
  if (base === undefined) {
    if (second === undefined)
      throw wrongOption("diff needs two spec files, or one and --base REVISION; see dscheck diff --help");
    return [fileSource("old", first), fileSource("new", second)];
  }
  if (second !== undefined)
    throw wrongOption(
      `--base ${base} takes the old version from git, so only one file can be named; remove ${first}`,
    );
  const newer = fileSource("new", first);
  const { path, root } = fileAtRevision(newer.path, base, scratch);
  const name = path.slice(root.length + 1).replaceAll("\\", "/");
  return [{ side: "old", path, name: `${base}:${name}`, root: { path: root, name: base } }, newer];
}

function fileSource(side: "old" | "new", given: string): VersionSource {
  const path = specPath(given);
  return { side, path, name: displayPath(path), root: null };
}

function limitOf({ values }: Arguments, name: "max-states" | "max-pairs", otherwise: number): number {
  const text = values.get(name)?.[0];
  if (text === undefined) return otherwise;
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(count)) throw wrongOption(`--${name}: ${JSON.stringify(text)} is not a whole number`);
  if (count < 1 || count > LIMIT_MAX)
    throw wrongOption(`--${name}: ${count} is out of range; choose 1 to ${LIMIT_MAX}`);
  return count;
}

// --- comparing -----------------------------------------------------------------------------------------

async function compare(
  given: Arguments,
  observation: Observation,
  limits: DiffInput["limits"],
  sources: readonly [VersionSource, VersionSource],
  scratch: string,
): Promise<DiffInput> {
  const started = performance.now();
  const threads = sources.map((source) => new VersionThread(source, scratch)) as [
    VersionThread,
    VersionThread,
  ];
  const [older, newer] = threads;
  try {
    const sides: DeclaringSide[] = [];
    for (const thread of threads) {
      const { parameters } = await thread.call("load", null);
      sides.push({ side: thread.source.side, label: thread.label, parameters });
    }
    const [oldSide, newSide] = sides as [DeclaringSide, DeclaringSide];
    const parameters = sidesParameters(given, oldSide, newSide);
    const options = checkOptions(given, limits.states);
    // One after the other: each check uses all workers and may use all memory.
    const oldCheck = await older.call("check", { given: parameters.old, options });
    const newCheck = await newer.call("check", { given: parameters.new, options });
    checkObservation(observation, [
      { label: older.label, declared: namesIn(oldCheck) },
      { label: newer.label, declared: namesIn(newCheck) },
    ]);
    const namesNetworks = [oldCheck, newCheck].some(({ run }) => run.networks.length > 1);
    const request = { observation, namesNetworks, statesMax: limits.states };
    const explored = await Promise.all([older.call("explore", request), newer.call("explore", request)]);
    checkSeen(explored, [older.label, newer.label]);
    const [oldSystem, newSystem] = withCommonLabels(explored[0].system, explored[1].system);
    return {
      old: { name: older.source.name, ...oldCheck, behaviours: sizeOf(oldSystem) },
      new: { name: newer.source.name, ...newCheck, behaviours: sizeOf(newSystem) },
      observe: observation.items,
      given: givenTexts(given),
      limits,
      parameters: parameterChanges(
        { ...oldSide, values: oldCheck.run.parameters },
        { ...newSide, values: newCheck.run.parameters },
      ),
      gained: await direction(newer, newSystem, oldSystem, limits.pairs),
      lost: await direction(older, oldSystem, newSystem, limits.pairs),
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
}

function checkOptions(
  { values, flags }: Arguments,
  maxStates: number,
): { workers?: string; maxMemory?: string; maxStates: number; deadlock: boolean } {
  const [workers, maxMemory] = [values.get("workers")?.[0], values.get("max-memory")?.[0]];
  return {
    ...(workers === undefined ? {} : { workers }),
    ...(maxMemory === undefined ? {} : { maxMemory }),
    maxStates,
    deadlock: !flags.has("no-deadlock"),
  };
}

function namesIn({ run }: CheckedVersion): { actions: string[]; variables: string[] } {
  const { actions, variables } = run.declared;
  return { actions: actions.map(({ name }) => name), variables: variables.map(({ name }) => name) };
}

/** What is named and never there would be observed in vain. A field must be in both, a message type in one. */
function checkSeen(explored: readonly ExploredVersion[], labels: readonly [string, string]): void {
  if (explored.some(({ system }) => !isComplete(system))) return;
  const [inOld, inNew] = explored.map(({ unseen }) => unseen) as [readonly string[], readonly string[]];
  for (const [unseen, label] of [[inOld, labels[0]] as const, [inNew, labels[1]] as const])
    for (const item of unseen)
      if (item.startsWith("variable:"))
        throw wrongOption(`--observe ${item}: in ${label} this field is in no reachable state`);
      else if (inOld.includes(item) && inNew.includes(item))
        throw wrongOption(`--observe ${item}: in neither version is a message of this type sent or received`);
}

function isComplete({ expandedCount, stateCount }: TransitionSystem): boolean {
  return expandedCount === stateCount;
}

function sizeOf(system: TransitionSystem): { states: number; steps: number; isComplete: boolean } {
  // Less the two states that are before and after, and the steps to the initial ones.
  const steps = system.label.length - system.firstStep[1]!;
  return { states: system.stateCount - 2, steps, isComplete: isComplete(system) };
}

function givenTexts({ values }: Arguments): string[] {
  const nodes = (values.get("nodes") ?? []).map((value) => `nodes=${value}`);
  const faults = (values.get("faults") ?? []).flatMap((text) => text.split(","));
  return [...nodes, ...(values.get("set") ?? []), ...faults];
}

/** Behaviours that `thread`'s version has and the other has not. */
async function direction(
  thread: VersionThread,
  system: TransitionSystem,
  other: TransitionSystem,
  pairsMax: number,
): Promise<DirectionInput> {
  const { pairs, undecided, difference } = inclusionOf(system, other, pairsMax);
  if (difference === null) return { pairs, undecided, difference };
  const { word, path, instead, isShortest } = difference;
  const trace = await thread.call("trace", path);
  const textsOf = (labels: readonly number[]): string[] => labels.map((label) => system.labels[label]!);
  return {
    pairs,
    undecided,
    difference: { word: textsOf(word), instead: textsOf(instead).sort(), isShortest, trace },
  };
}

// --- reports -------------------------------------------------------------------------------------------

const KINDS = ["text", "json", "markdown"];

async function diffTargets(given: Arguments): Promise<Target[]> {
  const targets = await reportTargets(given);
  for (const { kind, file } of targets)
    if (!KINDS.includes(kind))
      throw wrongOption(
        `--report ${kind}=${file}: ${kind} tells one check; of a comparison there are ${KINDS.join(", ")}`,
      );
  return targets;
}

async function textOf(input: DiffInput, report: DiffReport, paint: Paint, width: number): Promise<string> {
  const { behaviourDiffText } = await import("../../report/text/behaviour-diff-text.ts");
  return behaviourDiffText(input, report, { paint, width, fullStates: false, quiet: false });
}

async function reportText(kind: string, input: DiffInput, report: DiffReport): Promise<string> {
  if (kind === "json") return jsonText(report);
  if (kind === "text") return textOf(input, report, paintFor(false), 80);
  const { behaviourDiffMarkdown } = await import("../../report/formats/behaviour-diff-markdown.ts");
  return behaviourDiffMarkdown(input, report);
}

function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UserError(EXIT.system, `cannot write the report ${file}: ${(error as Error).message}`);
  }
}
