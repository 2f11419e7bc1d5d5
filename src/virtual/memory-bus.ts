// The chip's address space as the loader sees it: registers and RAM in one sparse map of 32-bit words.

/** A register that does something when written; its return value is what a later read shows. */
type WriteHook = (value: number) => number;

/** Unknown addresses read 0 and keep what is written, so that RAM needs no map. */
export class MemoryBus {
  private readonly words = new Map<number, number>();
  private readonly hooks = new Map<number, WriteHook>();

  /** @param sameAs the address that stands for this one; see `secondBus` */
  constructor(
    initial: ReadonlyMap<number, number> = new Map(),
    private readonly sameAs: (address: number) => number = (address) => address,
  ) {
    for (const [address, value] of initial) this.words.set(this.place(address), value >>> 0);
  }

  onWrite(address: number, hook: WriteHook): void {
    this.hooks.set(this.place(address), hook);
  }

  /** 32 bits, unsigned. */
  read = (address: number): number => this.words.get(this.place(address)) ?? 0;

  /** Changes the bits that the mask names. */
  write(address: number, value: number, mask = 0xffff_ffff): void {
    const at = this.place(address);
    const next = ((this.read(at) & ~mask) | (value & mask)) >>> 0;
    const hook = this.hooks.get(at);
    this.words.set(at, hook === undefined ? next : hook(next) >>> 0);
  }

  /** Where the word is kept that this address is part of. */
  private place(address: number): number {
    return this.sameAs((address - (address % 4)) >>> 0);
  }

  /** Bytes into RAM, little-endian, as MEM_DATA does; a tail of less than a word keeps its neighbours. */
  load(address: number, bytes: Uint8Array): void {
    for (let n = 0; n < bytes.length; n += 1) {
      const at = address + n;
      const shift = (at % 4) * 8;
      this.write(at, (bytes[n] ?? 0) << shift, (0xff << shift) >>> 0);
    }
  }
}
