// A virtual board behind a plain TCP stream: bytes only, one connection is one session.
import type { VirtualBoard } from '../board.js';
import {
  awaitClient,
  type BoardServer,
  leaveBoard,
  type LeavePolicy,
  type ListenAddress,
  listenTcp,
} from './server.js';

/** Serves `tcp://`. The board waits in its loader. @throws VIRTUAL_LISTEN_FAILED */
export function serveTcp(
  board: VirtualBoard,
  address: ListenAddress,
  policy: LeavePolicy = 'reset',
): Promise<BoardServer> {
  awaitClient(board);
  return listenTcp('tcp', address, (client) => {
    if (!board.isFree) return false;
    const port = board.plugIn({
      bytes: (bytes) => void client.write(bytes),
      gone: () => void client.destroy(),
    });
    client.on('data', (bytes) => port.write(bytes));
    client.on('close', () => {
      port.unplug();
      leaveBoard(board, policy);
    });
    return true;
  });
}
