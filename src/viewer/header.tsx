/** The head of the page: what was run and what came of it, which trace is shown, and the controls. */
import type { Verdict } from "../search/result.ts";
import { CopyButton } from "./live-panel.tsx";
import type { Theme, View } from "./view.ts";

export function Header({ view }: { readonly view: View }) {
  const { subject, traces, live } = view.snapshot.value;
  const { title } = view.trace.value;
  const hit = subject.bounds.filter(({ hit }) => hit);
  return (
    <header class="head">
      <div class="head-line">
        <h1>
          {subject.spec} <span class="faint">{subject.file}</span>
        </h1>
        {subject.verdict !== null && (
          <span class={`verdict ${lookOf(subject.verdict)}`}>{subject.verdict}</span>
        )}
        {live !== null && <span class="verdict live">exploring</span>}
        <span class="grow" />
        <ThemeSwitch view={view} />
        <button type="button" onClick={() => (view.helpOpen.value = true)} aria-keyshortcuts="?">
          Help <kbd>?</kbd>
        </button>
      </div>
      <p class="title">{title}</p>
      <div class="head-line">
        {traces.length > 1 && (
          <label class="trace-choice">
            Counterexample{" "}
            <select
              value={String(view.traceAt.value)}
              onChange={(event) => view.selectTrace(Number(event.currentTarget.value))}
            >
              {traces.map((trace, at) => (
                <option key={trace.title} value={String(at)}>
                  {at + 1} of {traces.length}: {trace.title}
                </option>
              ))}
            </select>
          </label>
        )}
        <details class="about" open={view.steps.value.length === 0 && live === null}>
          <summary>The run: parameters, bounds, counts</summary>
          <dl>
            <dt>parameters</dt>
            <dd>{pairs(subject.parameters)}</dd>
            {hit.length > 0 && (
              <>
                <dt>bounds that were hit</dt>
                <dd>
                  {hit.map(({ name, limit }) => (limit === null ? name : `${name} ${limit}`)).join(", ")}
                </dd>
              </>
            )}
            {subject.facts.map(({ label, value }) => (
              <>
                <dt key={label}>{label}</dt>
                <dd>{value}</dd>
              </>
            ))}
            <dt>dscheck</dt>
            <dd>{subject.version}</dd>
          </dl>
        </details>
        {subject.command !== "" && (
          <div class="command">
            <span class="faint">run it again</span>
            <code>{subject.command}</code>
            <CopyButton label="Copy" text={() => subject.command} view={view} />
          </div>
        )}
      </div>
    </header>
  );
}

function lookOf(verdict: Verdict): "good" | "bad" | "unsure" {
  if (verdict === "holds" || verdict === "holds-within") return "good";
  return verdict === "stopped" ? "unsure" : "bad";
}

function pairs(parameters: Readonly<Record<string, unknown>>): string {
  const all = Object.entries(parameters).map(([name, value]) => `${name}=${String(value)}`);
  return all.length === 0 ? "none" : all.join("  ");
}

const THEMES: readonly Theme[] = ["system", "light", "dark"];

function ThemeSwitch({ view }: { readonly view: View }) {
  return (
    <label class="theme">
      <span class="hidden">Colours</span>
      <select
        value={view.theme.value}
        onChange={(event) => {
          view.theme.value = THEMES.find((theme) => theme === event.currentTarget.value) ?? "system";
        }}
      >
        <option value="system">Colours: as the system</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}

/** Going through the steps, and hiding some of them. */
export function Toolbar({ view }: { readonly view: View }) {
  const shown = view.shown.value;
  const steps = view.steps.value;
  if (steps.length === 0) return null;
  const row = Math.max(0, shown.indexOf(view.position.value));
  const step = view.step.value;
  const { lanes } = view.diagram.value;
  const hidden = steps.length - shown.length;
  const anyRelevant = steps.some(({ relevant }, at) => relevant && at > 0);
  return (
    <nav class="toolbar" aria-label="Steps">
      <button
        type="button"
        disabled={row === 0}
        aria-label="First step"
        onClick={() => view.select(shown[0]!)}
      >
        ⇤
      </button>
      <button type="button" disabled={row === 0} aria-label="Step before" onClick={() => view.move(-1)}>
        ↑
      </button>
      <input
        class="slider"
        type="range"
        min={0}
        max={shown.length - 1}
        value={row}
        aria-label="Step"
        aria-valuetext={`Step ${step?.step} of ${steps.length - 1}: ${step?.action ?? "initial state"}`}
        onInput={(event) => view.select(shown[Number(event.currentTarget.value)]!)}
      />
      <button
        type="button"
        disabled={row === shown.length - 1}
        aria-label="Next step"
        onClick={() => view.move(1)}
      >
        ↓
      </button>
      <button
        type="button"
        disabled={row === shown.length - 1}
        aria-label="Last step"
        onClick={() => view.select(shown[shown.length - 1]!)}
      >
        ⇥
      </button>
      <output class="count">
        step {step?.step} of {steps.length - 1}
        {hidden > 0 && <span class="faint"> ({hidden} hidden)</span>}
      </output>
      {anyRelevant && (
        <label class="check">
          <input
            type="checkbox"
            checked={view.relevantOnly.value}
            onChange={(event) => view.showRelevantOnly(event.currentTarget.checked)}
          />
          only ★ steps
        </label>
      )}
      {lanes.length > 1 && (
        <fieldset class="nodes">
          <legend class="hidden">Nodes</legend>
          {lanes.map((lane) => (
            <button
              key={lane}
              type="button"
              class="node"
              aria-pressed={!view.hiddenNodes.value.has(lane)}
              title={`show or hide ${lane}`}
              onClick={() => view.toggleNode(lane)}
            >
              {lane}
            </button>
          ))}
        </fieldset>
      )}
    </nav>
  );
}
