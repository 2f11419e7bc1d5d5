// The nvs commands, run in this process on real files.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess } from '../../../../test/support/cli-in-process.js';
import { CASES, CORPUS, goldenImage } from '../../../../test/support/nvs-corpus.js';
import { decodeNvs } from '../../../core/nvs/index.js';

let folder = '';
const home = process.cwd();
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'espmint-nvs-cli-'))));
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string): string => join(folder, name);
const csv = join(CORPUS, '01-seed.csv');
const keys = join(CORPUS, 'files/nvs_keys.bin');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
function put(name: string, content: Uint8Array | string): string {
  writeFileSync(file(name), content);
  return file(name);
}

describe('nvs generate', () => {
  it('writes the golden image, readable by its owner only, and leaves nothing else behind', async () => {
    const out = join(folder, 'new-folder', 'seed.bin');
    const run = await runInProcess(['nvs', 'generate', csv, out, '0x10000', '--json']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(out).equals(goldenImage('01-seed.bin.gz'))).toBe(true);
    expect(statSync(out).mode & 0o077).toBe(0);
    expect(readdirSync(join(folder, 'new-folder'))).toEqual(['seed.bin']);
    expect(JSON.parse(run.stdout)).toMatchObject({ type: 'image', sizeBytes: 65_536, encrypted: false });
  });

  it('encrypts with a key partition', async () => {
    await runInProcess(['nvs', 'generate', csv, file('enc.bin'), '64K', '--encrypt-key', keys]);
    expect(readFileSync(file('enc.bin')).equals(goldenImage('35-enc-seed.bin.gz'))).toBe(true);
  });

  it('warns of surprises with the line, and refuses them when strict', async () => {
    const doubtful = join(CORPUS, '30-duplicate-keys.csv');
    const run = await runInProcess(['nvs', 'generate', doubtful, file('dup.bin'), '0x3000']);
    expect(run.stderr).toMatch(/^warning: .*30-duplicate-keys.csv:\d+:1: .* \[duplicate-key\]$/m);
    expect(
      (await runInProcess(['nvs', 'generate', doubtful, file('s.bin'), '0x3000', '--strict'])).code,
    ).toBe(2);
    expect(existsSync(file('s.bin'))).toBe(false);
  });

  it.each(CASES.bad.filter(({ args, name }) => args[0] === 'generate' && name !== 'string-3968'))(
    'refuses $name with one sentence and leaves an old image alone',
    async ({ args, cwd, name }) => {
      process.chdir(join(CORPUS, cwd));
      const out = put(name === 'extension' ? 'old.img' : 'old.bin', 'the old image');
      const run = await runInProcess(
        ['nvs', ...args.map((arg) => (arg.startsWith('out.') ? out : arg))].map((arg) =>
          arg === '--version' ? '--format-version' : arg,
        ),
      );
      process.chdir(home);
      expect(run.code).toBe(2);
      expect(run.stderr).toMatch(/^espmint: [^\n]+; [^\n]+\. \[[A-Z_]+\]\n$/);
      expect(readFileSync(out, 'utf8')).toBe('the old image');
      expect(readdirSync(folder).filter((entry) => entry.endsWith('.tmp'))).toEqual([]);
    },
  );

  it('never prints the cells of a row that misses one', async () => {
    const broken = put(
      'leak.csv',
      'key,type,encoding,value\nns,namespace,,\npsk,data,s3cr3t-value\n"open,data,string,s3cr3t-value\n',
    );
    const run = await runInProcess(['nvs', 'generate', broken, file('leak.bin'), '0x3000']);
    expect(run.code).toBe(2);
    expect(run.stdout + run.stderr).not.toContain('s3cr3t');
  });
});

describe('nvs inspect and verify', () => {
  it('shows values with secrets masked', async () => {
    const image = put('seed.bin', goldenImage('01-seed.bin.gz'));
    const run = await runInProcess(['nvs', 'inspect', image]);
    expect(run.stdout).toMatch(/zc +global_uuid +string +0 +1 +550e8400/);
    expect(run.stdout).not.toMatch(/factory123|00112233/);
    expect((await runInProcess(['nvs', 'inspect', image, '--json'])).stdout).not.toMatch(
      /factory123|00112233/,
    );
    expect((await runInProcess(['nvs', 'inspect', image, '--reveal'])).stdout).toMatch(/factory123/);
  });

  it('prints a CSV from which the same image is made', async () => {
    const image = put('blob.bin', goldenImage('11-blob-multipage.bin.gz'));
    const run = await runInProcess(['nvs', 'inspect', image, '--csv', '--reveal']);
    const again = put('again.csv', run.stdout);
    await runInProcess(['nvs', 'generate', again, file('again.bin'), '0x5000']);
    expect(sha256(readFileSync(file('again.bin')))).toBe(sha256(readFileSync(image)));
  });

  it('reads an encrypted image with its key', async () => {
    const image = put('enc2.bin', goldenImage('35-enc-seed.bin.gz'));
    expect((await runInProcess(['nvs', 'inspect', image])).stdout).toMatch(/encrypted/);
    expect((await runInProcess(['nvs', 'inspect', image, '--key', keys])).stdout).toMatch(/global_uuid/);
  });

  it('verify ends with 0 for a sound image and 2 for a fault, and says where', async () => {
    const image = goldenImage('01-seed.bin.gz');
    expect(await runInProcess(['nvs', 'verify', put('ok.bin', image)])).toMatchObject({ code: 0 });
    image[0x80]! ^= 1;
    const run = await runInProcess(['nvs', 'verify', put('bad.bin', image)]);
    expect(run.code).toBe(2);
    expect(run.stdout).toMatch(
      /^fault: page 0, slot 1, offset 0x60: "global_uuid" has a wrong checksum .* \[data-crc\]$/m,
    );
    const json = await runInProcess(['nvs', 'verify', file('bad.bin'), '--json']);
    expect(JSON.parse(json.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'verdict',
      ok: false,
      faults: 1,
    });
  });
});

