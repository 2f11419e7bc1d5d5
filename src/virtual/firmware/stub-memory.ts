// Registers and RAM by the stub: READ_REG, WRITE_REG and the MEM_* upload.
import type { Machine } from '../machine.js';
import { checksumOf, DATA_HEADER_BYTES, OP, wordAt, wordsOf, type Request } from '../packet.js';
import type { Next } from '../steps.js';
import { STUB_ERROR } from './errors.js';
import { atOnce, fail, OK, type Handler, type Outcome } from './outcome.js';

/** Bytes of one WRITE_REG group: address, value, mask, delay in µs. */
const GROUP_BYTES = 16;

/** A piece of RAM that an upload has filled so far. */
export interface Segment {
  readonly start: number;
  sizeBytes: number;
}

/** Makes the program that an upload into RAM holds; undefined where none may start. */
export type RamLauncher = (machine: Machine, entry: number, segments: readonly Segment[]) => Next | undefined;

/** The bytes of a *_DATA command, or the error that it is refused with. Its number is not looked at. */
export function blockOf({ data, checksum }: Request): Uint8Array | number {
  const payload = data.subarray(DATA_HEADER_BYTES);
  if (data.length < DATA_HEADER_BYTES || wordAt(data, 0) !== payload.length) return STUB_ERROR.badLength;
  return (checksum & 0xff) === checksumOf(payload) ? payload : STUB_ERROR.badChecksum;
}

export class StubMemory {
  private upload: { address: number; readonly end: number } | undefined;
  private readonly segments: Segment[] = [];

  constructor(
    private readonly machine: Machine,
    private readonly launch: RamLauncher,
  ) {}

  handlers(): [number, Handler][] {
    return [
      [OP.READ_REG, atOnce((request) => this.readRegister(request))],
      [OP.WRITE_REG, atOnce((request) => this.writeRegisters(request))],
      [OP.MEM_BEGIN, atOnce((request) => this.begin(request))],
      [OP.MEM_DATA, atOnce((request) => this.take(request))],
      [OP.MEM_END, atOnce((request) => this.end(request))],
    ];
  }

  private readRegister({ data }: Request): Outcome {
    if (data.length !== 4) return fail(STUB_ERROR.badLength);
    return { value: this.machine.bus.read(wordAt(data, 0)) };
  }

  private writeRegisters({ data }: Request): Outcome {
    if (data.length === 0 || data.length % GROUP_BYTES !== 0) return fail(STUB_ERROR.notEnoughData);
    const words = wordsOf(data);
    for (let n = 0; n < words.length; n += 4) {
      this.machine.bus.write(words[n] ?? 0, words[n + 1] ?? 0, words[n + 2]);
    }
    return OK;
  }

  private begin({ data }: Request): Outcome {
    if (data.length !== 16) return fail(STUB_ERROR.badLength);
    const [size = 0, , , address = 0] = wordsOf(data);
    this.upload = { address, end: address + size };
    this.segments.push({ start: address, sizeBytes: 0 });
    return OK;
  }

  private take(request: Request): Outcome {
    const payload = blockOf(request);
    if (typeof payload === 'number') return fail(payload);
    const { upload } = this;
    const segment = this.segments.at(-1);
    if (upload === undefined || segment === undefined) return fail(STUB_ERROR.notInFlashMode);
    if (upload.address + payload.length > upload.end) return fail(STUB_ERROR.notInFlashMode);
    this.machine.bus.load(upload.address, payload);
    upload.address += payload.length;
    segment.sizeBytes += payload.length;
    return OK;
  }

  private end({ data }: Request): Outcome {
    if (data.length !== 8) return fail(STUB_ERROR.badLength);
    if (this.upload === undefined) return fail(STUB_ERROR.notInFlashMode);
    this.upload = undefined;
    if (wordAt(data, 0) !== 0) return OK;
    const next = this.launch(this.machine, wordAt(data, 1), this.segments);
    return next === undefined ? OK : { next };
  }
}
