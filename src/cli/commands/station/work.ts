// What a station does with the database: its batch, its figures, and a sign of life.
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { EspmintError, toEspmintError } from '../../../core/errors/index.js';
import type { Profile } from '../../../core/profile/schema.js';
import {
  BatchDoor,
  RunLog,
  type Admit,
  type EndedRun,
  type Station,
  type StationEvent,
} from '../../../provision/index.js';
import type { Batch, Production } from '../../../registry/index.js';
import type { RegistryChoice } from '../../compose.js';
import { composeProduction } from '../../compose-production.js';
import type { CliIo, GlobalOptions } from '../../io.js';
import type { StationReporter } from '../../output/station-reporter.js';

const HEARTBEAT_MS = 10_000;

/** Everything that ends with the station, in the order of opening. */
export type Closer = () => Promise<void> | void;

export interface Work {
  readonly batch: Batch | undefined;
  readonly admit: Admit | undefined;
  readonly log: RunLog;
  ended(run: EndedRun): void;
  paused(event: Extract<StationEvent, { mode: 'paused' }>): void;
  /** Tells the database of this station until it ends; resolves then. */
  beat(
    shown: { station: Station; reporter: StationReporter; untilFull: boolean },
    ending: AbortController,
  ): Promise<void>;
}

/** The batch and the figures; a station without a database has neither. */
export async function openWork(
  io: CliIo,
  options: RegistryChoice & GlobalOptions & { readonly batch?: string },
  { name, profile }: { name: string; profile: Profile },
  closers: Closer[],
): Promise<Work | undefined> {
  if (options.registry === 'none') {
    if (options.batch === undefined) return undefined;
    const hint = 'leave --registry none out';
    throw new EspmintError('INPUT_INVALID', { field: '--batch', reason: 'needs a database', hint });
  }
  const production = await composeProduction(io, options);
  closers.push(() => production.close());
  const batch = options.batch === undefined ? undefined : await production.batches.get(options.batch);
  return makeWork(production, batch, { name, profile });
}

function makeWork(
  { batches, runs }: Production,
  batch: Batch | undefined,
  { name, profile }: { name: string; profile: Profile },
): Work {
  const door =
    batch === undefined ? undefined : new BatchDoor({ batches, batch: batch.name, station: name, profile });
  const log = new RunLog({ runs, station: name, batch: batch?.name });
  return {
    batch,
    admit: door?.admit,
    log,
    ended: (run) => log.add(run),
    paused: ({ reason }) => {
      if (batch === undefined || reason.by !== 'rule') return;
      const why = `${reason.count} times ${reason.code} in a row on ${name}`;
      // An outage is no reason to stop here: the station itself is paused already.
      batches.setState(batch.name, 'paused', why, name).catch(() => undefined);
    },
    beat: async ({ station, reporter, untilFull }, ending) => {
      while (!ending.signal.aborted) {
        try {
          const { slots, runningCount: running } = station;
          const claims = door?.liveClaims ?? [];
          const beat = {
            station: name,
            host: hostname(),
            mode: station.mode.mode,
            slots: slots.size,
            running,
            claims,
          };
          await batches.heartbeat({ ...beat, batch: batch?.name });
          await log.flush();
          if (batch !== undefined) {
            const now = await batches.get(batch.name);
            reporter.batch(now);
            const { mode } = station;
            const waitsForBatch = mode.mode === 'paused' && mode.reason.by === 'batch';
            if (waitsForBatch && now.state === 'open' && now.counts.open > 0) station.resume();
            if (untilFull && now.counts.passed >= now.quantity) ending.abort();
          }
        } catch (error) {
          reporter.note(toEspmintError(error).message);
        }
        const pauseMs = untilFull ? Math.min(HEARTBEAT_MS, 1000) : HEARTBEAT_MS;
        await sleep(pauseMs, undefined, { signal: ending.signal }).catch(() => undefined);
      }
    },
  };
}
