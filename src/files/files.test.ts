// Files that are not what somebody believes: each is refused with what is wrong with it, and nothing is left half-written.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chown,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createFile,
  createOwnFile,
  makePrivateDir,
  openPrivateForAppend,
  readBytes,
  readFileNow,
  readPrivateFile,
  readSecretFile,
  readTextFile,
  readTextPieces,
  removeLeftDrafts,
  renamePatiently,
  replaceFile,
  replaceOwnFile,
  streamToFile,
} from './index.js';
import { stopReadingAt } from './read.js';

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

  it('waits for the writer of a pipe, until it is told to stop; at once it takes no pipe', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const stop = new AbortController();
    stopReadingAt(stop.signal);
    const early = readBytes(at('pipe'));
    await new Promise(setImmediate);
    stop.abort();
    for (const reading of [early, readTextFile(at('pipe'))])
      await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
    stopReadingAt(undefined);
    expect(() => readFileNow(at('pipe'))).toThrow('is a pipe');
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
    await expect(streamToFile(at('out'), failing())).rejects.toThrow('the rest does not come');
    expect(await readFile(at('out'), 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['out']);
  });

  it('goes through a link to the file behind it', async () => {
    await mkdir(at('real'));
    await writeFile(at('real/out'), 'old');
    await symlink(at('real/out'), at('link'));
    await replaceFile(at('link'), 'new', { mode: 0o600 });
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

describe('one way of writing', () => {
  it('makes the file that a link to nothing names', async () => {
    await mkdir(at('there'));
    await symlink('there/later', at('link'));
    await replaceFile(at('link'), 'new');
    expect(await readFile(at('there/later'), 'utf8')).toBe('new');
    expect((await lstat(at('link'))).isSymbolicLink()).toBe(true);
  });

  it('writes into a device, and says so when the device is full', async () => {
    await replaceFile('/dev/null', 'away');
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
    if (process.platform === 'linux')
      await expect(replaceFile('/dev/full', 'x')).rejects.toThrow('the disk is full');
  });

  it('names the file as the cause where the source complains that nobody reads it to its end', async () => {
    const source: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 'x' }),
        return: () => Promise.reject(new Error('aborted')),
      }),
    };
    if (process.platform === 'linux')
      await expect(streamToFile('/dev/full', source)).rejects.toThrow('the disk is full');
  });

  it('replaces a link in a folder of its own, and does not follow it', async () => {
    await writeFile(at('victim'), 'theirs');
    await symlink(at('victim'), at('state.json'));
    await replaceOwnFile(at('state.json'), 'ours');
    expect(await readFile(at('victim'), 'utf8')).toBe('theirs');
    expect(await readFile(at('state.json'), 'utf8')).toBe('ours');
    expect((await lstat(at('state.json'))).mode & 0o777).toBe(0o600);
  });

  it('makes a new file of its own once, whoever tries at the same time', async () => {
    const made = await Promise.all(['a', 'b', 'c', 'd'].map((text) => createOwnFile(at('once'), text)));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['once']);
  });

  it('tries again while another program holds the file, and not for ever', async () => {
    const held = (times: number) => {
      let calls = 0;
      const move: typeof rename = async (from, to) => {
        calls += 1;
        if (calls <= times) throw Object.assign(new Error('held'), { code: 'EBUSY' });
        await rename(from, to);
      };
      return { move, calls: () => calls };
    };
    await writeFile(at('draft'), 'new');
    const short = held(3);
    await renamePatiently(at('draft'), at('out'), short.move);
    expect(short.calls()).toBe(4);
    await expect(renamePatiently(at('out'), at('draft'), held(99).move)).rejects.toMatchObject({
      code: 'EBUSY',
    });
  });
});

