/** The package: what a spec imports; `check` and `replay` for tests. */
export { type CheckOptions, type CheckReport, check } from "./check.ts";
export {
  type CheckConfig,
  type CiConfig,
  type CiReport,
  defineConfig,
  type ExpectedCounts,
} from "./cli/ci/config.ts";
export { type Replay, type ReplayedStep, type ReplayOptions, type ReplayStep, replay } from "./replay.ts";
export * from "./spec/index.ts";
