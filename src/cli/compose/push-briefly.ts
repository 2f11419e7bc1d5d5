// Delivering at the end of a short command: what it gave to tell, for a little while.
import { toEspmintError } from '../../core/errors/index.js';
import type { CliIo } from '../io.js';
import type { RegistryStatus } from '../../registry/index.js';
import type { ComposedStore } from './compose.js';
import { counted } from '../../core/text.js';

/** Nobody at a bench waits longer for a service that is slow; the next command or station goes on. */
const PATIENCE_MS = 5_000;

/** @param waiting as the registry's status has it. Never throws: the work is done, whatever becomes of this. */
export async function pushBriefly(
  io: CliIo,
  { store }: Pick<ComposedStore, 'store'>,
  waiting: RegistryStatus['pushes'],
): Promise<void> {
  if (store === undefined || waiting === undefined || waiting.pending === 0) return;
  const note = (text: string): void => io.stderr(`${text}\n`);
  try {
    const pushes = store.pushes();
    try {
      const signal = AbortSignal.any([io.signal, AbortSignal.timeout(PATIENCE_MS)]);
      await pushes.deliverDue({ signal, onNote: note });
      const left = (await pushes.status()).reduce((sum, { pending }) => sum + pending, 0);
      if (left > 0)
        note(
          `Still to be delivered: ${counted(left, 'push', 'pushes')} ("espmint push run" goes on with them).`,
        );
    } finally {
      await pushes.close();
    }
  } catch (error) {
    note(toEspmintError(error).message);
  }
}
