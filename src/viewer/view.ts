/**
 * What is looked at: which trace and step, what is hidden, and what follows from that. Signals, so that a
 * component is drawn again only when something that it read has changed.
 */
import { computed, effect, signal } from "@preact/signals";
import type { TraceStep } from "../search/result.ts";
import { arrowsOf, type Diagram, diagramOf, downRows, rowOf, shownSteps } from "./diagram.ts";
import { addressOf, type LinkTarget, targetOf } from "./link.ts";
import type { ShownTrace, TraceSource } from "./source.ts";

export type Theme = "light" | "dark" | "system";

export type View = ReturnType<typeof createView>;

export function createView(source: TraceSource, start: LinkTarget) {
  const snapshot = signal(source.current());
  const traceAt = signal(Math.min(start.trace, snapshot.value.traces.length - 1));
  const hiddenNodes = signal<ReadonlySet<string>>(new Set());
  const relevantOnly = signal(false);
  const search = signal("");
  const changedOnly = signal(false);
  const whyOpen = signal(true);
  const theme = signal<Theme>("system");
  const helpOpen = signal(false);
  /** Whether all rows are drawn, for paper. */
  const printing = signal(false);
  /** Something that a screen reader is told besides the step. */
  const notice = signal("");

  const trace = computed<ShownTrace>(() => snapshot.value.traces[traceAt.value] ?? snapshot.value.traces[0]!);
  const steps = computed(() => trace.value.steps);
  const wanted = signal(start.step);
  /** Position of the selected step; -1 while there is none. */
  const position = computed(() => Math.min(Math.max(0, wanted.value), steps.value.length - 1));
  const diagram = computed<Diagram>(() => diagramOf(steps.value, snapshot.value.subject));
  const lanes = computed(() => diagram.value.lanes.filter((lane) => !hiddenNodes.value.has(lane)));
  const shown = computed(() =>
    shownSteps(steps.value, diagram.value, {
      hiddenNodes: hiddenNodes.value,
      relevantOnly: relevantOnly.value,
    }),
  );
  const arrows = computed(() =>
    arrowsOf(steps.value, diagram.value, shown.value, lanes.value, snapshot.value.subject.networks),
  );
  /** When each node is down. */
  const down = computed(
    () => new Map(lanes.value.map((lane) => [lane, downRows(diagram.value, shown.value, lane)])),
  );
  const step = computed<TraceStep | null>(() => steps.value[position.value] ?? null);
  const before = computed<TraceStep | null>(() => steps.value[position.value - 1] ?? null);

  source.subscribe(() => {
    const was = steps.peek().length;
    snapshot.value = source.current();
    // A path that grew or shrank is looked at where it ends.
    if (source.commands !== null && steps.peek().length !== was) wanted.value = steps.peek().length - 1;
  });

  /** Selects a position; a hidden one is shown by taking the filters away. */
  function select(at: number): void {
    const to = Math.min(Math.max(0, at), steps.value.length - 1);
    if (!shown.value.includes(to)) {
      hiddenNodes.value = new Set();
      relevantOnly.value = false;
    }
    wanted.value = to;
  }

  /** Goes by rows that are shown, as far as there are any. */
  function move(rows: number): void {
    if (shown.value.length === 0) return;
    const row = rowOf(shown.value, position.value);
    const from = Number.isInteger(row) ? row : rows > 0 ? Math.floor(row) : Math.ceil(row);
    const to = Math.min(Math.max(0, from + rows), shown.value.length - 1);
    wanted.value = shown.value[to]!;
  }

  /** To the next or the last step before that the failed property depends on. */
  function moveToRelevant(direction: 1 | -1): void {
    for (let at = position.value + direction; at >= 0 && at < steps.value.length; at += direction)
      if (steps.value[at]!.relevant) {
        select(at);
        return;
      }
    notice.value = direction > 0 ? "No later marked step" : "No earlier marked step";
  }

  function selectTrace(at: number): void {
    traceAt.value = at;
    hiddenNodes.value = new Set();
    wanted.value = 0;
  }

  function toggleNode(node: string): void {
    const next = new Set(hiddenNodes.value);
    if (!next.delete(node)) next.add(node);
    // A diagram without lanes shows nothing; hiding the last one shows all again.
    hiddenNodes.value = next.size === diagram.value.lanes.length ? new Set() : next;
    selectShown();
  }

  function showRelevantOnly(only: boolean): void {
    relevantOnly.value = only;
    selectShown();
  }

  /** When the selected step was hidden: the one before it that is shown. */
  function selectShown(): void {
    if (shown.value.length === 0) return;
    wanted.value = shown.value[Math.floor(rowOf(shown.value, position.value))]!;
  }

  function open(target: LinkTarget): void {
    traceAt.value = Math.min(target.trace, snapshot.value.traces.length - 1);
    select(target.step);
  }

  return {
    source,
    snapshot,
    traceAt,
    trace,
    steps,
    position,
    step,
    before,
    diagram,
    lanes,
    shown,
    arrows,
    down,
    hiddenNodes,
    relevantOnly,
    search,
    changedOnly,
    whyOpen,
    theme,
    helpOpen,
    printing,
    notice,
    select,
    move,
    moveToRelevant,
    selectTrace,
    toggleNode,
    showRelevantOnly,
    open,
  };
}

/** Keeps the page's address at the step that is looked at, and follows it when it is changed. */
export function followAddress(view: View): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const address = addressOf({ trace: view.traceAt.value, step: Math.max(0, view.position.value) });
    // Browsers refuse more than some hundred changes a minute; a held key makes more.
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (location.hash !== address) history.replaceState(null, "", address);
    }, 200);
  });
  addEventListener("hashchange", () => view.open(targetOf(location.hash)));
}
