/**
 * Tells when one of a set of files is written, replaced, removed or made. Watched are their directories, because
 * many editors save by renaming a new file over the old one; and since the file systems of networks and containers
 * tell nothing, every file is also looked at from time to time. A file has changed when its time, size or identity has.
 */
import { existsSync, type FSWatcher, statSync, watch } from "node:fs";
import { dirname } from "node:path";

/** Several events in a row are one save. */
const SETTLE_MS = 60;
/** Between removing a file and putting the new one in its place. */
const REPLACE_MS = 200;
const POLL_MS = 2000;

const MISSING = "missing";

export class FileWatcher {
  readonly #onChange: (files: readonly string[]) => void;
  readonly #signatures = new Map<string, string>();
  readonly #directories = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>();
  readonly #poll: NodeJS.Timeout;
  #settling: NodeJS.Timeout | null = null;

  constructor(onChange: (files: readonly string[]) => void) {
    this.#onChange = onChange;
    this.#poll = setInterval(() => this.#look(false), POLL_MS);
  }

  get files(): readonly string[] {
    return [...this.#signatures.keys()];
  }

  /** Watches these files and no others. Changes count from here for those that were not watched before. */
  watch(files: readonly string[]): void {
    for (const file of this.files) if (!files.includes(file)) this.#signatures.delete(file);
    for (const file of files) if (!this.#signatures.has(file)) this.#signatures.set(file, signatureOf(file));
    this.#watchDirectories();
  }

  close(): void {
    clearInterval(this.#poll);
    if (this.#settling !== null) clearTimeout(this.#settling);
    for (const { watcher } of this.#directories.values()) watcher.close();
    this.#directories.clear();
    this.#signatures.clear();
  }

  #settle(delay: number, replaced: boolean): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = null;
      this.#look(replaced);
    }, delay);
  }

  /** `waited`: whether a file that is missing has been given time to come back. */
  #look(waited: boolean): void {
    const now = this.files.map((file) => [file, signatureOf(file)] as const);
    const changed = now.filter(([file, signature]) => signature !== this.#signatures.get(file));
    if (!waited && changed.some(([, signature]) => signature === MISSING))
      return this.#settle(REPLACE_MS, true);
    for (const [file, signature] of changed) this.#signatures.set(file, signature);
    this.#watchDirectories();
    if (changed.length > 0) this.#onChange(changed.map(([file]) => file));
  }

  /** Directories come and go, too: of one that is gone, the nearest above it is watched. */
  #watchDirectories(): void {
    const wanted = new Map(this.files.map((file) => nearestDirectory(dirname(file))));
    for (const [directory, { identity, watcher }] of this.#directories)
      if (wanted.get(directory) !== identity) {
        watcher.close();
        this.#directories.delete(directory);
      }
    for (const [directory, identity] of wanted) {
      if (this.#directories.has(directory)) continue;
      try {
        const watcher = watch(directory, () => this.#settle(SETTLE_MS, false));
        watcher.on("error", () => {
          watcher.close();
          this.#directories.delete(directory);
        });
        this.#directories.set(directory, { identity, watcher });
      } catch {
        // Gone again, or the system's number of watches is used up: the file is still looked at.
      }
    }
  }
}

function signatureOf(file: string): string {
  // A file where a directory should be is an error of stat, not an answer.
  if (!existsSync(file)) return MISSING;
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? MISSING : `${stat.mtimeNs} ${stat.size} ${stat.dev} ${stat.ino}`;
}

function nearestDirectory(directory: string): [path: string, identity: string] {
  const stat = existsSync(directory) ? statSync(directory, { throwIfNoEntry: false }) : undefined;
  const above = dirname(directory);
  return stat === undefined && above !== directory
    ? nearestDirectory(above)
    : [directory, `${stat?.dev} ${stat?.ino}`];
}
