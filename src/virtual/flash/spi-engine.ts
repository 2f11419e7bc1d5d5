// The SPI controller's "user command" mode: what a loader uses to speak to the flash chip itself (id, SFDP, status).
import type { SpiRegisters } from '../../core/chips/index.js';
import type { MemoryBus } from '../memory-bus.js';

/** CMD register: run the user command. */
const RUN = 1 << 18;
/** USER register: the command has an address phase, a data-in phase, a data-out phase. */
const USER = { address: 1 << 30, dataIn: 1 << 28, dataOut: 1 << 27 } as const;
/** Flash commands that are served, by op code (W25Q32JV data sheet, "Instruction Set Table 1"). */
const FLASH_OP = {
  writeEnable: 0x06,
  writeDisable: 0x04,
  volatileWriteEnable: 0x50,
  readId: 0x9f,
  readSfdp: 0x5a,
  resetDevice: 0x99,
} as const;
/** Op codes of the three status registers: how each is read and written. */
const STATUS_READ: readonly number[] = [0x05, 0x35, 0x15];
const STATUS_WRITE: readonly number[] = [0x01, 0x31, 0x11];
/** "SFDP" and the start of its header (JESD216): one parameter header, version 1.6. */
const SFDP = Uint8Array.from([0x53, 0x46, 0x44, 0x50, 0x06, 0x01, 0x00, 0xff, 0x00, 0x06, 0x01, 0x10]);
const SFDP_BLANK = 0xff;

export interface FlashIdentity {
  /** JEDEC id bytes: maker, type, log2 of the size. */
  readonly id: readonly [number, number, number];
}

/** Serves user commands written to the controller's registers. Answers FF while the flash is not attached. */
export class SpiEngine {
  private readonly status = [0, 0, 0];
  private writeEnabled = false;

  /** @param attached whether the flash pins are connected to the controller (SPI_ATTACH was done). */
  constructor(
    private readonly bus: MemoryBus,
    private readonly registers: SpiRegisters,
    private readonly flash: FlashIdentity,
    private readonly attached: () => boolean,
  ) {
    bus.onWrite(registers.command, (value) => {
      if ((value & RUN) !== 0) this.run();
      return value & ~RUN;
    });
  }

  private run(): void {
    const { bus, registers } = this;
    const user = bus.read(registers.user);
    const op = bus.read(registers.user2) & 0xff;
    const dataOut = (user & USER.dataOut) !== 0 ? this.dataOut() : new Uint8Array(0);
    const answer = this.attached() ? this.serve(op, this.addressOf(user), dataOut) : () => SFDP_BLANK;
    if ((user & USER.dataIn) === 0) return;
    const bits = (bus.read(registers.misoLength) & 0x3ff) + 1;
    let word = 0;
    for (let byte = 0; byte < Math.min(4, Math.ceil(bits / 8)); byte += 1) word |= answer(byte) << (8 * byte);
    bus.write(registers.data, word);
  }

  private addressOf(user: number): number {
    if ((user & USER.address) === 0) return 0;
    const raw = this.bus.read(this.registers.address);
    return this.registers.addressIsMsbAligned ? raw >>> 8 : raw & 0xff_ffff;
  }

  private dataOut(): Uint8Array {
    const bits = (this.bus.read(this.registers.mosiLength) & 0x3ff) + 1;
    return Uint8Array.from({ length: Math.ceil(bits / 8) }, (_, n) => {
      const word = this.bus.read(this.registers.data + n - (n % 4));
      return (word >>> (8 * (n % 4))) & 0xff;
    });
  }

  /** The byte of the data-in phase by position. */
  private serve(op: number, address: number, dataOut: Uint8Array): (byte: number) => number {
    const read = STATUS_READ.indexOf(op);
    if (read !== -1) return () => this.statusByte(read);
    const written = STATUS_WRITE.indexOf(op);
    if (written !== -1) this.writeStatus(written, dataOut);
    if (op === FLASH_OP.writeEnable || op === FLASH_OP.volatileWriteEnable) this.writeEnabled = true;
    if (op === FLASH_OP.writeDisable || op === FLASH_OP.resetDevice) this.writeEnabled = false;
    if (op === FLASH_OP.readId) return (byte) => this.flash.id[byte] ?? 0;
    if (op === FLASH_OP.readSfdp) return (byte) => SFDP[address + byte] ?? SFDP_BLANK;
    return () => SFDP_BLANK;
  }

  /** Bit 1 of the first status register is the write-enable latch. */
  private statusByte(register: number): number {
    const latch = register === 0 && this.writeEnabled ? 0x02 : 0;
    return (this.status[register] ?? 0) | latch;
  }

  /** 01h may carry the second register's byte after the first. */
  private writeStatus(register: number, data: Uint8Array): void {
    if (!this.writeEnabled) return;
    this.writeEnabled = false;
    // The busy and latch bits of the first register cannot be written.
    data.slice(0, register === 0 ? 2 : 1).forEach((byte, n) => {
      this.status[register + n] = register + n === 0 ? byte & 0xfc : byte;
    });
  }
}
