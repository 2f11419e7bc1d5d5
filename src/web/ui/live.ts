// Keeps what a component shows up to date: when live events say that it is out of date, and now and then for what others
// change without a word to this service. Quietly: what is the same stays the same object, so nothing is drawn again. A
// page that nobody sees asks nothing, and catches up when it is seen.
import { useEffect, useRef } from 'preact/hooks';
import type { ChangingPart, LiveEvent } from '../../service/contract/index.js';
import { watchEvents } from '../store/session.js';
import { getState, subscribe } from '../store/store.js';
import { useLoad, type Loaded } from './load.js';

export type Kind = ChangingPart | 'stations';

interface Pace {
  /** Looks again after so long, for what other stations change in the database; 0: never. */
  readonly everyMs?: number;
  /** However many events come, at most one look in this time. */
  readonly soonMs?: number;
}

/** For what only this service changes: its events say all. */
export const OWN: Pace = { everyMs: 0 };

/** How long another station's change may go unseen. */
const EVERY_MS = 10_000;
const SOON_MS = 1_000;
/** Events that belong together come together. */
const TOGETHER_MS = 100;

/** Whether the event says that lists of this kind are out of date. */
function concerns(event: LiveEvent, kind: Kind): boolean {
  switch (event.type) {
    case 'changed':
      return event.part === kind;
    case 'device':
      return kind === 'devices';
    case 'registry':
      return kind === 'conflicts' || kind === 'push';
    case 'station':
      return kind === 'batches';
    default:
      return false;
  }
}

/** Calls `renew` whenever things of this kind may be others than before. */
export function useRenewal(kind: Kind, renew: () => void, pace: Pace = {}): void {
  const { everyMs = EVERY_MS, soonMs = SOON_MS } = pace;
  const renewNow = useRef(renew);
  renewNow.current = renew;
  useEffect(() => {
    let lastMs = performance.now();
    let loads = getState().loadRevision;
    let isDue = false;
    let timer: number | undefined;
    const look = (): void => {
      window.clearTimeout(timer);
      timer = undefined;
      isDue = document.hidden || getState().connection === 'offline';
      if (isDue) return;
      lastMs = performance.now();
      renewNow.current();
      plan();
    };
    const plan = (): void => {
      if (everyMs > 0) timer = window.setTimeout(look, everyMs);
    };
    const soon = (): void => {
      window.clearTimeout(timer);
      timer = window.setTimeout(look, Math.max(TOGETHER_MS, lastMs + soonMs - performance.now()));
    };
    const catchUp = (): void => {
      const { loadRevision } = getState();
      if (loadRevision !== loads) isDue = true;
      loads = loadRevision;
      if (isDue) look();
    };
    const stops = [
      watchEvents((event) => {
        if (concerns(event, kind)) soon();
      }),
      subscribe(catchUp),
    ];
    document.addEventListener('visibilitychange', catchUp);
    plan();
    return () => {
      window.clearTimeout(timer);
      document.removeEventListener('visibilitychange', catchUp);
      for (const stop of stops) stop();
    };
  }, [kind, everyMs, soonMs]);
}

/** As useLoad, and renewed as useRenewal says. */
export function useLive<T>(
  kind: Kind,
  load: (signal: AbortSignal) => Promise<T>,
  key = '',
  pace: Pace = {},
): Loaded<T> {
  const loaded = useLoad(load, key);
  useRenewal(kind, loaded.renew, pace);
  return loaded;
}