describe('nvs merge', () => {
  it('reports names, never values, and writes nothing on a dry run', async () => {
    const base = put('base.bin', goldenImage('01-seed.bin.gz'));
    const changes = put(
      'changes.csv',
      'key,type,encoding,value\nzc,namespace,,\nwifi_password,data,string,t0p-s3cr3t\n',
    );
    const args = ['nvs', 'merge', base, changes, file('merged.bin'), '--remove', 'zc:wifi_ssid'];
    const dry = await runInProcess([...args, '--dry-run']);
    expect(dry.stdout).toMatch(/changed +zc:wifi_password\nremoved +zc:wifi_ssid\nNothing written/);
    expect(dry.stdout).not.toContain('t0p-s3cr3t');
    expect(existsSync(file('merged.bin'))).toBe(false);
    await runInProcess(args);
    const merged = decodeNvs(readFileSync(file('merged.bin'))).values;
    expect(merged.map(({ key }) => key)).toEqual([
      'global_uuid',
      'psk_secret',
      'ca_service_url',
      'wifi_password',
    ]);
  });

  it('refuses a CSV that would surprise, and a loss', async () => {
    const image = goldenImage('01-seed.bin.gz');
    const doubtful = put('doubtful.csv', 'key,type,encoding,value\nk,data,u8,1\n');
    expect(
      (await runInProcess(['nvs', 'merge', put('base2.bin', image), doubtful, file('m.bin')])).stderr,
    ).toMatch(/NVS_CSV_DOUBTFUL/);
    image[0x80]! ^= 1;
    const changes = put('fine.csv', 'key,type,encoding,value\nn,namespace,,\nk,data,u8,1\n');
    const run = await runInProcess(['nvs', 'merge', put('base3.bin', image), changes, file('m.bin')]);
    expect(run.stderr).toMatch(/would be lost: zc:global_uuid.*NVS_MERGE_LOSS/);
  });
});

describe('nvs keygen, encrypt and decrypt', () => {
  it('make keys that open what they locked, and never overwrite one', async () => {
    const image = put('plain.bin', goldenImage('01-seed.bin.gz'));
    expect((await runInProcess(['nvs', 'keygen', file('k.bin')])).code).toBe(0);
    await runInProcess(['nvs', 'encrypt', image, file('k.bin'), file('locked.bin')]);
    expect(readFileSync(file('locked.bin')).equals(readFileSync(image))).toBe(false);
    await runInProcess(['nvs', 'decrypt', file('locked.bin'), file('k.bin'), file('open.bin')]);
    expect(readFileSync(file('open.bin')).equals(readFileSync(image))).toBe(true);
    const again = await runInProcess(['nvs', 'keygen', file('k.bin')]);
    expect(again.stderr).toMatch(/exists already/);
  });

  it('derive the key of the HMAC scheme as the generator does', async () => {
    await runInProcess(['nvs', 'keygen', file('h.bin'), '--hmac-key', join(CORPUS, 'files/hmac_key.bin')]);
    expect(
      readFileSync(file('h.bin')).equals(readFileSync(join(CORPUS, 'files/nvs_keys_from_hmac.bin'))),
    ).toBe(true);
    await runInProcess(['nvs', 'keygen', file('h2.bin'), '--new-hmac-key', file('hmac.bin')]);
    await runInProcess(['nvs', 'keygen', file('h3.bin'), '--hmac-key', file('hmac.bin')]);
    expect(readFileSync(file('h2.bin')).equals(readFileSync(file('h3.bin')))).toBe(true);
  });

  it('refuse keys that are none', async () => {
    const image = put('plain2.bin', goldenImage('01-seed.bin.gz'));
    for (const name of ['short-key.bin', 'equal-halves.bin']) {
      const run = await runInProcess(['nvs', 'encrypt', image, join(CORPUS, 'bad', name), file('x.bin')]);
      expect(run.stderr).toMatch(/NVS_KEY_INVALID/);
    }
    expect(existsSync(file('x.bin'))).toBe(false);
  });
});
