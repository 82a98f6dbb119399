/** The files that a spec was bundled from, and whether they have another content since. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";

export class SpecSources {
  readonly #files = new Map<string, { stamp: string | null; readonly content: string | null }>();

  /** Call it as soon as the bundle is made. */
  constructor(files: readonly string[]) {
    for (const file of files) this.#files.set(file, { stamp: stampOf(file), content: contentOf(file) });
  }

  /** Reads only files that were written since; one that was put back as it was has not changed. */
  areChanged(): boolean {
    for (const [file, known] of this.#files) {
      const stamp = stampOf(file);
      if (stamp === known.stamp) continue;
      if (contentOf(file) !== known.content) return true;
      known.stamp = stamp;
    }
    return false;
  }
}

/** Null for a file that is not there. */
function stampOf(file: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
}

function contentOf(file: string): string | null {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch {
    return null;
  }
}
