// The judge: every damaged image of the corpus is found out, and sound images pass.
import { describe, expect, it } from 'vitest';
import { CASES, damagedImage, goldenImage } from '../../../test/support/nvs-corpus.js';
import { encodeNvs, verifyNvs } from './index.js';

/** What must be found in each damaged image, and on which page. */
const EXPECTED: Record<string, readonly [code: string, offset: number]> = {
  'header-crc': ['page-header-crc', 0],
  'header-seq': ['page-header-crc', 0],
  'entry-crc': ['entry-crc', 0x40],
  'data-crc': ['data-crc', 0x60],
  'bitmap-hole': ['bitmap-hole', 0x60],
  'bitmap-erased': ['span-state', 0x60],
  'page-state': ['page-state', 0],
  'stray-byte': ['page-not-blank', 0x5000],
  'chunk-lost': ['chunk-missing', 0x2000 + 64],
  'index-lost': ['chunk-orphan', 0x60],
  'version-byte': ['version', 0],
  'span-too-long': ['span', 0x60],
  'namespace-undefined': ['namespace-undefined', 0x60],
  'no-free-page': ['no-empty-page', 0],
  truncated: ['size', 0],
};

/** Quirks of the generator that a device would stumble over. */
const FAULTY = new Set(['30-duplicate-keys', '31-no-namespace']);

describe('verifyNvs', () => {
  it.each(CASES.damaged)('finds: $fault', (one) => {
    const verdict = verifyNvs(damagedImage(one));
    expect(verdict.ok).toBe(false);
    const [code, offset] = EXPECTED[one.name]!;
    const found = verdict.findings.find((candidate) => candidate.code === code);
    expect(found?.severity).toBe('fault');
    if (one.name !== 'chunk-lost') expect(found?.offsetBytes).toBe(offset);
    expect(found?.consequence).not.toBe('');
  });

  it.each(CASES.generate.filter(({ key, name }) => key === undefined && !FAULTY.has(name)))(
    'passes $name',
    (one) => {
      const verdict = verifyNvs(goldenImage(one.image));
      expect(verdict.findings.filter(({ severity }) => severity === 'fault')).toEqual([]);
      expect(verdict.ok).toBe(true);
    },
  );

  it.each([...FAULTY])('finds fault with %s, which the generator makes without a word', (name) => {
    expect(verifyNvs(goldenImage(`${name}.bin.gz`)).ok).toBe(false);
  });

  it.each(CASES.generate.filter(({ key }) => key !== undefined))(
    'recognises that $name is encrypted',
    (one) => {
      const verdict = verifyNvs(goldenImage(one.image));
      expect(verdict).toMatchObject({ ok: true, encrypted: true });
    },
  );

  it("sees two pages with one sequence number, which Espressif's checker does not", () => {
    const image = encodeNvs(
      [{ namespace: 'a', key: 'b', type: 'blob', value: new Uint8Array(6000) }],
      0x5000,
    );
    image.copyWithin(0x2000, 0, 0x1000);
    expect(verifyNvs(image).findings.map(({ code }) => code)).toContain('sequence');
  });

  it('finds nothing wrong with a blank partition', () => {
    expect(verifyNvs(new Uint8Array(0x6000).fill(0xff))).toEqual({
      ok: true,
      encrypted: false,
      findings: [],
    });
  });
});
