import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeviceFields, PUBLIC_FIELDS, readDevices, TABLE_FORMATS, writeDevices } from './index.js';

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

/** What the error says; a file that is taken says nothing. */
function refusalOf(text: string, format: 'csv' | 'json' | 'jsonl' = 'csv'): string {
  try {
    readDevices(text, format, 'd.csv');
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
      fc.asyncProperty(place, place, async (location, wifiSsid) => {
        const [read] = readDevices(await written([{ ...DEVICE, location, wifiSsid }], format), format, 'f');
        expect({ location: read?.location ?? '', wifiSsid: read?.wifiSsid ?? '' }).toEqual({
          location,
          wifiSsid,
        });
        expect(read).toMatchObject(DEVICE);
      }),
    );
  });

  it('has no cell in CSV that a spreadsheet would run', async () => {
    const cells = ['=cmd()', '+1', '-1', '@x', '\tx', '\rx'];
    for (const location of cells) {
      expect(await written([{ ...DEVICE, location }], 'csv')).toContain(`'${location}`);
    }
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

  it('is read with the column names of the table devices, other separators and spellings of a MAC', () => {
    const text = `\uFEFFmac_address;global_uuid;psk_secret;provisioned_at\nA4CF12345678;${DEVICE.uuid.toUpperCase()};${DEVICE.psk};2026-01-31 12:00:00\n`;
    expect(readDevices(text, 'csv', 'f')).toEqual([
      { ...DEVICE, line: 2, provisionedAt: '2026-01-31T12:00:00.000Z' },
    ]);
  });

  it('names every line that is wrong, and no key', () => {
    const message = refusalOf(
      `mac,uuid,psk,location\nnonsense,${DEVICE.uuid},${DEVICE.psk},"two\nlines"\n\n${DEVICE.mac},x,${DEVICE.psk}\n${DEVICE.mac},${DEVICE.uuid},ABCDEF,\n`,
    );
    expect(message).toMatch(/d\.csv:2: .*nonsense.*d\.csv:5: there are 3 cells.*d\.csv:6: The PSK/);
    expect(message).not.toContain(DEVICE.psk);
    expect(message).not.toContain('ABCDEF');
  });

  it('is refused with the line of the element in JSON too', () => {
    expect(
      refusalOf(`[\n {"mac": "${DEVICE.mac}",\n  "uuid": "${DEVICE.uuid}"},\n\n {"mac": "x"}\n]`, 'json'),
    ).toContain('d.csv:5:');
    expect(refusalOf('{}', 'json')).toContain('d.csv:1:');
    expect(refusalOf(`{"mac":1}\n[]\n`, 'jsonl')).toMatch(/d\.csv:1: .*d\.csv:2: it is not an object/);
  });

  it('is refused for a device that is there twice, a field that nobody knows, a text too long and an empty file', () => {
    const head = 'mac,uuid,location';
    const row = `${DEVICE.mac},${DEVICE.uuid},Hall`;
    expect(refusalOf(`${head}\n${row}\n${row}\n`)).toContain('d.csv:3: the uuid is the same as in line 2');
    expect(refusalOf(`${head},colour\n${row},red\n`)).toContain('no field "colour"');
    expect(refusalOf(`${head}\n${row}${'x'.repeat(100)}\n`)).toContain('location is longer than the 100');
    expect(refusalOf(head)).toContain('there is no device');
    expect(refusalOf('')).toContain('there is no device');
  });

  it('takes the public columns in their order', async () => {
    expect((await written([DEVICE], 'csv')).split('\r\n')[0]).toBe([...PUBLIC_FIELDS, 'psk'].join());
  });
});
