/** The panels beside the diagram: what the step did, why the property failed, what else was possible. */
import { format, MESSAGE_WORDS } from "../report/itf.ts";
import type { Itf, ReadValue, TraceMessage, TraceStep } from "../search/result.ts";
import { addressOf } from "./link.ts";
import { LivePanel } from "./live-panel.tsx";
import { Icon } from "./shapes.tsx";
import { Change, StatePanel } from "./state-tree.tsx";
import type { View } from "./view.ts";
import { messageText } from "./words.ts";

export function Details({ view }: { readonly view: View }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must reach what scrolls
    <section class="details" aria-label="Details of the step" tabIndex={0} data-own-keys="">
      <LivePanel view={view} />
      <StepPanel view={view} />
      <WhyPanel view={view} />
      <StatePanel view={view} />
      <EnabledPanel view={view} />
    </section>
  );
}

function StepPanel({ view }: { readonly view: View }) {
  const step = view.step.value;
  if (step === null) return null;
  const { networks } = view.snapshot.value.subject;
  const isFirst = view.position.value === 0;
  return (
    <section class="panel step" aria-labelledby="step-title">
      <h2 id="step-title">
        <span class="step-number">Step {step.step}</span> {unbroken(step.action ?? "initial state")}
      </h2>
      <p class="badges">
        {step.relevant && !isFirst && (
          <span class="badge relevant">
            <Icon name="star" /> the failed property depends on it
          </span>
        )}
        {step.fault && (
          <span class="badge fault">
            <Icon name="bolt" /> fault
          </span>
        )}
        {step.location !== null && (
          <span class="faint place">
            {step.location.file}:{step.location.line}
          </span>
        )}
      </p>
      <table class="messages">
        <caption class="hidden">Messages of this step</caption>
        <tbody>
          {MESSAGE_WORDS.map((word) => (
            <Messages key={word} what={word} of={step[word]} networks={networks} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface MessagesProps {
  readonly what: string;
  readonly of: readonly TraceMessage[];
  readonly networks: readonly string[];
}

function Messages({ what, of, networks }: MessagesProps) {
  return (
    <>
      {of.map((message, at) => (
        <tr key={`${at}`}>
          <th scope="row">{what}</th>
          <td>{messageText(message, networks)}</td>
        </tr>
      ))}
    </>
  );
}

function WhyPanel({ view }: { readonly view: View }) {
  const { failure } = view.trace.value;
  if (failure === null) return null;
  const { kind, property, instance, message, reads } = failure;
  const meaning = view.snapshot.value.subject.meanings[property] ?? "";
  const isFailing = view.position.value === view.steps.value.length - 1;
  return (
    <section class={`panel why${isFailing ? " here" : ""}`} aria-labelledby="why-title">
      <details
        open={view.whyOpen.value}
        onToggle={(event) => {
          view.whyOpen.value = event.currentTarget.open;
        }}
      >
        <summary>
          <h2 id="why-title">
            {kind === "deadlock" ? "Why it is a deadlock" : `Why ${property}${instance} fails`}
          </h2>
        </summary>
        {kind !== "deadlock" && meaning !== "" && <p class="meaning">{meaning}</p>}
        {message !== "" && <p class="message">{message}</p>}
        {reads.length > 0 ? (
          <>
            <p class="faint">
              {kind === "step"
                ? "It read these values, before and after the last step:"
                : "It read these values of the last state:"}
            </p>
            <ReadTable view={view} reads={reads} />
          </>
        ) : (
          <p class="faint">{withoutReads(kind)}</p>
        )}
      </details>
    </section>
  );
}

function withoutReads(kind: string): string {
  if (kind === "deadlock")
    return "No action is enabled in the last state, and the state is not declared final.";
  if (kind === "assertion" || kind === "action-error") return "The action ran in the last state.";
  return "It read no part of the state.";
}

interface ReadRow {
  readonly what: string;
  readonly before: Itf | undefined;
  readonly after: Itf | undefined;
  readonly writtenAt: number;
}

/** One row for each place; the two sides of a step property share it. */
function readRows(reads: readonly ReadValue[]): ReadRow[] {
  const isStep = reads.some(({ side }) => side === "before");
  return [...new Set(reads.map(({ what }) => what))].map((what) => {
    const [before, after] = (["before", "after"] as const).map((side) =>
      reads.find((read) => read.what === what && read.side === side),
    );
    const writtenAt = (after ?? before)?.writtenAt ?? 0;
    const value = after?.value;
    return { what, before: isStep ? before?.value : value, after: value, writtenAt };
  });
}

function ReadTable({ view, reads }: { readonly view: View; readonly reads: readonly ReadValue[] }) {
  return (
    <table class="reads">
      <thead>
        <tr>
          <th scope="col">read</th>
          <th scope="col">value</th>
          <th scope="col">written by</th>
        </tr>
      </thead>
      <tbody>
        {readRows(reads).map(({ what, before, after, writtenAt }) => (
          <tr key={what}>
            <th scope="row">{what}</th>
            <td>
              <Change
                before={before}
                after={after}
                same={before !== undefined && after !== undefined && format(before) === format(after)}
              />
            </td>
            <td>
              <StepLink view={view} step={writtenAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function StepLink({ view, step }: { readonly view: View; readonly step: number }) {
  const at = view.steps.value.findIndex((one) => one.step === step);
  const action = view.steps.value[at]?.action ?? null;
  return (
    <a
      href={addressOf({ trace: view.traceAt.value, step: at })}
      onClick={(event) => {
        event.preventDefault();
        view.select(at);
      }}
    >
      {action === null ? "initial value" : `step ${step}, ${unbroken(action)}`}
    </a>
  );
}

/** With a word joiner, so that no line ends within an arrow. */
function unbroken(action: string): string {
  return action.replaceAll("->", "-\u2060>");
}

/** What could have happened instead of this step, and after the last one what can happen next. */
function EnabledPanel({ view }: { readonly view: View }) {
  const step = view.step.value;
  const before = view.before.value;
  if (step === null || view.snapshot.value.live !== null) return null;
  const isLast = view.position.value === view.steps.value.length - 1;
  const instead = before === null ? [] : before.enabled.filter((text) => text !== step.action);
  return (
    <section class="panel enabled" aria-labelledby="enabled-title">
      <h2 id="enabled-title">What else was possible</h2>
      {before !== null && (
        <Actions
          title={`Instead of step ${step.step}`}
          texts={instead}
          none={`Nothing: ${step.action} was the only step possible.`}
        />
      )}
      {(before === null || isLast) && (
        <Actions
          title={isLast ? "Next" : "From here"}
          texts={next(step, view)}
          none="Nothing: no action is enabled."
        />
      )}
    </section>
  );
}

function next(step: TraceStep, view: View): readonly string[] {
  const taken = view.steps.value[view.position.value + 1]?.action ?? null;
  return step.enabled.filter((text) => text !== taken);
}

interface ActionsProps {
  readonly title: string;
  readonly texts: readonly string[];
  readonly none: string;
}

function Actions({ title, texts, none }: ActionsProps) {
  if (texts.length === 0) return <p class="faint">{none}</p>;
  return (
    <details open={texts.length <= 12}>
      <summary>
        {title}: {texts.length}
      </summary>
      <ul class="actions">
        {texts.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </details>
  );
}
