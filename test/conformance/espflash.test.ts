// espflash, the loader client of the Rust world, is the reference for the virtual chips: by hand, since it is built first.
//
//   cargo build --manifest-path test/conformance/reference-tools/espflash/Cargo.toml --target-dir /tmp/espflash
//   ESPFLASH_CLIENT=/tmp/espflash/debug/espflash-client npx vitest run test/conformance/espflash.test.ts
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { CHIP_NAMES } from '../../src/core/chips/index.js';
import { createVirtualBoard, servePty } from '../../src/virtual/index.js';
import { scratchDir } from '../support/cli.js';

const tool = process.env['ESPFLASH_CLIENT'] ?? '';
const scratch = scratchDir('espflash');
afterAll(() => scratch.remove());

const OFFSET = 0x9000;
const image = Uint8Array.from({ length: 0x9000 }, (_, n) => (n < 0x2000 ? (n * 31 + (n >> 8)) & 0xff : 0xff));
const cases = CHIP_NAMES.flatMap((chip) => (['stub', 'rom'] as const).map((loader) => ({ chip, loader })));

describe.runIf(tool !== '')('espflash', () => {
  it.each(cases)(
    'reads the chip, writes and proves an image on an $chip by its $loader',
    async ({ chip, loader }) => {
      const before = Uint8Array.from({ length: 0x20000 }, (_, n) => (n * 7) & 0xff);
      const board = createVirtualBoard({ chip, mac: 'a4:cf:12:34:56:78', flashContent: before });
      const server = await servePty(board, chip);
      const file = join(scratch.path, `${chip}.bin`);
      try {
        const { stdout } = await promisify(execFile)(tool, [server.url, loader, file], { timeout: 60_000 });
        expect(stdout).toContain('mac_address: Some("a4:cf:12:34:56:78")');
        expect(board.flash.read(OFFSET + 0x1000, 0x8000)).toEqual(image.subarray(0x1000));
        expect(board.flash.read(0, OFFSET)).toEqual(before.subarray(0, OFFSET));
        if (loader === 'rom') return;
        const read = new Uint8Array(readFileSync(file));
        expect(read.subarray(0x800)).toEqual(image.subarray(0, 0x2000));
        expect(board.flash.isErased(OFFSET, 0x1000)).toBe(true);
      } finally {
        await server.close();
        board.dispose();
      }
    },
    90_000,
  );
});
