// Secrets in every form that logs, dumps and other programs give them, and texts that must stay as they are.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { createMasker, MASK } from './masker.js';

const PSK = '3fa9c07be5121d84f6027b9ae8c4d1f5';
const PASSWORD = 'p@ss w0rd/Öl+17';
const masker = createMasker([PSK, PASSWORD]);

const bytes = hexToBytes(PSK);
const pairs = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
const base64 = (of: Uint8Array): string => btoa(String.fromCharCode(...of));
const words = (size: number): string[] =>
  Array.from({ length: 16 / size }, (_, at) =>
    pairs
      .slice(at * size, (at + 1) * size)
      .reverse()
      .join(''),
  );
const dump = (of: Uint8Array, prefix: (at: number) => string): string =>
  Array.from({ length: Math.ceil(of.length / 16) }, (_, line) => {
    const part = of.subarray(line * 16, line * 16 + 16);
    const hex = [...part].map((byte) => byte.toString(16).padStart(2, '0'));
    const text = [...part].map((byte) => (byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : '.'));
    return `${prefix(line * 16)}${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}  |${text.join('')}|`;
  }).join('\n');

const FORMS: Readonly<Record<string, string>> = {
  plain: PSK,
  'upper case': PSK.toUpperCase(),
  '0x and upper case': `0x${PSK.toUpperCase()}`,
  'with a prefix': `key-${PSK}.bin`,
  'with letters round it': `xx${PSK}zz`,
  blanks: pairs.join(' '),
  'blanks, upper case': pairs.join(' ').toUpperCase(),
  colons: pairs.join(':'),
  dashes: pairs.join('-'),
  dots: pairs.join('.'),
  'groups of four': PSK.replaceAll(/.{4}/g, '$& '),
  'like a UUID': PSK.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5'),
  'a C array': `{ ${pairs.map((pair) => `0x${pair}`).join(', ')} };`,
  'a C array over lines': `{\n  ${pairs.map((pair, at) => `0x${pair},${at % 5 === 4 ? '\n  ' : ' '}`).join('')}\n};`,
  'a C string': pairs.map((pair) => `\\x${pair}`).join(''),
  'octal escapes': [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''),
  'a C array of characters': `{${[...PSK].map((digit) => `'${digit}'`).join(', ')}}`,
  'decimal numbers': [...bytes].join(', '),
  'signed numbers': [...new Int8Array(bytes)].join(' '),
  'a line for each byte': pairs.map((pair, at) => `I (${400 + at}) app: key[${at}] = 0x${pair}`).join('\n'),
  'a line for each number': [...bytes].map((byte, at) => `key[${at}]: ${byte}`).join('\n'),
  'digits without leading zeros': [...bytes].map((byte) => byte.toString(16)).join(' '),
  base64: base64(bytes),
  'base64 of the text': base64(utf8ToBytes(PSK)),
  base64url: base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
  'base64 behind one byte': base64(utf8ToBytes(`:${PSK}`)),
  'base64 behind two bytes': base64(utf8ToBytes(`ab${PSK}z`)),
  'base64 of JSON': base64(utf8ToBytes(JSON.stringify({ psk: PSK }))),
  'base64 over lines': base64(utf8ToBytes(PSK)).replaceAll(/.{10}/g, '$&\n'),
  JSON: JSON.stringify({ value: PSK }),
  'JSON escapes': [...PSK].map((digit) => `\\u00${digit.charCodeAt(0).toString(16)}`).join(''),
  'JSON in JSON': JSON.stringify(
    JSON.stringify([...PSK].map((digit) => `\\u00${digit.charCodeAt(0).toString(16)}`).join('')),
  ),
  'URL escapes': [...PSK].map((digit) => `%${digit.charCodeAt(0).toString(16)}`).join(''),
  'URL escapes twice': [...PSK].map((digit) => `%25${digit.charCodeAt(0).toString(16)}`).join(''),
  'HTML escapes': [...PSK].map((digit) => `&#${digit.charCodeAt(0)};`).join(''),
  'reversed text': [...PSK].reverse().join(''),
  'reversed bytes': pairs.toReversed().join(''),
  'reversed bytes, blanks': pairs.toReversed().join(' '),
  'words of 16 bits': words(2).join(' '),
  'words of 32 bits': words(4)
    .map((word) => `0x${word}`)
    .join(' '),
  'words of 64 bits': words(8).join(' '),
  'over two lines': `${PSK.slice(0, 13)}\n${PSK.slice(13)}`,
  'over two lines of a log': `I (400) app: ${PSK.slice(0, 28)}\nI (401) app: ${PSK.slice(28)}`,
  'a dump of the bytes': dump(bytes, (at) => `${at.toString(16).padStart(8, '0')}  `),
  'a dump of the text': dump(utf8ToBytes(PSK), (at) => `I (412) app: 0x3ffb${(0x1230 + at).toString(16)}   `),
  'a dump in groups': PSK.replaceAll(/.{4}/g, '$& ').replace(/^/, '00000000: '),
  'behind a colour code that lost its start': `[0;32m${PSK.slice(0, 16)}[0m${PSK.slice(16)}`,
  'a piece': `at "${PSK.slice(9, 20)}" of the input`,
};

