// Records of many processes in one folder: each on the disk before it counts, taken over once, and never removed unread.
import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import fsPromises, { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Log } from './log.js';
import { thisProcess } from './owner.js';
import { listSetAside } from './set-aside.js';
import { abandonAll } from './testing/abandon.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'espmint-log-'))));
const logs: Log<string>[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const log of logs.splice(0)) await log.close(() => false);
  rmSync(root, { recursive: true, force: true });
});

const all = (records: readonly string[]): readonly string[] => records;
const folders = (): string[] => readdirSync(root).filter((name) => /^\d/.test(name));
const newLog = (): Log<string> => {
  const log = new Log<string>(root);
  logs.push(log);
  return log;
};
const recordsOf = async (): Promise<readonly string[]> => (await newLog().read()).records;
const files = (): string[] => folders().map((name) => join(root, name, '1.log'));

async function written(...records: string[]): Promise<Log<string>> {
  const log = newLog();
  await log.append(...records);
  return log;
}

/** As if the owner of every folder ran where we cannot look, and was heard of so long ago. */
function moveOwnersAway(silentMs: number): void {
  for (const name of folders()) {
    const file = join(root, name, 'owner.json');
    writeFileSync(file, JSON.stringify({ ...thisProcess(), pidNamespace: 'pid:[1]', pid: 1 }));
    const at = new Date(Date.now() - silentMs);
    utimesSync(file, at, at);
  }
}

describe('a log', () => {
  it('is taken over once, whoever tries at the same time', async () => {
    await written('a', 'b');
    abandonAll(root);
    const adopted = await Promise.all([1, 2, 3, 4].map(() => newLog().adopt(all)));
    expect(adopted.flat()).toEqual(['a', 'b']);
    expect(await recordsOf()).toEqual(['a', 'b']);
  });

  it('stays where it is while its process lives, and where nobody wants it', async () => {
    await written('a');
    expect(await newLog().adopt(all)).toEqual([]);
    abandonAll(root);
    expect(await newLog().adopt(all, (records) => records.includes('b'))).toEqual([]);
    expect(await newLog().adopt(all, (records) => records.includes('a'))).toEqual(['a']);
  });

  it('is one still when a crash has left both what was moved and its copy', async () => {
    await written('old');
    const [moved = ''] = abandonAll(root);
    const spare = mkdtempSync(join(tmpdir(), 'espmint-spare-'));
    cpSync(moved, join(spare, 'copy'), { recursive: true });
    const crashed = newLog();
    await crashed.adopt(all);
    await crashed.append('new');
    const [own = ''] = abandonAll(root);
    cpSync(join(spare, 'copy'), join(own, moved.slice(root.length + 1)), { recursive: true });
    rmSync(spare, { recursive: true });
    expect(await newLog().adopt(all)).toEqual(['old', 'old', 'new']);
    expect(await newLog().adopt(all)).toEqual([]);
  });

  it('vanishes when it is closed with nothing in it that matters', async () => {
    await (await written('a')).close(() => true);
    expect(folders()).toEqual([]);
    await (await written('b')).close(() => false);
    expect(folders()).toHaveLength(1);
  });
});

describe('a log of a process that runs for long', () => {
  const newest = { stillMatters: (records: readonly string[]) => records.slice(-3), mostRecords: 10 };
  const begin = async (): Promise<Log<string>> => {
    const log = new Log<string>(root, newest);
    logs.push(log);
    for (let n = 1; n <= 10; n++) await log.append(`record ${n}`);
    return log;
  };
  const filesIn = (): string[] => folders().flatMap((name) => readdirSync(join(root, name)));

  it('is written anew with what still matters, and goes on', async () => {
    const log = await begin();
    expect(await recordsOf()).toHaveLength(10);
    await log.append('record 11');
    expect(await recordsOf()).toEqual(['record 9', 'record 10', 'record 11']);
    expect(filesIn().sort()).toEqual(['2.log', 'owner.json']);
    await Promise.all(Array.from({ length: 100 }, (_, n) => log.append(`record ${n + 12}`)));
    expect((await recordsOf()).at(-1)).toBe('record 111');
    expect((await recordsOf()).length).toBeLessThanOrEqual(13 + 100);
    await log.append('last');
    expect((await recordsOf()).length).toBeLessThanOrEqual(13);
    await log.close(() => false);
    abandonAll(root);
    expect((await newLog().adopt(all)).slice(-2)).toEqual(['record 111', 'last']);
  });

  it('stays as it is where the disk has no room for it, and loses nothing', async () => {
    const log = await begin();
    const probe = await open(join(root, 'probe'), 'w');
    const prototype = Object.getPrototypeOf(probe) as typeof probe;
    await probe.close();
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    // The record itself, the name of the new file, then what is in it.
    const sync = vi
      .spyOn(prototype, 'sync')
      .mockResolvedValueOnce(undefined)
      .mockResolvedValueOnce(undefined);
    sync.mockRejectedValueOnce(full);
    await log.append('record 11');
    expect(sync).toHaveBeenCalledTimes(3);
    expect(await recordsOf()).toHaveLength(11);
    expect(filesIn().sort()).toEqual(['1.log', 'owner.json']);
    await log.append('record 12');
    expect((await recordsOf()).at(-1)).toBe('record 12');
  });
});

