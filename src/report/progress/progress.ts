/**
 * Progress while a search runs: two lines that are rewritten in place on a terminal, a plain line every 30 seconds
 * elsewhere, so that the log of a long run tells that it is alive and that of a short one has nothing.
 */
import type { Progress } from "../../search/result.ts";
import { bytes, clock, short } from "../layout.ts";
import { type StatesLeft, statesLeft } from "./estimate.ts";

const INTERVAL_MS = 200;
const COLUMNS_MAX = 80;
const PLAIN_SECONDS = 30;
/** Speeds are those of the last seconds: a state costs more in some levels than in others. */
const SPEED_SECONDS = 5;
/** What ends sooner needs no estimate. */
const LEFT_SECONDS_MIN = 2;

export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressLine {
  show(progress: Progress): void;
  /** Takes the lines off a terminal, before something else is printed there. */
  clear(): void;
}

export interface ProgressOptions {
  /** Whether to tell what is left; false for a search that something else will end. */
  readonly estimate?: boolean;
  readonly now?: () => number;
}

/** Null for a stream on which nothing is to be shown. */
export function progressLine(
  stream: ProgressStream | null,
  { estimate = true, now = () => performance.now() }: ProgressOptions = {},
): ProgressLine {
  if (stream === null) return { show() {}, clear() {} };
  return stream.isTTY === true ? movingLines(stream, estimate, now) : plainLines(stream, estimate);
}

function movingLines(stream: ProgressStream, estimate: boolean, now: () => number): ProgressLine {
  const speedAt = speedometer();
  let draw: { (text: string): void; clear(): void } | null = null;
  let loading = false;
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show(progress) {
      const speed = speedAt(progress);
      if (draw === null) {
        if (!loading)
          void terminalLines(stream).then((lines) => {
            draw = lines;
          });
        loading = true;
        return;
      }
      if (now() - shownAt < INTERVAL_MS) return;
      shownAt = now();
      const columns = Math.min(stream.columns || COLUMNS_MAX, COLUMNS_MAX);
      const lines = [progressText(progress, speed.generated)];
      const left = estimate ? leftText(progress, speed.expanded) : null;
      if (left !== null) lines.push(left);
      // A full line makes some terminals wrap.
      draw(lines.map((line) => line.slice(0, columns - 1)).join("\n"));
    },
    clear() {
      draw?.clear();
    },
  };
}

/** Loaded when there is something to show: most checks are over before. */
async function terminalLines(stream: ProgressStream): Promise<{ (text: string): void; clear(): void }> {
  const { createLogUpdate } = await import("log-update");
  // A terminal that does not know its size says 0, which would be taken at its word.
  const terminal = {
    isTTY: true,
    get columns() {
      return stream.columns || COLUMNS_MAX;
    },
    write: (text: string) => stream.write(text),
  };
  // Its type says a stream of Node, its code asks for no more than this.
  return createLogUpdate(terminal as unknown as NodeJS.WritableStream, { showCursor: true });
}

function plainLines(stream: ProgressStream, estimate: boolean): ProgressLine {
  const speedAt = speedometer();
  let due = PLAIN_SECONDS;
  return {
    show(progress) {
      const speed = speedAt(progress);
      if (progress.seconds < due) return;
      due = (Math.floor(progress.seconds / PLAIN_SECONDS) + 1) * PLAIN_SECONDS;
      const left = estimate ? leftText(progress, speed.expanded) : null;
      stream.write(`${progressText(progress, speed.generated)}${left === null ? "" : `  ${left}`}\n`);
    },
    clear() {},
  };
}

interface Speed {
  /** A second. */
  readonly generated: number;
  readonly expanded: number;
}

/** Speeds over the last seconds, from one progress to the next. */
function speedometer(): (progress: Progress) => Speed {
  const samples = [{ seconds: 0, generated: 0, expanded: 0 }];
  return ({ seconds, generated, distinct, queued }) => {
    const sample = { seconds, generated, expanded: distinct - queued };
    samples.push(sample);
    while (samples.length > 2 && samples[1]!.seconds <= seconds - SPEED_SECONDS) samples.shift();
    const [first] = samples as [typeof sample];
    const elapsed = seconds - first.seconds;
    return elapsed <= 0
      ? { generated: 0, expanded: 0 }
      : {
          generated: (generated - first.generated) / elapsed,
          expanded: (sample.expanded - first.expanded) / elapsed,
        };
  };
}

export function progressText(progress: Progress, perSecond: number): string {
  const { depth, generated, distinct, queued, seconds, memoryBytes } = progress;
  return [
    `depth ${depth}`,
    `${short(generated)} generated`,
    `${short(distinct)} distinct`,
    `${short(queued)} queued`,
    `${short(perSecond)}/s`,
    bytes(memoryBytes),
    clock(seconds),
  ].join("  ");
}

/** `about 0:40 left (0:25 to 1:10), 1.20M states, if levels go on shrinking`; null when that cannot be told. */
export function leftText(progress: Progress, expandedPerSecond: number): string | null {
  const left = leftOf(progress);
  if (left === null || expandedPerSecond <= 0) return null;
  const seconds = (states: number): number => states / expandedPerSecond;
  if (seconds(left.about) < LEFT_SECONDS_MIN) return null;
  const range = `${clock(seconds(left.low))} to ${clock(seconds(left.high))}`;
  return `about ${clock(seconds(left.about))} left (${range}), ${short(left.about)} states, if levels go on shrinking`;
}

/** As of now: what of the present level is expanded is left no more. */
function leftOf({ depth, levels, distinct, queued }: Progress): StatesLeft | null {
  if (levels.length !== depth + 1) return null;
  const left = statesLeft(levels);
  if (left === null) return null;
  const before = levels.reduce((sum, width) => sum + width, 0) - levels[depth]!;
  const done = Math.min(Math.max(distinct - queued - before, 0), levels[depth]!);
  return { low: left.low - done, about: left.about - done, high: left.high - done };
}
