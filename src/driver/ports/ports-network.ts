// Network ports as a watcher sees them: a port that takes connections is there, one that refuses them is unplugged.
import { connect, type Socket } from 'node:net';
import { EspmintError } from '../../core/errors/index.js';
import type { PortInfo } from './ports.js';

interface Address {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

const PROBE_TIMEOUT_MS = 1000;

/** What is known of one port besides its address. */
interface Watched extends Address {
  /** Boards that are open there now. */
  open: number;
  /** Runs in progress, also while their board is not open any more. */
  runs: number;
  probe: Promise<boolean> | undefined;
  /** Kept open during a run whose board was closed: a server that goes away ends it, however soon it is back. */
  line: Socket | undefined;
  /** How often the server went away under such a line. */
  sighting: number;
}

/**
 * A list of ports by their URLs. While a board is open its port is not probed, and who opens one waits for a probe in
 * progress: most such servers take one connection at a time.
 */
export class NetworkPorts {
  readonly #ports: readonly Watched[];

  /** @throws ADDRESS_INVALID */
  constructor(urls: readonly string[]) {
    const unknown = { open: 0, runs: 0, probe: undefined, line: undefined, sighting: 0 };
    this.#ports = urls.map((url) => ({ ...parseAddress(url), ...unknown }));
  }

  /** Those that take connections now, in the order given. */
  async list(): Promise<PortInfo[]> {
    const present = await Promise.all(this.#ports.map(async (port) => isPresent(port)));
    return this.#ports
      .filter((_, index) => present[index] === true)
      .map(({ url, sighting }) => ({ path: url, isNativeUsb: false, sighting }));
  }

  /** Runs `work`, which opens its boards with `opening`. Another board in the meantime is noticed while none is open. */
  async duringRun<T>(url: string, work: () => Promise<T>): Promise<T> {
    const port = this.#ports.find((one) => one.url === url);
    if (port === undefined) return work();
    port.runs += 1;
    try {
      return await work();
    } finally {
      port.runs -= 1;
      if (port.runs === 0) await hangUp(port);
    }
  }

  /** Opens a board; until it is closed nobody else connects to its port. */
  async opening<T extends { close(): Promise<void> }>(url: string, open: () => Promise<T>): Promise<T> {
    const port = this.#ports.find((one) => one.url === url);
    if (port === undefined) return open();
    let isOpen = true;
    const release = (): void => {
      if (!isOpen) return;
      isOpen = false;
      port.open -= 1;
      if (port.open === 0 && port.runs > 0) void keepLine(port);
    };
    port.open += 1;
    try {
      await port.probe;
      await hangUp(port);
      const board = await open();
      const close = board.close.bind(board);
      return Object.assign(board, { close: () => close().finally(release) });
    } catch (error) {
      release();
      throw error;
    }
  }
}

function isPresent(port: Watched): boolean | Promise<boolean> {
  if (port.open > 0 || port.line?.readyState === 'open') return true;
  if (port.runs > 0) return port.probe ?? keepLine(port);
  const probe = takesConnections(port).finally(() => (port.probe = undefined));
  port.probe = probe;
  return probe;
}

/** Connects and stays connected. Resolves with whether somebody answers. */
function keepLine(port: Watched): Promise<boolean> {
  const line = connect({ host: port.host, port: port.port });
  port.line?.destroy();
  port.line = line;
  const answers = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => line.destroy(), PROBE_TIMEOUT_MS);
    line.once('connect', () => {
      clearTimeout(timer);
      resolve(true);
    });
    line.once('close', () => {
      clearTimeout(timer);
      resolve(false);
      // Not by our own hand: the board behind it may be another one when the server is back.
      if (port.line !== line) return;
      port.line = undefined;
      port.sighting += 1;
    });
    line.on('error', () => undefined);
    line.resume();
  });
  return (port.probe = answers.finally(() => (port.probe = undefined)));
}

/** Resolves when the server has seen the end of the line. */
async function hangUp(port: Watched): Promise<void> {
  const { line } = port;
  if (line === undefined) return;
  port.line = undefined;
  const closed = new Promise<void>((resolve) => line.once('close', () => resolve()));
  if (line.closed) return;
  line.end();
  const timer = setTimeout(() => line.destroy(), PROBE_TIMEOUT_MS);
  await closed;
  clearTimeout(timer);
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
