// WPS PINs: eight digits, the last of which checks the others (Wi-Fi Simple Configuration, 7.4.1). Pure.
import { EspmintError } from './errors/index.js';

/** The digit that follows seven others. */
export function wpsCheckDigit(sevenDigits: string): number {
  const sum = Array.from(sevenDigits, Number).reduce(
    (total, digit, at) => total + digit * (at % 2 === 0 ? 3 : 1),
    0,
  );
  return (10 - (sum % 10)) % 10;
}

/** A PIN that nobody can guess from another device's: random, and never 00000000, which firmware replaces. */
export function randomWpsPin(): string {
  for (;;) {
    const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
    // Above the last whole multiple some PINs would be likelier.
    if (random >= 4_290_000_000) continue;
    const seven = String(random % 10_000_000).padStart(7, '0');
    if (seven !== '0000000') return `${seven}${wpsCheckDigit(seven)}`;
  }
}

/** @returns the eight digits, without blanks or dashes between them. @throws WPS_PIN_INVALID */
export function parseWpsPin(text: string): string {
  const digits = text.replace(/[\s-]/g, '');
  const refuse = (reason: string): EspmintError =>
    new EspmintError('WPS_PIN_INVALID', { reason, why: 'pin' });
  if (!/^\d{8}$/.test(digits)) throw refuse('is not eight digits');
  if (digits === '00000000') throw refuse('is 00000000, which firmware replaces by one of its own');
  const wanted = wpsCheckDigit(digits.slice(0, 7));
  if (Number(digits[7]) !== wanted) throw refuse('has a wrong checksum digit');
  return digits;
}
