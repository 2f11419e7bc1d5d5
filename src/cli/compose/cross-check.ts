// A second opinion: Espressif's own generator, where it is installed, makes the image too, as a process of its own.
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hex } from '../../core/text.js';
import { EspmintError } from '../../core/errors/index.js';
import { type NvsVersion, exportNvsCsv } from '../../core/nvs/index.js';
import { runCommand } from '../../driver/index.js';
import { withWorkFolder } from '../../registry/files.js';

/** The generator takes a tenth of a second; a machine under load gets more. */
const DEADLINE_MS = 60_000;
const MODULE = 'esp_idf_nvs_partition_gen';

/** What the check needs of its surroundings; a CliIo has it. */
export interface CrossCheckIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Values lie there for as long as the check takes. */
  readonly dataDir: string;
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
export function crossCheckFiles(
  io: CrossCheckIo,
  csvs: readonly string[],
  ours: CrossChecked,
): Promise<void> {
  // Files that the rows name are found from where the user stands.
  return withWorkFolder(io.dataDir, (folder) => check(io, csvs, ours, { folder, cwd: process.cwd() }));
}

/** The same for an image that was not made of a CSV file: it is written as one first, for the owner's eyes only. */
export function crossCheckImage(io: CrossCheckIo, ours: CrossChecked): Promise<void> {
  return withWorkFolder(io.dataDir, async (folder) => {
    const csv = join(folder, 'values.csv');
    await writeFile(csv, exportNvsCsv(ours.image, { reveal: true }).text, { mode: 0o600, flag: 'wx' });
    await check(io, [csv], ours, { folder, cwd: folder });
  });
}

async function check(
  io: CrossCheckIo,
  csvs: readonly string[],
  ours: CrossChecked,
  { folder, cwd }: { readonly folder: string; readonly cwd: string },
): Promise<void> {
  const out = join(folder, 'image.bin');
  const size = hex(ours.sizeBytes);
  const inputs = csvs.map((csv) => resolve(csv));
  await runGenerator(io, ['generate', ...inputs, out, size, '--version', `${ours.version}`], cwd);
  compare(await readFile(out), ours.image);
}

function compare(theirs: Uint8Array, ours: Uint8Array): void {
  const length = Math.max(theirs.length, ours.length);
  for (let at = 0; at < length; at++) {
    if (theirs[at] === ours[at]) continue;
    const reason = `its image differs from offset ${hex(at)} on`;
    throw new EspmintError('NVS_CROSS_CHECK_DIFFERS', { reason });
  }
}

/** The first Python that has the generator: ESPMINT_PYTHON, ESP-IDF's own environment, then what PATH offers. */
async function runGenerator(io: CrossCheckIo, args: readonly string[], cwd: string): Promise<void> {
  const idf = io.env['IDF_PYTHON_ENV_PATH'];
  const bin = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  const pythons = [
    io.env['ESPMINT_PYTHON'],
    idf === undefined ? undefined : join(idf, ...bin),
    'python3',
    'python',
  ];
  for (const python of pythons) {
    if (python !== undefined && (await tryGenerator(io, python, args, cwd))) return;
  }
  throw new EspmintError('NVS_CROSS_CHECK_MISSING', {});
}

/** False when this Python does not exist or has no generator. */
async function tryGenerator(
  { signal, env }: CrossCheckIo,
  python: string,
  args: readonly string[],
  cwd: string,
): Promise<boolean> {
  const ran = await runCommand([python, '-m', MODULE], args, { timeoutMs: DEADLINE_MS, signal, env, cwd });
  if (ran.exitCode === 0) return true;
  if (ran.isMissing || ran.output.includes(`No module named ${MODULE}`)) return false;
  // What it prints may hold values: only that it refused is passed on.
  const reason =
    ran.exitCode === null ? `it took more than ${DEADLINE_MS / 1000} s` : 'it refuses the same rows';
  throw new EspmintError('NVS_CROSS_CHECK_DIFFERS', { reason });
}
