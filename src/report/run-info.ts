/** What a report says about a run besides the search's own result. Plain data. */
import type { Place, SearchResult } from "../search/result.ts";

/** What a model declares, for reports that list it or draw it. */
export interface Declared {
  readonly idSets: readonly {
    readonly name: string;
    readonly ordered: boolean;
    readonly members: readonly string[];
  }[];
  readonly variables: readonly {
    readonly name: string;
    readonly role: "cell" | "perNode" | "budget" | "history" | "mailbox" | "channel";
    /** Names of the id sets whose members own a part of it each. */
    readonly owners: readonly string[];
  }[];
  readonly actions: readonly {
    readonly name: string;
    readonly fault: boolean;
    readonly location: Place | null;
  }[];
  readonly properties: readonly {
    readonly name: string;
    readonly kind: "invariant" | "step" | "reachable";
    /** In one line; may be empty. */
    readonly meaning: string;
    readonly location: Place | null;
  }[];
}

export interface RunInfo {
  /** dscheck's version. */
  readonly version: string;
  /** The spec's name. */
  readonly spec: string;
  /** Its file as a user reads it. */
  readonly file: string;
  /** All parameter values, in the order of their declaration. */
  readonly parameters: Readonly<Record<string, number | boolean | string>>;
  /** The command that gives the same verdict and trace again. */
  readonly command: string;
  readonly declared: Declared;
  /** State variables that are networks; in text their changes are told as messages sent and received. */
  readonly networks: readonly string[];
  /** State variables that are budgets; told in one line where the whole state is told. */
  readonly budgets: readonly string[];
  /** One line for each property that has one: what it means. */
  readonly meanings: Readonly<Record<string, string>>;
  /** The limits of the run, which is told when it stopped at one. */
  readonly limits: {
    readonly states: number | null;
    readonly depth: number | null;
    readonly seconds: number | null;
    readonly memoryBytes: number;
  };
  /** How many of the declared properties were checked, when only some were selected. */
  readonly selected: { readonly checked: number; readonly declared: number } | null;
  readonly deadlockChecked: boolean;
  readonly audited: boolean;
}

/** What `--expect` asked and whether it came so. */
export interface Expected {
  readonly outcome: string;
  readonly met: boolean;
}

/** Whether every state was explored that the bounds allow, so that counts speak of all of them. */
export function isComplete(result: SearchResult): boolean {
  return (
    result.stopped === null &&
    result.failure === null &&
    result.states.queued === 0 &&
    (result.verdict === "holds" || result.verdict === "holds-within" || result.verdict === "unreached")
  );
}

/** Whether the search saw all there is to see, also with violations, so that what it did not find is not there. */
export function sawAll(result: SearchResult): boolean {
  const { stopped, failure, states, properties, violations } = result;
  return (
    isComplete(result) ||
    (stopped === null &&
      failure === null &&
      states.queued === 0 &&
      properties.every(({ verdict }) => verdict !== "undecided") &&
      violations.every(({ kind }) => kind !== "action-error"))
  );
}
