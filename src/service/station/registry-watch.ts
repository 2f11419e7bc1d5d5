// Tells pages how the registry does: whether it answers, and what in it waits for a person to decide.
import type { Registry } from '../../registry/index.js';
import type { LiveEvent } from '../contract/index.js';
import { registryStatus } from './registry-status.js';

type RegistryUpdate = Extract<LiveEvent, { type: 'registry' }>;

export class RegistryWatch {
  readonly #registry: Registry;
  readonly #publish: (event: LiveEvent) => void;
  #published: RegistryUpdate | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(registry: Registry, publish: (event: LiveEvent) => void) {
    this.#registry = registry;
    this.#publish = publish;
  }

  /** A board that was refused just now counts at once. */
  heard(event: LiveEvent): void {
    if (event.type === 'job' && event.job.failure?.conflict !== undefined) void this.look();
  }

  /** Looks, and publishes what is not as it was published before; one look at a time. Never throws. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { ok, conflicts, pushes, code, params = {}, spool = [] } = await registryStatus(this.#registry);
    const before = this.#published;
    // What waits in a registry that does not answer is not known: the numbers of before stand.
    const update: RegistryUpdate = {
      type: 'registry',
      ok,
      conflicts: ok ? (conflicts ?? 0) : (before?.conflicts ?? 0),
      deadPushes: ok ? (pushes?.dead ?? 0) : (before?.deadPushes ?? 0),
      ...(code === undefined ? {} : { failure: { code, params } }),
      ...(spool.length === 0 ? {} : { spoolFaults: spool.length }),
    };
    this.#published = update;
    // Pages ask by themselves when they open: of a first look only an outage is news.
    if (before === undefined ? ok : JSON.stringify(before) === JSON.stringify(update)) return;
    this.#publish(update);
  }
}
