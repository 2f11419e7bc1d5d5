// Flash commands of the flasher stub: acknowledge first, then write; erase just in time; skip what is erased already.
import { createHash } from 'node:crypto';
import { BLOCK_BYTES, SECTOR_BYTES } from '../flash/memory.js';
import { eraseRange } from '../flash/operations.js';
import type { Machine } from '../machine.js';
import { decodeDataBlock, OP, wordsOf, type Request } from '../packet.js';
import { encodeSlip } from '../slip.js';
import { busy, receive, send, type Steps } from '../steps.js';
import { atOnce, fail, OK, type Handler, type Outcome } from './outcome.js';
import { KEY_FUSES } from '../key-fuses.js';
import { STUB_ERROR } from './stub-errors.js';
import { WriteSession, type BlockResult } from './write-session.js';

const ATTACH_BYTES = 4;
const PARAMETER_BYTES = 24;
const MAX_READ_PACKET_BYTES = 4096;
const ACKNOWLEDGEMENT_BYTES = 4;

export class StubFlash {
  private session: StubSession | undefined;

  constructor(private readonly machine: Machine) {
    // The stub starts the SPI controller by itself.
    machine.flashAttached = true;
  }

  handlers(): [number, Handler][] {
    return [
      [OP.SPI_ATTACH, atOnce(({ data }) => (data.length === ATTACH_BYTES ? OK : fail(STUB_ERROR.badLength)))],
      [
        OP.SPI_SET_PARAMS,
        atOnce(({ data }) => (data.length === PARAMETER_BYTES ? OK : fail(STUB_ERROR.badLength))),
      ],
      [OP.FLASH_BEGIN, atOnce((request) => this.begin(request, false))],
      [OP.FLASH_DEFL_BEGIN, atOnce((request) => this.begin(request, true))],
      [OP.FLASH_DATA, atOnce((request) => this.take(request, false))],
      [OP.FLASH_DEFL_DATA, atOnce((request) => this.take(request, true))],
      [OP.FLASH_END, atOnce((request) => this.end(request))],
      [OP.FLASH_DEFL_END, atOnce((request) => this.end(request))],
      [OP.SPI_FLASH_MD5, (request) => this.md5(request)],
      [OP.ERASE_FLASH, (request) => this.eraseAll(request)],
      [OP.ERASE_REGION, (request) => this.eraseRegion(request)],
      [OP.READ_FLASH, atOnce((request) => this.startRead(request))],
    ];
  }

  private begin({ data }: Request, compressed: boolean): Outcome {
    if (data.length !== 16 && data.length !== 20) return fail(STUB_ERROR.badLength);
    const [size = 0, blocks = 0, , address = 0, encrypts = 0] = wordsOf(data);
    if (encrypts !== 0 && KEY_FUSES[this.machine.spec.name] === undefined)
      return fail(STUB_ERROR.notImplemented);
    this.session = new StubSession(this.machine, address, size, blocks, {
      compressed,
      encrypts: encrypts !== 0,
    });
    return OK;
  }

  /** The block is good so far as its checksum goes; what writing it brings is in the next reply. */
  private take(request: Request, compressed: boolean): Outcome {
    const block = decodeDataBlock(request);
    if (block === undefined || !block.lengthMatches) return fail(STUB_ERROR.badLength);
    if (!block.checksumMatches) return fail(STUB_ERROR.badChecksum);
    const { session } = this;
    if (session === undefined || session.isCompressed !== compressed) return fail(STUB_ERROR.notInFlashMode);
    return { work: session.write(block.payload) };
  }

  private end({ data }: Request): Outcome {
    if (data.length !== 4) return fail(STUB_ERROR.badLength);
    const { session } = this;
    if (session === undefined) return fail(STUB_ERROR.notInFlashMode);
    if (!session.isWhole) return fail(STUB_ERROR.badLength);
    this.session = undefined;
    return wordsOf(data)[0] === 0 ? { next: 'reset' } : OK;
  }

  private *md5({ data }: Request): Steps<Outcome> {
    if (data.length !== 16) return fail(STUB_ERROR.badLength);
    const [address = 0, size = 0] = wordsOf(data);
    yield busy((size / this.machine.timing.md5BytesPerSecond) * 1000, 'md5');
    return { data: md5Of(this.machine.stubFlash.read(address, size)) };
  }

