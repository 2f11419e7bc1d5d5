// Boards in Secure Download Mode: what can be done is done the way the ROM wants it, the rest is refused with the reason.
import { afterEach, describe, expect, it } from 'vitest';
import { TEST_MAC, plugIn, scrambled, type Plugged } from '../../test/support/plug-in.js';
import { CHIP_NAMES, type ChipName } from '../core/chips/index.js';
import { parseMac } from '../core/mac.js';
import type { VirtualBoard } from '../virtual/index.js';
import { connectBoard } from './board.js';
import type { Board } from './board-contract.js';
import { OP } from './protocol/command.js';
import { md5Of } from './write/md5.js';

/** The ESP32's ROM has no such mode that speaks. */
const LOCKABLE = CHIP_NAMES.filter((chip) => chip !== 'esp32');
const REGION = { offsetBytes: 0x9000, sizeBytes: 0x6000 };
const mac = parseMac(TEST_MAC);
const image = new Uint8Array(REGION.sizeBytes).fill(0xff);
image.set(scrambled(1_500, 1));
const target = { offsetBytes: REGION.offsetBytes, image };

const boards: VirtualBoard[] = [];
afterEach(() => {
  for (const board of boards.splice(0)) board.dispose();
});

async function locked(
  chip: ChipName,
  spoiler?: Parameters<typeof plugIn>[1],
): Promise<Plugged & { readonly content: Uint8Array }> {
  const content = scrambled(0x10_0000, 7);
  const plugged = await plugIn(
    {
      chip,
      flashContent: content,
      flashSizeBytes: content.length,
      security: { secureDownload: true, secureBoot: true },
    },
    spoiler,
  );
  boards.push(plugged.virtual);
  return { ...plugged, content };
}

const connect = ({ link }: Plugged): Promise<Board> => connectBoard(link, { trustMac: mac });

describe('a board in Secure Download Mode', () => {
  it.each(LOCKABLE)(
    '%s: is refused with what it tells of itself, unless its MAC is vouched for',
    async (chip) => {
      const { link } = await locked(chip);
      await expect(connectBoard(link)).rejects.toMatchObject({
        code: 'SECURE_DOWNLOAD',
        message: expect.stringContaining('secure boot on, flash encryption off') as string,
      });
    },
  );

  it.each(LOCKABLE)('%s: is written by its ROM, and nothing beside the region changes', async (chip) => {
    const plugged = await locked(chip);
    const board = await connect(plugged);
    expect(board.facts).toMatchObject({ chip, mac: TEST_MAC, flashSizeBytes: 0 });
    expect(board.security).toEqual({ flashEncryption: false, secureBoot: true, secureDownload: true });
    const percents: number[] = [];
    await board.writeRegion(target, { onProgress: (percent) => void percents.push(percent) });
    expect(percents.at(-1)).toBe(100);
    const expected = Uint8Array.from(plugged.content);
    expected.set(image, REGION.offsetBytes);
    expect(md5Of(plugged.virtual.flash.read(0, expected.length))).toBe(md5Of(expected));
  });

  it('writes a blank image by erasing, and erases a region', async () => {
    const plugged = await locked('esp32c3');
    const board = await connect(plugged);
    await board.writeRegion({ ...target, image: new Uint8Array(REGION.sizeBytes).fill(0xff) });
    expect(plugged.virtual.flash.isErased(REGION.offsetBytes, REGION.sizeBytes)).toBe(true);
    await board.eraseRegion({ offsetBytes: 0x2_0000, sizeBytes: 0x1000 });
    expect(plugged.virtual.flash.isErased(0x2_0000, 0x1000)).toBe(true);
  });

  it('begins again when an answer is lost in the middle of the write', async () => {
    let blocks = 0;
    const lose = (bytes: Uint8Array): Uint8Array =>
      bytes[2] === OP.flashData && ++blocks === 2 ? new Uint8Array(0) : bytes;
    const plugged = await locked('esp32c3', { in: lose });
    await (await connect(plugged)).writeRegion(target);
    expect(plugged.virtual.flash.read(REGION.offsetBytes, image.length)).toEqual(image);
    expect(blocks).toBeGreaterThan(2);
  });

  it('refuses by name what the mode forbids', async () => {
    const board = await connect(await locked('esp32s3'));
    for (const forbidden of [
      board.readPartitionTable(),
      board.readFlash(REGION),
      board.md5(REGION),
      board.verifyRegion(target),
      board.eraseFlash(),
    ]) {
      await expect(forbidden).rejects.toMatchObject({ code: 'SECURE_DOWNLOAD' });
    }
  });

  it('is not what an open board becomes when a MAC is vouched for', async () => {
    const { link, virtual } = await plugIn({ chip: 'esp32c3' });
    boards.push(virtual);
    const board = await connectBoard(link, { trustMac: parseMac('a4:cf:12:00:00:01') });
    expect(board.facts.mac).toBe(TEST_MAC);
  });

  it('starts its application and is listened to', async () => {
    const board = await connect(await locked('esp32c6'));
    await board.reset();
    expect(
      (await board.watchBoot({ success: 'application', timeoutMs: 5_000 })).lines.length,
    ).toBeGreaterThan(0);
  });
});
