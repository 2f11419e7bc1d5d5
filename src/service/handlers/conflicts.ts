// Boards that contradict the registry, and deciding about them.
import type { ServiceCore } from '../core.js';
import type { Handlers } from '../http/operations.js';

export function conflictHandlers({
  parts: { registry },
  registryWatch,
}: ServiceCore): Pick<Handlers, 'listConflicts' | 'resolveConflict'> {
  return {
    listConflicts: async ({ query }) => ({
      conflicts: await registry.conflicts({ all: query.all === 'true' }),
    }),
    resolveConflict: async ({ params, body }, { identity }) => {
      const decided = await registry.resolve(params.id, { ...body, actor: identity?.name });
      await registryWatch.look();
      return decided;
    },
  };
}
