// ESPTouch version 2: chunks of six bytes as columns of bits in the lengths of packets, encrypted where a key is shared
// with the firmware. Pure but for random padding. (EsptouchForAndroid, module esptouch-v2: EspProvisioningParams.)
import { cbc } from '@noble/ciphers/aes.js';
import { randomBytes } from '@noble/hashes/utils.js';
import { EspmintError } from '../../core/errors/index.js';
import { crc8 } from './crc8.js';
import { macText } from '../../core/mac.js';
import type { Acknowledgement } from './v1.js';

export interface V2Content {
  readonly ssid: Uint8Array;
  readonly password: Uint8Array;
  readonly bssid: Uint8Array;
  /** Data for the application of the firmware's maker; at most 127 bytes. */
  readonly reserved?: Uint8Array | undefined;
  /** 16 bytes, the same in the firmware. Absent: the password goes in the clear. */
  readonly key?: Uint8Array | undefined;
  /** With a key: a random start of the encryption, which firmware knows since SmartConfig 3.0.2. Default: zeros. */
  readonly randomIv?: boolean | undefined;
  /** 0 to 3: which of the ports 18266, 28266, 38266, 48266 waits for the acknowledgement. */
  readonly portIndex: number;
}

export const V2_PACE = {
  firstMs: 300,
  packetMs: 15,
  slowAfterMs: 45_000,
  slowPacketMs: 100,
  sendMs: 90_000,
} as const;
export const V2_PORTS: readonly number[] = [18_266, 28_266, 38_266, 48_266];
const SYNC = 1048;
const COUNT_BASE = 1071;
const SEQUENCE_BASE = 128;
const DATA_MARK = 64;
const ENCODED = 0x80;
const CHUNK_BYTES = 6;
const KEY_BYTES = 16;
const BLOCK_BYTES = 16;
/** Whole chunks; the first 16 bytes of them start the encryption. */
const SENT_IV_BYTES = 20;
/** Bits 1 and 2 of the flags. */
const SECURITY = { none: 0, zeroIv: 1, randomIv: 2 } as const;
const MOST_SSID = 32;
const MOST_PASSWORD = 64;
const MOST_RESERVED = 127;

/** What a part of the data is: text of 7 bits in chunks of six, or any bytes in chunks of five and their checksum. */
interface Part {
  readonly bytes: Uint8Array;
  readonly encoded: boolean;
}

/** The lengths of one round. @throws INPUT_INVALID */
export function v2Lengths(content: V2Content): number[] {
  check(content);
  const chunks = partsOf(content).flatMap(chunksOf);
  const count = COUNT_BASE + 1 + chunks.length;
  return [
    ...[SYNC, count, SYNC, count],
    ...columns(headOf(content), 8),
    ...chunks.flatMap(({ bytes, crc, encoded }, sequence) => [
      ...[0, 1, 2].map(() => SEQUENCE_BASE + sequence),
      ...(encoded ? columns(bytes, 8) : [...columns(bytes, 7), dataLength(7, crc & 0x3f)]),
    ]),
  ];
}

function check({ ssid, password, bssid, reserved, key, portIndex }: V2Content): void {
  const refuse = (field: string, reason: string, hint: string): never => {
    throw new EspmintError('INPUT_INVALID', { field, reason, hint });
  };
  if (ssid.length > MOST_SSID)
    refuse('The network name', `has ${ssid.length} bytes`, `give at most ${MOST_SSID}`);
  if (password.length > MOST_PASSWORD) {
    refuse('The password', `has ${password.length} bytes`, `give at most ${MOST_PASSWORD}`);
  }
  if ((reserved?.length ?? 0) > MOST_RESERVED) {
    refuse('The reserved data', 'is too long', `give at most ${MOST_RESERVED} bytes`);
  }
  if (key !== undefined && key.length !== KEY_BYTES) {
    refuse(
      'The SmartConfig key',
      `has ${key.length} bytes`,
      `give exactly ${KEY_BYTES}, the same as in the firmware`,
    );
  }
  if (bssid.length !== 6) refuse('The BSSID', `has ${bssid.length} bytes`, 'give 6');
  if (V2_PORTS[portIndex] === undefined) refuse('The port index', `is ${portIndex}`, 'give 0 to 3');
}

