// Files for other programs: private while they are needed, and gone after a kill.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeLeftFolders, withWorkFolder } from './work-folder.js';

let dataDir = '';
beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'espmint-work-'))));
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

describe('a work folder', () => {
  it('is private, and gone afterwards whatever happens', async () => {
    let seen = '';
    const failing = withWorkFolder(dataDir, (folder) => {
      seen = folder;
      writeFileSync(join(folder, 'values.csv'), 'secret');
      expect(statSync(folder).mode & 0o077).toBe(0);
      return Promise.reject(new Error('broken'));
    });
    await expect(failing).rejects.toThrow('broken');
    expect(existsSync(seen)).toBe(false);
  });

  it('that a killed process left is removed at the next start, one in use is not', async () => {
    const script = `
      import { withWorkFolder } from ${JSON.stringify(new URL('../../dist/registry/work-folder.js', import.meta.url).href)};
      import { writeFileSync } from 'node:fs';
      await withWorkFolder(process.argv[1], async (folder) => {
        writeFileSync(folder + '/values.csv', 'secret');
        process.kill(process.pid, 'SIGKILL');
        await new Promise(() => {});
      });`;
    spawnSync(process.execPath, ['--input-type=module', '-e', script, dataDir]);
    expect(readdirSync(join(dataDir, 'work'))).toHaveLength(1);
    await withWorkFolder(dataDir, async (folder) => {
      await removeLeftFolders(dataDir);
      expect(readdirSync(join(dataDir, 'work'))).toEqual([folder.split('/').at(-1)]);
    });
  });

  it('is not made behind a link, nor where others could enter', async () => {
    mkdirSync(join(dataDir, 'elsewhere'));
    symlinkSync(join(dataDir, 'elsewhere'), join(dataDir, 'work'));
    const use = (): Promise<void> => Promise.resolve();
    await expect(withWorkFolder(dataDir, use)).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
    rmSync(join(dataDir, 'work'));
    mkdirSync(join(dataDir, 'work'), { mode: 0o755 });
    await withWorkFolder(dataDir, use);
    expect(statSync(join(dataDir, 'work')).mode & 0o077).toBe(0);
  });
});
