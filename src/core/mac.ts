// MAC addresses: one canonical text form, raw bytes, and the refusal of those that can belong to no device.
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { EspmintError } from './errors/index.js';

/** A checked unicast MAC: lower case with colons, 17 characters. */
export type Mac = string & { readonly __brand: 'Mac' };

const MAC_BYTES = 6;
const EUI64_DIGITS = 16;
/** Twelve digits bare, in pairs or (as switches print them) in fours, with one kind of separator throughout. */
const MAC_TEXT =
  /^(?:[0-9a-f]{12}|[0-9a-f]{2}([:\-. ])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|[0-9a-f]{4}([:\-. ])[0-9a-f]{4}\2[0-9a-f]{4})$/;

/**
 * Any usual spelling of a MAC (either case; bare, or with colons, dashes, dots or spaces) in the canonical form.
 * @throws MAC_INVALID for other text, for an EUI-64, and for the all-zero, the broadcast and any multicast address.
 */
export function parseMac(text: string): Mac {
  const plain = text.trim().toLowerCase();
  if (!MAC_TEXT.test(plain)) {
    const digits = plain.replace(/[:\-. ]/g, '');
    const isEui64 = digits.length === EUI64_DIGITS && /^[0-9a-f]+$/.test(digits);
    throw invalid(
      text,
      isEui64 ? 'it has 8 bytes, an EUI-64; the base MAC has 6' : 'it is not 6 bytes in hex',
    );
  }
  return macFromBytes(hexToBytes(plain.replace(/[^0-9a-f]/g, '')));
}

/**
 * @param bytes 6, in the order in which a MAC is written.
 * @throws MAC_INVALID as parseMac.
 */
export function macFromBytes(bytes: Uint8Array): Mac {
  const text = macText(bytes);
  if (bytes.length !== MAC_BYTES) throw invalid(text, `it has ${bytes.length} bytes instead of ${MAC_BYTES}`);
  if (bytes.every((byte) => byte === 0))
    throw invalid(text, 'it is all zero, as in a chip whose eFuses were not read');
  if (bytes.every((byte) => byte === 0xff)) throw invalid(text, 'it is the broadcast address');
  // IEEE 802: bit 0 of the first byte marks a group address.
  if (((bytes[0] ?? 0) & 1) === 1) throw invalid(text, 'it is a multicast address');
  return text as Mac;
}

/** The 6 bytes, in the order in which they are written: of a MAC or BSSID in a checked spelling. */
export function macBytes(mac: string): Uint8Array {
  return hexToBytes(mac.replace(/[^0-9a-f]/gi, ''));
}

/** 12 lower-case hex digits without separators. */
export function macDigits(mac: Mac): string {
  return mac.replaceAll(':', '');
}

/** Bytes in pairs of hex digits with colons, unchecked: also of a BSSID, which may be of any kind. */
export function macText(bytes: Uint8Array): string {
  return bytesToHex(bytes).replace(/..(?=.)/g, '$&:');
}

function invalid(text: string, reason: string): EspmintError<'MAC_INVALID'> {
  return new EspmintError('MAC_INVALID', { text, reason });
}
