// Settings of the station, and what it has done today.
import { hostname } from 'node:os';
import type { Registry } from '../../registry/index.js';
import type { Today } from '../contract/index.js';
import type { ServiceCore } from '../core.js';
import type { Handlers } from '../http/operations.js';

type StationHandlers = Pick<Handlers, 'getSettings' | 'putSettings' | 'today' | 'listStations'>;

/** More pending devices than this are told as this many. */
const PENDING_MAX = 1000;

export function stationHandlers(core: ServiceCore): StationHandlers {
  const { settings, ledger, jobs, ports, options, startedAt, parts } = core;
  return {
    getSettings: () => settings.get(),
    putSettings: ({ body }) => settings.put(body),
    today: async ({ query }) => {
      const sinceMs = query.since === undefined ? midnightMs() : Date.parse(query.since);
      const pending = await pendingDevices(parts.registry);
      const { pendingSync } = await parts.registry.status();
      const batch = await batchFigures(core);
      return {
        since: new Date(sinceMs).toISOString(),
        ...ledger.figures(sinceMs, Date.now()),
        pendingSync,
        ...(pending === undefined ? {} : { pending }),
        ...(batch === undefined ? {} : { batch }),
      };
    },
    listStations: async () => {
      const { stationName } = await settings.get();
      const { passed, failed } = ledger.figures(midnightMs(), Date.now());
      const station = {
        name: stationName,
        host: hostname(),
        version: options.version,
        startedAt,
        ports: ports.list().filter(({ present }) => present).length,
        running: jobs.runningCount,
        passedToday: passed,
        failedToday: failed,
      };
      return { stations: [station] };
    },
  };
}

async function batchFigures({ settings, ledger }: ServiceCore): Promise<Today['batch']> {
  const { batch } = await settings.get();
  const since = await settings.batchSince();
  if (batch === undefined || since === undefined) return undefined;
  return { ...batch, ...ledger.batch(Date.parse(since)) };
}

async function pendingDevices(registry: Registry): Promise<number | undefined> {
  try {
    return (await registry.list({ status: 'pending', limit: PENDING_MAX })).devices.length;
  } catch {
    // A registry that is out of reach is told by its own status; the day's figures do without it.
    return undefined;
  }
}

/** Of this station's own day. */
function midnightMs(): number {
  return new Date().setHours(0, 0, 0, 0);
}
