/** The progress line: rewritten in place on a terminal, absent everywhere else. */
import type { Progress } from "../search/result.ts";
import { bytes, clock, short } from "./layout.ts";

const INTERVAL_MS = 200;
const COLUMNS_MAX = 80;

export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressLine {
  show(progress: Progress): void;
  clear(): void;
}

/** A line on a terminal; on other streams it does nothing. */
export function progressLine(
  stream: ProgressStream,
  now: () => number = () => performance.now(),
): ProgressLine {
  if (stream.isTTY !== true) return { show() {}, clear() {} };
  let shownAt = Number.NEGATIVE_INFINITY;
  let visible = false;
  let before: Progress | null = null;
  let rate = 0;
  return {
    show(progress) {
      const at = now();
      if (at - shownAt < INTERVAL_MS) return;
      shownAt = at;
      const elapsed = progress.seconds - (before?.seconds ?? 0);
      if (elapsed > 0) rate = (progress.generated - (before?.generated ?? 0)) / elapsed;
      before = progress;
      visible = true;
      stream.write(`\r${progressText(progress, rate, stream.columns || COLUMNS_MAX)}\u001b[K`);
    },
    clear() {
      if (visible) stream.write("\r\u001b[K");
      visible = false;
    },
  };
}

/** At most `columns` (and 80) characters less one, because a full line makes some terminals wrap. */
export function progressText(progress: Progress, perSecond: number, columns: number): string {
  const { depth, generated, distinct, queued, seconds, memoryBytes } = progress;
  const text = [
    `depth ${depth}`,
    `${short(generated)} generated`,
    `${short(distinct)} distinct`,
    `${short(queued)} queued`,
    `${short(perSecond)}/s`,
    bytes(memoryBytes),
    clock(seconds),
  ].join("  ");
  return text.slice(0, Math.min(columns, COLUMNS_MAX) - 1);
}
