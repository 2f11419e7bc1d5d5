// Raising the baud rate: what each ROM must know, and the switch itself.
import { readField, type BitField, type ChipSpec, type Crystal } from '../../core/chips/index.js';
import { OP, words } from '../protocol/command.js';
import type { Loader } from '../protocol/loader.js';
import type { RegisterCache } from './registers.js';
import { sleep } from '../wait.js';

/** From fast to sure. */
export const BAUD_LADDER: readonly number[] = [921_600, 460_800, 230_400, 115_200];
/**
 * Between the reply at the old rate and the first bytes at the new one. A ROM changes as soon as its reply is out, and
 * the adapter has changed when `setBaud` returns; where either takes longer, the loader is looked for (`rateChanged`).
 */
const SETTLE_MS = 1;
/** The stub waits 10 ms for its reply to leave before it changes. */
const STUB_SETTLE_MS = 20;

/** The rates to try, best first: `limit`, then what the ladder has below it. */
export function ladderFrom(limit: number): readonly number[] {
  return [limit, ...BAUD_LADDER.filter((baud) => baud < limit)];
}

/**
 * Switches chip and host to `baud`. Nothing is said about whether the link bears it: the next command shows that.
 */
export async function changeBaud(
  loader: Loader,
  chip: ChipSpec,
  registers: RegisterCache,
  baud: number,
): Promise<void> {
  const { link } = loader;
  const asked = loader.isStub ? baud : await romBaud(chip, registers, link.baud, baud);
  // The second word: what the stub needs to know of the present rate. A ROM wants 0.
  const data = words(asked, loader.isStub ? link.baud : 0);
  await loader.send({ op: OP.changeBaud, data, what: `changing to ${baud} baud` });
  await link.setBaud(baud);
  await sleep(loader.isStub ? STUB_SETTLE_MS : SETTLE_MS, loader.signal);
  loader.rateChanged();
}

const MHZ = 1_000_000;
/** Calibrations outside this belong to no crystal: the registers hold something else. */
const CREDIBLE_HZ = { from: 10 * MHZ, to: 60 * MHZ };
/** The ESP32's ROM counts crystal cycles in 1/40 of CK8M's nominal 8 MHz, in steps of 15,625 Hz. */
const CALIBRATION_STEP_HZ = 15_625;
const CALIBRATION_DIVISOR = 40;

async function romBaud(
  chip: ChipSpec,
  registers: RegisterCache,
  current: number,
  baud: number,
): Promise<number> {
  const traits = chip.rom.baud;
  switch (traits.kind) {
    case 'none':
      return baud;
    case 'calibrated': {
      const assumedHz = await calibratedHz(traits, registers);
      return assumedHz === undefined
        ? baud
        : Math.floor((baud * assumedHz) / (nearest40or26(assumedHz) * MHZ));
    }
    case 'assumes':
      return scaled(baud, traits.assumedMhz, await crystalMhz(chip.crystal, registers, current));
    case 'register': {
      await registers.load(traits.assumedMhz);
      const assumed = readField(traits.assumedMhz, registers.read);
      return scaled(baud, assumed, await crystalMhz(chip.crystal, registers, current));
    }
  }
}

/** A ROM that is wrong about its crystal is wrong about its rate by the same factor. */
function scaled(baud: number, assumedMhz: number, trueMhz: number): number {
  return assumedMhz === 0 ? baud : Math.floor((baud * assumedMhz) / trueMhz);
}

type Calibration = Extract<ChipSpec['rom']['baud'], { kind: 'calibrated' }>;

async function calibratedHz(
  { calibration, rtcClock }: Calibration,
  registers: RegisterCache,
): Promise<number | undefined> {
  await registers.load(calibration, rtcClock);
  const cycles = readField(calibration, registers.read);
  const ck8m = readField(rtcClock, registers.read);
  const hz = (cycles * CALIBRATION_STEP_HZ * ck8m) / CALIBRATION_DIVISOR;
  return hz >= CREDIBLE_HZ.from && hz <= CREDIBLE_HZ.to ? hz : undefined;
}

/** ESP32 boards have a crystal of 40 or 26 MHz. */
function nearest40or26(hz: number): number {
  return hz > 33 * MHZ ? 40 : 26;
}

/** @param baud in force while the clock divider is read. */
async function crystalMhz(crystal: Crystal, registers: RegisterCache, baud: number): Promise<number> {
  if (crystal.kind === 'fixed') return crystal.mhz;
  await registers.load(crystal.clockDivider);
  const measured = (baud * readField(crystal.clockDivider, registers.read)) / MHZ;
  const distance = (mhz: number): number => Math.abs(mhz - measured);
  return [...crystal.candidatesMhz].sort((a, b) => distance(a) - distance(b))[0] ?? measured;
}

/** Registers that `chipCrystalMhz` wants. */
export function crystalFields({ rom, crystal }: ChipSpec): readonly BitField[] {
  if (rom.baud.kind === 'calibrated') return [rom.baud.calibration, rom.baud.rtcClock];
  return crystal.kind === 'fixed' ? [] : [crystal.clockDivider];
}

/** The crystal's frequency, from the registers that the rate change needs anyway where they tell it. */
export async function chipCrystalMhz(
  chip: ChipSpec,
  registers: RegisterCache,
  baud: number,
): Promise<number> {
  const traits = chip.rom.baud;
  const hz = traits.kind === 'calibrated' ? await calibratedHz(traits, registers) : undefined;
  return hz === undefined ? crystalMhz(chip.crystal, registers, baud) : nearest40or26(hz);
}
