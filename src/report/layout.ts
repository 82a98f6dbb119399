/** Laying out text in columns that fit a width. */

/** Groups of three digits: 1,234,567. (Not Intl: loading it costs more than a small check.) */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** Three significant digits: 999, 12.3k, 1.23M, 4.56G. */
export function short(count: number): string {
  for (const [unit, size] of [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ] as const)
    if (count >= size) return `${threeDigits(count / size)}${unit}`;
  return String(Math.round(count));
}

export function bytes(count: number): string {
  for (const [unit, size] of [
    ["GiB", 2 ** 30],
    ["MiB", 2 ** 20],
    ["KiB", 2 ** 10],
  ] as const)
    if (count >= size) return `${threeDigits(count / size)} ${unit}`;
  return `${count} B`;
}

function threeDigits(number: number): string {
  return number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(2);
}

/** 0.31 s, 12.3 s, 4:05 min, 1:02:03 h. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
  return `${clock(seconds)} ${seconds < 3600 ? "min" : "h"}`;
}

/** 0:05, 4:05, 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (number: number): string => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours === 0 ? `${minutes}:${two(rest)}` : `${hours}:${two(minutes)}:${two(rest)}`;
}

export function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A blank at which no line may end: after `field:`, and around the arrows of changes and maps. */
const GLUE = "\u00a0";

/** A first line with its start, and the rest broken at blanks and indented to where the text began. */
export function hang(start: string, text: string, width: number): string[] {
  const room = Math.max(width - start.length, 24);
  const glued = text.replaceAll(/(:|=>|->) (?=\S)/g, `$1${GLUE}`).replaceAll(" =>", `${GLUE}=>`);
  const lines: string[] = [];
  let line = "";
  for (const word of glued.split(" ").flatMap((word) => (word.length > room ? word.split(GLUE) : [word]))) {
    if (line !== "" && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  const indent = " ".repeat(start.length);
  return lines.map((one, at) => `${at === 0 ? start : indent}${one.replaceAll(GLUE, " ")}`.trimEnd());
}

/** Rows of two or more columns, each column as wide as its widest entry (at most `limit`); the last one wraps. */
export function columns(
  rows: readonly (readonly string[])[],
  indent: string,
  width: number,
  limit = 40,
): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.slice(0, -1).forEach((entry, at) => {
      if (entry.length <= limit) widths[at] = Math.max(widths[at] ?? 0, entry.length);
    });
  return rows.flatMap((row) => {
    const start = row.slice(0, -1).map((entry, at) => `${entry.padEnd(widths[at] ?? 0)}  `);
    return hang(indent + start.join(""), row[row.length - 1] ?? "", width);
  });
}
