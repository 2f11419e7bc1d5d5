// What is asked of a loader: a command with its deadline and its name for error messages; and those that many ask.
import { hex } from '../../core/text.js';
import { OP, type Op, encodeRequest, words } from './command.js';
import { encodeFrame } from './slip.js';

const REGISTER_TIMEOUT_MS = 1_000;

export interface Command {
  readonly op: Op;
  readonly data: Uint8Array;
  /** Of a data block. */
  readonly checksum?: number;
  /** Bytes of data that the reply may carry before its status; none when absent. */
  readonly replyBytes?: readonly number[];
  readonly timeoutMs?: number;
  /** For error messages: "the MD5 of 0x9000". */
  readonly what: string;
}

export interface RegisterWrite {
  readonly address: number;
  readonly value: number;
  /** Bits to change; all when absent. */
  readonly mask?: number;
  /** Microseconds. Loaders differ in whether they wait before or after the write. */
  readonly delayUs?: number;
}

export function registerRead(address: number): Command {
  const what = `reading register ${hex(address)}`;
  return { op: OP.readRegister, data: words(address), timeoutMs: REGISTER_TIMEOUT_MS, what };
}

/** Several registers in one command, in order. */
export function registerWrite(writes: readonly RegisterWrite[]): Command {
  const groups = writes.flatMap(({ address, value, mask = 0xffff_ffff, delayUs = 0 }) => [
    address,
    value,
    mask,
    delayUs,
  ]);
  return { op: OP.writeRegister, data: words(...groups), what: 'writing registers' };
}

/** As it goes over the wire. */
export function frameOf({ op, data, checksum }: Command): Uint8Array {
  return encodeFrame(encodeRequest(op, data, checksum));
}

/** They touch registers and RAM only, within microseconds. */
const QUICK_OPS: readonly Op[] = [
  OP.readRegister,
  OP.writeRegister,
  OP.memBegin,
  OP.memData,
  OP.spiSetParams,
];

export function queued(command: Command): Queued {
  return { bytes: frameOf(command).length, isQuick: QUICK_OPS.includes(command.op) };
}

const QUESTIONS: readonly Op[] = [
  OP.readRegister,
  OP.flashMd5,
  OP.readFlashSlow,
  OP.readFlash,
  OP.securityInfo,
  OP.spiSetParams,
];

/** Whether the flash may hold something else once it was carried out. */
export function mayChangeFlash({ op }: Command): boolean {
  return !QUESTIONS.includes(op);
}

// How much may be sent before the first answer is in: what a chip's UART buffers while its loader is busy.

/**
 * The receive FIFO of every ESP32's UART has 128 bytes (technical reference manuals, "UART"). A loader acts on a frame
 * only after it took its last byte out of there, so only what comes behind that frame has to wait in it.
 */
const WAITING_BYTES = 120;

export interface Queued {
  /** Bytes on the wire. */
  readonly bytes: number;
  /** The loader is done with it in less time than a FIFO fills: registers and RAM. What follows need not wait. */
  readonly isQuick: boolean;
}

/** Cuts a list, in order, into groups that may be sent in one go. */
export function batchesOf<T>(items: readonly T[], describe: (item: T) => Queued): readonly (readonly T[])[] {
  const batches: T[][] = [[]];
  let waiting = 0;
  let isBusy = false;
  for (const item of items) {
    const { bytes, isQuick } = describe(item);
    if (isBusy && waiting + bytes > WAITING_BYTES) {
      batches.push([]);
      waiting = 0;
      isBusy = false;
    } else if (isBusy) waiting += bytes;
    batches.at(-1)?.push(item);
    isBusy ||= !isQuick;
  }
  return batches;
}