const isEncoded = (bytes: Uint8Array): boolean => bytes.some((byte) => byte >= ENCODED);
const lengthInfo = (bytes: Uint8Array): number => bytes.length | (isEncoded(bytes) ? ENCODED : 0);
const EMPTY = new Uint8Array();

function willEncrypt({ key, password, reserved = EMPTY }: V2Content): boolean {
  return key !== undefined && password.length + reserved.length > 0;
}

function headOf(content: V2Content): Uint8Array {
  const { ssid, password, reserved = EMPTY, bssid, portIndex } = content;
  const ipv4 = 1;
  const security = !willEncrypt(content)
    ? SECURITY.none
    : content.randomIv === true
      ? SECURITY.randomIv
      : SECURITY.zeroIv;
  const flags = ipv4 | (security << 1) | (portIndex << 3);
  const head = [lengthInfo(ssid), lengthInfo(password), lengthInfo(reserved), crc8(bssid), flags];
  return Uint8Array.from([...head, crc8(head)]);
}

function partsOf(content: V2Content): Part[] {
  const { ssid, password, reserved = EMPTY, key, randomIv = false } = content;
  const name: Part = { bytes: ssid, encoded: isEncoded(ssid) };
  const both = Uint8Array.from([...password, ...reserved]);
  if (key !== undefined && willEncrypt(content)) {
    const iv = randomIv ? randomBytes(SENT_IV_BYTES) : new Uint8Array(BLOCK_BYTES);
    // PKCS #7 padding is the library's default.
    const sealed: Part = { bytes: cbc(key, iv.slice(0, BLOCK_BYTES)).encrypt(both), encoded: true };
    return [sealed, ...(randomIv ? [{ bytes: iv, encoded: true }] : []), name];
  }
  if (!isEncoded(password) && !isEncoded(reserved)) return [{ bytes: both, encoded: false }, name];
  return [
    { bytes: password, encoded: isEncoded(password) },
    { bytes: reserved, encoded: isEncoded(reserved) },
    name,
  ];
}

interface Chunk {
  readonly bytes: Uint8Array;
  readonly crc: number;
  readonly encoded: boolean;
}

/** Each part fills whole chunks; what is missing is random, of 7 bits. */
function chunksOf({ bytes, encoded }: Part): Chunk[] {
  const size = encoded ? CHUNK_BYTES - 1 : CHUNK_BYTES;
  const padded = new Uint8Array(Math.ceil(bytes.length / size) * size);
  padded.set(randomBytes(padded.length).map((byte) => byte % 127));
  padded.set(bytes);
  return Array.from({ length: padded.length / size }, (_, at) => {
    const data = padded.subarray(at * size, (at + 1) * size);
    const crc = crc8(data);
    return { bytes: encoded ? Uint8Array.from([...data, crc]) : data, crc, encoded };
  });
}

/** Bit j of all six bytes, the first byte highest. */
function columns(six: Uint8Array, count: number): number[] {
  return Array.from({ length: count }, (_, bit) =>
    dataLength(
      bit,
      six.reduce((sum, byte, at) => sum | (((byte >> bit) & 1) << (CHUNK_BYTES - 1 - at)), 0),
    ),
  );
}

const dataLength = (column: number, sixBits: number): number => (column << 7) | DATA_MARK | sixBits;

/** 7 bytes: port index, MAC; who sent it is the board. */
export function readV2Acknowledgement(
  bytes: Uint8Array,
  portIndex: number,
  address: string,
): Acknowledgement | undefined {
  if (bytes.length < 7 || bytes[0] !== portIndex) return undefined;
  return { mac: macText(bytes.subarray(1, 7)), address };
}
/** Sent twice to port 7002 of the board: the sender has heard it. */
export const V2_REPLY = { port: 7002, bytes: Uint8Array.of(1), times: 2 } as const;
