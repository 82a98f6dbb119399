/**
 * Bundles the viewer into dist/viewer: a script that holds all it needs, and its style. JavaScript, because the
 * build runs it with the oldest Node that is supported, before anything is compiled.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// Each is a page's script: the viewer of a report; others beside it use the same style.
const ENTRIES = ["viewer.tsx", "explore.tsx"];

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [...ENTRIES.map(here), here("viewer.css")],
  outdir: here("../../dist/viewer"),
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022", "chrome110", "firefox110", "safari16.4"],
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "utf8",
  // Licences of what is bundled stay in it.
  legalComments: "inline",
  logLevel: "warning",
});
