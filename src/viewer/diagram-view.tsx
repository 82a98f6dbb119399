/** The space-time diagram: a row a step, a lane a node, an arrow a message. Only the rows in sight are drawn. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { TraceStep } from "../search/result.ts";
import { type Arrow, WAY_TEXTS, type Way } from "./diagram.ts";
import { EmptyMark, Icon, LaneMark, type Places, ROW, WAY_STYLES } from "./shapes.tsx";
import type { View } from "./view.ts";
import { isDrawn, scrollFor, windowOf } from "./window.ts";
import { announcementOf, marksText, summaryOf } from "./words.ts";

/** Width of the text before the lanes: as the longest action needs, if the lanes leave that much. */
const TEXT_MIN = 230;
const TEXT_MAX = 420;
const TEXT_NARROW = 160;
/** Distance between lanes. Names of actions go before more than the least, which most names of messages fit. */
const LANE_MIN = 92;
const LANE_MAX = 230;
/** Width of the diagram below which it is narrow. */
const NARROW = 600;
/** What is before the name of an action: the step's number, of which three digits fit, and its marks. */
const TEXT_START = 92;
const DIGIT = 10;

export function DiagramView({ view }: { readonly view: View }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 900, height: 600 });
  const [top, setTop] = useState(0);
  const shown = view.shown.value;
  const lanes = view.lanes.value;
  const position = view.position.value;
  const head = lanes.length === 0 ? 0 : HEAD;

  useLayoutEffect(() => {
    const element = scroller.current!;
    const measure = (): void => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const element = scroller.current!;
    const row = shown.indexOf(position);
    if (row < 0) return;
    const room = element.clientHeight - head;
    const wanted = scrollFor(row, element.scrollTop, room, ROW, shown.length);
    if (wanted !== element.scrollTop) element.scrollTop = wanted;
  }, [position, shown, head, size.height]);

  const longest = useMemo(
    () => widthOf(view.steps.value.map(({ action }) => action ?? "")),
    [view.steps.value],
  );
  const isNarrow = size.width < NARROW;
  const textMin = isNarrow ? TEXT_NARROW : TEXT_MIN;
  const rest = size.width - lanes.length * LANE_MIN - 16;
  const most = lanes.length === 0 ? size.width : Math.min(TEXT_MAX, Math.max(textMin, rest));
  const digits = String(view.steps.value.length).length;
  const start = TEXT_START + DIGIT * Math.max(0, digits - 3);
  const needed = lanes.length === 0 ? size.width : Math.ceil(start + longest);
  const text = Math.min(most, Math.max(textMin, needed, Math.round(size.width * 0.34)));
  const room = size.width - text - 16;
  const gap = lanes.length === 0 ? 0 : Math.max(LANE_MIN, Math.min(LANE_MAX, room / lanes.length));
  const width = Math.max(size.width, Math.ceil(text + gap * lanes.length + 16));
  const places: Places = { xOf: (lane) => gap * (lane + 0.5), yOf: (row) => (row + 0.5) * ROW, gap };
  const rows = view.printing.value
    ? { first: 0, end: shown.length }
    : windowOf(top, size.height, ROW, shown.length);
  const drawn = view.arrows.value.filter(({ start, end }) => isDrawn(start, end, rows));
  const selected = view.step.value?.step ?? -1;
  const isSelected = ({ copies }: Arrow): boolean =>
    copies.some(({ sentAt, receivedAt, lostAt }) => [sentAt, receivedAt, lostAt].includes(selected));
  // A ★ step has a ring around its mark, which an arrow must not go under.
  const isRinged = ({ copies }: Arrow): boolean =>
    copies.some(({ receivedAt }) => receivedAt !== null && view.steps.value[receivedAt]?.relevant === true);

  return (
    <section class={isNarrow ? "diagram narrow" : "diagram"} aria-label="Diagram">
      <div
        ref={scroller}
        class="diagram-scroll"
        role="listbox"
        tabIndex={0}
        aria-label="Steps of the trace, from the first to the last"
        aria-activedescendant={`step-${position}`}
        onScroll={(event) => setTop(coarse(event.currentTarget.scrollTop))}
      >
        {lanes.length > 0 && (
          <div class="lane-heads" style={{ width: `${width}px`, height: `${HEAD}px` }} aria-hidden="true">
            {lanes.map((lane, at) => (
              <span key={lane} class="lane-head" style={{ left: `${text + places.xOf(at)}px` }}>
                {lane}
              </span>
            ))}
          </div>
        )}
        <div
          class="rows"
          style={{ height: `${shown.length * ROW}px`, width: `${width}px` }}
          role="presentation"
        >
          {shown.slice(rows.first, rows.end).map((at, n) => (
            <Row key={at} view={view} at={at} row={rows.first + n} textWidth={text} />
          ))}
          {lanes.length > 0 && (
            <svg
              class="lanes"
              aria-hidden="true"
              style={{ left: `${text}px`, top: `${rows.first * ROW}px` }}
              width={gap * lanes.length}
              height={Math.max(0, rows.end - rows.first) * ROW}
              viewBox={`0 ${rows.first * ROW} ${gap * lanes.length} ${Math.max(0, rows.end - rows.first) * ROW}`}
            >
              <Lanes view={view} places={places} />
              {drawn.map((arrow) => (
                <ArrowLine
                  key={arrow.copies[0]!.id}
                  arrow={arrow}
                  places={places}
                  selected={isSelected(arrow)}
                  ringed={isRinged(arrow)}
                />
              ))}
              {shown.slice(rows.first, rows.end).map((at, n) => (
                <Marks key={at} view={view} at={at} row={rows.first + n} places={places} />
              ))}
              {drawn.map((arrow) => (
                <ArrowLabel
                  key={arrow.copies[0]!.id}
                  arrow={arrow}
                  places={places}
                  selected={isSelected(arrow)}
                  ringed={isRinged(arrow)}
                  width={gap * lanes.length}
                />
              ))}
            </svg>
          )}
        </div>
      </div>
      <Legend view={view} />
    </section>
  );
}

