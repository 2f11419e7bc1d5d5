// Records of processes that are gone: taken over as a whole, by one process, also after a crash while taking them over.
import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OwnedFolder } from './owned-folder.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'espmint-owned-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const all = (): boolean => true;
const everything = (records: readonly string[]): readonly string[] => records;

async function written(...records: string[]): Promise<OwnedFolder<string>> {
  const folder = new OwnedFolder<string>(root);
  await folder.append(...records);
  return folder;
}

/** As if the processes that made them were gone. */
function orphanAll(): string[] {
  return readdirSync(root).map((name) => {
    const orphan = join(root, name.replace(/-\d+-/, '-999999999-'));
    renameSync(join(root, name), orphan);
    return orphan;
  });
}

describe('folders of records, each owned by one process', () => {
  it('are taken over once, whoever tries at the same time', async () => {
    await written('a', 'b');
    orphanAll();
    const folders = [1, 2, 3, 4].map(() => new OwnedFolder<string>(root));
    const adopted = await Promise.all(folders.map((folder) => folder.adopt(all, everything)));
    expect(adopted.flat()).toEqual(['a', 'b']);
  });

  it('stay where they are while their process lives, and where nobody wants them', async () => {
    await written('a');
    const folder = new OwnedFolder<string>(root);
    expect(await folder.adopt(all, everything)).toEqual([]);
    orphanAll();
    expect(await folder.adopt((records) => records.includes('b'), everything)).toEqual([]);
    expect(await folder.adopt((records) => records.includes('a'), everything)).toEqual(['a']);
  });

  it('are one still when a crash has left both what was moved and its copy', async () => {
    await written('old');
    const [moved = ''] = orphanAll();
    const spare = mkdtempSync(join(tmpdir(), 'espmint-spare-'));
    cpSync(moved, join(spare, 'copy'), { recursive: true });
    const crashed = new OwnedFolder<string>(root);
    await crashed.adopt(all, everything);
    await crashed.append('new');
    const [own = ''] = orphanAll();
    cpSync(join(spare, 'copy'), join(own, moved.slice(root.length + 1)), { recursive: true });
    rmSync(spare, { recursive: true });
    const next = new OwnedFolder<string>(root);
    expect(await next.adopt(all, everything)).toEqual(['old', 'old', 'new']);
    expect(await new OwnedFolder<string>(root).adopt(all, everything)).toEqual([]);
  });

  it('vanish when they are closed with nothing in them that matters', async () => {
    const folder = await written('a');
    await folder.close(() => true);
    expect(readdirSync(root)).toEqual([]);
    await (await written('b')).close(() => false);
    expect(readdirSync(root)).toHaveLength(1);
  });
});
