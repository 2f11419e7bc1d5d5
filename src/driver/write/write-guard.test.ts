// A begin command that is damaged on its way, and what stands between it and the flash beside the region.
import { afterEach, describe, expect, it } from 'vitest';
import { plugIn as plugInBoard, scrambled, type Plugged } from '../../../test/support/plug-in.js';
import type { VirtualBoard } from '../../virtual/index.js';
import { connectBoard } from '../board.js';
import { OP } from '../protocol/command.js';
import { ProcessDigestMemory, type DigestMemory } from './digest-memory.js';
import { md5Of } from './md5.js';

const FLASH_BYTES = 0x10_0000;
const OFFSET = 0x9000;
const image = new Uint8Array(0x6000).fill(0xff);
image.set(scrambled(1_500, 7));
const target = { offsetBytes: OFFSET, image };
/** Places in the frame of a begin command: C0, eight bytes of head, then words. */
const SIZE_AT = 9;
const OFFSET_AT = 21;

const boards: VirtualBoard[] = [];
afterEach(() => {
  for (const board of boards.splice(0)) board.dispose();
});

/** A full flash, on a link that does something to frames on their way to the chip. */
async function plugIn(spoil: (frame: Uint8Array, baud: number) => void): Promise<Plugged> {
  const content = scrambled(FLASH_BYTES, 3);
  const out = (bytes: Uint8Array, baud: number): Uint8Array => {
    const frame = Uint8Array.from(bytes);
    spoil(frame, baud);
    return frame;
  };
  const plugged = await plugInBoard({ flashContent: content, flashSizeBytes: FLASH_BYTES }, { out });
  boards.push(plugged.virtual);
  return plugged;
}

const isBegin = (frame: Uint8Array): boolean => frame[2] === OP.flashDeflBegin || frame[2] === OP.flashBegin;

/** Adds to the 4 KB digit of one word of the first begin command. */
function spoilFirstBegin(at: number, add: number): (frame: Uint8Array) => void {
  let isSpoilt = false;
  return (frame) => {
    if (isSpoilt || !isBegin(frame)) return;
    isSpoilt = true;
    frame[at + 1] = (frame[at + 1] ?? 0) + add;
  };
}

const outside = (virtual: VirtualBoard): string => {
  const flash = Uint8Array.from(virtual.flash.read(0, FLASH_BYTES));
  return md5Of(flash.fill(0, OFFSET, OFFSET + image.length));
};

describe('a begin command that is damaged on its way', () => {
  it.each([
    ['its size grows past the region', SIZE_AT, 0x60],
    ['its offset moves behind the region', OFFSET_AT, 0x60],
  ])('is refused by the bounded ROM where %s', async (_, at, add) => {
    const { virtual, link } = await plugIn(spoilFirstBegin(at, add));
    const before = outside(virtual);
    const board = await connectBoard(link, { stub: 'never' });
    await board.writeRegion(target);
    await board.verifyRegion(target);
    expect(outside(virtual)).toBe(before);
    // The bound is lifted again.
    expect(await board.readFlash({ offsetBytes: FLASH_BYTES - 0x1000, sizeBytes: 64 })).toHaveLength(64);
  });

  it('is found out where it hit what stands before the region, and the board is not tried again', async () => {
    const { link } = await plugIn(spoilFirstBegin(OFFSET_AT, -0x10));
    const board = await connectBoard(link, { stub: 'never' });
    await expect(board.writeRegion(target)).rejects.toMatchObject({
      code: 'FLASH_CHANGED_OUTSIDE',
      retryable: false,
      details: { where: '0x9000 bytes at 0x0' },
    });
  });

  it('is found out on blank flash, where nothing is erased and the second try succeeds', async () => {
    const { link, virtual } = await plugIn(spoilFirstBegin(OFFSET_AT, -0x10));
    virtual.flash.erase(OFFSET, 0x1000);
    virtual.flash.erase(OFFSET - 0x1000, 0x1000);
    for (let at = 0x1000; at < image.length; at += 0x1000) virtual.flash.erase(OFFSET + at, 0x1000);
    const board = await connectBoard(link, { stub: 'never' });
    await expect(board.writeRegion(target)).rejects.toMatchObject({ code: 'FLASH_CHANGED_OUTSIDE' });
  });

  it('is found out where an erase began too early and still reached all that had to go', async () => {
    const { link, virtual } = await plugIn(spoilFirstBegin(OFFSET_AT, -0x10));
    for (let at = 0x1000; at < image.length; at += 0x1000) virtual.flash.erase(OFFSET + at, 0x1000);
    const board = await connectBoard(link, { stub: 'never' });
    const blank = { offsetBytes: OFFSET, image: new Uint8Array(image.length).fill(0xff) };
    await expect(board.writeRegion(blank)).rejects.toMatchObject({ code: 'FLASH_CHANGED_OUTSIDE' });
  });

  it('is found out with a stub too, where its size took the next sectors along', async () => {
    const spoil = (frame: Uint8Array): void => {
      if (frame[2] === OP.eraseRegion) frame[SIZE_AT + 5] = (frame[SIZE_AT + 5] ?? 0) + 0x20;
    };
    const { link } = await plugIn(spoil);
    const board = await connectBoard(link, { stub: 'always' });
    const blank = { offsetBytes: OFFSET, image: new Uint8Array(0x6000).fill(0xff) };
    await expect(board.writeRegion(blank)).rejects.toMatchObject({ code: 'FLASH_CHANGED_OUTSIDE' });
  });

  it('is found out when a region is only erased', async () => {
    const { link } = await plugIn(spoilFirstBegin(OFFSET_AT, -0x10));
    const board = await connectBoard(link, { stub: 'never' });
    await expect(board.eraseRegion({ offsetBytes: OFFSET, sizeBytes: 0x1000 })).rejects.toMatchObject({
      code: 'FLASH_CHANGED_OUTSIDE',
    });
  });
});

