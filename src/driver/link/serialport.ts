// A device path (/dev/ttyUSB0, COM3): the operating system's serial port.
import { readFile, realpath, stat } from 'node:fs/promises';
// The package's own index loads parsers and a mock of ports too: 13 ms.
import { SerialPort } from 'serialport/dist/serialport.js';
import { EspmintError, messageOf } from '../../core/errors/index.js';
import { awaitCallback } from './callback.js';
import { Inbox } from './inbox.js';
import { isNativeUsbPort } from '../ports/ports.js';
import type { Link, ModemLines, Transport, Wait } from './transport.js';
import { useDirectly } from './direct-io.js';

const SETTING_TIMEOUT_MS = 3_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** What a port turned out to be when it was opened. */
interface PortTraits {
  readonly hasModemLines: boolean;
  readonly isNativeUsb: boolean;
}

class SerialLink implements Link {
  readonly address: string;
  readonly hasModemLines: boolean;
  readonly isNativeUsb: boolean;

  constructor(
    address: string,
    private readonly port: SerialPort,
    private readonly inbox: Inbox,
    traits: PortTraits,
  ) {
    this.address = address;
    this.hasModemLines = traits.hasModemLines;
    this.isNativeUsb = traits.isNativeUsb;
  }

  get baud(): number {
    return this.port.baudRate;
  }

  async write(bytes: Uint8Array, wait: Wait): Promise<void> {
    if (this.inbox.failure !== undefined) throw this.inbox.failure;
    await this.#call('sending', wait, (done) => this.port.write(bytes, done));
  }

  read(wait: Wait): Promise<Uint8Array> {
    return this.inbox.read(wait);
  }

  discardInput(): void {
    this.inbox.clear();
  }

  async setLines({ dtr, rts }: ModemLines): Promise<void> {
    if (!this.hasModemLines) return;
    await this.#call('setting DTR and RTS', { timeoutMs: SETTING_TIMEOUT_MS }, (done) => {
      this.port.set({ dtr, rts }, done);
    });
  }

  async setBaud(baud: number): Promise<void> {
    await this.#call(`setting ${baud} baud`, { timeoutMs: SETTING_TIMEOUT_MS }, (done) => {
      this.port.update({ baudRate: baud }, done);
    });
  }

  async close(): Promise<void> {
    this.inbox.fail(closed(this.address, 'it was closed here'));
    if (!this.port.isOpen) return;
    const wait = { timeoutMs: CLOSE_TIMEOUT_MS, address: this.address, what: 'closing' };
    await awaitCallback((done) => this.port.close(done), wait).catch(() => undefined);
  }

  /** A platform error means that the port went away under us. */
  async #call(
    what: string,
    wait: Wait,
    start: (done: (error?: Error | null) => void) => void,
  ): Promise<void> {
    try {
      await awaitCallback(start, { ...wait, address: this.address, what });
    } catch (error) {
      throw error instanceof EspmintError
        ? error
        : closed(this.address, `${what} failed: ${String(error)}`, error);
    }
  }
}

function closed(port: string, reason: string, cause?: unknown): EspmintError<'LINK_CLOSED'> {
  return new EspmintError('LINK_CLOSED', { port, reason }, { cause });
}

async function openSerial(address: string, options: Wait & { readonly baud: number }): Promise<Link> {
  const { baud, ...wait } = options;
  const port = new SerialPort({ path: address, baudRate: baud, autoOpen: false });
  const inbox = new Inbox(address);
  port.on('data', (bytes: Uint8Array) => inbox.push(Uint8Array.from(bytes)));
  port.on('error', (error: Error) => inbox.fail(closed(address, error.message, error)));
  port.on('close', () => inbox.fail(closed(address, 'the device is gone')));
  try {
    await awaitCallback((done) => port.open(done), { ...wait, address, what: 'opening the port' });
  } catch (error) {
    throw await openFailure(address, error);
  }
  useDirectly(port.port);
  return new SerialLink(address, port, inbox, {
    hasModemLines: !(await isPseudoTerminal(address)),
    isNativeUsb: await isNativeUsbPort(address),
  });
}

/** Pseudo-terminals carry bytes only: asking for their lines fails with ENOTTY. A real port's failure is an error. */
async function isPseudoTerminal(path: string): Promise<boolean> {
  const target = await realpath(path).catch(() => path);
  return /^\/dev\/(pts\/\d+|ttys\d+)$/.test(target);
}

/** The binding reports failures as text; errno names do not come through. */
const BUSY = /cannot lock port|resource busy|temporarily unavailable|access denied/i;
const MISSING = /no such file|file not found|no such device|unknown error code 433/i;
const FORBIDDEN = /permission denied/i;
const OTHER_KIND = /inappropriate ioctl|is a directory/i;

async function openFailure(port: string, error: unknown): Promise<EspmintError> {
  if (error instanceof EspmintError) return error;
  const reason = messageOf(error);
  if (MISSING.test(reason)) return new EspmintError('PORT_NOT_FOUND', { port }, { cause: error });
  if (BUSY.test(reason)) return new EspmintError('PORT_BUSY', { port }, { cause: error });
  if (FORBIDDEN.test(reason)) {
    return new EspmintError('PORT_FORBIDDEN', { port, group: await groupOf(port) }, { cause: error });
  }
  const reported = OTHER_KIND.test(reason) ? 'it is no serial port' : reason;
  return new EspmintError('PORT_UNREACHABLE', { port, reason: reported }, { cause: error });
}

/** Name of the group that owns a device file (dialout, uucp); empty where that is not known. */
async function groupOf(path: string): Promise<string> {
  try {
    const { gid } = await stat(path);
    const groups = await readFile('/etc/group', 'utf8');
    const line = groups.split('\n').find((entry) => entry.split(':')[2] === String(gid));
    return line?.split(':')[0] ?? '';
  } catch {
    return '';
  }
}

export const serialTransport: Transport = {
  accepts: (address) => !address.includes('://'),
  open: openSerial,
};
