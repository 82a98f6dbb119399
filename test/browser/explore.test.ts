/** `dscheck explore` as somebody uses it: steps picked by key and mouse, back and forward, a violation, a link. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { dscheck, Scratch } from "../cli/binary.ts";
import { explore, type Running } from "../explore/running.ts";
import { launchBrowser } from "./chromium.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DIE_HARD = "specs/classic/die-hard.ts";

const scratch = new Scratch();
let browser: Browser;
let dieHard: Running;
let pages: Page[] = [];
let said: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  dieHard = await explore([DIE_HARD]);
});

afterEach(async () => {
  await Promise.all(pages.map((page) => page.context().close()));
  pages = [];
  expect(said).toEqual([]);
  said = [];
});

afterAll(async () => {
  await browser.close();
  await dieHard.end();
  scratch.remove();
});

/** Opens a page; what it says to the console fails the test. */
async function open(link: string): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1300, height: 800 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  pages.push(page);
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(link);
  await page.locator(".choice").first().waitFor();
  return page;
}

/** Waits until the path has so many steps and nothing is being asked. */
async function atStep(page: Page, step: number): Promise<void> {
  await page.locator(".count", { hasText: `step ${step} of ${step}` }).waitFor();
  await page.locator(".live[aria-busy=false]").waitFor();
}

async function pick(page: Page, step: number, action: string): Promise<void> {
  await page.locator(".choice", { hasText: action }).first().click();
  await atStep(page, step);
}

const stateText = (page: Page): Promise<string> => page.locator(".state").innerText();

describe("picking steps", () => {
  test("by number keys and by mouse, and taking them back by Backspace", async () => {
    const page = await open(dieHard.url);
    expect(await page.locator(".choice-action").allInnerTexts()).toEqual([
      "FillSmall",
      "FillBig",
      "EmptySmall",
      "EmptyBig",
      "SmallToBig",
      "BigToSmall",
    ]);
    await page.keyboard.press("2");
    await atStep(page, 1);
    await pick(page, 2, "BigToSmall");
    expect(await stateText(page)).toMatch(/big\s+5\s*→\s*2/);
    await page.keyboard.press("Backspace");
    await atStep(page, 1);
    expect(await page.locator(".choice", { hasText: "BigToSmall" }).innerText()).toContain("taken before");
  });

  test("the browser's back and forward take steps back and again", async () => {
    const page = await open(dieHard.url);
    await pick(page, 1, "FillBig");
    await pick(page, 2, "BigToSmall");
    await page.goBack();
    await atStep(page, 1);
    await page.goForward();
    await atStep(page, 2);
    expect(page.url()).toMatch(/#0\.1\.5-[0-9a-f]{8}$/);
  });

  test("from a step before the last one only after going back there", async () => {
    const page = await open(dieHard.url);
    await pick(page, 1, "FillBig");
    await pick(page, 2, "BigToSmall");
    await page.locator(".row").nth(1).click();
    await page.getByRole("button", { name: "Go on from step 1" }).click();
    await atStep(page, 1);
  });

  test("says beforehand which step leads to a violation", async () => {
    const page = await open(`${dieHard.url}#0.1.5.2.5.1`);
    await atStep(page, 5);
    expect(await page.locator(".choice", { hasText: "BigToSmall" }).innerText()).toContain(
      "violates BigIsNot4",
    );
    await pick(page, 6, "BigToSmall");
    await page.getByText("BigIsNot4 is violated here.").waitFor();
    await page.getByText("Invariant BigIsNot4 is violated after 6 steps").waitFor();
  });
});

describe("a violation", () => {
  test("is searched for, and jumped to", async () => {
    const page = await open(dieHard.url);
    await page.getByRole("button", { name: "Search for violations" }).click();
    await page.getByRole("button", { name: "BigIsNot4, 6 steps" }).click();
    await atStep(page, 6);
    await page.getByText("BigIsNot4 is violated here.").waitFor();
  });

  test("is jumped to by its name, which searches first", async () => {
    const running = await explore([
      "specs/raft.ts",
      "--set",
      "bug=vote-not-persisted",
      "--faults",
      "restart=1",
    ]);
    const page = await open(running.url);
    await page.getByRole("combobox", { name: "Go to a violation" }).selectOption("VotePersistence");
    // It need not wait for the whole search: what has been found by then is enough.
    await page.getByRole("button", { name: "Stop" }).waitFor();
    await page.getByText(/depth ([5-9]|\d\d)/).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await atStep(page, 2);
    await page.getByText("VotePersistence(n1) is violated here.").waitFor();
    expect(await page.locator(".row.fault").innerText()).toContain("Restart(n1)");
    expect(await running.end()).toBe(0);
  });
});

describe("a path to give away", () => {
  test("a copied link opens it in another browser, and in another server after --at", async () => {
    const page = await open(dieHard.url);
    await pick(page, 1, "FillSmall");
    await pick(page, 2, "SmallToBig");
    await page.getByRole("button", { name: "Copy link" }).click();
    const link = await page.evaluate<string>("navigator.clipboard.readText()");
    const other = await open(link);
    await atStep(other, 2);
    expect(await stateText(other)).toBe(await stateText(page));

    const running = await explore([DIE_HARD, "--at", link.split("#")[1]!]);
    await atStep(await open(running.link), 2);
    await running.end();
  });

  test("a link that does not fit says so and goes as far as it can", async () => {
    const page = await open(`${dieHard.url}#0.1.77`);
    await atStep(page, 1);
    await page.getByText("there is no choice 77 after step 1").waitFor();
    const other = await open(`${dieHard.url}#0.1-00000000`);
    await other.getByText("This link was made with another version of the spec").waitFor();
  });

  test("a downloaded scenario is replayed to the same end", async () => {
    const page = await open(`${dieHard.url}#0.1.5.2.5.1.5`);
    await atStep(page, 6);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download scenario" }).click(),
    ]);
    const file = join(scratch.directory, download.suggestedFilename());
    await download.saveAs(file);
    const replayed = dscheck(["replay", file]);
    expect([replayed.code, replayed.stderr]).toEqual([0, ""]);
    expect(replayed.stdout).toContain("BigIsNot4");
  });
});

