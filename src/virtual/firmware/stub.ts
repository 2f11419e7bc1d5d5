// The flasher stub that hosts upload into RAM: its own reading of the protocol, from observed behaviour.
import type { Machine } from '../machine.js';
import { decodeRequest, encodeReply, OP, wordsOf, type Request } from '../packet.js';
import { encodeSlip, SlipDecoder } from '../slip.js';
import { receive, send, setBaud, type Firmware, type Next, type Steps } from '../steps.js';
import { answerOf, atOnce, fail, type Handler, type Outcome } from './outcome.js';
import { securityInfo } from './security.js';
import { STUB_ERROR } from './errors.js';
import { StubFlash } from './stub-flash.js';
import { StubMemory, type RamLauncher } from './stub-memory.js';

/** A 16 KB block with its headers. */
const MAX_FRAME_BYTES = 0x4000 + 24;
/** One frame is worked on while the next comes in; there is no flow control for a third. */
const FRAME_BUFFERS = 2;
const GREETING = 'OHAI';
const SYNC_REPLIES = 8;
/** Tells a host that a stub runs: a ROM never answers SYNC with 0. */
const STUB_VALUE = 0;

export class Stub implements Firmware {
  readonly decoder = new SlipDecoder({ maxFrameBytes: MAX_FRAME_BYTES, delimiters: 'strict' });
  readonly frameBuffers = FRAME_BUFFERS;
  private readonly handlers: ReadonlyMap<number, Handler>;
  /** What went wrong after the last acknowledgement; the next command gets it instead of being carried out. */
  private pendingError = 0;

  constructor(
    private readonly machine: Machine,
    launch: RamLauncher,
  ) {
    this.handlers = new Map([
      ...new StubMemory(machine, launch).handlers(),
      ...new StubFlash(machine).handlers(),
      [OP.CHANGE_BAUDRATE, atOnce(changeBaud)],
      [OP.GET_SECURITY_INFO, atOnce(() => this.securityInfo())],
    ]);
  }

  *run(): Steps<Next> {
    yield send(encodeSlip(new TextEncoder().encode(GREETING)));
    for (;;) {
      const frame = yield receive;
      const request = decodeRequest(frame);
      if (request === undefined) {
        // A frame that runs the other way is answered, one that is too short to tell is not.
        if (frame.length >= 8) yield send(replyTo(frame[1] ?? 0, fail(STUB_ERROR.invalidCommand)));
        continue;
      }
      const next = yield* this.answer(request);
      if (next !== undefined) return next;
    }
  }

  private *answer(request: Request): Steps<Next | undefined> {
    if (request.op === OP.RUN_USER_CODE) return 'run';
    const outcome = yield* answerOf(request, this.machine.sabotage, STUB_ERROR.spiOperation, () =>
      this.outcomeOf(request),
    );
    if (outcome === undefined) return undefined;
    for (let n = 0; n < (outcome.copies ?? 1); n += 1) yield send(replyTo(request.op, outcome));
    if (outcome.work !== undefined) this.pendingError = yield* outcome.work;
    if (outcome.after !== undefined) yield outcome.after;
    return outcome.next;
  }

  private *outcomeOf(request: Request): Steps<Outcome> {
    const { pendingError } = this;
    this.pendingError = 0;
    if (pendingError !== 0) return fail(pendingError);
    if (request.length !== request.data.length) return fail(STUB_ERROR.badLength);
    if (request.op === OP.SYNC) return { copies: SYNC_REPLIES };
    const handler = this.handlers.get(request.op);
    return handler === undefined ? fail(STUB_ERROR.invalidCommand) : yield* handler(request);
  }

  private securityInfo(): Outcome {
    if (this.machine.spec.rom.securityInfoBytes === 0) return fail(STUB_ERROR.notImplemented);
    return { data: securityInfo(this.machine) };
  }
}

/** New rate and the rate in force; the stub knows its clock, so nothing is scaled. */
function changeBaud({ data }: Request): Outcome {
  const [wanted = 0] = wordsOf(data);
  if (data.length !== 8 || wanted === 0) return fail(STUB_ERROR.badLength);
  return { after: setBaud(wanted) };
}

function replyTo(
  op: number,
  { value = STUB_VALUE, data = new Uint8Array(0), error = 0 }: Outcome,
): Uint8Array {
  const status = Uint8Array.of(error >>> 8, error & 0xff);
  return encodeReply(op, value, error === 0 ? data : new Uint8Array(0), status);
}
