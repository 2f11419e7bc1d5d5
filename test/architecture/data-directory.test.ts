// The page of the data directory names every file and folder that the code puts there, and the format as the code has it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { encodeFrame } from '../../src/registry/spool/frame.js';
import { LOGS } from '../../src/registry/spool/inspect.js';
import { ROOT } from '../support/reference-tools.js';

const page = readFileSync(join(ROOT, 'docs/reference/data-directory.md'), 'utf8');

it('names everything that stands in the data directory', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'));
  const names = sources.flatMap((text) =>
    [...text.matchAll(/join\((?:this\.#)?dataDir, '([^']+)'/g)].map(([, name = '']) => name),
  );
  expect(new Set(names).size).toBeGreaterThan(4);
  for (const name of names) expect(page, name).toMatch(new RegExp(`\`${name}[\`/]`));
  for (const log of LOGS) expect(page).toContain(`\`spool/${log}\``);
});

it('tells the marker of a frame as it is written', () => {
  const hex = [...encodeFrame(new Uint8Array()).subarray(0, 4)].map((byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  expect(page).toContain(hex.join(' ').toUpperCase());
});
