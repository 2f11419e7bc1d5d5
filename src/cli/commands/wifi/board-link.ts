// A link to a running board, for the commands that speak with its firmware.
import { openLink, type Link } from '../../../driver/index.js';
import { withBoard as useBoard } from '../../../provision/set-network.js';
import type { CliIo } from '../../io.js';

/** Runs `use` on the link and closes it. @param restart whether the board's firmware is to start first */
export function withBoard<T>(
  { signal }: Pick<CliIo, 'signal'>,
  port: string,
  { baud, restart }: { readonly baud: number; readonly restart: boolean },
  use: (link: Link) => Promise<T>,
): Promise<T> {
  return useBoard(() => openLink(port, { baud, signal }), port, { restart, signal }, use);
}