describe.skipIf(process.getuid?.() !== 0)('what belongs to another user', () => {
  const OTHER = 12_345;

  it('is refused as a folder or a file of ours', async () => {
    await mkdir(at('theirs'));
    await chown(at('theirs'), OTHER, OTHER);
    await expect(makePrivateDir(at('theirs'))).rejects.toThrow(`it belongs to the user ${OTHER}`);
    await writeFile(at('key'), 'x', { mode: 0o600 });
    await chown(at('key'), OTHER, OTHER);
    await expect(readPrivateFile(at('key'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    await expect(openPrivateForAppend(at('key'))).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
  });

  it('is not made ours by a link', async () => {
    await mkdir(at('target'));
    await symlink(at('target'), at('ours'));
    await expect(makePrivateDir(at('ours'))).rejects.toThrow('it is a link');
  });
});

describe('drafts that killed processes have left', () => {
  it('are removed; those of processes that run, fresh ones of who knows whom, and files of others, stay', async () => {
    const left = join(folder, 'drafts');
    await mkdir(left);
    const { pid: dead = 0 } = spawnSync(process.execPath, ['--version']);
    const here = await pidSpaceOfDrafts();
    const draft = (pid: number, space: string): string => `.image.bin.${pid}-${space}0123456789abcdef.tmp`;
    const others = ['.image.bin', '.tmp', `.x.${dead}-0123.tmp`, `x.${dead}-${here}0123456789abcdef.tmp`];
    // In another container an id that is nobody's here may be a process, and one of ours somebody else.
    const elsewhere = '00000000';
    const fresh = draft(dead, elsewhere);
    const old = draft(process.pid, elsewhere);
    for (const name of [draft(dead, here), draft(process.pid, here), fresh, old, ...others])
      await writeFile(join(left, name), '');
    for (const name of [draft(process.pid, here), old]) await utimes(join(left, name), 0, 0);
    await removeLeftDrafts(left);
    expect((await readdir(left)).sort()).toEqual([draft(process.pid, here), fresh, ...others].sort());
  });

  it('have the names that writes give them', async () => {
    expect(await pidSpaceOfDrafts()).toMatch(/^[0-9a-f]{8}$/);
  });

  /** As it stands in the name of a draft of this process. */
  async function pidSpaceOfDrafts(): Promise<string> {
    const seen: string[] = [];
    await streamToFile(
      join(folder, 'streamed.bin'),
      (async function* () {
        seen.push(...(await readdir(folder)).filter((name) => name.startsWith('.streamed')));
        yield 'x';
      })(),
    );
    expect(seen).toHaveLength(1);
    const form = new RegExp(`^\\.streamed\\.bin\\.${process.pid}-([0-9a-f]{8})[0-9a-f]{16}\\.tmp$`);
    return form.exec(seen[0] ?? '')?.[1] ?? '';
  }
});

describe('a file that is read in pieces', () => {
  const all = async (pieces: AsyncIterable<string>): Promise<string> => {
    let text = '';
    for await (const piece of pieces) text += piece;
    return text;
  };

  it('is opened when it is read: one that is not there ends no program before', async () => {
    const pieces = readTextPieces(at('none.csv'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(all(pieces)).rejects.toThrow(/none\.csv cannot be read \(it does not exist\)/);
  });

  it('is refused with the line that is no UTF-8, and a spreadsheet with what it is', async () => {
    const lines = Array.from({ length: 30_000 }, (_, n) => `${n},ä\n`).join('');
    await writeFile(at('long.csv'), Buffer.concat([Buffer.from(`${lines}x\ny,`), Buffer.from([0xe4, 0x0a])]));
    await expect(all(readTextPieces(at('long.csv')))).rejects.toThrow(
      /not UTF-8 text in line 30002\); save it as/,
    );
    await writeFile(at('book.csv'), Buffer.from('PK\u0003\u0004x', 'latin1'));
    await expect(all(readTextPieces(at('book.csv')))).rejects.toThrow(
      /spreadsheet or an archive.*save it as CSV/,
    );
  });
});
