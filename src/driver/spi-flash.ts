// The flash chip behind the loader: attaching it, its id and size, and telling the loader that size.
import { readField, type ChipSpec } from '../core/chips/index.js';
import { EspmintError } from '../core/errors/index.js';
import { OP, words } from './command.js';
import type { Command, Loader, RegisterWrite } from './loader.js';
import type { RegisterCache } from './registers.js';

export const SECTOR_BYTES = 0x1000;
export const BLOCK_BYTES = 0x1_0000;
const PAGE_BYTES = 0x100;
const STATUS_MASK = 0xffff;

/** Connects the loader to the flash, on the pins that the eFuses name. */
export async function attachFlash(loader: Loader, chip: ChipSpec, registers: RegisterCache): Promise<void> {
  const pads = await spiPads(chip, registers);
  // The ROM takes a second word, "legacy flash": 0. The stub takes one word and no more.
  const data = loader.isStub ? words(pads) : words(pads, 0);
  await loader.repeat({ op: OP.spiAttach, data, what: 'attaching the flash' });
}

/** Five pads of six bits, 0 for the default pins. */
async function spiPads(chip: ChipSpec, registers: RegisterCache): Promise<number> {
  const { spiPads: pads } = chip.rom;
  if (pads === undefined) return 0;
  const order = [pads.clk, pads.q, pads.d, pads.cs, pads.hd];
  await registers.load(...order);
  return (
    order.reduce((packed, field, index) => packed | (readField(field, registers.read) << (6 * index)), 0) >>>
    0
  );
}

/** Tells the loader the size: until then a ROM takes it for 2 MB. */
export async function setFlashSize(loader: Loader, sizeBytes: number): Promise<void> {
  await loader.repeat(flashSizeCommand(sizeBytes));
}

/** A ROM refuses to read, erase or write behind this size. */
export function flashSizeCommand(sizeBytes: number): Command {
  const data = words(0, sizeBytes, BLOCK_BYTES, SECTOR_BYTES, PAGE_BYTES, STATUS_MASK);
  return { op: OP.spiSetParams, data, what: 'setting the flash size' };
}

/** JEDEC id: maker in bits 7..0, type in 15..8, size in 23..16. */
export interface FlashId {
  readonly id: number;
  /** 0 when the size code is not known. */
  readonly sizeBytes: number;
}

const READ_ID = 0x9f;
const ID_BITS = 24;
/** All lines low, all high, or the pull-ups of a bus with nothing on it. */
const NO_FLASH: readonly number[] = [0x00_0000, 0xff_ffff, 0x3f_ffff, 0xff_ff3f];

/**
 * Asks the flash for its id through the SPI controller: the loader has no command for it.
 * @throws FLASH_NOT_FOUND
 */
export async function readFlashId(loader: Loader, chip: ChipSpec): Promise<FlashId> {
  const command = { opcode: READ_ID, replyBits: ID_BITS };
  let id = await runUserCommand(loader, chip, { ...command, delayUs: COMMAND_US, inOneGroup: true });
  // An id that arrived too late, or from a loader that only does the first write of a group, is asked for once more
  // with more time and step by step.
  if (NO_FLASH.includes(id)) {
    id = await runUserCommand(loader, chip, { ...command, delayUs: COMMAND_SLOW_US, inOneGroup: false });
  }
  if (NO_FLASH.includes(id))
    throw new EspmintError('FLASH_NOT_FOUND', { port: loader.link.address, flashId: id });
  return { id, sizeBytes: sizeFromCode(id >>> 16) };
}

/** JESD216 makers' habit: the size is 2 to the power of the code; some begin again at 0x20 (512 Mbit) and 0x32. */
function sizeFromCode(code: number): number {
  if (code >= 0x12 && code <= 0x1c) return 2 ** code;
  if (code >= 0x20 && code <= 0x22) return 2 ** (code - 0x20 + 26);
  if (code >= 0x32 && code <= 0x3a) return 2 ** (code - 0x20);
  return 0;
}

/** SPI_USER_REG and SPI_CMD_REG bits, the same on all chips (TRM, "SPI Controller"). */
const USER_COMMAND = 0x8000_0000;
const USER_MISO = 0x1000_0000;
const COMMAND_BITS_SHIFT = 28;
const START = 1 << 18;
/** A command and 24 bits take a few microseconds at any SPI clock. */
const COMMAND_US = 50;
const COMMAND_SLOW_US = 5_000;

interface UserCommand {
  readonly opcode: number;
  /** 1 to 32. */
  readonly replyBits: number;
  readonly delayUs: number;
  /** All register writes in one WRITE_REG, or each in its own. */
  readonly inOneGroup: boolean;
}

/**
 * One flash command with a short answer. Set-up, start and the return of the registers to what the loader had in them
 * travel in one WRITE_REG: three round trips in all. The pause stands on both sides of the start, because loaders
 * differ in which write of a group they pause at.
 */
async function runUserCommand(loader: Loader, { spi }: ChipSpec, command: UserCommand): Promise<number> {
  const [user = 0, user2 = 0] = await loader.readRegisters([spi.user, spi.user2]);
  const { opcode, replyBits, delayUs, inOneGroup } = command;
  const writes: RegisterWrite[] = [
    { address: spi.misoLength, value: replyBits - 1 },
    { address: spi.user, value: (USER_COMMAND | USER_MISO) >>> 0 },
    { address: spi.user2, value: ((7 << COMMAND_BITS_SHIFT) | opcode) >>> 0 },
    { address: spi.data, value: 0 },
    { address: spi.command, value: START, delayUs },
    { address: spi.user, value: user, delayUs },
    { address: spi.user2, value: user2 },
  ];
  const groups = inOneGroup ? [writes] : writes.map((write) => [write]);
  for (const group of groups) await loader.writeRegisters(group);
  const mask = 2 ** replyBits - 1;
  return (await loader.readRegister(spi.data)) & mask;
}
