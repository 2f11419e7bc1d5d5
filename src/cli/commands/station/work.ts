// The database of `espmint station`: which batch it fills, and its heartbeat.
import { setTimeout as sleep } from 'node:timers/promises';
import { toEspmintError, invalidInput } from '../../../core/errors/index.js';
import type { Profile } from '../../../core/profile/schema.js';
import { type Admit } from '../../../provision/index.js';
import {
  HEARTBEAT_MS,
  StationWork,
  type EndedRun,
  type Station,
  type StationEvent,
} from '../../../station/index.js';
import type { RegistryChoice } from '../../compose/compose.js';
import type { CliIo, GlobalOptions } from '../../io.js';
import { offlineUnits, type OfflineChoice } from '../../arguments/offline.js';
import type { StationReporter } from '../../output/station-reporter.js';
import { parseProfile } from '../../../core/profile/parse.js';
import { loadProfile } from '../../compose/plan.js';
import type { Batches, BatchRequest, Store } from '../../../registry/index.js';

/** Everything that ends with the station, in the order of opening. */
export type Closer = () => Promise<void> | void;

export interface Work {
  readonly batch: BatchRequest | undefined;
  readonly admit: Admit | undefined;
  ended(run: EndedRun): void;
  paused(event: Extract<StationEvent, { mode: 'paused' }>): void;
  /** Tells the database of this station until it ends; resolves then. */
  heartbeat(
    shown: { station: Station; reporter: StationReporter; untilFull: boolean },
    ending: AbortController,
  ): Promise<void>;
  flush(): Promise<void>;
  /** Tells the database that this station has ended. */
  leave(): Promise<void>;
}

/** Counts on the screen are no older than this after a board. */
const CHANGES_MS = 1000;

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** The batch and the figures; a station without a database has neither. */
export async function openWork(
  io: CliIo,
  options: RegistryChoice &
    OfflineChoice &
    GlobalOptions & { readonly batch?: string; readonly profile?: string },
  { name, store }: { name: string; store: Store | undefined },
  closers: Closer[],
): Promise<{ readonly work: Work | undefined; readonly profile: Profile }> {
  if (store === undefined) {
    if (options.batch === undefined) return { work: undefined, profile: await loadProfile(options.profile) };
    const hint = 'leave --registry none out';
    throw invalidInput('--batch', 'needs a database', hint);
  }
  const production = await store.production(offlineUnits(io, options));
  closers.push(() => production.close());
  const batch =
    options.batch === undefined
      ? undefined
      : await production.batches.order({ batch: options.batch, station: name });
  const profile = await profileOf(options, production.batches);
  const work = new StationWork(production);
  const at = { station: name, batch: batch?.name };
  let changed = new AbortController();
  const opened: Work = {
    batch,
    admit: batch === undefined ? undefined : work.enter(batch.name, profile, name),
    ended: (run) => {
      work.ended(run, at);
      changed.abort();
    },
    paused: ({ reason }) => work.paused(reason, at),
    flush: () => work.flush(),
    leave: () => work.leave(at),
    heartbeat: async ({ station, reporter, untilFull }, ending) => {
      while (!ending.signal.aborted) {
        changed = new AbortController();
        try {
          const now = await work.heartbeat(station, at);
          if (now !== undefined) {
            reporter.batch(now);
            if (untilFull && now.counts.passed >= now.quantity) ending.abort();
          }
        } catch (error) {
          const away = await work.away(at);
          if (away === undefined) reporter.note(toEspmintError(error).message);
          else reporter.away(away);
        }
        const pauseMs = untilFull ? CHANGES_MS : HEARTBEAT_MS;
        await pause(pauseMs, AbortSignal.any([ending.signal, changed.signal]));
        // Boards that end together are shown together.
        if (changed.signal.aborted) await pause(CHANGES_MS, ending.signal);
      }
    },
  };
  return { work: opened, profile };
}

/**
 * What the boards get: the file that is named, else the profile that the batch was made with, else the defaults.
 *
 * @throws INPUT_INVALID for a batch that brings none
 */
async function profileOf(
  { profile: file, batch }: { readonly profile?: string; readonly batch?: string },
  batches: Pick<Batches, 'profileText'>,
): Promise<Profile> {
  if (file !== undefined || batch === undefined) return loadProfile(file);
  const text = await batches.profileText(batch);
  if (text !== undefined) return parseProfile(text, `the profile of batch ${batch}`);
  throw invalidInput(
    '--profile',
    `is missing, and batch ${batch} was made by a version that did not keep its profile`,
    'give the file of its profile',
  );
}
