// Whatever a file, a board or a peer sends: a reader takes it or refuses it with an error of espmint's own. As many inputs as
// you like with `npm run soak -- parsers`.
import fc from 'fast-check';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isEspmintError } from '../../src/core/errors/index.js';
import { PARSERS } from './parsers/parsers.js';

const INPUTS = Number(process.env['ESPMINT_SOAK_INPUTS'] ?? 200);
const SEED = Number(process.env['ESPMINT_SOAK_SEED'] ?? Date.now() % 100_000);
/** A reader that needs longer for its inputs has had fewer; the figures say how many. */
const SECONDS = Number(process.env['ESPMINT_SOAK_SECONDS'] ?? Infinity);
/** Where a long campaign leaves its figures. */
const REPORT = process.env['ESPMINT_SOAK_REPORT'];

/** One change of an example: bytes overwritten, put in, taken out, or repeated. */
const editArbitrary = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom('overwrite', 'insert', 'remove', 'repeat', 'cut'),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc
      .constantFrom(
        '"',
        "'",
        ',',
        '\n',
        '\r',
        '\0',
        '{{',
        '}}',
        '{',
        '[',
        ':',
        '-',
        '&a',
        '*a',
        '=',
        '\ufeff',
        '\u2028',
        '😀',
        '1e999',
        '-1',
        '__proto__',
      )
      .map((text) => new TextEncoder().encode(text)),
  ),
});
type Edit = typeof editArbitrary extends fc.Arbitrary<infer T> ? T : never;

function edited(example: Uint8Array, edits: readonly Edit[]): Uint8Array {
  return edits.reduce((now, { at, kind, bytes }) => {
    const from = Math.floor(at * now.length);
    const [head, tail] = [now.subarray(0, from), now.subarray(from)];
    if (kind === 'overwrite') return Buffer.concat([head, bytes, tail.subarray(bytes.length)]);
    if (kind === 'insert') return Buffer.concat([head, bytes, tail]);
    if (kind === 'remove') return Buffer.concat([head, tail.subarray(bytes.length)]);
    if (kind === 'repeat') return Buffer.concat([head, tail.subarray(0, 64), tail]);
    return head;
  }, example);
}

function inputs(example: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.array(editArbitrary, { maxLength: 6 }).map((edits) => edited(example, edits)),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    {
      weight: 1,
      arbitrary: fc.string({ unit: 'binary', maxLength: 80 }).map((text) => new TextEncoder().encode(text)),
    },
  );
}

describe('refuses only with an error of espmint', () => {
  it.each(Object.entries(PARSERS))(
    '%s',
    async (name, { example, read }) => {
      const bytesOfExample = typeof example === 'string' ? new TextEncoder().encode(example) : example;
      const decoder = new TextDecoder();
      let [taken, refused] = [0, 0];
      await fc.assert(
        fc.asyncProperty(inputs(bytesOfExample), async (bytes) => {
          try {
            await read(bytes, decoder.decode(bytes));
            taken += 1;
          } catch (error) {
            if (!isEspmintError(error) || error.code === 'INTERNAL') throw error;
            refused += 1;
          }
        }),
        {
          numRuns: INPUTS,
          seed: SEED,
          endOnFailure: INPUTS > 1000,
          ...(Number.isFinite(SECONDS) ? { interruptAfterTimeLimit: SECONDS * 1000 } : {}),
        },
      );
      // Else the example is none, and nothing behind the first check was tried.
      expect(taken).toBeGreaterThan(0);
      if (REPORT === undefined) return;
      const before = existsSync(REPORT) ? (JSON.parse(readFileSync(REPORT, 'utf8')) as object) : {};
      writeFileSync(REPORT, `${JSON.stringify({ ...before, [name]: { taken, refused } }, null, 2)}\n`);
    },
    60_000 + Math.min(INPUTS * 10, SECONDS * 2000),
  );
});
