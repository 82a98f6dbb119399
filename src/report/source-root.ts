/** How CI systems name files: relative to the root of the repository, with slashes. */

export interface SourceRoot {
  /** The root of the repository, an absolute path. */
  readonly root: string;
  /** The working directory, to which the paths of a run are relative. */
  readonly directory: string;
}

/**
 * A file as a reader of a repository knows it. Without a root, or for a file outside it, the path as the run has it:
 * relative to the working directory, or absolute.
 */
export function repositoryPath(file: string, source: SourceRoot | undefined): string {
  const path = slashed(file);
  if (source === undefined) return path;
  const absolute = simplified(isAbsolute(path) ? path : `${slashed(source.directory)}/${path}`);
  const root = simplified(slashed(source.root));
  return absolute.startsWith(`${root}/`) ? absolute.slice(root.length + 1) : path;
}

export function isAbsolute(path: string): boolean {
  return path.startsWith("/") || /^[A-Za-z]:\//.test(path);
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

/** Without `.`, `..` and empty parts. */
function simplified(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return `${path.startsWith("/") ? "/" : ""}${parts.join("/")}`;
}
