/**
 * `dscheck init [directory]`: a first spec, the configuration of `dscheck ci` and a workflow that runs it, in a new
 * or an existing project. No file is ever overwritten or changed: what is there is named, with what it lacks.
 */
import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { columns } from "../../report/layout.ts";
import type { Arguments } from "../arguments.ts";
import { EXIT, UserError } from "../errors.ts";
import { shellWord } from "../shell.ts";
import { print, width } from "../terminal.ts";
import { type InitFile, initFiles, type PackageManager, packageManager } from "./init-files.ts";

export async function initCommand({ spec: given }: Arguments): Promise<number> {
  const directory = resolve(given ?? ".");
  if (existsSync(directory) && !statSync(directory).isDirectory())
    throw new UserError(EXIT.option, `${given}: is a file; name the directory of the project`);
  attempt(given ?? ".", () => mkdirSync(directory, { recursive: true }));
  const has = (path: string): boolean => existsSync(join(directory, path));
  const manager = packageManager(has);
  const files = initFiles(projectName(realpathSync(directory)), manager);
  const left = files.filter(({ path }) => has(path));
  const written = files.filter((file) => !left.includes(file));
  for (const { path, text } of written)
    attempt(path, () => {
      const file = join(directory, path);
      mkdirSync(dirname(file), { recursive: true });
      // Fails if somebody else has made the file meanwhile.
      writeFileSync(file, text, { flag: "wx" });
    });
  await print(`${lines(directory, manager, written, left).join("\n")}\n`);
  return EXIT.ok;
}

function lines(
  directory: string,
  { name, run }: PackageManager,
  written: readonly InitFile[],
  left: readonly InitFile[],
): string[] {
  const said: string[] = [];
  if (written.length > 0)
    said.push(
      "Wrote",
      ...columns(
        written.map(({ path, what }) => [path, what]),
        "  ",
        width(),
      ),
      "",
    );
  if (left.length > 0)
    said.push(
      "There already, and left as it is",
      ...columns(
        left.map(({ path, missing }) => [path, missing(readFileSync(join(directory, path), "utf8")) ?? ""]),
        "  ",
        width(),
      ).map((line) => line.trimEnd()),
      "",
    );
  const from = relative(process.cwd(), directory);
  const hasSpec = written.some(({ path }) => path.startsWith("specs/"));
  const steps = [
    ...(from === "" ? [] : [[`cd ${shellWord(from)}`, ""]]),
    ...(existsSync(join(directory, "node_modules/dscheck")) ? [] : [[`${name} install`, ""]]),
    ...(hasSpec ? [[`${run} dscheck specs/lock-service.ts`, "a counterexample"]] : []),
    [`${run} dscheck ci`, "all checks of dscheck.config.ts"],
  ];
  return [...said, "Next", ...columns(steps, "  ", width()).map((line) => line.trimEnd())];
}

/** A name that npm accepts. */
function projectName(directory: string): string {
  const name = basename(directory)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  // A package cannot depend on one of its own name.
  return name === "" || name === "dscheck" ? "specs" : name;
}

function attempt(what: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new UserError(EXIT.system, `cannot write ${what}: ${(error as Error).message}`);
  }
}
