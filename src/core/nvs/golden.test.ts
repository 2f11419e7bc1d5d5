// Every case of the golden corpus, as data: what the real generator made, refused and left damaged.
import { describe, expect, it } from 'vitest';
import { EspmintError } from '../errors/index.js';
import { CASES, fixture, generateFixture, goldenImage } from '../../../test/support/nvs-corpus.js';

describe('generateNvs on the golden corpus', () => {
  it.each(CASES.generate.filter((one) => one.key === undefined))('$name: $about', (one) => {
    expect(generateFixture(one).image).toEqual(goldenImage(one.image));
  });

  it('warns of every quirk that is not a file format matter', () => {
    const warned = CASES.generate
      .filter((one) => one.key === undefined && generateFixture(one).warnings.length > 0)
      .map((one) => one.name);
    expect(warned).toEqual([
      '23-csv-dialect',
      '29-namespace-reopened',
      '30-duplicate-keys',
      '31-no-namespace',
      '32-letter-case',
      '33-sloppy-base64',
      '34-header-missing',
    ]);
  });

  it.each(['29-namespace-reopened', '30-duplicate-keys', '31-no-namespace', '34-header-missing'])(
    'refuses %s when strict',
    (name) => {
      const one = CASES.generate.find((candidate) => candidate.name === name);
      expect(() => generateFixture(one!, { strict: true })).toThrow(/\.csv:\d+:\d+: .*; correct the line/);
    },
  );
});

/** Refused by the tool because of its own faults, or before any CSV is read (size, output name, keys: the CLI's tests). */
const LEGAL = new Set(['string-3968']);
const csvCases = CASES.bad.filter(
  (one) => one.args[0] === 'generate' && !/^(size-word|extension|no-csv)$/.test(one.name),
);

describe('generateNvs on bad input', () => {
  it.each(csvCases.filter((one) => !LEGAL.has(one.name)))('refuses $name: $about', (one) => {
    const error = thrownBy(() => generateFixture(one));
    expect(error).toBeInstanceOf(EspmintError);
    expect(error.message.split('\n')).toHaveLength(1);
    if (!one.name.startsWith('size-')) expect(error.message).toMatch(/\.csv:\d+:\d+: /);
  });

  it('writes a string of 3968 bytes, which is legal and crashes the tool', () => {
    const one = CASES.bad.find((candidate) => candidate.name === 'string-3968');
    expect(generateFixture(one!).image).toHaveLength(0x5000);
  });

  it('names the line and column of the cell that is wrong', () => {
    const csv = fixture('bad/u8-too-big.csv');
    const lines = new TextDecoder().decode(csv).split('\n');
    const line = lines.findIndex((text) => text.includes('256')) + 1;
    const error = thrownBy(() => generateFixture(CASES.bad.find(({ name }) => name === 'u8-too-big')!));
    expect(error.message).toBe(
      `u8-too-big.csv:${line}:${(lines[line - 1] ?? '').indexOf('256') + 1}: the value of "k" is outside the range of u8; give a number from 0 to 255.`,
    );
  });
});

function thrownBy(run: () => unknown): EspmintError {
  try {
    run();
  } catch (error) {
    return error as EspmintError;
  }
  throw new Error('nothing was thrown');
}
