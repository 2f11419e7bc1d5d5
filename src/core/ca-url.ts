// The address of the certificate authority that a device will call.
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { EspmintError } from './errors/index.js';

/** Width of `ca_service_url` in the registry, and a common buffer size in firmware. */
export const CA_URL_MAX_BYTES = 255;

/**
 * Refuses what a device could not call. The text itself is stored and flashed, not a normalised form.
 * @throws CA_URL_INVALID
 */
export function checkCaUrl(text: string): void {
  const refuse = (reason: string): never => {
    throw new EspmintError('CA_URL_INVALID', { reason });
  };
  const bytes = utf8ToBytes(text).length;
  if (bytes > CA_URL_MAX_BYTES) refuse(`has ${bytes} bytes, more than ${CA_URL_MAX_BYTES}`);
  if (/[\s\u0000-\u001f\u007f]/.test(text)) refuse('has a blank or a control character');
  if (!URL.canParse(text)) refuse('is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    refuse(`begins with ${url.protocol}, not http: or https:`);
  if (!/^https?:\/\//i.test(text) || url.hostname === '') refuse('has no host name');
  if (url.username !== '' || url.password !== '') refuse('has a user name or password in it');
}
