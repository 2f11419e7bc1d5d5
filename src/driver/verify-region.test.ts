// The proof is worth something only while the same chip gives it.
import { afterEach, describe, expect, it } from 'vitest';
import { plugIn, scrambled, type Plugged } from '../../test/support/plug-in.js';
import type { VirtualBoard } from '../virtual/index.js';
import { connectBoard } from './board.js';
import { OP } from './command.js';

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
