// What a person scans or types to add a Matter device: the QR payload and the manual pairing code (Matter Core 1.0, 5.1).
import { EspmintError } from '../errors/index.js';

export interface SetupPayload {
  /** 16 bits each. */
  readonly vendorId: number;
  readonly productId: number;
  /** 1 to 99999998, and none of `WEAK_PASSCODES`. */
  readonly passcode: number;
  /** 12 bits. */
  readonly discriminator: number;
  /** How a phone finds the device, a sum of: 2 BLE, 4 on the network, 8 Wi-Fi PAF, 16 NFC, 32 Thread. */
  readonly discovery: number;
  /** Custom flow: 0 standard, 1 user intent, 2 custom. */
  readonly flow: 0 | 1 | 2;
}

/** Refused by 5.1.7.1. */
const WEAK_PASSCODES: readonly number[] = [
  11111111, 22222222, 33333333, 44444444, 55555555, 66666666, 77777777, 88888888, 12345678, 87654321,
];
const PASSCODE_LIMIT = 99_999_998;
const DISCOVERY_BITS = 0x3e;

export function isPasscode(passcode: number): boolean {
  return (
    Number.isInteger(passcode) &&
    passcode > 0 &&
    passcode <= PASSCODE_LIMIT &&
    !WEAK_PASSCODES.includes(passcode)
  );
}

/** @throws INPUT_INVALID for what is outside of its field */
function check({ vendorId, productId, passcode, discriminator, discovery }: SetupPayload): void {
  const fields: [field: string, isRight: boolean, hint: string][] = [
    ['The vendor id', vendorId >= 0 && vendorId <= 0xffff, 'give a number of 16 bits'],
    ['The product id', productId >= 0 && productId <= 0xffff, 'give a number of 16 bits'],
    ['The passcode', isPasscode(passcode), 'take one from 1 to 99999998 that is not easily guessed'],
    ['The discriminator', discriminator >= 0 && discriminator <= 0xfff, 'give a number of 12 bits'],
    [
      'The discovery',
      discovery > 0 && (discovery & ~DISCOVERY_BITS) === 0,
      'add up some of 2 (BLE), 4 (on the network), 8 (Wi-Fi PAF), 16 (NFC) and 32 (Thread)',
    ],
  ];
  for (const [field, isRight, hint] of fields)
    if (!isRight) throw new EspmintError('INPUT_INVALID', { field, reason: 'is outside of its field', hint });
}

/** `MT:…` (5.1.3): fields from the least bit on, in base 38. @throws INPUT_INVALID */
export function qrPayload(payload: SetupPayload): string {
  check(payload);
  const { vendorId, productId, passcode, discriminator, discovery, flow } = payload;
  const fields: [value: number, bits: number][] = [
    [0, 3], // version
    [vendorId, 16],
    [productId, 16],
    [flow, 2],
    [discovery, 8],
    [discriminator, 12],
    [passcode, 27],
    [0, 4], // padding
  ];
  let [packed, at] = [0n, 0n];
  for (const [value, bits] of fields) {
    packed |= BigInt(value) << at;
    at += BigInt(bits);
  }
  const bytes = Array.from({ length: Number(at) / 8 }, (_, n) => Number((packed >> BigInt(8 * n)) & 0xffn));
  return `MT:${base38(bytes)}`;
}

const BASE38 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.';

/** Three bytes are five characters, two are four, one is two (5.1.3.1). */
function base38(bytes: readonly number[]): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const chunk = bytes.slice(at, at + 3);
    let value = chunk.reduceRight((sum, byte) => sum * 256 + byte, 0);
    for (let left = [2, 4, 5][chunk.length - 1] ?? 0; left > 0; left--) {
      text += BASE38[value % 38] ?? '';
      value = Math.floor(value / 38);
    }
  }
  return text;
}

/** 11 digits, or 21 with vendor and product where the flow is not the standard one (5.1.4.1). @throws INPUT_INVALID */
export function manualCode(payload: SetupPayload): string {
  check(payload);
  const { vendorId, productId, passcode, discriminator, flow } = payload;
  const short = discriminator >> 8;
  const digits = (value: number, length: number): string => String(value).padStart(length, '0');
  const code =
    digits((flow === 0 ? 0 : 4) | (short >> 2), 1) +
    digits(((short & 3) << 14) | (passcode & 0x3fff), 5) +
    digits(passcode >> 14, 4) +
    (flow === 0 ? '' : digits(vendorId, 5) + digits(productId, 5));
  return code + verhoeffDigit(code);
}

/** The tables of Verhoeff's check digit: the group D5 and its permutation (J. Verhoeff, Error Detecting Decimal Codes, 1969). */
const D5 = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const PERMUTATION = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];
const INVERSE = '0432156789';

function verhoeffDigit(code: string): string {
  const sum = [...code].reverse().reduce((before, digit, index) => {
    const permuted = Number(PERMUTATION[(index + 1) % 8]?.[Number(digit)]);
    return Number(D5[before]?.[permuted]);
  }, 0);
  return INVERSE[sum] ?? '';
}
