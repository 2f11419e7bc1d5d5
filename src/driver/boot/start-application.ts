// Out of the loader and into the application: by the lines, or by a command where there are none.
import type { ChipSpec } from '../../core/chips/index.js';
import { isEspmintError } from '../../core/errors/index.js';
import { OP, words } from '../protocol/command.js';
import type { Loader } from '../protocol/loader.js';
import { START_BAUD } from '../link/open-link.js';
import type { Link } from '../link/transport.js';
import { hardReset } from '../connect/reset.js';

/** A ROM keeps its boot mode over a reboot, and would be back in its loader; a stub knows only this. */
const REBOOT = 0;
const RUN = 1;
const REBOOT_TIMEOUT_MS = 300;

/** Afterwards the link is at the rate of the ROM's log, where it has one. */
export async function startApplication(loader: Loader, { rom }: ChipSpec): Promise<void> {
  const { link, signal } = loader;
  const setLogBaud = async (): Promise<void> => {
    if (link.hasFixedBaud !== true && link.baud !== START_BAUD) await link.setBaud(START_BAUD);
  };
  if (link.hasModemLines) {
    await hardReset(link, setLogBaud, signal);
  } else {
    await leaveByCommand(loader, rom.beginHasEncryptWord);
    await setLogBaud();
  }
}

/** Lends the link of a board that has started, at the rate of its application's console. */
export async function lendLink<T>(
  link: Link,
  use: (link: Link) => Promise<T>,
  baud = START_BAUD,
): Promise<T> {
  if (link.hasFixedBaud !== true && link.baud !== baud) await link.setBaud(baud);
  return use(link);
}

/** An empty write, and its end. The chip may be gone before it answers. */
async function leaveByCommand(loader: Loader, beginHasEncryptWord: boolean): Promise<void> {
  const data = beginHasEncryptWord ? words(0, 0, 0, 0, 0) : words(0, 0, 0, 0);
  const begin = { op: OP.flashBegin, data, what: 'leaving the loader' };
  const how = words(loader.isStub ? REBOOT : RUN);
  const end = { op: OP.flashEnd, data: how, timeoutMs: REBOOT_TIMEOUT_MS, what: 'starting the application' };
  try {
    await loader.sendAll([begin, end]);
  } catch (error) {
    if (!isEspmintError(error, 'LINK_TIMEOUT') || error.details.what !== end.what) throw error;
  }
}
