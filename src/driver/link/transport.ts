// The seam between the loader and the world: what a port must offer, whatever carries the bytes.

/** How long to wait, and who may end the wait early. */
export interface Wait {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Modem lines as the host sees them: true = asserted (the wire is low on a USB-serial board). */
export interface ModemLines {
  readonly dtr: boolean;
  readonly rts: boolean;
}

/**
 * An open byte stream to one board. One owner at a time; one read in flight.
 * Failures are EspmintErrors: LINK_TIMEOUT, LINK_CLOSED (unplugged, peer gone), CANCELLED.
 */
export interface Link {
  /** The address it was opened by, credentials removed. */
  readonly address: string;
  /** False where DTR and RTS do not exist (plain TCP, a pseudo-terminal): resets must be done by hand. */
  readonly hasModemLines: boolean;
  /** True where each line is set by a message of its own and arrives late (RFC 2217): no tight sequences there. */
  readonly linesAreSlow?: boolean;
  /** True for the USB controller inside the chip (303A:1001): it has its own reset sequences and no real baud rate. */
  readonly isNativeUsb?: boolean;
  /** True where the rate behind the stream cannot be changed from here (plain TCP). */
  readonly hasFixedBaud?: boolean;
  /** Bits per second in force on the host side. */
  readonly baud: number;
  /** Resolves once the bytes are handed to the operating system. */
  write(bytes: Uint8Array, wait: Wait): Promise<void>;
  /** Resolves with at least one byte: all that has come in. */
  read(wait: Wait): Promise<Uint8Array>;
  /** Forgets what has come in and was not read. */
  discardInput(): void;
  /** Sets both lines in one step where the platform can. A link without lines ignores it. */
  setLines(lines: ModemLines): Promise<void>;
  setBaud(baud: number): Promise<void>;
  /** To be given before a firmware may print them: a link that records what it carries masks them. */
  hideSecrets?(secrets: readonly string[]): void;
  /** Never throws, may be called again. */
  close(): Promise<void>;
}

/** Opens links to one kind of address. */
export interface Transport {
  /** Whether the address is of this kind. */
  accepts(address: string): boolean;
  open(address: string, options: Wait & { readonly baud: number }): Promise<Link>;
}
