// The second backend keeps the same board contract: the user's own esptool in front of a virtual board.
import { describe, expect, it } from 'vitest';
import { connectWithEsptool } from '../../src/driver/index.js';
import { createVirtualBoard, servePty } from '../../src/virtual/index.js';
import type { ChipName } from '../../src/core/chips/index.js';
import { flashOf, imageBytes, nvsBytes, OTHER_ROWS, row, tableBytes } from '../support/flash-layouts.js';
import { PYTHON, toolAvailable } from '../support/reference-tools.js';
import { TEST_MAC } from '../support/plug-in.js';
import { itKeepsTheBoardContract, type Bench } from './board-contract.js';

const command = [PYTHON, '-m', 'esptool'] as const;

/** A C6: its MAC lines are the ones that are easily misread. */
async function openBench(): Promise<Bench> {
  const board = createVirtualBoard({ chip: 'esp32c6', mac: TEST_MAC });
  const server = await servePty(board, 'esp32c6');
  return {
    chip: 'esp32c6',
    mac: TEST_MAC,
    connect: (options = {}) => connectWithEsptool(server.url, { ...options, command }),
    close: async () => {
      await server.close();
      board.dispose();
    },
  };
}

describe.runIf(toolAvailable('esptool', PYTHON))('a board by way of esptool', () => {
  itKeepsTheBoardContract(openBench);

  it.each([
    [{ kind: 'stuck-cell', address: 0x9801, bits: 0xff }, 'FLASH_WORN', { offset: 0x9801 }],
    [{ kind: 'wrong-proof' }, 'VERIFY_MISMATCH', { offset: 0x9000 }],
  ] as const)(
    'tells worn flash from a proof that is wrong: %o',
    async (fault, code, details) => {
      const board = createVirtualBoard({ chip: 'esp32c3', faults: { seed: 1, faults: [fault] } });
      const server = await servePty(board, 'esp32c3-worn');
      try {
        const connected = await connectWithEsptool(server.url, { command });
        const image = new Uint8Array(0x1000).fill(0x5a);
        await expect(connected.writeRegion({ offsetBytes: 0x9000, image })).rejects.toMatchObject({
          code,
          details,
        });
      } finally {
        await server.close();
        board.dispose();
      }
    },
    120_000,
  );

  it('sees that the port is not there', async () => {
    await expect(connectWithEsptool('/dev/ttyNoSuchPort', { command })).rejects.toMatchObject({
      code: 'PORT_NOT_FOUND',
    });
  });
});

describe.runIf(toolAvailable('esptool', PYTHON))('flash beyond 16 MB by way of esptool', () => {
  const BEYOND = 0x101_0000;
  const rows = [row('ota_0', 'ota_0', 0x1_0000, 0x100_0000), row('nvs', 'nvs', BEYOND, 0x6000)];
  const flash = flashOf({ 0x8000: tableBytes(rows), 0x1_0000: imageBytes(0x9000) }, 0x200_0000);
  const image = nvsBytes(OTHER_ROWS, 0x6000);

  async function write(chip: ChipName): Promise<Uint8Array> {
    const board = createVirtualBoard({ chip, flashContent: flash, flashSizeBytes: flash.length });
    const server = await servePty(board, chip);
    try {
      const connected = await connectWithEsptool(server.url, { command });
      const { tables } = await connected.survey();
      expect(tables.map(({ offsetBytes }) => offsetBytes)).toEqual([0x8000]);
      await connected.writeRegion({ offsetBytes: BEYOND, image });
      await connected.verifyRegion({ offsetBytes: BEYOND, image });
    } finally {
      await server.close();
      board.dispose();
    }
    return board.flash.read(0, flash.length);
  }

  it('is written where the stub of the chip reaches it, and nothing else is', async () => {
    const expected = Uint8Array.from(flash);
    expected.set(image, BEYOND);
    expect(Buffer.compare(await write('esp32s3'), expected)).toBe(0);
  }, 120_000);

  it('is refused where it does not: esptool itself would write to the start of the flash', async () => {
    await expect(write('esp32c3')).rejects.toMatchObject({ code: 'FLASH_OUT_OF_REACH' });
  }, 120_000);
});

describe.runIf(toolAvailable('esptool', PYTHON))('the chip id by way of esptool', () => {
  it('is that of the board', async () => {
    const uniqueId = '00112233445566778899aabbccddeeff';
    const board = createVirtualBoard({ chip: 'esp32c3', uniqueId });
    const server = await servePty(board, 'esp32c3');
    expect((await connectWithEsptool(server.url, { command })).facts).toMatchObject({ uniqueId });
    await server.close();
    board.dispose();
  }, 60_000);
});

describe('esptool itself', () => {
  it('is missed by name', async () => {
    const missing = connectWithEsptool('/dev/ttyUSB0', { command: ['no-such-esptool'] });
    await expect(missing).rejects.toMatchObject({ code: 'ESPTOOL_MISSING' });
  });
});
