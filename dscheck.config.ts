/** What a change to this repository must pass besides its tests: the action's first use is here. */
import { defineConfig } from "dscheck";

export default defineConfig({
  checks: [
    { spec: "specs/raft.ts", parameters: { nodes: 3 }, maxSeconds: 300, maxMemory: "50%" },
    { spec: "specs/classic/two-phase-commit.ts", maxSeconds: 60 },
    {
      spec: "specs/classic/die-hard.ts",
      expect: "violated:BigIsNot4",
      counts: { traceLength: 6 },
      maxSeconds: 60,
    },
  ],
});
