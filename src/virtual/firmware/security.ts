// What the ROM says of the chip's security state, and what Secure Download Mode leaves of its commands.
import type { ChipSpec } from '../../core/chips/index.js';
import type { Machine } from '../machine.js';
import { OP, viewOf } from '../packet.js';

/** Flag bits of GET_SECURITY_INFO (ESP32-S3 TRM, eFuse controller; "Serial Protocol"). */
const FLAG = { secureBoot: 1 << 0, secureDownload: 1 << 2 } as const;
/** Version of the ROM's interface: the chips served here are all of the first. */
const API_VERSION = 0;

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
  view.setUint32(16, API_VERSION, true);
  return info.subarray(0, spec.rom.securityInfoBytes === 0 ? 20 : spec.rom.securityInfoBytes);
}
