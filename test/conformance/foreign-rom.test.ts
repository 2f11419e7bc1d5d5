// Our loader driver against a ROM that somebody else could have written: a Python one, from the protocol document.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { connectBoard, openLink, type Board } from '../../src/driver/index.js';
import { scratchDir } from '../support/cli.js';
import { toolAvailable, PYTHON, ROOT } from '../support/reference-tools.js';

const scratch = scratchDir('foreign-rom');
afterAll(() => scratch.remove());

/** Starts the tool with these habits, gives the board behind it to `use`, and returns its flash. */
async function withRom(habits: readonly string[], use: (board: Board) => Promise<void>): Promise<Uint8Array> {
  const file = join(scratch.path, `${habits.join('-')}.bin`);
  const tool = spawn(PYTHON, [
    join(ROOT, 'test/conformance/reference-tools/rom.py'),
    ...habits,
    `--flash=${file}`,
  ]);
  const ended = once(tool, 'close');
  try {
    const [line] = (await once(createInterface({ input: tool.stdout }), 'line')) as [string];
    const board = await connectBoard(await openLink((JSON.parse(line) as { url: string }).url));
    try {
      await use(board);
    } finally {
      await board.close();
    }
  } finally {
    tool.kill('SIGTERM');
    await ended;
  }
  return readFileSync(file);
}

const image = new Uint8Array(0x10000).fill(0xff);
for (let index = 0; index < 9000; index++) image[index] = (index * 167 + (index >> 8)) & 0xff;

describe('the driver', () => {
  it.each([
    [['plain']],
    [['split', 'banner']],
    [['one-sync']],
    [['single-write']],
    [['slow', 'deaf-begin']],
    [['usb', 'noise', 'same-op']],
    [['echo', 'md5-upper']],
    [['late-sync', 'noise']],
    [['two-status', 'md5-raw']],
  ])('reads, writes and proves a foreign ROM with the habits %j', async (habits) => {
    if (!toolAvailable('Python', PYTHON)) return;
    const flash = await withRom(habits, async (board) => {
      expect(board.facts).toMatchObject({
        chip: 'esp32',
        mac: 'a4:cf:12:34:56:aa',
        flashSizeBytes: 0x400000,
      });
      expect(await board.readPartitionTable()).toBeUndefined();
      await board.writeRegion({ offsetBytes: 0x9000, image });
      await board.verifyRegion({ offsetBytes: 0x9000, image });
      const region = { offsetBytes: 0xa000, sizeBytes: 0x1000 };
      expect(Buffer.from(await board.readFlash(region)).equals(image.subarray(0x1000, 0x2000))).toBe(true);
    });
    const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    expect(sha256(flash.subarray(0x9000, 0x19000))).toBe(sha256(image));
    expect(flash.subarray(0, 0x9000).every((byte) => byte === 0xff)).toBe(true);
    expect(flash.subarray(0x19000).every((byte) => byte === 0xff)).toBe(true);
  });

  it('erases blank flash after all where a ROM only writes what it has erased', async () => {
    if (!toolAvailable('Python', PYTHON)) return;
    const small = new Uint8Array(0x10000).fill(0xff);
    small.set(image.subarray(0, 0x200));
    const flash = await withRom(['erased-only'], async (board) => {
      await board.writeRegion({ offsetBytes: 0x9000, image: small });
      await board.verifyRegion({ offsetBytes: 0x9000, image: small });
    });
    expect(Buffer.from(flash.subarray(0x9000, 0x19000)).equals(small)).toBe(true);
  });

  it('ends with a typed failure when the foreign ROM falls silent in the middle', async () => {
    if (!toolAvailable('Python', PYTHON)) return;
    const work = withRom(['mute'], async (board) => {
      await board.writeRegion({ offsetBytes: 0x9000, image });
      await board.verifyRegion({ offsetBytes: 0x9000, image });
    });
    await expect(work).rejects.toMatchObject({ code: expect.stringMatching(/^(LINK|CHIP)_/) as string });
  });
});
