// READ_REG, WRITE_REG and the MEM_* upload: the same in ROM and stub but for the numbers of their errors.
import type { Machine } from '../machine.js';
import { decodeDataBlock, OP, wordsOf, type Request } from '../packet.js';
import type { Next } from '../steps.js';
import { atOnce, fail, OK, type Handler, type Outcome } from './outcome.js';

/** Error numbers of one firmware for the same mistakes. */
export interface MemoryErrors {
  /** A request of the wrong length. */
  readonly badLength: number;
  readonly badChecksum: number;
  /** A WRITE_REG whose last group is not whole. */
  readonly cutGroup: number;
  /** MEM_DATA or MEM_END outside an upload, or past its end. */
  readonly notLoading: number;
}

/** Bytes of one WRITE_REG group: address, value, mask, delay in µs. */
const GROUP_BYTES = 16;

interface Upload {
  address: number;
  readonly end: number;
}

/** A piece of RAM that an upload filled. */
export interface Segment {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** Makes the program that an upload into RAM holds; undefined where none may start. */
export type RamLauncher = (machine: Machine, entry: number, segments: readonly Segment[]) => Next | undefined;

export class MemoryCommands {
  private upload: Upload | undefined;
  private readonly segments: { start: number; bytes: number[] }[] = [];

  /** @param start gives what runs at an entry point, from all that was uploaded. */
  constructor(
    private readonly machine: Machine,
    private readonly errors: MemoryErrors,
    private readonly start: (entry: number, segments: readonly Segment[]) => Next | undefined,
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
    if (data.length !== 4) return fail(this.errors.badLength);
    return { value: this.machine.bus.read(wordsOf(data)[0] ?? 0) };
  }

  private writeRegisters({ data }: Request): Outcome {
    if (data.length === 0 || data.length % GROUP_BYTES !== 0) return fail(this.errors.cutGroup);
    const words = wordsOf(data);
    for (let n = 0; n < words.length; n += 4) {
      this.machine.bus.write(words[n] ?? 0, words[n + 1] ?? 0, words[n + 2]);
    }
    return OK;
  }

  private begin({ data }: Request): Outcome {
    if (data.length !== 16) return fail(this.errors.badLength);
    const [size = 0, , , address = 0] = wordsOf(data);
    this.upload = { address, end: address + size };
    this.segments.push({ start: address, bytes: [] });
    return OK;
  }

  private take(request: Request): Outcome {
    const block = decodeDataBlock(request);
    if (block === undefined || !block.lengthMatches) return fail(this.errors.badLength);
    if (!block.checksumMatches) return fail(this.errors.badChecksum);
    const { upload } = this;
    const segment = this.segments.at(-1);
    if (upload === undefined || segment === undefined) return fail(this.errors.notLoading);
    if (upload.address + block.payload.length > upload.end) return fail(this.errors.notLoading);
    this.machine.bus.load(upload.address, block.payload);
    upload.address += block.payload.length;
    for (const byte of block.payload) segment.bytes.push(byte);
    return OK;
  }

  private end({ data }: Request): Outcome {
    if (data.length !== 8) return fail(this.errors.badLength);
    if (this.upload === undefined) return fail(this.errors.notLoading);
    this.upload = undefined;
    const [stay = 0, entry = 0] = wordsOf(data);
    if (stay !== 0) return OK;
    const next = this.start(entry, this.uploaded());
    return next === undefined ? OK : { next };
  }

  /** All that was uploaded since the reset. */
  uploaded(): Segment[] {
    return this.segments.map(({ start, bytes }) => ({ start, bytes: Uint8Array.from(bytes) }));
  }
}
