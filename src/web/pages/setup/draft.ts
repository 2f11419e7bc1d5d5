// A profile while it is edited: settings by path, and what differs from the version it was made from. Pure.

export type Settings = Readonly<Record<string, unknown>>;
export type Path = readonly (string | number)[];

export interface Change {
  /** `wifi.ssid` style. */
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
}

/** What a product begins with: the name is still to be given, all else has defaults. */
export const NEW_SETTINGS: Settings = { name: '' };

export function getAt(settings: unknown, path: Path): unknown {
  let value = settings;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

export function textAt(settings: unknown, path: Path): string {
  const value = getAt(settings, path);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The settings with one value changed; `undefined` and empty text take it away, and groups that become empty too. */
export function setAt<T>(settings: T, path: Path, value: unknown): T {
  const [part, ...rest] = path;
  if (part === undefined) return value as T;
  if (Array.isArray(settings)) {
    const list: readonly unknown[] = settings;
    return list.map((item, index) => (index === part ? setAt(item, rest, value) : item)) as T;
  }
  const copy: Record<string | number, unknown> = { ...(settings as object) };
  const next: unknown = rest.length === 0 ? value : setAt(copy[part] ?? {}, rest, value);
  if (isNothing(next) && part !== 'name') Reflect.deleteProperty(copy, part);
  else copy[part] = next;
  return copy as T;
}

/** A number where the text is one (hexadecimal too); other text stays, so that the check can say what is wrong. */
export function numberOrText(text: string): number | string {
  const trimmed = text.trim();
  const value = Number(trimmed);
  return trimmed !== '' && Number.isSafeInteger(value) ? value : trimmed;
}

/** What differs, by path, in the order of the new settings. The version is counted up by the service. */
export function changesOf(before: Settings, after: Settings): readonly Change[] {
  const old = flatten(before);
  const now = flatten(after);
  const paths = new Set([...now.keys(), ...old.keys()]);
  return [...paths].flatMap((path): Change[] => {
    const [was, is] = [old.get(path), now.get(path)];
    if (was === is || path === 'version') return [];
    return [
      { path, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) },
    ];
  });
}

export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === '') return true;
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

function flatten(value: unknown, prefix = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value))
      flatten(child, prefix === '' ? key : `${prefix}.${key}`, into);
  } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    into.set(prefix, String(value));
  }
  return into;
}
