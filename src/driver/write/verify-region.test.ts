// The proof is worth something only while the same chip gives it.
import { afterEach, describe, expect, it } from 'vitest';
import { plugIn, scrambled, type Plugged } from '../../../test/support/plug-in.js';
import type { VirtualBoard } from '../../virtual/index.js';
import { connectBoard } from '../board.js';
import { OP } from '../protocol/command.js';
import { Loader } from '../protocol/loader.js';
import { md5Of, isCurrent, regionDigest } from './md5.js';

const boards: VirtualBoard[] = [];
afterEach(() => {
  for (const board of boards.splice(0)) board.dispose();
});

async function plug(...parts: Parameters<typeof plugIn>): Promise<Plugged> {
  const plugged = await plugIn(...parts);
  boards.push(plugged.virtual);
  return plugged;
}

const image = new Uint8Array(0x4000).fill(0xff);
image.set(scrambled(700, 5));
const target = { offsetBytes: 0x9000, image };

describe('the proof of a region', () => {
  it('is refused from a board that took the place of the other, even with the same bytes in its flash', async () => {
    const [first, second] = [await plug(), await plug({ mac: 'a4:cf:12:34:56:99' })];
    const board = await connectBoard(first.link);
    await board.writeRegion(target);
    const other = await connectBoard(second.link);
    await other.writeRegion(target);
    first.link.inner = second.link.inner;
    await expect(board.verifyRegion(target)).rejects.toMatchObject({
      code: 'CHIP_CHANGED',
      details: { before: 'a4:cf:12:34:56:78', after: 'a4:cf:12:34:56:99' },
    });
  });

  it('is asked for again where the answer about the chip was damaged on its way', async () => {
    let isVerifying = false;
    let damaged = 0;
    const { link } = await plug(
      {},
      {
        out: (frame) => {
          if (!isVerifying || frame[2] !== OP.readRegister || damaged++ > 0) return frame;
          return frame.map((byte, at) => (at === 9 ? byte ^ 0x10 : byte));
        },
      },
    );
    const board = await connectBoard(link);
    await board.writeRegion(target);
    isVerifying = true;
    await board.verifyRegion(target);
    expect(damaged).toBeGreaterThan(1);
  });
});

describe('a write that the chip does not confirm', () => {
  const regions = [
    { offsetBytes: 0x9000, sizeBytes: 0x4000 },
    { offsetBytes: 0x11_0000, sizeBytes: 0x3000 },
    { offsetBytes: 0x3f_f000, sizeBytes: 0x1000 },
  ] as const;
  const CASES = regions.flatMap((region) =>
    (['never', 'always'] as const).map((stub) => ({ ...region, stub })),
  );
  const sparse = (sizeBytes: number): Uint8Array => {
    const bytes = new Uint8Array(sizeBytes).fill(0xff);
    bytes.set(scrambled(600, 7), sizeBytes - 0x1000);
    return bytes;
  };

  it.each(CASES)(
    'is of a worn flash where a byte is lost: $sizeBytes at $offsetBytes, stub $stub',
    async ({ offsetBytes, sizeBytes, stub }) => {
      const address = offsetBytes + sizeBytes - 0x1000 + 5;
      const faults = { seed: 1, faults: [{ kind: 'stuck-cell', address, bits: 0xff } as const] };
      const board = await connectBoard((await plug({ faults })).link, { stub });
      await expect(board.writeRegion({ offsetBytes, image: sparse(sizeBytes) })).rejects.toMatchObject({
        code: 'FLASH_WORN',
        retryable: false,
        details: { offset: address },
      });
    },
  );

  it.each(CASES)(
    'is a proof that contradicts where every byte is there: $sizeBytes at $offsetBytes, stub $stub',
    async ({ offsetBytes, sizeBytes, stub }) => {
      const { virtual, link } = await plug({ faults: { seed: 1, faults: [{ kind: 'wrong-proof' }] } });
      const board = await connectBoard(link, { stub });
      const wanted = { offsetBytes, image: sparse(sizeBytes) };
      await board.writeRegion(wanted);
      await expect(board.verifyRegion(wanted)).rejects.toMatchObject({
        code: 'VERIFY_MISMATCH',
        retryable: true,
      });
      expect(virtual.flash.read(offsetBytes, sizeBytes)).toEqual(wanted.image);
      // A stub sends an MD5 of what it reads; a ROM is asked for its own.
      const read = board.readFlash({ offsetBytes, sizeBytes });
      if (stub === 'always') expect(await read).toEqual(wanted.image);
      else await expect(read).rejects.toMatchObject({ code: 'VERIFY_MISMATCH' });
    },
  );
});

describe('the proof behind a write', () => {
  const askedMd5s = (link: Plugged['link']): (() => number) => {
    let count = 0;
    const { write } = link;
    link.write = async (bytes, wait) => {
      count += framesOf(bytes).filter((op) => op === OP.flashMd5).length;
      await write.call(link, bytes, wait);
    };
    return () => count;
  };
  const framesOf = (bytes: Uint8Array): (number | undefined)[] =>
    [...bytes].flatMap((byte, at) => (byte === 0xc0 && bytes[at + 1] === 0 ? [bytes[at + 2]] : []));

  it('is the one that was asked behind its last byte; whether it is the same chip is asked now', async () => {
    const [{ link }, other] = [await plug(), await plug({ mac: 'a4:cf:12:34:56:99' })];
    const board = await connectBoard(link);
    const after = await board.writeRegion(target);
    const md5s = askedMd5s(link);
    await board.verifyRegion(target, { after });
    expect(md5s()).toBe(0);
    link.inner = other.link.inner;
    await connectBoard(other.link);
    await expect(board.verifyRegion(target, { after })).rejects.toMatchObject({ code: 'CHIP_CHANGED' });
  });

  it('is asked anew where the flash may have changed since, and for another region', async () => {
    const { link } = await plug();
    const board = await connectBoard(link);
    const after = await board.writeRegion(target);
    const md5s = askedMd5s(link);
    const part = { offsetBytes: 0x9000, image: image.subarray(0, 0x1000) };
    await board.verifyRegion(part, { after });
    expect(md5s()).toBe(1);
    await board.eraseRegion({ offsetBytes: 0x20_0000, sizeBytes: 0x1000 });
    const asked = md5s();
    await board.verifyRegion(target, { after });
    expect(md5s()).toBe(asked + 1);
  });

  it('counts only from the connection that it was asked on', async () => {
    const { link } = await plug();
    const [loader, next] = [new Loader(link), new Loader(link)];
    const region = { offsetBytes: 0x9000, sizeBytes: 0x4000 };
    const digest = regionDigest(loader, region, md5Of(image));
    expect(isCurrent(digest, loader, region)).toBe(true);
    expect(isCurrent(digest, next, region)).toBe(false);
  });
});
