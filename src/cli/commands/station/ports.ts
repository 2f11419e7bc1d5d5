// Where a station looks for boards: serial ports that pass the filter, and network addresses.
import { listPorts, NetworkPorts, portFilter, watchPorts, type PortChange } from '../../../driver/index.js';
import type { CliIo } from '../../io.js';

export interface PortOptions {
  readonly port?: readonly string[];
  readonly usbId?: readonly string[];
}

export interface StationPorts {
  /** Watches until the signal is aborted. */
  watch(onChange: (change: PortChange) => void, signal: AbortSignal): Promise<void>;
  /** Runs `work` while nobody else opens that port. */
  whileBusy<T>(port: string, work: () => Promise<T>): Promise<T>;
}

/** @throws ADDRESS_INVALID, INPUT_INVALID */
export function stationPorts(io: CliIo, { port: addresses = [], usbId }: PortOptions): StationPorts {
  const urls = addresses.filter((address) => address.includes('://'));
  const paths = addresses.filter((address) => !address.includes('://'));
  const network = new NetworkPorts(urls);
  const isSerial = portFilter({ usbIds: usbId, paths });
  // Who names network addresses only does not want the serial ports as well.
  const wantsSerial = urls.length === 0 || paths.length > 0 || (usbId ?? []).length > 0;
  return {
    watch: (onChange, signal) =>
      watchPorts({
        list: async () => {
          const [far, near] = await Promise.all([network.list(), wantsSerial ? listPorts() : []]);
          return [...far, ...near];
        },
        accepts: (port) => urls.includes(port.path) || isSerial(port),
        onChange,
        onFailure: (error) => io.stderr(`The ports cannot be listed: ${String(error)}\n`),
        signal,
      }),
    whileBusy: (port, work) => network.whileBusy(port, work),
  };
}
