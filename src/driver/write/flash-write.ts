// Puts one span of bytes into flash: erase, compressed blocks, block by block acknowledged.
import { zlibSync } from 'fflate';
import { isEspmintError } from '../../core/errors/index.js';
import { OP, checksumOf, dataBlock, isChecksumFailure, words, type Op } from '../protocol/command.js';
import type { Answer, Loader } from '../protocol/loader.js';
import type { Region } from './md5.js';
import { regionText } from './md5.js';
import type { Command } from '../protocol/request.js';
import { SECTOR_BYTES } from '../connect/spi-flash.js';

/** Largest data block that each loader takes. */
export const ROM_BLOCK_BYTES = 0x400;
const STUB_BLOCK_BYTES = 0x4000;

/** Worst cases of W25Q32-class flash: 4 KB sector erase 400 ms, page program 3 ms for 256 bytes. */
const ERASE_MS_PER_SECTOR = 400;
const PROGRAM_MS_PER_SECTOR = 48;
const BASE_TIMEOUT_MS = 3_000;
/** Large flashes need minutes. */
const ERASE_CHIP_TIMEOUT_MS = 240_000;
const BLOCK_TRIES = 3;

const ENCRYPT_NO = 0;
/** Word of FLASH_DEFL_END and FLASH_END: stay in the loader. */
const STAY = 1;

/** Bytes of a span as they go over the wire: compressed where that saves some. */
export interface PackedSpan {
  readonly sizeBytes: number;
  readonly stream: Uint8Array;
  readonly isPacked: boolean;
}

/** @param bytes whole sectors. */
export function packSpan(bytes: Uint8Array): PackedSpan {
  const packed = deflate(bytes);
  const isPacked = packed.length < bytes.length;
  return { sizeBytes: bytes.length, stream: isPacked ? packed : bytes, isPacked };
}

export interface SpanWrite extends PackedSpan {
  readonly offsetBytes: number;
  /** The ROM's begin commands have a fifth word. */
  readonly beginHasEncryptWord: boolean;
  /** What a ROM erases for plain data, from the offset on; the whole span when absent. */
  readonly eraseBytes?: number;
  /** Of a ROM's data blocks; as large as it takes when absent. */
  readonly blockBytes?: number;
  /** Called after each block: the share of this span that is done, 0 to 1. */
  readonly onProgress: (done: number) => void;
}

/**
 * Erases the span and writes it. The loader's word that it did so is no proof: that is the MD5's.
 * @throws LOADER_REFUSED, LINK_TIMEOUT
 */
export async function writeSpan(loader: Loader, write: SpanWrite): Promise<void> {
  await writeSpanThen(loader, write, []);
}

/** As `writeSpan`; a ROM is given the last block and these commands in one go. @returns their answers. */
export async function writeSpanThen(
  loader: Loader,
  write: SpanWrite,
  then: readonly Command[],
): Promise<readonly Answer[]> {
  const { stream, isPacked, offsetBytes, sizeBytes } = write;
  const blockBytes = loader.isStub ? STUB_BLOCK_BYTES : (write.blockBytes ?? ROM_BLOCK_BYTES);
  const blocks = Math.ceil(stream.length / blockBytes);
  const region = { offsetBytes, sizeBytes };
  const eraseBytes = isPacked ? sizeBytes : (write.eraseBytes ?? sizeBytes);
  await begin(loader, isPacked ? OP.flashDeflBegin : OP.flashBegin, {
    ...write,
    region,
    eraseBytes,
    blocks,
    blockBytes,
  });
  // A short compressed block may unpack to the whole span: each is given the time that the whole may need.
  const timeoutMs =
    BASE_TIMEOUT_MS + programMs(isPacked ? sizeBytes : blockBytes) + stubEraseMs(loader, region);
  let answers: readonly Answer[] = [];
  for (let index = 0; index < blocks; index++) {
    const part = stream.subarray(index * blockBytes, (index + 1) * blockBytes);
    const block = isPacked ? part : padded(part, blockBytes);
    const op = isPacked ? OP.flashDeflData : OP.flashData;
    const behind = index === blocks - 1 && !loader.isStub ? then : [];
    answers = await sendBlock(loader, { op, block, index, timeoutMs, region }, behind);
    write.onProgress((index + 1) / blocks);
  }
  if (!loader.isStub) return answers;
  await finishStub(loader, isPacked ? OP.flashDeflEnd : OP.flashEnd, timeoutMs, region);
  return loader.repeatAll(then);
}

/** Erases whole sectors. */
export async function eraseSpan(loader: Loader, region: Region, beginHasEncryptWord: boolean): Promise<void> {
  if (loader.isStub) {
    const data = words(region.offsetBytes, region.sizeBytes);
    await loader.send({
      op: OP.eraseRegion,
      data,
      timeoutMs: BASE_TIMEOUT_MS + eraseMs(region),
      what: erasing(region),
    });
    return;
  }
  // A ROM has no command of its own for it: beginning a write erases.
  const blocks = Math.ceil(region.sizeBytes / ROM_BLOCK_BYTES);
  await begin(loader, OP.flashBegin, {
    region,
    eraseBytes: region.sizeBytes,
    blocks,
    blockBytes: ROM_BLOCK_BYTES,
    beginHasEncryptWord,
  });
}

