/** Crash and restart: what a node keeps on disk and what it forgets. */
import type { Record as ImmutableRecord } from "immutable";
import type { Id } from "./ids.ts";
import type { PerNode } from "./state.ts";

/**
 * The record of a node after a crash and restart: persistent fields as they were, all others as they are
 * at the start. Which fields persist is declared with the variable (`perNode`, option `persistent`).
 */
export function restarted<Owner extends Id, F extends object>(
  variable: PerNode<Owner, ImmutableRecord<F> & Readonly<F>>,
  record: ImmutableRecord<F> & Readonly<F>,
): ImmutableRecord<F> & Readonly<F> {
  let next = variable.initialValue;
  for (const field of variable.kind.persistent) {
    const key = field as keyof F & string;
    next = next.set(key, record.get(key)) as typeof next;
  }
  return next;
}
