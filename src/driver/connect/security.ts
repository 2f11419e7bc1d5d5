// How far a chip is locked: from the loader's security information, or from eFuses where the ROM has none.
import { bytesToHex } from '@noble/hashes/utils.js';
import { readField, type ChipSpec, type ReadRegister } from '../../core/chips/index.js';
import { OP } from '../protocol/command.js';
import { NO_ANSWER, type Loader } from '../protocol/loader.js';
import type { Command } from '../protocol/request.js';
import { readingsDiffer } from './registers.js';

export interface SecurityState {
  /** Flash is encrypted: what is read from it is ciphertext, what is written must suit that. */
  readonly flashEncryption: boolean;
  readonly secureBoot: boolean;
  /** Only a handful of commands work: no registers, no reading, no stub. */
  readonly secureDownload: boolean;
}

export interface SecurityInfo extends SecurityState {
  /** Absent where the ROM does not tell (ESP32-S2). */
  readonly chipId?: number;
}

const FLAG_SECURE_BOOT = 1 << 0;
const FLAG_SECURE_DOWNLOAD = 1 << 2;
const CRYPT_COUNT_AT = 4;
const CHIP_ID_AT = 12;
const WITH_CHIP_ID_BYTES = 20;
const WITHOUT_CHIP_ID_BYTES = 12;

const SECURITY_QUESTION: Command = {
  op: OP.securityInfo,
  data: new Uint8Array(0),
  replyBytes: [WITH_CHIP_ID_BYTES, WITHOUT_CHIP_ID_BYTES],
  what: 'the security information',
};

/** Twice: the answer has no checksum, and decides which chip it is and what may be done with it. */
export const SECURITY_QUESTIONS: readonly Command[] = [SECURITY_QUESTION, SECURITY_QUESTION];

/** @throws LOADER_REFUSED (unsupported) on an ESP32; LINK_DAMAGED where the answers never agree. */
export async function readSecurityInfo(loader: Loader): Promise<SecurityInfo> {
  for (let pairs = 1; ; pairs++) {
    const [first = NO_ANSWER, second = NO_ANSWER] = await loader.repeatAll(SECURITY_QUESTIONS);
    if (bytesToHex(first.data) === bytesToHex(second.data)) return decodeSecurityInfo(first.data);
    readingsDiffer(loader, SECURITY_QUESTION.what, pairs);
  }
}

/** 12 bytes (ESP32-S2) or 20: flags, encryption count, seven key purposes, then chip id and API version. */
function decodeSecurityInfo(data: Uint8Array): SecurityInfo {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const flags = view.getUint32(0, true);
  const state = {
    flashEncryption: isOdd(view.getUint8(CRYPT_COUNT_AT)),
    secureBoot: (flags & FLAG_SECURE_BOOT) !== 0,
    secureDownload: (flags & FLAG_SECURE_DOWNLOAD) !== 0,
  };
  return data.length < WITH_CHIP_ID_BYTES ? state : { ...state, chipId: view.getUint32(CHIP_ID_AT, true) };
}

/** From eFuse words, for a ROM that has no security information. Such a ROM has no Secure Download Mode to speak in. */
export function securityFromEfuses({ security }: ChipSpec, read: ReadRegister): SecurityState {
  return {
    flashEncryption: isOdd(readField(security.flashEncryptionCount, read)),
    secureBoot: readField(security.secureBoot, read) !== 0,
    secureDownload: false,
  };
}

/** Each burnt bit turns encryption over: an odd number of them means on. */
function isOdd(count: number): boolean {
  let odd = false;
  for (let rest = count; rest !== 0; rest >>>= 1) odd = odd !== ((rest & 1) === 1);
  return odd;
}

/** How far a chip is locked, in words for a message. */
export function lockText(chip: ChipSpec, { secureBoot, flashEncryption }: SecurityState): string {
  const onOff = (isOn: boolean): string => (isOn ? 'on' : 'off');
  return `${chip.displayName}, secure boot ${onOff(secureBoot)}, flash encryption ${onOff(flashEncryption)}`;
}