describe('an owner of a log', () => {
  it('in another container keeps it while its heartbeat goes on, and no longer', async () => {
    await written('a');
    moveOwnersAway(10_000);
    expect(await newLog().adopt(all)).toEqual([]);
    moveOwnersAway(60_000);
    expect(await newLog().adopt(all)).toEqual(['a']);
  });

  it('is gone when its process id was given to another process', async () => {
    await written('a');
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
    try {
      const file = join(root, folders()[0] ?? '', 'owner.json');
      writeFileSync(file, JSON.stringify({ ...thisProcess(), pid: child.pid, startedTicks: '1' }));
      expect(await newLog().adopt(all)).toEqual(process.platform === 'linux' ? ['a'] : []);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('that slept while another process took its log over loses nothing that it writes then', async () => {
    const sleeper = await written('before');
    moveOwnersAway(60_000);
    const other = newLog();
    await other.adopt(all);
    await sleeper.append('after');
    expect(sleeper.timesTakenOver).toBe(1);
    expect([...(await recordsOf())].sort()).toEqual(['after', 'before']);
  });

  it.each(['between two calls', 'while it reads'])(
    'that is taken over while it takes another with damage over, %s, goes on, and nothing is lost',
    async (when) => {
      const own = await written('own');
      const [ownName = ''] = folders();
      await (await written('a', 'b', 'c')).close(() => false);
      const otherName = folders().find((name) => name !== ownName) ?? '';
      const path = join(root, otherName, '1.log');
      const bytes = readFileSync(path);
      bytes.fill(0x20, bytes.indexOf('"b"'), bytes.indexOf('"b"') + 3);
      writeFileSync(path, bytes);
      abandonAll(root);
      const third = join(root, '9999999999999-00000000');
      mkdirSync(third);
      // Of a living process in another container.
      writeFileSync(join(third, 'owner.json'), JSON.stringify({ ...thisProcess(), pidNamespace: 'pid:[1]' }));
      const takeOver = (): void => renameSync(join(root, ownName), join(third, ownName));
      const { rename } = fsPromises;
      if (when === 'between two calls') {
        fsPromises.rename = async (from, to) => {
          await rename(from, to);
          if (String(to).includes(join(ownName, otherName))) takeOver();
        };
        syncBuiltinESMExports();
      }
      try {
        await own.adopt((records) => {
          if (when === 'while it reads' && records.includes('a')) takeOver();
          return records;
        });
      } finally {
        fsPromises.rename = rename;
        syncBuiltinESMExports();
      }
      await own.append('later');
      expect(new Set(await recordsOf())).toEqual(new Set(['own', 'a', 'c', 'later']));
      expect([...(await listSetAside(root)), ...(await newLog().read()).faults]).not.toEqual([]);
    },
  );

  it('that was taken over before it wrote anything writes elsewhere', async () => {
    const sleeper = newLog();
    await written('old');
    moveOwnersAway(60_000);
    await sleeper.adopt(() => []);
    moveOwnersAway(60_000);
    await newLog().adopt(all);
    await sleeper.append('first');
    expect(await recordsOf()).toEqual(['first']);
  });

  it('keeps what it wrote while another one was taking its log over', async () => {
    for (let round = 0; round < 30; round++) {
      const sleeper = await written(`${round} before`);
      moveOwnersAway(60_000);
      const texts = Array.from({ length: 5 }, (_, at) => `${round} during ${at}`);
      await Promise.all([
        newLog().adopt(all),
        (async () => {
          for (const text of texts) await sleeper.append(text);
        })(),
      ]);
      const found = new Set(await recordsOf());
      for (const text of [`${round} before`, ...texts]) expect(found).toContain(text);
    }
  });
});

describe('damage in a log', () => {
  it('costs nothing where one bit is flipped, and the log is taken over as ever', async () => {
    await written('a', 'b', 'c');
    const [path = ''] = files();
    const bytes = readFileSync(path);
    bytes[20] = (bytes[20] ?? 0) ^ 4;
    writeFileSync(path, bytes);
    abandonAll(root);
    expect(await newLog().adopt(all)).toEqual(['a', 'b', 'c']);
    expect(await listSetAside(root)).toEqual([]);
  });

  it('costs the record that it hits; the file is set aside as it was found', async () => {
    await written('first', 'second', 'third');
    const [path = ''] = files();
    const bytes = readFileSync(path);
    const at = bytes.indexOf('second');
    bytes.fill(0x20, at - 1, at + 5);
    writeFileSync(path, bytes);
    expect((await newLog().read()).faults).toMatchObject([{ kind: 'damaged', path }]);
    abandonAll(root);
    expect(await newLog().adopt(all)).toEqual(['first', 'third']);
    const [kept] = await listSetAside(root);
    expect(readFileSync(kept?.path ?? '')).toEqual(bytes);
  });

  it('does not let a log be removed that its own process closes', async () => {
    const log = await written('first', 'second');
    const [path = ''] = files();
    const bytes = readFileSync(path);
    bytes.fill(0x20, 12, 18);
    writeFileSync(path, bytes);
    await log.close(() => true);
    expect(readFileSync(path)).toEqual(bytes);
  });

  it.skipIf(process.platform === 'win32')(
    'that nobody may read leaves it where it is, and is told',
    async () => {
      await written('a');
      const [folder = ''] = abandonAll(root);
      // The superuser may read everything: a folder where a file is wanted cannot be read by anybody.
      const path = join(folder, '1.log');
      renameSync(path, `${path}.spare`);
      mkdirSync(path);
      expect(await newLog().adopt(all)).toEqual([]);
      expect((await newLog().read()).faults).toMatchObject([{ kind: 'unreadable', path }]);
      expect(folders()).toHaveLength(1);
    },
  );
});

describe('a disk that refuses', () => {
  it.each([['appendFile'], ['sync'], ['truncate']] as const)(
    'at %s makes the append fail, and the next one lands in a file that can be read',
    async (call) => {
      const log = await written('a');
      const probe = await open(join(root, 'probe'), 'w');
      const prototype = Object.getPrototypeOf(probe) as typeof probe;
      await probe.close();
      const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
      if (call === 'truncate') vi.spyOn(prototype, 'truncate').mockRejectedValueOnce(full);
      if (call === 'appendFile')
        vi.spyOn(prototype, 'appendFile').mockImplementationOnce(async function (this: typeof probe, data) {
          // Half of it reaches the disk.
          await this.write((data as Uint8Array).subarray(0, 9));
          throw full;
        });
      else vi.spyOn(prototype, 'sync').mockRejectedValueOnce(full);
      await expect(log.append('lost')).rejects.toMatchObject({ code: 'DISK_FULL' });
      await log.append('b');
      const found = await recordsOf();
      expect(found.filter((record) => record !== 'lost')).toEqual(['a', 'b']);
      await log.close(() => false);
      abandonAll(root);
      expect((await newLog().adopt(all)).filter((record) => record !== 'lost')).toEqual(['a', 'b']);
    },
  );

  it('when a log is begun leaves nothing that stands in its way later', async () => {
    rmSync(root, { recursive: true });
    writeFileSync(root, 'a file where the folder should be');
    const log = newLog();
    await expect(log.append('a')).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
    rmSync(root);
    await log.append('b');
    expect(await recordsOf()).toEqual(['b']);
  });
});
