// The address of the certificate authority that a device will call.
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { EspmintError } from './errors/index.js';
import type { Why } from './why.js';

/** Width of `ca_service_url` in the registry, and a common buffer size in firmware. */
const CA_URL_MAX_BYTES = 255;

/**
 * Refuses what a device could not call. The text itself is stored and flashed, not a normalised form.
 * @throws CA_URL_INVALID
 */
export function checkCaUrl(text: string): void {
  const refuse = (why: Why, reason: string): never => {
    throw new EspmintError('CA_URL_INVALID', { reason, why, maxBytes: CA_URL_MAX_BYTES });
  };
  const bytes = utf8ToBytes(text).length;
  if (bytes > CA_URL_MAX_BYTES) refuse('too-long', `has ${bytes} bytes, more than ${CA_URL_MAX_BYTES}`);
  if (/[\s\u0000-\u001f\u007f]/.test(text)) refuse('blank', 'has a blank or a control character');
  if (!URL.canParse(text)) refuse('not-url', 'is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    refuse('not-url', `begins with ${url.protocol}, not http: or https:`);
  if (!/^https?:\/\//i.test(text) || url.hostname === '') refuse('no-host', 'has no host name');
  if (isUncallable(url.hostname))
    refuse('own-host', 'names a host that no device can call: only this computer, or one cable');
  if (url.username !== '' || url.password !== '') refuse('sign-in-url', 'has a user name or password in it');
}

/**
 * Hosts that mean the caller itself, nobody, or only the one cable that it is on. `URL` has brought every way to write an
 * IPv4 address (127.1, 0x7f000001) into four numbers, and IPv6 into its short form.
 */
function isUncallable(hostname: string): boolean {
  const host = hostname.replace(/\.$/, '');
  if (/(^|\.)localhost$/.test(host)) return true;
  // RFC 6890: this network, loopback, link-local, broadcast.
  if (/^(0|127|169\.254)\.|^255\.255\.255\.255$/.test(host) && /^[\d.]+$/.test(host)) return true;
  if (!host.startsWith('[')) return false;
  const mapped = /^\[::(?:ffff:)?([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(host);
  if (mapped !== null) {
    const [high = 0, low = 0] = mapped.slice(1).map((part) => Number.parseInt(part, 16));
    return isUncallable([high >> 8, high & 255, low >> 8, low & 255].join('.'));
  }
  return /^\[(::1?|fe[89ab][0-9a-f]:.*)\]$/.test(host);
}
