// Opens a link by its address, whatever kind of port that is.
import { EspmintError } from '../../core/errors/index.js';
import type { Link, Transport } from './transport.js';

/** Every ROM starts at this rate, or finds it out. */
export const START_BAUD = 115_200;
const OPEN_TIMEOUT_MS = 10_000;

/** Loaded when asked for: the native serial library stays out of a process that only speaks to the network. */
const TRANSPORTS: readonly (() => Promise<Transport>)[] = [
  async () => (await import('./tcp.js')).tcpTransport,
  async () => (await import('./rfc2217.js')).rfc2217Transport,
  async () => (await import('./serialport.js')).serialTransport,
];

export interface OpenOptions {
  readonly baud?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param address a device path, `tcp://host:port` (or `socket://`), or `rfc2217://host:port`.
 * @throws ADDRESS_INVALID, PORT_NOT_FOUND, PORT_BUSY, PORT_FORBIDDEN, PORT_UNREACHABLE, RFC2217_REFUSED, CANCELLED
 */
export async function openLink(address: string, options: OpenOptions = {}): Promise<Link> {
  const { baud = START_BAUD, timeoutMs = OPEN_TIMEOUT_MS, signal } = options;
  if (address.trim() === '') throw new EspmintError('ADDRESS_INVALID', { address, reason: 'it is empty' });
  const transport = await transportOf(address);
  if (transport !== undefined) return transport.open(address, { baud, timeoutMs, signal });
  const scheme = address.slice(0, address.indexOf('://'));
  throw new EspmintError('ADDRESS_INVALID', { address, reason: `espmint knows no ${scheme}:// ports` });
}

/** Loads what opens this address and opens nothing, while there is something else to wait for. Never throws. */
export async function prepareLink(address: string): Promise<void> {
  await transportOf(address).catch(() => undefined);
}

async function transportOf(address: string): Promise<Transport | undefined> {
  for (const load of TRANSPORTS) {
    const transport = await load();
    if (transport.accepts(address)) return transport;
  }
  return undefined;
}
