/** The browser that the tests drive: whichever Chromium or Chrome the machine has. `.ci/chromium` installs one. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const NAMES = ["google-chrome-stable", "google-chrome", "chromium", "chromium-browser"];

export async function launchBrowser(): Promise<Browser> {
  // As root, and in most containers, there is no sandbox to be had.
  return chromium.launch({ executablePath: executable(), args: ["--no-sandbox"] });
}

function executable(): string {
  const { CHROMIUM: given, PATH: path = "" } = process.env;
  if (given !== undefined && given !== "") return given;
  const own = chromium.executablePath();
  const found = [
    own,
    ...NAMES.flatMap((name) => path.split(delimiter).map((place) => join(place, name))),
  ].find((file) => file !== "" && existsSync(file));
  if (found === undefined)
    throw new Error("there is no Chromium on this machine: run .ci/chromium, or name one in CHROMIUM");
  return found;
}
