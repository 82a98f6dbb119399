/**
 * Mistakes in a spec that the compiler finds. The fixtures announce each wrong line with a comment that makes
 * the compiler expect an error; without those comments every one of these lines is reported.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FIXTURES = join(ROOT, "test/fixtures/types");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const ANNOUNCED = /^( *)\/\/ @ts-expect-error (.+)$/;

function compile(project: string) {
  const given = [TSC, "--noEmit", "--pretty", "false", "-p", project];
  const { status, stdout, stderr } = spawnSync(process.execPath, given, { cwd: ROOT, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

test("every announced line is wrong, and nothing else is", { timeout: 120_000 }, () => {
  expect(compile(FIXTURES)).toEqual({ status: 0, output: "" });
});

test("the same files without the announcements are refused, with the errors announced", {
  timeout: 120_000,
}, () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "dscheck-types-")));
  try {
    const announced: { at: string; message: string }[] = [];
    for (const name of readdirSync(FIXTURES).filter((file) => file.endsWith(".ts"))) {
      const lines = readFileSync(join(FIXTURES, name), "utf8").split("\n");
      lines.forEach((line, index) => {
        const match = ANNOUNCED.exec(line);
        if (match === null) return;
        announced.push({ at: `${name}:${index + 2}`, message: match[2]! });
        lines[index] = "";
      });
      writeFileSync(join(directory, name), lines.join("\n"));
    }
    const config = {
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: {
        typeRoots: [join(ROOT, "node_modules/@types")],
        paths: {
          dscheck: [join(ROOT, "src/index.ts")],
          immutable: [join(ROOT, "node_modules/immutable/dist/immutable.d.ts")],
        },
      },
      include: ["*.ts", join(ROOT, "src/search/*.d.ts")],
    };
    writeFileSync(join(directory, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(config));
    const { status, output } = compile(directory);
    expect(status).not.toBe(0);

    const reported = new Map<string, string>();
    let last = "";
    for (const line of output.split("\n")) {
      const match = /^(.+)\((\d+),\d+\): error TS\d+: (.*)$/.exec(line);
      if (match !== null) last = `${basename(match[1]!)}:${match[2]}`;
      reported.set(last, `${reported.get(last) ?? ""}${line}\n`);
    }
    expect([...reported.keys()].sort()).toEqual(announced.map(({ at }) => at).sort());
    const others = announced.filter(({ at, message }) => !reported.get(at)!.includes(message));
    expect(others.map(({ at, message }) => ({ announced: message, reported: reported.get(at) }))).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
