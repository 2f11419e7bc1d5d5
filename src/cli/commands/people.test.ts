// `espmint users` and `espmint tokens`: who may use the service, without a secret on the command line.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInProcess } from '../../../test/support/cli-in-process.js';
import { People } from '../../service/index.js';

const PASSWORD = 'a long enough password';

let dataDir: string;
let passwordFile: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'espmint-people-'));
  passwordFile = join(dataDir, 'password');
  await writeFile(passwordFile, `${PASSWORD}\n`);
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const run = (...args: string[]) => runInProcess([...args, '--data-dir', dataDir]);
const add = (name: string, role: string) =>
  run('users', 'add', name, '--role', role, '--password-file', passwordFile);

describe('users', () => {
  it('are added with their password from a file, and listed without it', async () => {
    expect(await add('lan', 'admin')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const people = new People(dataDir);
    expect(await people.checkPassword('lan', PASSWORD)).toEqual({
      name: 'lan',
      role: 'admin',
      passwordSetAt: expect.any(String) as string,
    });
    const listed = await run('users', 'list', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject({ type: 'user', name: 'lan', role: 'admin' });
    expect(listed.stdout).not.toContain('scrypt');
  });
  it('begin with an admin', async () => {
    const refused = await add('minh', 'operator');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('ADMIN_NEEDED');
  });
  it('need a password of ten characters, from a file or from standard input', async () => {
    await writeFile(passwordFile, 'short');
    expect((await add('lan', 'admin')).stderr).toMatch(/fewer than 10 characters.*\[INPUT_INVALID\]/);
    expect((await run('users', 'add', 'lan')).stderr).toMatch(/did not come over standard input/);
  });
  it('are removed by name', async () => {
    await add('lan', 'admin');
    expect((await run('users', 'remove', 'nobody')).stderr).toContain('USER_UNKNOWN');
    expect((await run('users', 'remove', 'lan')).code).toBe(0);
    expect((await run('users', 'list')).stdout).toBe('');
  });
});

describe('tokens', () => {
  it('are printed once, listed without themselves, and revoked', async () => {
    const created = await run('tokens', 'create', 'line 1', '--role', 'viewer');
    const token = created.stdout.trim();
    expect(await new People(dataDir).findToken(token)).toMatchObject({ label: 'line 1', role: 'viewer' });
    const listed = await run('tokens', 'list', '--json');
    expect(listed.stdout).not.toContain(token);
    const { id } = JSON.parse(listed.stdout) as { id: string };
    expect((await run('tokens', 'revoke', id)).code).toBe(0);
    expect(await new People(dataDir).findToken(token)).toBeUndefined();
    expect((await run('tokens', 'revoke', id)).stderr).toContain('TOKEN_UNKNOWN');
  });
});

describe('serve', () => {
  it('refuses a network address without TLS', async () => {
    const keys = ['--registry', 'none', '--keys-to', join(dataDir, 'keys.jsonl')];
    const refused = await run('serve', '--host', '0.0.0.0', '--port', '0', ...keys);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain('PLAIN_HTTP_REFUSED');
  });
  it('wants certificate and key together', async () => {
    expect((await run('serve', '--tls-cert', 'x.pem')).stderr).toMatch(/belong together/);
  });
});
