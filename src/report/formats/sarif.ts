/**
 * SARIF 2.1.0 of a run (OASIS Standard, 2020): a rule for each property, a result for each thing that failed or that
 * a reader should know, and each trace as a code flow whose steps are located at their actions.
 *
 * The same run gives the same document, whatever the number of workers; fingerprints do not change when lines move,
 * so that GitHub code scanning knows a finding again. It shows results with a location only, so all have one.
 * The types are no more than what is written here; a test holds the document against the standard's schema.
 */
import type { Place, TraceStep, Violation } from "../../search/result.ts";
import { MESSAGE_WORDS } from "../itf.ts";
import type { ReportInput } from "../kinds.ts";
import type { RunInfo } from "../run-info.ts";
import { isAbsolute, repositoryPath } from "../source-root.ts";
import { type Remark, type RemarkKind, remarksOf } from "../text/remarks.ts";
import { verdictInWords } from "../text/text.ts";
import { toldAction, toldChanges, toldMessage } from "../told.ts";

const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const HOME = "https://www.npmjs.com/package/dscheck";

/** GitHub code scanning takes 10,000 steps of a code flow and rejects a file with more. */
const FLOW_STEPS_MAX = 10_000;
/** GitHub cuts off longer messages. */
const MESSAGE_MAX = 1_000;

type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };
type JsonObject = { readonly [field: string]: Json };

type Level = "none" | "note" | "warning" | "error";

interface Rule {
  readonly id: string;
  readonly short: string;
  readonly full: string;
  readonly level: Level;
}

/** Rules that are no property of the spec. */
const OWN_RULES: Readonly<Record<Exclude<RemarkKind, "violated" | "unreached" | "vacuous">, Rule>> = {
  deadlock: rule(
    "dscheck/deadlock",
    "Deadlock",
    "A state that is not declared final has no successor.",
    "error",
  ),
  assertion: rule("dscheck/assertion", "Assertion failed", "An assertion in an action failed.", "error"),
  error: rule(
    "dscheck/spec-error",
    "Spec failed",
    "A function of the spec threw, or broke a rule that specs must keep.",
    "error",
  ),
  "never-enabled": rule(
    "dscheck/never-enabled",
    "Action never enabled",
    "An action is enabled in no reachable state.",
    "note",
  ),
  "not-checked": rule(
    "dscheck/not-checked",
    "Not checked",
    "The parameters are too small for a property.",
    "note",
  ),
  stopped: rule(
    "dscheck/no-verdict",
    "No verdict",
    "A limit or an interrupt ended the search before its end.",
    "warning",
  ),
  unexpected: rule(
    "dscheck/unexpected",
    "Unexpected outcome",
    "The outcome is not the one that --expect asked for.",
    "error",
  ),
};

function rule(id: string, short: string, full: string, level: Level): Rule {
  return { id, short, full, level };
}

export function sarifReport(input: ReportInput): string {
  const { run, result, report } = input;
  const remarks = remarksOf(input);
  // Consumers show whatever is a result as a problem; what was not decided is a notification.
  const isResult = ({ kind }: Remark): boolean => kind !== "stopped" && kind !== "not-checked";
  const results = remarks.filter(isResult);
  const rules = [...propertyRules(input), ...ownRules(results)];
  const notified = remarks.filter((remark) => remark.kind === "error" || !isResult(remark));
  const document: JsonObject = {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "dscheck",
            version: run.version,
            semanticVersion: run.version,
            informationUri: HOME,
            rules: rules.map(ruleObject),
            notifications: ownRules(notified).map(ruleObject),
          },
        },
        // Uploads with the same identity replace each other: those of another spec or other parameters do not.
        automationDetails: { id: `dscheck/${configuration(run).join("/")}/` },
        invocations: [
          {
            commandLine: run.command,
            executionSuccessful: report.error === null && result.stopped === null,
            exitCode: report.exitCode,
            exitCodeDescription: verdictInWords(run, result),
            toolExecutionNotifications: notified.map((remark) => notification(remark, input)),
          },
        ],
        originalUriBaseIds: { "%SRCROOT%": { description: { text: "The root of the repository." } } },
        columnKind: "utf16CodeUnits",
        results: results.map((remark) => resultObject(remark, rules, input)),
        properties: {
          spec: run.spec,
          parameters: run.parameters,
          verdict: result.verdict,
          states: {
            generated: result.states.generated,
            distinct: result.states.distinct,
            depth: result.states.depth,
          },
        },
      },
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

// --- rules -----------------------------------------------------------------------------------------

/** The properties that were checked. */
function propertyRules({ run, result }: ReportInput): Rule[] {
  const checked = new Set(result.properties.map(({ name }) => name));
  return run.declared.properties
    .filter(({ name }) => checked.has(name))
    .map(({ name, kind, meaning }) => {
      const full = meaning === "" ? `${kind === "step" ? "step property" : kind} ${name}` : meaning;
      return rule(propertyRule(run.spec, name), name, full, "error");
    });
}

/** Those of dscheck's own rules that these remarks are about. */
function ownRules(remarks: readonly Remark[]): Rule[] {
  const kinds = new Set<string>(remarks.map(({ kind }) => kind));
  return Object.entries(OWN_RULES)
    .filter(([kind]) => kinds.has(kind))
    .map(([, own]) => own);
}

function propertyRule(spec: string, property: string): string {
  return `${spec}/${property}`;
}

