/** The process that ci-preflight.ts starts: it is sent checks, loads their specs, and sends those that are wrong. */

import { EXIT } from "../errors.ts";
import { exitCodeOfError } from "../exit-code.ts";
import { type LoadedFile, loadSpec } from "../load/load-spec.ts";
import { checkAgainstModel, checkOptions, givenParameters } from "../options.ts";
import type { WrongCheck } from "./ci-preflight.ts";
import { type CiCheck, rawOptions } from "./load-config.ts";

async function wrongOf(checks: readonly CiCheck[]): Promise<WrongCheck[]> {
  const specs = new Map<string, LoadedFile | null>();
  const wrong: WrongCheck[] = [];
  for (const check of checks) {
    if (!specs.has(check.path)) specs.set(check.path, await loadSpec(check.path).catch(() => null));
    const loaded = specs.get(check.path)!;
    if (loaded === null) continue;
    try {
      const options = checkOptions(rawOptions(check), "program");
      const parameters = loaded.resolve(givenParameters(loaded.spec, options));
      checkAgainstModel(loaded.spec, loaded.instantiate(parameters), options);
    } catch (error) {
      const code = exitCodeOfError(error);
      if (code === EXIT.option || code === EXIT.assumption)
        wrong.push({ index: check.index, message: (error as Error).message });
    }
  }
  return wrong;
}

process.once("message", async (checks: readonly CiCheck[]) => {
  const wrong = await wrongOf(checks);
  process.send!(wrong, undefined, {}, () => process.exit(EXIT.ok));
});