/** The longest run of the secret's own digits that is left, in either direction. */
function longestLeft(shown: string, secret: string): number {
  const text = shown.toLowerCase().replaceAll(/0x|[^a-z0-9]/g, '');
  const looked = [secret, [...secret].reverse().join('')].map((one) => one.toLowerCase());
  for (let length = secret.length; length > 0; length--) {
    for (let at = 0; at + length <= secret.length; at++) {
      if (looked.some((one) => text.includes(one.slice(at, at + length)))) return length;
    }
  }
  return 0;
}

describe('a known secret', () => {
  it.each(Object.entries(FORMS))('is masked: %s', (_, text) => {
    const shown = masker.known(`before ${text} behind`);
    expect(shown).toContain(MASK);
    expect(shown.startsWith('before')).toBe(true);
    expect(longestLeft(shown, PSK)).toBeLessThan(4);
    // Nothing of the form is left either: what remains has no digits of its own but those of its frame.
    expect(shown.replaceAll(/\b(?:I \(\d+\)|key\[\d+\]|0x3ffb\w{4}|000000\d0|\[0;32m)/g, '')).not.toMatch(
      /[\da-f]{3,}[\da-f ]*\d/,
    );
  });

  it.each([
    ['plain', PASSWORD],
    ['as JSON', JSON.stringify({ value: PASSWORD })],
    ['in a URL', `https://h/?p=${encodeURIComponent(PASSWORD)}`],
    ['in a form', new URLSearchParams({ p: PASSWORD }).toString()],
    ['as hex', bytesToHex(utf8ToBytes(PASSWORD))],
    ['as base64', base64(utf8ToBytes(`user:${PASSWORD}`))],
    ['reversed', [...PASSWORD].reverse().join('')],
    ['over lines', PASSWORD.replace('w', 'w\n')],
    ['as a dump', dump(utf8ToBytes(PASSWORD), () => '')],
    ['in ASCII JSON', JSON.stringify(PASSWORD).replace('Ö', '\\u00d6')],
    ['in HTML', PASSWORD.replace('Ö', '&#214;')],
  ])('with punctuation is masked: %s', (_, text) => {
    const shown = masker.known(text);
    expect(shown).toContain(MASK);
    expect(shown).not.toMatch(/w0rd|77 ?30 ?72|d0r0w/);
  });

  it('of punctuation only is masked, in URLs too', () => {
    const other = createMasker(['!!"§$%&/()=']);
    expect(other.known('x !!"§$%&/()= y')).toBe(`x ${MASK} y`);
    expect(other.known(`p=${encodeURIComponent('!!"§$%&/()=')}`)).not.toContain('%24');
  });

  it('keeps lines apart, and what stands round it', () => {
    expect(masker.known(`psk=${PSK}, ssid=lab\nnext line`)).toBe(`psk=${MASK}, ssid=lab\nnext line`);
  });

  it('of nothing masks nothing', () => {
    const none = createMasker(['', undefined, 'abc']);
    expect(none.known('abc, and the rest')).toBe('abc, and the rest');
  });

  it('is found wherever any text is put round it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, behind) => {
        expect(longestLeft(masker.known(`${before} ${PSK} ${behind}`), PSK)).toBeLessThan(16);
        expect(masker.known(`${before}${PSK}${behind}`)).not.toContain(PSK);
      }),
    );
  });

  it('is looked for in linear time', () => {
    // Quadratic work would take minutes: this test would run into its time-out.
    for (const unit of [
      'a',
      '0',
      ' ',
      '%41',
      '0x',
      '3fa9c0',
      'key',
      'key:',
      '"',
      '\\',
      '00 ',
      '0,',
      'A1b',
      'a-',
      '[',
    ]) {
      expect(masker.foreign(unit.repeat(10_000)).length).toBeGreaterThan(0);
    }
  });
});

