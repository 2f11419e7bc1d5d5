// Flash commands of the ROM loader: erase before the reply, write before the reply, MD5 as text, 64-byte reads.
import { createHash } from 'node:crypto';
import { SECTOR_BYTES } from '../flash/memory.js';
import { eraseRange } from '../flash/operations.js';
import type { Machine } from '../machine.js';
import { decodeDataBlock, OP, wordsOf, type Request } from '../packet.js';
import { busy, type Steps } from '../steps.js';
import { atOnce, fail, OK, type Handler, type Outcome } from './outcome.js';
import { ROM_ERROR } from './rom-errors.js';
import { WriteSession } from './write-session.js';

/** What the ROM takes the flash for until SPI_SET_PARAMS. */
const ASSUMED_FLASH_BYTES = 2 * 1024 * 1024;
const SLOW_READ_BYTES = 64;
const ATTACH_BYTES = 8;
const PARAMETER_BYTES = 24;

export class RomFlash {
  private session: WriteSession | undefined;
  /** Size by SPI_SET_PARAMS, bytes. */
  private believedBytes = ASSUMED_FLASH_BYTES;

  constructor(private readonly machine: Machine) {}

  handlers(): [number, Handler][] {
    return [
      [OP.SPI_ATTACH, atOnce((request) => this.attach(request))],
      [OP.SPI_SET_PARAMS, atOnce((request) => this.setParameters(request))],
      [OP.FLASH_BEGIN, (request) => this.begin(request, false)],
      [OP.FLASH_DEFL_BEGIN, (request) => this.begin(request, true)],
      [OP.FLASH_DATA, (request) => this.take(request, false)],
      [OP.FLASH_DEFL_DATA, (request) => this.take(request, true)],
      [OP.FLASH_END, atOnce((request) => this.end(request))],
      [OP.FLASH_DEFL_END, atOnce((request) => this.end(request))],
      [OP.SPI_FLASH_MD5, (request) => this.md5(request)],
      [OP.READ_FLASH_SLOW, atOnce((request) => this.readSlow(request))],
    ];
  }

  private attach({ data }: Request): Outcome {
    if (data.length !== ATTACH_BYTES) return fail(ROM_ERROR.badMessage);
    this.machine.flashAttached = true;
    return OK;
  }

  private setParameters({ data }: Request): Outcome {
    if (data.length !== PARAMETER_BYTES) return fail(ROM_ERROR.badMessage);
    const [, totalBytes = 0] = wordsOf(data);
    this.believedBytes = totalBytes;
    return OK;
  }

  /** The ROM of chips after the ESP32 takes a fifth word: whether to encrypt. */
  private *begin({ data }: Request, compressed: boolean): Steps<Outcome> {
    const words = this.machine.spec.rom.beginHasEncryptWord ? 5 : 4;
    if (data.length !== 4 * words) return fail(ROM_ERROR.badMessage);
    const [size = 0, blocks = 0, blockBytes = 0, address = 0] = wordsOf(data);
    this.session = undefined;
    if (size > 0 && !this.machine.flashAttached) return fail(ROM_ERROR.failed);
    if (address + size > this.believedBytes) return fail(ROM_ERROR.failed);
    if (size > 0) yield* eraseRange(this.machine.flash, address, size, this.machine.timing);
    const content = compressed ? size : blocks * blockBytes;
    this.session = new WriteSession(this.machine, address, content, blocks, compressed);
    return OK;
  }

  private *take(request: Request, compressed: boolean): Steps<Outcome> {
    const block = decodeDataBlock(request);
    if (block === undefined || !block.lengthMatches) return fail(ROM_ERROR.badMessage);
    if (!block.checksumMatches) return fail(ROM_ERROR.checksum);
    const { session } = this;
    if (session === undefined || session.isCompressed !== compressed) return fail(ROM_ERROR.failed);
    if (session.address + session.written + SECTOR_BYTES > this.machine.flash.sizeBytes + SECTOR_BYTES) {
      return fail(ROM_ERROR.flashWrite);
    }
    const result = yield* session.take(block.payload);
    if (result === 'inflate-failed') return fail(ROM_ERROR.inflate);
    if (result === 'too-much') return fail(compressed ? ROM_ERROR.inflateParameter : ROM_ERROR.flashWrite);
    return OK;
  }

  /** 0: restart the chip. 1: leave the loader and run what is in flash. Either way the application starts. */
  private end({ data }: Request): Outcome {
    if (data.length !== 4) return fail(ROM_ERROR.badMessage);
    return { next: 'reset' };
  }

  private *md5({ data }: Request): Steps<Outcome> {
    if (data.length !== 16) return fail(ROM_ERROR.badMessage);
    const [address = 0, size = 0] = wordsOf(data);
    if (!this.canRead(address, size)) return fail(ROM_ERROR.flashRead);
    yield busy((size / this.machine.timing.md5BytesPerSecond) * 1000, 'md5');
    const digest = createHash('md5').update(this.machine.flash.read(address, size)).digest('hex');
    return { data: new TextEncoder().encode(digest) };
  }

  /**
   * Always 64 bytes, however few were asked for. Clients send address and size, or behind them the packet size and count
   * that the stub's READ_FLASH has; the ROM takes both.
   */
  private readSlow({ data }: Request): Outcome {
    if (data.length !== 8 && data.length !== 16) return fail(ROM_ERROR.badMessage);
    const [address = 0, size = 0] = wordsOf(data);
    if (size > SLOW_READ_BYTES) return fail(ROM_ERROR.flashReadLength);
    if (!this.canRead(address, size)) return fail(ROM_ERROR.flashRead);
    const content = new Uint8Array(SLOW_READ_BYTES);
    content.set(this.machine.flash.read(address, size));
    return { data: content };
  }

  private canRead(address: number, size: number): boolean {
    return this.machine.flashAttached && address + size <= this.believedBytes;
  }
}
