// Flash commands of the flasher stub: acknowledge first, then write; erase just in time; skip what is erased already.
import { createHash } from 'node:crypto';
import { SECTOR_BYTES } from '../flash/memory.js';
import { eraseRange } from '../flash/operations.js';
import type { Machine } from '../machine.js';
import { OP, wordsOf, type Request } from '../packet.js';
import { encodeSlip } from '../slip.js';
import { busy, receive, send, type Steps } from '../steps.js';
import { atOnce, fail, OK, type Handler, type Outcome } from './outcome.js';
import { KEY_FUSES } from '../efuses.js';
import { STUB_ERROR } from './errors.js';
import { blockOf } from './stub-memory.js';
import { StubWrite } from './stub-write.js';

const ATTACH_BYTES = 4;
const PARAMETER_BYTES = 24;
const MAX_READ_PACKET_BYTES = 4096;
const ACKNOWLEDGEMENT_BYTES = 4;

export class StubFlash {
  private session: StubWrite | undefined;

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
    const [sizeBytes = 0, blocks = 0, , address = 0, encryptWord = 0] = wordsOf(data);
    const encrypts = encryptWord !== 0;
    if (encrypts && KEY_FUSES[this.machine.spec.name] === undefined) return fail(STUB_ERROR.notImplemented);
    this.session = new StubWrite(this.machine, { address, sizeBytes, blocks, compressed, encrypts });
    return OK;
  }

  /** The block is good so far as its checksum goes; what writing it brings is in the next reply. */
  private take(request: Request, compressed: boolean): Outcome {
    const payload = blockOf(request);
    if (typeof payload === 'number') return fail(payload);
    const { session } = this;
    if (session?.announced.compressed !== compressed) return fail(STUB_ERROR.notInFlashMode);
    return { work: session.write(payload) };
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
