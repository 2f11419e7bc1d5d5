// The board contract on a real board: ESPMINT_TEST_PORT=/dev/ttyUSB0 npm run test:hardware. Restores what it touched.
import { describe } from 'vitest';
import { connectBoard, openLink, type Board, type ConnectOptions } from '../../src/driver/index.js';
import { itKeepsTheBoardContract, type Bench } from '../contract/board-contract.js';

const PORT = process.env['ESPMINT_TEST_PORT'];
const TOUCHED = { offsetBytes: 0x9000, sizeBytes: 0x10000 };

async function openBench(port: string): Promise<Bench> {
  const connect = async (options?: ConnectOptions): Promise<Board> => {
    const link = await openLink(port);
    try {
      return await connectBoard(link, options);
    } catch (error) {
      await link.close();
      throw error;
    }
  };
  const board = await connect();
  const before = await board.readFlash(TOUCHED);
  const { chip, mac } = board.facts;
  await board.close();
  return {
    chip,
    mac,
    connect,
    close: async () => {
      const last = await connect();
      const target = { offsetBytes: TOUCHED.offsetBytes, image: before };
      await last.writeRegion(target);
      await last.verifyRegion(target);
      await last.reset();
      await last.close();
    },
  };
}

describe.runIf(PORT !== undefined)(`the board at ${PORT ?? 'no port (set ESPMINT_TEST_PORT)'}`, () => {
  itKeepsTheBoardContract(() => openBench(PORT ?? ''));
});