const HEAD = 32;

/** Width of the longest text as the name of an action is written: by length first, as measuring takes time. */
function widthOf(texts: readonly string[]): number {
  const longest = texts.reduce((one, other) => (other.length > one.length ? other : one), "");
  const context = document.createElement("canvas").getContext("2d");
  if (context === null) return 0;
  context.font = `600 14px ${getComputedStyle(document.body).fontFamily}`;
  return context.measureText(longest).width;
}

/** Drawn anew every few rows of scrolling, as some more than those in sight are drawn. */
function coarse(scrollTop: number): number {
  return Math.floor(scrollTop / (COARSE_ROWS * ROW)) * COARSE_ROWS * ROW;
}

const COARSE_ROWS = 4;

interface RowProps {
  readonly view: View;
  readonly at: number;
  readonly row: number;
  readonly textWidth: number;
}

function Row({ view, at, row, textWidth }: RowProps) {
  const steps = view.steps.value;
  const step = steps[at]!;
  const mark = view.diagram.value.marks[at]!;
  const selected = view.position.value === at;
  const { subject } = view.snapshot.value;
  const [head, tail] = nameParts(step.actionName ?? step.action ?? "initial state");
  // Comparing states costs more than all else here, and each step draws all rows in sight.
  const { announcement, summary } = useMemo(() => {
    const before = steps[at - 1] ?? null;
    return {
      announcement: announcementOf(steps[at]!, before, steps.length, subject.networks),
      summary: summaryOf(steps[at]!, before, subject),
    };
  }, [steps, at, subject]);
  const classes = ["row"];
  if (selected) classes.push("selected");
  if (step.relevant && at > 0) classes.push("relevant");
  if (step.fault) classes.push("fault");
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys of the list box select rows
    <div
      id={`step-${at}`}
      class={classes.join(" ")}
      role="option"
      // The list box has the focus; the rows are reached by its keys.
      tabIndex={-1}
      aria-selected={selected}
      aria-setsize={view.shown.value.length}
      aria-posinset={row + 1}
      style={{ top: `${row * ROW}px`, height: `${ROW}px` }}
      onClick={() => view.select(at)}
    >
      <span class="hidden">{announcement}</span>
      <span class="row-text" style={{ width: `${textWidth}px` }} aria-hidden="true">
        <span class="row-number">{step.step}</span>
        <span class="row-mark" title={marksText(step, at, mark.look)}>
          {step.relevant && at > 0 ? <Icon name="star" /> : null}
          {step.fault ? <Icon name="bolt" /> : null}
        </span>
        <span class="row-lines">
          <span class="row-action">
            <span class="row-name">
              <span class="row-head">{head}</span>
              <span class="row-tail">{tail}</span>
            </span>
            <span class="row-arguments">{argumentsText(step)}</span>
          </span>
          <span class="row-summary">{summary}</span>
        </span>
      </span>
    </div>
  );
}

/** The name before its last word, which is cut where there is no room, and that word, by which names differ. */
function nameParts(name: string): readonly [head: string, tail: string] {
  const at = name.search(/(?<=[a-z0-9])[A-Z][a-z0-9]*$/);
  return at < 0 ? [name, ""] : [name.slice(0, at), name.slice(at)];
}

