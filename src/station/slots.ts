// Slots: numbers of the places in a fixture, pinned to USB locations by teaching, or given out as ports come.

/** One place that has its number for good. */
export interface Pin {
  /** From 1. */
  readonly slot: number;
  /** USB location, or an address where there is none. */
  readonly place: string;
}

/** Gives each place its slot. A place keeps its number while the station runs, pinned or not. */
export class SlotMap {
  readonly #slots = new Map<string, number>();
  readonly #taken = new Set<number>();

  constructor(pins: readonly Pin[] = []) {
    for (const { slot, place } of pins) this.#assign(place, slot);
  }

  /** The slot of a place; one that has none gets the lowest free number. */
  slotOf(place: string): number {
    const known = this.#slots.get(place);
    if (known !== undefined) return known;
    let slot = 1;
    while (this.#taken.has(slot)) slot += 1;
    this.#assign(place, slot);
    return slot;
  }

  /** A place that is gone for good gives its number back. */
  release(place: string): void {
    const slot = this.#slots.get(place);
    if (slot === undefined) return;
    this.#slots.delete(place);
    this.#taken.delete(slot);
  }

  #assign(place: string, slot: number): void {
    this.#slots.set(place, slot);
    this.#taken.add(slot);
  }
}

/** The teaching step: boards are plugged in one after the other, from slot 1 on. */
export class Teaching {
  readonly #pins: Pin[] = [];

  get pins(): readonly Pin[] {
    return this.#pins;
  }

  /** A board was plugged in here. Returns its slot, and whether it is a new one: a place is taught once. */
  arrived(place: string): { readonly pin: Pin; readonly isNew: boolean } {
    const known = this.#pins.find((pin) => pin.place === place);
    if (known !== undefined) return { pin: known, isNew: false };
    const pin = { slot: this.#pins.length + 1, place };
    this.#pins.push(pin);
    return { pin, isNew: true };
  }
}
