// Which application partition a boot loader starts (ESP-IDF, "Over The Air Updates": otadata, bootloader_utility.c).
import { nvsCrc32 } from '../nvs/crc32.js';
import { DATA_SUBTYPE, PARTITION_TYPE, type Partition, type PartitionTable } from '../partition-table.js';

const FACTORY = 0x00;
const FIRST_OTA = 0x10;
const OTA_SLOTS = 16;
const SECTOR_BYTES = 0x1000;
/** One record of otadata: sequence, label, state, CRC of the sequence. */
export const BOOT_CHOICE_BYTES = 32;
const STATE_AT = 24;
const CRC_AT = 28;
const BLANK = 0xffff_ffff;
/** `ESP_OTA_IMG_INVALID` and `ESP_OTA_IMG_ABORTED`: never started again. */
const REFUSED_STATES: readonly number[] = [3, 4];

/** The partition that records which application starts. */
export function bootChoicePartition(table: PartitionTable): Partition | undefined {
  return table.partitions.find(
    ({ type, subtype }) => type === PARTITION_TYPE.data && subtype === DATA_SUBTYPE.ota,
  );
}

/** Where its two records stand, bytes from the start of flash. */
export const bootChoicePlaces = ({ offsetBytes }: Partition): readonly number[] => [
  offsetBytes,
  offsetBytes + SECTOR_BYTES,
];

/**
 * @param records of both sectors of otadata, BOOT_CHOICE_BYTES each; empty where the table has none or it is blank.
 * @returns undefined where the table has no application
 */
export function startedPartition(
  { partitions }: PartitionTable,
  records: readonly Uint8Array[],
): Partition | undefined {
  const apps = partitions.filter(({ type }) => type === PARTITION_TYPE.app);
  const slots = apps
    .filter(({ subtype }) => subtype >= FIRST_OTA && subtype < FIRST_OTA + OTA_SLOTS)
    .sort((a, b) => a.subtype - b.subtype);
  const sequences = records.map(sequenceOf).filter((sequence) => sequence > 0);
  const newest = Math.max(0, ...sequences);
  if (newest > 0 && slots.length > 0) return slots[(newest - 1) % slots.length];
  return apps.find(({ subtype }) => subtype === FACTORY) ?? slots[0] ?? apps[0];
}

/** 0 for a record that does not count. */
function sequenceOf(record: Uint8Array): number {
  if (record.length < BOOT_CHOICE_BYTES) return 0;
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const sequence = view.getUint32(0, true);
  if (sequence === BLANK || REFUSED_STATES.includes(view.getUint32(STATE_AT, true))) return 0;
  return nvsCrc32(record.subarray(0, 4)) === view.getUint32(CRC_AT, true) ? sequence : 0;
}
