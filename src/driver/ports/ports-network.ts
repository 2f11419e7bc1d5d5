// Network ports as a watcher sees them: a port that takes connections is there, one that refuses them is unplugged.
import { connect } from 'node:net';
import { EspmintError } from '../../core/errors/index.js';
import type { PortInfo } from './ports.js';

interface Address {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

const PROBE_TIMEOUT_MS = 1000;

/**
 * A list of ports by their URLs. While somebody works at a port it is not probed, and who starts to work waits for a
 * probe in progress: most such servers take one connection at a time.
 */
export class NetworkPorts {
  readonly #addresses: readonly Address[];
  readonly #busy = new Map<string, number>();
  readonly #probes = new Map<string, Promise<boolean>>();

  /** @throws ADDRESS_INVALID */
  constructor(urls: readonly string[]) {
    this.#addresses = urls.map(parseAddress);
  }

  /** Those that take connections now, in the order given. */
  async list(): Promise<PortInfo[]> {
    const present = await Promise.all(this.#addresses.map((address) => this.#isPresent(address)));
    return this.#addresses
      .filter((_, index) => present[index] === true)
      .map(({ url }) => ({ path: url, isNativeUsb: false }));
  }

  /** Runs `work` while the port at this URL is left alone. */
  async whileBusy<T>(url: string, work: () => Promise<T>): Promise<T> {
    this.#busy.set(url, (this.#busy.get(url) ?? 0) + 1);
    try {
      await this.#probes.get(url);
      return await work();
    } finally {
      this.#busy.set(url, (this.#busy.get(url) ?? 1) - 1);
    }
  }

  #isPresent(address: Address): Promise<boolean> {
    if ((this.#busy.get(address.url) ?? 0) > 0) return Promise.resolve(true);
    const probe = takesConnections(address).finally(() => this.#probes.delete(address.url));
    this.#probes.set(address.url, probe);
    return probe;
  }
}

function parseAddress(url: string): Address {
  const [, host = '', port = ''] = /^(?:tcp|socket|rfc2217):\/\/(\[[^\]]+\]|[^:/@]+):(\d+)/.exec(url) ?? [];
  if (host !== '' && Number(port) <= 65_535) {
    return { url, host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  }
  throw new EspmintError('ADDRESS_INVALID', {
    address: url,
    reason: 'it is no tcp:// or rfc2217:// address',
  });
}

/** Never rejects. Waits until the server has seen the end, so that the next connection is not one too many. */
function takesConnections({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    let connected = false;
    const socket = connect({ host, port });
    const timer = setTimeout(() => socket.destroy(), PROBE_TIMEOUT_MS);
    socket.on('connect', () => {
      connected = true;
      socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(connected);
    });
  });
}
