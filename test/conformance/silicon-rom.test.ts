// The driver against the chips' own ROM code, run instruction by instruction: by hand, where the ROMs' ELF files are.
//
//   pip install unicorn pyelftools
//   ESP_ROM_ELF_DIR=~/.espressif/tools/esp-rom-elfs/… SILICON_PYTHON=python3 npx vitest run test/conformance/silicon-rom
//
// ESP-IDF installs the files and sets the first variable itself. RISC-V chips only: the emulator knows no Xtensa.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { connectBoard, openLink, type Board } from '../../src/driver/index.js';
import { getChip, type ChipName } from '../../src/core/chips/index.js';
import { burnedWords } from '../../src/virtual/efuses.js';
import { identityOf } from '../../src/virtual/board-parts.js';
import { scratchDir } from '../support/cli.js';
import { ROOT } from '../support/reference-tools.js';

const scratch = scratchDir('silicon-rom');
afterAll(() => scratch.remove());

const folder = process.env['ESP_ROM_ELF_DIR'] ?? '';
const python = process.env['SILICON_PYTHON'] ?? 'python3';
const MAC = 'a4:cf:12:34:56:78';
const CHIPS: readonly ChipName[] = [
  'esp32c2',
  'esp32c3',
  'esp32c5',
  'esp32c6',
  'esp32c61',
  'esp32h2',
  'esp32p4',
];
const roms =
  folder === ''
    ? []
    : readdirSync(folder).flatMap((file) => {
        const chip = CHIPS.find((name) => file.startsWith(`${name}_`));
        return chip !== undefined && file.endsWith('.elf') ? [{ file, chip }] : [];
      });

/** Starts that ROM on a chip with a MAC and full eFuses, gives its address to `use`, and returns its flash. */
async function withSilicon(
  file: string,
  chip: ChipName,
  use: (url: string) => Promise<void>,
): Promise<Uint8Array> {
  const spec = getChip(chip);
  const flash = join(scratch.path, `${file}.bin`);
  // The words of the ROM itself are there.
  const words = [...burnedWords(spec, identityOf({ chip, mac: MAC }))].filter(
    ([address]) => address !== 0x4000_1000,
  );
  const hex = (value: number): string => `0x${value.toString(16)}`;
  const options = ['--elf', join(folder, file), '--spi', hex(spec.spi.command), '--flash', flash];
  options.push('--words', JSON.stringify(Object.fromEntries(words.map(([at, value]) => [hex(at), value]))));
  const tool = spawn(python, [join(ROOT, 'test/conformance/reference-tools/silicon_rom.py'), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(tool, 'close');
  try {
    const [line] = (await once(createInterface({ input: tool.stdout }), 'line')) as [string];
    await use((JSON.parse(line) as { url: string }).url);
  } finally {
    tool.kill('SIGTERM');
    await ended;
  }
  return readFileSync(flash);
}

async function withBoard(url: string, use: (board: Board) => Promise<void>): Promise<void> {
  const board = await connectBoard(await openLink(url), { stub: 'never' });
  try {
    await use(board);
  } finally {
    await board.close();
  }
}

const image = new Uint8Array(0x10000).fill(0xff);
for (let index = 0; index < 9000; index++) image[index] = (index * 167 + (index >> 8)) & 0xff;
const other = image.map((byte, index) => (index < 0x3000 ? byte ^ 0x5a : byte));

describe.runIf(roms.length > 0)('the driver and real ROM code', () => {
  it.each(roms)('reads, writes, rewrites, proves and erases with $file', async ({ file, chip }) => {
    const flash = await withSilicon(file, chip, async (url) => {
      await withBoard(url, async (board) => {
        expect(board.facts).toMatchObject({ chip, mac: MAC, flashSizeBytes: 0x400000 });
        expect(await board.readPartitionTable()).toBeUndefined();
        await board.writeRegion({ offsetBytes: 0x9000, image });
        await board.verifyRegion({ offsetBytes: 0x9000, image });
      });
      await withBoard(url, async (board) => {
        await board.writeRegion({ offsetBytes: 0x9000, image: other });
        const sample = { offsetBytes: 0xa000, sizeBytes: 0x400 };
        expect(Buffer.from(await board.readFlash(sample)).equals(other.subarray(0x1000, 0x1400))).toBe(true);
        await board.eraseRegion({ offsetBytes: 0x19000, sizeBytes: 0x1000 });
      });
    });
    expect(Buffer.from(flash.subarray(0x9000, 0x19000)).equals(other)).toBe(true);
    expect(flash.subarray(0, 0x9000).every((byte) => byte === 0xff)).toBe(true);
    expect(flash.subarray(0x19000).every((byte) => byte === 0xff)).toBe(true);
  });
});
