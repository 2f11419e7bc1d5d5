// Partitions as devices leave them: what the generator never makes and decode, verify and merge must understand.
import { describe, expect, it } from 'vitest';
import { type DumpEntry, type DumpPage, buildDump } from '../../../test/support/nvs-dump.js';
import { decodeNvs, decryptNvs, encryptNvs, mergeNvs, verifyNvs } from './index.js';

const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);
const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\0`);
const namespace: DumpEntry = { namespaceIndex: 0, key: 'app', type: 'u8', value: 1 };
const string = (key: string, value: string, more: Partial<DumpEntry> = {}): DumpEntry => ({
  namespaceIndex: 1,
  key,
  type: 'string',
  value: text(value),
  ...more,
});
const chunk = (key: string, number: number, data: Uint8Array, more: Partial<DumpEntry> = {}): DumpEntry => ({
  namespaceIndex: 1,
  key,
  type: 'blobData',
  chunk: number,
  value: data,
  ...more,
});
const index = (
  key: string,
  lengthBytes: number,
  count: number,
  start = 0,
  more: Partial<DumpEntry> = {},
): DumpEntry => ({
  namespaceIndex: 1,
  key,
  type: 'blobIndex',
  index: { lengthBytes, count, start },
  ...more,
});
const page = (state: DumpPage['state'], sequence: number, entries: readonly DumpEntry[]): DumpPage => ({
  state,
  sequence,
  entries,
});
const valuesOf = (image: Uint8Array): unknown[] =>
  decodeNvs(image).values.map(({ key, value }) => [key, value]);
const codesOf = (image: Uint8Array): string[] => verifyNvs(image).findings.map(({ code }) => code);

describe('a dump of a device', () => {
  it('is read in the order of its sequence numbers, not of its pages', () => {
    const image = buildDump([
      page('active', 9, [string('name', 'new')]),
      undefined,
      page('full', 4, [namespace, string('name', 'old')]),
    ]);
    expect(valuesOf(image)).toEqual([['name', 'new']]);
    expect(decodeNvs(image).stale.map(({ value }) => value)).toEqual(['old']);
  });

  it('leaves out erased entries, however many', () => {
    const image = buildDump([
      page('active', 0, [
        namespace,
        string('name', 'one', { erased: true }),
        string('name', 'two', { erased: true }),
        string('name', 'three'),
      ]),
      undefined,
      undefined,
    ]);
    expect(valuesOf(image)).toEqual([['name', 'three']]);
    expect(verifyNvs(image)).toMatchObject({ ok: true, findings: [] });
  });

  it('may hold blobs of both formats, and chunks numbered from 128', () => {
    const image = buildDump([
      page('active', 0, [
        namespace,
        { namespaceIndex: 1, key: 'v1', type: 'blobV1', value: bytes(40, 1) },
        chunk('v2', 0, bytes(10, 2), { erased: true }),
        index('v2', 10, 1, 0, { erased: true }),
        chunk('v2', 128, bytes(40, 3)),
        chunk('v2', 129, bytes(5, 4)),
        index('v2', 45, 2, 128),
      ]),
      undefined,
      undefined,
    ]);
    expect(valuesOf(image)).toEqual([
      ['v1', bytes(40, 1)],
      ['v2', Uint8Array.of(...bytes(40, 3), ...bytes(5, 4))],
    ]);
    expect(verifyNvs(image).ok).toBe(true);
  });

  it('keeps the newer blob when the device lost power before it erased the older one', () => {
    const image = buildDump([
      page('active', 0, [
        namespace,
        chunk('b', 0, bytes(33, 1)),
        index('b', 33, 1),
        chunk('b', 128, bytes(7, 2)),
        index('b', 7, 1, 128),
      ]),
      undefined,
      undefined,
    ]);
    expect(valuesOf(image)).toEqual([['b', bytes(7, 2)]]);
    expect(decodeNvs(image).stale.map(({ value }) => value)).toEqual([bytes(33, 1)]);
  });

  it('finds chunks that a page move has put behind their index', () => {
    const image = buildDump([
      page('full', 1, [namespace, index('b', 4, 1)]),
      page('active', 2, [chunk('b', 0, bytes(4, 8))]),
      undefined,
    ]);
    expect(valuesOf(image)).toEqual([['b', bytes(4, 8)]]);
  });

  it('is sound in the middle of a page move', () => {
    const entries = [namespace, string('name', 'x'), chunk('b', 0, bytes(4, 1)), index('b', 4, 1)];
    const image = buildDump([page('freeing', 1, entries), page('active', 2, entries.slice(0, 3)), undefined]);
    expect(valuesOf(image)).toEqual([
      ['b', bytes(4, 1)],
      ['name', 'x'],
    ]);
    expect(verifyNvs(image).ok).toBe(true);
    expect(codesOf(image)).toEqual(expect.arrayContaining(['page-freeing', 'stale-copy']));
  });

  it('may have a blob update cut short: the pieces without index are no loss to a merge', () => {
    const image = buildDump([
      page('active', 0, [
        namespace,
        chunk('b', 0, bytes(4, 1)),
        index('b', 4, 1),
        chunk('b', 128, bytes(9, 2)),
      ]),
      undefined,
      undefined,
    ]);
    expect(codesOf(image)).toEqual(['chunk-orphan']);
    const merged = mergeNvs(image, [{ namespace: 'app', key: 'n', type: 'u8', value: 1 }]);
    expect(merged).toMatchObject({ kept: [{ namespace: 'app', key: 'b' }], lost: [] });
    expect(verifyNvs(merged.image).findings).toEqual([]);
  });

  it('comes out of encryption and decryption as it was, erased entries too', () => {
    const image = buildDump([
      page('full', 3, [namespace, string('a', 'gone', { erased: true }), string('a', 'here')]),
      undefined,
      page('active', 4, [string('b', 'x')]),
    ]);
    const key = Uint8Array.from({ length: 64 }, (_, i) => i);
    const locked = encryptNvs(image, key);
    expect(new TextDecoder('latin1').decode(locked)).not.toMatch(/gone|here/);
    expect(decryptNvs(locked, key)).toEqual(image);
  });

  it('may define one namespace index twice, which is a fault', () => {
    const other: DumpEntry = { ...namespace, key: 'other' };
    expect(codesOf(buildDump([page('active', 0, [namespace, other]), undefined, undefined]))).toContain(
      'namespace-clash',
    );
  });
});
