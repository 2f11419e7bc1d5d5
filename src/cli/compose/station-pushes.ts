// Delivering pushes for as long as a station or service runs.
import { type PushService, startPushes } from '../../registry/index.js';
import { registryOptions, type RegistryChoice } from './compose.js';
import type { CliIo, GlobalOptions } from '../io.js';

/** None without a database. The caller closes it. */
export function openStationPushes(
  io: CliIo,
  options: RegistryChoice & GlobalOptions,
  onNote: (text: string) => void,
): PushService | undefined {
  if (options.registry === 'none') return undefined;
  // A stop signal must not take the database from a delivery that is being written down.
  const steady = { ...io, signal: new AbortController().signal };
  return startPushes(registryOptions(steady, options), onNote);
}