describe('what may be a secret', () => {
  const unknown = createMasker();
  it.each([
    ['hex', `id ${PSK}`],
    ['a longer one', `0x${PSK}${PSK}`],
    ['hex with blanks', pairs.join(' ')],
    ['half a dump', `0x3ffb1234   ${pairs.slice(0, 8).join(' ')}  |........|`],
    ['hex with colons', pairs.join(':')],
    ['a C array', pairs.map((pair) => `0x${pair}`).join(', ')],
    ['decimal numbers', [...bytes].join(', ')],
    ['base64', base64(bytes)],
    ['a token of three parts', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbU'],
    ['words of 32 bits', words(4).join(' ')],
  ])('by its shape is masked: %s', (_, text) => {
    expect(unknown.foreign(text)).toContain(MASK);
    expect(longestLeft(unknown.foreign(text), PSK)).toBeLessThan(6);
  });

  it.each([
    ['psk=hunter-2', 'hunter'],
    ['wifi password: "my own wifi"', 'own'],
    ['{"psk":"abc-def"}', 'abc'],
    ['WIFI_PASS -> secretword', 'secretword'],
    ['joining lab with password hunter2!', 'hunter2'],
    ['Authorization: Bearer abc.def', 'abc'],
    ['api_key=17', '17'],
    ['postgres://user:pa55@host/db', 'pa55'],
    ["Password: 'correcthorse'", 'horse'],
    ['the token is abcdef', 'abcdef'],
  ])('by its name is masked: %s', (text, secret) => {
    expect(unknown.foreign(text)).toContain(MASK);
    expect(unknown.foreign(text)).not.toContain(secret);
  });

  it.each([
    'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)',
    'clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00',
    'load:0x3fff0030,len:7172',
    'I (312) main_task: Calling app_main()',
    'I (58) boot:  0 nvs              WiFi data        01 02 00009000 00006000',
    'I (98) esp_image: segment 0: paddr=00010020 vaddr=3f400020 size=0cb84h ( 52100) map',
    'I (624) cpu_start: ELF file SHA256:  14e48647b84b2abf...',
    'Backtrace: 0x400d1234:0x3ffb4f00 0x400d5678:0x3ffb4f20 0x400d5679:0x3ffb4f40 0x400d567a:0x3ffb4f60',
    'I (1931) esp_netif_handlers: sta ip: 192.168.4.2, mask: 255.255.255.0, gw: 192.168.4.1',
    'I (400) wifi:mode : sta (a4:cf:12:36:00:00)',
    'id 110e3dc9-fa05-568f-a05a-98d00891029d',
    'assert failed: multi_heap_free multi_heap_poisoning.c:279 (head != NULL)',
    'assertion "head != NULL" failed: file "/home/Runner/Work/esp32-arduino-lib-builder/multi_heap.c", line 214',
    'password authentication failed for user "espmint"',
    'I (1300) app: tests passed, 5 of 5',
    'SELFTEST OK',
    'connect ECONNREFUSED 127.0.0.1:5432',
  ])('stays when it is none: %s', (text) => {
    expect(unknown.foreign(text)).toBe(text);
  });
});
