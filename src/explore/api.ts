/**
 * What the page and the server of `dscheck explore` tell each other, as plain data. The server remembers no path:
 * each request brings its own, as the numbers of the choices that were made.
 */
import type { Change } from "../report/diff.ts";
import type { RunInfo } from "../report/run-info.ts";
import type { Itf, Place, ReadValue, TraceMessage, TraceStep, ViolationKind } from "../search/result.ts";

/** The numbers of the choices, from 0: the initial state, then a successor for each step. */
export type Path = readonly number[];

/** `GET api/model`. */
export interface ModelAnswer {
  readonly run: Pick<
    RunInfo,
    "version" | "spec" | "file" | "parameters" | "command" | "declared" | "networks" | "budgets" | "meanings"
  >;
  readonly status: StatusAnswer;
}

/** `GET api/status`: what the page asks again and again. */
export interface StatusAnswer {
  /** How often the spec has been loaded. Answers of different loadings do not belong together. */
  readonly loading: number;
  /** Whether the files of the spec have changed since it was loaded. */
  readonly isOutdated: boolean;
  readonly search: SearchStatus;
}

export type SearchStatus =
  | { readonly state: "none" }
  | {
      readonly state: "running";
      readonly distinct: number;
      readonly depth: number;
      readonly seconds: number;
    }
  | {
      readonly state: "done";
      /** One line: how the search ended, and what it can therefore say. */
      readonly summary: string;
      readonly found: readonly FoundTrace[];
    }
  | { readonly state: "failed"; readonly message: string };

/** A violation that the search found. */
export interface FoundTrace {
  readonly kind: ViolationKind;
  readonly property: string;
  readonly instance: string;
  /** `Invariant ElectionSafety is violated after 7 steps (specs/raft.ts:123)`. */
  readonly title: string;
  /** Leads to it. */
  readonly path: Path;
}

export interface FailureNow {
  readonly kind: ViolationKind;
  /** The property; the action for what an action throws; "deadlock". */
  readonly property: string;
  readonly instance: string;
  readonly message: string;
  readonly reads: readonly ReadValue[];
  readonly location: Place | null;
}

/** Something that can be picked: a successor, or an initial state where there are several and none is picked yet. */
export interface Offer {
  /** `Timeout(n1)`; of an initial state `initial state 2`. */
  readonly action: string;
  readonly actionName: string | null;
  readonly arguments: Readonly<Record<string, Itf>>;
  readonly fault: boolean;
  /** What tells it from others of the same text; else empty. */
  readonly detail: string;
  readonly received: readonly TraceMessage[];
  readonly sent: readonly TraceMessage[];
  /** Taken out of a network, and delivered to nobody. */
  readonly discarded: readonly TraceMessage[];
  /** What the network would do by itself. */
  readonly lost: readonly TraceMessage[];
  readonly doubled: readonly TraceMessage[];
  /** What it would change besides the networks. */
  readonly changes: readonly Change[];
  /** Names of the invariants and step properties that it would violate. */
  readonly violates: readonly string[];
  /** The step of the path whose state it leads to again; null for a state that is not on the path. */
  readonly repeats: number | null;
}

/** `GET api/state?path=0.2.1&from=2`. */
export interface StateAnswer {
  readonly loading: number;
  /** The path as far as it exists. */
  readonly path: Path;
  /** Why it is shorter than the one that was asked for, in one line; else null. */
  readonly cutShort: string | null;
  /** Of the state at the end: equal for equal states, in any process. */
  readonly digest: string;
  /** Where `steps` begins. */
  readonly from: number;
  readonly steps: readonly TraceStep[];
  readonly title: string;
  /** What fails at the end of the path. */
  readonly failures: readonly FailureNow[];
  /** Steps that last wrote what the first failure read. */
  readonly relevant: readonly number[];
  /** Reachability properties that the present state satisfies. */
  readonly reached: readonly string[];
  /** Whether nothing is possible, and in what sense; null when something is, or throws. */
  readonly end: "final" | "deadlock" | "bound" | null;
  /** Whether a bound or budget keeps something else from happening. */
  readonly isCut: boolean;
  /** Constraints of the spec that exclude the present state: a search does not go on from here. */
  readonly outside: readonly string[];
  readonly offers: readonly Offer[];
}

/** `POST api/reload`, with the path in the body. */
export interface ReloadAnswer {
  readonly status: StatusAnswer;
  /** The path in the spec as it is now, as far as it is still possible. */
  readonly path: Path;
  /** Why it is shorter, or where its states are others now; null if all is as it was. */
  readonly told: string | null;
}

export interface ErrorAnswer {
  readonly error: string;
}

/** `0.2.1`; of the empty path an empty text. */
export function pathText(path: Path): string {
  return path.join(".");
}

/** Null for a text that is no path. */
export function parsePath(text: string): Path | null {
  if (text === "") return [];
  const words = text.split(".");
  return words.every((word) => /^\d{1,6}$/.test(word)) ? words.map(Number) : null;
}

/** A path with the digest of the state that it led to, for links: `0.2.1-5f3a9c01`. */
export interface Link {
  readonly path: Path;
  /** Null when there is none to compare with. */
  readonly digest: string | null;
}

export function linkText({ path, digest }: Link): string {
  return digest === null || digest === "" ? pathText(path) : `${pathText(path)}-${digest}`;
}

/** Null for a text that is no link. */
export function parseLink(text: string): Link | null {
  const match = /^([\d.]*)(?:-([0-9a-f]{8}))?$/.exec(text);
  const path = match === null ? null : parsePath(match[1]!);
  return path === null ? null : { path, digest: match![2] ?? null };
}
