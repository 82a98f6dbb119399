import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { dscheck: new URL("./src/index.ts", import.meta.url).pathname } },
  test: {
    include: ["test/**/*.test.ts"],
    // They need a browser: npm run test:browser.
    exclude: [...configDefaults.exclude, "test/browser/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
