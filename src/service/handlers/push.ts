// Pushes: the registry's own answers, where there is a registry that has them.
import type { PUSH_OPERATIONS } from '../contract/push.js';
import { needDatabase, type ServiceCore } from '../core.js';
import { askerOf } from '../http/asker.js';
import { DONE, type Call, type HandlersOf } from '../http/operations.js';
import type { PushAdmin } from '../parts.js';

export function pushHandlers({ parts, registryWatch }: ServiceCore): HandlersOf<typeof PUSH_OPERATIONS> {
  const pushes = async (): Promise<PushAdmin> => needDatabase(parts.pushes, 'Pushes')();
  /** Pages hear at once that fewer of them are dead. */
  const answered = async (count: number): Promise<{ count: number }> => {
    await registryWatch.look();
    return { count };
  };
  const setPaused = async (name: string, paused: boolean, call: Call): Promise<typeof DONE> => {
    await (await pushes()).setPaused(name, paused, askerOf(call));
    return DONE;
  };
  return {
    listPushTargets: async (_, { identity }) => {
      const targets = await (await pushes()).targets();
      if (identity?.role === 'admin') return { targets };
      return { targets: targets.map((target) => ({ ...target, address: hostOf(target.address) })) };
    },
    // What is for the command line alone cannot come in by a field of the body.
    addPushTarget: async ({ body }, call) =>
      (await pushes()).add({ ...body, allowRegistry: false }, askerOf(call)),
    testPushTarget: async ({ params }, { signal }) => {
      await (await pushes()).test(params.name, signal);
      return DONE;
    },
    pausePushTarget: ({ params }, call) => setPaused(params.name, true, call),
    resumePushTarget: ({ params }, call) => setPaused(params.name, false, call),
    removePushTarget: async ({ params }, call) =>
      answered(await (await pushes()).remove(params.name, askerOf(call))),
    pushStatus: async () => ({ targets: await (await pushes()).status() }),
    listDeadPushes: async ({ query }) => ({ dead: await (await pushes()).dead(query.limit) }),
    retryDeadPushes: async ({ body }, call) =>
      answered(await (await pushes()).retry(body.ids ?? 'all', askerOf(call, body.reason))),
    discardDeadPushes: async ({ body }, call) =>
      answered(await (await pushes()).discard(body.ids ?? 'all', askerOf(call, body.reason))),
  };
}

/** Path, query, user and database are for admins. */
function hostOf(address: string): string {
  const [host] = /^[a-z][\w+.-]*:\/\/(?:[^/@]*@)?[^/?#]*/i.exec(address) ?? [];
  return (host ?? address).replace(/\/\/[^/@]*@/, '//');
}
