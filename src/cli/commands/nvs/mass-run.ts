// The run of `espmint nvs mass`: streams the values file, writes each image whole or not at all, and goes on where an
// earlier run stopped. Every image is made again on the way there, which proves that the inputs are the same.
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { EspmintError } from '../../../core/errors/index.js';
import {
  CsvReader,
  type CsvRecord,
  type DeviceImage,
  LineSplitter,
  type MassGenerator,
  NVS_KEY_BYTES,
  decodeKeyFile,
  encodeKeyFile,
  encryptNvs,
} from '../../../core/nvs/index.js';
import {
  readFileNow,
  readPieces,
  removeLeftDrafts,
  replaceFile,
  unreadable,
  unwritable,
} from '../../../files/index.js';
import type { CliIo } from '../../io.js';
import { Manifest, manifestText } from './mass-manifest.js';
import { sha256Hex } from '../../../core/digest.js';

export type MassEncryption =
  | { readonly kind: 'none' }
  | { readonly kind: 'oneKey'; readonly key: Uint8Array }
  | { readonly kind: 'newKeys' };

export interface MassRunOptions {
  readonly values: string;
  readonly outDir: string;
  readonly prefix: string;
  readonly numbers: { readonly first: number; readonly last: number };
  readonly encryption: MassEncryption;
}

export interface MassCounts {
  readonly made: number;
  /** Images of an earlier run, found as they should be. */
  readonly kept: number;
}

/** Rows between two looks at the signal and the clock. */
const BREATH_ROWS = 64;
/** Images that may be on disk and not yet in the manifest when a run is killed: twice its batch, to be safe. */
const UNLISTED_MAX = 1000;
const PROGRESS_MS = 1000;
/** Not synced one by one: a run that goes on compares every image with what it should be. */
const UNSYNCED = { mode: 0o600, isSynced: false };

/** @throws CANCELLED, NVS_CSV_INVALID, NVS_MASS_CHANGED, NVS_MASS_EXISTS, FILE_UNREADABLE, FILE_UNWRITABLE */
export async function runMass(
  io: CliIo,
  generator: MassGenerator,
  options: MassRunOptions,
): Promise<MassCounts> {
  for (const folder of makeFolders(options)) await removeLeftDrafts(folder);
  const manifestPath = join(options.outDir, 'manifest.csv');
  const manifest = await Manifest.open(manifestPath);
  const run = new MassRun(options, manifest, manifestPath);
  let progressMs = performance.now();
  try {
    for await (const record of readRecords(options.values)) {
      const device = generator.take(record);
      if (device === undefined) continue;
      await run.take(device);
      if (run.rows % BREATH_ROWS !== 0) continue;
      await setImmediate();
      if (io.signal.aborted)
        throw new EspmintError('CANCELLED', { what: `Mass generation after ${run.rows} images` });
      if (!io.interactive || performance.now() - progressMs < PROGRESS_MS) continue;
      progressMs = performance.now();
      io.stderr(`\r${run.rows} images`);
    }
    if (io.interactive) io.stderr('\r\u001b[K');
    return { made: run.made, kept: run.rows - run.made };
  } finally {
    try {
      await manifest.flush();
    } finally {
      await manifest.close();
    }
  }
}

/** @returns them. */
function makeFolders({ outDir, encryption }: MassRunOptions): readonly string[] {
  const [bin, keys] = [join(outDir, 'bin'), join(outDir, 'keys')];
  try {
    mkdirSync(bin, { recursive: true });
    if (encryption.kind !== 'newKeys') return [bin];
    mkdirSync(keys, { recursive: true, mode: 0o700 });
    return [bin, keys];
  } catch (error) {
    throw unwritable(outDir, error);
  }
}

class MassRun {
  rows = 0;
  made = 0;
  readonly #options: MassRunOptions;
  readonly #manifest: Manifest;
  readonly #manifestPath: string;
  /** IDs of rows that this run has added so far, while their images may also be those of a killed run. */
  readonly #fresh = new Set<string>();

  constructor(options: MassRunOptions, manifest: Manifest, manifestPath: string) {
    this.#options = options;
    this.#manifest = manifest;
    this.#manifestPath = manifestPath;
  }

