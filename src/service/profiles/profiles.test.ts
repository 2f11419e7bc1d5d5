// Profiles in versions, what a preview shows of them, and secrets that stay.
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateNvs } from '../../core/nvs/index.js';
import { previewProfile } from './preview.js';
import { FileProfileStore } from './profile-store.js';
import { profileText, withVersion } from './profile-text.js';
import { Secrets } from './secrets.js';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'espmint-profiles-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const TEXT = `# the product
name: sensor
version: 1
caUrl: https://ca.example.com # the authority
wifi:
  ssid: Lab
  password: file:lab
nvs:
  keys: { psk: k1 }
  rows:
    - { key: serial, type: string, value: 'SN-{{macHex}}' }
    - { key: api_token, type: string, value: 'planted-by-the-author' }
`;

describe('the store', () => {
  const change = async (version: number, name = 'sensor') => ({
    name,
    version,
    savedBy: 'lan',
    text: await withVersion(TEXT.replace('sensor', name), version),
  });
  it('keeps every version with its comments', async () => {
    const store = new FileProfileStore(dataDir);
    await store.save(await change(1));
    await store.save(await change(2));
    expect((await store.get('sensor')).version).toBe(2);
    const first = await store.get('sensor', 1);
    expect(first.text).toContain('# the authority');
    expect(first.profile).toMatchObject({ name: 'sensor', version: 1 });
    expect((await store.versions('sensor')).map(({ version }) => version)).toEqual([2, 1]);
  });
  it('lets one of two who save the same version win', async () => {
    const stores = [new FileProfileStore(dataDir), new FileProfileStore(dataDir)];
    const results = await Promise.allSettled(stores.map(async (store) => store.save(await change(1))));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toMatchObject([{ reason: { code: 'PROFILE_CHANGED' } }]);
  });
  it('takes any name, and keeps apart what only looks alike', async () => {
    const store = new FileProfileStore(dataDir);
    for (const name of ['../../etc/passwd', 'Sensor', 'sensor', 'cảm biến'])
      await store.save(await change(1, name));
    expect((await store.list()).profiles.map(({ name }) => name).sort()).toEqual(
      ['../../etc/passwd', 'Sensor', 'cảm biến', 'sensor'].sort(),
    );
    expect(await readdir(dataDir)).toEqual(['service']);
  });
  it('reads each version once, and again where its file is another one', async () => {
    const store = new FileProfileStore(dataDir);
    await store.save(await change(1));
    const first = await store.get('sensor');
    expect((await store.list()).profiles[0]).toBe(first);
    const [folder = ''] = await readdir(join(dataDir, 'service/profiles'));
    const path = join(dataDir, 'service/profiles', folder, '1.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('"savedBy": "', '"savedBy": "by hand, '));
    expect((await store.get('sensor')).savedBy).toContain('by hand, ');
    await writeFile(path, '{');
    await expect(store.get('sensor')).rejects.toMatchObject({ code: 'PROFILE_UNREADABLE' });
    await rm(path);
    await expect(store.get('sensor')).rejects.toMatchObject({ code: 'PROFILE_UNKNOWN' });
  });
  it('lists the others beside a damaged one, and goes on as its message says', async () => {
    const store = new FileProfileStore(dataDir);
    for (const version of [1, 2]) await store.save(await change(version, 'Pump 7'));
    await store.save(await change(1));
    const listed = async (): Promise<unknown> => {
      const { profiles, damaged } = await store.list();
      return [profiles.map((each) => [each.name, each.version]), damaged.map(({ error }) => error.message)];
    };
    const folders = await readdir(join(dataDir, 'service/profiles'));
    const path = join(
      dataDir,
      'service/profiles',
      folders.find((name) => name.startsWith('pump-7')) ?? '',
      '2.json',
    );
    const whole = await readFile(path, 'utf8');
    const other = await readFile(path.replace('2.json', '1.json'), 'utf8');
    for (const text of [
      '{',
      '',
      whole.replace('caUrl: https', 'caUrl: [ftp'),
      other.replaceAll('Pump 7', 'Pump 8'),
    ]) {
      await writeFile(path, text);
      expect(await listed(), text).toEqual([
        [['sensor', 1]],
        [
          expect.stringMatching(
            /^Version 2 of the product "(pump-7|Pump 7)" cannot be read .*2\.json.*; put that file back/,
          ),
        ],
      ]);
      await expect(store.get('Pump 7')).rejects.toMatchObject({ code: 'PROFILE_UNREADABLE' });
      await expect(store.versions('sensor')).resolves.toHaveLength(1);
    }
    await writeFile(path, whole);
    expect(await listed()).toEqual([
      [
        ['Pump 7', 2],
        ['sensor', 1],
      ],
      [],
    ]);
    await rm(path);
    expect(await listed()).toEqual([
      [
        ['Pump 7', 1],
        ['sensor', 1],
      ],
      [],
    ]);
  });
  it('says which profile there is not', async () => {
    const store = new FileProfileStore(dataDir);
    await store.save(await change(1));
    await expect(store.get('sensor', 7)).rejects.toThrow('"sensor" version 7');
    await expect(store.get('other')).rejects.toMatchObject({ code: 'PROFILE_UNKNOWN' });
  });
});

describe('the preview', () => {
  it('shows the rows of an example board with every secret masked', async () => {
    const preview = await previewProfile({ profile: { text: TEXT }, mac: 'A4-CF-12-34-56-79' });
    const { findings, rows } = preview;
    expect(findings).toEqual([]);
    expect(rows.map(({ key, value, secret }) => [key, secret ? 'secret' : value])).toEqual([
      ['global_uuid', '1b51e2d2-9b4f-557c-9cdf-0735c1be2d09'],
      ['k1', 'secret'],
      ['ca_service_url', 'https://ca.example.com'],
      ['wifi_ssid', 'Lab'],
      ['wifi_password', 'secret'],
      ['serial', 'SN-a4cf12345679'],
      ['api_token', 'secret'],
    ]);
    for (const row of rows.filter(({ secret }) => secret)) expect(row).toMatchObject({ value: '********' });
    expect(JSON.stringify(preview)).not.toContain('planted-by-the-author');
  });
  it('shows what each way onto Wi-Fi puts into flash', async () => {
    const keysOf = async (wifi: string): Promise<string[]> => {
      const text = `name: x\ncaUrl: https://ca.example.com\nwifi: ${wifi}`;
      return (await previewProfile({ profile: { text } })).rows.map(({ key }) => key).slice(3);
    };
    expect(await keysOf('{ssid: Lab, target: net80211}')).toContain('sta.ssid');
    expect(await keysOf('{mode: portal}')).toEqual(['wifi_mode', 'wifi_sec_ver', 'wifi_pop']);
    expect(await keysOf("{mode: smartconfig, smartconfig: {key: 'env:K'}}")).toContain('wifi_sc_key');
    expect(await keysOf('{mode: improv, ssid: Lab}')).toEqual([]);
  });
  it("gives a CSV that Espressif's generator would take", async () => {
    const { csv } = await previewProfile({ profile: { text: TEXT } });
    const input = { file: 'preview.csv', bytes: new TextEncoder().encode(csv) };
    expect(() => generateNvs([input] as never, 0x3000)).not.toThrow();
  });
  it('counts entries as the image has them', async () => {
    const { image, rows } = await previewProfile({ profile: { text: TEXT } });
    const entries = image?.listing.reduce((sum, entry) => sum + entry.entries, 0);
    expect(image?.usedEntries).toBe(entries);
    expect(image?.listing.filter(({ namespace }) => namespace === 'zc')).toHaveLength(rows.length);
  });
  it('draws the image into the partition, and says why it does not fit', async () => {
    const { flash: fits } = await previewProfile({ profile: { text: TEXT } });
    expect(fits).toMatchObject({ fits: true, region: { offsetBytes: 0x9000, sizeBytes: 0x6000 } });
    const text = `${TEXT}target: { offset: 0x9000, size: 0x10000 }\n`;
    expect((await previewProfile({ profile: { text } })).flash).toMatchObject({
      fits: false,
      region: { offsetBytes: 0x9000, sizeBytes: 0x10000 },
      notes: [{ code: 'IMAGE_DOES_NOT_FIT' }],
    });
  });
  it('counts bytes against the limits of the firmware', async () => {
    const { limits } = await previewProfile({ profile: { text: TEXT.replace('Lab', 'Xưởng') } });
    expect(limits).toContainEqual({ path: 'wifi.ssid', bytes: 8, maxBytes: 31 });
    // Where they are passed they are needed most; and of what is no text at all there are none.
    const text =
      'name: x\nlocation: 7\nwifi: { ssid: 123456789012345678901234567890123, limits: standard }\n';
    const refused = await previewProfile({ profile: { text: text.replace('ssid: ', 'ssid: x') } });
    expect(refused.findings.length).toBeGreaterThan(0);
    expect(refused.limits).toEqual([{ path: 'wifi.ssid', bytes: 34, maxBytes: 32 }]);
    expect((await previewProfile({ profile: { text: '- x' } })).limits).toEqual([]);
  });
  it('of something that is no profile has findings with their place', async () => {
    const { findings, rows } = await previewProfile({ profile: { text: 'name: x\nwfi: {}\n' } });
    expect(findings).toMatchObject([{ path: 'wfi', line: 2 }]);
    expect(rows).toEqual([]);
  });
  it('of rows that do not fit into the partition says so', async () => {
    const settings = {
      name: 'x',
      target: { size: 0x3000 },
      nvs: {
        rows: Array.from({ length: 5 }, (_, index) => ({
          key: `k${index}`,
          type: 'string',
          value: 'x'.repeat(3000),
        })),
      },
    };
    const preview = await previewProfile({ profile: { settings } });
    expect(preview.image).toBeUndefined();
    expect(preview.findings).toMatchObject([{ path: 'nvs.rows' }]);
  });
});

