// Notices boards coming and going: a pure state machine over lists of ports, and a thin loop that asks for the lists.
import type { PortInfo } from './ports.js';
import { sleep } from '../wait.js';

/** `place` stays the same for one USB location, whatever name the system gives the port there. */
export type PortChange =
  /** Something was plugged in; it has still to prove that it stays. */
  | { readonly type: 'sighted'; readonly place: string; readonly port: PortInfo }
  | { readonly type: 'arrived'; readonly place: string; readonly port: PortInfo }
  /** The same board under another name: a native-USB chip that enumerated again. */
  | { readonly type: 'renamed'; readonly place: string; readonly port: PortInfo }
  | { readonly type: 'departed'; readonly place: string; readonly port: PortInfo };

/** Milliseconds. */
export interface Debounce {
  /** A port counts as there after so long; a plug that bounces is not one board after another. */
  readonly settleMs: number;
  /** A port counts as gone after so long without it. */
  readonly goneMs: number;
  /** The same for the chip's own USB: a blank chip falls off the bus and comes back about once a second. */
  readonly nativeGoneMs: number;
}

const DEBOUNCE: Debounce = { settleMs: 400, goneMs: 700, nativeGoneMs: 3500 };

interface Sighting {
  port: PortInfo;
  readonly firstMs: number;
  lastMs: number;
  reported: boolean;
}

export class PortTracker {
  readonly #accepts: (port: PortInfo) => boolean;
  readonly #debounce: Debounce;
  readonly #seen = new Map<string, Sighting>();
  #present: ReadonlyMap<string, PortInfo> = new Map();

  constructor(accepts: (port: PortInfo) => boolean, debounce: Debounce = DEBOUNCE) {
    this.#accepts = accepts;
    this.#debounce = debounce;
  }

  /** Takes in what there is at `nowMs` (any monotonic clock) and says what has changed for good. */
  update(ports: readonly PortInfo[], nowMs: number): PortChange[] {
    const changes: PortChange[] = [];
    const present = byPlace(ports.filter(this.#accepts));
    this.#present = present;
    for (const [place, port] of present) changes.push(...this.#sight(place, port, nowMs));
    for (const [place, sighting] of this.#seen) {
      if (!present.has(place)) changes.push(...this.#miss(place, sighting, nowMs));
    }
    return changes;
  }

  /** Whether a port was not there at the last look and does not count as gone yet. */
  isMissing(path: string): boolean {
    return [...this.#seen].some(([place, { port }]) => port.path === path && !this.#present.has(place));
  }

  #sight(place: string, port: PortInfo, nowMs: number): PortChange[] {
    const changes: PortChange[] = [];
    let sighting = this.#seen.get(place);
    if (sighting !== undefined && !isSameBoard(sighting.port, port)) {
      changes.push({ type: 'departed', place, port: sighting.port });
      sighting = undefined;
    }
    if (sighting === undefined) {
      sighting = { port, firstMs: nowMs, lastMs: nowMs, reported: false };
      changes.push({ type: 'sighted', place, port });
    }
    if (sighting.reported && sighting.port.path !== port.path) changes.push({ type: 'renamed', place, port });
    Object.assign(sighting, { port, lastMs: nowMs });
    this.#seen.set(place, sighting);
    if (!sighting.reported && nowMs - sighting.firstMs >= this.#debounce.settleMs) {
      sighting.reported = true;
      changes.push({ type: 'arrived', place, port });
    }
    return changes;
  }

  #miss(place: string, { port, lastMs }: Sighting, nowMs: number): PortChange[] {
    const { goneMs, nativeGoneMs } = this.#debounce;
    if (nowMs - lastMs < (port.isNativeUsb ? nativeGoneMs : goneMs)) return [];
    this.#seen.delete(place);
    return [{ type: 'departed', place, port }];
  }
}

/** The USB location where there is one; an adapter with two ports has both there, so they are counted. */
function byPlace(ports: readonly PortInfo[]): Map<string, PortInfo> {
  const places = new Map<string, PortInfo>();
  for (const port of ports.toSorted((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }))) {
    const base = port.location ?? port.path;
    let place = base;
    for (let count = 2; places.has(place); count++) place = `${base}#${count}`;
    places.set(place, port);
  }
  return places;
}

/** A native-USB chip tells its MAC as serial number: another one is another board, however quick the hands were. */
function isSameBoard(before: PortInfo, now: PortInfo): boolean {
  return (
    before.serialNumber === now.serialNumber &&
    before.usbVendorId === now.usbVendorId &&
    before.usbProductId === now.usbProductId &&
    before.sighting === now.sighting
  );
}

export interface WatchOptions {
  readonly list: () => Promise<readonly PortInfo[]>;
  readonly accepts: (port: PortInfo) => boolean;
  readonly onChange: (change: PortChange) => void;
  /** Called once for a list that cannot be had, until one can be had again; nothing counts as gone meanwhile. */
  readonly onFailure: (error: unknown) => void;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  readonly intervalMs?: number;
  readonly debounce?: Debounce;
  /** For tests. */
  readonly clock?: WatchClock;
}

interface WatchClock {
  now(): number;
  /** Rejects when the signal is aborted. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
}

const INTERVAL_MS = 250;
const REAL_CLOCK: WatchClock = { now: () => performance.now(), sleep };

/** Longer than any port takes to count as gone. */
const SETTLED_AFTER_MS = 5000;

/** Looks in turns, and at once where somebody has a reason. No port is ever opened here. */
export class PortWatch {
  readonly #options: WatchOptions;
  readonly #clock: WatchClock;
  readonly #intervalMs: number;
  readonly #tracker: PortTracker;
  #failing = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#clock = options.clock ?? REAL_CLOCK;
    this.#intervalMs = options.intervalMs ?? INTERVAL_MS;
    this.#tracker = new PortTracker(options.accepts, options.debounce);
  }

  /** Resolves when the signal is aborted. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      await this.#look();
      await this.#pause();
    }
  }

  /** After the end of a link: looks at once, and again until its port is there or counts as gone. */
  async settled(path: string): Promise<void> {
    const deadlineMs = this.#clock.now() + SETTLED_AFTER_MS;
    await this.#look();
    while (this.#tracker.isMissing(path) && !this.#options.signal.aborted) {
      if (this.#clock.now() >= deadlineMs) return;
      await this.#pause();
      await this.#look();
    }
  }

  /** An aborted sleep is the end of the watch, not a failure. */
  async #pause(): Promise<void> {
    await this.#clock.sleep(this.#intervalMs, this.#options.signal).catch(() => undefined);
  }

  /** One look after another. */
  #look(): Promise<void> {
    return (this.#looking = this.#looking.then(() => this.#lookOnce()));
  }

  async #lookOnce(): Promise<void> {
    const { list, onChange, onFailure } = this.#options;
    try {
      for (const change of this.#tracker.update(await list(), this.#clock.now())) onChange(change);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) onFailure(error);
      this.#failing = true;
    }
  }
}

/** Watches until the signal is aborted, then resolves. */
export function watchPorts(options: WatchOptions): Promise<void> {
  return new PortWatch(options).run();
}
