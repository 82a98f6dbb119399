/**
 * The comparison of two versions as text, for whoever reviews the change: what differs comes first, and what is the
 * same takes one line.
 */
import type { PropertyVerdict, TraceStep, Verdict } from "../../search/result.ts";
import type {
  ActionChange,
  BoundChange,
  DiffInput,
  DiffReport,
  DirectionInput,
  ParameterChange,
  PropertyChange,
  VersionInput,
} from "../behaviour-diff.ts";
import { columns, duration, grouped, hang, plural } from "../layout.ts";
import { type TextOptions, violationLines } from "./trace-text.ts";

/** How many of the other version's possibilities are told. */
const INSTEAD_MAX = 8;

/** The whole report; ends with a line break. */
export function behaviourDiffText(input: DiffInput, report: DiffReport, options: TextOptions): string {
  const { paint, width } = options;
  const colour = report.same === null ? paint.unsure : report.same ? paint.good : paint.bad;
  const blocks = [
    [paint.strong(titleOf(input)), ...hang("  ", settingsOf(input), width)],
    hang("", verdictOf(input, report), width).map(colour),
  ];
  const changes = changeGroups(input, report);
  if (changes.length > 0) blocks.push(changes.flatMap((group) => groupLines(group, width)));
  for (const side of ["new", "old"] as const) {
    const lines = behaviourLines(input, side, options);
    if (lines.length > 0) blocks.push(lines);
  }
  blocks.push(lastLines(input, report, width));
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

export function titleOf({ old, new: now }: DiffInput): string {
  const name = old.run.spec === now.run.spec ? now.run.spec : `${old.run.spec} -> ${now.run.spec}`;
  return `${name}  ${old.name} -> ${now.name}`;
}

export function settingsOf({ given, observe }: DiffInput): string {
  return [...given, `observed: ${observe.join(", ")}`].join("  ");
}

/** What differs, in one sentence. */
export function verdictOf(input: DiffInput, { same, changes, behaviours }: DiffReport): string {
  const { newNotOld, oldNotNew } = behaviours;
  const undecided = undecidedOf(input, { newNotOld, oldNotNew });
  if (same === true) {
    const pairs = grouped(newNotOld.pairs + oldNotNew.pairs);
    return `SAME: the same verdicts, and the same behaviours within these bounds (${pairs} pairs explored).`;
  }
  const open = undecided.length === 0 ? "" : ` Undecided: ${undecided.join("; ")}.`;
  if (same === null) return `UNDECIDED: no difference was found before a limit was reached.${open}`;
  const parts: string[] = [];
  if (newNotOld.outcome === "found") parts.push("new has behaviours that old has not");
  if (oldNotNew.outcome === "found") parts.push("old has behaviours that new has not");
  if (parts.length === 0 && undecided.length === 0)
    parts.push("the same behaviours, but not the same verdicts");
  else if (changes.verdict !== null || changes.properties.length > 0 || changes.failures.length > 0)
    parts.push("verdicts differ");
  return `DIFFERENT: ${parts.join("; ")}.${open}`;
}

/** What was not decided, with the limit that was reached. */
function undecidedOf(
  { old, new: now, limits }: DiffInput,
  { newNotOld, oldNotNew }: DiffReport["behaviours"],
): string[] {
  const at = { "max-pairs": limits.pairs, "max-states": limits.states };
  const texts: string[] = [];
  for (const [side, other, { outcome, limit }] of [
    ["new", "old", newNotOld] as const,
    ["old", "new", oldNotNew] as const,
  ])
    if (outcome === "undecided" && limit !== null)
      texts.push(`whether ${side} has behaviours that ${other} has not (--${limit} ${grouped(at[limit])})`);
  for (const [side, { result }] of [["old", old] as const, ["new", now] as const])
    if (result.stopped !== null)
      texts.push(`the verdict of ${side} (${result.stopped.message.split(":", 1)[0]})`);
  return texts;
}

// --- verdicts and counts -------------------------------------------------------------------------------

/** Changes of one kind: what each is about (empty where the label says it), and how it changed. */
export interface ChangeGroup {
  readonly label: string;
  readonly rows: readonly (readonly [what: string, how: string])[];
}

export function changeGroups({ old, new: now }: DiffInput, { changes }: DiffReport): ChangeGroup[] {
  const { verdict } = changes;
  const [before, after] = [old.result.states, now.result.states];
  const counts = (["generated", "distinct", "depth"] as const)
    .filter((key) => before[key] !== after[key])
    .map((key) => `${key} ${grouped(before[key])} -> ${grouped(after[key])}`);
  const groups: ChangeGroup[] = [
    {
      label: "Verdict",
      rows: verdict === null ? [] : [["", `${VERDICTS[verdict.old]} -> ${VERDICTS[verdict.new]}`]],
    },
    {
      label: "Failures",
      rows: changes.failures.map(({ name, change }) => [
        signed(change, name),
        change === "added" ? "new" : "gone",
      ]),
    },
    { label: "Properties", rows: changes.properties.map(propertyRow) },
    { label: "Actions", rows: changes.actions.map(actionRow) },
    { label: "Parameters", rows: changes.parameters.map(parameterRow) },
    { label: "Bounds", rows: changes.bounds.map(boundRow) },
    { label: "States", rows: counts.length === 0 ? [] : [["", counts.join(", ")]] },
  ];
  return groups.filter(({ rows }) => rows.length > 0);
}

function groupLines({ label, rows }: ChangeGroup, width: number): string[] {
  const indent = " ".repeat(12);
  const lines = columns(
    rows.map(([what, how]) => (what === "" ? [how] : [what, how])),
    indent,
    width,
  );
  return lines.map((line, at) => (at === 0 ? label.padEnd(indent.length) + line.slice(indent.length) : line));
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  holds: "holds",
  "holds-within": "holds within bounds",
  violated: "VIOLATED",
  deadlock: "DEADLOCK",
  unreached: "UNREACHED",
  stopped: "stopped",
  failed: "FAILED",
};

function signed(change: "added" | "removed", name: string): string {
  return `${change === "added" ? "+" : "-"} ${name}`;
}

function propertyRow({ name, change, ...of }: PropertyChange): [string, string] {
  const before = of.old === null ? "" : propertyVerdict(of.old, of.oldSteps);
  const after = of.new === null ? "" : propertyVerdict(of.new, of.newSteps);
  if (change === "added") return [signed(change, name), after];
  if (change === "removed") return [signed(change, name), `was: ${before}`];
  return [name, `${before} -> ${after}`];
}

function propertyVerdict(verdict: PropertyVerdict, steps: number | null): string {
  const when = steps === null ? "" : ` in ${plural(steps, "step")}`;
  switch (verdict) {
    case "violated":
      return `VIOLATED${when}`;
    case "reached":
      return `reached${when}`;
    case "unreached":
      return "NOT REACHED";
    case "vacuous":
      return "VACUOUS (its premise is never true)";
    case "not-checked":
      return "not checked";
    default:
      return verdict;
  }
}

function actionRow({ name, change, ...of }: ActionChange): [string, string] {
  const alone = of.old ?? of.new!;
  const counts = `enabled in ${plural(alone.enabled, "state")}, ${grouped(alone.generated)} generated`;
  if (change === "added") return [signed(change, name), alone.enabled === 0 ? "NEVER ENABLED" : counts];
  if (change === "removed")
    return [signed(change, name), `was: ${alone.enabled === 0 ? "never enabled" : counts}`];
  const [before, after] = [of.old!, of.new!];
  if (change === "never-enabled") return [name, `NEVER ENABLED (was: in ${plural(before.enabled, "state")})`];
  const both = (["enabled", "generated"] as const)
    .filter((key) => before[key] !== after[key])
    .map((key) => `${key} ${grouped(before[key])} -> ${grouped(after[key])}`)
    .join(", ");
  return [name, both];
}

function parameterRow({ name, ...of }: ParameterChange): [string, string] {
  if (of.old === null) return [signed("added", name), `${of.new!.value}`];
  if (of.new === null) return [signed("removed", name), `was: ${of.old.value}`];
  const defaults =
    of.old.default === of.new.default ? "" : `default ${of.old.default} -> ${of.new.default}; `;
  const values =
    of.old.value === of.new.value
      ? `both compared with ${of.new.value}`
      : `compared with ${of.old.value} -> ${of.new.value}`;
  return [name, `${defaults}${values}`];
}

function boundRow({ name, ...of }: BoundChange): [string, string] {
  const text = (bound: NonNullable<BoundChange["old"]>): string =>
    `${bound.limit === null ? bound.kind : grouped(bound.limit)}${bound.hit ? " (cuts something off)" : ""}`;
  if (of.old === null) return [signed("added", name), text(of.new!)];
  if (of.new === null) return [signed("removed", name), `was: ${text(of.old)}`];
  return [name, `${text(of.old)} -> ${text(of.new)}`];
}

// --- behaviours ----------------------------------------------------------------------------------------

/** What one version can do and the other cannot, as a trace; nothing when there is no such thing. */
export function behaviourLines(input: DiffInput, side: "old" | "new", options: TextOptions): string[] {
  const { paint, width } = options;
  const { undecided, difference }: DirectionInput = side === "new" ? input.gained : input.lost;
  const other = side === "new" ? "old" : "new";
  if (difference === null) {
    const both = input.gained.difference === null && input.lost.difference === null;
    if (both || undecided !== null) return [];
    return hang("", `Every behaviour of ${side} is one of ${other}, within these bounds.`, width);
  }
  const { word, instead, isShortest, trace } = difference;
  const which = isShortest
    ? "A shortest behaviour"
    : `A behaviour (--max-states ${grouped(input.limits.states)} was reached; there may be a shorter one)`;
  const lines = hang("", `${which} that only ${side} has:`, width).map(paint.strong);
  lines.push("", ...traceLines(trace, input[side], options), "");
  const last = word[word.length - 1]!;
  const isHidden = trace.slice(1).some((step) => !step.relevant);
  if (isHidden && word.length > 1)
    lines.push(...hang("", `Observed before: ${word.slice(0, -1).join(" | ")}`, width));
  lines.push(...hang("", `${capital(side)} goes on with: ${last}`, width).map(paint.strong));
  const told = instead.slice(0, INSTEAD_MAX).join(" | ");
  const more = instead.length - INSTEAD_MAX;
  lines.push(
    ...hang(
      "",
      instead.length === 0
        ? `${capital(other)} cannot; nothing more is observed of it.`
        : `${capital(other)} cannot; it could go on with: ${told}${more > 0 ? ` | and ${more} more` : ""}`,
      width,
    ),
  );
  return lines;
}

function traceLines(trace: readonly TraceStep[], { run }: VersionInput, options: TextOptions): string[] {
  const isHidden = trace.slice(1).some((step) => !step.relevant);
  const lines = violationLines(
    {
      kind: "scenario",
      property: "",
      instance: "",
      message: "",
      trace: isHidden ? trace : trace.map((step) => ({ ...step, relevant: false })),
      reads: [],
      location: null,
    },
    run,
    { ...options, fullStates: false, quiet: false },
    "replay",
  );
  // Without the headline and the legend, which are a counterexample's.
  const steps = lines.slice(lines.indexOf("", 2) + 1);
  const isMarked = isHidden && trace.slice(1).some((step) => step.relevant);
  const legend = isMarked ? [options.paint.faint("Steps marked * are observed."), ""] : [];
  return [...legend, ...steps];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// --- the last lines ------------------------------------------------------------------------------------

function lastLines(input: DiffInput, { changes }: DiffReport, width: number): string[] {
  const { old, observe, seconds } = input;
  const same = (
    [
      ["property", old.result.properties.length, changes.properties],
      ["action", Object.keys(old.result.coverage.actions).length, changes.actions],
      ["parameter", Object.keys(old.run.parameters).length, changes.parameters],
      ["bound", old.result.bounds.length, changes.bounds],
    ] as const
  )
    .map(([noun, all, changed]) => [noun, all - changed.filter(({ old }) => old !== null).length] as const)
    .filter(([, count]) => count > 0)
    .map(([noun, count]) => plural(count, noun).replace(/ys$/, "ies"));
  const explored = (["old", "new"] as const).map((side) => {
    const { states, steps, isComplete } = input[side].behaviours;
    return `${side} ${isComplete ? "" : "in part: "}${plural(states, "state")}, ${plural(steps, "step")}`;
  });
  const pairs = grouped(input.gained.pairs + input.lost.pairs);
  const groups: [string, string][] = [
    ["Unchanged", same.length === 0 ? "nothing" : same.join(", ")],
    ["Explored", `${explored.join("; ")}; ${pairs} pairs; without symmetry, in ${duration(seconds)}`],
  ];
  if (!observe.includes("ends")) groups.push(["Not seen", "where behaviours end (--observe ends)"]);
  return groups.flatMap(([label, how]) => groupLines({ label, rows: [["", how]] }, width));
}
