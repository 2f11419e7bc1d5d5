// Lines for a file, written one after another while the run goes on. A slow disk costs lines, and never memory or the run.
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../../files/index.js';

/** Characters that wait for the disk at most: some seconds of many boards at full speed. */
const MOST_WAITING_CHARS = 8 * 1024 * 1024;
/** A disk that does not answer at all keeps nobody at the end. */
const CLOSE_MS = 10_000;

export interface LineWriterOptions {
  /** Nothing more is written after it. */
  readonly onFailure: (reason: string) => void;
  /** At the end, once: how many lines found no room. */
  readonly onDropped: (lines: number) => void;
  readonly mostWaitingChars?: number;
  readonly closeMs?: number;
}

export class LineWriter {
  readonly #file: Pick<FileHandle, 'appendFile' | 'close'>;
  readonly #options: LineWriterOptions;
  #waiting: string[] = [];
  #waitingChars = 0;
  /** Lines that found no room since the last one that did. */
  #left = 0;
  #dropped = 0;
  #writing: Promise<void> | undefined;
  #hasFailed = false;

  constructor(file: Pick<FileHandle, 'appendFile' | 'close'>, options: LineWriterOptions) {
    this.#file = file;
    this.#options = options;
  }

  add(line: string): void {
    if (this.#hasFailed) return;
    const { mostWaitingChars = MOST_WAITING_CHARS } = this.#options;
    if (this.#waitingChars + line.length > mostWaitingChars) {
      this.#left += 1;
      this.#dropped += 1;
      return;
    }
    this.#tellLeft();
    this.#push(line);
    this.#writing ??= this.#write();
  }

  async close(): Promise<void> {
    const { closeMs = CLOSE_MS, onDropped } = this.#options;
    const isOver = await Promise.race([
      this.#finish().then(() => true),
      sleep(closeMs, false, { ref: false }),
    ]);
    if (!isOver) this.#fail(`the disk did not take it within ${closeMs / 1000} s`);
    else if (this.#dropped > 0) onDropped(this.#dropped);
  }

  async #finish(): Promise<void> {
    await this.#writing;
    this.#tellLeft();
    await this.#write();
    await this.#file.close();
  }

  /** Where they are missing. */
  #tellLeft(): void {
    if (this.#left === 0 || this.#hasFailed) return;
    this.#push(`# ${this.#left} lines are left out here: the disk was too slow`);
    this.#left = 0;
  }

  #push(line: string): void {
    this.#waiting.push(`${line}\n`);
    this.#waitingChars += line.length + 1;
  }

  async #write(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const text = this.#waiting.splice(0).join('');
        // What is being written takes memory too: its room is free when it is on the disk.
        await this.#file.appendFile(text);
        this.#waitingChars -= text.length;
      }
    } catch (error) {
      this.#fail(reasonOf(error));
    }
    this.#writing = undefined;
  }

  #fail(reason: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#waiting = [];
    this.#options.onFailure(reason);
  }
}
