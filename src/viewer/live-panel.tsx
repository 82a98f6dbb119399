/** What a live source can do from here: the steps to pick, going back, and jumping to a violation. */
import { useState } from "preact/hooks";
import type { Choice, LiveCommands, LiveSnapshot } from "./source.ts";
import type { View } from "./view.ts";

export function LivePanel({ view }: { readonly view: View }) {
  const { live } = view.snapshot.value;
  const { commands } = view.source;
  if (live === null || commands === null) return null;
  const atEnd = view.position.value === view.steps.value.length - 1;
  return (
    <section class="panel live" aria-labelledby="live-title" aria-busy={live.busy}>
      <div class="panel-head">
        <h2 id="live-title">
          {view.steps.value.length === 0 ? "Pick an initial state" : "Pick the next step"}
        </h2>
        <Tools view={view} live={live} commands={commands} />
      </div>
      {live.error !== null && (
        <p class="message" role="alert">
          {live.error}
        </p>
      )}
      {live.violated.map(({ property, instance, kind }) => (
        <p key={property + instance} class="violated" role="alert">
          {kind === "deadlock" ? "This is a deadlock." : `${property}${instance} is violated here.`}
        </p>
      ))}
      {atEnd ? (
        <Choices view={view} live={live} commands={commands} />
      ) : (
        <BackHere view={view} commands={commands} />
      )}
    </section>
  );
}

function BackHere({ view, commands }: { readonly view: View; readonly commands: LiveCommands }) {
  const step = view.step.value?.step ?? 0;
  return (
    <p>
      You look at step {step}, which is not the last.{" "}
      <button type="button" onClick={() => commands.backTo(step)}>
        Go on from step {step}
      </button>
    </p>
  );
}

const END_TEXTS = {
  final: "No step is possible; the spec declares this a proper end.",
  deadlock: "No step is possible: a deadlock.",
  bound: "No step is possible within the bounds.",
} as const;

interface ChoicesProps {
  readonly view: View;
  readonly live: LiveSnapshot;
  readonly commands: LiveCommands;
}

function Choices({ live, commands }: ChoicesProps) {
  const [text, search] = useState("");
  if (live.end !== null) return <p>{END_TEXTS[live.end]}</p>;
  const wanted = text.trim().toLowerCase();
  const found = live.choices
    .map((choice, index) => ({ choice, index }))
    .filter(({ choice }) => `${choice.action} ${choice.detail}`.toLowerCase().includes(wanted));
  return (
    <>
      {live.choices.length > 12 && (
        <label class="search">
          <span class="hidden">Search the steps</span>
          <input
            type="search"
            placeholder={`Search ${live.choices.length} steps`}
            value={text}
            onInput={(event) => search(event.currentTarget.value)}
          />
        </label>
      )}
      <ol class="choices">
        {found.map(({ choice, index }) => (
          <li key={`${index}`}>
            <ChoiceButton choice={choice} index={index} busy={live.busy} pick={commands.pick} />
          </li>
        ))}
      </ol>
    </>
  );
}

interface ChoiceButtonProps {
  readonly choice: Choice;
  readonly index: number;
  readonly busy: boolean;
  readonly pick: (index: number) => void;
}

function ChoiceButton({ choice, index, busy, pick }: ChoiceButtonProps) {
  return (
    <button type="button" class="choice" aria-disabled={busy} onClick={() => busy || pick(index)}>
      <kbd>{index < 9 ? index + 1 : ""}</kbd>
      <span class="choice-action">{choice.action}</span>
      {choice.fault && <span class="badge fault">fault</span>}
      {choice.violates.map((property) => (
        <span key={property} class="badge bad">
          violates {property}
        </span>
      ))}
      {choice.notes.map((note) => (
        <span key={note} class="badge note">
          {note}
        </span>
      ))}
      {choice.detail !== "" && <span class="choice-detail">{choice.detail}</span>}
    </button>
  );
}

function Tools({ view, live, commands }: ChoicesProps) {
  const last = view.steps.value.length - 1;
  return (
    <div class="live-tools">
      <button type="button" disabled={last < 0} onClick={() => commands.backTo(last - 1)}>
        Back one step
      </button>
      {live.jumps.length > 0 && (
        <label>
          <span class="hidden">Go to a violation</span>
          <select
            value=""
            onChange={(event) => {
              const property = event.currentTarget.value;
              event.currentTarget.value = "";
              if (property !== "") commands.jump(property);
            }}
          >
            <option value="">Go to a violation of…</option>
            {live.jumps.map((property) => (
              <option key={property} value={property}>
                {property}
              </option>
            ))}
          </select>
        </label>
      )}
      <CopyButton label="Copy link" text={() => commands.link()} view={view} />
      <button type="button" onClick={() => void download(commands)}>
        Download scenario
      </button>
    </div>
  );
}

async function download(commands: LiveCommands): Promise<void> {
  const { name, text } = await commands.scenario();
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

interface CopyProps {
  readonly label: string;
  readonly text: () => string;
  readonly view: View;
}

export function CopyButton({ label, text, view }: CopyProps) {
  const [said, say] = useState<string | null>(null);
  const copy = async (): Promise<void> => {
    const done = await copyText(text());
    say(done ? "Copied" : "Select it, and copy by hand");
    view.notice.value = done ? "Copied" : "Could not copy";
    setTimeout(() => say(null), 2000);
  };
  return (
    <button type="button" class="copy" onClick={() => void copy()}>
      {said ?? label}
    </button>
  );
}

/** Some browsers give pages from files no clipboard; there the old way works. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
