/**
 * The trace viewer as one file: page, script, style and data. It needs no server and no network, and its policy
 * forbids it to use any: what runs in it is named by hash, and the data is text that nothing runs.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { packSnapshot } from "../../viewer/pack.ts";
import type { ShownTrace, Snapshot } from "../../viewer/source.ts";
import type { ReportInput } from "../kinds.ts";
import { duration, grouped, plural } from "../layout.ts";
import { verdictInWords } from "../text/text.ts";
import { headline } from "../text/trace-text.ts";

/** All counterexamples of a run. Without one the page says what came of the run. */
export function htmlReport(input: ReportInput): string {
  const { run } = input;
  const packed = packSnapshot(snapshotOf(input));
  return viewerPage({ title: `${run.spec}: ${input.result.verdict}`, script: "viewer", data: packed });
}

export interface Page {
  readonly title: string;
  /** Which script of dist/viewer: `viewer` shows embedded data. */
  readonly script: string;
  readonly data: unknown;
  /** Whether the script may speak to the server that the page came from. */
  readonly connects?: boolean;
}

/** A page of the viewer. */
export function viewerPage({ title, script, data, connects = false }: Page): string {
  const code = asset(`${script}.js`).replaceAll("</script", "<\\/script");
  const style = asset("viewer.css").replaceAll("</style", "<\\/style");
  const policy = [
    "default-src 'none'",
    `script-src '${hash(code)}'`,
    `style-src '${hash(style)}'`,
    "img-src data:",
    ...(connects ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  // What is put in is never searched again: a trace may contain any text, also `$&`.
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${escaped(title)}</title>`,
    `<link rel="icon" href="${ICON}">`,
    `<style>${style}</style>`,
    "</head>",
    "<body>",
    '<div id="app"><noscript>This page draws its trace with a script, which is switched off.</noscript></div>',
    `<script type="application/json" id="data">${embedded(data)}</script>`,
    `<script>${code}</script>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M3 1v14M13 1v14M3 4l10 5' stroke='%230a52c4' stroke-width='2' fill='none'/%3E%3C/svg%3E";

function snapshotOf({ run, result }: ReportInput): Snapshot {
  const traces = result.violations.map(
    (violation): ShownTrace => ({
      title: headline(violation),
      steps: violation.trace,
      failure: {
        kind: violation.kind,
        property: violation.property,
        instance: violation.instance,
        message: violation.message,
        reads: violation.reads,
        location: violation.location,
      },
    }),
  );
  const { states } = result;
  const symmetry = result.symmetry.length === 0 ? "none" : result.symmetry.join(", ");
  const { version, spec, file, parameters, command, declared, networks, budgets, meanings } = run;
  return {
    subject: {
      ...{ version, spec, file, parameters, command, declared, networks, budgets, meanings },
      verdict: result.verdict,
      facts: [
        { label: "verdict", value: verdictInWords(run, result) },
        {
          label: "states",
          value: `${grouped(states.generated)} generated, ${grouped(states.distinct)} distinct, ${grouped(states.queued)} queued`,
        },
        { label: "depth", value: plural(states.depth, "step") },
        { label: "symmetry", value: symmetry },
        { label: "time", value: `${duration(result.seconds)} with ${plural(result.workers, "worker")}` },
      ],
      bounds: result.bounds,
    },
    traces: traces.length > 0 ? traces : [{ title: verdictInWords(run, result), steps: [], failure: null }],
    live: null,
  };
}

/** From src/report, as from dist/report: what the build made. */
function asset(name: string): string {
  return readFileSync(new URL(`../../../dist/viewer/${name}`, import.meta.url), "utf8").trim();
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** JSON that ends no element and no line of a script. */
function embedded(data: unknown): string {
  return JSON.stringify(data)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
