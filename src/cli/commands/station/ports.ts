// Where a station looks for boards: serial ports that pass the filter, and network addresses.
import { realpath, stat } from 'node:fs/promises';
import {
  isSamePort,
  listPorts,
  NetworkPorts,
  portFilter,
  PortWatch,
  type PortChange,
  type PortInfo,
} from '../../../driver/index.js';
import type { CliIo } from '../../io.js';

export interface PortOptions {
  readonly port?: readonly string[];
  readonly usbId?: readonly string[];
}

export interface StationPorts {
  /** Watches until the signal is aborted. */
  watch(onChange: (change: PortChange) => void, signal: AbortSignal): Promise<void>;
  /** While it watches: looks at once at a port whose link has ended, until it is there or counts as gone. */
  settled(port: string): Promise<void>;
  /** Device paths that were named and are not there now. */
  missing(): Promise<string[]>;
  readonly network: Pick<NetworkPorts, 'duringRun' | 'opening'>;
}

/** @throws ADDRESS_INVALID, INPUT_INVALID */
export function stationPorts(io: CliIo, { port: addresses = [], usbId }: PortOptions): StationPorts {
  const urls = addresses.filter((address) => address.includes('://'));
  const paths = addresses.filter((address) => !address.includes('://'));
  const network = new NetworkPorts(urls);
  const isSerial = portFilter({ usbIds: usbId, paths });
  // Who names network addresses only does not want the serial ports as well.
  const wantsSerial = urls.length === 0 || paths.length > 0 || (usbId ?? []).length > 0;
  let watch: PortWatch | undefined;
  return {
    watch: (onChange, signal) => {
      watch = new PortWatch({
        list: async () => {
          const [far, near] = await Promise.all([network.list(), wantsSerial ? listPorts() : []]);
          return [...far, ...near, ...(await namedPorts(paths, near))];
        },
        accepts: (port) => urls.includes(port.path) || isSerial(port),
        onChange,
        onFailure: (error) => io.stderr(`The ports cannot be listed: ${String(error)}\n`),
        signal,
      });
      return watch.run();
    },
    settled: async (port) => watch?.settled(port),
    missing: async () => {
      const near = await listPorts();
      const there = [...near, ...(await namedPorts(paths, near))].map(({ path }) => path);
      return paths.filter((path) => !there.some((one) => isSamePort(one, path)));
    },
    network,
  };
}

/**
 * What was named and no list of serial ports has under that name: a link to one (`/dev/serial/by-id/…`), which is at
 * the place of its port, or a terminal of another program.
 */
async function namedPorts(paths: readonly string[], near: readonly PortInfo[]): Promise<PortInfo[]> {
  const ports: PortInfo[] = [];
  for (const path of paths.filter((named) => !near.some((port) => isSamePort(port.path, named)))) {
    const target = await realpath(path).catch(() => undefined);
    if (target === undefined || !(await stat(target)).isCharacterDevice()) continue;
    ports.push({ isNativeUsb: false, ...near.find((port) => port.path === target), path });
  }
  return ports;
}
