// The hardware under the firmware: chip, memory, flash, and the state that a reset clears.
import type { ChipSpec } from '../core/chips/index.js';
import { burnedWords, type ChipIdentity } from './efuses.js';
import type { FlashMemory } from './flash/memory.js';
import type { Sabotage } from './firmware/outcome.js';
import { SpiEngine } from './flash/spi-engine.js';
import { MemoryBus } from './memory-bus.js';
import { secondBus, secondBusWords } from './second-bus.js';
import type { Timing } from './timing.js';

/** Maker and type of the flash chip: Winbond W25Q, 3.3 V. */
const FLASH_MAKER = 0xef;
const FLASH_TYPE = 0x40;

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
  readonly timing: Timing;
  readonly sabotage: Sabotage | undefined;
  readonly bus: MemoryBus;
  /** Whether the flash pins are connected to the SPI controller. */
  flashAttached = false;

  constructor(parts: MachineParts) {
    this.spec = parts.spec;
    this.identity = parts.identity;
    this.flash = parts.flash;
    this.timing = parts.timing;
    this.sabotage = parts.sabotage;
    const words = [...burnedWords(parts.spec, parts.identity), ...secondBusWords(parts.spec.name)];
    this.bus = new MemoryBus(new Map(words), secondBus(parts.spec.name));
    const sizeCode = Math.log2(parts.flash.sizeBytes);
    const id = [FLASH_MAKER, FLASH_TYPE, sizeCode] as const;
    new SpiEngine(this.bus, parts.spec.spi, { id }, () => this.flashAttached);
  }
}
