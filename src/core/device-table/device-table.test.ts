import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DeviceFields,
  type DeviceLine,
  FaultList,
  isFault,
  PUBLIC_FIELDS,
  readDevices,
  TABLE_FORMATS,
  type TableFormat,
  writeDevices,
} from './index.js';

const DEVICE = {
  mac: 'a4:cf:12:34:56:78',
  uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
  psk: '00112233445566778899aabbccddeeff',
};

async function written(devices: readonly DeviceFields[], format: 'csv' | 'json' | 'jsonl'): Promise<string> {
  async function* all(): AsyncGenerator<DeviceFields> {
    await Promise.resolve();
    yield* devices;
  }
  let text = '';
  for await (const piece of writeDevices(all(), format, true)) text += piece;
  return text;
}

/** Reads a text that comes in pieces of that many characters. @throws DEVICES_FILE_INVALID */
async function read(text: string, format: TableFormat, pieceChars = text.length): Promise<DeviceLine[]> {
  async function* pieces(): AsyncGenerator<string> {
    await Promise.resolve();
    for (let at = 0; at < text.length; at += pieceChars) yield text.slice(at, at + pieceChars);
  }
  const faults = new FaultList('d.csv');
  const devices: DeviceLine[] = [];
  for await (const line of readDevices(pieces(), format)) {
    if (isFault(line)) faults.add(line);
    else devices.push(line);
  }
  faults.throwIfAny();
  return devices;
}

