// Where the embedded server cannot be reached, that is said at once, with the ways out, and nothing is left behind.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Presence } from './presence.js';

const { platform } = process;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'espmint-presence-'));
  Object.defineProperty(process, 'platform', { value: 'win32' });
});
afterEach(() => {
  Object.defineProperty(process, 'platform', { value: platform });
  rmSync(folder, { recursive: true, force: true });
});

it('is refused on Windows, by its code, before anything is made', async () => {
  const refused = await new Presence({ dataDir: folder }).ensure().catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'EMBEDDED_NOT_ON_WINDOWS' });
  expect(String(refused)).toContain('--database-url');
  expect(String(refused)).toContain('--registry none --keys-to');
  expect(readdirSync(folder)).toEqual([]);
});
