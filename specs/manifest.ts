/**
 * The packaged models with their recorded verdicts and counts; `dscheck suite` runs them.
 *
 * A row: the spec (relative to this directory), its parameters, symmetry reduction on or off, the properties
 * checked (null for all, an empty list for none), deadlocks looked for or not, the expected outcome (as
 * `--expect` takes it), distinct and generated states, depth in steps, steps of the shortest counterexample,
 * where the numbers come from, and whether it is small enough for every run of the suite. A number that is
 * null is not compared. Counts change only with an explanation.
 */
export default [
  {
    spec: "classic/two-phase-commit.ts",
    parameters: { nodes: 3 },
    symmetry: false,
    properties: null,
    deadlock: true,
    expect: "holds",
    distinct: 288,
    generated: 1146,
    depth: 10,
    traceLength: null,
    source: "tlaplus/Examples, transaction_commit: TwoPhase with three resource managers (TLC)",
    small: true,
  },
  {
    spec: "classic/two-phase-commit.ts",
    parameters: { nodes: 3 },
    symmetry: true,
    properties: null,
    deadlock: true,
    expect: "holds",
    distinct: 80,
    generated: null,
    depth: 10,
    traceLength: null,
    source: "orbits of the 288 states under permutation of the resource managers, by brute force",
    small: true,
  },
];
