// The key of TLS is a secret: one that others can read, or that is another user's, is refused before anything is opened.
import { makeAuthority } from '../../../test/support/test-authority.js';
import { datesNotice } from './serve.js';
import { chmod, chown, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { runInProcess } from '../../../test/support/cli-in-process.js';

// The service behind it is big: loaded first on a busy computer it takes longer than a test may.
beforeAll(() => import('./serve.js'), 120_000);

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'espmint-tls-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const serve = async () => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  return runInProcess([
    ...['--data-dir', join(folder, 'data'), 'serve', '--registry', 'none', '--keys-to', join(folder, 'keys')],
    ...['--port', '0', '--tls-cert', cert, '--tls-key', key],
  ]);
};

async function makeKey(mode: number): Promise<string> {
  const key = join(folder, 'key.pem');
  await writeFile(join(folder, 'cert.pem'), 'no certificate');
  await writeFile(key, 'a canary of a key');
  await chmod(key, mode);
  return key;
}

it.skipIf(process.platform === 'win32').each([0o644, 0o604, 0o606, 0o660])(
  'of mode %o is refused with the command that closes it',
  async (mode) => {
    const key = await makeKey(mode);
    const { code, stderr } = await serve();
    expect(code).toBe(2);
    expect(stderr).toContain(`chmod 600 ${key}`);
    expect(stderr).not.toContain('canary');
    expect(await readdir(folder)).toEqual(['cert.pem', 'key.pem']);
  },
);

it.runIf(process.getuid?.() === 0)('of another user is refused', async () => {
  const key = await makeKey(0o600);
  await chown(key, 12_345, 12_345);
  const { code, stderr } = await serve();
  expect(code).toBe(2);
  expect(stderr).toContain('belongs to another user');
});

it('that is closed, as the command makes it, is taken as far as it is a key', async () => {
  await makeKey(0o600);
  const { stderr } = await serve();
  expect(stderr).not.toContain('can be read by others');
  expect(stderr).not.toContain('canary');
});

it('says that browsers refuse a certificate out of its dates, or because the clock is wrong', async () => {
  const cert = await readFile(makeAuthority(folder).certificate, 'utf8');
  const dayMs = 86_400_000;
  expect(datesNotice(cert)).toBe('');
  expect(datesNotice(cert, Date.now() + 3 * dayMs)).toMatch(/it is valid from .+ to .+\. Renew it, or set/);
  expect(datesNotice(cert, Date.now() - dayMs)).toContain('refuse the certificate');
});
