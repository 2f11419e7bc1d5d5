import { expect, it } from 'vitest';
import { EspmintError } from '../../core/errors/index.js';
import type { Registry } from '../../registry/index.js';
import type { LiveEvent } from '../contract/index.js';
import { registryStatus } from './registry-status.js';
import { RegistryWatch } from './registry-watch.js';

type Status = Awaited<ReturnType<Registry['status']>>;

it('tells of each change once, and keeps the numbers of a registry that is away', async () => {
  let status: Status = { reachable: true, pendingSync: 0, conflicts: 0, pushes: { pending: 9, dead: 0 } };
  const announced: LiveEvent[] = [];
  const registry = { description: 'db', status: () => Promise.resolve(status) };
  const watch = new RegistryWatch(registry as unknown as Registry, (event) => announced.push(event));
  await watch.look();
  expect(announced).toEqual([]);
  status = { ...status, conflicts: 2, pushes: { pending: 8, dead: 3 } };
  await Promise.all([watch.look(), watch.look()]);
  expect(announced).toEqual([{ type: 'registry', ok: true, conflicts: 2, deadPushes: 3 }]);
  const wanted = {
    what: 'this registry',
    reason: 'another key',
    wanted: '5f0b3c1e',
    advice: 'import',
  } as const;
  const failure = new EspmintError('SECRET_UNREADABLE', wanted);
  const spool = [new EspmintError('SPOOL_DAMAGED', { path: '/data/spool/keys/1', sizeBytes: 44 })];
  status = { reachable: false, failure, spool, pendingSync: 0, conflicts: 0 };
  await watch.look();
  expect(announced.at(-1)).toEqual({
    type: 'registry',
    ok: false,
    conflicts: 2,
    deadPushes: 3,
    failure: { code: 'SECRET_UNREADABLE', params: wanted },
    spoolFaults: 1,
  });
  expect(await registryStatus(registry as unknown as Registry)).toMatchObject({
    code: 'SECRET_UNREADABLE',
    params: { wanted: '5f0b3c1e' },
    spool: [{ code: 'SPOOL_DAMAGED', params: { path: '/data/spool/keys/1', sizeBytes: 44 } }],
  });
});
