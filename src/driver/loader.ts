// One conversation with a loader (ROM or stub) over a link: commands out, their answers in, in order.
import { concatBytes } from '@noble/hashes/utils.js';
import { EspmintError, isEspmintError } from '../core/errors/index.js';
import { isUnsupported, meaningOf, splitBody } from './command.js';
import { FrameChannel } from './frame-channel.js';
import type { NoiseLog } from './noise-log.js';
import { frameOf, queued, registerRead, registerWrite, type Command, type RegisterWrite } from './request.js';
import { batchesOf } from './send-ahead.js';
import { encodeFrame } from './slip.js';
import { SYNC_TIMEOUT_MS, readSyncReplies, syncFrame } from './sync.js';
import { Lateness } from './lateness.js';
import type { Link } from './transport.js';
import { Deadline } from './wait.js';

/** Most commands are answered at once; what takes longer says so itself. */
export const DEFAULT_TIMEOUT_MS = 3_000;
/** Of a reply without data, escapes not counted. */
const EMPTY_REPLY_BYTES = 14;
/** Tries to find the loader again after a reply was lost. */
const RESYNC_TRIES = 5;
/** The same after a change of the rate, where a lost reply is no error of the link yet. */
const SETTLE_TRIES = 2;
/** Register reads at a new rate: what a slow adapter adds, and no more, before the loader is looked for there. */
const UNSETTLED_TIMEOUT_MS = 150;
/** Tries of a command that may be repeated safely. */
const REPEAT_TRIES = 3;

/** What a command that was carried out gave. */
export interface Answer {
  /** The word of the reply's header. */
  readonly value: number;
  readonly data: Uint8Array;
}

export class Loader {
  readonly link: Link;
  /** A stub answers with other lengths, and knows more commands, than a ROM. */
  isStub = false;
  /** How often `repeat` asks in all. 1 where a lost reply should rather lower the baud rate. */
  repeatTries = REPEAT_TRIES;
  /** The least time that a round trip took beyond its bytes: what the adapter and the host add. */
  latencyMs = Infinity;
  /** Whether a request or an answer was ever lost or damaged. */
  hasErred = false;
  readonly #channel: FrameChannel;
  readonly #lateness = new Lateness();
  #canSendAhead = true;
  /** Whether nothing was answered yet since the rate changed. */
  #isUnsettled = false;
  /** Sent along with the last SYNC, its answer not read yet. */
  #asked: Command | undefined;
  #waiting: readonly Command[] = [];

  constructor(link: Link, signal?: AbortSignal) {
    this.link = link;
    this.#channel = new FrameChannel(link, signal);
  }

  /** Ends every wait: that of the operation in progress. */
  get signal(): AbortSignal | undefined {
    return this.#channel.signal;
  }
  set signal(signal: AbortSignal | undefined) {
    this.#channel.signal = signal;
  }
  /** What came in and was no frame: boot text, for error messages. */
  get noise(): NoiseLog {
    return this.#channel.noise;
  }

  /**
   * Sends a command once and waits for its reply.
   * @throws LINK_TIMEOUT, LINK_CLOSED, CANCELLED, LOADER_REFUSED (the loader says no; `unsupported` tells a lack from a
   * failure).
   */
  async send(command: Command): Promise<Answer> {
    const [answer] = await this.sendAll([command]);
    return answer ?? NO_ANSWER;
  }

