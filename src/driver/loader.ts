// One conversation with a loader (ROM or stub) over a link: a command out, its reply in, one at a time.
import { concatBytes } from '@noble/hashes/utils.js';
import { EspmintError, isEspmintError } from '../core/errors/index.js';
import {
  OP,
  SYNC_DATA,
  decodeReply,
  encodeRequest,
  isUnsupported,
  meaningOf,
  splitBody,
  words,
  type Op,
  type Reply,
} from './command.js';
import { FrameReader, encodeFrame } from './slip.js';
import { batchesOf } from './send-ahead.js';
import { NoiseLog } from './noise-log.js';
import type { Link } from './transport.js';
import { Deadline } from './wait.js';

/** Most commands are answered at once; what takes longer says so itself. */
export const DEFAULT_TIMEOUT_MS = 3_000;
const REGISTER_TIMEOUT_MS = 1_000;
/** Of reading one: request and reply, ten bits a byte. */
const REGISTER_WIRE_BYTES = 28;
const SYNC_TIMEOUT_MS = 100;
/** Tries to find the loader again after a reply was lost. */
const RESYNC_TRIES = 8;
/** Tries of a command that may be repeated safely. */
const REPEAT_TRIES = 3;
/** A ROM repeats its answer to an unknown command; they come back to back, so a short silence ends them. */
const UNKNOWN_COMMAND_QUIET_MS = 50;
const UNKNOWN_COMMAND_DRAIN_MS = 400;
/** SYNC is answered by eight frames: a stub's all have value 0, a ROM's never. */
const SYNC_REPLIES = 8;

export interface Command {
  readonly op: Op;
  readonly data: Uint8Array;
  /** Of a data block. */
  readonly checksum?: number;
  /** Bytes of data that the reply may carry before its status; none when absent. */
  readonly replyBytes?: readonly number[];
  readonly timeoutMs?: number;
  /** For error messages: "the MD5 of 0x9000". */
  readonly what: string;
}

export interface RegisterWrite {
  readonly address: number;
  readonly value: number;
  /** Bits to change; all when absent. */
  readonly mask?: number;
  /** Microseconds. Loaders differ in whether they wait before or after the write. */
  readonly delayUs?: number;
}

/** What a command that was carried out gave. */
export interface Answer {
  /** The word of the reply's header. */
  readonly value: number;
  readonly data: Uint8Array;
}

export class Loader {
  readonly link: Link;
  /** Ends every wait: that of the operation in progress. */
  signal: AbortSignal | undefined;
  /** A stub answers with other lengths, and knows more commands, than a ROM. */
  isStub = false;
  /** How often `repeat` asks in all. 1 where a lost reply should rather lower the baud rate. */
  repeatTries = REPEAT_TRIES;
  /** The least time that a round trip took beyond its bytes: what the adapter and the host add. */
  latencyMs = Infinity;
  /** Whether a request or an answer was ever lost or damaged. */
  hasErred = false;
  /** What came in and was no frame: boot text, for error messages. */
  readonly noise = new NoiseLog();
  readonly #frames = new FrameReader();
  #canSendAhead = true;

  constructor(link: Link, signal?: AbortSignal) {
    this.link = link;
    this.signal = signal;
  }

