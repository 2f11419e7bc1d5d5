// What a refusal advises works: each board that is refused is run again with the options that its message names.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runInProcess, type InProcessRun } from '../../../test/support/cli-in-process.js';
import {
  encryptedNvs,
  flashOf,
  imageBytes,
  MATTER_ROWS,
  nvsBytes,
  OTHER_ROWS,
  row,
  STOCK_ROWS,
  tableBytes,
} from '../../../test/support/flash-layouts.js';
import { scrambled } from '../../../test/support/plug-in.js';
import type { ErrorCode } from '../../core/errors/index.js';
import { createVirtualBoard, serveRfc2217, type BoardOptions } from '../../virtual/index.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-remedies-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** Served as a network port of its own. */
async function plug(options: BoardOptions): Promise<string> {
  const board = createVirtualBoard(options);
  const server = await serveRfc2217(board, { host: '127.0.0.1', port: 0 });
  open.push(
    () => server.close(),
    () => board.dispose(),
  );
  return server.url;
}

let runs = 0;
const provision = (port: string, args: readonly string[]): Promise<InProcessRun> =>
  runInProcess([
    'provision',
    ...['--port', port, '--ca-url', 'https://ca.example.com', '--registry', 'none', '--attempts', '1'],
    ...['--keys-to', join(folder, `keys-${++runs}.jsonl`), '--data-dir', folder, '--json'],
    ...args,
  ]);

interface Refusal {
  readonly code: ErrorCode;
  readonly flash: Uint8Array;
  readonly args?: string;
  /** Each a way out that the message names, as it is typed. */
  readonly remedies: readonly string[];
}

const stock = { 0x8000: tableBytes(STOCK_ROWS) };
const two = [row('a', 'nvs', 0x9000, 0x4000), row('b', 'nvs', 0xd000, 0x3000)];
const REFUSALS: readonly Refusal[] = [
  {
    code: 'PARTITION_TABLE_AMBIGUOUS',
    flash: flashOf({ ...stock, 0xc000: tableBytes(MATTER_ROWS) }),
    remedies: ['--partition-table-offset 0x8000', '--partition-table-offset 0xc000'],
  },
  {
    code: 'PARTITION_TABLE_INVALID',
    flash: flashOf({ 0x8000: tableBytes(STOCK_ROWS, 'broken') }),
    remedies: ['--offset 0x9000 --size 0x6000 --force-offset'],
  },
  {
    code: 'PARTITION_TABLE_MISSING',
    flash: flashOf({ 0x1000: imageBytes(0x4000), 0x30000: tableBytes([row('nvs', 'nvs', 0x40000, 0x6000)]) }),
    remedies: ['--partition-table-offset 0x30000', '--offset 0x9000 --size 0x6000 --force-offset'],
  },
  {
    code: 'REGION_IN_USE',
    flash: flashOf({ 0x9000: scrambled(0x1000, 3) }),
    remedies: ['--offset 0x30000 --size 0x6000', '--force-offset'],
  },
  {
    code: 'PARTITION_NOT_FOUND',
    flash: flashOf(stock),
    args: '--partition cfg',
    remedies: ['--partition nvs'],
  },
  {
    code: 'PARTITION_AMBIGUOUS',
    flash: flashOf({ 0x8000: tableBytes(two) }),
    remedies: ['--partition a', '--partition b'],
  },
  {
    code: 'IMAGE_DOES_NOT_FIT',
    flash: flashOf(stock),
    args: '--size 0x10000',
    remedies: ['--size 0x6000', ''],
  },
  {
    code: 'REGION_NOT_NVS',
    flash: flashOf(stock),
    args: '--offset 0x200000 --size 0x6000',
    remedies: ['', '--offset 0x200000 --size 0x6000 --force-offset'],
  },
  {
    code: 'REGION_INVALID',
    flash: flashOf({}),
    args: '--offset 0x9100 --size 0x6000',
    remedies: ['--offset 0x9000 --size 0x6000'],
  },
  {
    code: 'NVS_REGION_SHARED',
    flash: flashOf({ ...stock, 0xc000: nvsBytes(OTHER_ROWS, 0x3000) }),
    args: '--offset 0x9000 --size 0x3000',
    remedies: ['', '--nvs-mode merge'],
  },
  {
    code: 'NVS_REGION_ENCRYPTED',
    flash: flashOf({ ...stock, 0x9000: encryptedNvs(OTHER_ROWS, 0x6000) }),
    remedies: ['--replace-encrypted-nvs --nvs-mode replace'],
  },
];

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

describe('a refusal', () => {
  it.each(REFUSALS)('$code names ways out that work', async ({ code, flash, args = '', remedies }) => {
    const refused = await provision(await plug({ flashContent: flash }), words(args));
    expect(refused.stdout).toContain(`"code":"${code}"`);
    expect(refused.code).toBe(4);
    // Some of them come before there is a key: none is said to be anywhere then.
    const hasKey = readFileSync(join(folder, `keys-${runs}.jsonl`), 'utf8') !== '';
    expect(refused.stderr.includes('The keys are in')).toBe(hasKey);
    for (const remedy of remedies) {
      for (const option of words(remedy).filter((word) => word.startsWith('--') && !args.includes(word))) {
        expect(refused.stdout).toContain(option);
      }
      const passed = await provision(await plug({ flashContent: flash }), words(remedy));
      expect(passed.stdout, remedy).toContain('"ok":true');
      expect(passed.stderr).toContain(`The keys are in ${join(folder, `keys-${runs}.jsonl`)}`);
      expect(passed.code).toBe(0);
    }
  });
});

describe('inspect', () => {
  it.each(REFUSALS.slice(0, 3))('shows chip and MAC where $code refuses a run', async ({ code, flash }) => {
    const port = await plug({ flashContent: flash, mac: 'a4:cf:12:34:56:78' });
    const { stdout, stderr, code: exitCode } = await runInProcess(['inspect', '--port', port]);
    expect(stdout).toMatch(/chip +ESP32/);
    expect(stdout).toContain('a4:cf:12:34:56:78');
    expect(stderr).toContain(code);
    expect(exitCode).toBe(0);
  });

  it('shows where the table is', async () => {
    const port = await plug({ flashContent: flashOf({ 0xc000: tableBytes(MATTER_ROWS) }) });
    const { stdout } = await runInProcess(['inspect', '--port', port]);
    expect(stdout).toContain('partitions (table at 0xc000)');
    const shown = await runInProcess(['inspect', '--json', '--port', port]);
    expect(JSON.parse(shown.stdout)).toMatchObject({ partitionTableOffsetBytes: 0xc000, problems: [] });
  });
});
