// The real esptool with its stub, at 921600 baud, on every chip of the table, over a device path.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CHIP_NAMES, type ChipName } from '../../src/core/chips/index.js';
import {
  createVirtualBoard,
  servePty,
  type BoardOptions,
  type BoardServer,
  type LeavePolicy,
  type VirtualBoard,
} from '../../src/virtual/index.js';
import { runEsptool } from '../support/esptool.js';
import { toolAvailable, PYTHON } from '../support/reference-tools.js';

const MAC = 'a4:cf:12:34:56:78';
const EUI64_CHIPS: readonly ChipName[] = ['esp32c5', 'esp32c6', 'esp32h2'];

let folder: string;
const running: { server: BoardServer; board: VirtualBoard }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espmint-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const { server, board } of running.splice(0)) {
    await server.close();
    board.dispose();
  }
});

interface Bench {
  readonly board: VirtualBoard;
  /** Runs one command that must succeed. */
  esptool(...args: string[]): Promise<string>;
  /** Runs one command, whatever comes of it. */
  attempt(...args: string[]): Promise<{ exitCode: number | null; output: string }>;
}

async function bench(options: BoardOptions, policy?: LeavePolicy): Promise<Bench> {
  const board = createVirtualBoard({ mac: MAC, ...options });
  const server = await servePty(board, 'board', policy);
  running.push({ board, server });
  const attempt: Bench['attempt'] = (...args) => runEsptool(['--port', server.url, ...args]);
  return {
    board,
    attempt,
    esptool: async (...args) => {
      const { exitCode, output } = await attempt('--baud', '921600', ...args);
      expect(exitCode, `esptool ${args.join(' ')}\n${output}`).toBe(0);
      return output;
    },
  };
}

/** A file of random bytes followed by erased ones. */
async function imageFile(
  name: string,
  size: number,
  random = size,
): Promise<{ path: string; bytes: Buffer }> {
  const bytes = Buffer.alloc(size, 0xff);
  randomBytes(random).copy(bytes);
  const path = join(folder, name);
  await writeFile(path, bytes);
  return { path, bytes };
}

const flashHolds = (board: VirtualBoard, address: number, bytes: Buffer): boolean =>
  Buffer.from(board.flash.read(address, bytes.length)).equals(bytes);

describe.runIf(toolAvailable('esptool', PYTHON)).each(CHIP_NAMES)('esptool and %s', (chip) => {
  it('finds the chip, runs its stub, writes, reads back and erases', async () => {
    const { board, esptool } = await bench({ chip });
    const identity = await esptool('flash-id');
    expect(identity).toContain('Stub flasher running');
    expect(identity).toContain('Detected flash size: 4MB');
    expect(identity).not.toMatch(/unknown/i);
    expect(identity).toMatch(
      EUI64_CHIPS.includes(chip) ? /^BASE MAC: +a4:cf:12:34:56:78$/m : /^MAC: +a4:cf:12:34:56:78$/m,
    );
    const image = await imageFile(`${chip}.bin`, 0x10000, 0x1800);
    expect(await esptool('write-flash', '0x9000', image.path)).toContain('Hash of data verified');
    expect(flashHolds(board, 0x9000, image.bytes)).toBe(true);
    const back = join(folder, `${chip}-back.bin`);
    await esptool('read-flash', '0x9000', '0x10000', back);
    expect((await readFile(back)).equals(image.bytes)).toBe(true);
    await esptool('erase-region', '0x9000', '0x2000');
    expect(board.flash.isErased(0x9000, 0x2000)).toBe(true);
  });

  it('does the same with the ROM alone', async () => {
    const { board, esptool } = await bench({ chip });
    const image = await imageFile(`${chip}-rom.bin`, 0x2000, 0x400);
    expect(await esptool('--no-stub', 'write-flash', '--compress', '0x9000', image.path)).toContain(
      'Hash of data verified',
    );
    expect(flashHolds(board, 0x9000, image.bytes)).toBe(true);
  });
});

describe.runIf(toolAvailable('esptool', PYTHON))('esptool with its stub', () => {
  it('writes several files uncompressed and one of 1 MB', async () => {
    const { board, esptool } = await bench({ chip: 'esp32c3' });
    const small = await imageFile('small.bin', 0x1234);
    const large = await imageFile('large.bin', 0x100000);
    await esptool('write-flash', '--no-compress', '0x9000', small.path, '0x10000', large.path);
    expect(flashHolds(board, 0x9000, small.bytes)).toBe(true);
    expect(flashHolds(board, 0x10000, large.bytes)).toBe(true);
    expect(await esptool('verify-flash', '0x10000', large.path)).toContain('Verification successful');
  });

  it('erases the whole flash', async () => {
    const { board, esptool } = await bench({ chip: 'esp32', flashContent: new Uint8Array(0x400000) });
    await esptool('erase-flash');
    expect(board.flash.isErased(0, board.flash.sizeBytes)).toBe(true);
  });

  it('reads and writes memory', async () => {
    const { esptool } = await bench({ chip: 'esp32' }, 'keep');
    await esptool('--after', 'no-reset-stub', 'write-mem', '0x3ffae000', '0xcafe1234', '0xffffffff');
    expect(await esptool('--before', 'no-reset', 'read-mem', '0x3ffae000')).toMatch(/0xcafe1234/i);
  });

  it('is met again by the next run when it was left running', async () => {
    const { esptool } = await bench({ chip: 'esp32' }, 'keep');
    await esptool('--after', 'no-reset-stub', 'read-mac');
    expect((await esptool('--before', 'no-reset', 'read-mac')).replace(/\s+/g, ' ')).not.toContain(
      'Uploading',
    );
  });

  it('starts in spite of secure boot on an ESP32-S3, through the pointer of its ROM', async () => {
    const { esptool } = await bench({ chip: 'esp32s3', security: { secureBoot: true } });
    expect(await esptool('flash-id')).toContain('Stub flasher running');
  });

  it('reports Secure Download Mode, and writes in it with the ROM', async () => {
    const { board, esptool, attempt } = await bench({ chip: 'esp32c3', security: { secureDownload: true } });
    const image = await imageFile('sdm.bin', 0x1000);
    expect((await attempt('--no-stub', 'get-security-info')).output).toMatch(/Secure Download Mode/i);
    await esptool('--no-stub', 'write-flash', '--flash-size', '4MB', '0x9000', image.path);
    expect(flashHolds(board, 0x9000, image.bytes)).toBe(true);
    expect(
      (await attempt('--no-stub', 'read-flash', '0x9000', '0x100', join(folder, 'no.bin'))).exitCode,
    ).not.toBe(0);
  });
});
