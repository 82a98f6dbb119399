/**
 * Benchmarks: whole runs of the command, each in a process of its own, repeated, in a fixed order.
 *
 *   npm run bench                      every case, 3 runs each
 *   npm run bench -- --runs 5 --only raft-standard
 *   npm run bench -- --workers 1,2,4
 *
 * Prints, for each case and worker count, generated and distinct states a second (best run, mean and standard
 * deviation), bytes a state in the store, and peak resident memory. For cases marked `ceiling`, independent
 * one-worker runs side by side tell what that many workers could reach at most on this machine.
 * The models have no randomness; a run differs from the next only in time.
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const BINARY = fileURLToPath(new URL("../bin/dscheck.js", import.meta.url));
const SPECS = new URL("../specs/", import.meta.url);

const CASES = [
  { name: "raft-standard", spec: "classic/raft-standard.ts", options: [], ceiling: true },
  {
    name: "raft-standard, no symmetry",
    spec: "classic/raft-standard.ts",
    options: ["--no-symmetry", "--max-states", "12000000"],
  },
  { name: "raft, 3 nodes", spec: "raft.ts", options: ["--nodes", "3"] },
  { name: "raft, 5 nodes, 1 request", spec: "raft.ts", options: ["--nodes", "5", "--set", "requests=1"] },
  {
    name: "two-phase commit, 9 resource managers, no symmetry",
    spec: "classic/two-phase-commit.ts",
    options: ["--nodes", "9", "--no-symmetry"],
  },
  {
    name: "simplified Paxos, no symmetry",
    spec: "classic/simplified-paxos.ts",
    options: ["--no-symmetry", "--set", "maxBallot=2"],
  },
];

const { values: given } = parseArgs({
  options: {
    runs: { type: "string", default: "3" },
    only: { type: "string" },
    workers: { type: "string" },
  },
});
const runs = Number(given.runs);
const workerCounts =
  given.workers === undefined ? [1, availableParallelism()] : given.workers.split(",").map(Number);

/** Runs the command once; its JSON document. */
function run(spec, options, workers) {
  return new Promise((resolve, reject) => {
    const file = fileURLToPath(new URL(spec, SPECS));
    const child = spawn(
      process.execPath,
      [
        BINARY,
        file,
        ...options,
        "--no-deadlock",
        "--workers",
        String(workers),
        "--format",
        "json",
        "--quiet",
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
    });
    child.on("error", reject);
    child.on("close", () => resolve(JSON.parse(text)));
  });
}

const rate = (document, count) => document.states[count] / document.time.wallSeconds;
const mean = (numbers) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
const deviation = (numbers) => Math.sqrt(mean(numbers.map((n) => (n - mean(numbers)) ** 2)));
const thousands = (n) => `${Math.round(n / 1000).toLocaleString("en")}k`;

function report(label, documents) {
  const generated = documents.map((document) => rate(document, "generated"));
  const distinct = documents.map((document) => rate(document, "distinct"));
  const [first] = documents;
  console.log(
    [
      label.padEnd(12),
      `${first.states.distinct.toLocaleString("en")} distinct`.padStart(22),
      `${Math.min(...documents.map((d) => d.time.wallSeconds)).toFixed(1)} s`.padStart(9),
      `generated/s best ${thousands(Math.max(...generated))}, mean ${thousands(mean(generated))} ± ${thousands(deviation(generated))}`,
      `distinct/s best ${thousands(Math.max(...distinct))}`,
      `${first.memory.bytesPerState.toFixed(1)} B/state`,
      `peak ${Math.round(first.memory.peakBytes / 2 ** 20)} MiB`,
    ].join("  "),
  );
}

for (const { name, spec, options, ceiling } of CASES) {
  if (given.only !== undefined && !name.startsWith(given.only)) continue;
  console.log(`\n${name}`);
  for (const workers of new Set(workerCounts)) {
    const documents = [];
    for (let n = 0; n < runs; n++) documents.push(await run(spec, options, workers));
    report(`${workers} worker${workers === 1 ? "" : "s"}`, documents);
    if (!ceiling || workers === 1) continue;
    const together = [];
    for (let n = 0; n < runs; n++)
      together.push(await Promise.all(Array.from({ length: workers }, () => run(spec, options, 1))));
    const sums = together.map((documents) =>
      documents.reduce((sum, document) => sum + rate(document, "generated"), 0),
    );
    const best = Math.max(...documents.map((document) => rate(document, "generated")));
    console.log(
      `  ceiling: ${workers} one-worker runs side by side reach ${thousands(Math.max(...sums))} generated/s together (mean ${thousands(mean(sums))}); ${workers} workers reach ${(best / Math.max(...sums)).toFixed(2)} of it`,
    );
  }
}
