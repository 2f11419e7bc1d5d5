// What makes round trips few, and what happens where a loader or a link does not go along with it.
import { afterEach, describe, expect, it } from 'vitest';
import { plugIn as plugInBoard, scrambled, type Plugged } from '../../test/support/plug-in.js';
import type { Spoiler } from '../../test/support/metered-link.js';
import type { VirtualBoard } from '../virtual/index.js';
import { connectBoard } from './board.js';
import { OP } from './protocol/command.js';
import type { DriverEvent } from './events.js';

const boards: VirtualBoard[] = [];
afterEach(() => {
  for (const board of boards.splice(0)) board.dispose();
});

async function plugIn(spoiler: Spoiler, options: Parameters<typeof plugInBoard>[0] = {}): Promise<Plugged> {
  const plugged = await plugInBoard(options, spoiler);
  boards.push(plugged.virtual);
  return plugged;
}

const NOTHING = new Uint8Array(0);
const image = new Uint8Array(0x4000).fill(0xff);
image.set(scrambled(700, 5));
const target = { offsetBytes: 0x9000, image };

describe('a question that goes out with SYNC', () => {
  it('is asked again where the loader did not hear it', async () => {
    let reads = 0;
    const out = (frame: Uint8Array): Uint8Array =>
      frame[2] === OP.readRegister && reads++ === 0 ? NOTHING : frame;
    const { link } = await plugIn({ out });
    const board = await connectBoard(link);
    expect(board.facts.chip).toBe('esp32');
    expect(board.baud).toBe(921_600);
  });

  it('is not taken for the answer to another one when it comes late', async () => {
    const held: Uint8Array[] = [];
    let syncs = 0;
    // The first SYNC and its question arrive only together with the second.
    const out = (frame: Uint8Array): Uint8Array => {
      if (frame[2] === OP.sync && ++syncs === 2)
        return Uint8Array.from([...held.flatMap((one) => [...one]), ...frame]);
      if (syncs > 1) return frame;
      held.push(Uint8Array.from(frame));
      return NOTHING;
    };
    const { link } = await plugIn({ out });
    expect((await connectBoard(link)).facts.mac).toBe('a4:cf:12:34:56:78');
  });
});

describe('a loader that is slow to change its rate', () => {
  it('is looked for at the new rate, which is kept', async () => {
    let lost = 0;
    let isDeaf = true;
    const out = (frame: Uint8Array, baud: number): Uint8Array => {
      if (frame[2] === OP.sync) isDeaf = false;
      if (frame[2] === OP.changeBaud) isDeaf = true;
      if (baud !== 921_600 || !isDeaf) return frame;
      lost += 1;
      return NOTHING;
    };
    const { link } = await plugIn({ out });
    const events: DriverEvent[] = [];
    const board = await connectBoard(link, { onEvent: (event) => events.push(event) });
    expect(lost).toBeGreaterThan(2);
    expect(board.baud).toBe(921_600);
    await board.writeRegion(target);
    expect(events.map(({ type }) => type)).not.toContain('baud-fallback');
  });
});

describe('a write to blank flash', () => {
  it('erases nothing', async () => {
    const erasing: number[] = [];
    const out = (frame: Uint8Array): Uint8Array => {
      if (frame[2] === OP.flashBegin || frame[2] === OP.flashDeflBegin) {
        erasing.push(new DataView(frame.buffer, frame.byteOffset).getUint32(9, true));
      }
      return frame;
    };
    const { link, virtual } = await plugIn({ out });
    const board = await connectBoard(link);
    await board.writeRegion(target);
    await board.verifyRegion(target);
    expect(erasing).toEqual([0]);
    expect(virtual.flash.read(0x9000, image.length)).toEqual(image);
  });

  it('is done again with an erase by a ROM that writes nothing without one', async () => {
    // As if the begin command had been for another place: what is written is not where it was meant.
    const out = (frame: Uint8Array): Uint8Array => {
      if (frame[2] !== OP.flashBegin || frame[9] !== 0 || frame[10] !== 0) return frame;
      const elsewhere = Uint8Array.from(frame);
      elsewhere[22] = 0xb0;
      return elsewhere;
    };
    const { link, virtual } = await plugIn({ out });
    const board = await connectBoard(link);
    await board.writeRegion(target);
    await board.verifyRegion({ offsetBytes: 0x9000, image: image.subarray(0, 0x1000) });
    expect(virtual.flash.read(0x9000, 0x1000)).toEqual(image.subarray(0, 0x1000));
  });
});

describe('a write over flash that is full of something else', () => {
  it('erases the data and the blanks behind it with one command', async () => {
    const begun: number[] = [];
    const out = (frame: Uint8Array): Uint8Array => {
      if (frame[2] === OP.flashBegin)
        begun.push(new DataView(frame.buffer, frame.byteOffset).getUint32(9, true));
      return frame;
    };
    const { link, virtual } = await plugIn(
      { out },
      { flashContent: scrambled(0x10_0000, 9), flashSizeBytes: 0x10_0000 },
    );
    const board = await connectBoard(link, { stub: 'never' });
    await board.writeRegion(target);
    expect(begun).toEqual([image.length]);
    expect(virtual.flash.read(0x9000, image.length)).toEqual(image);
  });
});

describe('the start of the application', () => {
  it('finds the link at the rate of its log before it can speak', async () => {
    const { link } = await plugIn({});
    const board = await connectBoard(link);
    const done: string[] = [];
    const { setLines, setBaud } = link;
    link.setLines = async (lines) => {
      done.push(lines.rts ? 'held' : 'released');
      await setLines.call(link, lines);
    };
    link.setBaud = async (baud) => {
      done.push(`${baud} baud`);
      await setBaud.call(link, baud);
    };
    await board.reset();
    expect(done).toEqual(['held', '115200 baud', 'released']);
    const { line } = await board.watchBoot({ success: 'banner', timeoutMs: 2_000 });
    expect(line).not.toBe('');
  });
});
