// One sealed secret as text: which key seals it, and AES-256-GCM bound to what it belongs to.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Version, key id, then nonce, ciphertext and tag as base64url: `em1.k3f9a1c07.AbC...`. No plain PSK looks like it. */
const FORM = /^em1\.([a-z0-9]+)\.([\w-]+)$/;
const CIPHER = 'aes-256-gcm';
/** NIST SP 800-38D, 8.2.2: random nonces of 96 bits serve for 2^32 seals under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NONCES_AT_ONCE = 512;

/** 32 bytes of AES key and the name it goes by in envelopes. */
export interface SecretKey {
  /** Lower-case letters and digits. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

/**
 * @param context what the secret belongs to; the same text is needed to open it
 */
export function sealText(key: SecretKey, plain: string, context: string): string {
  const nonce = nextNonce();
  const cipher = createCipheriv(CIPHER, key.bytes, nonce).setAAD(Buffer.from(context, 'utf8'));
  const sealed = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `em1.${key.id}.${sealed.toString('base64url')}`;
}

/** Random bytes are drawn for many seals at once: an import of a million rows would wait for each of them. */
let drawn: Buffer = Buffer.alloc(0);
function nextNonce(): Buffer {
  if (drawn.length < NONCE_BYTES) drawn = randomBytes(NONCE_BYTES * NONCES_AT_ONCE);
  const nonce = drawn.subarray(0, NONCE_BYTES);
  drawn = drawn.subarray(NONCE_BYTES);
  return nonce;
}

/** Id of the key that seals it, or undefined for a text that is no envelope. */
export function keyIdOf(text: string): string | undefined {
  return FORM.exec(text)?.[1];
}

/** The plain text, or undefined when key, context or text are not the ones that it was sealed with. */
export function openText(key: SecretKey, envelope: string, context: string): string | undefined {
  const bytes = Buffer.from(FORM.exec(envelope)?.[2] ?? '', 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, key.bytes, bytes.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(context, 'utf8'))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const head = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([head, decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
