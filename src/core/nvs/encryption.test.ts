// Encryption and keys against the generator's own images and against OpenSSL.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CASES, fixture, goldenImage } from '../../../test/support/nvs-corpus.js';
import { decodeKeyFile, decryptNvs, deriveNvsKey, encodeKeyFile, encryptNvs } from './index.js';
import { xts } from './xts.js';

const key = decodeKeyFile(fixture('files/nvs_keys.bin'));
const bytes = (seed: string, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => createHash('sha256').update(`${seed}${i}`).digest()[0] as number);

describe('xts', () => {
  it.each([0, 64, 4160, 0xffff_ffe0])('gives the bytes of OpenSSL with tweak %i', (tweak) => {
    const [xtsKey, unit] = [bytes('key', 64), bytes('unit', 32)];
    const iv = Buffer.alloc(16);
    iv.writeUInt32LE(tweak);
    const halves = { data: xtsKey.subarray(0, 32), tweak: xtsKey.subarray(32) };
    const encrypted = new Uint8Array(createCipheriv('aes-256-xts', xtsKey, iv).update(unit));
    expect(xts('encrypt', halves, unit, [tweak])).toEqual(encrypted);
    expect(xts('decrypt', halves, encrypted, [tweak])).toEqual(
      new Uint8Array(createDecipheriv('aes-256-xts', xtsKey, iv).update(encrypted)),
    );
  });
});

describe('encryptNvs and decryptNvs', () => {
  it.each(CASES.generate.filter((one) => one.key !== undefined))('$name equals the generator', (one) => {
    const plain = CASES.generate.find((other) => other.name === one.plain);
    expect(encryptNvs(goldenImage(plain!.image), key)).toEqual(goldenImage(one.image));
  });

  it.each(CASES.decrypt)('$name gives the plain image back', (one) => {
    expect(decryptNvs(goldenImage(one.image), key)).toEqual(goldenImage(`${one.equals}.bin.gz`));
  });

  it('refuses a wrong key instead of writing garbage', () => {
    expect(() => decryptNvs(goldenImage('35-enc-seed.bin.gz'), bytes('other', 64))).toThrow(
      /No entry .* with this key/,
    );
  });

  it('refuses to encrypt twice and to decrypt what is plain', () => {
    expect(() => encryptNvs(goldenImage('35-enc-seed.bin.gz'), key)).toThrow(/encrypted/);
    expect(() => decryptNvs(goldenImage('01-seed.bin.gz'), key)).toThrow(/not encrypted/);
  });
});

describe('key files', () => {
  it('derives the key of the HMAC scheme as the generator does', () => {
    const file = encodeKeyFile(deriveNvsKey(fixture('files/hmac_key.bin')));
    expect(file).toEqual(fixture('files/nvs_keys_from_hmac.bin'));
  });

  it('reads back what it writes', () => {
    expect(decodeKeyFile(encodeKeyFile(key))).toEqual(key);
  });

  it.each([
    ['a short file', fixture('bad/short-key.bin'), /bytes instead of 4096/],
    ['hex text', new TextEncoder().encode('00'.repeat(64)), /bytes instead of 4096/],
    [
      'a wrong checksum',
      Uint8Array.from(fixture('files/nvs_keys.bin'), (byte, i) => (i === 64 ? byte ^ 1 : byte)),
      /checksum/,
    ],
  ])('refuses %s', (_what, file, message) => {
    expect(() => decodeKeyFile(file)).toThrow(message);
  });

  it('refuses a key with equal halves', () => {
    expect(() => encodeKeyFile(new Uint8Array(64).fill(7))).toThrow(/equal halves/);
  });
});
