// The slots that were taught, kept in the data directory: the same for dashboard and command line.
import { join } from 'node:path';
import { z } from 'zod';
import type { Pin } from '../../station/index.js';
import { ownFolder } from '../../registry/files.js';
import { StateFile } from '../state-file.js';

const fileSchema = z.object({
  version: z.literal(1),
  pins: z.array(z.object({ slot: z.int().positive(), place: z.string() })),
});

export class SlotFile {
  readonly #file: StateFile<z.output<typeof fileSchema>>;

  constructor(dataDir: string) {
    this.#file = new StateFile(join(dataDir, 'station', 'slots.json'), fileSchema, { version: 1, pins: [] });
  }

  get path(): string {
    return this.#file.path;
  }

  /** None where nobody has taught them. @throws STATE_UNREADABLE */
  async read(): Promise<readonly Pin[]> {
    return (await this.#file.read()).pins;
  }

  /** Whole or not at all. @throws FILE_UNWRITABLE, STATE_UNREADABLE */
  async write(pins: readonly Pin[]): Promise<void> {
    await this.#file.update(() => ({ version: 1, pins: [...pins] }));
  }
}

/**
 * Makes the slots this process's own until the returned function is called: who starts boards at all ports of a computer is
 * one process, for two would start each board twice and one of them fail.
 *
 * @throws DATA_DIR_UNUSABLE where another process has them; FILE_UNWRITABLE, DISK_FULL
 */
export function ownPorts(dataDir: string): Promise<() => Promise<void>> {
  return ownFolder(dataDir, 'station', 'an `espmint serve` or `espmint station` for all ports');
}
