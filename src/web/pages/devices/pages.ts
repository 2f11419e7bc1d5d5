// Pages of the device list by key: a new search starts over, "more" adds behind, and a new device renews the first page.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Device } from '../../../service/contract/index.js';
import { ApiFailure, call } from '../../api/client.js';
import { useStore } from '../../store/store.js';
import { queryOf, type Filters } from './filters.js';

const PAGE = 100;
const REVISION_DELAY_MS = 800;

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
  const revision = useStore((state) => state.devicesRevision);
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
  useRenewal(revision, load, pages.devices?.length ?? 0);

  const more = useCallback(() => {
    if (!pages.loading && pages.next !== undefined) void load(pages.next);
  }, [pages, load]);
  const reload = useCallback(() => {
    setRound((before) => before + 1);
  }, []);
  return { ...pages, more, reload };
}

/** While boards pass, the list renews itself, but never under somebody who has scrolled into further pages. */
function useRenewal(revision: number, load: () => Promise<void>, length: number): void {
  const first = useRef(revision);
  useEffect(() => {
    if (revision === first.current || length > PAGE) return undefined;
    const timer = window.setTimeout(() => void load(), REVISION_DELAY_MS);
    return () => {
      window.clearTimeout(timer);
    };
  }, [revision]);
}
