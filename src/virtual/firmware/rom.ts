// The ROM loader of an ESP32 family chip: what answers when the chip starts with IO0 low.
import type { Machine } from '../machine.js';
import { decodeRequest, encodeReply, OP, wordsOf, type Request } from '../packet.js';
import { SlipDecoder } from '../slip.js';
import { receive, send, setBaud, type Firmware, type Next, type Steps } from '../steps.js';
import { answerOf } from './answer.js';
import { MemoryCommands } from './memory-commands.js';
import { atOnce, fail, type Handler, type Outcome } from './outcome.js';
import { launchAnyway, launchFromRam } from './ram-programs.js';
import { actualBaud } from './rom-baud.js';
import { ROM_ERROR } from './rom-errors.js';
import { RomFlash } from './rom-flash.js';
import { secureDownloadAllows, securityInfo } from './security.js';

const MAX_FRAME_BYTES = 0x8000;
/** The ROM answers one SYNC eight times, and repeats its refusal of an unknown op code as often. */
const REPEATS = 8;
const SYNC_PATTERN = [0x07, 0x07, 0x12, 0x20, ...new Array<number>(32).fill(0x55)];
/** Value word of all replies that carry none: not 0, which would mark a running stub in a reply to SYNC. */
const ROM_VALUE = 0x2012_0707;
/**
 * Op code of the answer to a request that the ROM does not know. Hosts tell "unknown" from "failed" by its being
 * another one than they sent; what silicon puts there is not documented.
 */
const UNKNOWN_REPLY_OP = 0x00;

/** `rom_spiflash_legacy_funcs.read` of the ESP32-S3's ROM. */
const S3_FLASH_READ_POINTER = 0x3fce_f688;

export class RomLoader implements Firmware {
  readonly decoder = new SlipDecoder({ maxFrameBytes: MAX_FRAME_BYTES, delimiters: 'shared' });
  readonly frameBuffers = Infinity;
  private readonly handlers: ReadonlyMap<number, Handler>;
  private readonly memory: MemoryCommands;

  constructor(private readonly machine: Machine) {
    this.memory = new MemoryCommands(
      machine,
      {
        badLength: ROM_ERROR.badMessage,
        badChecksum: ROM_ERROR.checksum,
        cutGroup: ROM_ERROR.badMessage,
        notLoading: ROM_ERROR.failed,
      },
      (entry, segments) => launchFromRam(machine, entry, segments),
    );
    const flash = new RomFlash(machine);
    this.handlers = new Map([
      ...this.memory.handlers(),
      ...flash.handlers(),
      [OP.CHANGE_BAUDRATE, atOnce((request) => this.changeBaud(request))],
      [OP.GET_SECURITY_INFO, atOnce(() => this.securityInfo())],
    ]);
  }

  *run(): Steps<Next> {
    for (;;) {
      const request = decodeRequest(yield receive);
      if (request === undefined) continue;
      const next = yield* this.answer(request);
      if (next !== undefined) return next;
    }
  }

  private *answer(request: Request): Steps<Next | undefined> {
    const hijacked = this.hijackedRead(request.op);
    if (hijacked !== undefined) return hijacked;
    if (request.op === OP.SYNC && !isSync(request.data)) return undefined;
    const outcome = yield* answerOf(request, this.machine.sabotage, ROM_ERROR.flashWrite, () =>
      this.carryOut(request),
    );
    if (outcome === undefined) return undefined;
    const reply = replyTo(this.isKnown(request.op) ? request.op : UNKNOWN_REPLY_OP, outcome);
    for (let n = 0; n < (outcome.copies ?? 1); n += 1) yield send(reply);
    if (outcome.after !== undefined) yield outcome.after;
    return outcome.next;
  }

  private *carryOut(request: Request): Steps<Outcome> {
    if (request.op === OP.SYNC) return { copies: REPEATS };
    const handler = this.isServed(request.op) ? this.handlers.get(request.op) : undefined;
    if (handler === undefined) return { error: ROM_ERROR.badMessage, copies: REPEATS };
    return request.length === request.data.length ? yield* handler(request) : fail(ROM_ERROR.badMessage);
  }

  private isKnown(op: number): boolean {
    return op === OP.SYNC || (this.isServed(op) && this.handlers.has(op));
  }

  private isServed(op: number): boolean {
    if (op === OP.GET_SECURITY_INFO && this.machine.spec.rom.securityInfoBytes === 0) return false;
    return !this.machine.identity.security.secureDownload || secureDownloadAllows(op, this.machine.spec);
  }

  /**
   * The ESP32-S3's ROM does not start programs from RAM while secure boot is on; loaders turn its pointer to the flash
   * read function to their program, and ask for a read. There is no reply but the program's own.
   */
  private hijackedRead(op: number): Next | undefined {
    if (op !== OP.READ_FLASH_SLOW || this.machine.spec.name !== 'esp32s3') return undefined;
    const entry = this.machine.bus.read(S3_FLASH_READ_POINTER);
    return entry === 0 ? undefined : launchAnyway(this.machine, entry, this.memory.uploaded());
  }

  /** Answered at the old rate. The ROM scales by the crystal that it believes in; see `actualBaud`. */
  private changeBaud({ data }: Request): Outcome {
    if (data.length !== 8) return fail(ROM_ERROR.badMessage);
    const [wanted = 0] = wordsOf(data);
    if (wanted === 0) return fail(ROM_ERROR.badMessage);
    return { after: setBaud(actualBaud(this.machine, wanted)) };
  }

  private securityInfo(): Outcome {
    return { data: securityInfo(this.machine) };
  }
}

function isSync(data: Uint8Array): boolean {
  return data.length === SYNC_PATTERN.length && SYNC_PATTERN.every((byte, n) => data[n] === byte);
}

/** Four bytes; the last two are reserved. */
function statusOf(error: number): Uint8Array {
  return Uint8Array.of(error === 0 ? 0 : 1, error, 0, 0);
}

/** A failed command carries no data, so its status stands first. */
function replyTo(
  op: number,
  { value = ROM_VALUE, data = new Uint8Array(0), error = 0 }: Outcome,
): Uint8Array {
  return encodeReply(op, value, error === 0 ? data : new Uint8Array(0), statusOf(error));
}
