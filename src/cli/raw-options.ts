/** From the words of a command line to the options of a check. */
import type { Arguments } from "./arguments.ts";
import { EXIT, UserError } from "./errors.ts";
import type { RawOptions } from "./options.ts";

export function formatOf({ values }: Arguments): "text" | "json" {
  const format = values.get("format")?.[0] ?? "text";
  if (format === "text" || format === "json") return format;
  throw new UserError(
    EXIT.option,
    `--format: there is no format ${JSON.stringify(format)}; choose text or json`,
  );
}

/** What was given on the command line, by the names that `check()` uses; unchecked. */
export function rawOptions({ values, flags }: Arguments): RawOptions {
  const one = (name: string): string | undefined => values.get(name)?.[0];
  if (flags.has("no-properties") && values.has("property"))
    throw new UserError(EXIT.option, "--property has no effect with --no-properties; remove one");
  const raw: Record<string, unknown> = {
    nodes: one("nodes"),
    set: values.get("set"),
    faults: values.get("faults"),
    workers: one("workers"),
    symmetry: flags.has("no-symmetry") ? false : undefined,
    deadlock: flags.has("no-deadlock") ? false : undefined,
    properties: flags.has("no-properties") ? [] : values.get("property"),
    maxStates: one("max-states"),
    maxDepth: one("max-depth"),
    maxSeconds: one("max-seconds"),
    maxMemory: one("max-memory"),
    continue: flags.has("continue") ? true : undefined,
    audit: flags.has("no-audit") ? false : undefined,
    fullStates: flags.has("full-states") ? true : undefined,
    expect: one("expect"),
  };
  return raw as RawOptions;
}
