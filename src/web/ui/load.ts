// Loads something for a component: newest request wins, the one before is aborted, what was there stays until then.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiFailure } from '../api/client.js';

export interface Loaded<T> {
  /** Absent until it came once. */
  readonly value?: T;
  readonly failure?: ApiFailure;
  readonly loading: boolean;
  readonly reload: () => void;
}

/** Runs `load` when the component appears and whenever `key` changes. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, key: string): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, 'reload'>>({ loading: true });
  const [round, setRound] = useState(0);
  const loadNow = useRef(load);
  loadNow.current = load;
  useEffect(() => {
    const abort = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    loadNow
      .current(abort.signal)
      .then((value) => {
        if (!abort.signal.aborted) setState({ value, loading: false });
      })
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        const failure = error instanceof ApiFailure ? error : new ApiFailure(0, { message: String(error) });
        setState((before) => ({ ...before, failure, loading: false }));
      });
    return () => {
      abort.abort();
    };
  }, [key, round]);
  const reload = useCallback(() => {
    setRound((before) => before + 1);
  }, []);
  return { ...state, reload };
}

/** The value once it has not changed for a while. */
export function useSettled<T>(value: T, delayMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => {
      setSettled(() => value);
    }, delayMs);
    return () => {
      window.clearTimeout(timer);
    };
  }, [value, delayMs]);
  return settled;
}

/** The time, renewed every `everyMs` while `running`. */
export function useNow(everyMs: number, running = true): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!running) return undefined;
    const timer = window.setInterval(() => {
      setNow(Date.now());
    }, everyMs);
    return () => {
      window.clearInterval(timer);
    };
  }, [everyMs, running]);
  return running ? now : Date.now();
}
