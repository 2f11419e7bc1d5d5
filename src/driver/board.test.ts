// The board, against the virtual chip: what it says, what a write touches and costs, and how failures are mended.
import { afterEach, describe, expect, it } from 'vitest';
import {
  TEST_MAC as MAC,
  plugIn as plugInBoard,
  scrambled,
  type Plugged,
} from '../../test/support/plug-in.js';
import { MeteredLink } from '../../test/support/metered-link.js';
import { CHIP_NAMES, type ChipName } from '../core/chips/index.js';
import { encodeNvs } from '../core/nvs/index.js';
import type { VirtualBoard } from '../virtual/index.js';
import { connectBoard, type ConnectOptions } from './board.js';
import { OP } from './protocol/command.js';
import type { DriverEvent } from './events.js';
import { ProcessDigestMemory } from './write/digest-memory.js';
import { md5Of, regionText } from './write/md5.js';

const REGION = { offsetBytes: 0x9000, sizeBytes: 0x10000 };
const image = encodeNvs(
  [
    { namespace: 'zc', key: 'global_uuid', type: 'string', value: '110e3dc9-fa05-568f-a05a-98d00891029d' },
    { namespace: 'zc', key: 'psk_secret', type: 'string', value: '00112233445566778899aabbccddeeff' },
    { namespace: 'zc', key: 'ca_service_url', type: 'string', value: 'https://ca.example.com:8443' },
  ],
  REGION.sizeBytes,
);
const target = { offsetBytes: REGION.offsetBytes, image };

const boards: VirtualBoard[] = [];
afterEach(() => {
  for (const board of boards.splice(0)) board.dispose();
});

async function plugIn(...options: Parameters<typeof plugInBoard>): Promise<Plugged> {
  const plugged = await plugInBoard(...options);
  boards.push(plugged.virtual);
  return plugged;
}

const held = (virtual: VirtualBoard, { offsetBytes, sizeBytes } = REGION): Uint8Array =>
  virtual.flash.read(offsetBytes, sizeBytes);

async function connectTo(
  chip: ChipName,
  options: ConnectOptions = {},
): Promise<Awaited<ReturnType<typeof connectBoard>>> {
  const { link } = await plugIn({ chip });
  return connectBoard(link, options);
}

