/** Crash and restart: what a node keeps on disk and what it forgets. */
import type { Record as ImmutableRecord } from "immutable";
import type { Id } from "./ids.ts";
import type { PerNode } from "./state.ts";

/** What any record has. From a type with fields, TypeScript would infer those that hold collections as unknown. */
interface AnyRecord {
  has(key: string): boolean;
  toSeq(): unknown;
  wasAltered(): boolean;
}

/**
 * The record of a node after a crash and restart: persistent fields as they were, all others as they are
 * at the start. Which fields persist is declared with the variable (`perNode`, option `persistent`). The node is
 * needed only where nodes start differently.
 */
export function restarted<Owner extends Id, T extends AnyRecord>(
  variable: PerNode<Owner, T>,
  record: NoInfer<T>,
  node?: NoInfer<Owner>,
): T {
  let next = fielded(variable.initialOf(node));
  for (const field of variable.kind.persistent) next = next.set(field, fielded(record).get(field, undefined));
  return next as unknown as T;
}

function fielded(record: AnyRecord): ImmutableRecord<{ [field: string]: unknown }> {
  return record as unknown as ImmutableRecord<{ [field: string]: unknown }>;
}
