// Peripherals that a chip shows at two addresses: loaders of earlier years, and those that descend from them, find the
// ESP32 and the S2 by registers at the second one.
import type { ChipName } from '../core/chips/index.js';

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