/** What follows the name of the action, which is never cut: `(n1->n2)`. */
function argumentsText({ action, actionName }: TraceStep): string {
  return action !== null && actionName !== null && action.startsWith(actionName)
    ? action.slice(actionName.length)
    : "";
}

interface LanesProps {
  readonly view: View;
  readonly places: Places;
}

function Lanes({ view, places }: LanesProps) {
  const shown = view.shown.value;
  const down = view.down.value;
  const bottom = places.yOf(shown.length - 0.5);
  return (
    <g>
      {view.lanes.value.map((lane, at) => {
        const x = places.xOf(at);
        return (
          <g key={lane}>
            <line class="lane" x1={x} x2={x} y1={places.yOf(0)} y2={bottom} />
            {(down.get(lane) ?? []).map(({ start, end }) => (
              <line
                key={start}
                class="lane-down"
                x1={x}
                x2={x}
                y1={places.yOf(start)}
                y2={Math.min(bottom, places.yOf(end))}
              />
            ))}
          </g>
        );
      })}
    </g>
  );
}

interface MarksProps {
  readonly view: View;
  readonly at: number;
  readonly row: number;
  readonly places: Places;
}

/** What a step is drawn as: a mark on the lane of the node that acts, or over all lanes. */
function Marks({ view, at, row, places }: MarksProps) {
  const step = view.steps.value[at]!;
  const { look, node } = view.diagram.value.marks[at]!;
  const lanes = view.lanes.value;
  const selected = view.position.value === at;
  const relevant = step.relevant && at > 0;
  if (look === "initial")
    return (
      <g>
        {lanes.map((lane, n) => (
          <line
            key={lane}
            class="lane-start"
            x1={places.xOf(n) - 7}
            x2={places.xOf(n) + 7}
            y1={places.yOf(row)}
            y2={places.yOf(row)}
          />
        ))}
      </g>
    );
  const lane = node === null ? -1 : lanes.indexOf(node);
  if (lane >= 0)
    return <LaneMark look={look} x={places.xOf(lane)} y={places.yOf(row)} {...{ selected, relevant }} />;
  if (node !== null) return null;
  return <EmptyMark look={look} y={places.yOf(row)} width={places.gap * lanes.length} />;
}

interface ArrowProps {
  readonly arrow: Arrow;
  readonly places: Places;
  readonly selected: boolean;
  readonly ringed: boolean;
}