  /** As `send`, for several: in one go as far as a UART's buffer takes them. The first that fails ends it. */
  async sendAll(commands: readonly Command[]): Promise<readonly Answer[]> {
    if (this.#waiting.length > 0) await this.repeatAll([]);
    const answers: Answer[] = [];
    for (const batch of this.#batches(commands)) answers.push(...(await this.#exchange(batch)));
    return answers;
  }

  /**
   * Commands that do no harm when they are carried out twice, and that may wait: they go out in front of the next
   * command, where that is possible in one go with it.
   */
  sendLater(...commands: readonly Command[]): void {
    this.#waiting = [...this.#waiting, ...commands];
  }

  /**
   * Several commands that do no harm when they are carried out twice, sent in one go as far as a UART's buffer takes
   * them: a round trip for all. Answers carry nothing that tells them apart but their order, so where one is missing all
   * are asked for again, one by one.
   */
  async repeatAll(commands: readonly Command[]): Promise<readonly Answer[]> {
    const waiting = this.#waiting;
    const answers: Answer[] = [];
    for (const batch of this.#batches([...waiting, ...commands])) {
      answers.push(...(await this.#repeatBatch(batch)));
    }
    this.#waiting = [];
    return answers.slice(waiting.length);
  }

  /**
   * As `send`, for a command that does no harm when it is carried out twice: a lost reply is asked for again, and so is
   * a refusal: a request that arrived damaged is refused, and a damaged reply may look like a refusal.
   */
  async repeat(command: Command): Promise<Answer> {
    const [answer] = await this.repeatAll([command]);
    return answer ?? NO_ANSWER;
  }

  /**
   * One SYNC. False when nobody answered in time.
   * @param options.ask is sent along, for `repeat` to find its answer already on the way.
   */
  async sync(
    timeoutMs = SYNC_TIMEOUT_MS,
    options: { readonly extraDelimiter?: boolean; readonly ask?: Command } = {},
  ): Promise<boolean> {
    const deadline = new Deadline(timeoutMs);
    const { extraDelimiter = false } = options;
    // The answer to a question of an earlier SYNC may still come. It must not be taken for another's.
    const isStrayDue = this.#asked !== undefined;
    const ask = isStrayDue ? undefined : options.ask;
    this.#asked ??= ask;
    this.#channel.beginAfresh();
    const bytes = concatBytes(syncFrame(extraDelimiter), ask === undefined ? NOTHING : frameOf(ask));
    try {
      await this.#channel.write(bytes, deadline, 'SYNC');
      this.isStub = await readSyncReplies(this.#channel, deadline);
      if (isStrayDue) await this.#drain();
      return true;
    } catch (error) {
      this.#channel.giveUp();
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
    if (!(await this.#findAgain(RESYNC_TRIES))) throw cause;
  }

  /** To be told when the rate was changed: the first answers at a new one may be lost without that being an error. */
  rateChanged(): void {
    this.forgetInput();
    this.#isUnsettled = true;
  }

  /** A register's 32 bits, unsigned. */
  async readRegister(address: number): Promise<number> {
    return (await this.repeat(registerRead(address))).value;
  }

  async readRegisters(addresses: readonly number[]): Promise<readonly number[]> {
    return (await this.repeatAll(addresses.map(registerRead))).map(({ value }) => value);
  }

  /** Several registers in one command, in order. */
  async writeRegisters(writes: readonly RegisterWrite[]): Promise<void> {
    await this.send(registerWrite(writes));
  }

  /** Raw bytes to the link: acknowledgements of a flash read. */
  async sendRaw(payload: Uint8Array, timeoutMs: number, what: string): Promise<void> {
    await this.#channel.write(encodeFrame(payload), new Deadline(timeoutMs), what);
  }

  /** The next frame of any kind. */
  async readFrame(timeoutMs: number, what: string): Promise<Uint8Array> {
    return this.#channel.readFrame(new Deadline(timeoutMs), what);
  }

  /** Forgets what has come in, in the link and here. */
  forgetInput(): void {
    this.#asked = undefined;
    this.#channel.forgetInput();
  }

  /** A stub holds two frames; a third would be lost. */
  #batches(commands: readonly Command[]): readonly (readonly Command[])[] {
    if (!this.#canSendAhead || this.isStub) return commands.map((command) => [command]);
    return batchesOf(commands, queued);
  }

  async #repeatBatch(batch: readonly Command[]): Promise<readonly Answer[]> {
    if (batch.length === 1 || !this.#canSendAhead) return this.#oneByOne(batch);
    try {
      return await this.#exchange(batch);
    } catch (error) {
      if (!isEspmintError(error, 'LINK_TIMEOUT') && !isEspmintError(error, 'LOADER_REFUSED')) throw error;
      if (await this.#settle()) return this.#repeatBatch(batch);
      this.#canSendAhead = false;
      await this.resync(error);
      return this.#oneByOne(batch);
    }
  }

  async #oneByOne(batch: readonly Command[]): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (const command of batch) answers.push(await this.#repeatOne(command));
    return answers;
  }

  async #repeatOne(command: Command): Promise<Answer> {
    const firstMs = command.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    let refusals = 0;
    for (let tries = 1; ; tries++) {
      try {
        const [answer] = await this.#exchange([{ ...command, timeoutMs: firstMs * 2 ** (tries - 1) }]);
        // What is first refused and then carried out was damaged on its way.
        if (refusals > 0) this.hasErred = true;
        return answer ?? NO_ANSWER;
      } catch (error) {
        if (isEspmintError(error, 'LOADER_REFUSED') && refusals++ === 0) continue;
        if (!isEspmintError(error, 'LINK_TIMEOUT')) throw error;
        if (await this.#settle()) continue;
        if (tries >= this.repeatTries) throw error;
        await this.resync(error);
      }
    }
  }

  /** Sends them all, then reads their answers. The answer to a question that went out with SYNC is only read. */
  async #exchange(batch: readonly Command[]): Promise<readonly Answer[]> {
    const [first, ...more] = batch;
    if (first === undefined) return [];
    const asked = await this.#answerOfAsked(first);
    if (asked !== undefined) return [asked, ...(await this.#exchange(more))];
    const started = performance.now();
    this.forgetInput();
    const bytes = concatBytes(...batch.map(frameOf));
    await this.#channel.write(bytes, this.#deadlineFor(first), first.what);
    const answers: Answer[] = [];
    try {
      for (const command of batch) answers.push(await this.#readAnswer(command, this.#deadlineFor(command)));
    } catch (error) {
      // Answers of those behind a refused one must not be taken for later ones.
      if (more.length > 0 && isEspmintError(error, 'LOADER_REFUSED')) await this.#drain();
      throw error;
    }
    this.#isUnsettled = false;
    if (batch.every((command) => queued(command).isQuick))
      this.#noteLatency(performance.now() - started, bytes.length, batch.length);
    return answers;
  }

  /** Undefined where it was not asked with SYNC, or went missing: a loader may not hear what follows its first frame. */
  async #answerOfAsked(command: Command): Promise<Answer | undefined> {
    const asked = this.#asked;
    if (asked === undefined) return undefined;
    try {
      if (isSame(frameOf(asked), frameOf(command))) {
        this.#asked = undefined;
        return await this.#readAnswer(command, new Deadline(SYNC_TIMEOUT_MS));
      }
    } catch (error) {
      if (!isEspmintError(error, 'LINK_TIMEOUT')) throw error;
    }
    await this.#drain();
    return undefined;
  }

  /** Counts from the answer before: a command is begun when that is out. */
  #deadlineFor({ timeoutMs = DEFAULT_TIMEOUT_MS }: Command): Deadline {
    return new Deadline(this.#isUnsettled ? Math.min(timeoutMs, UNSETTLED_TIMEOUT_MS) : timeoutMs);
  }

  #noteLatency(elapsedMs: number, sentBytes: number, count: number): void {
    const wireMs = ((sentBytes + EMPTY_REPLY_BYTES) * 10_000) / this.link.baud;
    this.latencyMs = Math.min(this.latencyMs, Math.max(0, elapsedMs - wireMs));
    this.#lateness.noteAnswer(elapsedMs / count);
  }

  /** Where the first answers at a new rate were lost: true when the loader answers there now. */
  async #settle(): Promise<boolean> {
    if (!this.#isUnsettled) return false;
    this.#isUnsettled = false;
    return this.#findAgain(SETTLE_TRIES);
  }

  async #findAgain(maxTries: number): Promise<boolean> {
    for (let tries = 0; tries < maxTries; tries++) {
      await this.#drain();
      if (await this.sync(this.#lateness.patienceMs, { extraDelimiter: tries % 2 === 1 })) {
        await this.#drain();
        return true;
      }
      this.#lateness.noteSilence();
    }
    return false;
  }

  async #readAnswer({ op, what, replyBytes = [0] }: Command, deadline: Deadline): Promise<Answer> {
    for (;;) {
      const reply = await this.#channel.readReply(deadline, what);
      const outcome = splitBody(reply.body, reply.op === op ? replyBytes : [0]);
      if (outcome === undefined) continue;
      if (outcome.ok) {
        // A good reply to something else is a late one: of a SYNC that was sent twice, of a command that timed out.
        if (reply.op !== op) continue;
        return { value: reply.value, data: outcome.data };
      }
      const unsupported = isUnsupported(outcome.code);
      // A ROM answers an unknown command under another code, eight times.
      if (unsupported) await this.#drain();
      else if (reply.op !== op) continue;
      throw this.#refusal(what, outcome.code, unsupported);
    }
  }

  async #drain(): Promise<void> {
    this.#asked = undefined;
    await this.#channel.drain(this.#lateness.drainMs, this.#lateness.quietMs);
  }

  #refusal(what: string, code: number, unsupported: boolean): EspmintError<'LOADER_REFUSED'> {
    const details = { port: this.link.address, what, code, meaning: meaningOf(code), unsupported };
    return new EspmintError('LOADER_REFUSED', details);
  }
}

/** The answer to no command: never read. */
const NOTHING = new Uint8Array(0);
/** Of an empty batch. */
export const NO_ANSWER: Answer = { value: 0, data: NOTHING };

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, index) => byte === other[index]);

/** Whether the loader lacks a command, rather than that the command failed. */
export function isLacking(error: unknown): boolean {
  return isEspmintError(error, 'LOADER_REFUSED') && error.details.unsupported;
}
