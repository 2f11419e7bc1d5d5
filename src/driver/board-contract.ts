// What can be done with a board in its loader, whoever speaks to it: our loader, a locked board's ROM, or esptool.
import type { FlashSurvey } from '../core/flash-survey.js';
import type { PartitionTable } from '../core/partition-table.js';
import type { ChipFacts } from '../core/stages.js';
import type { Region } from './write/md5.js';
import type { ImageAt } from './write/region.js';
import type { WriteOptions, WriteReport } from './write/region-writer.js';
import type { SecurityState } from './connect/security.js';
import type { Link } from './link/transport.js';
import type { BootReport, BootWatchOptions } from './boot/watch-boot.js';

export interface OperationOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface FirmwareOptions extends OperationOptions {
  /** Of the application's console; 115200 when absent. */
  readonly baud?: number | undefined;
}

export interface SurveyOptions extends OperationOptions {
  /** Where the table is said to be, bytes from the start of flash; also looked at when it lies behind 0x20000. */
  readonly tableOffsetBytes?: number | undefined;
}

export interface VerifyOptions extends OperationOptions {
  /**
   * The write that came just before. The chip's MD5 that was asked behind its last byte then counts, unless something was
   * sent since that may have changed the flash; whether it is still the same chip is asked now. Absent: all is asked now.
   */
  readonly after?: WriteReport | undefined;
}

/**
 * One board, from connect to close. One operation at a time. Every operation has its own deadlines, derived from sizes
 * and rates, and ends with CANCELLED when its signal (or else that of connectBoard) is aborted. Lost replies are asked
 * for again, at a lower baud rate if need be.
 */
export interface Board {
  readonly facts: ChipFacts;
  readonly security: SecurityState;
  /** Bits per second in force: what the link turned out to bear. */
  readonly baud: number;
  /** What stands at the start of the flash: partition tables, at whichever sector, and other signs of firmware. */
  survey(options?: SurveyOptions): Promise<FlashSurvey>;
  /**
   * The table that the firmware uses, as `settleTable` finds it; undefined where nothing tells of any firmware.
   * @throws PARTITION_TABLE_INVALID, PARTITION_TABLE_AMBIGUOUS, PARTITION_TABLE_MISSING
   */
  readPartitionTable(options?: SurveyOptions): Promise<PartitionTable | undefined>;
  readFlash(region: Region, options?: OperationOptions): Promise<Uint8Array>;
  /** The chip's own MD5 of a region, lower-case hex. */
  md5(region: Region, options?: OperationOptions): Promise<string>;
  /** Brings a region to an image, touching only sectors that differ. It is no proof: ask verifyRegion for that. */
  writeRegion(target: ImageAt, options?: WriteOptions): Promise<WriteReport>;
  /** @throws VERIFY_MISMATCH unless the chip's MD5 of the whole region is that of the image; CHIP_CHANGED */
  verifyRegion(target: ImageAt, options?: VerifyOptions): Promise<void>;
  /** Whole sectors. @throws VERIFY_MISMATCH when the region is not blank afterwards; CHIP_CHANGED */
  eraseRegion(region: Region, options?: OperationOptions): Promise<void>;
  eraseFlash(options?: OperationOptions): Promise<void>;
  /** Leaves the loader: the application starts. The link stays open, at 115200 baud, for the boot log. */
  reset(): Promise<void>;
  /** After a reset: reads the log until the rules are met. @throws BOOT_FAILED, BOOT_TIMEOUT */
  watchBoot(options: BootWatchOptions): Promise<BootReport>;
  /** After a reset: lends the link to who speaks with the firmware, at the baud rate of its console (115200). */
  useFirmware<T>(use: (link: Link) => Promise<T>, options?: FirmwareOptions): Promise<T>;
  /** Closes the link. Never throws, may be called again. */
  close(): Promise<void>;
}
