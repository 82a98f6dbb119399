/** The package: what a spec imports, and `check` for tests. */
export * from "./spec/index.ts";
