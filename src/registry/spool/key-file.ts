// The file behind `--registry none`: one JSON record a line, only ever appended to, readable without espmint.
import type { FileHandle } from 'node:fs/promises';
import { EspmintError } from '../../core/errors/index.js';
import { replaceOwnFile, toWriteError, unreadable } from '../../files/index.js';
import { appendDurably, openForAppend } from './durable-append.js';
import { GroupCommit } from './group-commit.js';
import { KeyHistory } from './key-history.js';
import type { KeyFileRecord } from './records.js';

export class KeyFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #appends = new GroupCommit<KeyFileRecord>((records) => this.#append(records));

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /**
   * Makes the file with mode 0600, or opens it; one that others can read is refused, as ssh does with its keys.
   *
   * @throws FILE_UNWRITABLE, DISK_FULL
   */
  static async open(path: string): Promise<KeyFile> {
    const file = await openForAppend(path);
    const { mode } = await file.stat().catch(async (error: unknown) => {
      await file.close().catch(() => undefined);
      throw toWriteError(path, error);
    });
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      await file.close();
      throw new EspmintError('FILE_UNWRITABLE', {
        path,
        reason: 'others can read it: give it the mode 0600',
      });
    }
    return new KeyFile(path, file);
  }

  /** For people and messages. */
  get description(): string {
    return this.path;
  }

  /** ISO 8601 in UTC. */
  now(): Promise<string> {
    return Promise.resolve(new Date().toISOString());
  }

  /** What all records say. A last line that is cut off was never reported as stored: it is left out. @throws FILE_UNREADABLE */
  async history(): Promise<KeyHistory> {
    await this.#appends.idle();
    const lines = (await this.#text()).split('\n');
    const last = lines.pop() ?? '';
    if (isJson(last)) lines.push(last);
    return new KeyHistory(lines.map((line, index) => parseLine(this.path, line, index + 1)));
  }

  /** Returns when the record is on the disk. @throws FILE_UNREADABLE, FILE_UNWRITABLE, DISK_FULL */
  append(record: KeyFileRecord): Promise<void> {
    return this.#appends.add([record]);
  }

  /** Never throws. */
  async close(): Promise<void> {
    await this.#appends.idle();
    await this.#file.close().catch(() => undefined);
  }

  async #append(records: readonly KeyFileRecord[]): Promise<void> {
    await this.#endLastLine();
    const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    await appendDurably(this.#file, this.path, new TextEncoder().encode(lines));
  }

  /** @throws FILE_UNREADABLE */
  async #text(): Promise<string> {
    try {
      const { size } = await this.#file.stat();
      const bytes = new Uint8Array(size);
      const { bytesRead } = await this.#file.read(bytes, 0, size, 0);
      return new TextDecoder().decode(bytes.subarray(0, bytesRead));
    } catch (error) {
      throw unreadable(this.path, error);
    }
  }

  /** A last line that is whole but for its end was stored: the end is put there. What is no record stays in a line. */
  async #endLastLine(): Promise<void> {
    const text = await this.#text();
    if (text === '' || text.endsWith('\n')) return;
    const last = text.slice(text.lastIndexOf('\n') + 1);
    const isWhole = isJson(last);
    // The copy is on the disk before the line goes: what it was is for a person to decide.
    if (!isWhole) await replaceOwnFile(`${this.path}.cut-off-${Date.now()}`, `${last}\n`);
    if (isWhole) await appendDurably(this.#file, this.path, new TextEncoder().encode('\n'));
    else await this.#cutTo(Buffer.byteLength(text) - Buffer.byteLength(last));
  }

  async #cutTo(sizeBytes: number): Promise<void> {
    try {
      await this.#file.truncate(sizeBytes);
    } catch (error) {
      throw toWriteError(this.path, error);
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function parseLine(path: string, line: string, number: number): KeyFileRecord {
  try {
    return JSON.parse(line) as KeyFileRecord;
  } catch {
    throw new EspmintError('FILE_UNREADABLE', { path, reason: `line ${number} is not a record of ours` });
  }
}