describe('what a board says of itself', () => {
  it.each(CHIP_NAMES)('%s: chip, base MAC, flash, rate and partition table', async (chip) => {
    const board = await connectTo(chip);
    expect(board.facts).toMatchObject({ chip, mac: MAC, flashId: 0x1640ef, flashSizeBytes: 0x40_0000 });
    expect(board.facts.description).toMatch(/^ESP/);
    expect(board.facts.revision).toMatch(/^v\d\.\d$/);
    expect(board.baud).toBe(921_600);
    expect(board.security).toEqual({ flashEncryption: false, secureBoot: false, secureDownload: false });
    expect((await board.readPartitionTable())?.partitions[0]).toMatchObject({
      label: 'nvs',
      offsetBytes: 0x9000,
    });
  });

  it('has no partition table on blank flash', async () => {
    const { link } = await plugIn({ partitionTable: 'none' });
    expect(await (await connectBoard(link)).readPartitionTable()).toBeUndefined();
  });

  it('is refused by name when another chip was expected, and its port is free then', async () => {
    const { link } = await plugIn({ chip: 'esp32' });
    await expect(connectBoard(link, { expectChip: 'ESP32-C3' })).rejects.toMatchObject({
      code: 'CHIP_UNEXPECTED',
      details: { expected: 'ESP32-C3', found: 'ESP32' },
    });
    await expect(link.read({ timeoutMs: 50 })).rejects.toMatchObject({ code: 'LINK_CLOSED' });
    await expect(connectTo('esp32c3', { expectChip: 'esp32' })).rejects.toMatchObject({
      code: 'CHIP_UNEXPECTED',
    });
    await expect(connectTo('esp32', { expectChip: 'esp8266' })).rejects.toMatchObject({
      code: 'CHIP_NOT_SUPPORTED',
    });
  });

  it('is not refused for one damaged answer', async () => {
    let reads = 0;
    const damage = (bytes: Uint8Array): Uint8Array => {
      if (bytes[2] !== OP.readRegister || reads++ > 0) return bytes;
      return Uint8Array.from(bytes, (byte, index) => (index === 6 ? byte ^ 0x10 : byte));
    };
    const { link } = await plugIn({ chip: 'esp32' }, { in: damage });
    expect((await connectBoard(link, { expectChip: 'esp32' })).facts.chip).toBe('esp32');
    expect(reads).toBeGreaterThan(1);
  });

  it('reads a MAC that looks wrong anew before the chip is blamed for it', async () => {
    for (const chip of ['esp32', 'esp32c6'] as const) {
      const macWord = { esp32: [0x04, 0xa0, 0xf5, 0x3f], esp32c6: [0x44, 0x08, 0x0b, 0x60] }[chip];
      let asked = false;
      let spoilt = 0;
      const { link } = await plugIn(
        { chip },
        {
          out: (bytes) => {
            asked ||= bytes.join().includes(macWord.join());
            return bytes;
          },
          in: (bytes) => {
            if (!asked || spoilt > 0 || bytes[2] !== OP.readRegister) return bytes;
            spoilt += 1;
            // The upper half of the value, in all answers that came together: the MAC's words are among them.
            return bytes.map((byte, index) => (index % 14 === 8 ? byte ^ 0x20 : byte));
          },
        },
      );
      expect((await connectBoard(link, { baud: 115_200 })).facts.mac).toBe(MAC);
      expect(spoilt).toBe(1);
    }
  });

  it('shows flash encryption and secure boot', async () => {
    for (const chip of ['esp32', 'esp32c3'] as const) {
      const { link } = await plugIn({ chip, security: { flashEncryption: true, secureBoot: true } });
      expect((await connectBoard(link)).security).toMatchObject({ flashEncryption: true, secureBoot: true });
    }
  });

  it('cannot be identified in Secure Download Mode, and says so', async () => {
    const { link } = await plugIn({ chip: 'esp32c3', security: { secureDownload: true } });
    await expect(connectBoard(link)).rejects.toMatchObject({ code: 'SECURE_DOWNLOAD' });
  });
});

describe('a board on its own USB', () => {
  it('is reset by classic lines where the USB sequence does not help, keeps its rate and has its watchdogs calmed', async () => {
    const writes: Uint8Array[] = [];
    const { link } = await plugIn({ chip: 'esp32c3' });
    const out = (bytes: Uint8Array): Uint8Array => {
      if (bytes[2] === OP.writeRegister) writes.push(bytes);
      return bytes;
    };
    const usb = new MeteredLink(link.inner, { out }, true);
    const board = await connectBoard(usb);
    expect(board.baud).toBe(115_200);
    expect(usb.meter.bauds).toEqual([]);
    // RTC_CNTL_WDTWPROTECT_REG of the ESP32-C3, little-endian, first in the first WRITE_REG.
    expect([...(writes[0] ?? [])].slice(9, 13)).toEqual([0xa8, 0x80, 0x00, 0x60]);
  });
});