function ruleOf({ kind, name }: Remark, spec: string): string {
  switch (kind) {
    case "violated":
    case "unreached":
    case "vacuous":
      return propertyRule(spec, name ?? "");
    default:
      return OWN_RULES[kind].id;
  }
}

function ruleObject({ id, short, full, level }: Rule): JsonObject {
  const text = full === "" ? short : full;
  return {
    id,
    name: short,
    shortDescription: { text: short },
    fullDescription: { text },
    help: { text },
    defaultConfiguration: { level },
  };
}

// --- results ---------------------------------------------------------------------------------------

function resultObject(remark: Remark, rules: readonly Rule[], input: ReportInput): JsonObject {
  const { run } = input;
  const { message, place, violation, expected } = remark;
  const ruleId = ruleOf(remark, run.spec);
  const index = rules.findIndex(({ id }) => id === ruleId);
  const last = violation?.trace.at(-1)?.location ?? null;
  const identity = fingerprint(remark, input);
  return {
    ruleId,
    ...(index < 0 ? {} : { ruleIndex: index }),
    kind: "fail",
    level: remark.level === "notice" ? "note" : remark.level,
    message: { text: cut(message, MESSAGE_MAX) },
    locations: [location(place, input, remark.name)],
    ...(last === null
      ? {}
      : {
          relatedLocations: [
            { id: 1, ...location(last, input, null), message: { text: "the last step of the trace" } },
          ],
        }),
    ...(violation === null || violation.trace.length === 0
      ? {}
      : { codeFlows: [codeFlow(violation, input)] }),
    // The second is the one that GitHub code scanning reads.
    partialFingerprints: { "dscheck/v1": identity, primaryLocationLineHash: identity },
    ...(expected
      ? {
          suppressions: [
            {
              kind: "external",
              status: "accepted",
              justification: `expected: --expect ${input.expected?.outcome ?? ""}`,
            },
          ],
        }
      : {}),
  };
}

/**
 * What makes a finding the same one in another run: the spec with its parameters, what failed, and for which
 * instance. Neither places nor the trace, which change with code that has nothing to do with it.
 */
function fingerprint({ kind, name, violation }: Remark, { run }: ReportInput): string {
  return hashed([...configuration(run), kind, name ?? "", violation?.instance ?? ""].join("\u0000"));
}

/** The spec and its parameters, in a fixed order. */
function configuration({ spec, parameters }: RunInfo): string[] {
  const given = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return [spec, given.sort().join(",")].filter((part) => part !== "");
}

/** 64 bits of FNV-1a over UTF-16 units, in hexadecimal digits: for telling findings apart, not against malice. */
function hashed(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let at = 0; at < text.length; at++)
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}

function location(place: Place, { sourceRoot }: ReportInput, name: string | null): JsonObject {
  return {
    physicalLocation: {
      artifactLocation: artifact(repositoryPath(place.file, sourceRoot)),
      region: { startLine: place.line, startColumn: place.column },
    },
    ...(name === null ? {} : { logicalLocations: [{ name, kind: "member" }] }),
  };
}

function artifact(path: string): JsonObject {
  const escaped = path.split("/").map(encodeURIComponent).join("/");
  if (!isAbsolute(path)) return { uri: escaped, uriBaseId: "%SRCROOT%" };
  return { uri: `file://${path.startsWith("/") ? "" : "/"}${escaped.replace(/^([A-Za-z])%3A/, "$1:")}` };
}

function notification(remark: Remark, input: ReportInput): JsonObject {
  return {
    descriptor: { id: ruleOf(remark, input.run.spec) },
    level: remark.level === "notice" ? "note" : remark.level,
    message: { text: cut(remark.message, MESSAGE_MAX) },
    locations: [location(remark.place, input, remark.name)],
  };
}

// --- code flows ------------------------------------------------------------------------------------

function codeFlow(violation: Violation, input: ReportInput): JsonObject {
  const { trace } = violation;
  // The end says why; of a trace that is too long the beginning goes.
  const first = Math.max(0, trace.length - FLOW_STEPS_MAX);
  const told = trace.slice(first).map((step, at) => flowStep(step, trace[first + at - 1], violation, input));
  return {
    message: { text: first === 0 ? "The trace" : `The last ${FLOW_STEPS_MAX} steps of the trace` },
    threadFlows: [{ id: "trace", locations: told }],
  };
}

function flowStep(
  step: TraceStep,
  before: TraceStep | undefined,
  violation: Violation,
  input: ReportInput,
): JsonObject {
  const { run } = input;
  const changes = toldChanges(step, before, run);
  const messages = MESSAGE_WORDS.flatMap((word) =>
    step[word].map((message) => `${word} ${toldMessage(message, run)}`),
  );
  const text = [`${step.step}: ${toldAction(step)}`, ...messages].join("; ");
  // The initial state has no action; it is shown where the trace ends, at the property.
  const place = step.location ?? violation.location ?? { file: run.file, line: 1, column: 1 };
  return {
    location: { ...location(place, input, null), message: { text: cut(text, MESSAGE_MAX) } },
    executionOrder: step.step,
    importance: step.relevant || step === violation.trace.at(-1) ? "essential" : "important",
    kinds: step.fault ? ["fault"] : ["step"],
    ...(changes.length === 0
      ? {}
      : {
          state: Object.fromEntries(
            changes.map(({ path, text: change }) => [path, { text: cut(change, MESSAGE_MAX) }]),
          ),
        }),
  };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