/** What the error says; a file that is taken says nothing. */
async function refusalOf(
  text: string,
  format: TableFormat = 'csv',
  pieceChars = text.length,
): Promise<string> {
  try {
    await read(text, format, pieceChars);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

describe('a file of devices', () => {
  it.each(TABLE_FORMATS)('comes back from %s as it was, whatever its texts hold', async (format) => {
    const text = fc.string({ unit: 'grapheme', maxLength: 10 }).filter((s) => !s.includes('\0'));
    const place = fc.oneof(
      text,
      fc.constantFrom('=1+1', "'=x", "''@x", '"', 'a,b', '\r\n', ' x', '-', '\tq'),
    );
    await fc.assert(
      fc.asyncProperty(
        place,
        place,
        fc.integer({ min: 1, max: 40 }),
        async (location, wifiSsid, pieceChars) => {
          const text = await written([{ ...DEVICE, location, wifiSsid }, DEVICE], format);
          const [first, second] = await read(text, format, pieceChars);
          expect({ location: first?.location ?? '', wifiSsid: first?.wifiSsid ?? '' }).toEqual({
            location,
            wifiSsid,
          });
          expect([first, second]).toMatchObject([DEVICE, DEVICE]);
        },
      ),
    );
  });

  it('has no cell in CSV that a spreadsheet would run', async () => {
    const cells = ['=cmd()', '+1', '-1', '@x', '\tx', '\rx'];
    for (const location of cells) {
      expect(await written([{ ...DEVICE, location }], 'csv')).toContain(`'${location}`);
    }
  });

  it('has numbers and Base64 of a list of values as they are, and no formula of it', async () => {
    const values = { n: '-5', salt: '+abcdefghijklmnop/+==', sku: '-5+cmd()' };
    const devices = (async function* () {
      yield await Promise.resolve({ ...DEVICE, values });
    })();
    let text = '';
    for await (const piece of writeDevices(devices, 'csv', false, Object.keys(values))) text += piece;
    expect(text.trimEnd().endsWith(`,-5,+abcdefghijklmnop/+==,'-5+cmd()`)).toBe(true);
  });

  it('has no key unless it was asked for', async () => {
    for (const format of TABLE_FORMATS) {
      const devices = (async function* () {
        await Promise.resolve();
        yield DEVICE;
      })();
      let text = '';
      for await (const piece of writeDevices(devices, format, false)) text += piece;
      expect(text).toContain(DEVICE.mac);
      expect(text).not.toContain(DEVICE.psk);
      expect(text).not.toContain('psk');
    }
  });

  it('is read with the column names of the table devices, other separators and spellings of a MAC', async () => {
    const text = `\uFEFFmac_address;global_uuid;psk_secret;provisioned_at\nA4CF12345678;${DEVICE.uuid.toUpperCase()};${DEVICE.psk};2026-01-31 12:00:00\n`;
    expect(await read(text, 'csv')).toEqual([
      { ...DEVICE, line: 2, provisionedAt: '2026-01-31T12:00:00.000Z' },
    ]);
  });

  it.each([1, 7, 10_000])(
    'names every line that is wrong, and no key, in pieces of %i',
    async (pieceChars) => {
      const message = await refusalOf(
        `mac,uuid,psk,location\r\nnonsense,${DEVICE.uuid},${DEVICE.psk},"two\r\nlines"\r\n\r\n${DEVICE.mac},x,${DEVICE.psk}\r\n${DEVICE.mac},${DEVICE.uuid},ABCDEF,\r\n`,
        'csv',
        pieceChars,
      );
      expect(message).toMatch(/d\.csv:2: .*nonsense.*d\.csv:5: there are 3 cells.*d\.csv:6: The PSK/);
      expect(message).not.toContain(DEVICE.psk);
      expect(message).not.toContain('ABCDEF');
    },
  );

  it.each([1, 7, 10_000])(
    'is refused with the line of the element in JSON, in pieces of %i',
    async (chars) => {
      const element = `{"mac": "${DEVICE.mac}",\n  "uuid": "${DEVICE.uuid}", "location": "]}, \\" {["}`;
      expect(await refusalOf(`[\n ${element},\n\n {"mac": "x"}\n]`, 'json', chars)).toMatch(
        /^d\.csv:5: (?!.*d\.csv:)/,
      );
      expect(await refusalOf('{}', 'json', chars)).toContain('d.csv:1: the file is not an array');
      expect(await refusalOf(`[\n${element},\n]`, 'json', chars)).toContain('d.csv:4: it is not JSON');
      expect(await refusalOf(`[\n${element}\n`, 'json', chars)).toContain('the file is not an array');
      expect(await refusalOf(`[${element}]\n]`, 'json', chars)).toContain('the file is not an array');
      expect(await refusalOf(`{"mac":1}\n[]\n`, 'jsonl', chars)).toMatch(
        /d\.csv:1: .*d\.csv:2: it is not an object/,
      );
    },
  );

  it.each([1, 5, 10_000])(
    'with the line by which a spreadsheet names its separator is taken, in pieces of %i',
    async (chars) => {
      for (const [line, separator] of [
        ['sep=;\r\n', ';'],
        ['"sep=|"\n', '|'],
        ['SEP=,\r', ','],
      ] as const) {
        const cells = ['mac', 'uuid', 'location'].join(separator);
        const text = `${line}${cells}\n${[DEVICE.mac, DEVICE.uuid, '"a;b,c"'].join(separator)}\n`;
        expect(await read(text, 'csv', chars)).toEqual([
          { mac: DEVICE.mac, uuid: DEVICE.uuid, location: 'a;b,c', line: 3 },
        ]);
      }
    },
  );

  it('names each column that nobody knows once, where somebody listens, and is taken without it', async () => {
    const shown: string[] = [];
    const row = `${DEVICE.mac},${DEVICE.uuid},x\n`;
    async function* pieces(): AsyncGenerator<string> {
      await Promise.resolve();
      yield `mac,uuid,Bemerkung\n${row}${row}`;
    }
    for await (const line of readDevices(pieces(), 'csv', (column) => shown.push(column))) {
      expect(line).toMatchObject({ mac: DEVICE.mac });
    }
    expect(shown).toEqual(['Bemerkung']);
  });

  it.each(TABLE_FORMATS)(
    'with serial, batch and lot, as an export has them, is taken from %s without these, and that is told',
    async (format) => {
      const text = await written(
        [
          { ...DEVICE, serial: 'S-1', batch: 'WO-7' },
          { ...DEVICE, serial: 'S-2' },
        ],
        format,
      );
      expect(text).toContain('S-1');
      const shown: string[] = [];
      async function* whole(): AsyncGenerator<string> {
        await Promise.resolve();
        yield text;
      }
      for await (const line of readDevices(whole(), format, (...told) => shown.push(told.join()))) {
        expect(line).toEqual({ ...DEVICE, line: line.line });
      }
      expect(shown).toEqual(['serial,unit', 'batch,unit']);
    },
  );

  it('is refused for a field that nobody knows, a text too long and an empty file', async () => {
    const head = 'mac,uuid,location';
    const row = `${DEVICE.mac},${DEVICE.uuid},Hall`;
    expect(await refusalOf(`${head},colour\n${row},red\n`)).toContain('no field "colour"');
    expect(await refusalOf(`${head}\n${row}${'x'.repeat(100)}\n`)).toContain(
      'location is longer than the 100',
    );
    for (const [format, text] of [
      ['csv', head],
      ['csv', ''],
      ['json', '[ ]'],
      ['jsonl', '\n'],
    ] as const) {
      expect(await refusalOf(text, format)).toContain('d.csv:1: there is no device');
    }
  });

  it('is refused for a quote that stands where none can, or that nobody closes', async () => {
    const head = 'mac,uuid,location';
    const start = `${DEVICE.mac},${DEVICE.uuid}`;
    expect(await refusalOf(`${head}\n${start},"a"b\n${start},c\n`)).toMatch(
      /^d\.csv:2: there is text after the closing quote(?!.*d\.csv:)/,
    );
    expect(await refusalOf(`${head}\n${start},"a\n${start},c\n`)).toContain('d.csv:2: a quote is not closed');
    const endless = `${head}\n${start},"${'a\n'.repeat(600_000)}`;
    expect(await refusalOf(endless, 'csv', 65_536)).toContain('d.csv:2: the record does not end');
  });

  it('says how many lines are wrong beyond the ten that it names', async () => {
    const message = await refusalOf(`mac,uuid\n${'x,y\n'.repeat(50)}`);
    expect(message).toMatch(/^d\.csv:2: /);
    expect(message).toContain('d.csv:11: ');
    expect(message).not.toContain('d.csv:12: ');
    expect(message).toContain('; and 40 more lines');
  });

  it("takes the unique id of a chip, and none that is nobody's", async () => {
    const line = (id: string) => `mac,uuid,hardware_id\n${DEVICE.mac},${DEVICE.uuid},${id}\n`;
    expect(await read(line('AB'.repeat(16)), 'csv')).toMatchObject([{ hardwareId: 'ab'.repeat(16) }]);
    expect(await refusalOf(line('0'.repeat(32)))).toContain('d.csv:2: hardwareId is no unique id of a chip');
  });

  it('takes the public columns in their order', async () => {
    expect((await written([DEVICE], 'csv')).split('\r\n')[0]).toBe([...PUBLIC_FIELDS, 'psk'].join());
  });
});

describe('JSON Lines', () => {
  const faultOf = async (text: string): Promise<string> =>
    read(text, 'jsonl').then(
      () => 'was taken',
      (error: unknown) => String(error),
    );

  it('is refused where a number was rounded, a value is nested, or the file is one array', async () => {
    expect(await faultOf('{"mac":9007199254740993}\n')).toContain(
      'd.csv:1: mac has more digits than a number keeps; write it as a text, in quotes',
    );
    expect(await faultOf('{"mac":{"a":1}}\n')).toContain('d.csv:1: mac is neither a text nor a number');
    const array = await faultOf('[\n{"mac":"x"}\n]\n');
    expect(array).toContain('d.csv:1: the file is one array; write one object a line (JSON Lines)');
    expect(array).not.toContain('d.csv:3');
  });
});
