// A second opinion: Espressif's own generator, where it is installed, makes the image too, as a process of its own.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import { type NvsVersion, exportNvsCsv } from '../../core/nvs/index.js';

/** The generator takes a tenth of a second; a machine under load gets more. */
const DEADLINE_MS = 60_000;
const MODULE = 'esp_idf_nvs_partition_gen';

/** What the check needs of its surroundings; a CliIo has it. */
export interface CrossCheckIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export interface CrossChecked {
  readonly image: Uint8Array;
  readonly sizeBytes: number;
  readonly version: NvsVersion;
}

/**
 * Has the generator read the same CSV files, from the same working folder, and compares.
 *
 * @throws NVS_CROSS_CHECK_MISSING when no generator is found, NVS_CROSS_CHECK_DIFFERS when it makes other bytes
 */
export async function crossCheckFiles(
  io: CrossCheckIo,
  csvs: readonly string[],
  ours: CrossChecked,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'espmint-cross-check-'));
  try {
    const out = join(folder, 'image.bin');
    const inputs = csvs.map((csv) => resolve(csv));
    await runGenerator(io, [
      'generate',
      ...inputs,
      out,
      `0x${ours.sizeBytes.toString(16)}`,
      '--version',
      `${ours.version}`,
    ]);
    compare(await readFile(out), ours.image);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same for an image that was not made of a CSV file: it is written as one first, for the owner's eyes only. */
export async function crossCheckImage(io: CrossCheckIo, ours: CrossChecked): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'espmint-cross-check-'));
  try {
    const csv = join(folder, 'values.csv');
    await writeFile(csv, exportNvsCsv(ours.image, { reveal: true }).text, { mode: 0o600 });
    await crossCheckFiles(io, [csv], ours);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function compare(theirs: Uint8Array, ours: Uint8Array): void {
  const length = Math.max(theirs.length, ours.length);
  for (let at = 0; at < length; at++) {
    if (theirs[at] === ours[at]) continue;
    const reason = `its image differs from offset 0x${at.toString(16)} on`;
    throw new EspmintError('NVS_CROSS_CHECK_DIFFERS', { reason });
  }
}

/** The first Python that has the generator: ESPMINT_PYTHON, ESP-IDF's own environment, then what PATH offers. */
async function runGenerator(io: CrossCheckIo, args: readonly string[]): Promise<void> {
  const idf = io.env['IDF_PYTHON_ENV_PATH'];
  const bin = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  const pythons = [
    io.env['ESPMINT_PYTHON'],
    idf === undefined ? undefined : join(idf, ...bin),
    'python3',
    'python',
  ];
  for (const python of pythons) {
    if (python !== undefined && (await tryGenerator(io, python, args))) return;
  }
  throw new EspmintError('NVS_CROSS_CHECK_MISSING', {});
}

/** False when this Python does not exist or has no generator. */
function tryGenerator(io: CrossCheckIo, python: string, args: readonly string[]): Promise<boolean> {
  const options = {
    env: io.env,
    timeout: DEADLINE_MS,
    signal: io.signal,
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  } as const;
  return new Promise((done, fail) => {
    execFile(python, ['-m', MODULE, ...args], options, (error, _stdout, stderr) => {
      if (error === null) return done(true);
      if (io.signal.aborted)
        return fail(new EspmintError('CANCELLED', { what: 'The cross-check' }, { cause: error }));
      if (error.code === 'ENOENT' || error.code === 'EACCES' || stderr.includes(`No module named ${MODULE}`))
        return done(false);
      // What it prints may hold values: only that it refused is passed on.
      const reason =
        error.killed === true ? `it took more than ${DEADLINE_MS / 1000} s` : 'it refuses the same rows';
      fail(new EspmintError('NVS_CROSS_CHECK_DIFFERS', { reason }));
    });
  });
}
