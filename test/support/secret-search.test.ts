// The search of the secret tests finds what it is to find, or those tests prove nothing.
import { expect, it } from 'vitest';
import { showsOf } from './secret-search.js';

const PSK = 'c0ffee00c0ffee11c0ffee22c0ffee33';
const PASSWORD = 'canary "wifi"/7d41+x';

it.each([
  [PASSWORD, `a ${PASSWORD} b`],
  [PASSWORD, `a ${PASSWORD.toUpperCase()} b`],
  [PASSWORD, JSON.stringify({ a: PASSWORD })],
  [PASSWORD, JSON.stringify(JSON.stringify({ a: PASSWORD }))],
  [PASSWORD, encodeURIComponent(PASSWORD)],
  [PASSWORD, [...PASSWORD].map((char) => `\\u00${char.charCodeAt(0).toString(16)}`).join('')],
  [PASSWORD, Buffer.from(PASSWORD).toString('hex').toUpperCase().replace(/../g, '$&:')],
  [PASSWORD, Buffer.from(PASSWORD).toString('hex').replace(/../g, '0x$&, ')],
  [PASSWORD, `[0,${[...Buffer.from(PASSWORD)].join(', ')}]`],
  [PASSWORD, Buffer.from(PASSWORD).toString('base64')],
  [PASSWORD, Buffer.from(`x${PASSWORD}yz`).toString('base64url')],
  [PASSWORD, Buffer.from(`xy${PASSWORD}z`).toString('base64')],
  [PSK, PSK.toUpperCase().replace(/../g, '$& ')],
  [PSK, Buffer.from(PSK, 'hex').toString('base64')],
  [PSK, Buffer.from(`u:${PSK}`).toString('base64')],
])('%s in %s', (secret, text) => {
  expect(showsOf(secret, Buffer.from(text))).not.toEqual([]);
});

it('and nothing where there is nothing', () => {
  expect(showsOf(PSK, Buffer.from(`c0ffee00 ******** ${PASSWORD}`))).toEqual([]);
  expect(showsOf(PASSWORD, Buffer.from(PSK))).toEqual([]);
});
