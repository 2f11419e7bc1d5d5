// Where the page is: a path and filters behind the `#`, so that any server can serve it below any path.
import { useEffect, useRef, useState } from 'preact/hooks';

export interface Place {
  /** Parts of the path: `['devices', 'a4:cf:12:34:56:78']`; empty on the start page. */
  readonly path: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

/** Reads what stands behind the `#`. */
export function parsePlace(hash: string): Place {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  return {
    path: path.split('/').filter(Boolean).map(decode),
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

/** The link to a place; empty filters are left out. */
export function link(
  path: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined && value !== '') search.set(key, value);
  const text = search.toString();
  return `#/${path.map((part) => encodeURIComponent(part)).join('/')}${text === '' ? '' : `?${text}`}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** @param replace in place of where the page is now: nothing is left, so nothing is asked */
export function go(to: string, { replace = false } = {}): void {
  if (replace) mayLeave = () => true;
  if (!replace) {
    window.location.hash = to;
    return;
  }
  window.history.replaceState(null, '', to);
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

/** Asked before the page goes elsewhere; false: it stays. */
let mayLeave: () => boolean = () => true;

/** While `dirty`, going to another place or closing the page asks first. */
export function useLeaveQuestion(dirty: boolean, question: string): void {
  useEffect(() => {
    if (!dirty) return undefined;
    const onUnload = (event: BeforeUnloadEvent): void => event.preventDefault();
    mayLeave = () => window.confirm(question);
    window.addEventListener('beforeunload', onUnload);
    return () => {
      mayLeave = () => true;
      window.removeEventListener('beforeunload', onUnload);
    };
  }, [dirty, question]);
}

export function usePlace(): Place {
  const [hash, setHash] = useState(window.location.hash);
  const shown = useRef(hash);
  useEffect(() => {
    const update = (): void => {
      const { hash: wanted } = window.location;
      if (wanted === shown.current) return;
      if (!mayLeave()) {
        window.history.replaceState(null, '', shown.current === '' ? '#/' : shown.current);
        return;
      }
      mayLeave = () => true;
      shown.current = wanted;
      setHash(wanted);
    };
    window.addEventListener('hashchange', update);
    return () => window.removeEventListener('hashchange', update);
  }, []);
  return parsePlace(hash);
}
