// The ports of the station as its tiles show them: who is plugged in, what runs there, what the last result was.
import { EspmintError } from '../../core/errors/index.js';
import type { PortInfo } from '../../driver/index.js';
import type { Job, LiveEvent, PortState, VirtualBoard } from '../contract/index.js';
import { addedPlace, serialPlace, Slots, virtualPlace, type Place, type SlotChange } from './slots.js';

export interface PortSources {
  readonly serial: () => Promise<readonly PortInfo[]>;
  readonly added: () => Promise<readonly string[]>;
  readonly virtual: () => readonly VirtualBoard[];
  readonly publish: (event: LiveEvent) => void;
  /** A board was plugged in at this port; not told of those that were there when the service started. */
  readonly onArrival: (port: string) => void;
}

export class StationPorts {
  readonly #sources: PortSources;
  readonly #slots = new Slots();
  /** What the tile of a port shows. */
  readonly #shown = new Map<string, Job>();
  readonly #inspecting = new Set<string>();
  #settled = false;
  #refreshing: Promise<void> | undefined;

  constructor(sources: PortSources) {
    this.#sources = sources;
  }

  /** All ports by slot. */
  list(): PortState[] {
    return [...this.#slots.all].sort(([a], [b]) => a - b).map(([slot, place]) => this.#describe(slot, place));
  }

  /** @throws PORT_UNKNOWN */
  get(port: string): PortState {
    const slot = this.#slots.slotOf(port);
    const place = slot === undefined ? undefined : this.#slots.all.get(slot);
    if (slot === undefined || place === undefined) throw new EspmintError('PORT_UNKNOWN', { port });
    return this.#describe(slot, place);
  }

  isInspecting(port: string): boolean {
    return this.#inspecting.has(port);
  }

  /** Looks at what there is now. Calls while one look is in progress wait for a look of their own after it. */
  async refresh(): Promise<void> {
    const before = this.#refreshing ?? Promise.resolve();
    const mine = before.then(() => this.#refresh());
    this.#refreshing = mine.catch(() => undefined);
    return mine;
  }

  /** Holds the port while something reads its board. @throws PORT_UNKNOWN, PORT_IN_USE */
  async inspecting<T>(port: string, work: () => Promise<T>): Promise<T> {
    this.get(port);
    if (this.#inspecting.has(port)) throw new EspmintError('PORT_IN_USE', { port });
    this.#inspecting.add(port);
    this.#tell(port);
    try {
      return await work();
    } finally {
      this.#inspecting.delete(port);
      this.#tell(port);
    }
  }

  /** Takes in a new state of a job. */
  jobChanged(job: Job): void {
    const shown = this.#shown.get(job.port);
    const mayReplace = shown === undefined || shown.id === job.id || job.startedAt >= shown.startedAt;
    if (!mayReplace) return;
    if (job.seen) {
      this.#shown.delete(job.port);
      this.#tell(job.port);
    } else {
      this.#shown.set(job.port, job);
    }
  }

  /** Forgets the slot of a port that is not there. */
  forget(port: string): boolean {
    const slot = this.#slots.slotOf(port);
    if (slot === undefined || !this.#slots.forget(port)) return false;
    this.#shown.delete(port);
    this.#sources.publish({ type: 'portRemoved', port, slot });
    return true;
  }

  async #refresh(): Promise<void> {
    const [serial, added] = await Promise.all([this.#sources.serial(), this.#sources.added()]);
    // Built-in ports that no board hangs on are many on some machines; a person can add one by its name.
    const onUsb = serial.filter(
      ({ usbVendorId, path }) => usbVendorId !== undefined && !added.includes(path),
    );
    const places = [
      ...onUsb.map(serialPlace),
      ...added.map(addedPlace),
      ...this.#sources.virtual().map(virtualPlace),
    ];
    const portsBefore = new Map([...this.#slots.all].map(([slot, { port }]) => [slot, port]));
    for (const change of this.#slots.update(places)) this.#apply(change, portsBefore.get(change.slot));
    this.#settled = true;
  }

  #apply({ slot, place, arrived, departed }: SlotChange, portBefore: string | undefined): void {
    if (departed && portBefore !== undefined) this.#clearUnplugged(portBefore);
    if (place === undefined) {
      if (portBefore === undefined) return;
      this.#shown.delete(portBefore);
      this.#sources.publish({ type: 'portRemoved', port: portBefore, slot });
      return;
    }
    this.#sources.publish({ type: 'port', port: this.#describe(slot, place) });
    if (arrived && this.#settled) this.#sources.onArrival(place.port);
  }

  /** A failure stays until a person has seen it; everything else goes with its board. */
  #clearUnplugged(port: string): void {
    const job = this.#shown.get(port);
    if (job !== undefined && job.state !== 'failed' && job.state !== 'running') this.#shown.delete(port);
  }

  #tell(port: string): void {
    const slot = this.#slots.slotOf(port);
    const place = slot === undefined ? undefined : this.#slots.all.get(slot);
    if (slot === undefined || place === undefined) return;
    this.#sources.publish({ type: 'port', port: this.#describe(slot, place) });
  }

  #describe(slot: number, place: Place): PortState {
    const job = this.#shown.get(place.port);
    return {
      ...place,
      slot,
      inspecting: this.#inspecting.has(place.port),
      ...(job === undefined ? {} : { job }),
    };
  }
}
