// Matter: factory data, codes and verifiers are byte by byte those of Espressif's own tool.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInProcess } from '../../../test/support/cli-in-process.js';
import { regionRows } from '../../core/device-config.js';
import { manualCode, qrPayload, type SetupPayload } from '../../core/matter/setup-payload.js';
import { encodeNvs } from '../../core/nvs/index.js';
import { parseProfile } from '../../core/profile/parse.js';
import { boardValues, readValueRows } from '../../core/values/rows.js';
import { spake2pVerifier } from './values-matter.js';

interface Fixture {
  readonly mac: string;
  readonly row: Readonly<Record<string, string>>;
  readonly imageDeflated: string;
  readonly codes: readonly (SetupPayload & { readonly qr: string; readonly manual: string })[];
  readonly verifiers: readonly { passcode: number; salt: string; iterations: number; verifier: string }[];
}
/** It says how Espressif's tool was called. */
const FIXTURE = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/matter/esp-matter-mfg-tool.json', import.meta.url), 'utf8'),
) as Fixture;

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'espmint-matter-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sample: SetupPayload = {
  vendorId: 0xfff1,
  productId: 0x8001,
  passcode: 20202021,
  discriminator: 3840,
  discovery: 4,
  flow: 0,
};

describe('a Matter device', () => {
  it('has the codes that the tool makes, in each flow, and those of the example of connectedhomeip', () => {
    for (const { qr, manual, ...payload } of FIXTURE.codes)
      expect([qrPayload(payload), manualCode(payload)]).toEqual([qr, manual]);
    expect(qrPayload(sample)).toBe('MT:-24J0AFN00KA0648G00');
    expect(manualCode(sample)).toBe('34970112332');
  });

  it.each([
    [{ passcode: 12345678 }, 'The passcode'],
    [{ passcode: 0 }, 'The passcode'],
    [{ passcode: 99999999 }, 'The passcode'],
    [{ discriminator: 4096 }, 'The discriminator'],
    [{ vendorId: 65536 }, 'The vendor id'],
    [{ discovery: 1 }, 'The discovery'],
  ])('with %j has none', (wrong, field) => {
    expect(() => qrPayload({ ...sample, ...wrong })).toThrow(field);
    expect(() => manualCode({ ...sample, ...wrong })).toThrow(field);
  });

  it('keeps the verifier of its passcode as the tool makes it', () => {
    for (const { passcode, salt, iterations, verifier } of FIXTURE.verifiers)
      expect(spake2pVerifier(passcode, Buffer.from(salt, 'base64'), iterations).toString('base64')).toBe(
        verifier,
      );
  });

  it('gets factory data from the template and its row, byte by byte as the tool writes it', async () => {
    const file = join(folder, 'matter.yaml');
    expect((await runInProcess(['profile', 'init', '--matter', file])).code).toBe(0);
    expect((await runInProcess(['profile', 'check', file])).code).toBe(0);
    const { values, regions } = parseProfile(readFileSync(file, 'utf8'), file);
    const [region] = regions;
    const own = boardValues(values?.columns ?? [], FIXTURE.row);
    const { mac } = FIXTURE;
    const rows = regionRows(
      { mac, uuid: 'u', own } as Parameters<typeof regionRows>[0],
      region?.nvs ?? { rows: [] },
    );
    const image = inflateSync(Buffer.from(FIXTURE.imageDeflated, 'base64'));
    expect(region?.size).toBe(image.length);
    expect(Buffer.from(encodeNvs(rows, image.length)).equals(image)).toBe(true);
  });

  // Of 400 salts and verifiers about twelve begin with a plus: a spreadsheet's formula, and a good value.
  it('gets Base64 as it is, also where it begins like a formula', async () => {
    const out = join(folder, 'many.csv');
    const ids = ['--vendor-id', '0xFFF1', '--product-id', '0x8001', '--iterations', '1000'];
    await runInProcess(['values', 'matter', ...ids, '--count', '200', '--out', out]);
    const [head, ...rows] = readFileSync(out, 'utf8').trimEnd().split('\r\n');
    expect([head, rows.length]).toEqual([expect.stringContaining('iterations,salt,verifier'), 200]);
    for (const row of rows) expect(row).toMatch(/^\d+,\d+,1000,[\w+/]+=*,[\w+/]+=*,MT:[\w.-]+,\d+$/);
  });

  it('gets a row of its own from espmint values matter, which a list of the template takes', async () => {
    const out = join(folder, 'rows.csv');
    for (const name of ['device-1', 'device-2']) {
      const home = join(folder, 'line 2, east', name, 'internal');
      mkdirSync(home, { recursive: true });
      const { row } = FIXTURE;
      const files = [
        ['DAC_cert.der', row['dac_cert']],
        ['DAC_private_key.bin', row['dac_key']],
        ['DAC_public_key.bin', row['dac_pub_key']],
        ['PAI_cert.der', row['pai_cert']],
      ] as const;
      for (const [at, content = ''] of files) writeFileSync(join(home, at), Buffer.from(content, 'base64'));
    }
    const args = [
      'values',
      'matter',
      '--vendor-id',
      '0xFFF1',
      '--product-id',
      '0x8001',
      '--iterations',
      '1000',
    ];
    const made = (...more: string[]): ReturnType<typeof runInProcess> =>
      runInProcess([...args, '--out', out, ...more]);
    expect((await made()).stderr).toContain('--count is missing');
    const dacs = join(folder, 'line 2, east');
    expect((await made('--attestation', dacs)).stderr).toContain(
      `put the certification declaration into ${dacs} as CD.der`,
    );
    writeFileSync(join(dacs, 'CD.der'), 'declaration');
    expect((await made('--attestation', dacs, '--count', '3')).stderr).toContain(
      '--attestation has 2 devices',
    );
    const broken = async (file: string, content: string | Uint8Array): Promise<string> => {
      const path = join(dacs, 'device-1/internal', file);
      const before = readFileSync(path);
      writeFileSync(path, content);
      const { code, stderr } = await made('--attestation', dacs);
      writeFileSync(path, before);
      expect(code).toBe(2);
      expect(stderr).toContain(join(dacs, 'device-1/internal/'));
      return stderr;
    };
    expect(await broken('DAC_private_key.bin', 'ab')).toContain('has 2 bytes');
    expect(await broken('DAC_private_key.bin', new Uint8Array(32))).toContain('does not belong to');
    expect(await broken('DAC_public_key.bin', new Uint8Array(65))).toContain('is no public key');
    expect(await broken('DAC_cert.der', 'x')).toContain('is no certificate');
    const issuer = readFileSync(join(dacs, 'device-1/internal/PAI_cert.der'));
    expect(await broken('DAC_cert.der', issuer)).toContain('is for another key');
    const device = readFileSync(join(dacs, 'device-1/internal/DAC_cert.der'));
    expect(await broken('PAI_cert.der', device)).toContain('was not signed by');
    expect((await made('--attestation', dacs)).stderr).toContain('Wrote 2 rows');
    if (process.platform !== 'win32') expect(statSync(out).mode & 0o077).toBe(0);
    const template = join(folder, 'matter.yaml');
    await runInProcess(['profile', 'init', '--matter', template]);
    const { values } = parseProfile(readFileSync(template, 'utf8'), template);
    const rows = [];
    const pieces = (async function* () {
      yield await Promise.resolve(readFileSync(out, 'utf8'));
    })();
    const readFile = (path: string): Promise<Uint8Array> => Promise.resolve(readFileSync(path));
    const { columns = [], match = 'next' } = values ?? {};
    for await (const row of readValueRows({ pieces, format: 'csv', columns, match, readFile }))
      rows.push(row);
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      if ('reason' in row) throw new Error(row.reason);
      const { passcode, discriminator, salt = '', verifier, qr_code: qr, manual_code: manual } = row.values;
      const payload = {
        ...sample,
        discovery: 2,
        passcode: Number(passcode),
        discriminator: Number(discriminator),
      };
      expect([qrPayload(payload), manualCode(payload)]).toEqual([qr, manual]);
      expect(spake2pVerifier(Number(passcode), Buffer.from(salt, 'base64'), 1000).toString('base64')).toBe(
        verifier,
      );
      expect(row.values['cert_dclrn']).toBe(Buffer.from('declaration').toString('base64'));
    }
  });
});
