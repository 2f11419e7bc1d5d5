// Whatever a file, a board or a peer sends: a reader takes it or refuses it with an error of espmint's own. As many inputs as
// you like with `npm run soak -- parsers`.
import fc from 'fast-check';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { isEspmintError } from '../../src/core/errors/index.js';
import { PARSERS } from './parsers/parsers.js';

const INPUTS = Number(process.env['ESPMINT_SOAK_INPUTS'] ?? 200);
const SEED = Number(process.env['ESPMINT_SOAK_SEED'] ?? Date.now() % 100_000);
/** A reader that needs longer for its inputs has had fewer; the figures say how many. */
const SECONDS = Number(process.env['ESPMINT_SOAK_SECONDS'] ?? Infinity);
/** Where a long campaign leaves its figures. */
const REPORT = process.env['ESPMINT_SOAK_REPORT'];

const PIECES = [
  ...['"', "'", ',', '\n', '\r', '\0', '{{', '}}', '{', '[', ':', '-', '&a', '*a', '='],
  ...['\ufeff', '\u2028', '😀', '1e999', '-1', '__proto__'],
].map((text) => new TextEncoder().encode(text));

/** Whole numbers from 0 up to below `end`, the same for the same seed (mulberry32). */
function dice(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  };
}

function randomBytes(roll: (end: number) => number, mostBytes: number): Uint8Array {
  return Uint8Array.from({ length: roll(mostBytes + 1) }, () => roll(256));
}

/** With one change: bytes overwritten, put in, taken out, or repeated, or the rest cut off. */
function edited(now: Uint8Array, roll: (end: number) => number): Uint8Array {
  const from = roll(now.length + 1);
  const bytes = roll(2) === 0 ? randomBytes(roll, 8) : (PIECES[roll(PIECES.length)] ?? new Uint8Array());
  const [head, tail] = [now.subarray(0, from), now.subarray(from)];
  const kind = roll(5);
  if (kind === 0) return Buffer.concat([head, bytes, tail.subarray(bytes.length)]);
  if (kind === 1) return Buffer.concat([head, bytes, tail]);
  if (kind === 2) return Buffer.concat([head, tail.subarray(bytes.length)]);
  if (kind === 3) return Buffer.concat([head, tail.subarray(0, 64), tail]);
  return head;
}

/** Two thirds are the example with up to six changes, one sixth each random bytes and random text. */
function inputFrom(example: Uint8Array, seed: number): Uint8Array {
  const roll = dice(seed);
  const kind = roll(6);
  if (kind === 4) return randomBytes(roll, 200);
  if (kind === 5)
    return new TextEncoder().encode(
      String.fromCodePoint(...Array.from({ length: roll(81) }, () => roll(0x11_0000))),
    );
  let bytes = example;
  for (let edits = roll(7); edits > 0; edits -= 1) bytes = edited(bytes, roll);
  return bytes;
}

describe('refuses only with an error of espmint', () => {
  it.each(Object.entries(PARSERS))(
    '%s',
    async (name, { example, read }) => {
      const bytesOfExample = typeof example === 'string' ? new TextEncoder().encode(example) : example;
      const decoder = new TextDecoder();
      // Else nothing behind the first check would be tried.
      await read(bytesOfExample, decoder.decode(bytesOfExample));
      let [taken, refused] = [0, 0];
      // Seeds rather than inputs are drawn by fast-check: an input is then made in some microseconds, and not in a tenth of a
      // millisecond, which is most of what a million inputs would cost.
      await fc.assert(
        fc.asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
          const bytes = inputFrom(bytesOfExample, seed);
          try {
            await read(bytes, decoder.decode(bytes));
            taken += 1;
          } catch (error) {
            if (!isEspmintError(error) || error.code === 'INTERNAL')
              throw new Error(`fails with ${Buffer.from(bytes).toString('base64')} (base64)`, {
                cause: error,
              });
            refused += 1;
          }
        }),
        {
          numRuns: INPUTS,
          seed: SEED,
          ...(Number.isFinite(SECONDS) ? { interruptAfterTimeLimit: SECONDS * 1000 } : {}),
        },
      );
      if (REPORT === undefined) return;
      const before = existsSync(REPORT) ? (JSON.parse(readFileSync(REPORT, 'utf8')) as object) : {};
      writeFileSync(REPORT, `${JSON.stringify({ ...before, [name]: { taken, refused } }, null, 2)}\n`);
    },
    60_000 + Math.min(INPUTS * 10, SECONDS * 2000),
  );
});
