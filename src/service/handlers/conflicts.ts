// Boards that contradict the registry, and deciding about them.
import type { ServiceCore } from '../core.js';
import type { Handlers } from '../http/operations.js';

export function conflictHandlers({
  parts: { registry },
}: ServiceCore): Pick<Handlers, 'listConflicts' | 'resolveConflict'> {
  return {
    listConflicts: async ({ query }) => ({
      conflicts: await registry.conflicts({ all: query.all === 'true' }),
    }),
    resolveConflict: ({ params, body }, { identity }) =>
      registry.resolve(params.id, { ...body, actor: identity?.name }),
  };
}
