/** Hints in messages about names that are unknown. */

/** `; did you mean X?` for the nearest known name, or an enumeration when none is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  let best = "";
  let distance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const d = editDistance(name.toLowerCase(), candidate.toLowerCase());
    // When nothing of a name is left, it is another name.
    if (d < distance && d < candidate.length) {
      distance = d;
      best = candidate;
    }
  }
  if (best !== "") return `; did you mean ${best}?`;
  if (known.length === 0) return "; there are none";
  return `; there ${known.length === 1 ? "is" : "are"} ${known.join(", ")}`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length]!;
}
