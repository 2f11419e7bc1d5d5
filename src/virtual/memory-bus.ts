// The chip's address space as the loader sees it: registers and RAM in one sparse map of 32-bit words.
import type { ChipName } from '../core/chips/index.js';

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

// Peripherals that a chip shows at two addresses: loaders of earlier years, and those that descend from them, find the
// ESP32 and the S2 by registers at the second one.

interface SecondBus {
  /** Of the peripherals as the chip table has them, and on the other bus. */
  readonly first: number;
  readonly second: number;
  readonly sizeBytes: number;
  /** Its UART's register of date or id, 78h: what those loaders tell the chip by. */
  readonly uartWord: number;
}

const UART_WORD_OFFSET = 0x78;

/** ESP32 TRM, "Address Mapping", and ESP32-S2 TRM, "Peripheral Address Mapping" (PeriBUS1 and PeriBUS2). */
const SECOND_BUSES: Readonly<Partial<Record<ChipName, SecondBus>>> = {
  esp32: { first: 0x3ff4_0000, second: 0x6000_0000, sizeBytes: 0x4_0000, uartWord: 0x1512_2500 },
  esp32s2: { first: 0x3f40_0000, second: 0x6000_0000, sizeBytes: 0xc_0000, uartWord: 0x0000_0500 },
};

/** The first address of what this one, too, stands for. */
export function secondBus(chip: ChipName): (address: number) => number {
  const bus = SECOND_BUSES[chip];
  if (bus === undefined) return (address) => address;
  const end = bus.second + bus.sizeBytes;
  return (address) => (address >= bus.second && address < end ? address - bus.second + bus.first : address);
}

/** Initial words by address. */
export function secondBusWords(chip: ChipName): ReadonlyMap<number, number> {
  const bus = SECOND_BUSES[chip];
  return new Map(bus === undefined ? [] : [[bus.first + UART_WORD_OFFSET, bus.uartWord]]);
}