const counter = (limit: number): string => `import { defineSpec } from "dscheck";
export default defineSpec({
  name: "counter",
  parameters: {},
  model(m) {
    const value = m.cell("value", 0);
    m.action("Add", {}, (s) => (s.get(value) < ${limit} ? s.set(value, s.get(value) + 1) : undefined));
    m.action("Keep", {}, () => undefined);
  },
});
`;

describe("what happens meanwhile", () => {
  test("a spec that was saved is offered to be loaded again; the path stays as far as it can", async () => {
    const file = scratch.write("counter.ts", counter(9));
    const running = await explore([file]);
    const page = await open(running.url);
    for (let step = 1; step <= 3; step++) await pick(page, step, "Add");
    scratch.write("counter.ts", counter(2));
    await page.getByRole("button", { name: "Load it again" }).click();
    await page.getByText("Add is no longer possible after step 2").waitFor();
    await atStep(page, 2);
    await page.getByText("This is a deadlock.").waitFor();
    expect(await page.getByRole("button", { name: "Load it again" }).count()).toBe(0);
    await running.end();
  });

  test("a server that has ended is noticed", async () => {
    const running = await explore([DIE_HARD]);
    const page = await open(running.url);
    await running.end();
    await page.getByText("dscheck explore no longer answers").waitFor();
    // The browser itself says which requests failed.
    said = said.filter((text) => !text.includes("ERR_CONNECTION_REFUSED"));
  });
});

test.each(["light", "dark"] as const)(
  "nothing hinders those who do not see or use a mouse, %s",
  async (scheme) => {
    const page = await open(`${dieHard.url}#0.1.5.2.5.1.5`);
    await page.emulateMedia({ colorScheme: scheme });
    await page.evaluate(AXE);
    const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
      "axe.run()",
    );
    expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  },
);
