// A link to a running board: opened, and the board started anew where the port has lines for that.
import { openLink, type Link } from '../../../driver/index.js';
import { sleep } from '../../../driver/wait.js';
import type { CliIo } from '../../io.js';

const RESET_MS = 100;

/** Runs `use` on the link and closes it. @param restart whether the board's firmware is to start first */
export async function withBoard<T>(
  io: CliIo,
  port: string,
  { baud, restart }: { readonly baud: number; readonly restart: boolean },
  use: (link: Link) => Promise<T>,
): Promise<T> {
  const link = await openLink(port, { baud, signal: io.signal });
  try {
    if (restart && link.hasModemLines) {
      // EN low with IO0 high, then both released: out of a loader, into the application.
      await link.setLines({ dtr: false, rts: true });
      await sleep(RESET_MS, io.signal);
      link.discardInput();
      await link.setLines({ dtr: false, rts: false });
    }
    return await use(link);
  } finally {
    await link.close();
  }
}