/** Erases all of the flash: a command of the stub. */
export async function eraseChip(loader: Loader): Promise<void> {
  const data = new Uint8Array(0);
  await loader.send({
    op: OP.eraseFlash,
    data,
    timeoutMs: ERASE_CHIP_TIMEOUT_MS,
    what: 'erasing the whole flash',
  });
}

interface Begin {
  readonly region: Region;
  readonly eraseBytes: number;
  readonly blocks: number;
  readonly blockBytes: number;
  readonly beginHasEncryptWord: boolean;
}

async function begin(loader: Loader, op: Op, parts: Begin): Promise<void> {
  const { region, eraseBytes, blocks, blockBytes, ...rom } = parts;
  const fields = [eraseBytes, blocks, blockBytes, region.offsetBytes];
  if (loader.isStub || rom.beginHasEncryptWord) fields.push(ENCRYPT_NO);
  // A ROM erases before it answers, a stub while it writes.
  const timeoutMs = BASE_TIMEOUT_MS + (loader.isStub ? 0 : eraseMs({ ...region, sizeBytes: eraseBytes }));
  const command = { op, data: words(...fields), timeoutMs, what: erasing(region) };
  if (loader.isStub) await loader.send(command);
  else await loader.sendBehind(sameWords(fields), command);
}

/**
 * A ROM acts on a frame that was cut on its way, with what its buffer holds from the frame before: here, the same words
 * in the same places, of a command that only prepares an upload into RAM.
 */
function sameWords(fields: readonly number[]): Command {
  return { op: OP.memBegin, data: words(...fields.slice(0, 4)), what: 'preparing to erase' };
}

interface Block {
  readonly op: Op;
  readonly block: Uint8Array;
  readonly index: number;
  readonly timeoutMs: number;
  readonly region: Region;
}

/**
 * A block that arrived damaged was not taken, and a stub is sent it again; any other failure is for the caller. A ROM has
 * counted the block all the same: it takes none under that number any more, so the span begins anew.
 */
async function sendBlock(
  loader: Loader,
  { op, block, index, timeoutMs, region }: Block,
  then: readonly Command[],
): Promise<readonly Answer[]> {
  const what = `block ${index} of ${regionText(region)}`;
  const command = { op, data: dataBlock(block, index), checksum: checksumOf(block), timeoutMs, what };
  for (let tries = 1; ; tries++) {
    try {
      return (await loader.sendAll([command, ...then])).slice(1);
    } catch (error) {
      const damaged = isEspmintError(error, 'LOADER_REFUSED') && isChecksumFailure(error.details.code);
      if (!loader.isStub || !damaged || tries >= BLOCK_TRIES) throw error;
    }
  }
}

/**
 * A stub writes after it has acknowledged and reports a failure at the next command: the end command asks for it. A ROM
 * has done all when it acknowledges, and some leave the loader at the end command, so none gets it.
 */
async function finishStub(loader: Loader, op: Op, timeoutMs: number, region: Region): Promise<void> {
  if (!loader.isStub) return;
  await loader.send({ op, data: words(STAY), timeoutMs, what: `the end of ${regionText(region)}` });
}

function padded(part: Uint8Array, blockBytes: number): Uint8Array {
  if (part.length === blockBytes) return part;
  const block = new Uint8Array(blockBytes).fill(0xff);
  block.set(part);
  return block;
}

const sectorsIn = (bytes: number): number => Math.ceil(bytes / SECTOR_BYTES);
const eraseMs = ({ sizeBytes }: Region): number => sectorsIn(sizeBytes) * ERASE_MS_PER_SECTOR;
const programMs = (bytes: number): number => sectorsIn(bytes) * PROGRAM_MS_PER_SECTOR;
const stubEraseMs = (loader: Loader, region: Region): number => (loader.isStub ? eraseMs(region) : 0);
const erasing = (region: Region): string => `erasing ${regionText(region)}`;

// zlib streams for the loaders: by the runtime's own code where it has some, which is four times as fast on megabytes of
// firmware, and in JavaScript elsewhere.
const LEVEL = 9;

/** As far as it is used here. */
interface NativeZlib {
  deflateSync(bytes: Uint8Array, options: { readonly level: number }): Uint8Array;
}

const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => object | undefined } };
const native = process?.getBuiltinModule?.('node:zlib') as NativeZlib | undefined;

const deflate: (bytes: Uint8Array) => Uint8Array =
  native === undefined
    ? (bytes) => zlibSync(bytes, { level: LEVEL })
    : (bytes) => native.deflateSync(bytes, { level: LEVEL });
