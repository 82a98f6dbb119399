/** Commands as text that can be pasted into a shell. */

export function shellCommand(words: readonly string[]): string {
  return ["npx", "dscheck", ...words].map(shellWord).join(" ");
}

export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
