// Remembers which rate a port bears, so that the next board on a bad cable does not begin by failing.

/** Where rates are kept between connections. One for a process is enough: ports do not move. */
export interface BaudMemory {
  /** Bits per second that the last connections ended with; undefined when nothing is known. */
  recall(port: string): number | undefined;
  remember(port: string, baud: number): void;
}

/** Good connections after which a higher rate gets another chance: cables are replaced. */
const CONNECTIONS_UNTIL_FORGOTTEN = 10;

export class ProcessBaudMemory implements BaudMemory {
  readonly #ports = new Map<string, { readonly baud: number; recalls: number }>();

  recall(port: string): number | undefined {
    const known = this.#ports.get(port);
    if (known === undefined) return undefined;
    known.recalls += 1;
    if (known.recalls > CONNECTIONS_UNTIL_FORGOTTEN) this.#ports.delete(port);
    return known.baud;
  }

  remember(port: string, baud: number): void {
    const known = this.#ports.get(port);
    if (known?.baud !== baud) this.#ports.set(port, { baud, recalls: 0 });
  }
}

/** What connections use that are not given another memory. */
export const PROCESS_BAUD_MEMORY: BaudMemory = new ProcessBaudMemory();
