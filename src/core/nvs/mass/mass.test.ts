// Mass generation: the manufacturing utility's two files, one image a device.
import { describe, expect, it } from 'vitest';
import { readCsv } from '../csv.js';
import { decodeNvs, generateNvs, MassGenerator, parseMassConfig } from '../index.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const CONFIG =
  '# product A\napp,namespace,\nserial,data,string\ncount,data,u32,REPEAT\n\ncal,namespace,\nserial,data,u8\n';
const VALUES = 'id,serial,count,serial\n7,A1,5,1\n \n8,"A,2",,2\n';

function make(config: string, values: string, fileIdKey?: string): ReturnType<MassGenerator['take']>[] {
  const options = {
    sizeBytes: 0x3000,
    version: 2 as const,
    readFile: () => bytes('x'),
    warn: () => undefined,
    fileIdKey,
  };
  const generator = new MassGenerator(parseMassConfig('config.csv', bytes(config)), 'values.csv', options);
  return [...readCsv('values.csv', values)]
    .map((record) => generator.take(record))
    .filter((device) => device !== undefined);
}

describe('MassGenerator', () => {
  it('makes of each line what the generator makes of its rows, REPEAT and repeated keys included', () => {
    const devices = make(CONFIG, VALUES);
    const rows = (serial: string, cal: number): string =>
      `key,type,encoding,value\napp,namespace,,\nserial,data,string,${serial}\ncount,data,u32,5\ncal,namespace,,\nserial,data,u8,${cal}\n`;
    expect(devices.map((device) => device?.image)).toEqual([
      generateNvs([{ file: 'a', bytes: bytes(rows('A1', 1)) }], 0x3000).image,
      generateNvs([{ file: 'b', bytes: bytes(rows('"A,2"', 2)) }], 0x3000).image,
    ]);
  });

  it('names images by any column, also one that is not stored', () => {
    expect(make(CONFIG, VALUES, 'id').map((device) => device?.fileId)).toEqual(['7', '8']);
    expect(decodeNvs(make(CONFIG, VALUES)[0]!.image).values.map(({ key }) => key)).not.toContain('id');
  });

  it.each([
    [
      'a line with too few values',
      CONFIG,
      'id,serial,count,serial\n7,A1\n',
      /values.csv:2:1: the line has 2 values for 4 keys/,
    ],
    [
      'a key that is missing',
      CONFIG,
      'id,serial,count\n',
      /values.csv:1:1: the key "serial" of config.csv:7 is missing/,
    ],
    [
      'keys out of order',
      CONFIG,
      'count,serial,serial\n',
      /"count" of config.csv:4 is missing here or out of order/,
    ],
    [
      'a value out of range',
      CONFIG,
      'id,serial,count,serial\n7,A1,5,300\n',
      /values.csv:2:8: the value of "serial" is outside the range of u8/,
    ],
    ['an unknown type', 'app,namespace,\nk,text,u8\n', 'k\n', /config.csv:2:3: "k" has a type/],
    [
      'a configuration without namespace',
      'k,data,u8\n',
      'k\n',
      /config.csv:1:1: the first line is not a namespace/,
    ],
    [
      'a word other than REPEAT',
      'app,namespace,\nk,data,u8,repeat\n',
      'k\n',
      /config.csv:2:11: the only word/,
    ],
    ['an empty configuration', '\n', 'k\n', /config.csv:1:1: the configuration is empty/],
  ])('refuses %s', (_what, config, values, message) => {
    expect(() => make(config, values)).toThrow(message);
  });
});
