// The ports of the station as its tiles show them: who is plugged in, what runs there, what the last result was.
import { EspmintError } from '../../core/errors/index.js';
import { NetworkPorts, PortTracker, type PortChange, type PortInfo } from '../../driver/index.js';
import { SlotMap, type Pin } from '../../station/index.js';
import type { Job, LiveEvent, PortState, VirtualBoard } from '../contract/index.js';
import { addedPlace, serialPlace, virtualPlace, type Listed, type Place } from './places.js';

export interface PortSources {
  readonly serial: () => Promise<readonly PortInfo[]>;
  readonly added: () => Promise<readonly string[]>;
  readonly virtual: () => readonly VirtualBoard[];
  readonly publish: (event: LiveEvent) => void;
  /** A board came or went. `wasThere`: it was plugged in before the service looked for the first time. */
  readonly onChange: (change: PortChange, slot: number, wasThere: boolean) => void;
  /** The slot is gone for good. */
  readonly onForgotten: (slot: number) => void;
}

/** What the station says of a slot whose board does not run. */
export type SlotNote = Pick<PortState, 'waiting' | 'held'>;

interface Known {
  slot: number;
  shown: Place;
  /** Present while a board is plugged in for long enough. */
  board: PortInfo | undefined;
}

/** A person moves virtual boards, and a network address answers or does not: neither of them bounces. */
const PROMPT = { settleMs: 0, goneMs: 0, nativeGoneMs: 0 };

export class StationPorts {
  readonly #sources: PortSources;
  readonly #usb = new PortTracker(() => true);
  readonly #others = new PortTracker(() => true, PROMPT);
  readonly #network = new Map<string, NetworkPorts>();
  #map = new SlotMap();
  /** By place: a USB location, else an address. A serial place that is empty stays, so that tiles do not move about. */
  readonly #known = new Map<string, Known>();
  /** What the tile of a place shows, whatever name its port has by now. */
  readonly #jobs = new Map<string, Job>();
  /** The same for ports that were not seen yet: failures of before the start of the service. */
  readonly #unplaced = new Map<string, Job>();
  readonly #notes = new Map<number, SlotNote>();
  readonly #inspecting = new Map<string, Promise<unknown>>();
  /** Places that had their board when the service began to look. */
  readonly #wasThere = new Set<string>();
  #looked = false;
  #refreshing: Promise<void> = Promise.resolve();

  constructor(sources: PortSources) {
    this.#sources = sources;
  }

