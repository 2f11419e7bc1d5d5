// Serial numbers from a template: `ZC-{0000}` is ZC-0001, ZC-0002, ... and goes on with ZC-10000 after ZC-9999.
import { EspmintError } from './errors/index.js';

const MAX_CHARS = 32;
const FORM = /^([^{}]*)\{(0+)\}([^{}]*)$/;

/** @throws INPUT_INVALID unless the template is printable ASCII with one run of zeros in braces. */
export function checkSerialTemplate(template: string): void {
  const reason = !FORM.test(template)
    ? 'has no place for the number'
    : !/^[\x20-\x7e]+$/.test(template) || template.length > MAX_CHARS
      ? `is not printable ASCII of at most ${MAX_CHARS} characters`
      : undefined;
  if (reason === undefined) return;
  throw new EspmintError('INPUT_INVALID', {
    field: 'The serial number template',
    reason,
    hint: 'write it like ZC-{0000}: a zero for each digit',
  });
}

/** @param number from 0; one with more digits than zeros is not cut. */
export function formatSerial(template: string, number: number): string {
  return template.replace(FORM, (_, before: string, zeros: string, after: string) => {
    return `${before}${String(number).padStart(zeros.length, '0')}${after}`;
  });
}
