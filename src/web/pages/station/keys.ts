// The keyboard of the station page: digits select a slot, Enter starts, Esc stops.
import { useEffect, useRef } from 'preact/hooks';

const DIGITS_MS = 700;

export interface StationKeys {
  readonly onSlot: (slot: number) => void;
  readonly onEnter: () => void;
  readonly onEscape: () => void;
  readonly onMove: (by: number) => void;
  readonly onDetails: () => void;
}

/** True while keys belong to something else: a field, a dialog, a button that has the focus. */
export function keyIsTaken(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  if (document.querySelector('dialog[open]') !== null) return true;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest('input, textarea, select') !== null && target !== null) return true;
  return event.key === 'Enter' && target !== null && target.closest('button, a, summary') !== null;
}

export function useStationKeys(keys: StationKeys): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    let typed = '';
    let typedAt = 0;
    const onKey = (event: KeyboardEvent): void => {
      if (keyIsTaken(event)) return;
      if (/^\d$/.test(event.key)) {
        // Two digits typed quickly are one slot: 1 then 2 is 12.
        typed = event.timeStamp - typedAt < DIGITS_MS ? typed + event.key : event.key;
        typedAt = event.timeStamp;
        current.current.onSlot(Number(typed));
      } else if (event.key === 'Enter') current.current.onEnter();
      else if (event.key === 'Escape') current.current.onEscape();
      else if (event.key === 'ArrowRight') current.current.onMove(1);
      else if (event.key === 'ArrowLeft') current.current.onMove(-1);
      else if (event.key === 'd') current.current.onDetails();
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}
