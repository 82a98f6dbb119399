/** What a trace shows, as the claim of a scenario. */
import type { ViolationKind } from "../search/result.ts";

/** `violated:ElectionSafety`; null where nothing is claimed. */
export function claimOf(kind: string, property: string): string | null {
  const claims: Readonly<Record<ViolationKind, string | null>> = {
    invariant: `violated:${property}`,
    step: `violated:${property}`,
    assertion: `violated:${property}`,
    deadlock: "deadlock",
    "action-error": `throws:${property}`,
    "property-error": `throws:${property}`,
    scenario: property === "" ? null : `reached:${property}`,
  };
  return isKind(kind, claims) ? claims[kind] : null;
}

function isKind<K extends string>(kind: string, claims: Readonly<Record<K, unknown>>): kind is K {
  return Object.hasOwn(claims, kind);
}
