// The station page: the tiles own the screen, one thin bar stands above them.
import type { JSX } from 'preact';
import type { RefObject } from 'preact';
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PortState } from '../../../service/contract/index.js';
import { hasRole, knowsWhat } from '../../store/session.js';
import { getState, useStore } from '../../store/store.js';
import { Skeleton } from '../../ui/parts.js';
import { LabelDialog } from '../devices/label-dialog.js';
import { act, start, stopOrSee } from './actions.js';
import { FirstVisit } from './first-visit.js';
import { JobDialog } from './job-dialog.js';
import { useStationKeys } from './keys.js';
import { Notices } from './notices.js';
import { StationBar } from './station-bar.js';
import { Tile } from './tile.js';
import { fitTiles, tileAction, urgency, type Fit } from './tile-model.js';

export function StationPage(): JSX.Element {
  const count = useStore((state) => state.ports?.length);
  return (
    <div class="station">
      <StationBar />
      <Notices />
      {count === undefined && <Skeleton />}
      {count === 0 && <FirstVisit />}
      {count !== undefined && count > 0 && <Tiles />}
    </div>
  );
}

/** Names of the ports by slot; a new list only when a slot comes or goes, so that progress moves single tiles only. */
function usePortNames(): readonly string[] {
  const joined = useStore((state) => (state.ports ?? []).map(({ port }) => port).join('\n'));
  return useMemo(() => joined.split('\n'), [joined]);
}

function Tiles(): JSX.Element {
  const names = usePortNames();
  const order = useStore((state) => (state.ports ?? []).map(urgency).join());
  const [selected, setSelected] = useState<string>();
  // At once, not with the next redraw: Enter right behind a digit is meant for that slot.
  const current = useRef<string | undefined>(undefined);
  const select = useCallback((name: string | undefined): void => {
    current.current = name;
    setSelected(name);
  }, []);
  const [details, setDetails] = useState<string>();
  const [label, setLabel] = useState<string>();
  useTileKeys(names, () => current.current, select, setDetails);
  const area = useRef<HTMLDivElement>(null);
  const { density, columns, rows, gapPx } = useFit(area, names.length);
  const ranks = order.split(',');
  return (
    <>
      <div
        ref={area}
        class={`tiles ${density}`}
        style={{ '--columns': String(columns), '--rows': String(rows), '--gap': `${gapPx}px` }}
      >
        {names.map((name, index) => (
          <div key={name} class={`place urgency-${ranks[index] ?? '4'}`}>
            <Tile
              name={name}
              density={density}
              selected={selected === name}
              onSelect={select}
              onDetails={setDetails}
              onLabel={setLabel}
            />
          </div>
        ))}
      </div>
      {label !== undefined && <LabelDialog mac={label} onClose={() => setLabel(undefined)} />}
      {details !== undefined && <JobDialog port={details} onClose={() => setDetails(undefined)} />}
    </>
  );
}

/** Follows the size of the window, and of the notices above. */
function useFit(area: RefObject<HTMLDivElement | null>, count: number): Fit {
  const [size, setSize] = useState({ width: window.innerWidth, height: window.innerHeight - 80 });
  useLayoutEffect(() => {
    const element = area.current;
    if (element === null) return undefined;
    const measure = (): void => {
      const { clientWidth: width, clientHeight: height } = element;
      setSize((before) => (before.width === width && before.height === height ? before : { width, height }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return useMemo(() => fitTiles(count, size.width, size.height), [count, size]);
}

function useTileKeys(
  names: readonly string[],
  selected: () => string | undefined,
  select: (name: string | undefined) => void,
  showDetails: (name: string) => void,
): void {
  const portOf = (name: string | undefined): PortState | undefined =>
    getState().ports?.find(({ port }) => port === name);
  const mayOperate = (): boolean => hasRole(getState().session, 'operator');
  useStationKeys({
    onSlot: (slot) => {
      const port = getState().ports?.find((other) => other.slot === slot);
      if (port !== undefined) select(port.port);
    },
    onEnter: () => {
      if (!mayOperate() || !knowsWhat(getState())) return;
      const port = portOf(selected());
      if (port === undefined) void start(getState().ports ?? []);
      // Enter never stops: a hand that presses twice must not end what it began.
      else if (tileAction(port) !== 'stop') void act(port);
    },
    onEscape: () => {
      const port = portOf(selected());
      if (port?.job === undefined || port.job.state === 'passed') select(undefined);
      else if (mayOperate()) void stopOrSee(port);
    },
    onMove: (by) => {
      const at = names.indexOf(selected() ?? '');
      const next = at === -1 && by < 0 ? names.length - 1 : Math.min(names.length - 1, Math.max(0, at + by));
      select(names[next]);
    },
    onDetails: () => {
      const port = portOf(selected());
      if (port?.job !== undefined) showDetails(port.port);
    },
  });
}
