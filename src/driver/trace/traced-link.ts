// A link that records what goes over it, for a report of a fault: every frame, line of text, reset and change of rate.
import type { Link, ModemLines, Wait } from '../link/transport.js';
import { isEspmintError, toEspmintError } from '../../core/errors/index.js';
import type { PortTrace } from './port-trace.js';

export class TracedLink implements Link {
  constructor(
    private readonly inner: Link,
    private readonly trace: PortTrace,
  ) {
    const { address, baud, hasModemLines, linesAreSlow, isNativeUsb, hasFixedBaud } = inner;
    trace.control('open', { address, baud, hasModemLines, linesAreSlow, isNativeUsb, hasFixedBaud });
  }

  get address(): string {
    return this.inner.address;
  }
  get hasModemLines(): boolean {
    return this.inner.hasModemLines;
  }
  get linesAreSlow(): boolean {
    return this.inner.linesAreSlow === true;
  }
  get isNativeUsb(): boolean {
    return this.inner.isNativeUsb === true;
  }
  get hasFixedBaud(): boolean {
    return this.inner.hasFixedBaud === true;
  }
  get baud(): number {
    return this.inner.baud;
  }

  async write(bytes: Uint8Array, wait: Wait): Promise<void> {
    this.trace.sent(bytes);
    await this.#noted(this.inner.write(bytes, wait));
  }

  async read(wait: Wait): Promise<Uint8Array> {
    const bytes = await this.#noted(this.inner.read(wait));
    this.trace.received(bytes);
    return bytes;
  }

  discardInput(): void {
    this.inner.discardInput();
  }

  async setLines(lines: ModemLines): Promise<void> {
    this.trace.control('lines', lines);
    await this.#noted(this.inner.setLines(lines));
  }

  async setBaud(baud: number): Promise<void> {
    this.trace.control('baud', { baud });
    await this.#noted(this.inner.setBaud(baud));
  }

  async close(): Promise<void> {
    await this.inner.close();
    this.trace.control('close', {});
  }

  hideSecrets(secrets: readonly string[]): void {
    this.trace.hide(secrets);
  }

  /** A silence shows by its length; every other failure is written. */
  async #noted<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const { code, message } = toEspmintError(error);
      if (!isEspmintError(error, 'LINK_TIMEOUT')) this.trace.control('failed', { code, message });
      throw error;
    }
  }
}
