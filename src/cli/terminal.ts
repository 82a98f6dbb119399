/** Writing to standard output: text for people, JSON for programs. */
import { type Paint, paintFor, wantsColour } from "../report/style.ts";

/** Resolves when the text has been handed over, so that the process may end. */
export function print(text: string): Promise<void> {
  return new Promise((done) => {
    process.stdout.write(text, () => done());
  });
}

export function jsonText(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Colours if standard output is a terminal that wants them. */
export function paint(): Paint {
  return paintFor(wantsColour(process.stdout, process.env));
}

/** Columns of standard output. */
export function width(): number {
  // A terminal that does not know its size says 0.
  const columns = process.stdout.isTTY === true ? process.stdout.columns : 0;
  return columns > 0 ? Math.min(Math.max(columns, 40), 120) : 80;
}
