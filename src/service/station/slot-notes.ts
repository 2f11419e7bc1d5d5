// What a tile says of a slot whose board does not run: what it waits for, and why nobody but a person lets it go on.
import type { StationEvent } from '../../station/index.js';
import type { SlotNote, StationPorts } from '../ports/station-ports.js';

type SlotEvent = Extract<StationEvent, { type: 'slot' }>;
type Blocked = Extract<StationEvent, { type: 'blocked' }>;

export class SlotNotes {
  readonly #ports: Pick<StationPorts, 'note'>;
  /** Slots that a stop rule holds, also while they are empty. */
  readonly #held = new Map<number, NonNullable<SlotNote['held']>>();

  constructor(ports: Pick<StationPorts, 'note'>) {
    this.#ports = ports;
  }

  changed(event: SlotEvent): void {
    if (event.state === 'running') this.#held.delete(event.slot);
    const waiting = event.state === 'waiting' ? { waiting: event.for } : {};
    this.#ports.note(event.slot, { ...waiting, ...this.#heldNote(event.slot) });
  }

  blocked({ slot, code, count }: Blocked): void {
    this.#held.set(slot, { code, count });
    this.#ports.note(slot, this.#heldNote(slot));
  }

  /** Somebody has looked at the slot, or it is gone. */
  clear(slot: number): void {
    this.#held.delete(slot);
  }

  clearAll(): void {
    this.#held.clear();
  }

  #heldNote(slot: number): Pick<SlotNote, 'held'> {
    const held = this.#held.get(slot);
    return held === undefined ? {} : { held };
  }
}
