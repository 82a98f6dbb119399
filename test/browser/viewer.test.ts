/** The trace viewer as its reader uses it: opened from a file, by keyboard, mouse and address, light and dark. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { htmlReport } from "../../src/report/formats/html.ts";
import { dscheck } from "../cli/binary.ts";
import { syntheticInput } from "../viewer/synthetic.ts";
import { launchBrowser } from "./chromium.ts";

const directory = mkdtempSync(join(tmpdir(), "dscheck-viewer-"));
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
let pages: Page[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  writeFileSync(join(directory, "small.html"), htmlReport(syntheticInput([40, 12], 3)));
  writeFileSync(join(directory, "five.html"), htmlReport(syntheticInput([40], 5)));
  writeFileSync(join(directory, "long.html"), htmlReport(syntheticInput([2000], 5)));
  writeFileSync(join(directory, "none.html"), htmlReport(syntheticInput([], 3)));
  const raft = ["check", "specs/raft.ts", "--set", "bug=commit-old-term", "--report"];
  dscheck([...raft, `html=${join(directory, "raft.html")}`]);
});

afterEach(async () => {
  await Promise.all(pages.map((page) => page.context().close()));
  pages = [];
});

afterAll(async () => {
  await browser.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Opens a report, and fails the test when the page says anything to the console or asks for anything. */
async function open(file: string, address = "", options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1300, height: 800 }, ...options });
  const page = await context.newPage();
  pages.push(page);
  const url = pathToFileURL(join(directory, file)).href;
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("request", (request) => {
    const asked = request.url();
    if (!asked.startsWith(url) && !asked.startsWith("data:")) said.push(`asked for ${asked}`);
  });
  await page.goto(url + address);
  await page.locator("#announcer").waitFor({ state: "attached" });
  expect(said).toEqual([]);
  return page;
}

/** What the tests ask of an SVG path; the types of the browser are not those of Node. */
interface Drawn {
  getTotalLength(): number;
  getPointAtLength(length: number): {
    matrixTransform(by: unknown): { readonly x: number; readonly y: number };
  };
  getScreenCTM(): unknown;
}

const announced = (page: Page): Promise<string> => page.locator("#announcer").innerText();
const stepOf = async (page: Page): Promise<number> => Number(/Step (\d+) of/.exec(await announced(page))![1]);

/** The rows in the page; fields to choose from have options too. */
const rowsOf = (page: Page): Locator => page.getByRole("listbox").getByRole("option");

describe("going through the steps", () => {
  test("by the keys that the help lists", async () => {
    const page = await open("small.html");
    const press = async (key: string): Promise<number> => {
      await page.keyboard.press(key);
      return stepOf(page);
    };
    expect(await stepOf(page)).toBe(0);
    expect([await press("ArrowDown"), await press("j"), await press("ArrowRight")]).toEqual([1, 2, 3]);
    expect([await press("ArrowUp"), await press("k"), await press("ArrowLeft")]).toEqual([2, 1, 0]);
    expect(await press("k")).toBe(0);
    expect([await press("End"), await press("j"), await press("PageUp")]).toEqual([40, 40, 30]);
    expect([await press("Home"), await press("PageDown")]).toEqual([0, 10]);
    expect([await press("n"), await press("n"), await press("p")]).toEqual([17, 34, 17]);
  });

  test("by a click on a row, the slider, and the buttons", async () => {
    const page = await open("small.html");
    await rowsOf(page).nth(4).click();
    expect(await stepOf(page)).toBe(4);
    await page.getByRole("slider").fill("20");
    expect(await stepOf(page)).toBe(20);
    await page.getByRole("button", { name: "Step before" }).click();
    expect(await stepOf(page)).toBe(19);
  });

  test("the slider answers to arrows itself, so that one key is one step", async () => {
    const page = await open("small.html");
    await page.getByRole("slider").focus();
    await page.keyboard.press("ArrowRight");
    expect(await stepOf(page)).toBe(1);
  });

  test("letters typed into the search go nowhere else", async () => {
    const page = await open("small.html");
    await page.keyboard.press("/");
    await page.keyboard.type("jjn?");
    expect(await page.getByRole("searchbox").inputValue()).toBe("jjn?");
    expect(await stepOf(page)).toBe(0);
  });

  test("the selected step stays in sight", async () => {
    const page = await open("small.html");
    for (let n = 0; n < 25; n++) await page.keyboard.press("j");
    const row = page.getByRole("listbox").getByRole("option", { selected: true });
    const [box, frame] = [await row.boundingBox(), await page.getByRole("listbox").boundingBox()];
    expect(box!.y).toBeGreaterThanOrEqual(frame!.y);
    expect(box!.y + box!.height).toBeLessThanOrEqual(frame!.y + frame!.height);
  });
});

