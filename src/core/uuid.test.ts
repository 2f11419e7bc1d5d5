import fc from 'fast-check';
import { v5, validate, version } from 'uuid';
import { describe, expect, it } from 'vitest';
import { macFromBytes, parseMac } from './mac.js';
import { deviceUuid, parseUuid, recipeOf, URL_NAMESPACE, UUID_RECIPES } from './uuid.js';

const MAC = parseMac('a4:cf:12:34:56:78');
const unicastMac = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((bytes) => Uint8Array.from(bytes, (byte, index) => (index === 0 ? byte & 0xfe : byte)))
  .filter((bytes) => bytes.some((byte) => byte !== 0))
  .map(macFromBytes);

describe('deviceUuid', () => {
  it.each([
    ['rfc9562', '110e3dc9-fa05-568f-a05a-98d00891029d'],
    ['hex-text', '2e4dc1c1-ba12-52cf-8ed5-ba64ef173f91'],
    ['dashed-text', '7de0bb7f-ad16-5373-ad73-98729aad6086'],
    ['mac-bytes', 'd7a58fb9-efb4-54b3-bfbe-17d718a1fae0'],
  ] as const)('makes the known UUID with recipe %s', (recipe, uuid) => {
    expect(deviceUuid(MAC, recipe)).toBe(uuid);
  });

  it('agrees with the uuid package for every MAC and any namespace', () => {
    fc.assert(
      fc.property(unicastMac, fc.uuid(), (mac, namespace) => {
        expect(deviceUuid(mac, 'rfc9562', namespace)).toBe(v5(mac.replaceAll(':', ''), namespace));
      }),
    );
  });

  it('marks every result as version 5, whatever the recipe', () => {
    fc.assert(
      fc.property(unicastMac, fc.constantFrom(...UUID_RECIPES), (mac, recipe) => {
        const uuid = deviceUuid(mac, recipe);
        expect(validate(uuid) && version(uuid)).toBe(5);
      }),
    );
  });

  it('refuses a namespace that is no UUID', () => {
    expect(() => deviceUuid(MAC, 'rfc9562', 'url')).toThrow(
      expect.objectContaining({ code: 'UUID_INVALID' }),
    );
  });
});

describe('recipeOf', () => {
  it.each(UUID_RECIPES)('recognises what recipe %s made, in any letter case', (recipe) => {
    expect(recipeOf(MAC, deviceUuid(MAC, recipe).toUpperCase())).toBe(recipe);
  });

  it('knows no recipe for the UUID of another device', () => {
    expect(recipeOf(parseMac('a4:cf:12:34:56:79'), deviceUuid(MAC))).toBeUndefined();
  });
});

describe('parseUuid', () => {
  it('takes text with and without dashes in either case', () => {
    expect(parseUuid(` ${URL_NAMESPACE.toUpperCase()}\n`)).toBe(URL_NAMESPACE);
    expect(parseUuid(URL_NAMESPACE.replaceAll('-', ''))).toBe(URL_NAMESPACE);
  });

  it.each([
    '',
    '110e3dc9',
    `${URL_NAMESPACE}0`,
    '110e3dc9fa05-568f-a05a-98d00891029d',
    'g10e3dc9-fa05-568f-a05a-98d00891029d',
  ])('refuses %j', (text) => {
    expect(() => parseUuid(text)).toThrow(expect.objectContaining({ code: 'UUID_INVALID' }));
  });
});
