/** The part of the page's address that names a step: `#v=1&s=12` is step 12 of the first counterexample. */

export interface LinkTarget {
  /** Position in the list of traces, from 0. */
  readonly trace: number;
  readonly step: number;
}

export function addressOf({ trace, step }: LinkTarget): string {
  return `#v=${trace + 1}&s=${step}`;
}

/** What an address names; the first trace and its initial state where it names nothing. */
export function targetOf(address: string): LinkTarget {
  const fields = new URLSearchParams(address.replace(/^#/, ""));
  const numberOf = (name: string): number => {
    const text = fields.get(name) ?? "";
    return /^\d{1,9}$/.test(text) ? Number(text) : 0;
  };
  return { trace: Math.max(0, numberOf("v") - 1), step: numberOf("s") };
}
