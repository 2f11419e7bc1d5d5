// The secrets that a command was given by its environment and arguments: no failure may repeat them.
import { isSecretKey } from '../core/masking/nvs-values.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What other words than a secret's names stand for: paths and commands, which messages have to name. PWD is the folder. */
const NO_SECRET = /(?:_FILE|_PATH|_DIR|_COMMAND|_SOCK|ASKPASS)$|^(?:OLD)?PWD$|KEYRING|KEYMAP/i;
/** Values of one word are not worth it: `ESPMINT_SECRETS=sealed`. */
const SHORTEST = 6;

export function secretsOf(env: Environment, args: readonly string[]): string[] {
  const named = Object.entries(env).flatMap(([name, value = '']) =>
    (isSecretKey(name) || name.startsWith('ESPMINT_PUSH_')) &&
    !NO_SECRET.test(name) &&
    value.length >= SHORTEST
      ? [value]
      : [],
  );
  const urls = [...Object.values(env), ...args].flatMap((text = '') => passwordsIn(text));
  return [...named, ...urls];
}

/** Of `scheme://user:password@host`, as written and as meant. */
function passwordsIn(text: string): string[] {
  const [, written] = /^[a-z][\w+.-]*:\/\/[^/@:\s]*:([^/@\s]+)@/i.exec(text) ?? [];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}
