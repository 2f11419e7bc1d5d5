// The file behind `--registry none`: one JSON record a line, only ever appended to, readable without espmint.
import type { FileHandle } from 'node:fs/promises';
import type { Conflict } from '../../core/conflict.js';
import { EspmintError } from '../../core/errors/index.js';
import { replaceOwnFile, toWriteError, unreadable } from '../../files/index.js';
import { appendDurably, openForAppend } from './durable-append.js';
import type { AttemptFacts } from '../devices/attempt-facts.js';
import type { CheckResult, DeviceRecord, Failure, Image, Proof } from '../registry.js';

/** Everything but the key that a device is to become. */
export type Wanted = Pick<
  DeviceRecord,
  'caUrl' | 'wifiSsid' | 'firmwareVersion' | 'hardwareRevision' | 'location' | 'hardwareId'
>;

/** One line. `id` is the reservation's; `at` is ISO 8601 in UTC. */
export type KeyFileRecord =
  | ReservedLine
  | ({ type: 'built'; id: string } & Image)
  | ({ type: 'confirmed'; at: string; id: string } & Proof)
  | ({ type: 'failed'; at: string; id: string } & Failure)
  | RefusedRecord
  | { type: 'revealed'; at: string; mac: string; reason: string; actor: string; origin?: string }
  | { type: 'labelled'; at: string; mac: string; reason: string; actor: string; origin?: string }
  | ({ type: 'checked'; at: string; mac: string; actor: string; origin?: string } & CheckResult);

/** A board that was stopped because it contradicts a device of the file. */
export interface RefusedRecord {
  readonly type: 'refused';
  readonly id: string;
  readonly conflict: Conflict;
}

export interface ReservedLine {
  readonly type: 'reserved';
  readonly at: string;
  readonly id: string;
  readonly mac: string;
  readonly uuid: string;
  readonly psk: string;
  readonly wanted: Wanted;
  /** Absent in files of earlier versions. */
  readonly facts?: AttemptFacts | undefined;
}

export class KeyFile {
  readonly path: string;
  readonly #file: FileHandle;

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

  /** All records, oldest first. A last line that is cut off was never reported as stored: it is left out. */
  async read(): Promise<KeyFileRecord[]> {
    const lines = (await this.#text()).split('\n');
    const last = lines.pop() ?? '';
    if (isJson(last)) lines.push(last);
    return lines.map((line, index) => parseLine(this.path, line, index + 1));
  }

  /** Returns when the record is on the disk. @throws FILE_UNREADABLE, FILE_UNWRITABLE, DISK_FULL */
  async append(record: KeyFileRecord): Promise<void> {
    await this.#endLastLine();
    await appendDurably(this.#file, this.path, new TextEncoder().encode(`${JSON.stringify(record)}\n`));
  }

  async close(): Promise<void> {
    await this.#file.close().catch(() => undefined);
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
