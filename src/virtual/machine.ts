// The hardware under the firmware: chip, memory, flash, and the state that a reset clears.
import type { ChipName, ChipSpec } from '../core/chips/index.js';
import { burnedWords, type ChipIdentity } from './efuses.js';
import { NarrowFlash, type FlashCells, type FlashMemory } from './flash/memory.js';
import type { Sabotage } from './firmware/outcome.js';
import { SpiEngine } from './flash/spi-engine.js';
import { MemoryBus, secondBus, secondBusWords } from './memory-bus.js';
import type { Timing } from './timing.js';

/** Maker and type of the flash chip: Winbond W25Q, 3.3 V. */
const FLASH_MAKER = 0xef;
const FLASH_TYPE = 0x40;

/** Chips whose stub sends four address bytes (esptool, FLASH_32BIT_ADDR_SUPPORTED). */
const WIDE_STUBS: readonly ChipName[] = ['esp32s3', 'esp32c5', 'esp32c61', 'esp32p4'];

/** What stays over resets. */
export interface MachineParts {
  readonly spec: ChipSpec;
  readonly identity: ChipIdentity;
  readonly flash: FlashMemory;
  readonly timing: Timing;
  readonly sabotage?: Sabotage | undefined;
}

/** One power-on life of a chip: reset makes a new one. */
export class Machine {
  readonly spec: ChipSpec;
  readonly identity: ChipIdentity;
  readonly flash: FlashMemory;
  /** As the ROM's commands reach it. */
  readonly romFlash: FlashCells;
  /** As the stub's commands reach it. */
  readonly stubFlash: FlashCells;
  readonly timing: Timing;
  readonly sabotage: Sabotage | undefined;
  readonly bus: MemoryBus;
  /** Whether the flash pins are connected to the SPI controller. */
  flashAttached = false;

  constructor(parts: MachineParts) {
    this.spec = parts.spec;
    this.identity = parts.identity;
    this.flash = parts.flash;
    this.romFlash = new NarrowFlash(parts.flash);
    this.stubFlash = WIDE_STUBS.includes(parts.spec.name) ? parts.flash : this.romFlash;
    this.timing = parts.timing;
    this.sabotage = parts.sabotage;
    const words = [...burnedWords(parts.spec, parts.identity), ...secondBusWords(parts.spec.name)];
    this.bus = new MemoryBus(new Map(words), secondBus(parts.spec.name));
    const sizeCode = Math.log2(parts.flash.sizeBytes);
    const id = [FLASH_MAKER, FLASH_TYPE, sizeCode] as const;
    new SpiEngine(this.bus, parts.spec.spi, { id }, () => this.flashAttached);
  }
}
