/** The memory that a process may use, from files as Linux shows them. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { memoryLimitBytes, parseMemory } from "../../src/cli/memory.ts";
import { Scratch } from "./binary.ts";

const GiB = 2 ** 30;
let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch.remove());

function limitWith(files: Record<string, string>): number {
  for (const [name, text] of Object.entries(files)) scratch.write(name, text);
  return memoryLimitBytes(32 * GiB, scratch.directory);
}

test("without control groups it is the machine's", () => expect(limitWith({})).toBe(32 * GiB));

test("version 2: the least of the group's and those around it", () => {
  const files = {
    "proc/self/cgroup": "0::/user.slice/job\n",
    "sys/fs/cgroup/user.slice/job/memory.max": "max\n",
    "sys/fs/cgroup/user.slice/memory.max": `${8 * GiB}\n`,
    "sys/fs/cgroup/memory.max": `${16 * GiB}\n`,
  };
  expect(limitWith(files)).toBe(8 * GiB);
});

test("version 2 in a container, which sees its own group as the root", () =>
  expect(limitWith({ "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": `${2 * GiB}\n` })).toBe(
    2 * GiB,
  ));

test("version 1, also where the path is the host's", () => {
  const files = {
    "proc/self/cgroup": "12:cpu,cpuacct:/docker/ab\n4:memory:/docker/ab\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": `${3 * GiB}\n`,
  };
  expect(limitWith(files)).toBe(3 * GiB);
});

test("no limit is no limit", () => {
  expect(limitWith({ "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n" })).toBe(32 * GiB);
  expect(
    limitWith({
      "proc/self/cgroup": "4:memory:/\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    }),
  ).toBe(32 * GiB);
});

test("amounts", () => {
  const of = (text: string): number | null => parseMemory(text, 8 * GiB);
  expect(["4GiB", "512MiB", "1.5gib", "75%", "123456", "10 KiB"].map(of)).toEqual([
    4 * GiB,
    512 * 2 ** 20,
    1.5 * GiB,
    6 * GiB,
    123456,
    10240,
  ]);
  expect(["", "lots", "4GB", "-1", "101%", "1e3", "4Gi", "0x10"].map(of)).toEqual(Array(8).fill(null));
});
