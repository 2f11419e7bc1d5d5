// A link to a running board, for the commands that speak with its firmware.
import type { Link } from '../../../driver/index.js';
import { withBoard as useBoard } from '../../../provision/set-network.js';
import { openTraced } from '../../compose/trace-file.js';
import type { CliIo } from '../../io.js';

/** Runs `use` on the link and closes it. @param restart whether the board's firmware is to start first */
export function withBoard<T>(
  io: Pick<CliIo, 'signal' | 'trace'>,
  port: string,
  { baud, restart }: { readonly baud: number; readonly restart: boolean },
  use: (link: Link) => Promise<T>,
): Promise<T> {
  const { signal } = io;
  return useBoard(() => openTraced(io, port, { baud, signal }), port, { restart, signal }, use);
}
