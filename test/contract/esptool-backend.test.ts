// The second backend keeps the same board contract: the user's own esptool in front of a virtual board.
import { describe, expect, it } from 'vitest';
import { connectWithEsptool } from '../../src/driver/index.js';
import { createVirtualBoard, servePty } from '../../src/virtual/index.js';
import { PYTHON, judgeAvailable } from '../support/judges.js';
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

describe.runIf(judgeAvailable('esptool', PYTHON))('a board by way of esptool', () => {
  itKeepsTheBoardContract(openBench);

  it('sees that the port is not there', async () => {
    await expect(connectWithEsptool('/dev/ttyNoSuchPort', { command })).rejects.toMatchObject({
      code: 'PORT_NOT_FOUND',
    });
  });
});

describe('esptool itself', () => {
  it('is missed by name', async () => {
    const missing = connectWithEsptool('/dev/ttyUSB0', { command: ['no-such-esptool'] });
    await expect(missing).rejects.toMatchObject({ code: 'ESPTOOL_MISSING' });
  });
});
