// What the ROM says of the chip's security state, and what Secure Download Mode leaves of its commands.
import type { ChipName, ChipSpec } from '../../core/chips/index.js';
import { KEY_FUSES, XTS_AES_128_KEY } from '../efuses.js';
import type { Machine } from '../machine.js';
import { OP, viewOf } from '../packet.js';

/** Flag bits of GET_SECURITY_INFO (ESP32-S3 TRM, eFuse controller; "Serial Protocol"). */
const FLAG = { secureBoot: 1 << 0, secureDownload: 1 << 2 } as const;
const KEY_PURPOSES_AT = 5;
/** "API version": the number of the ROM's revision, read from the ROMs of these chips; 0 for the others. */
const ROM_REVISIONS: Partial<Readonly<Record<ChipName, number>>> = {
  esp32c2: 1,
  esp32c3: 3,
  esp32c5: 2,
  esp32c61: 3,
};

/** Commands that remain in Secure Download Mode. */
const SECURE_DOWNLOAD_OPS: readonly number[] = [
  OP.SYNC,
  OP.SPI_ATTACH,
  OP.SPI_SET_PARAMS,
  OP.FLASH_BEGIN,
  OP.FLASH_DATA,
  OP.FLASH_END,
  OP.CHANGE_BAUDRATE,
  OP.GET_SECURITY_INFO,
];

/** The last purpose is of a block that is for no key: what the ROMs of these chips put there. */
const LAST_PURPOSE_AT = 11;
const LAST_PURPOSES: Partial<Readonly<Record<ChipName, number>>> = {
  esp32s2: 12,
  esp32s3: 12,
  esp32c3: 12,
  esp32c5: 19,
  esp32c6: 12,
  esp32c61: 16,
  esp32h2: 12,
  esp32p4: 12,
};

export function secureDownloadAllows(op: number, spec: ChipSpec): boolean {
  if (op === OP.CHANGE_BAUDRATE && !spec.rom.baudChangeInSecureDownload) return false;
  return SECURE_DOWNLOAD_OPS.includes(op);
}

/** Flags (4 bytes), encryption count, seven key purposes, and where the chip tells them: chip id, version. */
export function securityInfo({ spec, identity }: Machine): Uint8Array {
  const { secureBoot, secureDownload, flashEncryption } = identity.security;
  const info = new Uint8Array(20);
  const view = viewOf(info);
  view.setUint32(0, (secureBoot ? FLAG.secureBoot : 0) | (secureDownload ? FLAG.secureDownload : 0), true);
  view.setUint8(4, flashEncryption ? 1 : 0);
  view.setUint32(12, spec.chipId, true);
  info[LAST_PURPOSE_AT] = LAST_PURPOSES[spec.name] ?? 0;
  if (flashEncryption && KEY_FUSES[spec.name] !== undefined) info[KEY_PURPOSES_AT] = XTS_AES_128_KEY;
  view.setUint32(16, ROM_REVISIONS[spec.name] ?? 0, true);
  return info.subarray(0, spec.rom.securityInfoBytes === 0 ? 20 : spec.rom.securityInfoBytes);
}
