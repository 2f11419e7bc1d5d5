// The driver keeps the board contract over every kind of link: in memory, TCP, RFC 2217 and a device path.
import { describe, expect, it } from 'vitest';
import { connectBoard, openLink, type Link } from '../../src/driver/index.js';
import {
  createVirtualBoard,
  memoryTransport,
  servePty,
  serveRfc2217,
  serveTcp,
  type BoardServer,
  type VirtualBoard,
} from '../../src/virtual/index.js';
import { startVirtualProcess } from '../support/cli.js';
import { itKeepsTheBoardContract, type Bench } from './board-contract.js';

const MAC = 'a4:cf:12:34:56:78';
const ANY_PORT = { host: '127.0.0.1', port: 0 };

type Serve = (board: VirtualBoard) => Promise<BoardServer>;

/** A virtual ESP32 behind a real socket or device. */
const served = (serve: Serve) => async (): Promise<Bench> => {
  const board = createVirtualBoard({ mac: MAC });
  const server = await serve(board);
  return benchOf(
    () => openLink(server.url),
    async () => {
      await server.close();
      board.dispose();
    },
  );
};

const inMemory = (): Promise<Bench> => {
  const board = createVirtualBoard({ mac: MAC });
  const transport = memoryTransport(new Map([['board', board]]));
  const open = (): Promise<Link> => transport.open('virtual://board', { baud: 115_200, timeoutMs: 1_000 });
  return Promise.resolve(
    benchOf(open, () => {
      board.dispose();
      return Promise.resolve();
    }),
  );
};

function benchOf(open: () => Promise<Link>, close: () => Promise<void>): Bench {
  return {
    chip: 'esp32',
    mac: MAC,
    close,
    connect: async (options) => {
      const link = await open();
      try {
        return await connectBoard(link, options);
      } catch (error) {
        await link.close();
        throw error;
      }
    },
  };
}

describe('a board in memory', () => {
  itKeepsTheBoardContract(inMemory);
});
describe('a board behind tcp://', () => {
  itKeepsTheBoardContract(served((board) => serveTcp(board, ANY_PORT)));
});
describe('a board behind rfc2217://', () => {
  itKeepsTheBoardContract(served((board) => serveRfc2217(board, ANY_PORT)));
});
describe('a board at a device path', () => {
  itKeepsTheBoardContract(served((board) => servePty(board, 'esp32')));

  // A reader whose bytes only arrive when something else turns the event loop waits for one such turn at each answer.
  it('answers by itself, not only when a timer turns the event loop', async () => {
    const virtual = await startVirtualProcess(['--pty']);
    const link = await openLink(virtual.urls[0] ?? '');
    try {
      const board = await connectBoard(link);
      const reads = 20;
      let turnsByTimer = 0;
      const timer = setInterval(() => (turnsByTimer += 1), 100);
      for (let count = 0; count < reads; count += 1)
        await board.md5({ offsetBytes: 0x8000, sizeBytes: 0x1000 });
      clearInterval(timer);
      expect(turnsByTimer).toBeLessThan(reads / 2);
    } finally {
      await link.close();
      await virtual.close();
    }
  });
});
