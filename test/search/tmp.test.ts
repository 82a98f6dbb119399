import fc from "fast-check";
import { test } from "vitest";
import { explore, modelOf } from "../support/engine.ts";
import { declareTable, type Table } from "../fixtures/random-spec.ts";
import { table } from "../support/tables.ts";
test("stats", () => {
  const rows = fc.sample(table, { seed: 5, numRuns: 300 });
  const stat: Record<string, number> = {};
  const inc = (k: string, by = 1) => { stat[k] = (stat[k] ?? 0) + by; };
  for (const t of rows) {
    const model = modelOf((m) => declareTable(m, JSON.parse(JSON.stringify(t)) as Table));
    const o = explore(model, { keepGoing: true, audit: false, statesMax: 5000 });
    inc("states " + (o.distinct < 2 ? "1" : o.distinct < 5 ? "2-4" : o.distinct < 20 ? "5-19" : o.distinct < 100 ? "20-99" : o.distinct < 700 ? "100-699" : o.distinct < 5000 ? "700-" : "5000+"));
    inc("depth " + (o.depth > 5 ? ">5" : o.depth > 2 ? "3-5" : "<3"));
    for (const v of o.violations) { inc(`v ${v.kind}`); inc(`vlen ${Math.min(9, v.trace.length - 1)}`); }
    for (const p of o.properties) inc(`p ${p.kind} ${p.verdict}`);
    for (const b of o.bounds) if (b.hit) inc("bound hit " + b.kind);
    if (o.ties.seen > 0) inc("ties"); inc("orders", o.ties.tried);
    if (o.boundTerminal > 0) inc("boundTerminal");
    for (const [, a] of Object.entries(o.actions)) inc(a.enabled === 0 ? "action never" : "action enabled");
    for (const n of t.networks) inc("net " + n.kind);
  }
  console.log(Object.entries(stat).sort().map(([k, v]) => `${k}: ${v}`).join("\n"));
});
