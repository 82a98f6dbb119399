/** From a spec file to its Spec and Model: bundles, imports, checks, and says in one line what is wrong. */
import { Spec } from "../../spec/define-spec.ts";
import type { SourceLocation } from "../../spec/definitions.ts";
import { SpecError } from "../../spec/errors.ts";
import type { Model } from "../../spec/model.ts";
import type { ParameterValue } from "../../spec/parameters.ts";
import { describeThrown, EXIT, UserError } from "../errors.ts";
import { exitCodeOfError } from "../exit-code.ts";
import { type Bundle, bundle, displayPath, specPath } from "./bundle.ts";

export interface LoadedFile {
  readonly spec: Spec;
  /** The path as a user reads it. */
  readonly file: string;
  readonly bundle: Bundle;
  /** Checks parameter values and fills in the defaults. */
  resolve(given: Readonly<Record<string, ParameterValue>>): Record<string, ParameterValue>;
  /** Declares the model for resolved parameter values. */
  instantiate(values: Readonly<Record<string, ParameterValue>>): Model;
  /** `specs/raft.ts:123`, for a location as the spec's definitions remember it. */
  place(location: SourceLocation | null): string | null;
  dispose(): void;
}

export async function loadSpec(given: string | URL): Promise<LoadedFile> {
  const path = specPath(given);
  const bundled = await bundle(path);
  try {
    return loadedFile(displayPath(path), bundled, await importSpec(displayPath(path), bundled));
  } catch (error) {
    bundled.dispose();
    throw error;
  }
}

/** The default export of any file that is bundled as specs are. */
export async function loadDefaultExport(path: string): Promise<unknown> {
  const bundled = await bundle(path);
  try {
    return ((await importModule(displayPath(path), bundled)) as { default?: unknown }).default;
  } finally {
    bundled.dispose();
  }
}

async function importSpec(file: string, bundled: Bundle): Promise<Spec> {
  const module = await importModule(file, bundled);
  if (!("default" in module))
    throw new UserError(
      EXIT.spec,
      `${file}: has no default export; write "export default defineSpec({ ... })"`,
    );
  if (!(module.default instanceof Spec))
    throw new UserError(EXIT.spec, `${file}: the default export is not a spec; make it with defineSpec()`);
  return module.default;
}

let importing: string | null = null;

/** The file whose module is being imported now. A module that awaits for ever leaves the process nothing to do. */
export function fileBeingImported(): string | null {
  return importing;
}

async function importModule(file: string, bundled: Bundle): Promise<object> {
  importing = file;
  try {
    const module = (await import(bundled.url)) as object;
    importing = null;
    return module;
  } catch (error) {
    importing = null;
    throw failure(file, bundled, error, "threw while it was loaded");
  }
}

function loadedFile(file: string, bundled: Bundle, spec: Spec): LoadedFile {
  const place = (location: SourceLocation | null): string | null => {
    if (location === null) return null;
    const found = bundled.locate(location);
    return `${displayPath(found.file)}:${found.line}`;
  };
  return {
    spec,
    file,
    bundle: bundled,
    resolve(given) {
      try {
        return spec.resolve(given);
      } catch (error) {
        // ParameterError and AssumptionError have exit codes of their own and say what is wrong.
        if (error instanceof SpecError) throw new UserError(exitCodeOfError(error), error.message);
        throw failure(file, bundled, error, "threw while its assumptions were checked");
      }
    },
    instantiate(values) {
      try {
        return spec.instantiate(values);
      } catch (error) {
        throw failure(file, bundled, error, "threw while the model was declared");
      }
    },
    place,
    dispose: bundled.dispose,
  };
}

/** One line with the place in the spec. A SpecError's own text says what is wrong; others need the context. */
function failure(file: string, bundled: Bundle, error: unknown, when: string): Error {
  if (error instanceof UserError) return error;
  const location = bundled.locateError(error);
  const place = location === null ? null : { ...location, file: displayPath(location.file) };
  const where = place === null ? file : `${place.file}:${place.line}`;
  const what = error instanceof SpecError ? error.message : `${when}: ${describeThrown(error)}`;
  return new UserError(EXIT.spec, `${where}: ${what}`, place);
}
