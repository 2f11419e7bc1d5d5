// Requests out and their answers in, in order: one go at a time. What is done when an answer is missing is the loader's.
import { concatBytes } from '@noble/hashes/utils.js';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { OP, type Reply, SYNC_DATA, encodeRequest, isUnsupported, meaningOf, splitBody } from './command.js';
import { FrameChannel } from './frame-channel.js';
import { Lateness } from './lateness.js';
import { type Command, frameOf, mayChangeFlash, queued } from './request.js';
import type { Link } from '../link/transport.js';
import { Deadline } from '../wait.js';
import { FRAME_END, encodeFrame } from './slip.js';

/** Most commands are answered at once; what takes longer says so itself. */
export const DEFAULT_TIMEOUT_MS = 3_000;
/** Of a reply without data, escapes not counted. */
const EMPTY_REPLY_BYTES = 14;
/** Register reads at a new rate: what a slow adapter adds, and no more, before the loader is looked for there. */
const UNSETTLED_TIMEOUT_MS = 150;

/** What a command that was carried out gave. */
export interface Answer {
  /** The word of the reply's header. */
  readonly value: number;
  readonly data: Uint8Array;
}

export interface SyncOptions {
  /** For a stub that lost count of its frame delimiters. */
  readonly extraDelimiter?: boolean;
  /** Are sent along, for `exchange` to find their answers already on the way. */
  readonly ask?: readonly Command[];
}

export class Conversation {
  readonly channel: FrameChannel;
  readonly lateness = new Lateness();
  /** A stub answers with other lengths, and knows more commands, than a ROM. */
  isStub = false;
  /** Whether nothing was answered yet since the rate changed. */
  isUnsettled = false;
  /** The least time that a round trip took beyond its bytes: what the adapter and the host add. */
  latencyMs = Infinity;
  /** Commands sent so far that may change the flash. */
  changeCount = 0;
  /** Sent along with the last SYNC, their answers not read yet. */
  #asked: readonly Command[] | undefined;

  constructor(
    private readonly link: Link,
    signal?: AbortSignal,
  ) {
    this.channel = new FrameChannel(link, signal);
  }

  /** One SYNC. False when nobody answered in time. */
  async sync(timeoutMs: number, options: SyncOptions): Promise<boolean> {
    const deadline = new Deadline(timeoutMs);
    const { extraDelimiter = false } = options;
    // The answer to a question of an earlier SYNC may still come. It must not be taken for another's.
    const isStrayDue = this.#asked !== undefined;
    const ask = isStrayDue ? undefined : options.ask;
    this.#asked ??= ask;
    this.channel.beginAfresh();
    const bytes = concatBytes(syncFrame(extraDelimiter), ...(ask ?? []).map(frameOf));
    try {
      await this.channel.write(bytes, deadline, 'SYNC');
      this.isStub = await readSyncReplies(this.channel, deadline);
      if (isStrayDue) await this.drain();
      return true;
    } catch (error) {
      this.channel.giveUp();
      if (isEspmintError(error, 'LINK_TIMEOUT')) return false;
      throw error;
    }
  }

