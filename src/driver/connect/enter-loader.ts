// From an open link to a loader that answers: reset sequences in turn, each followed by SYNC.
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import type { OnDriverEvent } from '../events.js';
import { Loader } from '../protocol/loader.js';
import type { Command } from '../protocol/request.js';
import { runSequence, sequencesFor, type ResetSequence } from './reset.js';
import type { Link } from '../link/transport.js';
import { Deadline, throwIfAborted } from '../wait.js';

const SYNCS_AFTER_RESET = 5;
/** Where nothing can be reset, the chip may still be printing its boot text, or a person is about to press a button. */
const SYNCS_WITHOUT_RESET = 15;

/** Last line of every ROM's boot text in download mode. */
const BANNER = 'waiting for download';
/** From EN high to a ROM that listens: about 50 ms, and EN rises late on some boards. */
const READY_MS = 60;

export interface EnterOptions {
  /** Go out with SYNC, so that their answers cost no round trip. */
  readonly ask?: readonly Command[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: OnDriverEvent | undefined;
}

/**
 * @throws CHIP_NO_ANSWER, CHIP_NOT_IN_LOADER (it printed that it started its application), LINK_CLOSED, CANCELLED
 */
export async function enterLoader(link: Link, { ask, signal, onEvent }: EnterOptions): Promise<Loader> {
  const loader = new Loader(link, signal);
  const sequences = sequencesFor(link);
  if (sequences.length === 0 && (await syncs(loader, SYNCS_WITHOUT_RESET, ask))) return loader;
  for (const [index, sequence] of sequences.entries()) {
    onEvent?.({ type: 'reset', sequence: sequence.name, attempt: index + 1 });
    if (await resetAndSync(loader, sequence, ask)) return loader;
  }
  const port = link.address;
  const { bootMode } = loader.noise;
  if (bootMode !== undefined && !isLoaderMode(bootMode)) {
    throw new EspmintError('CHIP_NOT_IN_LOADER', { port, bootMode });
  }
  throw new EspmintError('CHIP_NO_ANSWER', { port, hasModemLines: link.hasModemLines });
}

/** Runs one reset sequence; true when a loader answers after it. */
export async function resetAndSync(
  loader: Loader,
  sequence: ResetSequence,
  ask?: EnterOptions['ask'],
): Promise<boolean> {
  const { link, signal } = loader;
  loader.forgetInput();
  let isReady = false;
  const untilReady = async (timeoutMs: number): Promise<void> => {
    isReady = isReady || (await sawBanner(loader, timeoutMs));
  };
  await runSequence(link, sequence, { signal, untilReady });
  // A SYNC before the ROM listens costs a whole time-out. Over its own USB a chip prints nothing.
  if (link.isNativeUsb !== true) await untilReady(READY_MS);
  return syncs(loader, SYNCS_AFTER_RESET, ask);
}

/** Whether the ROM says within that time that it is in its loader. Many boards do, and then every wait is over. */
async function sawBanner(loader: Loader, timeoutMs: number): Promise<boolean> {
  const deadline = new Deadline(timeoutMs);
  let text = '';
  try {
    while (!text.includes(BANNER)) {
      const bytes = await loader.link.read({ timeoutMs: deadline.remainingMs, signal: loader.signal });
      loader.noise.add(bytes);
      text += String.fromCharCode(...bytes);
    }
    return true;
  } catch (error) {
    if (!isEspmintError(error, 'LINK_TIMEOUT')) throw error;
    return false;
  }
}

async function syncs(loader: Loader, tries: number, ask: EnterOptions['ask']): Promise<boolean> {
  for (let count = 1; count <= tries; count++) {
    throwIfAborted(loader.signal, 'Connecting to the board');
    if (await loader.sync(undefined, ask === undefined ? {} : { ask })) return true;
  }
  return false;
}

/** "DOWNLOAD_BOOT(UART0)" and its relatives: the ROM is in its loader, so it is the answers that get lost. */
function isLoaderMode(bootMode: string): boolean {
  return /DOWNLOAD/i.test(bootMode);
}
