// The reference page says what the code does: times, faults, applications.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAULT_KINDS } from './faults/scenario.js';
import { APPLICATIONS } from './firmware/application.js';
import { REAL } from './timing.js';

const page = readFileSync(new URL('../../docs/reference/virtual-chip.md', import.meta.url), 'utf8');
const firstCells = (heading: string): string[] => {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell = '']) => cell);
};

it('lists the faults that scenarios may have', () => {
  expect(firstCells('Faults')).toEqual(FAULT_KINDS);
});

it('lists the applications', () => {
  expect(firstCells('Applications')).toEqual(Object.keys(APPLICATIONS));
});

it('gives the times of the table', () => {
  for (const [what, value] of [
    ['boot, EN to loader', `${REAL.bootMs} ms`],
    ['erase of 4 KB', `${REAL.eraseSectorMs} ms`],
    ['erase of 64 KB', `${REAL.eraseBlockMs} ms`],
    ['page program', `${REAL.programPageMs} ms`],
    ['MD5', `${REAL.md5BytesPerSecond} bytes/s`],
    ['flash into RAM', `${REAL.flashReadBytesPerSecond} bytes/s`],
    ['adapter latency', `${REAL.usbLatencyMs} ms`],
  ]) {
    expect(page).toContain(`| ${what} | ${value} |`);
  }
});
