// Flash commands of the ROM loader: erase before the reply, write before the reply, MD5 as text, 64-byte reads.
import { createHash } from 'node:crypto';
import { encryptForFlash } from '../flash/encryption.js';
import { SECTOR_BYTES } from '../flash/memory.js';
import { eraseRangeAsRom, programRange } from '../flash/operations.js';
import type { Machine } from '../machine.js';
import { checksumOf, OP, wordAt, type Request } from '../packet.js';
import { busy, type Steps } from '../steps.js';
import { atOnce, fail, OK, type Handler, type Outcome } from './outcome.js';
import { ROM_ERROR } from './errors.js';
import { RomInflater } from './rom-inflate.js';
import { KEEPS_ERROR } from './rom-memory-commands.js';
import { fitsBlock, Transfer } from './rom-transfer.js';

/** What the ROM takes the flash for until SPI_SET_PARAMS. */
const ASSUMED_FLASH_BYTES = 2 * 1024 * 1024;
const SLOW_READ_BYTES = 64;
const PARAMETER_BYTES = 24;
/** Of an MD5 request; it is meant to have 16 bytes. */
const MAX_QUESTION_BYTES = 0x1810;
/** Encrypted writes go by these units. */
const CIPHER_BYTES = 16;

/** A compressed upload has variables of its own. */
class DeflatedTransfer extends Transfer {
  inflater = new RomInflater();
}

export class RomFlash {
  private readonly deflated = new DeflatedTransfer();
  /** Size by SPI_SET_PARAMS, bytes. */
  private believedBytes = ASSUMED_FLASH_BYTES;

  /** @param plain shared with the upload into RAM. */
  constructor(
    private readonly machine: Machine,
    private readonly plain: Transfer,
  ) {}

  handlers(): [number, Handler][] {
    return [
      [OP.SPI_ATTACH, atOnce(() => this.attach())],
      [OP.SPI_SET_PARAMS, atOnce((request) => this.setParameters(request))],
      [OP.FLASH_BEGIN, (request) => this.begin(request)],
      [OP.FLASH_DEFL_BEGIN, (request) => this.beginDeflated(request)],
      [OP.FLASH_DATA, (request) => this.take(request)],
      [OP.FLASH_DEFL_DATA, (request) => this.takeDeflated(request)],
      [OP.FLASH_END, atOnce((request) => end(request, this.plain))],
      [OP.FLASH_DEFL_END, atOnce((request) => end(request, this.deflated))],
      [OP.SPI_FLASH_MD5, (request) => this.md5(request)],
      [OP.READ_FLASH_SLOW, atOnce((request) => this.readSlow(request))],
    ];
  }

  private attach(): Outcome {
    this.machine.flashAttached = true;
    return OK;
  }

  private setParameters({ data, length }: Request): Outcome {
    if (length !== PARAMETER_BYTES) return fail(ROM_ERROR.badMessage);
    this.believedBytes = wordAt(data, 1);
    return KEEPS_ERROR;
  }

  private *begin(request: Request): Steps<Outcome> {
    const given = this.given(request);
    if (given === undefined) return fail(ROM_ERROR.badMessage);
    if (given.encrypts && this.machine.identity.security.manualEncryptionOff)
      return fail(ROM_ERROR.encryption);
    this.plain.start(given);
    return yield* this.erase(given.address, given.sizeBytes);
  }

  private *beginDeflated(request: Request): Steps<Outcome> {
    const given = this.given(request);
    if (given === undefined) return fail(ROM_ERROR.badMessage);
    if (given.encrypts) return fail(ROM_ERROR.encryption);
    this.deflated.start(given);
    this.deflated.inflater = new RomInflater();
    return yield* this.erase(given.address, given.sizeBytes);
  }

  /** The ROM of chips after the ESP32 takes a fifth word: whether to encrypt. */
  private given({ data, length }: Request): Parameters<Transfer['start']>[0] | undefined {
    const words = this.machine.spec.rom.beginHasEncryptWord ? 5 : 4;
    const blockBytes = wordAt(data, 2);
    if (length !== 4 * words || !fitsBlock(blockBytes)) return undefined;
    const [sizeBytes, blocks, address] = [wordAt(data, 0), wordAt(data, 1), wordAt(data, 3)];
    return { sizeBytes, blocks, blockBytes, address, encrypts: words === 5 && wordAt(data, 4) !== 0 };
  }

