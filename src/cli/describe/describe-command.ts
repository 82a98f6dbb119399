/** `dscheck describe`. */
import type { Arguments } from "../arguments.ts";
import { EXIT } from "../errors.ts";
import { rawOptions } from "../raw-options.ts";
import { jsonText, paint, print, width } from "../terminal.ts";
import { describe, describeText } from "./describe.ts";

export async function describeCommand(given: Arguments, json: boolean): Promise<number> {
  const described = await describe(given.spec!, rawOptions(given));
  await print(json ? jsonText(described) : describeText(described, paint(), width()));
  return EXIT.ok;
}
