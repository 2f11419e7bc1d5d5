// Slots: every place where a board can be plugged in has a number that it keeps while the service runs.
import { portLabel, type PortInfo } from '../../driver/index.js';
import type { PortState, VirtualBoard } from '../contract/index.js';

/** A port without what only jobs know. */
export type Place = Omit<PortState, 'slot' | 'job' | 'inspecting'>;

export function serialPlace(info: PortInfo): Place {
  const { path, ...rest } = info;
  return { port: path, kind: 'serial', label: portLabel(info), present: true, ...rest };
}

/** An address that a person added: nobody can tell whether a board is there, so it counts as present. */
export function addedPlace(port: string): Place {
  const kind = port.includes('://') ? 'network' : 'serial';
  return { port, kind, label: port, present: true, isNativeUsb: false };
}

export function virtualPlace({ port, chip, plugged }: VirtualBoard): Place {
  const label = `Virtual ${chip}`;
  return { port, kind: 'virtual', label, present: plugged, isNativeUsb: false };
}

export interface SlotChange {
  readonly slot: number;
  /** Absent: the slot is gone. */
  readonly place?: Place;
  /** A board or an adapter was plugged in here just now. */
  readonly arrived: boolean;
  readonly departed: boolean;
}

export class Slots {
  /** By slot number. A place that is not there now stays, so that tiles do not move about. */
  readonly #places = new Map<number, Place>();

  get all(): ReadonlyMap<number, Place> {
    return this.#places;
  }

  slotOf(port: string): number | undefined {
    for (const [slot, place] of this.#places) if (place.port === port) return slot;
    return undefined;
  }

  /** Takes in what there is now, and says what is different. */
  update(places: readonly Place[]): SlotChange[] {
    const changes: SlotChange[] = [];
    const seen = new Set<number>();
    for (const place of places) {
      const slot = this.#homeOf(place, seen) ?? this.#freeSlot();
      const before = this.#places.get(slot);
      seen.add(slot);
      this.#places.set(slot, place);
      const wasPresent = before?.present === true;
      const arrived = place.present && !wasPresent;
      const departed = wasPresent && !place.present;
      if (JSON.stringify(before) !== JSON.stringify(place)) changes.push({ slot, place, arrived, departed });
    }
    for (const [slot, place] of this.#places) {
      if (!seen.has(slot)) changes.push(...this.#leave(slot, place));
    }
    return changes;
  }

  /** Forgets a place that is not there now. Returns whether it could. */
  forget(port: string): boolean {
    const slot = this.slotOf(port);
    if (slot === undefined || this.#places.get(slot)?.present === true) return false;
    return this.#places.delete(slot);
  }

  /** A serial place waits for its adapter; what a person took away is gone. */
  #leave(slot: number, place: Place): SlotChange[] {
    if (place.kind !== 'serial') {
      this.#places.delete(slot);
      return [{ slot, arrived: false, departed: true }];
    }
    if (!place.present) return [];
    const gone = { ...place, present: false };
    this.#places.set(slot, gone);
    return [{ slot, place: gone, arrived: false, departed: true }];
  }

  /**
   * The same USB location is the same place, whatever name the system gave it this time. An adapter with two ports has
   * both at one location: there the name decides.
   */
  #homeOf(place: Place, taken: ReadonlySet<number>): number | undefined {
    const free = [...this.#places].filter(([slot, known]) => !taken.has(slot) && known.kind === place.kind);
    const sameLocation = free.filter(([, known]) => known.location === place.location);
    const exact = sameLocation.find(([, known]) => known.port === place.port);
    if (exact !== undefined || place.location === undefined) return exact?.[0];
    return sameLocation[0]?.[0];
  }

  #freeSlot(): number {
    let slot = 1;
    while (this.#places.has(slot)) slot += 1;
    return slot;
  }
}
