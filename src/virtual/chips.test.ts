// Every chip of the table as a virtual one: what a loader reads to know it, and how each ROM differs.
import { describe, expect, it } from 'vitest';
import { CHIP_NAMES, describeChip, getChip, readChipRevision } from '../core/chips/index.js';
import { createVirtualBoard } from './board.js';
import { OP } from './packet.js';
import { TestClient, words } from './testing/client.js';

describe.each(CHIP_NAMES)('a virtual %s', (name) => {
  const spec = getChip(name);
  const client = (): TestClient =>
    TestClient.inLoader(createVirtualBoard({ chip: name, mac: 'a4:cf:12:34:56:78' }));

  it('shows its MAC, its revision and a known description', () => {
    const loader = client();
    const read = (address: number): number => loader.readRegister(address);
    expect(read(spec.mac.low)).toBe(0x12345678);
    expect(read(spec.mac.high) & 0xffff).toBe(0xa4cf);
    if (spec.mac.upperHalf === 'eui64') expect(read(spec.mac.high) >>> 16).toBe(0xfffe);
    const revision = readChipRevision(spec, read);
    expect(revision.major + revision.minor).toBeGreaterThan(0);
    expect(describeChip(spec, read)).not.toMatch(/unknown/i);
  });

  it('answers GET_SECURITY_INFO as its ROM does', () => {
    const replies = client().send(OP.GET_SECURITY_INFO);
    if (spec.rom.securityInfoBytes === 0) {
      expect(replies[0]?.op).not.toBe(OP.GET_SECURITY_INFO);
      return;
    }
    expect(replies).toHaveLength(1);
    const { body } = replies[0] ?? { body: new Uint8Array(0) };
    expect(body).toHaveLength(spec.rom.securityInfoBytes + 4);
    if (spec.rom.securityInfoBytes === 20) expect(body[12]).toBe(spec.chipId);
  });

  it('takes as many words in FLASH_BEGIN as its ROM does', () => {
    const loader = client();
    loader.attach();
    const four = loader.command(OP.FLASH_BEGIN, words(0, 0, 0x400, 0)).body;
    const five = loader.command(OP.FLASH_BEGIN, words(0, 0, 0x400, 0, 0)).body;
    expect([four[0], five[0]]).toEqual(spec.rom.beginHasEncryptWord ? [1, 0] : [0, 1]);
  });

  it.skipIf(spec.rom.securityInfoBytes === 0)('leaves only what Secure Download Mode leaves', () => {
    const board = createVirtualBoard({ chip: name, security: { secureDownload: true } });
    const loader = TestClient.inLoader(board);
    expect(loader.sync()).toHaveLength(8);
    for (const op of [OP.READ_REG, OP.SPI_FLASH_MD5, OP.MEM_BEGIN, OP.FLASH_DEFL_BEGIN, OP.READ_FLASH_SLOW]) {
      const replies = loader.send(op, words(0, 0, 0, 0, 0));
      expect(replies).toHaveLength(8);
      expect(replies[0]?.op).not.toBe(op);
    }
    loader.attach();
    const flags = loader.command(OP.GET_SECURITY_INFO).body[0] ?? 0;
    expect(flags & 4).toBe(4);
    const begin = words(0x1000, 4, 0x400, 0x9000, ...(spec.rom.beginHasEncryptWord ? [0] : []));
    expect(loader.command(OP.FLASH_BEGIN, begin).body[0]).toBe(0);
  });
});

describe('a board whose crystal is not the one that the ROM takes it for', () => {
  it.each([
    ['esp32c2', 26, (115_200 * 40) / 26],
    ['esp32c5', 40, (115_200 * 48) / 40],
  ] as const)('%s with %i MHz needs its rate scaled', (chip, crystalMhz, given) => {
    const change = (rate: number): number => {
      const loader = TestClient.inLoader(createVirtualBoard({ chip, crystalMhz }));
      loader.port.setBaud(9600);
      loader.sync();
      loader.command(OP.CHANGE_BAUDRATE, words(Math.floor(rate), 0));
      loader.port.setBaud(115_200);
      return loader.sync().length;
    };
    expect(change(given)).toBe(8);
    expect(change(115_200)).not.toBe(8);
  });
});
