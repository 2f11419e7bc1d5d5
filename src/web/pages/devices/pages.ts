// Pages of the device list by key: a new search starts over, "more" adds behind, and what is there is kept up to date.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Device } from '../../../service/contract/index.js';
import { ApiFailure, call } from '../../api/client.js';
import { useRenewal } from '../../ui/live.js';
import { isAlike } from '../../ui/load.js';
import { queryOf, type Filters } from './filters.js';

const PAGE = 100;
/** As many as the service gives at once. */
const PAGE_MAX = 1000;

interface Pages {
  readonly devices?: readonly Device[];
  readonly next?: string | undefined;
  readonly failure?: ApiFailure;
  readonly loading: boolean;
}

export interface DevicePages extends Pages {
  readonly more: () => void;
  readonly reload: () => void;
}

export function useDevicePages(filters: Filters): DevicePages {
  const [pages, setPages] = useState<Pages>({ loading: true });
  const [round, setRound] = useState(0);
  const request = useRef<AbortController | undefined>(undefined);
  const key = JSON.stringify(filters);

  const load = useCallback(
    async (after?: string): Promise<void> => {
      request.current?.abort();
      const abort = new AbortController();
      request.current = abort;
      setPages((before) => ({ ...before, loading: true }));
      try {
        const { devices, next } = await call('listDevices', {
          query: { ...queryOf(filters), limit: PAGE, after },
          signal: abort.signal,
        });
        setPages((before) => ({
          devices: after === undefined ? devices : [...(before.devices ?? []), ...devices],
          next,
          loading: false,
        }));
      } catch (error) {
        if (abort.signal.aborted || !(error instanceof ApiFailure)) return;
        setPages((before) => ({ ...before, failure: error, loading: false }));
      }
    },
    [key],
  );

  useEffect(() => {
    void load();
    return () => request.current?.abort();
  }, [load, round]);
  useRenewal('devices', () => {
    if (!pages.loading) void renew(pages, filters, request).then(setPages);
  });

  const more = useCallback(() => {
    if (!pages.loading && pages.next !== undefined) void load(pages.next);
  }, [pages, load]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  return { ...pages, more, reload };
}

/** What is there, as it is now: all rows that were loaded stay, so that nothing moves under who has scrolled far down. */
async function renew(
  pages: Pages,
  filters: Filters,
  request: { current: AbortController | undefined },
): Promise<(now: Pages) => Pages> {
  const { devices: before = [] } = pages;
  const abort = new AbortController();
  request.current = abort;
  const limit = Math.min(PAGE_MAX, Math.max(PAGE, before.length));
  try {
    const { devices, next } = await call('listDevices', {
      query: { ...queryOf(filters), limit },
      signal: abort.signal,
    });
    const fresh = behind(devices, next, pages);
    return (now) => {
      const isSame =
        now.failure === undefined && isAlike(now.devices, fresh.devices) && now.next === fresh.next;
      return now !== pages || isSame ? now : { ...fresh, loading: false };
    };
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.code === 'OFFLINE') return (now) => now;
    return (now) => (now === pages ? { ...now, failure: error } : now);
  }
}

/** The fresh rows, and behind them those that were loaded further down than the service gives at once. */
function behind(
  fresh: readonly Device[],
  next: string | undefined,
  { devices: before = [], next: nextBefore }: Pages,
): Pick<Pages, 'devices' | 'next'> {
  const last = before.findIndex(({ id }) => id === fresh.at(-1)?.id);
  if (next === undefined || last === -1 || before.length <= PAGE_MAX) return { devices: fresh, next };
  return { devices: [...fresh, ...before.slice(last + 1)], next: nextBefore };
}
