// esptool writes encrypted, espsecure says what must then stand in flash: ROM and stub, odd places included.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVirtualBoard, servePty } from '../../src/virtual/index.js';
import type { ChipName } from '../../src/core/chips/index.js';
import { runEsptool } from '../support/esptool.js';
import { toolAvailable, PYTHON } from '../support/reference-tools.js';

const run = promisify(execFile);
const OFFSET = 0x9000;
const key = randomBytes(32);
const plain = Buffer.concat([randomBytes(0x1230), Buffer.alloc(0x800, 0xff)]);

let folder: string;
let cipher: Buffer;

describe.runIf(toolAvailable('esptool', PYTHON))('an encrypted write by esptool', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'espmint-test-'));
    await writeFile(join(folder, 'key'), key);
    await writeFile(join(folder, 'plain'), plain);
    const paths = [
      '--keyfile',
      join(folder, 'key'),
      '--output',
      join(folder, 'cipher'),
      join(folder, 'plain'),
    ];
    const args = ['encrypt-flash-data', '--aes-xts', '--address', `0x${OFFSET.toString(16)}`, ...paths];
    await run(PYTHON, ['-m', 'espsecure', ...args]);
    cipher = await readFile(join(folder, 'cipher'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ['esp32c3', ['--no-stub']],
    ['esp32c3', []],
    ['esp32c6', []],
    ['esp32s3', ['--no-stub']],
  ] as readonly [ChipName, string[]][])(
    'puts what espsecure makes of it into the flash of an %s %j',
    async (chip, options) => {
      const board = createVirtualBoard({
        chip,
        security: { flashEncryption: true },
        flashKey: Uint8Array.from(key),
      });
      const server = await servePty(board, chip);
      try {
        const place = [`0x${OFFSET.toString(16)}`, join(folder, 'plain')];
        const args = ['--chip', chip, '--port', server.url, ...options, 'write-flash', '--encrypt', ...place];
        const { exitCode, output } = await runEsptool(args);
        expect(exitCode, output).toBe(0);
        const held = Buffer.from(board.flash.read(OFFSET, cipher.length));
        expect(held.equals(cipher)).toBe(true);
      } finally {
        await server.close();
        board.dispose();
      }
    },
  );
});
