// The settings of this station in its data directory, with what the API does not show of them.
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { LiveEvent, ProfileName, Settings } from '../contract/index.js';
import { settingsSchema } from '../contract/station.js';
import { StateFile } from '../state-file.js';

const fileSchema = z.object({
  settings: settingsSchema,
  networkPorts: z.array(z.string()),
});
type Content = z.output<typeof fileSchema>;

/** As the version of a profile: the one that happens to be the newest. */
export const NEWEST = 0;

export class StationSettings {
  readonly #file: StateFile<Content>;
  readonly #publish: (event: LiveEvent) => void;
  readonly #listeners: ((settings: Settings) => void)[] = [];

  constructor(dataDir: string, publish: (event: LiveEvent) => void) {
    const settings = settingsSchema.parse({
      stationName: hostname().slice(0, 64) || 'station',
      autoStart: false,
    });
    this.#file = new StateFile<Content>(join(dataDir, 'service', 'station.json'), fileSchema, {
      settings,
      networkPorts: [],
    });
    this.#publish = publish;
  }

  /** Called with each change, and once at the start by whoever starts the service. */
  watch(listener: (settings: Settings) => void): void {
    this.#listeners.push(listener);
  }

  async get(): Promise<Settings> {
    return (await this.#file.read()).settings;
  }

  async put(settings: Settings): Promise<Settings> {
    return this.#change(() => settings);
  }

  /** The station goes on with this profile, unless it is set to it already. */
  async useProfile(profile: ProfileName): Promise<void> {
    const { name, version } = (await this.get()).profile ?? {};
    if (name === profile.name && version === profile.version) return;
    await this.#change((settings) => ({ ...settings, profile }));
  }

  /** Boards count for this batch from now on; undefined: for none. */
  async useBatch(batch: string | undefined): Promise<Settings> {
    return this.#change((settings) => ({ ...settings, batch }));
  }

  async networkPorts(): Promise<readonly string[]> {
    return (await this.#file.read()).networkPorts;
  }

  async addNetworkPort(port: string): Promise<void> {
    await this.#file.update((old) => ({
      ...old,
      networkPorts: [...new Set([...old.networkPorts, port])],
    }));
  }

  /** Returns whether it was there. */
  async removeNetworkPort(port: string): Promise<boolean> {
    let found = false;
    await this.#file.update((old) => {
      found = old.networkPorts.includes(port);
      return { ...old, networkPorts: old.networkPorts.filter((other) => other !== port) };
    });
    return found;
  }

  async #change(change: (settings: Settings) => Settings): Promise<Settings> {
    const { settings } = await this.#file.update((old) => ({ ...old, settings: change(old.settings) }));
    for (const listener of this.#listeners) listener(settings);
    this.#publish({ type: 'settings', settings });
    return settings;
  }
}
