/** The keys: which there are, what they do, and when they are left to what has the focus. */
import type { View } from "./view.ts";

interface Key {
  /** As `KeyboardEvent.key` names them. */
  readonly keys: readonly string[];
  readonly shown: string;
  readonly meaning: string;
  readonly live?: true;
  readonly act: (view: View, key: string) => void;
}

/** Rows that PageUp and PageDown go by. */
const PAGE = 10;

export const KEYS: readonly Key[] = [
  { keys: ["ArrowDown", "ArrowRight", "j"], shown: "↓ → j", meaning: "next step", act: (v) => v.move(1) },
  { keys: ["ArrowUp", "ArrowLeft", "k"], shown: "↑ ← k", meaning: "step before", act: (v) => v.move(-1) },
  { keys: ["PageDown"], shown: "PageDown", meaning: `${PAGE} steps on`, act: (v) => v.move(PAGE) },
  { keys: ["PageUp"], shown: "PageUp", meaning: `${PAGE} steps back`, act: (v) => v.move(-PAGE) },
  { keys: ["Home"], shown: "Home", meaning: "first step", act: (v) => v.move(Number.NEGATIVE_INFINITY) },
  { keys: ["End"], shown: "End", meaning: "last step", act: (v) => v.move(Number.POSITIVE_INFINITY) },
  {
    keys: ["n"],
    shown: "n",
    meaning: "next ★ step: one that the failed property depends on",
    act: (v) => v.moveToRelevant(1),
  },
  { keys: ["p"], shown: "p", meaning: "★ step before", act: (v) => v.moveToRelevant(-1) },
  {
    keys: ["r"],
    shown: "r",
    meaning: "only ★ steps, or all",
    act: (v) => v.showRelevantOnly(!v.relevantOnly.value),
  },
  {
    keys: ["c"],
    shown: "c",
    meaning: "of the state only what changed, or all",
    act: (v) => {
      v.changedOnly.value = !v.changedOnly.value;
    },
  },
  {
    keys: ["/"],
    shown: "/",
    meaning: "search in the state",
    act: () => document.getElementById("state-search")?.focus(),
  },
  {
    keys: ["t"],
    shown: "t",
    meaning: "light or dark",
    act: (v) => {
      const dark =
        v.theme.value === "dark" ||
        (v.theme.value === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
      v.theme.value = dark ? "light" : "dark";
    },
  },
  {
    keys: ["?"],
    shown: "?",
    meaning: "this help",
    act: (v) => {
      v.helpOpen.value = true;
    },
  },
  {
    keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    shown: "1 … 9",
    meaning: "take the step of this number",
    live: true,
    act: (v, key) => {
      const live = v.snapshot.value.live;
      const index = Number(key) - 1;
      const atEnd = v.position.value === v.steps.value.length - 1;
      if (live !== null && !live.busy && atEnd && index < live.choices.length) v.source.commands?.pick(index);
    },
  },
  {
    keys: ["Backspace"],
    shown: "Backspace",
    meaning: "take the last step back",
    live: true,
    act: (v) => {
      if (v.steps.value.length > 0) v.source.commands?.backTo(v.steps.value.length - 2);
    },
  },
];

/** Listens to all keys of the page. */
export function listenToKeys(view: View): void {
  const byKey = new Map(KEYS.flatMap((one) => one.keys.map((key) => [key, one] as const)));
  addEventListener("keydown", (event) => {
    const found = byKey.get(event.key);
    if (found === undefined || event.ctrlKey || event.altKey || event.metaKey || view.helpOpen.value) return;
    if (found.live === true && view.snapshot.value.live === null) return;
    if (belongsToFocus(event)) return;
    event.preventDefault();
    found.act(view, event.key);
  });
}

/** Text is typed into fields, and what scrolls or slides does so by the arrows. */
function belongsToFocus({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement && target.type === "checkbox") return false;
  const isLong = key.length > 1;
  if (target instanceof HTMLInputElement && target.type === "range") return isLong;
  if (target.matches("input, select, textarea")) return true;
  return isLong && "ownKeys" in target.dataset;
}
