// The work of a person with the usual tools: three commands a board, each a process of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PYTHON } from '../../test/support/reference-tools.js';

/** What is written where. */
export interface HandWork {
  /** Source of the NVS image. */
  readonly csv: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** Bits per second. */
  readonly baud: number;
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** esptool read-mac, Espressif's NVS generator, esptool write-flash; returns milliseconds for all three. */
export async function provisionByHand(port: string, work: HandWork): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-bench-'));
  const csv = join(folder, 'nvs.csv');
  const image = join(folder, 'nvs.bin');
  writeFileSync(csv, readFileSync(work.csv));
  try {
    const started = performance.now();
    const esptool = ['-m', 'esptool', '--port', port, '--baud', String(work.baud)];
    await python([...esptool, 'read-mac']);
    await python(['-m', 'esp_idf_nvs_partition_gen', 'generate', csv, image, hex(work.sizeBytes)]);
    await python([...esptool, 'write-flash', hex(work.offsetBytes), image]);
    return performance.now() - started;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function python(args: readonly string[]): Promise<void> {
  const child = spawn(PYTHON, ['-W', 'ignore', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (output += text.toString()));
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  if (exitCode !== 0) throw new Error(`${args.join(' ')} failed:\n${output}`);
}
