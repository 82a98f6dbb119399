import { defineConfig } from "vitest/config";

/** Tests that need a browser: `npm run test:browser`. One file after the other, as each starts a browser. */
export default defineConfig({
  resolve: { alias: { dscheck: new URL("../../src/index.ts", import.meta.url).pathname } },
  test: {
    include: ["test/browser/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
