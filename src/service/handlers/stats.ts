// Figures of what was made.
import { withMoments } from '../http/moments.js';
import { figuresToCsv } from '../../core/figures/csv.js';
import type { Registry } from '../../registry/index.js';
import type { STATS_OPERATIONS } from '../contract/stats.js';
import type { ServiceCore } from '../core.js';
import type { HandlersOf } from '../http/operations.js';
import { readDay, readFigures } from '../station/figures.js';

/** More pending devices than this are counted as this many. */
const PENDING_MAX = 1000;

export function statsHandlers({ runs, settings, parts }: ServiceCore): HandlersOf<typeof STATS_OPERATIONS> {
  return {
    stats: async ({ query }) => {
      const { groups, hours } = await readFigures(runs, withMoments(query));
      return { groups: [...groups].map(([group, figures]) => ({ group, figures })), hours };
    },
    exportStats: async ({ query }, call) => {
      call.header('content-disposition', 'attachment; filename="figures.csv"');
      return figuresToCsv((await readFigures(runs, withMoments(query))).groups);
    },
    today: async ({ query }) => {
      const sinceMs = Date.parse(withMoments({ since: query.since ?? 'today' }).since);
      const { stationName: station } = await settings.get();
      const pending = await pendingDevices(parts.registry);
      const { pendingSync } = await parts.registry.status();
      return {
        since: new Date(sinceMs).toISOString(),
        ...(await readDay(runs, { station, sinceMs })),
        pendingSync,
        ...(pending === undefined ? {} : { pending }),
      };
    },
  };
}

async function pendingDevices(registry: Registry): Promise<number | undefined> {
  try {
    return (await registry.list({ status: 'pending', limit: PENDING_MAX })).devices.length;
  } catch {
    // A registry that is out of reach is shown by its own status; the day's figures do without it.
    return undefined;
  }
}
