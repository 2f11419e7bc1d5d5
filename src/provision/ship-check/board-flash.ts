// What a board's flash holds, read for a check and never written: its table, its application and its NVS partitions.
import { md5Hex, sha256Hex } from '../../core/digest.js';
import type { FlashImage } from '../../core/flash-image.js';
import { hex } from '../../core/text.js';
import { isEspmintError, type ErrorCode } from '../../core/errors/index.js';
import type { AppDescription } from '../../core/firmware/image.js';
import { settleTable, type FoundTable } from '../../core/flash-survey.js';
import { decodeNvs, type NvsImage } from '../../core/nvs/index.js';
import type { BoardValues } from '../../core/values/rows.js';
import type { Board } from '../../driver/index.js';
import { readUsedPages } from '../flash/board-pages.js';
import type { Difference } from './check-parts.js';
import type { ProvisionPlan } from '../plan/plan.js';
import { hmacNvsKey, keyPartitionOf, openNvs, readNvsKey } from '../flash/nvs-encryption.js';
import { readFirmware } from '../flash/read-firmware.js';
import { chooseRegion, isNvs, overlap, type Region } from '../flash/region.js';

/** One NVS partition, or the region that stands in for one. */
export interface NvsContent {
  readonly name: string;
  /** Its bytes as they stand there. */
  readonly image: FlashImage;
  readonly isBlank: boolean;
  /** In plain where the key of its NVS was found. */
  readonly decoded: NvsImage;
  readonly wasEncrypted: boolean;
}

export interface BoardFlashContent {
  readonly found: FoundTable | undefined;
  readonly app: AppDescription | undefined;
  /** Where the identity must be; absent where the board has no such place. */
  readonly home: NvsContent | undefined;
  /** Of its NVS, where the profile says that it is encrypted and the board has it. */
  readonly key?: Uint8Array | undefined;
  /** All NVS of the board, `home` among them. */
  readonly nvs: readonly NvsContent[];
}

/** What a board may be wrong in; all other errors end the check. */
const FAULTS_OF_BOARD: readonly ErrorCode[] = [
  'PARTITION_TABLE_INVALID',
  'PARTITION_TABLE_AMBIGUOUS',
  'PARTITION_TABLE_MISSING',
  'PARTITION_NOT_FOUND',
  'PARTITION_AMBIGUOUS',
  'REGION_NOT_NVS',
  'REGION_INVALID',
  'PROFILE_REGION_INVALID',
  'IMAGE_DOES_NOT_FIT',
  'FIRMWARE_NOT_FOR_BOARD',
];

/** The result, or undefined with a difference noted where the board is not laid out as it must be. */
export async function orDifference<T>(
  work: () => T | Promise<T>,
  note: (difference: Difference) => void,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isEspmintError(error) || !FAULTS_OF_BOARD.includes(error.code)) throw error;
    const { message, next } = error;
    note({ kind: 'layout', message: message.slice(0, -(next.length + 2)), remedy: next.slice(0, -1) });
    return undefined;
  }
}

export async function readFlashContent(
  port: string,
  board: Board,
  { target, encryption }: ProvisionPlan,
  own: BoardValues | undefined,
  note: (difference: Difference) => void,
  signal: AbortSignal | undefined,
): Promise<BoardFlashContent> {
  const { tableOffsetBytes } = target;
  const survey = await board.survey({ tableOffsetBytes, signal });
  const settled = await orDifference(
    () => ({ found: settleTable(survey, { port, wantedOffsetBytes: tableOffsetBytes }) }),
    note,
  );
  const found = settled?.found;
  if (settled !== undefined && found === undefined) {
    note({
      kind: 'firmware',
      message: `${port}: the flash has no partition table, so no firmware either`,
      remedy: 'Flash the firmware, then give the board its identity',
    });
  }
  const { flashSizeBytes } = board.facts;
  const region =
    settled && (await orDifference(() => chooseRegion(target, { port, survey, flashSizeBytes }), note));
  const keys =
    encryption &&
    region &&
    (await orDifference(() => keyPartitionOf(port, encryption, region.keyPartitions), note));
  // The board's own word on its key; that of an HMAC scheme is made from what the profile says is in the chip.
  const key =
    keys === undefined ? encryption && hmacNvsKey(encryption, own) : await readNvsKey(board, keys, signal);
  const partitions = (found?.table.partitions ?? []).filter(isNvs);
  const places: (Region & { readonly name: string })[] = partitions.map(
    ({ label, offsetBytes, sizeBytes }) => ({
      name: label,
      offsetBytes,
      sizeBytes,
    }),
  );
  // Firmware reads a partition as a whole: a region inside one is judged with the rest of it.
  if (region !== undefined && !places.some((place) => overlap(place, region)))
    places.push({ ...region, name: `NVS at ${hex(region.offsetBytes)}` });
  const nvs: NvsContent[] = [];
  for (const { name, offsetBytes, sizeBytes } of places)
    nvs.push(await readNvs(board, name, { offsetBytes, sizeBytes }, signal, key));
  return {
    found,
    app: found && (await readFirmware(board, found.table, signal)),
    key,
    home: region && nvs.find((one) => overlap(one.image, region)),
    nvs,
  };
}

export async function readNvs(
  board: Board,
  name: string,
  region: Region,
  signal: AbortSignal | undefined,
  key?: Uint8Array,
): Promise<NvsContent> {
  const bytes = await readUsedPages(board, region, signal);
  const held = decodeNvs(bytes);
  const wasEncrypted = held.looksEncrypted;
  const opened = wasEncrypted && key !== undefined ? openNvs(bytes, key) : undefined;
  const decoded = opened === undefined ? held : decodeNvs(opened);
  const isBlank = bytes.every((byte) => byte === 0xff);
  const image = { ...region, md5: md5Hex(bytes), sha256: sha256Hex(bytes) };
  return { name, image, isBlank, decoded, wasEncrypted };
}
