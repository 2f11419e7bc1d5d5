// Keeps secrets out of what is shown of a board's output, in each form in which a board may print them.
import { quoteArgument } from './console/quote.js';

export const MASK = '********';
/** Shorter texts stand in too many words to be masked without making a log unreadable; no password is that short. */
const SHORTEST = 4;

/** @returns a function that masks every one of these secrets, as it is, quoted, in hex and in base64. */
export function masker(secrets: readonly (string | undefined)[]): (text: string) => string {
  const forms = secrets
    .filter((secret): secret is string => secret !== undefined && secret.length >= SHORTEST)
    .flatMap(formsOf)
    .sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((masked, form) => masked.replaceAll(form, MASK), text);
}

function formsOf(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const base64 = btoa(String.fromCharCode(...bytes)).replace(/=+$/, '');
  const quoted = quoteArgument(secret).slice(1, -1);
  return [...new Set([secret, quoted, hex, hex.toUpperCase(), base64])];
}
