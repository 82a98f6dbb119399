/** The page of a report: shows the snapshot that is embedded in it. */
import { start } from "./app.tsx";
import { type PackedSnapshot, unpackSnapshot } from "./pack.ts";
import { staticSource } from "./source.ts";

const data = document.getElementById("data");
const root = document.getElementById("app");
if (data === null || root === null) throw new Error("the page lacks its data");
start(staticSource(unpackSnapshot(JSON.parse(data.textContent ?? "") as PackedSnapshot)), root);
