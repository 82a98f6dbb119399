/**
 * What README.md shows is what happens. Its commands are run with the real binary and their output takes the
 * place of what it prints; its tables are made from specs/manifest.ts; its files are type-checked and run. If the
 * README differs from the result, the test fails; `npx vitest run test/readme.test.ts -u` writes it anew, and
 * the change is reviewed as prose.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cleanEnvironment, dscheck, ROOT, Scratch } from "./cli/binary.ts";
import { bugTable, specTable } from "./readme-tables.ts";

const README = join(ROOT, "README.md");
const TYPESCRIPT = join(ROOT, "node_modules/typescript/bin/tsc");
const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");

const text = readFileSync(README, "utf8");

/** A project in which `dscheck`, `immutable` and `vitest` are installed, with the files that README shows. */
const project = new Scratch();

beforeAll(() => {
  const modules = join(project.directory, "node_modules");
  mkdirSync(modules);
  symlinkSync(ROOT, join(modules, "dscheck"));
  for (const name of ["immutable", "vitest"])
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  project.write("package.json", '{ "type": "module", "private": true }');
  for (const [, name, content] of text.matchAll(/^```ts file=(\S+)\n([\s\S]*?)^```$/gm))
    project.write(name!, content!);
});

afterAll(() => project.remove());

test("the commands print what README says, and its tables are those of the manifest", async () => {
  let fresh = text.replaceAll(
    /^```console\n\$ npx dscheck (.+)\n([\s\S]*?)^```$/gm,
    (_, words: string, printed: string) =>
      `\`\`\`console\n$ npx dscheck ${words}\n${outputOf(words.split(" "), printed)}\`\`\``,
  );
  fresh = between(fresh, "specs", await specTable());
  fresh = between(fresh, "bugs", bugTable());
  await expect(fresh).toMatchFileSnapshot(README);
});

test("its TypeScript is accepted by the compiler", () => {
  const options = {
    target: "es2023",
    module: "nodenext",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: [],
  };
  project.write("tsconfig.json", JSON.stringify({ compilerOptions: options, include: ["*.ts"] }));
  const { status, stdout } = run(TYPESCRIPT, ["-p", "."]);
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

test("its test passes", () => {
  const { status, stdout, stderr } = run(VITEST, ["run", "--root", "."]);
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/1 passed/);
});

test("its command for the tests is on a line of its own, where .ci/run finds it", () => {
  expect(text).toContain("\nnpm ci && npm test\n");
});

test("its links lead to files", () => {
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, to]) => to!);
  expect(links.filter((to) => !to.startsWith("http") && !existsSync(join(ROOT, to)))).toEqual([]);
});

/**
 * What a command prints, with the line about time as it was printed before: it is different in every run.
 * A line `[...]` stands for lines that are left out; they are left out again if the rest is the same up to
 * numbers. Otherwise all is given, to be shortened by hand.
 */
function outputOf(words: readonly string[], before: string): string {
  const isOurs = existsSync(join(project.directory, words[0]!));
  const { stdout, stderr } = dscheck(words, isOurs ? project.directory : ROOT);
  expect(stderr).toBe("");
  const time = /^Time .*\n(?: .*\n)*/m;
  const [known] = time.exec(before) ?? [];
  const now = known === undefined ? stdout : stdout.replace(time, () => known);
  return shortened(now, before) ?? now;
}

const LEFT_OUT = "[...]";

/** A text with lines left out where an earlier text has `[...]`; null if the earlier text was not like it. */
function shortened(whole: string, earlier: string): string | null {
  const lines = whole.trimEnd().split("\n");
  const kept: string[] = [];
  let at = 0;
  let mayLeaveOut = false;
  for (const line of earlier.trimEnd().split("\n")) {
    if (line === LEFT_OUT) {
      mayLeaveOut = true;
      kept.push(line);
      continue;
    }
    const found = lines.findIndex((other, n) => n >= at && withoutNumbers(other) === withoutNumbers(line));
    if (found < 0 || (found > at && !mayLeaveOut)) return null;
    kept.push(lines[found]!);
    at = found + 1;
    mayLeaveOut = false;
  }
  return at === lines.length || mayLeaveOut ? `${kept.join("\n")}\n` : null;
}

function withoutNumbers(line: string): string {
  return line.replaceAll(/\d[\d,.]*/g, "0");
}

/** The text with what stands between two marks replaced. */
function between(whole: string, mark: string, content: string): string {
  const place = new RegExp(`(<!-- ${mark} -->\n)[\\s\\S]*?(<!-- /${mark} -->)`);
  expect(whole).toMatch(place);
  return whole.replace(place, (_, start: string, end: string) => `${start}${content}${end}`);
}

function run(
  script: string,
  words: readonly string[],
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [script, ...words], {
    cwd: project.directory,
    env: { ...cleanEnvironment(), NO_COLOR: "1" },
    encoding: "utf8",
  });
}
