// Which chip answers: by the magic word of its ROM, or by the chip id of its security information.
import {
  MAGIC_ADDRESS,
  findChip,
  findChipById,
  findChipByMagic,
  getChip,
  type ChipSpec,
} from '../../core/chips/index.js';
import { EspmintError, isEspmintError, type ErrorCode } from '../../core/errors/index.js';
import { isLacking, type Loader } from '../protocol/loader.js';
import { registerRead, type Command } from '../protocol/request.js';
import { SECURITY_QUESTIONS, readSecurityInfo, type SecurityInfo } from './security.js';

export interface Detected {
  readonly chip: ChipSpec;
  /** Absent where the ROM has none: the eFuses tell. */
  readonly security?: SecurityInfo | undefined;
}

/** Of security information that tells which chip it is. */
const WITH_CHIP_ID_BYTES = 20;

/** Chips that answer the same protocol and are recognised only to be named. */
const KNOWN_MAGICS: Readonly<Record<number, string>> = { 0xfff0_c101: 'ESP8266' };
const KNOWN_IDS: Readonly<Record<number, string>> = {
  25: 'ESP32-H21',
  28: 'ESP32-H4',
  31: 'ESP32-E22',
  32: 'ESP32-S31',
};

/**
 * Asks what the expected chip answers best, so that the usual case takes one round trip or two. An ESP32's ROM takes
 * long to say that it has no security information, so the magic word comes first unless a newer chip is expected.
 * @param expected name of the chip that should be there.
 * @throws CHIP_UNEXPECTED, CHIP_UNKNOWN, CHIP_NOT_SUPPORTED
 */
export async function detectChip(loader: Loader, expected?: string): Promise<Detected> {
  try {
    return await detectOnce(loader, expected);
  } catch (error) {
    if (!isEspmintError(error) || !WRONG_CHIP.includes(error.code)) throw error;
    // Answers carry no checksum: a board is only refused when it says the same twice.
    return detectOnce(loader, expected);
  }
}

/** What `detectChip` asks first: it may go out together with SYNC. No single bit makes one chip's magic word another's. */
export function firstQuestions(expected?: string): readonly Command[] {
  return asksForId(expected) ? SECURITY_QUESTIONS : [registerRead(MAGIC_ADDRESS)];
}

const asksForId = (expected: string | undefined): boolean =>
  expected !== undefined && findChip(expected)?.rom.securityInfoBytes === WITH_CHIP_ID_BYTES;

const WRONG_CHIP: readonly ErrorCode[] = ['CHIP_UNEXPECTED', 'CHIP_UNKNOWN', 'CHIP_NOT_SUPPORTED'];

async function detectOnce(loader: Loader, expected: string | undefined): Promise<Detected> {
  const port = loader.link.address;
  const wanted = expected === undefined ? undefined : findChip(expected);
  const found = asksForId(expected) ? await byId(loader) : undefined;
  const detected = found ?? (await byMagic(loader, wanted));
  if (wanted !== undefined && wanted !== detected.chip) {
    const names = { expected: wanted.displayName, found: detected.chip.displayName };
    throw new EspmintError('CHIP_UNEXPECTED', { port, ...names });
  }
  return detected;
}

/** Undefined where the loader has no security information, or no chip id in it. */
async function byId(loader: Loader): Promise<Detected | undefined> {
  const security = await securityOrUndefined(loader);
  if (security?.chipId === undefined) return undefined;
  const chip = findChipById(security.chipId);
  if (chip !== undefined) return { chip, security };
  throw unsupportedOrUnknown(loader, 0, security.chipId);
}

/**
 * @param wanted stands where the loader tells nothing at all of its chip: neither security information nor any word where
 * the magic should be. Such are imitations and bridges; silicon has one or the other.
 */
async function byMagic(loader: Loader, wanted: ChipSpec | undefined): Promise<Detected> {
  const magic = await readMagic(loader);
  // Registers cannot be read: Secure Download Mode. The one chip whose security information has no id is the S2.
  if (magic === undefined) {
    const security = await securityOrUndefined(loader);
    if (security === undefined) throw unsupportedOrUnknown(loader, 0, undefined);
    const chip = security.chipId === undefined ? getChip('esp32s2') : findChipById(security.chipId);
    if (chip !== undefined) return { chip, security };
    throw unsupportedOrUnknown(loader, 0, security.chipId);
  }
  const byWord = findChipByMagic(magic);
  if (byWord?.rom.securityInfoBytes === 0) return { chip: byWord };
  if (KNOWN_MAGICS[magic] !== undefined) throw unsupportedOrUnknown(loader, magic, undefined);
  const security = await securityOrUndefined(loader);
  const chip = security?.chipId === undefined ? byWord : findChipById(security.chipId);
  if (chip === undefined && magic === 0 && security === undefined && wanted !== undefined)
    return { chip: wanted };
  if (chip === undefined) throw unsupportedOrUnknown(loader, magic, security?.chipId);
  return { chip, security };
}

async function readMagic(loader: Loader): Promise<number | undefined> {
  try {
    return await loader.readRegister(MAGIC_ADDRESS);
  } catch (error) {
    if (isLacking(error)) return undefined;
    throw error;
  }
}

async function securityOrUndefined(loader: Loader): Promise<SecurityInfo | undefined> {
  try {
    return await readSecurityInfo(loader);
  } catch (error) {
    if (isLacking(error)) return undefined;
    throw error;
  }
}

function unsupportedOrUnknown(loader: Loader, magic: number, chipId: number | undefined): EspmintError {
  const port = loader.link.address;
  const name = KNOWN_MAGICS[magic] ?? (chipId === undefined ? undefined : KNOWN_IDS[chipId]);
  if (name !== undefined) return new EspmintError('CHIP_NOT_SUPPORTED', { port, chip: name });
  return new EspmintError('CHIP_UNKNOWN', { port, magic, chipId });
}
