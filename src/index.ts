/** The package: what a spec imports, and `check` for tests. */
export { type CheckOptions, type CheckReport, check } from "./check.ts";
export * from "./spec/index.ts";
