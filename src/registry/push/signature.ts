// Signing a webhook as the Standard Webhooks specification 1.0.0 says, so that its ready-made libraries can verify it.
import { createHmac, randomBytes } from 'node:crypto';
import { EspmintError } from '../../core/errors/index.js';

const PREFIX = 'whsec_';
/** The specification asks for 24 to 64 bytes. */
const MIN_BYTES = 24;
const MAX_BYTES = 64;
const MADE_BYTES = 32;

/** A new secret in its usual writing. */
export function makeSigningSecret(): string {
  return PREFIX + randomBytes(MADE_BYTES).toString('base64');
}

/** The bytes of `whsec_` and base64. @throws INPUT_INVALID */
export function parseSigningSecret(text: string): Uint8Array {
  const base64 = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : '';
  const bytes = Buffer.from(base64, 'base64');
  const isWhole = bytes.toString('base64').replace(/=+$/, '') === base64.replace(/=+$/, '');
  if (isWhole && bytes.length >= MIN_BYTES && bytes.length <= MAX_BYTES) return bytes;
  throw new EspmintError('INPUT_INVALID', {
    field: 'The signing secret',
    reason: `is not ${PREFIX} and ${MIN_BYTES} to ${MAX_BYTES} bytes as base64`,
    hint: 'leave it out, and one is made',
  });
}

/** The three headers of a signed request. @param id names the message, also when it is sent again */
export function signatureHeaders(
  secret: Uint8Array,
  { id, at, body }: { readonly id: string; readonly at: Date; readonly body: string },
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
