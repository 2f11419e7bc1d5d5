// Talks with a loader (ROM or stub) over a link: which commands go out together, and what is done when an answer is missing.
import { isEspmintError } from '../../core/errors/index.js';
import {
  Conversation,
  DEFAULT_TIMEOUT_MS,
  type Answer,
  type SyncOptions,
  SYNC_TIMEOUT_MS,
} from './conversation.js';
import type { NoiseLog } from './frame-channel.js';
import {
  queued,
  registerRead,
  registerWrite,
  type Command,
  type RegisterWrite,
  batchesOf,
} from './request.js';
import { encodeFrame } from './slip.js';
import type { Link } from '../link/transport.js';
import { Deadline } from '../wait.js';

export type { Answer } from './conversation.js';

/** Tries to find the loader again after a reply was lost. */
const RESYNC_TRIES = 5;
/** The same after a change of the rate, where a lost reply is no error of the link yet. */
const SETTLE_TRIES = 2;
/** Tries of a command that may be repeated safely. */
const REPEAT_TRIES = 3;

export class Loader {
  readonly link: Link;
  /** How often `repeat` asks in all. 1 where a lost reply should rather lower the baud rate. */
  repeatTries = REPEAT_TRIES;
  /** Whether a request or an answer was ever lost or damaged. */
  hasErred = false;
  /** Whether a command that only prepares something may stand in front of others; see `sendBehind`. */
  takesHarmless = true;
  readonly #conversation: Conversation;
  #canSendAhead = true;
  #waiting: readonly Command[] = [];

  constructor(link: Link, signal?: AbortSignal) {
    this.link = link;
    this.#conversation = new Conversation(link, signal);
  }

  /** A stub answers with other lengths, and knows more commands, than a ROM. */
  get isStub(): boolean {
    return this.#conversation.isStub;
  }
  set isStub(isStub: boolean) {
    this.#conversation.isStub = isStub;
  }
  /** The least time that a round trip took beyond its bytes: what the adapter and the host add. */
  get latencyMs(): number {
    return this.#conversation.latencyMs;
  }
  /** Commands sent so far that may change the flash: what is asked at one count is asked of one content. */
  get changeCount(): number {
    return this.#conversation.changeCount;
  }
  /** Ends every wait: that of the operation in progress. */
  get signal(): AbortSignal | undefined {
    return this.#conversation.channel.signal;
  }
  set signal(signal: AbortSignal | undefined) {
    this.#conversation.channel.signal = signal;
  }
  /** What came in and was no frame: boot text, for error messages. */
  get noise(): NoiseLog {
    return this.#conversation.channel.noise;
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
    const waiting = this.#waiting;
    const answers: Answer[] = [];
    for (const batch of this.#batches([...waiting, ...commands]))
      answers.push(...(await this.#conversation.exchange(batch)));
    this.#waiting = [];
    return answers.slice(waiting.length);
  }

  /** As `send`, with another right before it that does no harm. A loader that refuses that one is not given it again. */
  async sendBehind(harmless: Command, command: Command): Promise<void> {
    if (!this.takesHarmless) return void (await this.send(command));
    try {
      await this.sendAll([harmless, command]);
    } catch (error) {
      if (!isEspmintError(error, 'LOADER_REFUSED') || error.details.what !== harmless.what) throw error;
      this.takesHarmless = false;
      await this.send(command);
    }
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

  /** One SYNC. False when nobody answered in time. */
  async sync(timeoutMs = SYNC_TIMEOUT_MS, options: SyncOptions = {}): Promise<boolean> {
    return this.#conversation.sync(timeoutMs, options);
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

  /** To be called when the rate was changed: the first answers at a new one may be lost without that being an error. */
  rateChanged(): void {
    this.forgetInput();
    this.#conversation.isUnsettled = true;
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
    await this.#conversation.channel.write(encodeFrame(payload), new Deadline(timeoutMs), what);
  }

  /** The next frame of any kind. */
  async readFrame(timeoutMs: number, what: string): Promise<Uint8Array> {
    return this.#conversation.channel.readFrame(new Deadline(timeoutMs), what);
  }

  /** Forgets what has come in, in the link and here. */
  forgetInput(): void {
    this.#conversation.forgetInput();
  }

  /** A stub holds two frames; a third would be lost. */
  #batches(commands: readonly Command[]): readonly (readonly Command[])[] {
    if (!this.#canSendAhead || this.isStub) return commands.map((command) => [command]);
    return batchesOf(commands, queued);
  }

  async #repeatBatch(batch: readonly Command[]): Promise<readonly Answer[]> {
    if (batch.length === 1 || !this.#canSendAhead) return this.#oneByOne(batch);
    try {
      return await this.#conversation.exchange(batch);
    } catch (error) {
      if (!isEspmintError(error, 'LINK_TIMEOUT') && !isEspmintError(error, 'LOADER_REFUSED')) throw error;
      const isAtNewRate = this.#conversation.isUnsettled;
      if (await this.#settle()) return this.#repeatBatch(batch);
      // Nothing was ever heard at this rate, and there is a lower one.
      if (isAtNewRate && this.repeatTries === 1) throw error;
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
        const [answer] = await this.#conversation.exchange([
          { ...command, timeoutMs: firstMs * 2 ** (tries - 1) },
        ]);
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

  /** Where the first answers at a new rate were lost: true when the loader answers there now. */
  async #settle(): Promise<boolean> {
    if (!this.#conversation.isUnsettled) return false;
    this.#conversation.isUnsettled = false;
    return this.#findAgain(SETTLE_TRIES);
  }

  async #findAgain(maxTries: number): Promise<boolean> {
    for (let tries = 0; tries < maxTries; tries++) {
      await this.#conversation.drain();
      if (await this.sync(this.#conversation.lateness.patienceMs, { extraDelimiter: tries % 2 === 1 })) {
        await this.#conversation.drain();
        return true;
      }
      this.#conversation.lateness.noteSilence();
    }
    return false;
  }
}

/** Of an empty batch: never read. */
export const NO_ANSWER: Answer = { value: 0, data: new Uint8Array(0) };

/** Whether the loader lacks a command, rather than that the command failed. */
export function isLacking(error: unknown): boolean {
  return isEspmintError(error, 'LOADER_REFUSED') && error.details.unsupported;
}
