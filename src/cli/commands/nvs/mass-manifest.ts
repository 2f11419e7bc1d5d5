// The list of images that a mass run has made: `row,id,file,sha256` a line. It only grows, so a run that was cut short
// can go on behind its last whole line.
import { type FileHandle, open } from 'node:fs/promises';
import { constants, createReadStream } from 'node:fs';
import { quotedCell } from '../../../core/text.js';
import { unwritable } from '../../../files/index.js';

export interface ManifestLine {
  /** Devices count from 1. */
  readonly row: number;
  readonly id: string;
  /** Path of the image below the output folder. */
  readonly file: string;
  readonly sha256: string;
}

const HEADER = 'row,id,file,sha256\n';
/** Lines kept back to be written at once. */
const BATCH_LINES = 500;
const PRIVATE = 0o600;

/** An open manifest: first the lines of the earlier run are read back, then new ones are appended. */
export class Manifest {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #lines: AsyncIterator<string>;
  #waiting: string[] = [];
  #position = 0;
  #reading = true;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
    this.#lines = wholeLines(path)[Symbol.asyncIterator]();
  }

  /** @throws FILE_UNWRITABLE */
  static async open(path: string): Promise<Manifest> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, constants.O_RDWR | constants.O_CREAT, PRIVATE);
      const manifest = new Manifest(path, file);
      const header = await manifest.#nextLine();
      if (header !== undefined) return manifest;
      await manifest.#stopReading();
      await manifest.#write(HEADER);
      return manifest;
    } catch (error) {
      await file?.close();
      throw unwritable(path, error);
    }
  }

  /** The next line of the earlier run; undefined at its end, from where on lines are appended. */
  async next(): Promise<string | undefined> {
    const line = this.#reading ? await this.#nextLine() : undefined;
    if (line === undefined && this.#reading) await this.#stopReading();
    return line;
  }

  async append(line: ManifestLine): Promise<void> {
    this.#waiting.push(manifestText(line));
    if (this.#waiting.length >= BATCH_LINES) await this.flush();
  }

  /** @throws FILE_UNWRITABLE */
  async flush(): Promise<void> {
    const text = this.#waiting.join('');
    this.#waiting = [];
    try {
      if (text !== '') await this.#write(text);
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  async close(): Promise<void> {
    await this.#lines.return?.();
    await this.#file.close();
  }

  async #nextLine(): Promise<string | undefined> {
    const result = await this.#lines.next();
    if (result.done === true) return undefined;
    this.#position += Buffer.byteLength(result.value);
    return result.value;
  }

  /** Cuts off a line that the earlier run could not finish. */
  async #stopReading(): Promise<void> {
    this.#reading = false;
    await this.#file.truncate(this.#position);
  }

  async #write(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    await this.#file.write(bytes, 0, bytes.length, this.#position);
    await this.#file.datasync();
    this.#position += bytes.length;
  }
}

/** One line as it stands in the file. An ID may hold commas and quotes. */
export function manifestText({ row, id, file, sha256 }: ManifestLine): string {
  return `${row},${quotedCell(id)},${quotedCell(file)},${sha256}\n`;
}

/** Lines that end with a newline; what stands behind the last one is left out. */
async function* wholeLines(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
    const lines = `${rest}${chunk as string}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield `${line}\n`;
  }
}
