/** The exit codes of the contract, and `--expect`, from search results as data. */
import { expect, test } from "vitest";
import { UserError } from "../../src/cli/errors.ts";
import { type Expectation, exitCodeOf, exitCodeOfError, expectedExitCode } from "../../src/cli/exit-code.ts";
import type { SearchFailure, SearchResult, ViolationKind } from "../../src/search/result.ts";
import { AssumptionError, ParameterError, RuleError, SpecError } from "../../src/spec/errors.ts";
import { result, violation } from "../report/results.ts";

const holds = result();
const stopped = (by: NonNullable<SearchResult["stopped"]>["by"]): SearchResult =>
  result({ verdict: "stopped", stopped: { by, message: "" } });
const violated = (...kinds: ViolationKind[]): SearchResult =>
  result({
    verdict: kinds[0] === "deadlock" ? "deadlock" : "violated",
    violations: kinds.map((kind) => violation({ kind, property: `the ${kind}` })),
  });
const failed = (kind: SearchFailure["kind"]): SearchResult =>
  result({ verdict: "failed", failure: { kind, message: "", action: null, location: null } });
const unreached = result({
  verdict: "unreached",
  properties: [{ name: "Leader", kind: "reachable", verdict: "unreached" }],
  reached: [{ property: "Leader", steps: null }],
});

test.each<[string, SearchResult, number]>([
  ["holds", holds, 0],
  ["holds within bounds", result({ verdict: "holds-within" }), 0],
  ["deadlock", violated("deadlock"), 11],
  ["invariant", violated("invariant"), 12],
  ["step property", violated("step"), 13],
  ["assertion", violated("assertion"), 14],
  ["unreached", unreached, 15],
  ["an action threw", violated("action-error"), 75],
  ["a property threw", violated("property-error"), 76],
  ["impure", failed("rule"), 78],
  ["a spec error in a worker", failed("spec"), 150],
  ["a worker died", failed("system"), 153],
  ["an error of ours", failed("internal"), 255],
  ["stopped at a limit", stopped("memory"), 152],
  ["stopped by hand", stopped("interrupt"), 130],
  ["the shallowest of several violations", violated("step", "invariant"), 13],
  ["a violation before a limit", { ...violated("invariant"), stopped: { by: "states", message: "" } }, 12],
])("%s", (_, found, code) => expect(exitCodeOf(found)).toBe(code));

const expectation = (outcome: Expectation["outcome"], name: string | null = null): Expectation => ({
  outcome,
  name,
  text: outcome,
});

test.each<[string, Expectation, SearchResult, number]>([
  ["holds, as expected", expectation("holds"), result({ verdict: "holds-within" }), 0],
  ["holds, but a violation was expected", expectation("violated"), holds, 1],
  ["violated, as expected", expectation("violated"), violated("invariant"), 0],
  ["violated, but not that one", expectation("violated", "another"), violated("invariant"), 1],
  ["violated, that one among several", expectation("violated", "the step"), violated("invariant", "step"), 0],
  ["an assertion counts as violated", expectation("violated"), violated("assertion"), 0],
  ["a deadlock does not count as violated", expectation("violated"), violated("deadlock"), 1],
  ["a deadlock, as expected", expectation("deadlock"), violated("deadlock"), 0],
  ["unreached, as expected", expectation("unreached", "Leader"), unreached, 0],
  ["unreached, but not that one", expectation("unreached", "Other"), unreached, 1],
  ["stopped, as expected", expectation("stopped"), stopped("states"), 0],
  ["stopped is no verdict and passes through", expectation("holds"), stopped("states"), 152],
  [
    "interrupted passes through even where stopped is expected",
    expectation("stopped"),
    stopped("interrupt"),
    130,
  ],
  ["an exception passes through", expectation("violated"), violated("action-error"), 75],
  ["impurity passes through", expectation("holds"), failed("rule"), 78],
])("expecting: %s", (_, wanted, found, code) => expect(expectedExitCode(wanted, found)).toBe(code));

test.each<[string, unknown, number]>([
  ["parameter", new ParameterError("x"), 151],
  ["assumption", new AssumptionError("x"), 10],
  ["rule", new RuleError("x"), 78],
  ["spec", new SpecError("x"), 150],
  ["user", new UserError(151, "x"), 151],
  ["anything else", new TypeError("x"), 255],
])("thrown: %s", (_, error, code) => expect(exitCodeOfError(error)).toBe(code));
