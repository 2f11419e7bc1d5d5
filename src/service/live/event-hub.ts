// Live events: numbered, kept for a while so that a reader who comes back gets what it missed, and handed to all readers.
import { randomBytes } from 'node:crypto';
import { liveEventSchema, type LiveEvent } from '../contract/index.js';

/** An event as it leaves: already filtered by its schema. */
export interface SentEvent {
  /** Absent: the event is not worth repeating, and does not count as seen. */
  readonly id: string | undefined;
  readonly json: string;
}

export interface Listener {
  event(event: SentEvent): void;
  /** Somebody lost a right: the listener looks whether it was its own. */
  check(): void;
  /** There will be no more. */
  end(): void;
}

/** A board has about 30 events: this is the last minute of 32 boards at once. Who was away for longer reads all anew. */
const KEPT_EVENTS = 1024;

export class EventHub {
  /** Begins every id, so that ids of an earlier process differ from ours. */
  readonly instance = randomBytes(4).toString('hex');
  readonly #kept: SentEvent[] = [];
  readonly #listeners = new Set<Listener>();
  #count = 0;

  get readers(): number {
    return this.#listeners.size;
  }

  /** The id of the newest event. */
  get lastId(): string {
    return `${this.instance}-${this.#count}`;
  }

  /** Sends an event to all readers. What its schema does not name stays behind. */
  publish(event: LiveEvent): void {
    const json = JSON.stringify(liveEventSchema.parse(event));
    // Progress is out of date as soon as the next one comes: repeating it would only push out what matters.
    const id = event.type === 'progress' ? undefined : `${this.instance}-${++this.#count}`;
    const sent = { id, json };
    if (id !== undefined) {
      this.#kept.push(sent);
      if (this.#kept.length > KEPT_EVENTS) this.#kept.shift();
    }
    for (const listener of this.#listeners) listener.event(sent);
  }

  /**
   * The events after that id, oldest first.
   *
   * @returns undefined when some of them are gone, or the id is of another process
   */
  since(lastSeenId: string): readonly SentEvent[] | undefined {
    const [instance, digits = ''] = lastSeenId.split('-');
    if (instance !== this.instance || !/^\d{1,15}$/.test(digits)) return undefined;
    const missed = this.#count - Number(digits);
    if (missed < 0 || missed > this.#kept.length) return undefined;
    return missed === 0 ? [] : this.#kept.slice(-missed);
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Lets each reader look at once whether it may still listen. */
  checkReaders(): void {
    for (const listener of [...this.#listeners]) listener.check();
  }

  /** Sends all readers away. */
  endAll(): void {
    for (const listener of [...this.#listeners]) listener.end();
  }
}
