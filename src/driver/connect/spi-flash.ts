// The flash chip behind the loader: attaching it, its id and size, and telling the loader that size.
import { readField, type BitField, type ChipSpec } from '../../core/chips/index.js';
import { EspmintError } from '../../core/errors/index.js';
import { OP, words } from '../protocol/command.js';
import { NO_ANSWER, type Answer, type Loader } from '../protocol/loader.js';
import { registerRead, registerWrite, type Command, type RegisterWrite } from '../protocol/request.js';
import { type RegisterCache, readingsDiffer } from './registers.js';

export const SECTOR_BYTES = 0x1000;
export const BLOCK_BYTES = 0x1_0000;
export const PAGE_BYTES = 0x100;
/**
 * How long flash takes, typically: what estimates are made of. W25Q32JV-class, "AC electrical characteristics" of its data
 * sheet; deadlines use the worst cases instead. Of a sector, and of a page.
 */
export const ERASE_SECTOR_MS = 45;
export const PROGRAM_PAGE_MS = 0.4;
const STATUS_MASK = 0xffff;

/** Connects the loader to the flash, on the pins that the eFuses name: `padFields` must have been read. */
export function attachCommand(loader: Loader, chip: ChipSpec, registers: RegisterCache): Command {
  const pads = spiPads(chip, registers);
  // The ROM takes a second word, "legacy flash": 0. The stub takes one word and no more.
  const data = loader.isStub ? words(pads) : words(pads, 0);
  return { op: OP.spiAttach, data, what: 'attaching the flash' };
}

/** Registers that tell on which pins the flash is; none where it is always on the same. */
export function padFields({ rom: { spiPads: pads } }: ChipSpec): readonly BitField[] {
  return pads === undefined ? [] : [pads.clk, pads.q, pads.d, pads.cs, pads.hd];
}

/** Five pads of six bits, 0 for the default pins. */
function spiPads(chip: ChipSpec, registers: RegisterCache): number {
  const packed = padFields(chip).reduce(
    (sum, field, index) => sum | (readField(field, registers.read) << (6 * index)),
    0,
  );
  return packed >>> 0;
}

/** Tells the loader the size. A ROM takes it for 2 MB until then, and refuses to read, erase or write behind it. */
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

/** Registers that asking for the flash's id changes, and that get back what they held. */
export const borrowedRegisters = ({ spi }: ChipSpec): readonly number[] => [spi.user, spi.user2];

/**
 * Asks an attached flash for its id through the SPI controller: the loader has no command for that. Neither the request nor
 * the answer has a checksum, so the flash is asked twice.
 * @param proven is read and proven in the same go.
 * @throws FLASH_NOT_FOUND; LINK_DAMAGED where its answers differ
 */
export async function identifyFlash(
  loader: Loader,
  chip: ChipSpec,
  registers: RegisterCache,
  proven: readonly number[],
): Promise<FlashId> {
  const ask = [registerWrite(idWrites(chip, COMMAND_US)), registerRead(chip.spi.data)];
  const answers = await registers.prove([...proven, ...borrowedRegisters(chip)], { then: [...ask, ...ask] });
  let [first, second] = [idIn(answers[1]), idIn(answers[3])];
  for (let pairs = 1; first !== second || NO_FLASH.includes(second); pairs++) {
    if (first !== second) readingsDiffer(loader, "the flash's id", pairs);
    else if (pairs > 1) break;
    // An id that arrived too late, or from a loader that only does the first write of a group, is asked for once more
    // with more time and step by step.
    first = await askSlowly(loader, chip);
    second = await askSlowly(loader, chip);
  }
  giveBack(loader, chip, registers);
  if (NO_FLASH.includes(second))
    throw new EspmintError('FLASH_NOT_FOUND', { port: loader.link.address, flashId: second });
  return { id: second, sizeBytes: sizeFromCode(second >>> 16) };
}

async function askSlowly(loader: Loader, chip: ChipSpec): Promise<number> {
  for (const write of idWrites(chip, COMMAND_SLOW_US)) await loader.writeRegisters([write]);
  return idIn(await loader.repeat(registerRead(chip.spi.data)));
}

const idIn = ({ value }: Answer = NO_ANSWER): number => value & (2 ** ID_BITS - 1);

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

/**
 * Set-up and start of the command. One pause stands with the start and one behind it, because loaders differ in which
 * write of a group they pause at.
 */
function idWrites({ spi }: ChipSpec, delayUs: number): readonly RegisterWrite[] {
  const command = ((7 << COMMAND_BITS_SHIFT) | READ_ID) >>> 0;
  return [
    { address: spi.misoLength, value: ID_BITS - 1 },
    { address: spi.user, value: (USER_COMMAND | USER_MISO) >>> 0 },
    { address: spi.user2, value: command },
    { address: spi.data, value: 0 },
    { address: spi.command, value: START, delayUs },
    { address: spi.user2, value: command, delayUs },
  ];
}

/** What the loader had in the registers: it must find that again before it uses the flash itself. */
function giveBack(loader: Loader, chip: ChipSpec, registers: RegisterCache): void {
  const writes = borrowedRegisters(chip).map((address) => ({ address, value: registers.read(address) }));
  loader.sendLater(...writes.map((write) => registerWrite([write])));
}
