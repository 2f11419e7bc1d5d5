// Registers and RAM by the ROM loader: READ_REG, WRITE_REG and the MEM_* upload.
import type { Machine } from '../machine.js';
import { OP, wordAt, type Request } from '../packet.js';
import { atOnce, fail, OK, type Handler, type Outcome } from './outcome.js';
import { ROM_ERROR } from './errors.js';
import { fitsBlock, type Transfer } from './rom-transfer.js';
import type { RamLauncher, Segment } from './stub-memory.js';

/** Bytes of one WRITE_REG group: address, value, mask, delay in µs. */
const GROUP_BYTES = 16;
const BEGIN_BYTES = 16;
const END_BYTES = 8;

export class RomMemoryCommands {
  /** All that was uploaded since the reset. */
  readonly segments: Segment[] = [];

  constructor(
    private readonly machine: Machine,
    private readonly transfer: Transfer,
    private readonly launch: RamLauncher,
  ) {}

  handlers(): [number, Handler][] {
    return [
      [OP.READ_REG, atOnce(({ data }) => ({ value: this.machine.bus.read(wordAt(data, 0)) }))],
      [OP.WRITE_REG, atOnce((request) => this.writeRegisters(request))],
      [OP.MEM_BEGIN, atOnce((request) => this.begin(request))],
      [OP.MEM_DATA, atOnce((request) => this.take(request))],
      [OP.MEM_END, atOnce((request) => this.end(request))],
    ];
  }

  /** As many groups as are whole. */
  private writeRegisters({ data, length }: Request): Outcome {
    const size = Math.min(length, data.length);
    for (let at = 0; at < 4 * Math.floor(size / GROUP_BYTES); at += 4) {
      this.machine.bus.write(wordAt(data, at), wordAt(data, at + 1), wordAt(data, at + 2));
    }
    return OK;
  }

  private begin({ data, length }: Request): Outcome {
    const blockBytes = wordAt(data, 2);
    if (length !== BEGIN_BYTES || !fitsBlock(blockBytes)) return fail(ROM_ERROR.badMessage);
    const address = wordAt(data, 3);
    const [sizeBytes, blocks] = [wordAt(data, 0), wordAt(data, 1)];
    this.transfer.start({ sizeBytes, blocks, blockBytes, address, encrypts: this.transfer.encrypts });
    this.segments.push({ start: address, sizeBytes: 0 });
    return KEEPS_ERROR;
  }

  private take(request: Request): Outcome {
    const payload = this.transfer.accept(request, false);
    if (typeof payload === 'number') return fail(payload);
    this.machine.bus.load(this.transfer.address, payload);
    this.transfer.advance(payload.length);
    const segment = this.segments.at(-1);
    if (segment !== undefined) segment.sizeBytes += payload.length;
    return KEEPS_ERROR;
  }

  /** No upload is needed before: what stands at the entry point is run. Without one, the application in flash is. */
  private end({ data, length }: Request): Outcome {
    if (length > END_BYTES) return fail(ROM_ERROR.badMessage);
    const stays = (data[0] ?? 0) !== 0;
    if (stays) return KEEPS_ERROR;
    const entry = wordAt(data, 1);
    const next = entry === 0 ? 'run' : this.launch(this.machine, entry, this.segments);
    return next === undefined ? KEEPS_ERROR : { ...KEEPS_ERROR, next };
  }
}

/** Success of a command that leaves the error byte of the reply as the last one left it. */
export const KEEPS_ERROR: Outcome = { keepsError: true };