describe('a link that damages what it carries', () => {
  it('is left for a lower rate before anything is erased', async () => {
    const begunAt: number[] = [];
    const { link, virtual } = await plugIn((frame, baud) => {
      if (isBegin(frame)) begunAt.push(baud);
      if (frame[2] === OP.memData && baud > 230_400) frame[300] = (frame[300] ?? 0) ^ 0x40;
    });
    const before = outside(virtual);
    const board = await connectBoard(link, { stub: 'never' });
    await board.writeRegion(target);
    expect(new Set(begunAt)).toEqual(new Set([230_400]));
    expect(outside(virtual)).toBe(before);
  });

  it('that damaged a request once already is not trusted with an erase at that rate', async () => {
    let md5s = 0;
    const begunAt: number[] = [];
    const { link } = await plugIn((frame, baud) => {
      if (isBegin(frame)) begunAt.push(baud);
      if (frame[2] === OP.flashMd5 && md5s++ === 0) frame[12] = 0xff;
    });
    await (await connectBoard(link, { stub: 'never' })).writeRegion(target);
    expect(new Set(begunAt)).toEqual(new Set([460_800]));
  }, 15_000);
});

describe('what lies before the region', () => {
  /** The spans of all MD5s that a write of one board asks for, as offset+size. */
  async function askedBy(content: Uint8Array, digestMemory: DigestMemory): Promise<string[]> {
    const spans: string[] = [];
    const out = (frame: Uint8Array): Uint8Array => {
      const view = new DataView(frame.buffer, frame.byteOffset);
      if (frame[2] === OP.flashMd5) spans.push(`${view.getUint32(9, true)}+${view.getUint32(13, true)}`);
      return frame;
    };
    const { virtual, link } = await plugInBoard(
      { flashContent: content, flashSizeBytes: FLASH_BYTES },
      { out },
    );
    boards.push(virtual);
    await (await connectBoard(link, { stub: 'never', digestMemory })).writeRegion(target);
    return spans.filter((span) => span === `0+${OFFSET}`);
  }

  it('is read twice on the first board of a kind, once on the next', async () => {
    const memory = new ProcessDigestMemory();
    const content = scrambled(FLASH_BYTES, 3);
    expect(await askedBy(content, memory)).toHaveLength(2);
    expect(await askedBy(content, memory)).toHaveLength(1);
  });

  it('is read twice again on a board with other firmware, which then is known too', async () => {
    const memory = new ProcessDigestMemory();
    const [one, other] = [scrambled(FLASH_BYTES, 3), scrambled(FLASH_BYTES, 4)];
    await askedBy(one, memory);
    expect(await askedBy(other, memory)).toHaveLength(2);
    await askedBy(other, memory);
    expect(await askedBy(one, memory)).toHaveLength(1);
  });
});
