// Fills {{placeholders}} of profile rows with what is known of one board.

/** Names a row may use. The PSK is not among them: it has its own key in the profile. */
const PLACEHOLDERS = [
  'mac',
  'macHex',
  'uuid',
  'chip',
  'firmwareVersion',
  'hardwareRevision',
  'serial',
] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

const PATTERN = /\{\{\s*(\w+)\s*\}\}/g;

/** The first placeholder that is neither espmint's nor one of these columns; undefined where there is none. */
export function unknownPlaceholder(text: string, columns: readonly string[] = []): string | undefined {
  for (const [, name = ''] of text.matchAll(PATTERN))
    if (!isPlaceholder(name) && !columns.includes(name)) return name;
  return undefined;
}

/** Replaces every known placeholder; a value that the board or profile does not have becomes empty text. */
export function fillTemplate(text: string, values: Readonly<Partial<Record<string, string>>>): string {
  return text.replace(PATTERN, (whole, name: string) => values[name] ?? (isPlaceholder(name) ? '' : whole));
}

export function isPlaceholder(name: string): name is Placeholder {
  return (PLACEHOLDERS as readonly string[]).includes(name);
}
