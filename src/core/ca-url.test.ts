import { describe, expect, it } from 'vitest';
import { checkCaUrl } from './ca-url.js';

describe('checkCaUrl', () => {
  it.each([
    'https://ca.example.com:8443',
    'http://10.0.0.1/enrol?x=1',
    'https://[2001:db8::1]/',
    `https://h/${'x'.repeat(245)}`,
    'https://127.example.com',
    'https://localhost.example.com',
    'https://[::ffff:192.168.1.2]/',
    'https://192.168.4.1',
    'https://zc-hub.local',
  ])('takes %s', (url) => {
    expect(() => checkCaUrl(url)).not.toThrow();
  });

  it.each([
    ['an empty text', '', 'is not a URL'],
    ['a host without a scheme', 'ca.example.com', 'is not a URL'],
    ['another scheme', 'ftp://ca.example.com', 'ftp:'],
    ['no host', 'https:ca', 'no host name'],
    ['a blank', 'https://ca .example.com', 'blank'],
    ['a newline', 'https://ca.example.com\n', 'blank'],
    ['256 bytes', `https://h/${'x'.repeat(246)}`, '256 bytes'],
    ['credentials', 'https://user:secret@ca.example.com', 'user name or password'],
  ])('refuses %s', (_, url, words) => {
    expect(() => checkCaUrl(url)).toThrow(expect.objectContaining({ code: 'CA_URL_INVALID' }));
    expect(() => checkCaUrl(url)).toThrow(words);
  });

  it.each([
    'http://localhost:8443',
    'https://LOCALHOST.',
    'https://ca.localhost',
    'http://127.0.0.1',
    'http://127.9.9.9/enrol',
    'http://127.1',
    'http://0x7f000001',
    'http://2130706433',
    'http://0.0.0.0:80',
    'http://0',
    'http://169.254.10.1',
    'http://255.255.255.255',
    'https://[::1]:8443',
    'https://[::]',
    'https://[0:0:0:0:0:0:0:1]',
    'https://[::ffff:127.0.0.1]',
    'https://[fe80::1]',
    'https://[febf::1]',
  ])('refuses %s, which a device could not call', (url) => {
    expect(() => checkCaUrl(url)).toThrow('names a host that no device can call');
  });

  it('does not repeat a URL that may hold a password', () => {
    expect(() => checkCaUrl('https://user:hunter22@ca.example.com')).not.toThrow('hunter22');
  });
});
