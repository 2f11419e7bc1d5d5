// The slots that were taught, kept in the data directory.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EspmintError } from '../../../core/errors/index.js';
import type { Pin } from '../../../provision/index.js';
import { reasonOf } from '../../files.js';

const fileSchema = z.object({
  version: z.literal(1),
  pins: z.array(z.object({ slot: z.int().positive(), place: z.string() })),
});

const fileOf = (dataDir: string): string => join(dataDir, 'station', 'slots.json');

/** None where nobody has taught them. @throws FILE_UNREADABLE */
export async function readPins(dataDir: string): Promise<readonly Pin[]> {
  const path = fileOf(dataDir);
  try {
    return fileSchema.parse(JSON.parse(await readFile(path, 'utf8'))).pins;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    const reason =
      error instanceof z.ZodError || error instanceof SyntaxError ? 'it is not ours' : reasonOf(error);
    throw new EspmintError('FILE_UNREADABLE', { path, reason }, { cause: error });
  }
}

/** Whole or not at all. @throws FILE_UNWRITABLE */
export async function writePins(dataDir: string, pins: readonly Pin[]): Promise<string> {
  const path = fileOf(dataDir);
  try {
    await mkdir(join(dataDir, 'station'), { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, `${JSON.stringify({ version: 1, pins }, null, 2)}\n`, { flush: true });
    await rename(`${path}.new`, path);
    return path;
  } catch (error) {
    throw new EspmintError('FILE_UNWRITABLE', { path, reason: reasonOf(error) }, { cause: error });
  }
}
