// The digest of a profile: the same for the same content, another one for every other.
import { expect, it } from 'vitest';
import { profileDigest } from './digest.js';
import { parseProfile } from './parse.js';

const digestOf = (text: string): string => profileDigest(parseProfile(text, 'test'));
const TEXT = 'name: sensor\nversion: 2\ncaUrl: https://ca.example.com\n';

it('does not depend on order, comments and what is written out of the defaults', () => {
  const other =
    '# the sensor\ncaUrl: "https://ca.example.com"\nnvs: { mode: replace }\nversion: 2\nname: sensor\n';
  expect(digestOf(other)).toBe(digestOf(TEXT));
  expect(digestOf(TEXT)).toMatch(/^[0-9a-f]{64}$/);
});

it('is another one for each value that is another, also deep inside', () => {
  const row = (value: string): string =>
    `${TEXT}nvs: { rows: [{ key: serial, type: u64, value: ${value} }] }\n`;
  const digests = [TEXT, TEXT.replace('2', '3'), `${TEXT}location: Hall 3\n`, row('7'), row('8')].map(
    digestOf,
  );
  expect(new Set(digests).size).toBe(digests.length);
});