describe("the address", () => {
  test("opens at the step that it names", async () => {
    const page = await open("small.html", "#v=2&s=7");
    expect(await announced(page)).toContain("Step 7 of 12");
    expect(await page.getByRole("combobox", { name: "Counterexample" }).inputValue()).toBe("1");
  });

  test("follows the step, and a change of it is followed", async () => {
    const page = await open("small.html");
    await page.keyboard.press("PageDown");
    await page.waitForURL(/#v=1&s=10$/);
    await page.evaluate("location.hash = '#v=2&s=3'");
    await page.waitForFunction("document.getElementById('announcer').innerText.includes('Step 3 of 12')");
  });

  test("beyond the end is the end", async () => {
    expect(await stepOf(await open("small.html", "#v=9&s=999"))).toBe(12);
  });
});

describe("what a step shows", () => {
  test("what it changed, before and after, and the messages", async () => {
    const page = await open("raft.html", "#v=1&s=1");
    const state = page.locator(".state");
    await state.locator("del", { hasText: "follower" }).waitFor();
    expect(await state.locator(".leaf.changed", { hasText: "role" }).innerText()).toMatch(
      /role\s*follower\s*→\s*candidate/,
    );
    expect(await page.locator(".messages").innerText()).toContain("n1→n2 RequestVote");
  });

  test("only what changed, by a key; what contains a text, by searching", async () => {
    const page = await open("raft.html", "#v=1&s=1");
    const names = (): Promise<string[]> => page.locator(".state .tree .name").allInnerTexts();
    expect(await names()).toContain("requests");
    await page.keyboard.press("c");
    expect(await names()).not.toContain("requests");
    expect(await names()).toContain("votedFor");
    await page.keyboard.press("c");
    await page.keyboard.press("/");
    await page.keyboard.type("candid");
    expect(await page.locator(".state mark").allInnerTexts()).toEqual(["candid"]);
    expect(await names()).not.toContain("n3");
  });

  test("why the property failed: the values it read, with a link to the step that wrote each", async () => {
    const page = await open("raft.html", "#v=1&s=10");
    const why = page.locator(".why");
    expect(await why.innerText()).toContain("a leader counts replicas for entries of its own term alone");
    expect(await why.locator("tr", { hasText: "commitIndex" }).innerText()).toMatch(/0\s*→\s*1/);
    await why.getByRole("link", { name: /step 6, Timeout/ }).click();
    expect(await announced(page)).toMatch(/^Step 6 of 10: Timeout\(n2\)\. The failed property depends on it/);
  });

  test("what else was possible, without the step that was taken", async () => {
    const page = await open("raft.html", "#v=1&s=1");
    const enabled = await page.locator(".enabled").innerText();
    expect(enabled).toContain("Timeout(n2)");
    expect(enabled).not.toContain("Timeout(n1)");
  });

  test("an arrow ends before the ring of a step that the property depends on", async () => {
    const page = await open("raft.html");
    const covered = await page.locator(".diagram").evaluate((diagram) => {
      const rings = [...diagram.querySelectorAll(".mark-relevant")].map((ring) =>
        ring.getBoundingClientRect(),
      );
      return [...diagram.querySelectorAll(".arrow.received .arrow-line")].filter((line) => {
        const path = line as unknown as Drawn;
        const end = path.getPointAtLength(path.getTotalLength()).matrixTransform(path.getScreenCTM());
        return rings.some((ring) => {
          const centre = { x: ring.x + ring.width / 2, y: ring.y + ring.height / 2 };
          return Math.hypot(end.x - centre.x, end.y - centre.y) < ring.width / 2 + 5;
        });
      }).length;
    });
    expect(covered).toBe(0);
  });

  test("losses, copies, crashes and faults are drawn in shapes of their own, and named", async () => {
    const page = await open("five.html", "#v=1&s=17");
    const drawn = (what: string): Promise<number> => page.locator(`.lanes ${what}`).count();
    expect(await drawn(".arrow.lost .arrow-cross")).toBeGreaterThan(0);
    expect(await drawn(".arrow.copy .arrow-inner")).toBeGreaterThan(0);
    expect(await drawn(".arrow.in-flight .arrow-circle")).toBeGreaterThan(0);
    const labels = (await page.locator(".arrow-label").allTextContents()).join();
    expect(labels).toContain("lost");
    expect(labels).toContain("copy");
    expect(await page.getByRole("list", { name: "Legend" }).innerText()).toContain("in flight at the end");
  });
});

describe("hiding", () => {
  test("all but the steps that the property depends on", async () => {
    const page = await open("small.html", "#v=1&s=20");
    await page.keyboard.press("r");
    expect(await rowsOf(page).count()).toBe(4);
    // The one that was selected is hidden; the one before it that is shown takes its place.
    expect(await stepOf(page)).toBe(17);
    await page.keyboard.press("j");
    expect(await stepOf(page)).toBe(34);
  });

  test("a node takes its lane away, and comes back", async () => {
    const page = await open("small.html");
    const lanes = (): Promise<string[]> => page.locator(".lane-head").allInnerTexts();
    const button = page.getByRole("button", { name: "n2", exact: true });
    await button.click();
    expect(await lanes()).toEqual(["n1", "n3"]);
    expect(await button.getAttribute("aria-pressed")).toBe("false");
    await button.click();
    expect(await lanes()).toEqual(["n1", "n2", "n3"]);
  });
});

describe("the page", () => {
  test("names the spec, the verdict and the command, and copies the command", async () => {
    const page = await open("raft.html", "", { permissions: ["clipboard-read", "clipboard-write"] });
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toContain("raft");
    expect(await page.locator(".verdict").innerText()).toBe("violated");
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const copied = await page.evaluate("navigator.clipboard.readText()");
    expect(copied).toBe("npx dscheck specs/raft.ts --set bug=commit-old-term");
  });

  test("opens help by ? and closes it by Escape, with the focus where it was", async () => {
    const page = await open("small.html");
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.keyboard.press("j");
    expect(await stepOf(page)).toBe(1);
  });

  test("is dark where the system is, and as chosen", async () => {
    const page = await open("small.html", "", { colorScheme: "dark" });
    const ground = (): Promise<unknown> => page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(await ground()).toBe("rgb(20, 23, 28)");
    await page.keyboard.press("t");
    expect(await ground()).toBe("rgb(255, 255, 255)");
    await page.getByLabel("Colours").selectOption("dark");
    expect(await ground()).toBe("rgb(20, 23, 28)");
  });

  test("gives names of actions the room they need; where there is none, what tells them apart stays", async () => {
    const cut = (page: Page): Promise<string[]> =>
      page
        .locator(".row-head")
        .evaluateAll((all) =>
          all
            .filter((one) => one.scrollWidth > one.clientWidth)
            .map((one) => one.nextElementSibling?.textContent ?? ""),
        );
    expect(await cut(await open("five.html"))).toEqual([]);
    expect(await cut(await open("long.html", "#v=1&s=1500"))).toEqual([]);
    const narrow = await cut(await open("five.html", "", { viewport: { width: 700, height: 800 } }));
    expect(narrow.length).toBeGreaterThan(0);
    expect(new Set(narrow)).toEqual(new Set(["Vote"]));
  });

  test("does not scroll sideways in a narrow window", async () => {
    const page = await open("five.html", "", { viewport: { width: 380, height: 700 } });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(380);
  });

  test("without a counterexample says what came of the run", async () => {
    const page = await open("none.html");
    expect(await page.locator(".title").innerText()).toContain("HOLDS");
    expect(await page.getByRole("listbox").count()).toBe(0);
  });

  test("draws every row on paper", async () => {
    const page = await open("small.html");
    const rows = rowsOf(page);
    expect(await rows.count()).toBeLessThan(41);
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    await expect.poll(() => rows.count()).toBe(41);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    await expect.poll(() => rows.count()).toBeLessThan(41);
  });
});

describe("accessibility", () => {
  interface Finding {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }
  const problems = async (page: Page): Promise<string[]> => {
    await page.evaluate(AXE);
    const found = (await page.evaluate("axe.run().then(({ violations }) => violations)")) as Finding[];
    return found.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html}\n${node.failureSummary}`),
    );
  };

  for (const colorScheme of ["light", "dark"] as const)
    for (const [file, address] of [
      ["raft.html", "#v=1&s=10"],
      ["five.html", "#v=1&s=18"],
      ["none.html", ""],
    ] as const)
      test(`axe finds nothing in ${file}, ${colorScheme}`, async () => {
        expect(await problems(await open(file, address, { colorScheme }))).toEqual([]);
      });

  test("nor in the help, nor while steps are hidden and the state is searched", async () => {
    const page = await open("small.html", "#v=1&s=17");
    await page.keyboard.press("r");
    await page.keyboard.press("/");
    await page.keyboard.type("term");
    expect(await problems(page)).toEqual([]);
    await page.keyboard.press("Tab");
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    expect(await problems(page)).toEqual([]);
  });
});

describe("two thousand steps", () => {
  test("open at once, and only what is in sight is in the page", async () => {
    const before = performance.now();
    const page = await open("long.html", "#v=1&s=1000");
    const opened = performance.now() - before;
    expect(await stepOf(page)).toBe(1000);
    expect(await rowsOf(page).count()).toBeLessThan(60);
    expect(await page.locator(".arrow").count()).toBeLessThan(200);
    expect(await page.evaluate("document.querySelectorAll('*').length")).toBeLessThan(2500);
    // Measured 0.5 s; a machine of CI may be busy with other things.
    expect(opened).toBeLessThan(5000);
  });

  test("a held key goes through them one by one without falling behind", async () => {
    const page = await open("long.html");
    const spent = (await page.evaluate(`(async () => {
      const start = performance.now();
      for (let n = 0; n < 200; n++) {
        dispatchEvent(new KeyboardEvent("keydown", { key: "j" }));
        await new Promise((drawn) => setTimeout(drawn, 0));
        document.body.offsetHeight;
      }
      return performance.now() - start;
    })()`)) as number;
    expect(await stepOf(page)).toBe(200);
    // Measured 10 ms a step.
    expect(spent / 200).toBeLessThan(300);
  });
});
