// One table of codes: every code that can be printed is a row of it, and every row can be printed.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONFLICT_CODES } from '../conflict.js';
import { CSV_WARNINGS, NVS_FINDINGS } from '../nvs/index.js';
import { CATALOG, WARNINGS, warningOf, type WarningCode } from './index.js';

const src = new URL('../../', import.meta.url);
const isTable = (path: string): boolean =>
  /^core\/errors\/catalog|^core\/nvs\/(warnings|findings)\.ts|^web\/i18n/.test(path);
const SOURCES = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !/\.test\.ts$/.test(path) && !isTable(path))
  .map((path) => ({ path, text: readFileSync(new URL(path, src), 'utf8') }));

const matchesOf = (pattern: RegExp): string[] =>
  SOURCES.flatMap(({ text }) =>
    [...text.matchAll(pattern)].flatMap(([, ...groups]) => groups.filter(Boolean)),
  );

describe('the table of codes', () => {
  it('has every code that the program prints', () => {
    const printed = [
      // `code: 'X'` in what is shown, and `[X]` behind a sentence.
      ...matchesOf(/\bcode: '([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g),
      ...matchesOf(/ \[([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\](?:\\n|['`])/g),
    ];
    const known: readonly string[] = [...Object.keys(CATALOG), ...Object.keys(WARNINGS)];
    expect(printed.filter((code) => !known.includes(code))).toEqual([]);
  });

  it('has no error that nothing throws', () => {
    const thrown = new Set<string>([
      ...matchesOf(/new EspmintError(?:<[^>]*>)?\(\s*'([A-Z0-9_]+)'/g),
      // One of two.
      ...matchesOf(/new EspmintError\([^,]*\? '([A-Z0-9_]+)' : '([A-Z0-9_]+)'/g),
      // The lines of a file: see core/device-table/faults.ts.
      ...matchesOf(/private readonly code: '([A-Z0-9_]+)' \| '([A-Z0-9_]+)'/g),
      // The finding is the code: see registry/conflicts.
      ...CONFLICT_CODES,
    ]);
    expect(Object.keys(CATALOG).filter((code) => !thrown.has(code))).toEqual([]);
  });

  it('has no warning and no finding that nothing tells', () => {
    const told = new Set(matchesOf(/warningOf\('([A-Z0-9_]+)'/g));
    expect(Object.keys(WARNINGS).filter((code) => !told.has(code))).toEqual([]);
    const nvs = SOURCES.filter(({ path }) => path.startsWith('core/nvs/'))
      .map(({ text }) => text)
      .join('\n');
    const codes = [...Object.keys(CSV_WARNINGS), ...Object.keys(NVS_FINDINGS)];
    // A key of the table of oddities has no quotes unless it needs them.
    expect(codes.filter((code) => !new RegExp(`'${code}'|\\b${code}: `).test(nvs))).toEqual([]);
  });

  it('gives errors and warnings different codes', () => {
    expect(Object.keys(WARNINGS).filter((code) => Object.hasOwn(CATALOG, code))).toEqual([]);
  });

  it('is whole in the reference', () => {
    const page = readFileSync(new URL('../docs/reference/errors.md', src), 'utf8');
    const codes = [CATALOG, WARNINGS, CSV_WARNINGS, NVS_FINDINGS].flatMap((table) => Object.keys(table));
    expect(codes.filter((code) => !page.includes(`| \`${code}\` |`))).toEqual([]);
  });
});

describe('a warning', () => {
  it.each(Object.keys(WARNINGS) as WarningCode[])('%s is one sentence that ends with what to do', (code) => {
    const details = new Proxy({}, { get: (_, name) => (name === 'lost' ? ['zc:x'] : 1) });
    const { message } = warningOf(code, details as never);
    expect(message).toMatch(/^\S.*; [a-z][^;]*\.$/);
  });
});
