// The real esptool, ROM only (--no-stub), as reference for the virtual ESP32's loader, over a device path and over RFC 2217.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createVirtualBoard,
  servePty,
  serveRfc2217,
  type BoardServer,
  type VirtualBoard,
} from '../../src/virtual/index.js';
import { runEsptool } from '../support/esptool.js';
import { toolAvailable, PYTHON } from '../support/reference-tools.js';

const MAC = 'a4:cf:12:34:56:78';
const OFFSET = 0x9000;

let folder: string;
let board: VirtualBoard;
let server: BoardServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espmint-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  board = createVirtualBoard({ chip: 'esp32', mac: MAC });
});
afterEach(async () => {
  await server.close();
  board.dispose();
});

/** One esptool command, which must succeed. */
async function esptool(port: string, ...args: string[]): Promise<string> {
  const { exitCode, output } = await runEsptool(['--chip', 'esp32', '--port', port, '--no-stub', ...args]);
  expect(output, `esptool ${args.join(' ')}`).not.toContain('fatal error');
  expect(exitCode, output).toBe(0);
  return output;
}

/** A file with random bytes, some of them repeating so that compression works. */
async function imageFile(name: string, size: number): Promise<{ path: string; bytes: Buffer }> {
  const bytes = Buffer.alloc(size, 0xff);
  randomBytes(Math.floor(size / 3)).copy(bytes, 100);
  const path = join(folder, name);
  await writeFile(path, bytes);
  return { path, bytes };
}

describe.runIf(toolAvailable('esptool', PYTHON))('esptool --no-stub over a device path', () => {
  beforeEach(async () => {
    server = await servePty(board, 'esp32');
  });

  it('reads the MAC and knows the chip', async () => {
    const output = await esptool(server.url, 'read-mac');
    expect(output).toMatch(new RegExp(`^MAC: +${MAC}$`, 'm'));
    expect(output).toContain('ESP32-D0WD-V3 (revision v3.1)');
    expect(output).toContain('40MHz');
  });

  it('detects the chip by itself', async () => {
    const { exitCode, output } = await runEsptool(['--port', server.url, '--no-stub', 'read-mac']);
    expect(exitCode, output).toBe(0);
    expect(output).toContain(MAC);
  });

  it('identifies the flash', async () => {
    const output = await esptool(server.url, 'flash-id');
    expect(output).toContain('Detected flash size: 4MB');
    expect(output).toMatch(/Manufacturer: ef/);
  });

  it.each([
    ['compressed', ['--compress']],
    ['uncompressed', ['--no-compress']],
  ])('writes %s, verifies, and reads back the same bytes', async (name, options) => {
    const image = await imageFile(`${name}.bin`, 0x3000);
    const written = await esptool(
      server.url,
      'write-flash',
      ...options,
      `0x${OFFSET.toString(16)}`,
      image.path,
    );
    expect(written).toContain('Hash of data verified');
    expect(Buffer.from(board.flash.read(OFFSET, image.bytes.length)).equals(image.bytes)).toBe(true);
    expect(await esptool(server.url, 'verify-flash', '0x9000', image.path)).toContain(
      'Verification successful',
    );
    const back = join(folder, `${name}-back.bin`);
    await esptool(server.url, 'read-flash', '0x9000', '0x3000', back);
    expect((await readFile(back)).equals(image.bytes)).toBe(true);
  });

  it('changes the rate before it writes', async () => {
    const image = await imageFile('fast.bin', 0x1000);
    const output = await esptool(server.url, '--baud', '921600', 'write-flash', '0x9000', image.path);
    expect(output).toContain('Changing baud rate to 921600');
    expect(output).toContain('Hash of data verified');
  });

  it('tells an image that differs', async () => {
    const image = await imageFile('other.bin', 0x1000);
    const { exitCode, output } = await runEsptool([
      '--chip',
      'esp32',
      '--port',
      server.url,
      '--no-stub',
      'verify-flash',
      '0x9000',
      image.path,
    ]);
    expect(output).toMatch(/failed/i);
    expect(exitCode).not.toBe(0);
  });

  it('erases a region and nothing beside it', async () => {
    board.flash.program(0x8ff0, new Uint8Array(16));
    board.flash.program(0x9000, new Uint8Array(256));
    board.flash.program(0xa000, new Uint8Array(16));
    await esptool(server.url, 'erase-region', '0x9000', '0x1000');
    expect(board.flash.isErased(0x9000, 0x1000)).toBe(true);
    expect(board.flash.isErased(0x8ff0, 16)).toBe(false);
    expect(board.flash.isErased(0xa000, 16)).toBe(false);
  });
});

describe.runIf(toolAvailable('esptool', PYTHON))('esptool --no-stub over RFC 2217', () => {
  it('resets the running board into its loader, writes at a higher rate, and leaves it running', async () => {
    server = await serveRfc2217(board, { host: '127.0.0.1', port: 0 });
    const image = await imageFile('rfc2217.bin', 0x400);
    const output = await esptool(
      `${server.url}?ign_set_control`,
      '--baud',
      '460800',
      'write-flash',
      '--flash-size',
      '4MB',
      '0x9000',
      image.path,
    );
    expect(output).toContain(MAC);
    expect(output).toContain('Hash of data verified');
    expect(Buffer.from(board.flash.read(OFFSET, image.bytes.length)).equals(image.bytes)).toBe(true);
  });
});
