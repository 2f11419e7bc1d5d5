// The stub: the binaries are those of the package, it runs on every chip, and it is used where it pays.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { plugIn, scrambled } from '../../../test/support/plug-in.js';
import { CHIPS, CHIP_NAMES } from '../../core/chips/index.js';
import type { VirtualBoard } from '../../virtual/index.js';
import { connectBoard } from '../board.js';
import type { DriverEvent } from '../events.js';
import { chooseLoader } from './loader-choice.js';
import { md5Of } from '../write/md5.js';
import { stubNameFor } from './stub.js';
import { STUBS } from './stubs/index.js';

const OPEN = { flashEncryption: false, secureBoot: false, secureDownload: false };

let board: VirtualBoard | undefined;
afterEach(() => board?.dispose());

describe('the stubs', () => {
  it.each(Object.keys(STUBS))('%s is the one of the package', async (name) => {
    const file = `node_modules/esptool-js/lib/targets/stub_flasher/${name}.json`;
    const original = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string | number>;
    expect(await STUBS[name]?.()).toEqual({
      entry: original['entry'],
      textAddress: original['text_start'],
      text: original['text'],
      dataAddress: original['data_start'],
      data: original['data'],
    });
  });

  it('are chosen by revision, and not where the chip would not run them', () => {
    expect(stubNameFor(CHIPS.esp32p4, 103, OPEN)).toBe('esp32p4-rev1');
    expect(stubNameFor(CHIPS.esp32p4, 300, OPEN)).toBe('esp32p4');
    expect(stubNameFor(CHIPS.esp32c2, 0, OPEN)).toBeUndefined();
    expect(stubNameFor(CHIPS.esp32c2, 100, OPEN)).toBe('esp32c2');
    expect(stubNameFor(CHIPS.esp32c3, 4, { ...OPEN, secureBoot: true })).toBeUndefined();
    expect(stubNameFor(CHIPS.esp32, 300, { ...OPEN, secureDownload: true })).toBeUndefined();
  });
});

describe('a board with the stub', () => {
  it.each(CHIP_NAMES)('%s: writes, proves, reads and erases', async (chip) => {
    const plugged = await plugIn({ chip });
    board = plugged.virtual;
    const connected = await connectBoard(plugged.link, { stub: 'always' });
    const image = scrambled(0x9000, 7).fill(0xff, 0x3000, 0x5000);
    const target = { offsetBytes: 0x1_0000, image };
    await connected.writeRegion(target);
    await connected.verifyRegion(target);
    const read = await connected.readFlash({ offsetBytes: 0x1_0100, sizeBytes: 0x2345 });
    expect(md5Of(read)).toBe(md5Of(image.subarray(0x100, 0x100 + 0x2345)));
    await connected.eraseRegion({ offsetBytes: 0x1_0000, sizeBytes: 0x2000 });
    expect(board.flash.read(0x1_0000, 0x2000).every((byte) => byte === 0xff)).toBe(true);
    expect(md5Of(board.flash.read(0x1_2000, 0x7000))).toBe(md5Of(image.subarray(0x2000)));
    await connected.eraseFlash();
    expect(await connected.readPartitionTable()).toBeUndefined();
  });

  it('keeps nothing outside the region from what it was', async () => {
    const content = scrambled(0x40_0000, 3);
    const plugged = await plugIn({ flashContent: content });
    board = plugged.virtual;
    const connected = await connectBoard(plugged.link, { stub: 'always' });
    const image = scrambled(0x1_8000, 4);
    await connected.writeRegion({ offsetBytes: 0x9000, image });
    const expected = Uint8Array.from(content);
    expected.set(image, 0x9000);
    expect(md5Of(board.flash.read(0, 0x40_0000))).toBe(md5Of(expected));
  });

  it('that does not start is done without', async () => {
    const plugged = await plugIn(
      {},
      { in: (bytes) => (bytes.includes(0x4f) ? bytes.filter((b) => b !== 0x4f) : bytes) },
    );
    board = plugged.virtual;
    const events: DriverEvent[] = [];
    const connected = await connectBoard(plugged.link, {
      stub: 'always',
      onEvent: (event) => events.push(event),
    });
    const target = { offsetBytes: 0x9000, image: scrambled(0x1000, 5) };
    await connected.writeRegion(target);
    await connected.verifyRegion(target);
    expect(events).toContainEqual({ type: 'retry', what: 'stub', reason: 'STUB_FAILED' });
  });
});

describe('the choice of a loader', () => {
  const link = { baud: 921_600, latencyMs: 2 };
  const write = (wireBytes: number, flashBytes: number): string =>
    chooseLoader({ kind: 'write', wireBytes, flashBytes }, link).loader;

  it('is the ROM for one small image, the stub for a firmware', () => {
    expect(write(450, 0x1000)).toBe('rom');
    expect(write(600_000, 0x10_0000)).toBe('stub');
  });

  it('is the ROM for a partition table, the stub for a backup', () => {
    expect(chooseLoader({ kind: 'read', wireBytes: 0, flashBytes: 192 }, link).loader).toBe('rom');
    expect(chooseLoader({ kind: 'read', wireBytes: 0, flashBytes: 0x1_0000 }, link).loader).toBe('stub');
  });
});
