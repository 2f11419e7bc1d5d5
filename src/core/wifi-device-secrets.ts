// The secrets by which one device is brought onto Wi-Fi: its proof of possession and its WPS PIN. Both come from the
// device's key, which is random, stored durably before anything is flashed, sealed in the registry and proven on the
// chip: so these are too, without a second promise to keep. Nobody gets back from them to the key (RFC 5869), and
// nothing of them follows from the MAC. Pure.
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { makeVerifier, type SaltAndVerifier } from './srp.js';
import { wpsCheckDigit } from './wps-pin.js';
import type { Psk } from './psk.js';

/** Letters and digits that nobody mistakes for one another on a label: 32 of them, so that no byte favours any. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
const PROOF_LETTERS = 16;
const SALT_BYTES = 16;

function derive(psk: Psk, use: string, bytes: number): Uint8Array {
  return hkdf(sha256, hexToBytes(psk), undefined, new TextEncoder().encode(`espmint ${use}`), bytes);
}

/** 16 letters, 80 bits: typed from a label, or read from its QR code. */
export function deviceProof(psk: Psk): string {
  return Array.from(derive(psk, 'wifi proof of possession', PROOF_LETTERS), (byte) =>
    ALPHABET.charAt(byte % ALPHABET.length),
  ).join('');
}

/** Eight digits with their checksum; never 00000000, which firmware would replace. */
export function deviceWpsPin(psk: Psk): string {
  const value = derive(psk, 'wifi wps pin', 8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const seven = String(1n + (value % 9_999_999n)).padStart(7, '0');
  return `${seven}${wpsCheckDigit(seven)}`;
}

/** What a device of security 2 keeps. The same key gives the same image again: nothing is written twice. */
export function deviceVerifier(psk: Psk, username: string): SaltAndVerifier {
  const salt = derive(psk, 'wifi srp salt', SALT_BYTES);
  // Some clients lose a leading zero.
  if (salt[0] === 0) salt[0] = 1;
  return makeVerifier(username, deviceProof(psk), salt);
}

/** Name of the device's own access point, as ESP-IDF's examples make it. */
export const accessPointName = (mac: string): string =>
  `PROV_${mac.replaceAll(':', '').slice(-6).toUpperCase()}`;
