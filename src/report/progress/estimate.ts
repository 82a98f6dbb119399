/**
 * How many states a breadth-first search has left to expand, judged by the widths of its levels.
 *
 * Nothing is known while levels grow: a search may have anything ahead. Once they shrink, most models shrink
 * faster with every level (the logarithm of the ratio between a level and the one before falls about evenly),
 * because what is left are orders of the last few steps. So the recent trend of that logarithm is drawn on until
 * no state is left. The high end of the range is what is left if levels go on shrinking at the last ratio only. Both
 * ends are at least as far away as recorded models were.
 *
 * It says nothing before the levels have shrunk a few times in a row, while the sum hangs on how the trend goes on,
 * and for a while after a level whose width it did not foresee. It is no bound: a model may have a second peak
 * that no earlier level tells of. docs/PROGRESS.md has how far off it was on recorded models.
 */

export interface StatesLeft {
  readonly low: number;
  readonly about: number;
  readonly high: number;
}

/** Levels in a row that are narrower than the one before. */
const SHRINKING_MIN = 3;
/** Ratios of which the trend is taken. */
const RATIOS = 4;
/** How much less, and how much more, than the estimate was left in nearly all recorded models. */
const LESS = 1.6;
const MORE = 1.4;
/** A level wider or narrower than foreseen by this factor is a surprise. */
const SURPRISE = 1.5;
/** Small levels surprise by chance. */
const SURPRISE_STATES = 20;
/** How much of a trend is not to be relied on, and by how much the sum may depend on it. */
const TREND_DOUBT = 0.05;
const DOUBT_MAX = 3;
const LEVELS_AHEAD_MAX = 10_000;

/**
 * States that are not expanded when the last of `levels` begins: that level and all after it. Null when that
 * cannot be told. `levels` has the distinct states of each depth up to that level, complete.
 */
export function statesLeft(levels: readonly number[]): StatesLeft | null {
  for (let at = levels.length - SHRINKING_MIN; at < levels.length; at++) {
    const trend = trendAt(levels, at - 1);
    const foreseen = trend === null ? null : levels[at - 1]! * Math.exp(trend.last + trend.slope);
    if (foreseen !== null && isSurprise(levels[at]!, foreseen)) return null;
  }
  const width = levels.at(-1);
  const trend = trendAt(levels, levels.length - 1);
  if (width === undefined || trend === null) return null;
  const { last, slope } = trend;
  const about = width + following(width, last, slope);
  const steeper = width + following(width, last, Math.min(2 * slope, -TREND_DOUBT));
  const steady = width + following(width, last, 0);
  if (steady > DOUBT_MAX * steeper) return null;
  // The level that begins is certain.
  const low = Math.max(width, about / LESS);
  const high = Math.max(steady, about * MORE);
  return { low, about, high };
}

function isSurprise(found: number, foreseen: number): boolean {
  return (
    Math.abs(found - foreseen) > SURPRISE_STATES &&
    (found > foreseen * SURPRISE || found < foreseen / SURPRISE)
  );
}

/** The last logarithm of a ratio of neighbouring levels, and by how much it changes a level; null if they do not shrink. */
function trendAt(levels: readonly number[], at: number): { last: number; slope: number } | null {
  let shrinking = 0;
  while (at - shrinking > 0 && levels[at - shrinking]! < levels[at - shrinking - 1]!) shrinking++;
  if (shrinking < SHRINKING_MIN) return null;
  const count = Math.min(shrinking, RATIOS);
  const logs: number[] = [];
  for (let from = at - count; from < at; from++) logs.push(Math.log(levels[from + 1]! / levels[from]!));
  const [middle, mean] = [(count - 1) / 2, logs.reduce((sum, log) => sum + log, 0) / count];
  let [above, below] = [0, 0];
  logs.forEach((log, x) => {
    above += (x - middle) * (log - mean);
    below += (x - middle) ** 2;
  });
  return { last: logs.at(-1)!, slope: Math.min(0, above / below) };
}

/** The states of all levels after one of `width`. */
function following(width: number, last: number, slope: number): number {
  const ratio = Math.exp(last);
  if (slope === 0) return (width * ratio) / (1 - ratio);
  let [sum, level, log] = [0, width, last];
  for (let ahead = 0; level >= 0.5 && ahead < LEVELS_AHEAD_MAX; ahead++) {
    log += slope;
    level *= Math.exp(log);
    sum += level;
  }
  return sum;
}
