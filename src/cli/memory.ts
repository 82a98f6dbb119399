/** How much memory this process may use: the machine's, or its container's where that is less. */
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";

/** Of the limit, when the user names none: the rest is for the heap of other processes and the system. */
export const DEFAULT_SHARE = 0.75;

/** Bytes that the machine or the innermost limiting control group allows. `root` is for tests. */
export function memoryLimitBytes(machineBytes = totalmem(), root = "/"): number {
  return Math.min(machineBytes, ...controlGroupLimits(root));
}

/** The limits of this process's control group and of all groups around it, versions 2 and 1. */
function controlGroupLimits(root: string): number[] {
  const limits: number[] = [];
  const membership = read(join(root, "proc/self/cgroup"));
  if (membership === null) return limits;
  for (const line of membership.split("\n")) {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    if (match === null) continue;
    const [, controllers, path] = match as unknown as [string, string, string];
    if (controllers === "") collect(join(root, "sys/fs/cgroup"), path, "memory.max", limits);
    else if (controllers.split(",").includes("memory"))
      collect(join(root, "sys/fs/cgroup/memory"), path, "memory.limit_in_bytes", limits);
  }
  return limits;
}

// In a container the path may name a directory that only the host sees; then the mount's root is the group.
function collect(mount: string, path: string, file: string, limits: number[]): void {
  const names = path.split("/").filter((name) => name !== "" && name !== "..");
  for (let depth = names.length; depth >= 0; depth--) {
    const text = read(join(mount, ...names.slice(0, depth), file));
    // "max" (version 2) and a number near 2^63 (version 1) both say that there is no limit.
    const bytes = Number(text?.trim());
    if (text !== null && Number.isFinite(bytes) && bytes > 0) limits.push(bytes);
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes of `4GiB`, `512MiB`, `75%` (of the limit) or a plain number; null when it is none of these. */
export function parseMemory(text: string, limitBytes: number): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(%|[a-z]*)$/i.exec(text.trim());
  if (match === null) return null;
  const amount = Number(match[1]);
  if (match[2] === "%") return amount > 100 ? null : Math.floor((limitBytes * amount) / 100);
  const unit = UNITS[match[2]!.toLowerCase()];
  return unit === undefined ? null : Math.floor(amount * unit);
}
