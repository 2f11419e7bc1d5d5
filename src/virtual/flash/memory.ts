// NOR flash: bits fall from 1 to 0 when programmed and rise only when a whole sector is erased.

export const SECTOR_BYTES = 0x1000;
export const BLOCK_BYTES = 0x10000;
export const PAGE_BYTES = 0x100;
const ERASED = 0xff;

/** One physical operation on the cells, given to observers before it happens. */
export interface FlashOperation {
  readonly kind: 'erase' | 'program';
  readonly address: number;
  /** Bytes: a sector or block for an erase, up to a page for a program. */
  readonly size: number;
}

/** What befalls an operation: it works, the cells stay as they were, or power goes half-way through. */
type OperationFate = 'done' | 'ignored' | 'power-loss';

/** Power went away while cells were being changed; the operation is half done. */
export class PowerLost extends Error {
  override readonly name = 'PowerLost';
}

export interface FlashObserver {
  /** Decides the fate of an operation that is about to start. */
  before?(operation: FlashOperation): OperationFate;
  /** Cells of this range may have changed. */
  changed?(address: number, size: number): void;
}

/** The cells as a loader reaches them. */
export type FlashCells = Pick<FlashMemory, 'sizeBytes' | 'read' | 'isErased' | 'erase' | 'program'>;

/** What three address bytes reach. */
const NARROW_BYTES = 0x100_0000;

/** A flash through commands with three address bytes: what lies behind 16 MB is the start of the flash once more. */
export class NarrowFlash implements FlashCells {
  constructor(private readonly flash: FlashMemory) {}

  get sizeBytes(): number {
    return this.flash.sizeBytes;
  }

  read(address: number, size: number): Uint8Array {
    if (address + size <= NARROW_BYTES) return this.flash.read(address, size);
    return Uint8Array.from(
      { length: size },
      (_, n) => this.flash.bytes[(address + n) % NARROW_BYTES] ?? ERASED,
    );
  }

  isErased(address: number, size: number): boolean {
    return this.read(address, size).every((byte) => byte === ERASED);
  }

  erase(address: number, size: typeof SECTOR_BYTES | typeof BLOCK_BYTES): void {
    this.flash.erase(address % NARROW_BYTES, size);
  }

  program(address: number, data: Uint8Array): void {
    this.flash.program(address % NARROW_BYTES, data);
  }
}

/** A flash chip's cells. Addresses past the end wrap, as its address counter does. */
export class FlashMemory {
  readonly bytes: Uint8Array;
  private readonly observers: FlashObserver[] = [];
  /** Cells that never leave 0: bits per byte address. */
  private readonly stuckAtZero = new Map<number, number>();

  /** @param initial content from address 0; the rest is erased. */
  constructor(
    readonly sizeBytes: number,
    initial?: Uint8Array,
  ) {
    this.bytes = new Uint8Array(sizeBytes).fill(ERASED);
    if (initial !== undefined) this.bytes.set(initial.subarray(0, sizeBytes));
  }

  observe(observer: FlashObserver): () => void {
    this.observers.push(observer);
    return () => void this.observers.splice(this.observers.indexOf(observer), 1);
  }

  /** A cell wears out: these bits of this byte read 0 for ever. */
  stickAtZero(address: number, bits: number): void {
    this.stuckAtZero.set(address, bits);
    this.settle(address, 1);
  }

  read(address: number, size: number): Uint8Array {
    return this.bytes.slice(address, address + size);
  }

  isErased(address: number, size: number): boolean {
    return this.bytes.subarray(address, address + size).every((byte) => byte === ERASED);
  }

  /** Erases one sector or one 64 KB block. @throws PowerLost */
  erase(address: number, size: typeof SECTOR_BYTES | typeof BLOCK_BYTES): void {
    const start = (address % this.sizeBytes) - ((address % this.sizeBytes) % size);
    this.apply({ kind: 'erase', address: start, size }, (whole) => {
      // An erase that is cut off leaves cells undecided: here the first half has risen.
      this.bytes.fill(ERASED, start, start + (whole ? size : size / 2));
    });
  }

  /** Programs bytes inside one page: only bits that are 1 can change. @throws PowerLost */
  program(address: number, data: Uint8Array): void {
    const start = address % this.sizeBytes;
    this.apply({ kind: 'program', address: start, size: data.length }, (whole) => {
      const count = whole ? data.length : Math.ceil(data.length / 2);
      for (let n = 0; n < count; n += 1) {
        const at = start + n;
        // The last byte of a cut-off page has only its low bits in.
        const mask = !whole && n === count - 1 ? 0xf0 : 0x00;
        this.bytes[at] = (this.bytes[at] ?? ERASED) & ((data[n] ?? ERASED) | mask);
      }
    });
  }

  private apply(operation: FlashOperation, change: (whole: boolean) => void): void {
    const fates = this.observers.map((observer) => observer.before?.(operation) ?? 'done');
    if (fates.includes('ignored')) return;
    const cut = fates.includes('power-loss');
    change(!cut);
    this.settle(operation.address, operation.size);
    for (const observer of this.observers) observer.changed?.(operation.address, operation.size);
    if (cut)
      throw new PowerLost(`power lost during ${operation.kind} at 0x${operation.address.toString(16)}`);
  }

  private settle(address: number, size: number): void {
    for (const [at, bits] of this.stuckAtZero) {
      if (at >= address && at < address + size) this.bytes[at] = (this.bytes[at] ?? 0) & ~bits;
    }
  }
}
