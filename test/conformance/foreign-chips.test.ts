// Our loader driver against the chip side of another project: esp32-mock-bootloader, a ROM for each chip that esptool knows.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { connectBoard, openLink, type Board } from '../../src/driver/index.js';
import { CHIPS, type ChipName } from '../../src/core/chips/index.js';
import { scratchDir } from '../support/cli.js';
import { toolAvailable, PYTHON } from '../support/reference-tools.js';

const scratch = scratchDir('foreign-chips');
afterAll(() => scratch.remove());

const CHIP_NAMES = Object.keys(CHIPS) as ChipName[];

/** Their MACs are made of Espressif's prefix and a digest of the chip's name. */
function macOf(chip: string): string {
  const tail = createHash('sha256').update(chip).digest('hex').slice(0, 6);
  return `24:0a:c4:${tail.match(/../g)?.join(':') ?? ''}`;
}

/** Such a chip waits 50 ms for an acknowledgement and then goes silent, which says nothing of a driver on a busy machine. */
const PATIENT = [
  'import esp32_mock_bootloader.server as server, esp32_mock_bootloader.cli as cli, sys',
  'server._CLIENT_RECV_TIMEOUT = 2',
  'sys.exit(cli.main())',
].join('\n');

/** Starts such a chip, gives its address to `use`, and stops it again. */
async function withChip(chip: string, use: (url: string) => Promise<void>): Promise<void> {
  const args = ['-u', '-c', PATIENT, 'run', '--chip', chip, '--port', '0'];
  const env = { ...process.env, TMPDIR: scratch.path };
  const tool = spawn(PYTHON, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(tool, 'close');
  try {
    for await (const line of createInterface({ input: tool.stdout })) {
      const address = /listening on (\S+)$/.exec(line)?.[1];
      if (address === undefined) continue;
      await use(`tcp://${address}`);
      return;
    }
    throw new Error('it never listened');
  } finally {
    tool.kill('SIGTERM');
    await ended;
  }
}

async function withBoard(
  url: string,
  stub: 'never' | 'always',
  use: (board: Board) => Promise<void>,
  expectChip?: ChipName,
) {
  const board = await connectBoard(await openLink(url), { stub, ...(expectChip && { expectChip }) });
  try {
    await use(board);
  } finally {
    await board.close();
  }
}

const image = new Uint8Array(0x10000).fill(0xff);
for (let index = 0; index < 9000; index++) image[index] = (index * 167 + (index >> 8)) & 0xff;
const region = { offsetBytes: 0x9000, sizeBytes: image.length };
/** Small, for chips that their ROM has to read. */
const sample = { offsetBytes: 0xa000, sizeBytes: 0x800 };
/** These ROMs erase nothing by themselves; and their revision is 0, for which there may be no stub. */
const erases = (chip: ChipName): boolean => CHIPS[chip].stubs.some(({ fromRevision }) => fromRevision === 0);

describe.runIf(toolAvailable('Python', PYTHON))('the driver', () => {
  it.each(CHIP_NAMES)('reads, writes, proves and erases a foreign %s', async (chip) => {
    await withChip(chip, async (url) => {
      await withBoard(url, 'never', async (board) => {
        expect(board.facts).toMatchObject({ chip, mac: macOf(chip), flashSizeBytes: 0x400000 });
        expect(await board.readPartitionTable()).toBeUndefined();
        await board.writeRegion({ offsetBytes: region.offsetBytes, image });
        await board.verifyRegion({ offsetBytes: region.offsetBytes, image });
        await board.reset();
      });
      await withBoard(url, 'always', async (board) => {
        expect(Buffer.from(await board.readFlash(sample)).equals(image.subarray(0x1000, 0x1800))).toBe(true);
        if (!erases(chip)) return;
        await board.eraseRegion(region);
        expect((await board.readFlash(sample)).every((byte) => byte === 0xff)).toBe(true);
      });
    });
  });

  it.each(['esp32', 'esp32s3'] as const)(
    'takes one that tells nothing of itself for the %s that it is told to expect, and for nothing else',
    async (chip) => {
      await withChip('auto', async (url) => {
        const unknown = withBoard(url, 'never', () => Promise.resolve());
        await expect(unknown).rejects.toMatchObject({ code: 'CHIP_UNKNOWN' });
      });
      await withChip('auto', async (url) => {
        const use = async (board: Board): Promise<void> => {
          expect(board.facts.chip).toBe(chip);
          await board.writeRegion({ offsetBytes: region.offsetBytes, image });
          await board.verifyRegion({ offsetBytes: region.offsetBytes, image });
        };
        await withBoard(url, 'never', use, chip);
      });
    },
  );
});