describe('a write', () => {
  // Counted, so that nobody adds to it unseen. The task was at most 32 and 3,000; second readings of all facts are 400 of them.
  it.each([
    { flash: 'blank', baud: 921_600, roundTrips: 9, bytes: 3_410 },
    { flash: 'blank', baud: 115_200, roundTrips: 9, bytes: 2_710 },
    { flash: 'earlier', baud: 921_600, roundTrips: 9, bytes: 3_410 },
    { flash: 'earlier', baud: 115_200, roundTrips: 9, bytes: 2_710 },
  ])(
    'costs a stock ESP32 $roundTrips round trips and $bytes bytes on $flash flash at $baud baud, all proofs included',
    async ({ flash, baud, roundTrips, bytes }) => {
      const plugInOne = async (): Promise<Plugged> => {
        const one = await plugIn({ partitionTable: 'stock' });
        const before = image.map((byte, at) => (byte === 0xff || at < 0x40 ? byte : byte & 0xf0));
        if (flash === 'earlier') one.virtual.flash.program(REGION.offsetBytes, before);
        return one;
      };
      const twin = await plugInOne();
      await (await connectBoard(twin.link)).readPartitionTable();
      const { virtual, link } = await plugInOne();
      // Not the first board of its kind.
      const digestMemory = new ProcessDigestMemory();
      const before = { offsetBytes: 0, sizeBytes: REGION.offsetBytes };
      digestMemory.note(regionText(before), md5Of(virtual.flash.read(0, REGION.offsetBytes)));
      const board = await connectBoard(link, { baud, digestMemory });
      await board.readPartitionTable();
      const after = await board.writeRegion(target);
      await board.verifyRegion(target, { after });
      expect(held(virtual)).toEqual(image);
      expect(link.meter.roundTrips).toBeLessThanOrEqual(roundTrips);
      expect(link.meter.bytesOut + link.meter.bytesIn).toBeLessThanOrEqual(bytes);
    },
  );

  it('leaves all other bytes of flash as they were', async () => {
    const content = new Uint8Array(0x40_0000).map((_, index) => (index * 7) & 0xff);
    const { virtual, link } = await plugIn({ flashContent: content });
    const board = await connectBoard(link);
    const report = await board.writeRegion(target);
    expect(report).toEqual({ found: 'other', sectors: 16, sectorsWritten: 16 });
    const expected = Uint8Array.from(content);
    expected.set(image, REGION.offsetBytes);
    expect(md5Of(virtual.flash.read(0, 0x40_0000))).toBe(md5Of(expected));
  });

  it('does nothing where the image is already, and only what differs where it almost is', async () => {
    const { virtual, link } = await plugIn();
    const board = await connectBoard(link);
    expect(await board.writeRegion(target)).toEqual({ found: 'blank', sectors: 16, sectorsWritten: 1 });
    expect(await board.writeRegion(target)).toEqual({ found: 'equal', sectors: 16, sectorsWritten: 0 });
    const changed = Uint8Array.from(image);
    changed[0x5000] = 0;
    changed[0xffff] = 0;
    const report = await board.writeRegion({ offsetBytes: REGION.offsetBytes, image: changed });
    expect(report).toEqual({ found: 'other', sectors: 16, sectorsWritten: 2 });
    expect(held(virtual)).toEqual(changed);
  });

  it('reports rising progress up to 100', async () => {
    const board = await connectTo('esp32');
    const seen: number[] = [];
    const noise = scrambled(0x4000, 1);
    await board.writeRegion(
      { offsetBytes: 0x9000, image: noise },
      { onProgress: (percent) => seen.push(percent) },
    );
    expect(seen.at(-1)).toBe(100);
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it.each([
    ['begins between sectors', 0x9100, 0x1000],
    ['ends between sectors', 0x9000, 0x1001],
    ['is empty', 0x9000, 0],
    ['ends behind the flash', 0x3f_f000, 0x2000],
  ])('is refused where the region %s', async (_, offsetBytes, size) => {
    const { virtual, link } = await plugIn();
    const board = await connectBoard(link);
    const before = md5Of(virtual.flash.read(0, 0x40_0000));
    await expect(board.writeRegion({ offsetBytes, image: new Uint8Array(size) })).rejects.toMatchObject({
      code: 'REGION_INVALID',
    });
    expect(md5Of(virtual.flash.read(0, 0x40_0000))).toBe(before);
  });

  it('is not proven while one byte of the region differs', async () => {
    const { virtual, link } = await plugIn();
    const board = await connectBoard(link);
    await board.writeRegion(target);
    virtual.flash.program(REGION.offsetBytes + 0xfff0, Uint8Array.of(0));
    await expect(board.verifyRegion(target)).rejects.toMatchObject({ code: 'VERIFY_MISMATCH' });
  });

  it('erases a region and reads it back', async () => {
    const board = await connectTo('esp32c6');
    await board.writeRegion(target);
    expect(await board.readFlash({ offsetBytes: 0x9000, sizeBytes: 100 })).toEqual(image.subarray(0, 100));
    await board.eraseRegion(REGION);
    expect(await board.md5(REGION)).toBe(md5Of(new Uint8Array(REGION.sizeBytes).fill(0xff)));
  });
});

describe('a bad link', () => {
  const withoutByte5 = (bytes: Uint8Array): Uint8Array => bytes.filter((_, index) => index !== 5);
  const atHighBaud = (spoil: (bytes: Uint8Array) => Uint8Array) => (bytes: Uint8Array, baud: number) =>
    baud > 230_400 ? spoil(bytes) : bytes;

  it('is met with the highest rate that it bears', async () => {
    const lose = atHighBaud(withoutByte5);
    const { link } = await plugIn({}, { in: lose });
    const events: DriverEvent[] = [];
    const board = await connectBoard(link, { onEvent: (event) => events.push(event) });
    expect(board.baud).toBe(230_400);
    expect(events.filter(({ type }) => type === 'baud-fallback')).toMatchObject([
      { from: 921_600, to: 460_800 },
      { from: 460_800, to: 230_400 },
    ]);
  });

  it('that turns bad while writing is begun again lower, and proven', async () => {
    let writing = false;
    const lose = atHighBaud((bytes) => (writing ? withoutByte5(bytes) : bytes));
    const { virtual, link } = await plugIn({}, { out: lose });
    const board = await connectBoard(link);
    writing = true;
    await board.writeRegion(target);
    await board.verifyRegion(target);
    expect(board.baud).toBe(230_400);
    expect(held(virtual)).toEqual(image);
  });

  it('that damages one data block has it sent again', async () => {
    let spoilt = false;
    const { virtual, link } = await plugIn(
      {},
      {
        out: (bytes) => {
          if (![OP.flashData, OP.flashDeflData].some((op) => bytes[2] === op) || spoilt) return bytes;
          spoilt = true;
          const damaged = Uint8Array.from(bytes);
          damaged[60] = (damaged[60] ?? 0) ^ 0x04;
          return damaged;
        },
      },
    );
    const board = await connectBoard(link);
    await board.writeRegion(target);
    expect(spoilt).toBe(true);
    expect(held(virtual)).toEqual(image);
    expect(board.baud).toBe(921_600);
  });

  it('that damages the MAC on its way is noticed by its CRC, or by a second reading', async () => {
    for (const chip of ['esp32', 'esp32c3'] as const) {
      let reads = 0;
      const { link } = await plugIn(
        { chip },
        {
          in: (bytes, baud) => {
            if (baud < 921_600 || bytes[2] !== 0x0a) return bytes;
            reads += 1;
            const damaged = Uint8Array.from(bytes);
            if (reads === 1) damaged[5] = (damaged[5] ?? 0) ^ 0x10;
            return damaged;
          },
        },
      );
      const board = await connectBoard(link);
      expect(board.facts.mac).toBe(MAC);
      // Nothing is erased at a rate at which something was damaged.
      await board.writeRegion(target);
      expect(board.baud).toBe(460_800);
    }
  });
});

describe('what ends a connection', () => {
  it('a silent board: the error tells what to press', async () => {
    const { link } = await plugIn({}, { in: () => new Uint8Array(0) });
    await expect(connectBoard(link)).rejects.toThrow(/hold the BOOT button/);
  }, 10_000);

  it('a signal: at once, whatever is going on', async () => {
    const { link } = await plugIn({}, { in: () => new Uint8Array(0) });
    const abort = new AbortController();
    setTimeout(() => {
      abort.abort();
    }, 50);
    const started = performance.now();
    await expect(connectBoard(link, { signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('a pulled cable: as LINK_CLOSED', async () => {
    const { link } = await plugIn();
    const board = await connectBoard(link);
    await link.inner.close();
    await expect(board.md5(REGION)).rejects.toMatchObject({ code: 'LINK_CLOSED' });
    await board.close();
  });

  it('a reset: the application runs and speaks at 115200 baud', async () => {
    const { link } = await plugIn();
    const board = await connectBoard(link);
    await board.reset();
    expect(board.baud).toBe(115_200);
    let text = '';
    while (!text.includes('\n')) text += new TextDecoder().decode(await link.read({ timeoutMs: 1_000 }));
    expect(text).not.toContain('waiting for download');
  });
});