interface Ends {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

// Room for the mark of the step at either end; at the receiver's also for the head of the arrow, and a ring.
const MARK = 7;
const HEAD_ROOM = 13;
const RING_ROOM = 17;
/** How far what stays in flight is drawn. */
const STUB = 34;
const STUB_DOWN = 9;
/** Distance between labels. */
const LABEL = 13;

function endsOf(
  { from, to, start, end, way, place }: Arrow,
  { xOf, yOf, gap }: Places,
  ringed: boolean,
): Ends {
  const target = xOf(to);
  const source = from === null ? Math.max(4, target - gap / 2) : xOf(from);
  const side = target < source ? -1 : 1;
  const x1 = source + side * (from === null ? 0 : MARK * 0.6);
  // What stays in flight is a short line to the receiver's side; what is lost ends before it gets there.
  if (way === "in-flight" || way === "merged") {
    const y2 = yOf(start) + STUB_DOWN + place * LABEL;
    return { x1, y1: yOf(start), x2: source + side * STUB, y2 };
  }
  if (source === target) return { x1: source, y1: yOf(start), x2: source + MARK, y2: yOf(end) };
  const before = ringed ? RING_ROOM : HEAD_ROOM;
  const x2 = way === "lost" ? source + (target - source) * 0.62 : target - side * before;
  return { x1, y1: yOf(start), x2, y2: yOf(end) };
}

function ArrowLine({ arrow, places, selected, ringed }: ArrowProps) {
  const { x1, y1, x2, y2 } = endsOf(arrow, places, ringed);
  const style = WAY_STYLES[arrow.way];
  // To itself: out to the side and back.
  const bow = arrow.from === arrow.to && !isStub(arrow) ? places.gap * 0.3 : 0;
  const path =
    bow > 0 ? `M${x1} ${y1}C${x1 + bow} ${y1} ${x1 + bow} ${y2} ${x2} ${y2}` : `M${x1} ${y1}L${x2} ${y2}`;
  const angle = bow > 0 ? 180 : (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
  return (
    <g class={`arrow ${arrow.way}${selected ? " selected" : ""}`}>
      <path class="arrow-line" d={path} stroke-dasharray={style.dash} />
      {style.double && <path class="arrow-inner" d={path} />}
      {isCopy(arrow) && <path class="arrow-fork" d={`M${x1} ${y1 - 6}l6 6l-6 6l-6 -6z`} />}
      <g transform={`translate(${x2} ${y2}) rotate(${angle})`}>{style.end}</g>
    </g>
  );
}

/** Whether the network made it, whatever became of it. */
function isCopy({ copies }: Arrow): boolean {
  return copies.every(({ duplicateOf }) => duplicateOf !== null);
}

function isStub({ way }: Arrow): boolean {
  return way === "in-flight" || way === "merged";
}

/** Labels at one place: above the line, below it, and so on outwards. */
function shift(place: number): number {
  return place % 2 === 0 ? -7 - (place / 2) * LABEL : 15 + ((place - 1) / 2) * LABEL;
}

/** How much lower a label goes that had to move, so that it is not over the mark of the step. */
const UNDER = 10;
/** Distance from the end of an arrow to its label, and about how wide a character of it is. */
const GAP = 11;
const CHARACTER = 7;

/** Where a label begins or ends: beside its place, unless it would leave the picture there. */
function within(
  x: number,
  after: boolean,
  length: number,
  width: number,
): { readonly x: number; readonly anchor: "start" | "end"; readonly moved: boolean } {
  if (after && x + length > width) return { x: Math.max(length, width - 2), anchor: "end", moved: true };
  if (!after && x - length < 0) return { x: 2, anchor: "start", moved: true };
  return { x, anchor: after ? "start" : "end", moved: false };
}

/** The message, where it arrives; beside where it ends when it does not. */
function ArrowLabel({ arrow, places, selected, ringed, width }: ArrowProps & { readonly width: number }) {
  const { x1, y2, x2 } = endsOf(arrow, places, ringed);
  const stopped = WAY_STYLES[arrow.way].stops;
  const note = isCopy(arrow) && arrow.way !== "copy" ? `copy, ${WAY_TEXTS[arrow.way]}` : WAY_TEXTS[arrow.way];
  const toRight = x1 <= x2;
  const target = isStub(arrow) ? ` to ${arrow.copies.map(({ to }) => to).join(", ")}` : "";
  const text = `${arrow.label}${target}`;
  const spot = within(
    x2 + (arrow.from === arrow.to || stopped === toRight ? GAP : -GAP),
    arrow.from === arrow.to || stopped === toRight,
    (text.length + note.length + 1) * CHARACTER,
    width,
  );
  return (
    <text
      class={`arrow-label${selected ? " selected" : ""}`}
      x={spot.x}
      y={stopped ? y2 + (spot.moved ? 4 + UNDER : 4) : y2 + shift(arrow.place)}
      text-anchor={spot.anchor}
    >
      {text}
      {note !== "" && <tspan class={`arrow-note ${arrow.way}`}> {note}</tspan>}
    </text>
  );
}

/** What the lines and marks mean, of those that the trace has. */
function Legend({ view }: { readonly view: View }) {
  const { marks } = view.diagram.value;
  const steps = view.steps.value;
  const ways = [...new Set(view.arrows.value.map(({ way }) => way))];
  const order: readonly Way[] = ["received", "overtaken", "copy", "lost", "discarded", "merged", "in-flight"];
  const relevant = steps.some((step, at) => step.relevant && at > 0);
  return (
    <ul class="legend" aria-label="Legend">
      {relevant && (
        <li>
          <Icon name="star" /> the failed property depends on it
        </li>
      )}
      {marks.some((_, at) => steps[at]!.fault) && (
        <li>
          <Icon name="bolt" /> fault
        </li>
      )}
      {order
        .filter((way) => ways.includes(way))
        .map((way) => (
          <li key={way}>
            <svg width="42" height="14" viewBox="0 0 42 14" aria-hidden="true">
              <g class={`arrow ${way}`}>
                <path class="arrow-line" d="M2 7L32 7" stroke-dasharray={WAY_STYLES[way].dash} />
                {WAY_STYLES[way].double && <path class="arrow-inner" d="M2 7L32 7" />}
                <g transform="translate(32 7)">{WAY_STYLES[way].end}</g>
              </g>
            </svg>
            {WAY_NAMES[way]}
          </li>
        ))}
    </ul>
  );
}

const WAY_NAMES: Readonly<Record<Way, string>> = {
  received: "received",
  overtaken: "late: a later one overtook it",
  copy: "a copy: received once more",
  lost: "lost",
  discarded: "discarded by its receiver, unread",
  merged: "an equal one was there already",
  "in-flight": "in flight at the end",
};
