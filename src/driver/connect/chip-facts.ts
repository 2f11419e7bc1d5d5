// What a chip says of itself, from its eFuses.
import { bytesToHex } from '@noble/hashes/utils.js';
import {
  describeChip,
  readChipRevision,
  readField,
  type BitField,
  type ChipSpec,
  type ReadRegister,
} from '../../core/chips/index.js';
import { isEspmintError } from '../../core/errors/index.js';
import { usableHardwareId } from '../../core/hardware-id.js';
import type { Mac } from '../../core/mac.js';
import { readChipMac } from './chip-mac.js';
import { words } from '../protocol/command.js';
import { addressesOf, type RegisterCache } from './registers.js';
import { securityFromEfuses, type SecurityInfo, type SecurityState } from './security.js';

/** What the eFuses tell; the flash is asked apart. */
export interface EfuseFacts {
  readonly mac: Mac;
  readonly description: string;
  /** major * 100 + minor, as Espressif counts: 301 is v3.1. */
  readonly revision: number;
  readonly security: SecurityState;
  /** 32 lower-case hex digits; absent where the chip has none. */
  readonly uniqueId: string | undefined;
  /** Flash inside the package, 0 when there is none or it is not known. */
  readonly embeddedFlashBytes: number;
  /** PSRAM inside the package; undefined where there is none or it is not known. */
  readonly psramBytes: number | undefined;
}

/** Registers that `readEfuseFacts` wants: whoever loads them first, together with others, saves it a round trip. */
export function efuseFields(chip: ChipSpec, security: SecurityInfo | undefined): readonly BitField[] {
  const { revision, packageVersion, flashCap, psramCap, temperature, singleCore } = chip;
  const fields = [
    revision.major,
    revision.minor,
    packageVersion,
    flashCap,
    psramCap,
    temperature,
    singleCore,
  ];
  if (security === undefined) fields.push(chip.security.flashEncryptionCount, chip.security.secureBoot);
  const { mac, uniqueId = [] } = chip;
  const known = fields.filter((field) => field !== undefined);
  return [wholeWords([mac.low, mac.high, ...uniqueId]), ...known];
}

/**
 * @param security what the loader said; the eFuses tell it otherwise.
 * @throws CHIP_MAC_BAD
 */
export async function readEfuseFacts(
  chip: ChipSpec,
  registers: RegisterCache,
  port: string,
  security: SecurityInfo | undefined,
): Promise<EfuseFacts> {
  await registers.prove(addressesOf(efuseFields(chip, security)));
  const { flashCap, uniqueId = [] } = chip;
  const mac = await readTrustedMac(chip, registers, port);
  const { major, minor } = readChipRevision(chip, registers.read);
  return {
    mac,
    description: describeChip(chip, registers.read),
    revision: major * 100 + minor,
    security: stateOf(security ?? securityFromEfuses(chip, registers.read)),
    uniqueId: uniqueIdText(uniqueId, registers.read),
    embeddedFlashBytes: embeddedFlash(chip, flashCap, registers),
    psramBytes: chip.psramCap && chip.psramCapBytes?.[readField(chip.psramCap, registers.read)],
  };
}

/** A burst may damage two readings in the same way: a MAC that looks wrong is read anew before the chip is blamed for it. */
async function readTrustedMac(chip: ChipSpec, registers: RegisterCache, port: string): Promise<Mac> {
  try {
    return readChipMac(chip, registers.read, port);
  } catch (error) {
    if (!isEspmintError(error, 'CHIP_MAC_BAD')) throw error;
    await registers.reload([chip.mac.low, chip.mac.high]);
    return readChipMac(chip, registers.read, port);
  }
}

const wholeWords = (addresses: readonly number[]): BitField =>
  addresses.map((address) => ({ address, shift: 0, bits: 32 }));

/** Bytes in the order of the eFuses, as espefuse shows them: lowest byte of the lowest word first. */
function uniqueIdText(addresses: readonly number[], read: ReadRegister): string | undefined {
  const bytes = words(...addresses.map(read));
  return usableHardwareId(bytesToHex(bytes));
}

const stateOf = ({ flashEncryption, secureBoot, secureDownload }: SecurityState): SecurityState => ({
  flashEncryption,
  secureBoot,
  secureDownload,
});

function embeddedFlash(chip: ChipSpec, flashCap: BitField | undefined, registers: RegisterCache): number {
  return flashCap === undefined ? 0 : (chip.flashCapBytes?.[readField(flashCap, registers.read)] ?? 0);
}

/** `v3.1` style. */
export function revisionText(revision: number): string {
  return `v${Math.floor(revision / 100)}.${revision % 100}`;
}