  private *erase(address: number, size: number): Steps<Outcome> {
    if (size > 0 && !this.machine.flashAttached) return fail(ROM_ERROR.failed);
    if (!this.isInside(address, size) || address % SECTOR_BYTES !== 0) return fail(ROM_ERROR.failed);
    yield* eraseRangeAsRom(this.machine.romFlash, address, size, this.machine.timing);
    return KEEPS_ERROR;
  }

  /** A block is read back, and refused when its checksum has changed. */
  private *take(request: Request): Steps<Outcome> {
    const { plain, machine } = this;
    const payload = plain.accept(request, true);
    if (typeof payload === 'number') return fail(payload);
    const { address } = plain;
    if (plain.encrypts) {
      if (address % CIPHER_BYTES !== 0 || payload.length % CIPHER_BYTES !== 0)
        return fail(ROM_ERROR.encryption);
      yield* this.write(address, encryptForFlash(machine.identity.flashKey, address, payload));
    } else {
      yield* this.write(address, payload);
      const canTell = this.isInside(address, payload.length);
      const held = canTell ? machine.romFlash.read(address, payload.length) : payload;
      if (checksumOf(held) !== checksumOf(payload)) return fail(ROM_ERROR.flashWrite);
    }
    plain.advance(payload.length);
    return KEEPS_ERROR;
  }

  private *takeDeflated(request: Request): Steps<Outcome> {
    const { deflated } = this;
    const payload = deflated.accept(request, false);
    if (typeof payload === 'number') return fail(payload);
    const pieces = deflated.inflater.push(payload, deflated.sequence === deflated.blocks);
    if (typeof pieces === 'number') return fail(pieces);
    for (const piece of pieces) {
      yield* this.write(deflated.address, piece);
      deflated.address += piece.length;
    }
    return KEEPS_ERROR;
  }

  /** Nothing is written, and nothing said, where the bytes go beyond the flash that the ROM believes in. */
  private *write(address: number, bytes: Uint8Array): Steps {
    if (!this.canRead(address, bytes.length)) return;
    yield* programRange(this.machine.romFlash, address, bytes, this.machine.timing);
  }

  private *md5({ data, length }: Request): Steps<Outcome> {
    if (length > MAX_QUESTION_BYTES) return fail(ROM_ERROR.badMessage);
    const [address, size] = [wordAt(data, 0), wordAt(data, 1)];
    if (size > 0 && !this.canRead(address, size)) return fail(ROM_ERROR.flashRead);
    yield busy((size / this.machine.timing.md5BytesPerSecond) * 1000, 'md5');
    const digest = createHash('md5').update(this.machine.romFlash.read(address, size)).digest('hex');
    return { data: new TextEncoder().encode(digest) };
  }

  /** Always 64 bytes, of which only as many as were asked for are of now. */
  private readSlow({ data }: Request): Outcome {
    const [address, size] = [wordAt(data, 0), wordAt(data, 1)];
    if (size > SLOW_READ_BYTES) return fail(ROM_ERROR.flashReadLength);
    if (!this.canRead(address, size)) return fail(ROM_ERROR.flashRead);
    return { data: this.machine.romFlash.read(address, size) };
  }

  private canRead(address: number, size: number): boolean {
    return this.machine.flashAttached && this.isInside(address, size);
  }

  /** The sum has 32 bits: what wraps around is inside. */
  private isInside(address: number, size: number): boolean {
    return (address + size) >>> 0 <= this.believedBytes;
  }
}

/**
 * The loader is left in any case, also when the upload was not whole: 0 restarts the chip after a whole one, all else
 * runs what is in flash.
 */
function end({ data }: Request, transfer: Transfer): Outcome {
  if (!transfer.isComplete) return { error: ROM_ERROR.failed, next: 'run' };
  return (data[0] ?? 0) === 0 ? { next: 'reset' } : { ...KEEPS_ERROR, next: 'run' };
}
