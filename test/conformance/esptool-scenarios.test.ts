// What esptool's own suite asks of a chip, asked of a virtual one in our words: odd places, odd lengths, odd options.
// ESPMINT_ESPTOOL_PYTHON=/path/to/python chooses another esptool (4.x too), ESPMINT_ESPTOOL_CHIPS=esp32,… other chips.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findChip, getChip, type ChipName } from '../../src/core/chips/index.js';
import {
  createVirtualBoard,
  servePty,
  type BoardServer,
  type VirtualBoard,
} from '../../src/virtual/index.js';
import { runEsptool, type EsptoolRun } from '../support/esptool.js';
import { toolAvailable, PYTHON } from '../support/reference-tools.js';

const python = process.env['ESPMINT_ESPTOOL_PYTHON'] ?? PYTHON;
const chips = (process.env['ESPMINT_ESPTOOL_CHIPS'] ?? 'esp32c3')
  .split(',')
  .flatMap((name) => findChip(name)?.name ?? []);
const SECTOR_BYTES = 0x1000;

let folder: string;
let isVersion4: boolean;
let board: VirtualBoard;
let server: BoardServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espmint-test-'));
  isVersion4 = /v?[34]\.\d/.test((await runEsptool(['version'], undefined, python)).output);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  await server.close();
  board.dispose();
});

/** Commands are spelt as in version 5; version 4 has underscores for their dashes. */
function attempt(...args: readonly string[]): Promise<EsptoolRun> {
  const spelt = isVersion4
    ? args.map((arg) => (/^[a-z]+(-[a-z]+)+$/.test(arg) ? arg.replaceAll('-', '_') : arg))
    : args;
  return runEsptool(['--port', server.url, '--baud', '921600', ...spelt], undefined, python);
}

async function esptool(...args: readonly string[]): Promise<string> {
  const { exitCode, output } = await attempt(...args);
  expect(exitCode, `esptool ${args.join(' ')}\n${output}`).toBe(0);
  return output;
}

async function file(name: string, bytes: Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const inFlash = (address: number, bytes: Buffer): boolean =>
  Buffer.from(board.flash.read(address, bytes.length)).equals(bytes);

async function plug(chip: ChipName): Promise<void> {
  board = createVirtualBoard({ chip, flashContent: new Uint8Array(0x40_0000).fill(0x5a) });
  server = await servePty(board, 'board');
}

describe.runIf(toolAvailable('esptool', python)).each(chips)('esptool’s demands on %s', (chip) => {
  beforeEach(() => plug(chip));

  it.each(['--compress', '--no-compress'])(
    '%s: files side by side, of odd length, at odd places',
    async (how) => {
      const [sector, large, odd, tail] = [SECTOR_BYTES, 50_000, 4_097, 0x400].map((size) =>
        randomBytes(size),
      );
      if (sector === undefined || large === undefined || odd === undefined || tail === undefined) return;
      const paths = await Promise.all(
        [sector, large, odd, tail].map((bytes, n) => file(`${chip}${how}${n}`, bytes)),
      );
      const [sectorFile = '', largeFile = '', oddFile = '', tailFile = ''] = paths;
      const image = ['write-flash', how, '0x10000', sectorFile, '0x11000', largeFile, '0x30000', oddFile];
      await esptool(...image);
      // The last quarter of the sector before: the first sector after it must stay.
      await esptool('write-flash', how, '0xfc00', tailFile);
      expect(inFlash(0xfc00, tail)).toBe(true);
      expect(inFlash(0x10000, sector)).toBe(true);
      expect(inFlash(0x11000, large)).toBe(true);
      expect(inFlash(0x30000, odd)).toBe(true);
      expect(board.flash.read(0x20_0000, 4)).toEqual(Uint8Array.of(0x5a, 0x5a, 0x5a, 0x5a));
    },
  );

  it('a single byte, a megabyte that packs well, and the far end of the flash with the ROM alone', async () => {
    const one = await file(`${chip}-one`, Buffer.of(0xa5));
    const zeros = Buffer.alloc(0x10_0000);
    await esptool('write-flash', '0x8000', one, '0x100000', await file(`${chip}-zeros`, zeros));
    expect(board.flash.read(0x8000, 1)).toEqual(Uint8Array.of(0xa5));
    expect(inFlash(0x10_0000, zeros)).toBe(true);
    const end = randomBytes(SECTOR_BYTES);
    await esptool('--no-stub', 'write-flash', '0x3ff000', await file(`${chip}-end`, end));
    expect(inFlash(0x3f_f000, end)).toBe(true);
  });

  it('a verification that must fail, an erase of everything by region, and a refusal to write past the end', async () => {
    const other = await file(`${chip}-other`, randomBytes(0x400));
    expect((await attempt('verify-flash', '0x6000', other)).exitCode).not.toBe(0);
    expect((await attempt('write-flash', '0x400000', other)).exitCode).not.toBe(0);
    await esptool('erase-region', '0x0', 'ALL');
    expect(board.flash.isErased(0, board.flash.sizeBytes)).toBe(true);
  });

  it('memory with a mask, the status registers of the flash, and what the chip is', async () => {
    await esptool('write-mem', '0x3fc80000', '0xabad1dea', '0x0000ffff');
    expect(await esptool('read-flash-status', '--bytes', '2')).toMatch(/0x0000/);
    await esptool('write-flash-status', '--bytes', '1', '0x1c');
    const identity = await esptool('chip-id');
    expect(identity).toContain(getChip(chip).displayName);
    expect(identity).not.toMatch(/unknown|warning: .*(crystal|revision)/i);
  });
});
