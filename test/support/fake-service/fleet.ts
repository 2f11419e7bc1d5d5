// Answers of the fake service about the fleet: conflicts, pushes, units that stations hold ahead.
import type { ConflictInfo } from '../../../src/service/contract/index.js';
import { Refusal, type Handlers } from './refusal.js';
import type { FakeWorld } from './world.js';

const STATES = { keep: 'kept', replace: 'replaced', 'set-aside': 'set-aside' } as const;

export function fleet(world: FakeWorld): Handlers {
  return { ...conflicts(world), ...pushes(world), ...reservedUnits(world) };
}

function conflicts(world: FakeWorld): Handlers {
  const indexOf = (id: number): number => {
    const index = world.conflicts.findIndex((conflict) => conflict.id === id);
    if (index === -1) throw new Refusal(404, 'CONFLICT_UNKNOWN', `There is no conflict ${id}.`);
    return index;
  };
  return {
    listConflicts: ({ query: { all } }) => {
      requireRegistry(world);
      return { conflicts: world.conflicts.filter(({ state }) => all === 'true' || state === 'open') };
    },
    getConflict: ({ params: { id } }) => world.conflicts[indexOf(id)] as ConflictInfo,
    resolveConflict: ({ params: { id }, body: { decision, reason } }, { user }) => {
      const before = world.conflicts[indexOf(id)] as ConflictInfo;
      const decided = { at: new Date().toISOString(), by: user?.name ?? 'local', reason };
      const after = { ...before, state: STATES[decision], decided };
      world.conflicts[indexOf(id)] = after;
      world.tellRegistry();
      return after;
    },
  };
}

function pushes(world: FakeWorld): Handlers {
  const requirePushes = (): void => {
    requireRegistry(world);
    if (!world.hasPushes)
      throw new Refusal(409, 'DATABASE_MISSING', 'Pushes need a database; start with one.');
  };
  const indexOf = (name: string): number => {
    const index = world.pushTargets.findIndex((target) => target.name === name);
    if (index === -1) throw new Refusal(404, 'PUSH_TARGET_UNKNOWN', `There is no push target "${name}".`);
    return index;
  };
  const setPaused = (name: string, paused: boolean): { ok: true } => {
    const index = indexOf(name);
    const target = world.pushTargets[index] as FakeWorld['pushTargets'][number];
    world.pushTargets[index] = { ...target, paused };
    return { ok: true };
  };
  /** Takes them out of the dead ones. */
  const take = (ids: readonly string[] | undefined): number => {
    requirePushes();
    const left = world.deadPushes.filter(({ id }) => ids !== undefined && !ids.includes(id));
    const count = world.deadPushes.length - left.length;
    world.deadPushes.splice(0, Infinity, ...left);
    for (const [index, target] of world.pushTargets.entries()) {
      const dead = left.filter((other) => other.target === target.name).length;
      world.pushTargets[index] = { ...target, dead };
    }
    world.tellRegistry();
    return count;
  };
  return {
    listPushTargets: () => ({ targets: world.pushTargets }),
    addPushTarget: (
      { body: { name, kind, url, statement, signingSecret, events = [], sendKeys = false } },
      caller,
    ) => {
      if (world.pushTargets.some((target) => target.name === name))
        throw new Refusal(
          409,
          'PUSH_TARGET_EXISTS',
          `There is a push target "${name}" already; choose another name.`,
        );
      if (!url.includes('://'))
        throw new Refusal(
          400,
          'PUSH_ADDRESS_INVALID',
          'The address of the push target is not a URL; give one.',
        );
      if (statement?.includes(':uuid') === false)
        throw new Refusal(400, 'PUSH_STATEMENT_INVALID', 'The statement names no device; use :uuid in it.');
      const { host, pathname } = new URL(url);
      const added = {
        ...{
          name,
          kind,
          address: `${host}${pathname}`,
          statement,
          events,
          sendsKeys: sendKeys,
          paused: false,
        },
        ...{ createdAt: new Date().toISOString(), createdBy: caller.user?.name ?? 'local' },
      };
      world.pushTargets.push({ ...added, pending: 0, dead: 0 });
      world.pushSecrets.push(url, ...(signingSecret === undefined ? [] : [signingSecret]));
      const isMade = kind === 'webhook' && signingSecret === undefined;
      return { ...added, ...(isMade ? { madeSecret: `whsec_${'m'.repeat(43)}=` } : {}) };
    },
    testPushTarget: ({ params: { name } }) => {
      const trouble = world.pushTargets[indexOf(name)]?.lastError?.message;
      if (trouble !== undefined)
        throw new Refusal(502, 'PUSH_REFUSED', `${name} refused it (${trouble}); mend it.`);
      return { ok: true };
    },
    pausePushTarget: ({ params: { name } }) => setPaused(name, true),
    resumePushTarget: ({ params: { name } }) => setPaused(name, false),
    removePushTarget: ({ params: { name } }) => {
      const [removed] = world.pushTargets.splice(indexOf(name), 1);
      return { count: (removed?.pending ?? 0) + (removed?.dead ?? 0) };
    },
    pushStatus: () => {
      requirePushes();
      return { targets: world.pushTargets };
    },
    listDeadPushes: () => {
      requirePushes();
      return { dead: world.deadPushes };
    },
    retryDeadPushes: ({ body: { ids } }) => ({ count: take(ids) }),
    discardDeadPushes: ({ body: { ids } }) => ({ count: take(ids) }),
  };
}

function reservedUnits(world: FakeWorld): Handlers {
  return {
    listReservedUnits: () => ({ held: world.reservedUnits }),
    releaseUnits: ({ params: { name }, body: { station } }) => {
      const index = world.reservedUnits.findIndex((held) => held.station === station);
      const [released] = index === -1 ? [] : world.reservedUnits.splice(index, 1);
      const count = released?.units ?? 0;
      const batch = world.batches.find((other) => other.name === name);
      if (batch !== undefined) {
        const { held = 0, open } = batch.counts;
        world.putBatch({ ...batch, counts: { ...batch.counts, held: held - count, open: open + count } });
      }
      return { count };
    },
  };
}

function requireRegistry({ registryOk }: FakeWorld): void {
  if (registryOk) return;
  const message = 'The registry does not answer; check that it runs and that the network reaches it.';
  throw new Refusal(503, 'REGISTRY_UNREACHABLE', message);
}