describe('the text of a form', () => {
  it('is YAML of the same settings', async () => {
    expect(await profileText({ settings: { name: 'x', nvs: { rows: [] } } })).toContain('name: x');
  });
});

describe('secrets', () => {
  it('are kept for the owner only, used by name, and listed without their value', async () => {
    const secrets = new Secrets(dataDir, {});
    await secrets.put('lab', 'correct horse');
    expect(await secrets.resolve('file:lab')).toBe('correct horse');
    const [listed] = await secrets.list();
    expect(Object.keys(listed ?? {})).toEqual(['name', 'savedAt']);
    const path = join(dataDir, 'service', 'secrets', 'lab');
    expect((await stat(path)).mode & 0o077).toBe(0);
    expect(await readFile(path, 'utf8')).toBe('correct horse');
    await secrets.remove('lab');
    await expect(secrets.resolve('file:lab')).rejects.toMatchObject({ code: 'SECRET_UNKNOWN' });
  });
  it.each(['file:../people.json', 'file:/etc/passwd', 'file:.hidden', 'env:PGPASSWORD', 'env:HOME'])(
    'are never %s',
    async (reference) => {
      const secrets = new Secrets(dataDir, { PGPASSWORD: 'x', HOME: 'y' });
      await expect(secrets.resolve(reference)).rejects.toMatchObject({ code: 'SECRET_REFERENCE_REFUSED' });
    },
  );
  it('may come from variables that are meant for it', async () => {
    const secrets = new Secrets(dataDir, { ESPMINT_WIFI_PASSWORD: 'x' });
    expect(await secrets.resolve('env:ESPMINT_WIFI_PASSWORD')).toBe('x');
    await expect(secrets.resolve('env:ESPMINT_SECRET_A')).rejects.toMatchObject({ code: 'SECRET_UNKNOWN' });
  });
});
