/** The page of `dscheck explore`: the viewer over a live source, and a bar above it. */
import { signal } from "@preact/signals";
import { render } from "preact";
import type { ErrorAnswer } from "../explore/api.ts";
import { start } from "./app.tsx";
import { ExploreBar } from "./explore-bar.tsx";
import { AskError, LiveSource, type LiveWorld } from "./live.ts";

/** Between two questions for changes; more often while a search runs. */
const POLL_MS = 2000;
const POLL_SEARCH_MS = 400;

async function ask(what: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(what, init);
  const answer: unknown = await response.json();
  if (!response.ok) throw new AskError((answer as ErrorAnswer).error);
  return answer;
}

const world: LiveWorld = {
  get: (what) => ask(what),
  post: (what, body) => ask(what, { method: "POST", body }),
  fragment: () => location.hash.replace(/^#/, ""),
  setFragment: (fragment, how) => {
    const address = `#${fragment}`;
    if (how === "replace" || location.hash === address) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
  },
  address: () => location.href.replace(/#.*$/, ""),
};

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error("the page lacks its elements");
  return found;
}

async function open(): Promise<void> {
  const root = element("app");
  const bar = document.createElement("div");
  bar.id = "explore-bar";
  root.before(bar);
  try {
    show(await LiveSource.open(world), root, bar);
  } catch (error) {
    const said =
      error instanceof AskError ? error.message : "dscheck explore does not answer; is it still running?";
    bar.className = "explore-line gone";
    bar.setAttribute("role", "alert");
    bar.textContent = said;
  }
}

function show(source: LiveSource, root: HTMLElement, bar: HTMLElement): void {
  const now = signal(source.explore());
  source.subscribe(() => {
    now.value = source.explore();
  });
  addEventListener("popstate", () => source.followAddress());
  start(source, root);
  const Bar = () => <ExploreBar source={source} now={now.value} file={source.current().subject.file} />;
  render(<Bar />, bar);
  poll(source);
}

/** One question after the other, and none while nobody looks. */
function poll(source: LiveSource): void {
  const delay = source.explore().status.search.state === "running" ? POLL_SEARCH_MS : POLL_MS;
  setTimeout(async () => {
    if (document.visibilityState === "visible") await source.poll().catch(() => {});
    poll(source);
  }, delay);
}

void open();
