// Numbers as people type them on a command line.
import { invalidInput } from '../../core/errors/index.js';

const UNITS: Record<string, number> = { '': 1, k: 1024, m: 1024 * 1024 };

/** Parser for an option that takes bytes: `0x9000`, `36864`, `64K`. @throws INPUT_INVALID naming the option. */
export function numberOption(option: string): (text: string) => number {
  return (text) => {
    const [, digits = '', unit = ''] = /^(0x[0-9a-f]+|\d+)([km]?)$/i.exec(text.trim()) ?? [];
    const value = Number(digits) * (UNITS[unit.toLowerCase()] ?? NaN);
    if (digits !== '' && Number.isSafeInteger(value)) return value;
    throw invalidInput(option, `is "${text}", which is not a number`, 'give it as 0x9000, 36864 or 64K');
  };
}

/** Parser for an option that counts things. @throws INPUT_INVALID naming the option. */
export function countOption(
  option: string,
  { min, max = Number.MAX_SAFE_INTEGER }: { readonly min: number; readonly max?: number },
): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
    throw invalidInput(option, `is "${text}"`, `give a whole number ${range}`);
  };
}