  /**
   * Sends a command once and waits for its reply.
   * @throws LINK_TIMEOUT, LINK_CLOSED, CANCELLED, LOADER_REFUSED (the loader says no; `unsupported` tells a lack from a
   * failure).
   */
  async send(command: Command): Promise<Answer> {
    const { what } = command;
    const deadline = new Deadline(command.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    this.forgetInput();
    await this.#write(frameOf(command), deadline, what);
    return this.#readAnswer(command, deadline);
  }

  /**
   * Several commands that do no harm when they are carried out twice, sent in one go as far as a UART's buffer takes
   * them: a round trip for all. Answers carry nothing that tells them apart but their order, so where one is missing all
   * are asked for again, one by one.
   */
  async repeatAll(commands: readonly Command[]): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    // A stub holds two frames; a third would be lost.
    const isTogether = this.#canSendAhead && !this.isStub;
    for (const batch of isTogether ? batchesOf(commands, lengthOf) : commands.map((command) => [command])) {
      answers.push(...(await this.#repeatBatch(batch)));
    }
    return answers;
  }

  /**
   * As `send`, for a command that does no harm when it is carried out twice: a lost reply is asked for again, and so is
   * a refusal: a request that arrived damaged is refused, and a damaged reply may look like a refusal.
   */
  async repeat(command: Command): Promise<Answer> {
    const firstMs = command.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    let refusals = 0;
    for (let tries = 1; ; tries++) {
      try {
        const answer = await this.send({ ...command, timeoutMs: firstMs * 2 ** (tries - 1) });
        // What is first refused and then carried out was damaged on its way.
        if (refusals > 0) this.hasErred = true;
        return answer;
      } catch (error) {
        if (isEspmintError(error, 'LOADER_REFUSED') && refusals++ === 0) continue;
        if (!isEspmintError(error, 'LINK_TIMEOUT') || tries >= this.repeatTries) throw error;
        await this.resync(error);
      }
    }
  }

  /** One SYNC. False when nobody answered in time. */
  async sync(
    timeoutMs = SYNC_TIMEOUT_MS,
    options: { readonly extraDelimiter?: boolean } = {},
  ): Promise<boolean> {
    const deadline = new Deadline(timeoutMs);
    const what = 'SYNC';
    this.#frames.reset();
    const frame = encodeFrame(encodeRequest(OP.sync, SYNC_DATA));
    const bytes = options.extraDelimiter === true ? Uint8Array.of(0xc0, ...frame) : frame;
    try {
      await this.#write(bytes, deadline, what);
      const first = await this.#readSync(deadline);
      this.isStub = first.value === 0 && (await this.#restIsStub());
      return true;
    } catch (error) {
      this.noise.add(this.#frames.unfinished);
      if (isEspmintError(error, 'LINK_TIMEOUT')) return false;
      throw error;
    }
  }

  /**
   * After a lost reply: finds the loader again, with all late replies behind us. A stub that lost count of its frame
   * delimiters hears again after an extra one, so every other try carries it.
   * @throws `cause` when the loader stays silent.
   */
  async resync(cause: unknown): Promise<void> {
    this.hasErred = true;
    for (let tries = 0; tries < RESYNC_TRIES; tries++) {
      await this.#drain(UNKNOWN_COMMAND_DRAIN_MS, UNKNOWN_COMMAND_QUIET_MS);
      if (await this.sync(2 * SYNC_TIMEOUT_MS, { extraDelimiter: tries % 2 === 1 })) {
        await this.#drain(UNKNOWN_COMMAND_DRAIN_MS, UNKNOWN_COMMAND_QUIET_MS);
        return;
      }
    }
    throw cause;
  }

  /** A register's 32 bits, unsigned. */
  async readRegister(address: number): Promise<number> {
    const started = performance.now();
    const { value } = await this.repeat(registerRead(address));
    const wireMs = (REGISTER_WIRE_BYTES * 10_000) / this.link.baud;
    this.latencyMs = Math.min(this.latencyMs, Math.max(0, performance.now() - started - wireMs));
    return value;
  }

  async readRegisters(addresses: readonly number[]): Promise<readonly number[]> {
    return (await this.repeatAll(addresses.map(registerRead))).map(({ value }) => value);
  }

  /** Several registers in one command, in order. */
  async writeRegisters(writes: readonly RegisterWrite[]): Promise<void> {
    const groups = writes.flatMap(({ address, value, mask = 0xffff_ffff, delayUs = 0 }) => [
      address,
      value,
      mask,
      delayUs,
    ]);
    await this.send({ op: OP.writeRegister, data: words(...groups), what: 'writing registers' });
  }

  /** Raw bytes to the link: acknowledgements of a flash read. */
  async sendRaw(payload: Uint8Array, timeoutMs: number, what: string): Promise<void> {
    await this.#write(encodeFrame(payload), new Deadline(timeoutMs), what);
  }

  /** The next frame of any kind. */
  async readFrame(timeoutMs: number, what: string): Promise<Uint8Array> {
    return this.#readFrame(new Deadline(timeoutMs), what);
  }

  /** Forgets what has come in, in the link and here. */
  forgetInput(): void {
    this.link.discardInput();
    this.#frames.reset();
  }

  async #repeatBatch(batch: readonly Command[]): Promise<readonly Answer[]> {
    const [first, ...more] = batch;
    if (first === undefined) return [];
    if (more.length === 0 || !this.#canSendAhead) return this.#oneByOne(batch);
    try {
      return await this.#sendTogether(first, batch);
    } catch (error) {
      if (!isEspmintError(error, 'LINK_TIMEOUT') && !isEspmintError(error, 'LOADER_REFUSED')) throw error;
      this.#canSendAhead = false;
      await this.resync(error);
      return this.#oneByOne(batch);
    }
  }

  async #sendTogether(first: Command, batch: readonly Command[]): Promise<readonly Answer[]> {
    const deadline = new Deadline(first.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    this.forgetInput();
    await this.#write(concatBytes(...batch.map(frameOf)), deadline, first.what);
    const answers: Answer[] = [];
    for (const command of batch) answers.push(await this.#readAnswer(command, deadline));
    return answers;
  }

  async #oneByOne(batch: readonly Command[]): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (const command of batch) answers.push(await this.repeat(command));
    return answers;
  }

  async #readAnswer({ op, what, replyBytes = [0] }: Command, deadline: Deadline): Promise<Answer> {
    for (;;) {
      const reply = await this.#readReply(deadline, what);
      const outcome = splitBody(reply.body, reply.op === op ? replyBytes : [0]);
      if (outcome === undefined) continue;
      if (outcome.ok) {
        // A good reply to something else is a late one: of a SYNC that was sent twice, of a command that timed out.
        if (reply.op !== op) continue;
        return { value: reply.value, data: outcome.data };
      }
      const unsupported = isUnsupported(outcome.code);
      // A ROM answers an unknown command under another code, eight times.
      if (unsupported) await this.#drain(UNKNOWN_COMMAND_DRAIN_MS, UNKNOWN_COMMAND_QUIET_MS);
      else if (reply.op !== op) continue;
      throw this.#refusal(what, outcome.code, unsupported);
    }
  }

  async #readSync(deadline: Deadline): Promise<Reply> {
    for (;;) {
      const reply = await this.#readReply(deadline, 'SYNC');
      if (reply.op === OP.sync) return reply;
    }
  }

  async #restIsStub(): Promise<boolean> {
    const deadline = new Deadline(SYNC_TIMEOUT_MS);
    try {
      for (let count = 1; count < SYNC_REPLIES; count++) {
        if ((await this.#readSync(deadline)).value !== 0) return false;
      }
    } catch (error) {
      if (!isEspmintError(error, 'LINK_TIMEOUT')) throw error;
    }
    return true;
  }

  async #readReply(deadline: Deadline, what: string): Promise<Reply> {
    for (;;) {
      const frame = await this.#readFrame(deadline, what);
      const reply = decodeReply(frame);
      if (reply !== undefined) return reply;
      this.noise.add(frame);
    }
  }

  async #readFrame(deadline: Deadline, what: string): Promise<Uint8Array> {
    for (;;) {
      const frame = this.#frames.next();
      if (frame !== undefined) return frame;
      const timeoutMs = deadline.remainingMs;
      if (timeoutMs === 0) throw this.#timeout(deadline, what);
      this.#frames.push(
        await this.#named(deadline, what, () => this.link.read({ timeoutMs, signal: this.signal })),
      );
    }
  }

