// Which of the named device paths are there: a link to a port counts, a file that is none does not.
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentIo } from '../../../../test/support/cli-io.js';
import type { PortChange } from '../../../driver/index.js';
import { stationPorts } from './ports.js';

const io = silentIo();

let folder: string;
const at = (name: string): string => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espmint-ports-'));
  await symlink('/dev/null', at('by-id'));
  await symlink(at('nowhere'), at('dead'));
  await writeFile(at('file'), '');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('named device paths', () => {
  it('that are not there are told', async () => {
    const ports = stationPorts(io, { port: [at('by-id'), at('dead'), at('file'), at('none'), '/dev/null'] });
    expect(await ports.missing()).toEqual([at('dead'), at('file'), at('none')]);
  });

  it('are watched under the name that was given, also where it is a link', async () => {
    const ports = stationPorts(io, { port: [at('by-id'), at('dead')] });
    const watching = new AbortController();
    const arrived = new Promise<PortChange>((resolve) => {
      void ports.watch((change) => {
        if (change.type === 'arrived') resolve(change);
      }, watching.signal);
    });
    expect((await arrived).port.path).toBe(at('by-id'));
    watching.abort();
  });
});
