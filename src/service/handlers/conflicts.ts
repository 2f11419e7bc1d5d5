// Boards that contradict the registry, and deciding about them.
import { EspmintError } from '../../core/errors/index.js';
import type { CONFLICT_OPERATIONS } from '../contract/conflicts.js';
import type { ServiceCore } from '../core.js';
import { askerOf } from '../http/asker.js';
import type { HandlersOf } from '../http/operations.js';

export function conflictHandlers({
  parts: { registry },
  registryWatch,
}: ServiceCore): HandlersOf<typeof CONFLICT_OPERATIONS> {
  return {
    listConflicts: async ({ query }) => ({
      conflicts: await registry.conflicts({ all: query.all === 'true' }),
    }),
    getConflict: async ({ params: { id } }) => {
      // Those that only this station knows of have no number yet.
      const found = (await registry.conflicts({ id })).find((conflict) => conflict.id === id);
      if (found === undefined) throw new EspmintError('CONFLICT_UNKNOWN', { id });
      return found;
    },
    resolveConflict: async ({ params, body: { decision, reason } }, call) => {
      const decided = await registry.resolve(params.id, { decision, ...askerOf(call), reason });
      await registryWatch.look();
      return decided;
    },
  };
}