  async take(device: DeviceImage): Promise<void> {
    const row = this.rows + 1;
    const id = this.#idOf(device);
    const file = `bin/${this.#options.prefix}-${id}.bin`;
    const listed = await this.#manifest.next();
    const mayExist = listed !== undefined || (this.#fresh.size < UNLISTED_MAX && !this.#fresh.has(id));
    if (listed === undefined && this.#fresh.size < UNLISTED_MAX) this.#fresh.add(id);
    const image = await this.#encrypt(device, id, mayExist);
    const sha256 = sha256Hex(image);
    if (listed !== undefined && listed !== manifestText({ row, id, file, sha256 })) {
      throw new EspmintError('NVS_MASS_CHANGED', { row, manifest: this.#manifestPath });
    }
    const path = join(this.#options.outDir, file);
    if (await this.#write(path, image, device, { listed: listed !== undefined, mayExist })) this.made += 1;
    if (listed === undefined) await this.#manifest.append({ row, id, file, sha256 });
    this.rows = row;
  }

  #idOf({ fileId, place }: DeviceImage): string {
    const { first, last } = this.#options.numbers;
    const number = first + this.rows;
    const invalid = (reason: string, hint: string): EspmintError =>
      new EspmintError('NVS_CSV_INVALID', { ...place, reason, hint });
    if (fileId === undefined) {
      if (number <= last) return String(number);
      throw invalid(
        `there are more devices than numbers up to ${last}`,
        'raise the second number of --prefix-num',
      );
    }
    if (fileId !== '' && fileId.length <= 150 && !/[\\/:*?"<>|\p{C}]/u.test(fileId)) return fileId;
    throw invalid(
      'the ID of this device cannot be part of a file name',
      'choose another column for --file-id',
    );
  }

  async #encrypt({ image, place }: DeviceImage, id: string, mayExist: boolean): Promise<Uint8Array> {
    const { encryption, outDir, prefix } = this.#options;
    if (encryption.kind === 'none') return image;
    if (encryption.kind === 'oneKey') return encryptNvs(image, encryption.key);
    const path = join(outDir, 'keys', `keys-${prefix}-${id}.bin`);
    const existing = readIfThere(path);
    if (existing !== undefined && mayExist)
      return encryptNvs(image, decodeKeyFile(existing, `The key file ${path}`));
    if (existing !== undefined)
      throw new EspmintError('NVS_MASS_EXISTS', { file: place.file, line: place.line, path });
    const key = randomBytes(NVS_KEY_BYTES);
    await replaceFile(path, encodeKeyFile(key), UNSYNCED);
    return encryptNvs(image, key);
  }

  /** Returns false when the very image is there already. */
  async #write(
    path: string,
    image: Uint8Array,
    { place }: DeviceImage,
    known: { listed: boolean; mayExist: boolean },
  ): Promise<boolean> {
    const existing = readIfThere(path);
    const same = existing !== undefined && Buffer.compare(existing, image) === 0;
    if (same && known.mayExist) return false;
    if (existing !== undefined && !known.listed) {
      throw new EspmintError('NVS_MASS_EXISTS', { file: place.file, line: place.line, path });
    }
    await replaceFile(path, image, UNSYNCED);
    return true;
  }
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileNow(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
}

async function* readRecords(file: string): AsyncGenerator<CsvRecord> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const splitter = new LineSplitter();
  const reader = new CsvReader(file);
  let line = 0;
  try {
    for await (const chunk of readPieces(file)) {
      for (const text of splitter.push(decoder.decode(chunk, { stream: true }))) {
        line += 1;
        const record = reader.push(text);
        if (record !== undefined) yield record;
      }
    }
    for (const text of splitter.push(decoder.decode())) yield* recordOf(reader.push(text));
    for (const text of splitter.end()) yield* recordOf(reader.push(text));
    yield* recordOf(reader.end());
  } catch (error) {
    if (error instanceof EspmintError) throw error;
    if (error instanceof TypeError) {
      const reason = 'the file is not UTF-8 from about here on';
      throw new EspmintError('NVS_CSV_INVALID', {
        file,
        line: line + 1,
        column: 1,
        reason,
        hint: 'save it as UTF-8',
      });
    }
    throw unreadable(file, error);
  }
}

function* recordOf(record: CsvRecord | undefined): Generator<CsvRecord> {
  if (record !== undefined) yield record;
}
