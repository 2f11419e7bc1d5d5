// Loads something for a component: newest request wins, the one before is aborted, what was there stays until then.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiFailure, serviceNow } from '../api/client.js';

export interface Loaded<T> {
  /** Absent until it came once. */
  readonly value?: T;
  readonly failure?: ApiFailure;
  readonly loading: boolean;
  readonly reload: () => void;
  /** As reload, but without a word: the same value stays the same object, and a service that is away is no failure. */
  readonly renew: () => void;
}

/** Runs `load` when the component appears and whenever `key` changes. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, key: string): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, 'reload' | 'renew'>>({ loading: true });
  const loadNow = useRef(load);
  loadNow.current = load;
  const running = useRef<AbortController | undefined>(undefined);
  const run = useCallback((isQuiet: boolean): void => {
    // What was asked for aloud comes soon, and is as new.
    if (isQuiet && running.current !== undefined) return;
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    if (!isQuiet) setState((before) => ({ ...before, loading: true }));
    const settle = (change: (before: Omit<Loaded<T>, 'reload' | 'renew'>) => typeof before): void => {
      if (abort.signal.aborted) return;
      running.current = undefined;
      setState(change);
    };
    loadNow.current(abort.signal).then(
      (value) => {
        settle((before) => {
          const isSame = before.value !== undefined && isAlike(before.value, value);
          if (isSame && !before.loading && before.failure === undefined) return before;
          return { value: isSame ? before.value : value, loading: false };
        });
      },
      (error: unknown) => {
        const failure = error instanceof ApiFailure ? error : new ApiFailure(0, { message: String(error) });
        settle((before) =>
          isQuiet && failure.code === 'OFFLINE' ? before : { ...before, failure, loading: false },
        );
      },
    );
  }, []);
  useEffect(() => {
    run(false);
    return () => running.current?.abort();
  }, [key]);
  const reload = useCallback(() => run(false), []);
  const renew = useCallback(() => run(true), []);
  return { ...state, reload, renew };
}

/** Of answers of the service, which are JSON. */
export function isAlike(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The value once it has not changed for a while. */
export function useSettled<T>(value: T, delayMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(() => value), delayMs);
    return () => window.clearTimeout(timer);
  }, [value, delayMs]);
  return settled;
}

/** The time, renewed every `everyMs` while `running`. */
export function useNow(everyMs: number, running = true): number {
  const [now, setNow] = useState(serviceNow);
  useEffect(() => {
    if (!running) return undefined;
    const timer = window.setInterval(() => setNow(serviceNow()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs, running]);
  return running ? now : serviceNow();
}