  /** All ports by slot. */
  list(): PortState[] {
    return [...this.#known]
      .map(([place, known]) => this.#describe(place, known))
      .sort((a, b) => a.slot - b.slot);
  }

  /** @throws PORT_UNKNOWN */
  get(port: string): PortState {
    for (const [place, known] of this.#known) {
      if (known.shown.port === port) return this.#describe(place, known);
    }
    throw new EspmintError('PORT_UNKNOWN', { port });
  }

  /** Gives places their numbers, the pinned ones first; tells of all slots anew, and of boards as being there already. */
  number(pins: readonly Pin[]): void {
    for (const { slot, shown } of this.#known.values()) {
      this.#sources.publish({ type: 'portRemoved', port: shown.port, slot });
    }
    this.#map = new SlotMap(pins);
    this.#notes.clear();
    for (const [place, known] of this.#known) known.slot = this.#map.slotOf(place);
    for (const [place, { slot, board: port }] of this.#known) {
      this.#tell(slot);
      if (port !== undefined) this.#sources.onChange({ type: 'arrived', place, port }, slot, true);
    }
  }

  /** The slot of a place as the port watcher names it. */
  slotOf(place: string): number {
    return this.#map.slotOf(place);
  }

  /** Looks at what there is now. Calls while one look is in progress wait for a look of their own after it. */
  refresh(): Promise<void> {
    const mine = this.#refreshing.then(() => this.#refresh());
    this.#refreshing = mine.catch(() => undefined);
    return mine;
  }

  /** Holds the port while something reads its board. @throws PORT_UNKNOWN, PORT_IN_USE */
  async inspecting<T>(port: string, work: () => Promise<T>): Promise<T> {
    const { slot } = this.get(port);
    if (this.#inspecting.has(port)) throw new EspmintError('PORT_IN_USE', { port });
    const reading = Promise.resolve().then(() => this.#alone(port, work));
    this.#inspecting.set(port, reading);
    this.#tell(slot);
    try {
      return await reading;
    } finally {
      this.#inspecting.delete(port);
      this.#tell(slot);
    }
  }

  /** Runs a board once nobody else reads it. */
  async running<T>(port: string, work: () => Promise<T>): Promise<T> {
    await this.#inspecting.get(port)?.catch(() => undefined);
    return this.#alone(port, work);
  }

  /** Takes in a new state of a job. */
  jobChanged(job: Job): void {
    const place = this.#placeOf(job);
    if (place === undefined) {
      if (job.seen) this.#unplaced.delete(job.port);
      else this.#unplaced.set(job.port, job);
      return;
    }
    const shown = this.#jobs.get(place);
    const mayReplace = shown === undefined || shown.id === job.id || job.startedAt >= shown.startedAt;
    if (!mayReplace) return;
    if (!job.seen) {
      this.#jobs.set(place, job);
      return;
    }
    this.#jobs.delete(place);
    const known = this.#known.get(place);
    if (known !== undefined) this.#tell(known.slot);
  }

  /** Where the board of a job is now: its port may have another name than when the job began. */
  portOf(job: Job): string {
    const place = this.#placeOf(job);
    return (place === undefined ? undefined : this.#known.get(place)?.shown.port) ?? job.port;
  }

  /** Takes in what the station says of a slot. */
  note(slot: number, note: SlotNote): void {
    if (JSON.stringify(this.#notes.get(slot) ?? {}) === JSON.stringify(note)) return;
    this.#notes.set(slot, note);
    this.#tell(slot);
  }

  /** Forgets the slot of a port that is not there. */
  forget(port: string): boolean {
    for (const [place, { shown }] of this.#known) {
      if (shown.port !== port || shown.present) continue;
      this.#drop(place);
      return true;
    }
    return false;
  }

  async #refresh(): Promise<void> {
    const [serial, added] = await Promise.all([this.#sources.serial(), this.#sources.added()]);
    // Built-in ports that no board hangs on are many on some machines; a person can add one by its name.
    const usb = serial.filter(({ usbVendorId, path }) => usbVendorId !== undefined && !added.includes(path));
    const fixed = [
      ...(await Promise.all(added.map((port) => this.#added(port)))),
      ...this.#sources.virtual().map(virtualPlace),
    ];
    this.#dropAllBut(new Set(fixed.map(({ place }) => place.port)));
    for (const { place } of fixed) this.#show(place.port, place);
    const now = performance.now();
    this.#take(this.#usb.update(usb, now), ({ port }) => serialPlace(port).place);
    const infos = fixed.flatMap(({ info }) => info ?? []);
    const places = new Map(fixed.map(({ place }) => [place.port, place]));
    this.#take(this.#others.update(infos, now), ({ port }) => places.get(port.path));
    this.#looked = true;
  }

  async #added(port: string): Promise<Listed> {
    if (!port.includes('://')) return addedPlace(port, true);
    const answering = await this.#networkOf(port).list();
    return addedPlace(port, answering.length > 0);
  }

  #take(changes: readonly PortChange[], placeOf: (change: PortChange) => Place | undefined): void {
    for (const change of changes) {
      const { place, type } = change;
      if (type === 'sighted' && !this.#looked) this.#wasThere.add(place);
      const here = placeOf(change);
      const known = here === undefined ? this.#known.get(place) : this.#show(place, here);
      if (known === undefined) continue;
      if (type !== 'sighted') known.board = type === 'departed' ? undefined : change.port;
      if (type === 'departed') this.#departed(place, known);
      this.#sources.onChange(change, known.slot, this.#wasThere.has(place));
    }
  }

  /** A failure stays until a person has seen it; everything else goes with its board. */
  #departed(place: string, known: Known): void {
    this.#wasThere.delete(place);
    const job = this.#jobs.get(place);
    if (job !== undefined && job.state !== 'failed' && job.state !== 'running') this.#jobs.delete(place);
    known.shown = { ...known.shown, present: false };
    this.#tell(known.slot);
  }

  #show(place: string, shown: Place): Known {
    const before = this.#known.get(place);
    const known = before ?? { slot: this.#map.slotOf(place), shown, board: undefined };
    known.shown = shown;
    this.#known.set(place, known);
    const earlier = this.#unplaced.get(shown.port);
    if (earlier !== undefined) {
      this.#unplaced.delete(shown.port);
      this.#jobs.set(place, earlier);
    }
    if (before === undefined || JSON.stringify(before.shown) !== JSON.stringify(shown))
      this.#tell(known.slot);
    return known;
  }

  /** What a person took away is gone, and its number free; a serial place waits for its adapter. */
  #dropAllBut(listed: ReadonlySet<string>): void {
    for (const [place, { shown }] of this.#known) {
      if (shown.kind !== 'serial' && !listed.has(place)) this.#drop(place);
    }
  }

  #drop(place: string): void {
    const known = this.#known.get(place);
    if (known === undefined) return;
    const { slot, shown } = known;
    this.#known.delete(place);
    this.#jobs.delete(place);
    this.#notes.delete(slot);
    this.#network.delete(shown.port);
    this.#map.release(place);
    this.#sources.onForgotten(slot);
    this.#sources.publish({ type: 'portRemoved', port: shown.port, slot });
  }

  #alone<T>(port: string, work: () => Promise<T>): Promise<T> {
    return port.includes('://') && this.#network.has(port)
      ? this.#networkOf(port).whileBusy(port, work)
      : work();
  }

  #networkOf(port: string): NetworkPorts {
    const known = this.#network.get(port) ?? new NetworkPorts([port]);
    this.#network.set(port, known);
    return known;
  }

  #tell(slot: number): void {
    for (const [place, known] of this.#known) {
      if (known.slot === slot) this.#sources.publish({ type: 'port', port: this.#describe(place, known) });
    }
  }

  #placeOf({ id, port }: Job): string | undefined {
    const [shownAt] = [...this.#jobs].find(([, shown]) => shown.id === id) ?? [];
    const [beginsAt] = [...this.#known].find(([, { shown }]) => shown.port === port) ?? [];
    return shownAt ?? beginsAt;
  }

  #describe(place: string, { slot, shown }: Known): PortState {
    const job = this.#jobs.get(place);
    return {
      ...shown,
      ...this.#notes.get(slot),
      slot,
      inspecting: this.#inspecting.has(shown.port),
      ...(job === undefined ? {} : { job }),
    };
  }
}
