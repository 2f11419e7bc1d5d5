// Slots whose board is to run as soon as it may: each once, in the order in which they came.
import type { Slot } from './slot.js';

export class SlotQueue {
  readonly #slots: Slot[] = [];

  /** One that waits already goes to the end. */
  join(slot: Slot): void {
    this.leave(slot);
    this.#slots.push(slot);
  }

  /** Also what would make it join later. */
  leave(slot: Slot): void {
    clearTimeout(slot.timer);
    const index = this.#slots.indexOf(slot);
    if (index >= 0) this.#slots.splice(index, 1);
  }

  next(): Slot | undefined {
    return this.#slots.shift();
  }
}
