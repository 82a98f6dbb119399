/** Colours, by what they mean. The one importer of chalk. */
import { Chalk } from "chalk";

export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly unsure: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

export function paintFor(colour: boolean): Paint {
  const chalk = new Chalk({ level: colour ? 1 : 0 });
  // Functions of one argument, as they are given to map().
  return {
    good: (text) => chalk.green.bold(text),
    bad: (text) => chalk.red.bold(text),
    unsure: (text) => chalk.yellow.bold(text),
    strong: (text) => chalk.bold(text),
    faint: (text) => chalk.dim(text),
  };
}

/** Whether to colour a stream: only a terminal, unless NO_COLOR (no-color.org) is set or it is a dumb one. */
export function wantsColour(
  stream: { readonly isTTY?: boolean | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const { NO_COLOR, TERM } = environment;
  return stream.isTTY === true && (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb";
}
