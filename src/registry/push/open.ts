// Opens pushes: once, for a command, or for as long as a station runs, whatever becomes of its registry.
import { setTimeout as sleep } from 'node:timers/promises';
import { toEspmintError } from '../../core/errors/index.js';
import { openWithSecrets } from '../admin/with-secrets.js';
import type { RegistryOptions } from '../store/connect.js';
import { PUSH_PACE, type PushPace } from './pace.js';
import { PostgresPushes } from './postgres-pushes.js';
import type { Pushes } from './push.js';

export interface PushOptions extends RegistryOptions {
  /** For tests that cannot wait for a day. */
  readonly pace?: Partial<PushPace> | undefined;
}

/** @throws DATA_DIR_UNUSABLE, EMBEDDED_*, REGISTRY_*, MASTER_KEY_INVALID, SECRET_UNREADABLE, CANCELLED */
export async function openPushes(options: PushOptions = {}): Promise<Pushes> {
  const { env = process.env, pace } = options;
  // Also with `secrets: 'plain'`, which is about the column that other programs read, settings are sealed.
  const { database, box } = await openWithSecrets({ ...options, secrets: 'sealed' });
  return new PostgresPushes({ database, box, env, pace: { ...PUSH_PACE, ...pace } });
}

/** Pushes of a process that runs on. */
export interface PushService {
  /** As openPushes, and one for all callers. @throws as openPushes, and then the next call tries again */
  get(): Promise<Pushes>;
  /** Delivers for a short while what is due, then leaves the registry. Never throws, may be called again. */
  close(): Promise<void>;
}

/** The last boards of a station that ends are told too, unless their target is slow. */
const GOODBYE_MS = 1_000;

/** Delivers from now on, also when the registry is out of reach at first. @param onNote told what goes wrong */
export function startPushes(options: PushOptions, onNote: (text: string) => void): PushService {
  const { restMs } = { ...PUSH_PACE, ...options.pace };
  const ending = new AbortController();
  const { signal } = ending;
  let opened: Promise<Pushes> | undefined;
  const get = (): Promise<Pushes> => {
    opened ??= openPushes(options).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  const deliver = async (): Promise<void> => {
    let failing = false;
    while (!signal.aborted) {
      try {
        await (await get()).deliverUntil({ signal, onNote });
      } catch (error) {
        if (!failing) onNote(toEspmintError(error).message);
        failing = true;
        await sleep(restMs, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  const delivering = deliver();
  const end = async (): Promise<void> => {
    ending.abort();
    await delivering;
    const pushes = await opened?.catch(() => undefined);
    await pushes?.deliverDue({ signal: AbortSignal.timeout(GOODBYE_MS), onNote }).catch(() => undefined);
    await pushes?.close();
  };
  let ended: Promise<void> | undefined;
  return { get, close: () => (ended ??= end()) };
}
