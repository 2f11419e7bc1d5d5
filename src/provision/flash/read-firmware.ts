// What the application on a board says of itself: read from the flash, where no one can mistype it.
import { APP_HEAD_BYTES, readAppDescription, type AppDescription } from '../../core/firmware/image.js';
import {
  BOOT_CHOICE_BYTES,
  bootChoicePartition,
  bootChoicePlaces,
  startedPartition,
} from '../../core/firmware/started-app.js';
import type { PartitionTable } from '../../core/partition-table.js';
import type { Board } from '../../driver/index.js';
import { blankMd5, isBlankRegion } from './board-pages.js';

const SECTOR_BYTES = 0x1000;

/** Boards of one product hold the same application: its first sector's MD5 then stands for what it says. */
const KNOWN = new Map<string, AppDescription | undefined>();
const MOST_KNOWN = 256;

/** Of the application that starts; undefined where there is none, or it does not say. */
export async function readFirmware(
  board: Board,
  table: PartitionTable,
  signal?: AbortSignal,
): Promise<AppDescription | undefined> {
  const started = startedPartition(table, await bootChoice(board, table, signal));
  if (started === undefined) return undefined;
  const { offsetBytes } = started;
  const digest = await board.md5({ offsetBytes, sizeBytes: SECTOR_BYTES }, { signal });
  if (digest === blankMd5(SECTOR_BYTES)) return undefined;
  if (KNOWN.has(digest)) return KNOWN.get(digest);
  const app = readAppDescription(
    await board.readFlash({ offsetBytes, sizeBytes: APP_HEAD_BYTES }, { signal }),
  );
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  KNOWN.set(digest, app);
  return app;
}

async function bootChoice(
  board: Board,
  table: PartitionTable,
  signal: AbortSignal | undefined,
): Promise<readonly Uint8Array[]> {
  const home = bootChoicePartition(table);
  if (home === undefined || (await isBlankRegion(board, home, signal))) return [];
  const records: Uint8Array[] = [];
  for (const offsetBytes of bootChoicePlaces(home))
    records.push(await board.readFlash({ offsetBytes, sizeBytes: BOOT_CHOICE_BYTES }, { signal }));
  return records;
}
