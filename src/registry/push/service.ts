// Delivering pushes for as long as a station runs, whatever becomes of its registry.
import { setTimeout as sleep } from 'node:timers/promises';
import { toEspmintError } from '../../core/errors/index.js';
import type { Pushes } from './push.js';

/** Pushes of a process that runs on. */
export interface PushService {
  /** As openPushes, and one for all callers. @throws as openPushes, and then the next call tries again */
  get(): Promise<Pushes>;
  /** Delivers for a short while what is due, then leaves the registry. Never throws, may be called again. */
  close(): Promise<void>;
}

/** The last boards of a station that ends are delivered too, unless their target is slow. */
const GOODBYE_MS = 1_000;

export interface DeliveryParts {
  /** Connects; tried again after a failure. */
  readonly open: () => Promise<Pushes>;
  /** Between two tries to open. */
  readonly restMs: number;
  /** Called with what goes wrong. */
  readonly onNote: (text: string) => void;
}

/** Delivers from now on, also when the registry is out of reach at first. */
export function deliverInBackground({ open, restMs, onNote }: DeliveryParts): PushService {
  const ending = new AbortController();
  const { signal } = ending;
  let opened: Promise<Pushes> | undefined;
  const get = (): Promise<Pushes> => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  let failing = false;
  const deliver = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        const pushes = await get();
        if (failing) onNote('The registry answers: pushes go on.');
        failing = false;
        await pushes.deliverUntil({ signal, onNote });
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
    if (!failing)
      await pushes?.deliverDue({ signal: AbortSignal.timeout(GOODBYE_MS), onNote }).catch(() => undefined);
    await pushes?.close();
  };
  let ended: Promise<void> | undefined;
  return { get, close: () => (ended ??= end()) };
}
