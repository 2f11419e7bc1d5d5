import { describe, expect, it } from 'vitest';
import { checkCaUrl } from './ca-url.js';

describe('checkCaUrl', () => {
  it.each([
    'https://ca.example.com:8443',
    'http://10.0.0.1/enrol?x=1',
    'https://[2001:db8::1]/',
    `https://h/${'x'.repeat(245)}`,
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

  it('does not repeat a URL that may hold a password', () => {
    expect(() => checkCaUrl('https://user:hunter22@ca.example.com')).not.toThrow('hunter22');
  });
});