  /**
   * Sends them all, then reads their answers. The answers to questions that went out with SYNC are only read.
   * @throws LINK_TIMEOUT, LINK_CLOSED, CANCELLED, LOADER_REFUSED (of the first that fails)
   */
  async exchange(batch: readonly Command[]): Promise<readonly Answer[]> {
    const [first, ...more] = batch;
    if (first === undefined) return [];
    const asked = await this.#answersOfAsked(batch);
    if (asked !== undefined) return [...asked, ...(await this.exchange(batch.slice(asked.length)))];
    const started = performance.now();
    this.forgetInput();
    const bytes = concatBytes(...batch.map(frameOf));
    this.changeCount += batch.filter(mayChangeFlash).length;
    await this.channel.write(bytes, this.#deadlineFor(first), first.what);
    const answers: Answer[] = [];
    try {
      for (const command of batch) answers.push(await this.#readAnswer(command, this.#deadlineFor(command)));
    } catch (error) {
      // Answers of those behind a refused one must not be taken for later ones.
      if (more.length > 0 && isEspmintError(error, 'LOADER_REFUSED')) await this.drain();
      throw error;
    }
    this.isUnsettled = false;
    if (batch.every((command) => queued(command).isQuick))
      this.#noteLatency(performance.now() - started, bytes.length, batch.length);
    return answers;
  }

  /** Forgets what has come in, in the link and here. */
  forgetInput(): void {
    this.#asked = undefined;
    this.channel.forgetInput();
  }

  /** Until no late answer can come any more. */
  async drain(): Promise<void> {
    this.#asked = undefined;
    await this.channel.drain(this.lateness.drainMs, this.lateness.quietMs);
  }

  /**
   * Of those that went out with SYNC, where the batch begins with them. Undefined where it does not, or where one went
   * missing: a loader may not hear what follows its first frame.
   */
  async #answersOfAsked(batch: readonly Command[]): Promise<readonly Answer[] | undefined> {
    const asked = this.#asked;
    if (asked === undefined) return undefined;
    const begun = batch.slice(0, asked.length);
    try {
      if (isSame(concatBytes(...asked.map(frameOf)), concatBytes(...begun.map(frameOf)))) {
        this.#asked = undefined;
        const answers: Answer[] = [];
        for (const command of begun)
          answers.push(await this.#readAnswer(command, new Deadline(SYNC_TIMEOUT_MS)));
        return answers;
      }
    } catch (error) {
      if (!isEspmintError(error, 'LINK_TIMEOUT')) throw error;
    }
    await this.drain();
    return undefined;
  }

  /** Counts from the answer before: a command is begun when that is out. */
  #deadlineFor({ timeoutMs = DEFAULT_TIMEOUT_MS }: Command): Deadline {
    return new Deadline(this.isUnsettled ? Math.min(timeoutMs, UNSETTLED_TIMEOUT_MS) : timeoutMs);
  }

  #noteLatency(elapsedMs: number, sentBytes: number, count: number): void {
    const wireMs = ((sentBytes + EMPTY_REPLY_BYTES) * 10_000) / this.link.baud;
    this.latencyMs = Math.min(this.latencyMs, Math.max(0, elapsedMs - wireMs));
    this.lateness.noteAnswer(elapsedMs / count);
  }

  async #readAnswer({ op, what, replyBytes = [0] }: Command, deadline: Deadline): Promise<Answer> {
    for (;;) {
      const reply = await this.channel.readReply(deadline, what);
      const outcome = splitBody(reply.body, reply.op === op ? replyBytes : [0]);
      if (outcome === undefined) continue;
      if (outcome.ok) {
        // A good reply to something else is a late one: of a SYNC that was sent twice, of a command that timed out.
        if (reply.op !== op) continue;
        return { value: reply.value, data: outcome.data };
      }
      const unsupported = isUnsupported(outcome.code);
      // A ROM answers an unknown command under another code, eight times.
      if (unsupported) await this.drain();
      else if (reply.op !== op) continue;
      throw this.#refusal(what, outcome.code, unsupported);
    }
  }

  #refusal(what: string, code: number, unsupported: boolean): EspmintError<'LOADER_REFUSED'> {
    const details = { port: this.link.address, what, code, meaning: meaningOf(code), unsupported };
    return new EspmintError('LOADER_REFUSED', details);
  }
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, index) => byte === other[index]);

// SYNC: the request that a loader measures our rate by, and the replies that tell ROM from stub.

export const SYNC_TIMEOUT_MS = 100;
/** SYNC is answered by eight frames: a stub's all have value 0, a ROM's never. */
const SYNC_REPLIES = 8;

/** @param extraDelimiter for a stub that lost count of them. */
function syncFrame(extraDelimiter: boolean): Uint8Array {
  const frame = encodeFrame(encodeRequest(OP.sync, SYNC_DATA));
  return extraDelimiter ? Uint8Array.of(FRAME_END, ...frame) : frame;
}

/** Waits for the first reply; whether it came from a stub. The rest of a ROM's is left for others to skip. */
async function readSyncReplies(channel: FrameChannel, deadline: Deadline): Promise<boolean> {
  const first = await readSync(channel, deadline);
  return first.value === 0 && (await restIsStub(channel));
}

async function readSync(channel: FrameChannel, deadline: Deadline): Promise<Reply> {
  for (;;) {
    const reply = await channel.readReply(deadline, 'SYNC');
    if (reply.op === OP.sync) return reply;
  }
}

async function restIsStub(channel: FrameChannel): Promise<boolean> {
  const deadline = new Deadline(SYNC_TIMEOUT_MS);
  try {
    for (let count = 1; count < SYNC_REPLIES; count++) {
      if ((await readSync(channel, deadline)).value !== 0) return false;
    }
  } catch (error) {
    if (!isEspmintError(error, 'LINK_TIMEOUT')) throw error;
  }
  return true;
}
