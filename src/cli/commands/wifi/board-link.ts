// A link to a running board, or a connection to its own portal, for the commands that speak with its firmware.
import { BOARD_TIMEOUT_MS, withBoardDeadline, type Link } from '../../../driver/index.js';
import { HttpTransport } from '../../../wifi/index.js';
import { withBoard as useBoard } from '../../../provision/wifi/set-network.js';
import { openTraced } from '../../compose/trace-file.js';
import type { CliIo } from '../../io.js';

type BoardIo = Pick<CliIo, 'signal' | 'trace' | 'boardTimeoutMs'>;

export interface BoardLinkOptions {
  readonly baud: number;
  /** Whether the firmware is to start first. */
  readonly restart: boolean;
  /** What the firmware may take, in milliseconds. */
  readonly firmwareMs?: number | undefined;
}

/** For all of the work on one board, in milliseconds. */
export const longestMs = ({ boardTimeoutMs = BOARD_TIMEOUT_MS }: BoardIo, firmwareMs = 0): number =>
  boardTimeoutMs + firmwareMs;

/** Runs `use` on the link, with the signal for its waits, and closes it. @throws RUN_TIMED_OUT, CANCELLED, ... */
export function withBoard<T>(
  io: BoardIo,
  port: string,
  { baud, restart, firmwareMs }: BoardLinkOptions,
  use: (link: Link, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const open = (address: string, signal: AbortSignal | undefined): Promise<Link> =>
    openTraced(io, address, { baud, signal });
  return useBoard(open, port, { restart, signal: io.signal, timeoutMs: longestMs(io, firmwareMs) }, use);
}

/** As withBoard, over the access point of the board. */
export function withPortal<T>(
  io: BoardIo,
  url: string,
  firmwareMs: number | undefined,
  use: (transport: HttpTransport, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withBoardDeadline(
    { port: url, timeoutMs: longestMs(io, firmwareMs), signal: io.signal },
    async (deadline) => {
      const transport = new HttpTransport(url, { signal: deadline });
      try {
        return await use(transport, deadline);
      } finally {
        transport.close();
      }
    },
  );
}
