// A link to a virtual board without any wire or socket, for fast tests: addresses `virtual://name`.
import { EspmintError } from '../core/errors/index.js';
import type { Link, ModemLines, Transport, Wait } from '../driver/link/transport.js';
import type { HostPort, VirtualBoard } from './board.js';

const SCHEME = 'virtual://';

/** What a link needs of a board: a caller may put something between, such as a cable to pull. */
export type Pluggable = Pick<VirtualBoard, 'isFree' | 'plugIn'>;

/** A transport to these boards, by name. The boards stay the caller's. */
export function memoryTransport(boards: ReadonlyMap<string, Pluggable>): Transport {
  return {
    accepts: (address) => address.startsWith(SCHEME),
    open: (address, { baud, signal }) => {
      if (signal?.aborted === true) return Promise.reject(cancelled(address));
      const board = boards.get(address.slice(SCHEME.length));
      if (board === undefined) return Promise.reject(new EspmintError('PORT_NOT_FOUND', { port: address }));
      if (!board.isFree) return Promise.reject(new EspmintError('PORT_BUSY', { port: address }));
      return Promise.resolve(new MemoryLink(address, board, baud));
    },
  };
}

interface Reader {
  settle(): void;
}

class MemoryLink implements Link {
  readonly hasModemLines = true;
  private rate: number;
  private readonly port: HostPort;
  private readonly received: Uint8Array[] = [];
  private closedBecause: string | undefined;
  private reader: Reader | undefined;

  constructor(
    readonly address: string,
    board: Pluggable,
    baud: number,
  ) {
    this.port = board.plugIn({
      bytes: (bytes) => {
        this.received.push(bytes);
        this.reader?.settle();
      },
      gone: (reason) => {
        this.closedBecause ??= reason;
        this.reader?.settle();
      },
    });
    this.rate = baud;
    this.port.setBaud(baud);
  }

  get baud(): number {
    return this.rate;
  }

  write(bytes: Uint8Array, { signal }: Wait): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(cancelled(this.address));
    if (this.closedBecause !== undefined) return Promise.reject(this.closedError());
    this.port.write(bytes.slice());
    return Promise.resolve();
  }

  read({ timeoutMs, signal }: Wait): Promise<Uint8Array> {
    if (signal?.aborted === true) return Promise.reject(cancelled(this.address));
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        if (this.received.length > 0) finish(() => resolve(this.takeAll()));
        else if (this.closedBecause !== undefined) finish(() => reject(this.closedError()));
      };
      const finish = (act: () => void): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.reader = undefined;
        act();
      };
      const onAbort = (): void => {
        finish(() => reject(cancelled(this.address)));
      };
      const timer = setTimeout(() => {
        finish(() => {
          reject(new EspmintError('LINK_TIMEOUT', { port: this.address, what: 'a read', timeoutMs }));
        });
      }, timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.reader = { settle };
      settle();
    });
  }

  discardInput(): void {
    this.received.length = 0;
  }

  setLines(lines: ModemLines): Promise<void> {
    this.port.setLines(lines);
    return Promise.resolve();
  }

  setBaud(baud: number): Promise<void> {
    this.rate = baud;
    this.port.setBaud(baud);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closedBecause ??= 'closed by us';
    this.port.unplug();
    this.reader?.settle();
    return Promise.resolve();
  }

  private takeAll(): Uint8Array {
    const all = Buffer.concat(this.received);
    this.received.length = 0;
    return new Uint8Array(all);
  }

  private closedError(): EspmintError {
    return new EspmintError('LINK_CLOSED', { port: this.address, reason: this.closedBecause ?? '' });
  }
}

function cancelled(address: string): EspmintError {
  return new EspmintError('CANCELLED', { what: `The use of ${address}` });
}
