/** The shapes of the diagram: marks on lanes, ends of arrows, and small icons. */
import type { ComponentChildren } from "preact";
import type { Look, Way } from "./diagram.ts";

/** Height of a row in pixels. */
export const ROW = 44;

/** From lanes and rows to pixels. */
export interface Places {
  readonly xOf: (lane: number) => number;
  readonly yOf: (row: number) => number;
  readonly gap: number;
}

interface WayStyle {
  readonly dash?: string;
  readonly double?: boolean;
  /** Whether it does not get as far as the lane of its receiver. */
  readonly stops: boolean;
  /** Drawn at the end of the line, which comes from the left. */
  readonly end: ComponentChildren;
}

const HEAD = <path class="arrow-head" d="M6 0L-5 -5L-3 0L-5 5Z" />;
const OPEN_HEAD = <path class="arrow-open-head" d="M-4 -5L5 0L-4 5" />;

const CROSS = <path class="arrow-cross" d="M-6 -6L6 6M-6 6L6 -6" />;

export const WAY_STYLES: Readonly<Record<Way, WayStyle>> = {
  received: { stops: false, end: HEAD },
  overtaken: { dash: "12 4 3 4", stops: false, end: OPEN_HEAD },
  copy: { double: true, stops: false, end: HEAD },
  lost: { dash: "6 4", stops: true, end: CROSS },
  discarded: { stops: false, end: CROSS },
  merged: { dash: "2 3", stops: true, end: <path class="arrow-cross" d="M0 -6L0 6" /> },
  "in-flight": { dash: "2 4", stops: true, end: <circle class="arrow-circle" r="4" cx="4" /> },
};

interface LaneMarkProps {
  readonly look: Look;
  readonly x: number;
  readonly y: number;
  readonly selected: boolean;
  readonly relevant: boolean;
}

/** A step at its node. Faults have shapes of their own, so that they are seen without colour. */
export function LaneMark({ look, x, y, selected, relevant }: LaneMarkProps) {
  const isFault = look !== "local" && look !== "delivery";
  return (
    <g transform={`translate(${x} ${y})`} class={`mark ${look}${isFault ? " is-fault" : ""}`}>
      {selected && <circle class="mark-selected" r="13" />}
      {relevant && <circle class="mark-relevant" r="10" />}
      {look === "local" && <rect class="mark-body" x="-5.5" y="-5.5" width="11" height="11" rx="2" />}
      {look === "delivery" && <circle class="mark-body" r="6" />}
      {look === "restart" && (
        <>
          <circle class="mark-ground" r="10" />
          <path class="mark-stroke" d="M6.2 -3.2A7 7 0 1 0 7 1.5M7 -7L6.6 -2.6L2.2 -3" />
        </>
      )}
      {look === "crash" && (
        <>
          <circle class="mark-ground" r="10" />
          <path class="mark-stroke" d="M-6 -6L6 6M-6 6L6 -6" />
        </>
      )}
      {(look === "fault" || look === "partition" || look === "heal") && (
        <path class="mark-body" d="M0 -8.5L8.5 0L0 8.5L-8.5 0Z" />
      )}
    </g>
  );
}

interface EmptyMarkProps {
  readonly look: Look;
  readonly y: number;
  readonly width: number;
}

/** A step that no node takes: a line over all lanes, jagged for a partition. */
export function EmptyMark({ look, y, width }: EmptyMarkProps) {
  if (look === "local" || look === "delivery")
    return <line class="mark-all" x1="0" x2={width} y1={y} y2={y} />;
  if (look !== "partition")
    return <line class="mark-all is-fault" x1="0" x2={width} y1={y} y2={y} stroke-dasharray="2 6" />;
  const teeth = Array.from(
    { length: Math.floor(width / 12) },
    (_, n) => `l6 ${n % 2 === 0 ? -5 : 5}l6 ${n % 2 === 0 ? 5 : -5}`,
  );
  return <path class="mark-all is-fault jagged" d={`M0 ${y}${teeth.join("")}`} />;
}

const ICONS = {
  star: "M8 1.5l2 4.3 4.7.6-3.5 3.2.9 4.7L8 12l-4.1 2.3.9-4.7L1.3 6.4 6 5.8z",
  bolt: "M9 1L3 9h4l-1 6 6.500-8.500H8.200z",
} as const;

export function Icon({ name }: { readonly name: keyof typeof ICONS }) {
  return (
    <svg class={`icon ${name}`} width="14" height="14" viewBox="0 0 16 16" aria-hidden="true">
      <path d={ICONS[name]} />
    </svg>
  );
}
