// Out of the loader and into the application: by the lines, or by a command where there are none.
import { isEspmintError } from '../core/errors/index.js';
import { OP, words } from './command.js';
import type { Loader } from './loader.js';
import { START_BAUD } from './open-link.js';
import { hardReset } from './reset.js';

const REBOOT = 0;
const REBOOT_TIMEOUT_MS = 300;

/** Afterwards the link is at the rate of the ROM's log, where it has one. */
export async function startApplication(loader: Loader): Promise<void> {
  const { link, signal } = loader;
  const setLogBaud = async (): Promise<void> => {
    if (link.hasFixedBaud !== true && link.baud !== START_BAUD) await link.setBaud(START_BAUD);
  };
  if (link.hasModemLines) {
    await hardReset(link, setLogBaud, signal);
  } else {
    await rebootByCommand(loader);
    await setLogBaud();
  }
}

/** An empty write that ends with "reboot". The chip may be gone before it answers. */
async function rebootByCommand(loader: Loader): Promise<void> {
  const begin = { op: OP.flashBegin, data: words(0, 0, 0, 0), what: 'leaving the loader' };
  const end = { op: OP.flashEnd, data: words(REBOOT), timeoutMs: REBOOT_TIMEOUT_MS, what: 'rebooting' };
  try {
    await loader.sendAll([begin, end]);
  } catch (error) {
    if (!isEspmintError(error, 'LINK_TIMEOUT') || error.details.what !== end.what) throw error;
  }
}