  async #write(bytes: Uint8Array, deadline: Deadline, what: string): Promise<void> {
    const wait = { timeoutMs: deadline.remainingMs, signal: this.signal };
    await this.#named(deadline, what, () => this.link.write(bytes, wait));
  }

  /** Reads until the line is quiet. */
  async #drain(timeoutMs: number, quietMs: number): Promise<void> {
    const deadline = new Deadline(timeoutMs);
    try {
      while (!deadline.passed) await this.link.read({ timeoutMs: quietMs, signal: this.signal });
    } catch (error) {
      if (!isEspmintError(error, 'LINK_TIMEOUT')) throw error;
    }
    this.forgetInput();
  }

  /** Puts the command's name on a time-out of the link. */
  async #named<T>(deadline: Deadline, what: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw isEspmintError(error, 'LINK_TIMEOUT') ? this.#timeout(deadline, what) : error;
    }
  }

  #timeout({ timeoutMs }: Deadline, what: string): EspmintError<'LINK_TIMEOUT'> {
    return new EspmintError('LINK_TIMEOUT', { port: this.link.address, what, timeoutMs });
  }

  #refusal(what: string, code: number, unsupported: boolean): EspmintError<'LOADER_REFUSED'> {
    const details = { port: this.link.address, what, code, meaning: meaningOf(code), unsupported };
    return new EspmintError('LOADER_REFUSED', details);
  }
}

const frameOf = ({ op, data, checksum }: Command): Uint8Array =>
  encodeFrame(encodeRequest(op, data, checksum));
const lengthOf = (command: Command): number => frameOf(command).length;

function registerRead(address: number): Command {
  const what = `reading register 0x${address.toString(16)}`;
  return { op: OP.readRegister, data: words(address), timeoutMs: REGISTER_TIMEOUT_MS, what };
}

/** Whether the loader lacks a command, rather than that the command failed. */
export function isLacking(error: unknown): boolean {
  return isEspmintError(error, 'LOADER_REFUSED') && error.details.unsupported;
}
