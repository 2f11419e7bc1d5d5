import { describe, expect, it } from 'vitest';
import { parseIdentifierList } from './identifier-list.js';

const PSK = '00112233445566778899aabbccddeeff';
const UUID = '110e3dc9-fa05-568f-a05a-98d00891029d';

describe('a list of identifiers', () => {
  it('is read with any separator, quotes, a byte order mark and columns in any order', () => {
    expect(
      parseIdentifierList(`\uFEFFpsk;serial;uuid\r\n${PSK};"SN;1";${UUID.toUpperCase()}\r\n\r\n`, 'f'),
    ).toEqual([{ serial: 'SN;1', uuid: UUID, psk: PSK, line: 2 }]);
    expect(parseIdentifierList('serial\nA\nB\n', 'f').map(({ serial }) => serial)).toEqual(['A', 'B']);
    expect(parseIdentifierList('serial,uuid\n"a ""b""",' + UUID, 'f')).toMatchObject([{ serial: 'a "b"' }]);
  });

  it.each([
    ['', /:1: the header/],
    ['serial,mac\nA,B', /:1: the header/],
    ['serial,serial\nA,B', /:1: the header/],
    ['serial\n', /:2: there is no row/],
    ['serial,uuid\nA', /:2: has fewer cells than the header, which has 2/],
    [`serial\n${','.repeat(400_000)}`, /:2: has more cells than the header, which has 1/],
    ['uuid\nnonsense', /:2: "nonsense" is not a UUID/],
    [`serial\nA\nB\nA`, /:4: the serial is the same as in line 2/],
    ['serial\nS\u00e9', /:2: the serial number is not printable/],
    [`serial\n${'x'.repeat(65)}`, /more than 64/],
  ])('is refused whole: %j', (text, reason) => {
    expect(() => parseIdentifierList(text, 'ids.csv')).toThrow(reason);
  });

  it('never repeats a key in a message', () => {
    const secret = 'DEADBEEF00112233445566778899AABB';
    expect(() => parseIdentifierList(`psk\n${secret}`, 'f')).toThrow(
      expect.objectContaining({ code: 'IDENTIFIERS_INVALID' }),
    );
    expect(() => parseIdentifierList(`psk\n${secret}`, 'f')).not.toThrow(secret);
  });
});
