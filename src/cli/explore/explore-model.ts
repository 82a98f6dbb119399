/** A spec as `dscheck explore` serves it: loaded, with its session, its search, and its scenarios as files. */
import { resolve } from "node:path";
import type { Path } from "../../explore/api.ts";
import { BackgroundSearch } from "../../explore/background-search.ts";
import type { LiveModel } from "../../explore/server.ts";
import { Session } from "../../explore/session.ts";
import type { RunInfo } from "../../report/run-info.ts";
import type { Violation } from "../../search/result.ts";
import { runInfo, sourcePlace } from "../check/run-check.ts";
import { EXIT, UserError } from "../errors.ts";
import { type LoadedFile, loadSpec } from "../load/load-spec.ts";
import { SpecSources } from "../load/spec-sources.ts";
import { type CheckedOptions, givenParameters } from "../options.ts";
import { shellCommand } from "../shell.ts";

/** Throws a UserError or a SpecError for a spec that cannot be explored. */
export async function loadLiveModel(file: string, options: CheckedOptions): Promise<LiveModel> {
  const loaded = await loadSpec(file);
  try {
    const sources = new SpecSources(loaded.bundle.inputs);
    const parameters = loaded.resolve(givenParameters(loaded.spec, options));
    const model = loaded.instantiate(parameters);
    const session = new Session(model, {
      placeOf: (location) => sourcePlace(location, loaded),
      rewrite: loaded.bundle.rewrite,
    });
    const run = {
      ...runInfo(loaded, model, parameters, options, false),
      command: commandFor(loaded, options),
    };
    return {
      run,
      session,
      search: new BackgroundSearch(session, { moduleUrl: loaded.bundle.url, parameters }, options.search),
      isOutdated: () => sources.areChanged(),
      scenario: (path) => scenario(run, session, path),
      dispose: loaded.dispose,
    };
  } catch (error) {
    loaded.dispose();
    throw error;
  }
}

/** The command that serves the same model. */
function commandFor({ file }: LoadedFile, { parameters }: CheckedOptions): string {
  const words = ["explore", file];
  for (const { name, value, by } of parameters)
    if (by === "nodes") words.push("--nodes", String(value));
    else words.push(`--${by}`, `${name}=${value}`);
  return shellCommand(words);
}

/** The claim is what fails at the end of the path and did not fail before; without one the file claims nothing. */
async function scenario(
  run: RunInfo,
  session: Session,
  path: Path,
): Promise<{ readonly name: string; readonly text: string }> {
  const { path: found, cutShort, steps, failures } = session.describe(path);
  if (cutShort !== null) throw new UserError(EXIT.option, cutShort);
  if (steps.length === 0)
    throw new UserError(EXIT.option, "a scenario begins with an initial state; pick one");
  const before = new Set(found.slice(1).flatMap((_, at) => session.failing(found.slice(0, at + 1))));
  const claimed = failures.find(({ property }) => !before.has(property));
  const violation: Violation = { ...(claimed ?? NOTHING), trace: steps };
  const { scenarioFile } = await import("../../report/formats/scenario.ts");
  // Nobody knows where the browser saves it, so the spec is named from the root.
  const text = scenarioFile(run, violation, resolve(run.file));
  return { name: `${run.spec.replaceAll(/[^\w.-]+/g, "-")}-${steps.length - 1}-steps.yaml`, text };
}

const NOTHING = {
  kind: "scenario",
  property: "",
  instance: "",
  message: "",
  reads: [],
  location: null,
} as const;
