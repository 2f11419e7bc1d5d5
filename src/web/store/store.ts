// Holds the state and tells components when their part of it changed.
import { useEffect, useRef, useState } from 'preact/hooks';
import { INITIAL, type State } from './state.js';

type Listener = () => void;

let state: State = INITIAL;
const listeners = new Set<Listener>();

export const getState = (): State => state;

export function setState(change: (state: State) => State): void {
  const next = change(state);
  if (next === state) return;
  state = next;
  for (const listener of [...listeners]) listener();
}

export function subscribe(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The selected part of the state; the component renders again only when that part is another value. */
export function useStore<T>(select: (state: State) => T): T {
  const [, render] = useState({});
  const selectNow = useRef(select);
  selectNow.current = select;
  const value = select(state);
  const shown = useRef(value);
  shown.current = value;
  useEffect(() => {
    const check = (): void => {
      if (!Object.is(selectNow.current(state), shown.current)) render({});
    };
    // What changed between this render and this effect.
    check();
    return subscribe(check);
  }, []);
  return value;
}
