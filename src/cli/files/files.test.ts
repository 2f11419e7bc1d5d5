// Files that are not what somebody believes: each is refused with what is wrong with it, and nothing is left half-written.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFile, readBytes, readSecretFile, readTextFile, replaceFile, streamToFile } from './files.js';

let folder: string;
const at = (name: string): string => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espmint-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('reading', () => {
  it('takes a pipe, which has no size', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const reading = readTextFile(at('pipe'));
    await writeFile(at('pipe'), 'name: sensor\n');
    expect(await reading).toBe('name: sensor\n');
  });

  it('refuses a file that never ends, or is far too big, without filling the memory', async () => {
    const file = await open(at('sparse'), 'w');
    await file.truncate(2 ** 31);
    await file.close();
    for (const path of ['/dev/zero', at('sparse')]) {
      await expect(readBytes(path, 100_000)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    }
    await expect(readBytes(at('sparse'))).rejects.toThrow('it has more than 64 MB');
  });

  it.each([
    ['nothing', (): string => at('none'), 'it does not exist); check its name'],
    ['a folder', (): string => folder, 'it is a folder); name a file'],
    ['no name', (): string => '', 'The file "" cannot be read (no name is given); name a file'],
    ['links in a circle', (): string => at('loop'), 'its links lead round in a circle'],
    ['bytes that are no text', (): string => at('binary'), 'it is not UTF-8 text); save it as UTF-8'],
  ])('says of %s what is wrong', async (_, path, words) => {
    await symlink(at('loop'), at('loop'));
    await writeFile(at('binary'), new Uint8Array([0xff, 0xfe, 0]));
    await expect(readTextFile(path())).rejects.toThrow(words);
  });

  it('takes a secret without the newline of its editor, and no empty one', async () => {
    await writeFile(at('secret'), ' spaces stay \r\n');
    expect(await readSecretFile(at('secret'))).toBe(' spaces stay ');
    await writeFile(at('secret'), '\n');
    await expect(readSecretFile(at('secret'))).rejects.toThrow('is empty where a secret should be');
  });
});

describe('writing', () => {
  async function* failing(): AsyncGenerator<string> {
    yield 'half of it';
    await Promise.reject(new Error('the rest does not come'));
  }

  it('leaves the old file and nothing else when it fails', async () => {
    await writeFile(at('out'), 'old');
    await expect(streamToFile(at('out'), failing())).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
    expect(await readFile(at('out'), 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['out']);
  });

  it('goes through a link to the file behind it', async () => {
    await mkdir(at('real'));
    await writeFile(at('real/out'), 'old');
    await symlink(at('real/out'), at('link'));
    await replaceFile(at('link'), 'new', 0o600);
    expect(await readFile(at('real/out'), 'utf8')).toBe('new');
    expect((await stat(at('real/out'))).mode & 0o777).toBe(0o600);
  });

  it('writes into a pipe, and does not put a file in its place', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const read = readTextFile(at('pipe'));
    await replaceFile(at('pipe'), 'a label');
    expect(await read).toBe('a label');
    expect((await stat(at('pipe'))).isFIFO()).toBe(true);
  });

  it('never replaces a file that must be new', async () => {
    await createFile(at('new'), 'mine');
    await expect(createFile(at('new'), 'yours')).rejects.toThrow('it exists already); choose another name');
    expect(await readFile(at('new'), 'utf8')).toBe('mine');
  });

  it('makes no folder for a path that somebody mistyped', async () => {
    await expect(replaceFile(at('no/report.pdf'), 'text')).rejects.toThrow('its folder does not exist');
    expect(await readdir(folder)).toEqual([]);
  });

  it('says of a folder that it is one', async () => {
    await expect(replaceFile(folder, 'text')).rejects.toThrow('it is a folder');
  });
});
