// The ports of the station as its tiles show them: who is plugged in, what runs there, what the last result was.
import { setTimeout as sleep } from 'node:timers/promises';
import { EspmintError } from '../../core/errors/index.js';
import { isSamePort, NetworkPorts, PortTracker, type PortChange, type PortInfo } from '../../driver/index.js';
import { SlotMap, type Pin } from '../../station/index.js';
import type { Job, LiveEvent, PortState, VirtualBoard } from '../contract/index.js';
import { addedPlace, serialPlace, virtualPlace, type Listed, type Place } from './places.js';
import { slotState } from './slot-state.js';

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

/** All that is known of one slot. */
interface Known {
  slot: number;
  shown: Place;
  /** Present while a board is plugged in for long enough. */
  board: PortInfo | undefined;
  /** What the tile shows, whatever name its port has by now. */
  job: Job | undefined;
  /** The board of that job left while it ran. */
  jobIsGone: boolean;
  note: SlotNote;
}

const LOOK_AGAIN_MS = 250;
/** Longer than any port takes to count as gone. */
const SETTLED_AFTER_MS = 5000;
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
  /** Jobs of ports that were not seen yet: failures of before the start of the service. */
  readonly #unplaced = new Map<string, Job>();
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
    return [...this.#known.values()].map((known) => this.#describe(known)).sort((a, b) => a.slot - b.slot);
  }

  /** @throws PORT_UNKNOWN */
  get(port: string): PortState {
    for (const known of this.#known.values()) {
      if (isSamePort(known.shown.port, port)) return this.#describe(known);
    }
    throw new EspmintError('PORT_UNKNOWN', { port });
  }

  /** Gives places their numbers, the pinned ones first; tells of all slots anew, and of boards as being there already. */
  number(pins: readonly Pin[]): void {
    for (const { slot, shown } of this.#known.values()) {
      this.#sources.publish({ type: 'portRemoved', port: shown.port, slot });
    }
    this.#map = new SlotMap(pins);
    for (const [place, known] of this.#known) {
      known.slot = this.#map.slotOf(place);
      known.note = {};
    }
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
    // Whatever the work opens ends with it.
    const reading = Promise.resolve().then(async () => {
      const look = async () => ({ result: await work(), close: () => Promise.resolve() });
      const { result, close } = await this.opening(port, look);
      await close();
      return result;
    });
    this.#inspecting.set(port, reading);
    this.#tell(slot);
    try {
      return await reading;
    } finally {
      this.#inspecting.delete(port);
      this.#tell(slot);
    }
  }

  /** Runs a board, which is opened with `opening`, once nobody else reads it. */
  async running<T>(port: string, work: () => Promise<T>): Promise<T> {
    await this.#inspecting.get(port)?.catch(() => undefined);
    return this.#network.get(port)?.duringRun(port, work) ?? work();
  }

  /** Opens a board; until it is closed its port is left alone. */
  opening<T extends { close(): Promise<void> }>(port: string, open: () => Promise<T>): Promise<T> {
    return this.#network.get(port)?.opening(port, open) ?? open();
  }

  /** Takes in a new state of a job; of mere progress readers hear by an event of its own. */
  jobChanged(job: Job, isProgress = false): void {
    const known = this.#knownOf(job);
    if (known === undefined) {
      if (job.seen) this.#unplaced.delete(job.port);
      else this.#unplaced.set(job.port, job);
      return;
    }
    const isSame = known.job?.id === job.id;
    if (known.job !== undefined && !isSame && job.startedAt < known.job.startedAt) return;
    if (!isSame) known.jobIsGone = false;
    known.job = job;
    if (isProgress) return;
    this.#settle(known);
    this.#tell(known.slot);
  }

  /** Where the board of a job is now: its port may have another name than when the job began. */
  portOf(job: Job): string {
    return this.#knownOf(job)?.shown.port ?? job.port;
  }

  /** Takes in what the station says of a slot. */
  note(slot: number, note: SlotNote): void {
    for (const known of this.#known.values()) {
      if (known.slot !== slot || JSON.stringify(known.note) === JSON.stringify(note)) continue;
      known.note = note;
      this.#tell(slot);
    }
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

  /** After the end of a link: looks at once, and again until its port is there or counts as gone. */
  async settled(port: string): Promise<void> {
    const deadlineMs = performance.now() + SETTLED_AFTER_MS;
    await this.refresh();
    while (this.#usb.isMissing(port) && performance.now() < deadlineMs) {
      await sleep(LOOK_AGAIN_MS);
      await this.refresh();
    }
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
    if (!port.includes('://')) return addedPlace(port, { path: port, isNativeUsb: false });
    const network = this.#network.get(port) ?? new NetworkPorts([port]);
    this.#network.set(port, network);
    const [answering] = await network.list();
    return addedPlace(port, answering);
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

  #departed(place: string, known: Known): void {
    this.#wasThere.delete(place);
    known.jobIsGone = true;
    this.#settle(known);
    known.shown = { ...known.shown, present: false };
    this.#tell(known.slot);
  }

  /** A failure stays until a person has seen it; every other result goes with its board, and none outlives it. */
  #settle(known: Known): void {
    const { job, jobIsGone } = known;
    if (job === undefined || job.state === 'running') return;
    if (job.seen || (jobIsGone && job.state !== 'failed')) known.job = undefined;
  }

  #show(place: string, shown: Place): Known {
    const before = this.#known.get(place);
    const isOther = before === undefined || JSON.stringify(before.shown) !== JSON.stringify(shown);
    const empty = { board: undefined, job: undefined, jobIsGone: false, note: {} };
    const known: Known = before ?? { slot: this.#map.slotOf(place), shown, ...empty };
    known.shown = shown;
    this.#known.set(place, known);
    known.job ??= this.#unplaced.get(shown.port);
    this.#unplaced.delete(shown.port);
    if (isOther) this.#tell(known.slot);
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
    this.#network.delete(shown.port);
    this.#map.release(place);
    this.#sources.onForgotten(slot);
    this.#sources.publish({ type: 'portRemoved', port: shown.port, slot });
  }

  #tell(slot: number): void {
    for (const known of this.#known.values()) {
      if (known.slot === slot) this.#sources.publish({ type: 'port', port: this.#describe(known) });
    }
  }

  /** Where the job is shown, or begins. */
  #knownOf({ id, port }: Job): Known | undefined {
    const all = [...this.#known.values()];
    return all.find(({ job }) => job?.id === id) ?? all.find(({ shown }) => isSamePort(shown.port, port));
  }

  #describe({ slot, shown, job, note }: Known): PortState {
    const facts = {
      ...shown,
      ...note,
      slot,
      inspecting: this.#inspecting.has(shown.port),
      ...(job && { job }),
    };
    return { ...facts, state: slotState(facts) };
  }
}