  private *eraseAll({ data }: Request): Steps<Outcome> {
    if (data.length !== 0) return fail(STUB_ERROR.badLength);
    const { flash, timing } = this.machine;
    yield* eraseRange(flash, 0, flash.sizeBytes, timing);
    return OK;
  }

  private *eraseRegion({ data }: Request): Steps<Outcome> {
    const [address = 0, size = 0] = wordsOf(data);
    if (data.length !== 8 || address % SECTOR_BYTES !== 0 || size % SECTOR_BYTES !== 0) {
      return fail(STUB_ERROR.badLength);
    }
    yield* eraseRange(this.machine.stubFlash, address, size, this.machine.timing);
    return OK;
  }

  private startRead({ data }: Request): Outcome {
    const [address = 0, size = 0, packetBytes = 0] = wordsOf(data);
    if (data.length !== 16 || packetBytes === 0 || packetBytes > MAX_READ_PACKET_BYTES) {
      return fail(STUB_ERROR.badLength);
    }
    return { work: sendFlash(this.machine, address, size, packetBytes) };
  }
}

/** Packets without header, one under way at a time, and the MD5 of all after the last acknowledgement. */
function* sendFlash(machine: Machine, address: number, size: number, packetBytes: number): Steps<number> {
  for (let sent = 0; sent < size; sent += packetBytes) {
    const count = Math.min(packetBytes, size - sent);
    yield busy((count / machine.timing.flashReadBytesPerSecond) * 1000, 'command');
    yield send(encodeSlip(machine.stubFlash.read(address + sent, count)));
    const acknowledgement = yield receive;
    if (acknowledgement.length !== ACKNOWLEDGEMENT_BYTES) return 0;
  }
  yield send(encodeSlip(md5Of(machine.stubFlash.read(address, size))));
  return 0;
}

const md5Of = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('md5').update(bytes).digest());

/** A write of the stub: erases ahead of the bytes, and leaves sectors alone that are erased already. */
class StubSession {
  private readonly session: WriteSession;
  private erasedUpTo: number;
  /** Off after the first sector that was not erased: looking would only cost time from there on. */
  private looksFirst = true;
  private isTooLong = false;

  constructor(
    private readonly machine: Machine,
    address: number,
    private readonly sizeBytes: number,
    blocks: number,
    { compressed, encrypts }: { readonly compressed: boolean; readonly encrypts: boolean },
  ) {
    const key = encrypts ? machine.identity.flashKey : undefined;
    const target = { flash: machine.stubFlash, timing: machine.timing };
    this.session = new WriteSession(target, address, sizeBytes, blocks, { compressed, key });
    this.erasedUpTo = address - (address % SECTOR_BYTES);
  }

  get isCompressed(): boolean {
    return this.session.isCompressed;
  }

  /** All announced bytes came, and no more. */
  get isWhole(): boolean {
    return this.session.isComplete && !this.isTooLong;
  }

  /** @returns the error that the next reply will carry, 0 for none. Blocks past the end are ignored. */
  *write(payload: Uint8Array): Steps<number> {
    if (this.session.isComplete) return 0;
    const result: BlockResult = yield* this.session.take(payload, (at, size) => this.erase(at + size));
    if (result === 'inflate-failed') return STUB_ERROR.inflate;
    // A plain last block is padded by its sender; a compressed stream has no reason to be longer.
    if (result === 'too-much' && this.isCompressed) this.isTooLong = true;
    return 0;
  }

  private *erase(upTo: number): Steps {
    const end = this.session.address + this.sizeBytes;
    while (this.erasedUpTo < upTo) {
      const at = this.erasedUpTo;
      const unit = at % BLOCK_BYTES === 0 && end - at >= BLOCK_BYTES ? BLOCK_BYTES : SECTOR_BYTES;
      if (yield* this.mustErase(at, unit)) {
        yield* eraseRange(this.machine.stubFlash, at, unit, this.machine.timing);
      }
      this.erasedUpTo += unit;
    }
  }

  private *mustErase(address: number, size: number): Steps<boolean> {
    if (!this.looksFirst) return true;
    yield busy((size / this.machine.timing.flashReadBytesPerSecond) * 1000, 'command');
    this.looksFirst = this.machine.stubFlash.isErased(address, size);
    return !this.looksFirst;
  }
}
