// Pushes: the registry's own answers, where there is a registry that has them.
import { EspmintError } from '../../core/errors/index.js';
import type { ServiceCore } from '../core.js';
import type { Asker } from '../../registry/index.js';
import type { Call, Handlers } from '../http/operations.js';
import type { PushDesk } from '../parts.js';

type PushHandlers = Pick<
  Handlers,
  'listPushTargets' | 'pushStatus' | 'listDeadPushes' | 'retryDeadPushes' | 'discardDeadPushes'
>;

export function pushHandlers({ parts, registryWatch }: ServiceCore): PushHandlers {
  const desk = async (): Promise<PushDesk> => {
    if (parts.pushes === undefined) throw new EspmintError('PUSH_WITHOUT_DATABASE', {});
    return parts.pushes();
  };
  /** Pages hear at once that fewer of them are dead. */
  const told = async (count: number): Promise<{ count: number }> => {
    await registryWatch.look();
    return { count };
  };
  return {
    listPushTargets: async () => ({ targets: await (await desk()).targets() }),
    pushStatus: async () => ({ targets: await (await desk()).status() }),
    listDeadPushes: async ({ query }) => ({ dead: await (await desk()).dead(query.limit) }),
    retryDeadPushes: async ({ body }, call) =>
      told(await (await desk()).retry(body.ids ?? 'all', askerOf(call, body.reason))),
    discardDeadPushes: async ({ body }, call) =>
      told(await (await desk()).discard(body.ids ?? 'all', askerOf(call, body.reason))),
  };
}

/** For the audit trail. */
function askerOf({ identity, address }: Call, reason: string | undefined): Asker {
  return { actor: identity?.name, address, reason };
}
