// The ROM loader of an ESP32 family chip: what answers when the chip starts with IO0 low.
import { readField } from '../../core/chips/index.js';
import type { Machine } from '../machine.js';
import { OP, wordAt, type Request } from '../packet.js';
import { SlipDecoder } from '../slip.js';
import { receive, send, setBaud, type Firmware, type Next, type Steps } from '../steps.js';
import { answerOf, atOnce, type Handler, type Outcome } from './outcome.js';
import { launchAnyway, launchFromRam } from './ram-programs.js';
import { ROM_ERROR } from './errors.js';
import { RomFlash } from './rom-flash.js';
import { ReplyBuffer, RequestBuffer, ROM_BUFFER_BYTES } from './rom-memory.js';
import { RomMemoryCommands } from './rom-memory-commands.js';
import { Transfer } from './rom-transfer.js';
import { secureDownloadAllows, securityInfo } from './security.js';

/** A reply under the op code of SYNC goes out eight times, whatever it answers. */
const SYNC_COPIES = 8;
/** Sent behind the reply before the UART changes or the chip restarts. */
const FLUSH = Uint8Array.of(0xc0, 0xc0);
/** With a rate of 0 as the host asks for it the divider is the largest there is. */
const LOST_BAUD = 610;
/** Data bytes of the commands that have any, also when they fail. */
const DATA_BYTES: Readonly<Record<number, number>> = { [OP.SPI_FLASH_MD5]: 32, [OP.READ_FLASH_SLOW]: 64 };

/** `rom_spiflash_legacy_funcs.read` of the ESP32-S3's ROM. */
const S3_FLASH_READ_POINTER = 0x3fce_f688;

export class RomLoader implements Firmware {
  readonly decoder = new SlipDecoder({ maxFrameBytes: ROM_BUFFER_BYTES, delimiters: 'shared' });
  readonly frameBuffers = Infinity;
  private readonly handlers: ReadonlyMap<number, Handler>;
  private readonly memory: RomMemoryCommands;
  private readonly received = new RequestBuffer();
  private readonly reply = new ReplyBuffer();
  /** Of the last reply; commands that find nothing wrong do not all clear it. */
  private error = 0;

  constructor(private readonly machine: Machine) {
    const transfer = new Transfer();
    this.memory = new RomMemoryCommands(machine, transfer, launchFromRam);
    this.handlers = new Map([
      ...this.memory.handlers(),
      ...new RomFlash(machine, transfer).handlers(),
      [OP.SYNC, atOnce(({ data }) => ({ value: wordAt(data, 0) }))],
      [OP.CHANGE_BAUDRATE, atOnce((request) => this.changeBaud(request))],
      [OP.GET_SECURITY_INFO, atOnce(() => ({ data: securityInfo(this.machine), keepsError: true }))],
    ]);
  }

  *run(): Steps<Next> {
    for (;;) {
      const request = this.received.take(yield receive);
      const next = yield* this.answer(request);
      if (next !== undefined) return next;
    }
  }

  private *answer(request: ReturnType<RequestBuffer['take']>): Steps<Next | undefined> {
    const handler = request.direction === 0 ? this.handlerOf(request.op) : undefined;
    const hijacked = handler === undefined ? undefined : this.hijackedRead(request.op);
    if (hijacked !== undefined) return hijacked;
    const outcome = yield* answerOf(request, this.machine.sabotage, ROM_ERROR.flashWrite, () =>
      handler === undefined ? refusal() : handler(request),
    );
    if (outcome === undefined) return undefined;
    yield* this.send(handler === undefined ? undefined : request.op, outcome);
    if (outcome.after !== undefined) yield outcome.after;
    return outcome.next === 'run' && this.machine.identity.security.secureDownload ? 'reset' : outcome.next;
  }

  /** What the command does not tell stays as it was; an unknown one is answered under the last one's op code. */
  private *send(op: number | undefined, { value, data, error = 0, keepsError, ...then }: Outcome): Steps {
    const { reply } = this;
    if (op !== undefined) reply.op = op;
    if (value !== undefined) reply.value = value;
    if (data !== undefined) reply.data = data;
    if (keepsError !== true) this.error = error;
    const bytes = reply.encode(op === undefined ? 0 : this.dataBytesOf(op), error !== 0, this.error);
    for (let n = 0; n < (reply.op === OP.SYNC ? SYNC_COPIES : 1); n += 1) yield send(bytes);
    if (then.after !== undefined || then.next === 'reset') yield send(FLUSH);
  }

  private dataBytesOf(op: number): number {
    return op === OP.GET_SECURITY_INFO ? this.machine.spec.rom.securityInfoBytes : (DATA_BYTES[op] ?? 0);
  }

  private handlerOf(op: number): Handler | undefined {
    const { spec, identity } = this.machine;
    if (op === OP.GET_SECURITY_INFO && spec.rom.securityInfoBytes === 0) return undefined;
    const isServed = !identity.security.secureDownload || secureDownloadAllows(op, spec);
    return isServed ? this.handlers.get(op) : undefined;
  }

  /**
   * The ESP32-S3's ROM does not start programs from RAM while secure boot is on; loaders turn its pointer to the flash
   * read function to their program, and ask for a read. There is no reply but the program's own.
   */
  private hijackedRead(op: number): Next | undefined {
    if (op !== OP.READ_FLASH_SLOW || this.machine.spec.name !== 'esp32s3') return undefined;
    const entry = this.machine.bus.read(S3_FLASH_READ_POINTER);
    return entry === 0 ? undefined : launchAnyway(this.machine, entry, this.memory.segments);
  }

  /**
   * Answered at the old rate. The ROM scales by the crystal that it believes in; see `actualBaud`. With a second word
   * whose low byte is not 0 the first is the divider itself.
   */
  private changeBaud({ data }: Request): Outcome {
    const wanted = wordAt(data, 0);
    if (wanted === 0) return { after: setBaud(LOST_BAUD) };
    const isDivider = (data[4] ?? 0) !== 0;
    const baud = isDivider
      ? (16 * this.machine.identity.crystalMhz * 1e6) / wanted
      : actualBaud(this.machine, wanted);
    return { after: setBaud(baud) };
  }
}

function* refusal(): Steps<Outcome> {
  return { error: ROM_ERROR.badMessage };
}

/** Hz per step of the ESP32 ROM's calibration value: crystal = value * 15,625 Hz * (RTC clock in MHz / 40). */
const CALIBRATION_HZ = 15_625;
const RTC_CLOCK_MHZ = 40;

/** Bits per second on the wire after CHANGE_BAUDRATE with `wanted`. */
function actualBaud({ spec, bus, identity }: Machine, wanted: number): number {
  const { baud } = spec.rom;
  if (baud.kind === 'none') return wanted;
  return (wanted * identity.crystalMhz * 1e6) / believedHz();

  function believedHz(): number {
    if (baud.kind === 'assumes') return baud.assumedMhz * 1e6;
    if (baud.kind === 'register') return readField(baud.assumedMhz, bus.read) * 1e6;
    if (baud.kind === 'none') return identity.crystalMhz * 1e6;
    const clock = readField(baud.rtcClock, bus.read) / RTC_CLOCK_MHZ;
    return readField(baud.calibration, bus.read) * CALIBRATION_HZ * clock;
  }
}
