/** The page: head, controls, diagram, details, help, and what a screen reader is told. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Details } from "./details.tsx";
import { DiagramView } from "./diagram-view.tsx";
import { Header, Toolbar } from "./header.tsx";
import { KEYS, listenToKeys } from "./keys.ts";
import { targetOf } from "./link.ts";
import type { TraceSource } from "./source.ts";
import { createView, followAddress, type View } from "./view.ts";
import { announcementOf } from "./words.ts";

/** Shows a source in an element. Called once a page. */
export function start(source: TraceSource, root: HTMLElement): void {
  // The address of a live path is its own business (`LiveCommands.link`); it is looked at where it ends.
  const isLive = source.commands !== null;
  const view = createView(
    source,
    isLive ? { trace: 0, step: Number.POSITIVE_INFINITY } : targetOf(location.hash),
  );
  effect(() => {
    if (view.theme.value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = view.theme.value;
  });
  listenToKeys(view);
  if (!isLive) followAddress(view);
  addEventListener("beforeprint", () => {
    view.printing.value = true;
  });
  addEventListener("afterprint", () => {
    view.printing.value = false;
  });
  render(<App view={view} />, root);
  root.querySelector<HTMLElement>(".diagram-scroll")?.focus({ preventScroll: true });
}

function App({ view }: { readonly view: View }) {
  const isEmpty = view.steps.value.length === 0;
  return (
    <>
      <Header view={view} />
      <Toolbar view={view} />
      <main class={isEmpty ? "main empty" : "main"} style={{ "--diagram": `${share(view)}fr` }}>
        {!isEmpty && <DiagramView view={view} />}
        <Details view={view} />
      </main>
      <Announcer view={view} />
      <Help view={view} />
    </>
  );
}

/** The diagram's share of the width, the details having one part: more lanes need more. */
function share(view: View): number {
  return Math.min(2.2, 1.35 + 0.15 * view.lanes.value.length);
}

function Announcer({ view }: { readonly view: View }) {
  const step = view.step.value;
  const { networks } = view.snapshot.value.subject;
  return (
    <>
      <div class="hidden" aria-live="polite" aria-atomic="true" id="announcer">
        {step === null ? "" : announcementOf(step, view.before.value, view.steps.value.length, networks)}
      </div>
      <div class="hidden" role="status">
        {view.notice.value}
      </div>
    </>
  );
}

function Help({ view }: { readonly view: View }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = view.helpOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
  }, [isOpen]);
  const isLive = view.snapshot.value.live !== null;
  return (
    <dialog
      ref={dialog}
      class="help"
      aria-labelledby="help-title"
      onClose={() => {
        view.helpOpen.value = false;
      }}
    >
      <h2 id="help-title">How to read this page</h2>
      <p>
        Time runs downwards, a row a step. Each line from top to bottom is a node; an arrow is one copy of a
        message, from the step that sent it to the step that received it. A square is a step of a node's own,
        a circle the receipt of a message; faults have shapes of their own and a ϟ. ★ marks the steps that
        last wrote what the failed property read. The number in the address is the step: copy it to show it to
        others.
      </p>
      <table>
        <caption>Keys</caption>
        <tbody>
          {KEYS.filter(({ live }) => live !== true || isLive).map(({ shown, meaning }) => (
            <tr key={shown}>
              <th scope="row">
                {shown.split(" ").map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </th>
              <td>{meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
