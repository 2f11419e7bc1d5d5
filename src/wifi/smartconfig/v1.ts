// ESPTouch version 1: credentials as lengths of packets that anybody in range can read. Pure.
// (EsptouchForAndroid, module esptouch: DatumCode, DataCode, GuideCode.)
import { macText } from '../../core/mac.js';
import { EspmintError } from '../../core/errors/index.js';
import { crc8 } from './crc8.js';

export interface V1Content {
  readonly ssid: Uint8Array;
  readonly password: Uint8Array;
  /** 6 bytes: the access point's, which a receiver in range of several needs. */
  readonly bssid: Uint8Array;
  /** 4 bytes: where the board sends its acknowledgement. */
  readonly senderAddress: Uint8Array;
}

/** Sent again and again before the data, so that a receiver finds the channel and the overhead of its headers. */
export const V1_GUIDE: readonly number[] = [515, 514, 513, 512];
export const V1_PACE = {
  guideMs: 2_000,
  dataMs: 4_000,
  packetMs: 8,
  sendMs: 45_000,
  listenMs: 15_000,
} as const;
const HEAD_BYTES = 9;
/** Added to every length that carries data. */
const EXTRA_LENGTH = 40;
const SEQUENCE_MARK = 256;
const MOST_INDEX = 127;

/**
 * The lengths of one round, three for each byte.
 * @throws INPUT_INVALID where name and password are too long together
 */
export function v1Lengths(content: V1Content): number[] {
  return bytesInOrder(content).flatMap(([index, byte]) => lengthsOf(index, byte));
}

/** First byte of every acknowledgement: the number of bytes sent, its low 8 bits. */
export const v1Token = ({ ssid, password }: Pick<V1Content, 'ssid' | 'password'>): number =>
  (HEAD_BYTES + ssid.length + password.length) & 0xff;

/** The BSSID's bytes have the highest numbers, and stand after every fourth of the others. */
function bytesInOrder(content: V1Content): (readonly [index: number, byte: number])[] {
  const { ssid, password, bssid, senderAddress } = content;
  const total = HEAD_BYTES + password.length + ssid.length;
  if (total + bssid.length - 1 > MOST_INDEX) {
    throw new EspmintError('INPUT_INVALID', {
      field: 'The network name and password',
      reason: `have ${password.length + ssid.length} bytes together, more than SmartConfig can number`,
      hint: 'shorten one of them, or use --protocol v2',
    });
  }
  const head = [total, password.length, crc8(ssid), crc8(bssid)];
  const rest = [...senderAddress, ...password, ...ssid];
  const check = [...head, ...rest].reduce((sum, byte) => sum ^ byte, 0);
  const ordered = [...head, check, ...rest].map((byte, index) => [index, byte] as const);
  for (const [k, byte] of bssid.entries()) {
    ordered.splice(Math.min(5 + 4 * k, ordered.length), 0, [total + k, byte]);
  }
  return ordered;
}

function lengthsOf(index: number, byte: number): [number, number, number] {
  const crc = crc8([byte, index]);
  return [
    ((crc & 0xf0) | (byte >> 4)) + EXTRA_LENGTH,
    SEQUENCE_MARK + index + EXTRA_LENGTH,
    (((crc & 0x0f) << 4) | (byte & 0x0f)) + EXTRA_LENGTH,
  ];
}

export interface Acknowledgement {
  /** Lower case with colons. */
  readonly mac: string;
  /** Where the board is now; version 2 tells it by the packet's sender. */
  readonly address: string;
}

/** 11 bytes: token, MAC, IPv4. @returns undefined for another packet */
export function readV1Acknowledgement(bytes: Uint8Array, token: number): Acknowledgement | undefined {
  if (bytes.length < 11 || bytes[0] !== token) return undefined;
  return { mac: macText(bytes.subarray(1, 7)), address: bytes.subarray(7, 11).join('.') };
}
