/** `--dump-graph FILE`: the state graph of a small model, for Graphviz. */
import { writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { exploreGraph } from "../../search/graph.ts";
import { EvaluationError, RuleError } from "../../spec/errors.ts";
import type { Arguments } from "../arguments.ts";
import { EXIT, UserError } from "../errors.ts";
import { loadSpec } from "../load/load-spec.ts";
import { isSameFile, statOf } from "../load/stat.ts";
import { checkAgainstModel, checkOptions, givenParameters } from "../options.ts";
import { rawOptions } from "../raw-options.ts";
import { packageVersion } from "../version.ts";

/** What Graphviz still lays out, and a person still reads. */
export const GRAPH_STATES_MAX = 2000;

/** Explores and writes the graph. Throws a UserError, before anything is written, when the model is too large. */
export async function dumpGraph(given: Arguments, file: string): Promise<void> {
  checkPlace(file, given.spec!);
  const options = checkOptions(rawOptions(given), "command");
  const loaded = await loadSpec(given.spec!);
  try {
    const parameters = loaded.resolve(givenParameters(loaded.spec, options));
    const model = loaded.instantiate(parameters);
    checkAgainstModel(loaded.spec, model, options);
    const { depthMax, properties, deadlock } = options.search;
    const graph = exploreGraph(model, { statesMax: GRAPH_STATES_MAX, depthMax, properties, deadlock });
    if (graph === null)
      throw new UserError(
        EXIT.option,
        `--dump-graph ${file}: ${loaded.spec.name} has more than ${GRAPH_STATES_MAX.toLocaleString("en-US")} states without symmetry with these parameters; lower them, or give --max-depth`,
      );
    const { dotGraph } = await import("../../report/formats/dot.ts");
    const networks = model.kinds.filter((kind) => kind.network !== null).map((kind) => kind.name);
    const run = {
      spec: loaded.spec.name,
      file: loaded.file,
      parameters,
      version: packageVersion(),
      networks,
    };
    write(file, dotGraph(run, graph));
  } catch (error) {
    // The search finds the same, and says more about it.
    if (!(error instanceof RuleError || error instanceof EvaluationError)) throw error;
    const why = error instanceof RuleError ? "the spec breaks a rule" : "the spec cannot be evaluated";
    process.stderr.write(`dscheck: ${why}, so ${file} (--dump-graph) is not written\n`);
  } finally {
    loaded.dispose();
  }
}

/** A place that cannot be written to is said before anything is explored. */
function checkPlace(file: string, spec: string): void {
  const directory = statOf(dirname(resolve(file)));
  if (directory === undefined || !directory.isDirectory())
    throw new UserError(EXIT.option, `--dump-graph ${file}: the directory ${dirname(file)} does not exist`);
  if (statOf(file)?.isDirectory() === true)
    throw new UserError(EXIT.option, `--dump-graph ${file}: it is a directory`);
  if (isSameFile(spec, file))
    throw new UserError(EXIT.option, `--dump-graph ${file}: would overwrite the spec; name another file`);
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UserError(EXIT.system, `cannot write the graph ${file}: ${(error as Error).message}`);
  }
}
