/** Which rows of a long list are drawn. All rows have one height, so this is arithmetic. */

export interface RowWindow {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

// Rows beyond the edges, so that scrolling by a few shows no gap before they are drawn.
const EXTRA = 6;

export function windowOf(scrollTop: number, height: number, rowHeight: number, count: number): RowWindow {
  // A list that became shorter is scrolled back by the browser, which tells so later.
  const top = Math.min(scrollTop, Math.max(0, count * rowHeight - height));
  const first = Math.max(0, Math.floor(top / rowHeight) - EXTRA);
  const end = Math.min(count, Math.ceil((top + height) / rowHeight) + EXTRA);
  return { first, end };
}

/** Where to scroll so that a row can be seen with some around it; where it is now if it can. */
export function scrollFor(
  row: number,
  scrollTop: number,
  height: number,
  rowHeight: number,
  count: number,
): number {
  const room = Math.min(2 * rowHeight, Math.max(0, (height - rowHeight) / 2));
  const [top, bottom] = [row * rowHeight - room, (row + 1) * rowHeight + room];
  const limit = Math.max(0, count * rowHeight - height);
  if (top < scrollTop) return Math.max(0, Math.min(limit, top));
  if (bottom > scrollTop + height) return Math.max(0, Math.min(limit, bottom - height));
  return scrollTop;
}

/** Whether any of an interval of rows is drawn. */
export function isDrawn(start: number, end: number, { first, end: last }: RowWindow): boolean {
  return Math.max(start, end) >= first - 1 && Math.min(start, end) <= last;
}
