// The settings of this station in its data directory, with what the API does not show of them.
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { LiveEvent, ProfileName, Settings } from '../contract/index.js';
import { settingsSchema } from '../contract/station.js';
import { StateFile } from '../state-file.js';

const fileSchema = z.object({
  settings: settingsSchema,
  /** When the batch was set: its count begins there. */
  batchSince: z.string().optional(),
  networkPorts: z.array(z.string()),
});
type Content = z.output<typeof fileSchema>;

export class StationSettings {
  readonly #file: StateFile<Content>;
  readonly #publish: (event: LiveEvent) => void;

  constructor(dataDir: string, publish: (event: LiveEvent) => void) {
    const settings = { stationName: hostname().slice(0, 64) || 'station', autoStart: false };
    this.#file = new StateFile<Content>(join(dataDir, 'service', 'station.json'), fileSchema, {
      settings,
      networkPorts: [],
    });
    this.#publish = publish;
  }

  async get(): Promise<Settings> {
    return (await this.#file.read()).settings;
  }

  async batchSince(): Promise<string | undefined> {
    return (await this.#file.read()).batchSince;
  }

  async put(settings: Settings): Promise<Settings> {
    const content = await this.#file.update((old) => {
      const sameBatch = old.settings.batch?.name === settings.batch?.name;
      const batchSince =
        settings.batch === undefined
          ? undefined
          : sameBatch && old.batchSince !== undefined
            ? old.batchSince
            : new Date().toISOString();
      return { ...old, settings, batchSince };
    });
    this.#publish({ type: 'settings', settings: content.settings });
    return content.settings;
  }

  /** The station goes on with this profile, unless it is set to it already. */
  async useProfile(profile: ProfileName): Promise<void> {
    const settings = await this.get();
    const { name, version } = settings.profile ?? {};
    if (name === profile.name && version === profile.version) return;
    await this.put({ ...settings, profile });
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
}
