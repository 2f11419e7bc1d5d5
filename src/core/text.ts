// Texts that every part of espmint can hold: well-formed Unicode without zero bytes (PostgreSQL stores no others), and how texts show offsets and commands.

/** What is wrong with a text and what to do, or undefined. */
export function textFault(text: string): { readonly reason: string; readonly hint: string } | undefined {
  if (text.includes('\0')) return { reason: 'holds a zero byte', hint: 'remove it' };
  if (/\p{Surrogate}/u.test(text))
    return { reason: 'is not well-formed Unicode (half of a character is missing)', hint: 'type it again' };
  return undefined;
}

/** A text with a fault, and where it is. */
export interface FaultyText {
  readonly path: readonly (string | number)[];
  readonly reason: string;
  readonly hint: string;
}

/** The first faulty text among all keys and values of something that was parsed from JSON or YAML. */
export function findFaultyText(value: unknown): FaultyText | undefined {
  const waiting: { readonly value: unknown; readonly path: readonly (string | number)[] }[] = [
    { value, path: [] },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path } = next;
    if (typeof next.value === 'string') {
      const fault = textFault(next.value);
      if (fault !== undefined) return { path, ...fault };
    }
    if (typeof next.value !== 'object' || next.value === null) continue;
    for (const [key, inner] of Object.entries(next.value).reverse()) {
      const fault = textFault(key);
      if (fault !== undefined) return { path, ...fault };
      waiting.push({ value: inner, path: [...path, Array.isArray(next.value) ? Number(key) : key] });
    }
  }
  return undefined;
}

/** An offset, size or word as people and C write it: `0x9000`. */
export const hex = (value: number): string => `0x${value.toString(16)}`;

/** A word of a command line that a message shows, so that it can be copied into a shell: in quotes where it needs them. */
export const inShell = (word: string): string =>
  /^[\w@%+=:,./‹›-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** `1 row`, `2 rows`: a count with its noun. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A cell of CSV, in quotes where RFC 4180 asks for them. @param needsQuotes for a reader that asks for more */
export function quotedCell(text: string, needsQuotes = /[",\r\n]/.test(text)): string {
  return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text;
}
