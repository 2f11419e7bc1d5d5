// Database URLs mean what they mean to psql, and a server that does not let us in is quoted.
import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDatabase, probeRegistry } from '../../src/registry/index.js';
import { serverAt } from '../../src/registry/store/server.js';
import { toolAvailable } from '../support/reference-tools.js';
import { otherPostgresBin } from './other-postgres.js';
import { makeTcpPostgres, serverAccount, type TcpPostgres } from './tcp-postgres.js';

const binDir = otherPostgresBin();
const QUERY = `select concat_ws(' ', current_user, current_database(), coalesce(host(inet_server_addr()), 'socket'),
  current_setting('search_path'), current_setting('application_name'))`;

describe.runIf(toolAvailable('a PostgreSQL server', binDir))('a database URL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-libpq-'));
  const sockets = join(folder, 'sockets, and more');
  let server: TcpPostgres;
  let port: number;
  beforeAll(async () => {
    chmodSync(folder, 0o755);
    mkdirSync(sockets);
    chmodSync(sockets, 0o777);
    const quoted = `"${sockets}"`;
    server = await makeTcpPostgres(
      binDir,
      join(folder, 'server'),
      `listen_addresses = '127.0.0.1,::1'\nunix_socket_directories = '${quoted}'`,
    );
    ({ port } = server);
    await server.sql(`create role "o'dd us@r?/" login password 'p@ss?:/w%rd'`);
    await server.sql('create database "odd db"');
    await server.sql('create database main');
    const service = `# a comment\n[other]\nhost=nowhere\n[plant]\nhost=127.0.0.1\nport=${port}\ndbname=main\nuser=owner\n`;
    writeFileSync(join(folder, 'services'), service);
    const lines = `#127.0.0.1:${port}:main:owner:wrong\n127.0.0.1:${port}:other:*:wrong\n127.0.0.1:*:main:owner:a password\n`;
    writeFileSync(join(folder, 'passwords'), lines, { mode: 0o600 });
  });
  afterAll(async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const encoded = (text: string): string => encodeURIComponent(text);
  const bases = (env: Record<string, string>): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    PGAPPNAME: 'same',
    ...env,
  });

  function psql(url: string, env: Record<string, string>): string {
    const ran = spawnSync('psql', ['-XAtw', url, '-c', QUERY], { encoding: 'utf8', env: bases(env) });
    return ran.status === 0 ? ran.stdout.trim() : 'refused';
  }

  async function ours(url: string, env: Record<string, string>): Promise<string> {
    try {
      const client = new pg.Client(await serverAt(url, bases(env)).ensure());
      client.on('error', () => undefined);
      await client.connect();
      const { rows } = await client.query<{ concat_ws: string }>(QUERY);
      await client.end();
      return rows[0]?.concat_ws ?? '';
    } catch {
      return 'refused';
    }
  }

  const PW = { PGPASSWORD: 'a password' };
  it.each<[string, () => string, (() => Record<string, string>)?]>([
    ['with host and port', () => `postgresql://owner@127.0.0.1:${port}/main`],
    ['of the short scheme', () => `postgres://owner@localhost:${port}/main?sslmode=disable`],
    ['with an address of IPv6', () => `postgresql://owner@[::1]:${port}/main`],
    [
      'with everything as parameters',
      () => `postgresql://?host=127.0.0.1&port=${port}&user=owner&dbname=main`,
    ],
    [
      'whose parameters win',
      () =>
        `postgresql://a:b@nowhere:1/c?host=127.0.0.1&port=${port}&user=owner&dbname=main&password=a%20password`,
    ],
    [
      'with odd names',
      () => `postgresql://${encoded("o'dd us@r?/")}:${encoded('p@ss?:/w%rd')}@127.0.0.1:${port}/odd%20db`,
      () => ({}),
    ],
    [
      'whose password holds a question mark',
      () => `postgresql://${encoded("o'dd us@r?/")}:p%40ss?:%2Fw%25rd@127.0.0.1:${port}/main`,
      () => ({}),
    ],
    [
      'of a socket in its path',
      () => `postgresql://owner@${encoded(sockets.replace(', and more', ''))}:${port}/main`,
    ],
    ['of a socket', () => `postgresql:///main?host=${encoded(sockets)}&port=${port}&user=owner`],
    [
      'without a host, by PGHOST',
      () => 'postgresql:///main',
      () => ({ ...PW, PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: 'owner' }),
    ],
    ['without a database, by its user', () => `postgresql://owner@127.0.0.1:${port}`],
    [
      'without a database, by PGDATABASE',
      () => `postgresql://owner@127.0.0.1:${port}`,
      () => ({ ...PW, PGDATABASE: 'main' }),
    ],
    ['of several hosts, the first one dead', () => `postgresql://owner@127.0.0.1:1,[::1]:${port}/main`],
    ['of several hosts and one port', () => `postgresql://owner@127.0.0.1,localhost/main?port=${port}`],
    ['of several hosts and a port too many', () => `postgresql://owner@127.0.0.1/main?port=${port},1`],
    [
      'with an address beside a name',
      () => `postgresql://owner@no-such-host.invalid:${port}/main?hostaddr=127.0.0.1&sslmode=disable`,
    ],
    ['with options', () => `postgresql://owner@127.0.0.1:${port}/main?options=-c%20search_path%3Dpg_temp`],
    [
      'with a name of its own',
      () => `postgresql://owner@127.0.0.1:${port}/main?application_name=mine&connect_timeout=3`,
    ],
    [
      'of a service',
      () => `postgresql://?service=plant`,
      () => ({ ...PW, PGSERVICEFILE: join(folder, 'services') }),
    ],
    [
      'of a service by PGSERVICE, and more',
      () => 'postgresql:///odd%20db',
      () => ({ ...PW, PGSERVICEFILE: join(folder, 'services'), PGSERVICE: 'plant' }),
    ],
    [
      'of no such service',
      () => 'postgresql://?service=none',
      () => ({ ...PW, PGSERVICEFILE: join(folder, 'services') }),
    ],
    [
      'with a password file',
      () => `postgresql://owner@127.0.0.1:${port}/main?passfile=${encoded(join(folder, 'passwords'))}`,
      () => ({}),
    ],
    [
      'with a password file by PGPASSFILE',
      () => `postgresql://owner@127.0.0.1:${port}/main`,
      () => ({ PGPASSFILE: join(folder, 'passwords') }),
    ],
    [
      'with a password file of no such line',
      () => `postgresql://owner@127.0.0.1:${port}/odd%20db`,
      () => ({ PGPASSFILE: join(folder, 'passwords') }),
    ],
    ['with a parameter that there is not', () => `postgresql://owner@127.0.0.1:${port}/main?hots=x`],
    ['with a parameter without value', () => `postgresql://owner@127.0.0.1:${port}/main?host`],
    ['with a port that is none', () => 'postgresql://owner@127.0.0.1:99999/main'],
    ['with a strange percent', () => `postgresql://owner@127.0.0.1:${port}/ma%zzin`],
    ['of another scheme', () => `mysql://owner@127.0.0.1:${port}/main`],
    ['with a wrong password', () => `postgresql://owner:wrong@127.0.0.1:${port}/main`],
  ])('%s is read as psql reads it', async (_, url, env = () => PW) => {
    expect(await ours(url(), env())).toBe(psql(url(), env()));
  });

  it('of several hosts goes on at the next one when the first goes away', async () => {
    const { hosts } = { hosts: `127.0.0.1:1,127.0.0.1:${port}` };
    const databaseUrl = `postgresql://owner:a%20password@${hosts}/main`;
    const report = await checkDatabase({ dataDir: join(folder, 'station'), databaseUrl, env: {} });
    expect(report.target).toBe(`${hosts}/main`);
  });

  it('that cannot be read is not repeated, for it may hold a password', () => {
    for (const url of [
      'postgresql://owner:s3cret@host:no/main',
      'ftp://owner:s3cret@host',
      'postgresql://a:s3cret%@b/c',
    ])
      expect(() => serverAt(url, {})).toThrow(/^(?!.*s3cret)The database URL/);
  });

  it('that somebody types gets the password of this computer only for the server that it is for', async () => {
    const configured = `postgresql://owner@127.0.0.1:${port}/main`;
    const env = { PGPASSWORD: 'a password', PGPASSFILE: join(folder, 'passwords') };
    const heard: Buffer[] = [];
    const thief = await listen((data) => heard.push(data));
    await expect(
      probeRegistry(`postgresql://owner@127.0.0.1:${thief.port}/main`, { env, configured }),
    ).rejects.toMatchObject({ code: 'REGISTRY_PASSWORD' });
    expect(Buffer.concat(heard).toString('latin1')).not.toContain('a password');
    await thief.close();
    await probeRegistry(`postgresql://owner@127.0.0.1:${port}/main`, { env, configured });
    await probeRegistry(`postgresql://owner@127.0.0.1:${port}/main`, {
      env: { ...env, PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: 'owner' },
    });
    for (const typed of [
      `postgresql://owner@127.0.0.1:${port}/main?passfile=${encoded(join(folder, 'passwords'))}`,
      'postgresql://?service=plant',
    ])
      await expect(probeRegistry(typed, { env, configured })).rejects.toMatchObject({
        code: 'INPUT_INVALID',
      });
    await expect(
      probeRegistry(`postgresql://owner@127.0.0.1:${port}/main`, { env, configured: undefined }),
    ).rejects.toMatchObject({ code: 'REGISTRY_PASSWORD' });
  });

  describe('of a server that does not let us in', () => {
    const at = (url: string) =>
      checkDatabase({ dataDir: join(folder, 'station'), databaseUrl: url, env: {}, timeoutMs: 700 });
    beforeAll(async () => {
      for (const statement of [
        `create role guest login password 'a password'`,
        `create role nologin password 'a password'`,
        `create role few login password 'a password' connection limit 0`,
      ])
        await server.sql(statement);
      const rules = [
        'hostssl all guest all scram-sha-256',
        'host all nologin all trust',
        'host all nobody_there all trust',
      ];
      const rest = 'host all owner all scram-sha-256\nhost all few all scram-sha-256\n';
      const file = join(folder, 'server/data/pg_hba.conf');
      writeFileSync(file, `${rules.join('\n')}\n${rest}`);
      const account = serverAccount();
      if (account !== undefined) spawnSync('chown', [`${account.uid}:${account.gid}`, file]);
      appendFileSync(join(folder, 'server/data/postgresql.conf'), '\n');
      await server.sql('select pg_reload_conf()');
    });

    it.each([
      [
        'wants TLS',
        'guest',
        'REGISTRY_LOGIN_REFUSED',
        /no pg_hba\.conf entry.*no encryption.*sslmode=verify-full/s,
      ],
      ['has no rule for the user', 'stranger', 'REGISTRY_LOGIN_REFUSED', /no pg_hba\.conf entry/],
      [
        'does not let the role log in',
        'nologin',
        'REGISTRY_LOGIN_REFUSED',
        /role "nologin" is not permitted to log in/,
      ],
      [
        'does not know the role',
        'nobody_there',
        'REGISTRY_LOGIN_REFUSED',
        /role "nobody_there" does not exist/,
      ],
      ['has enough connections of it', 'few', 'REGISTRY_UNREACHABLE', /too many connections for role "few"/],
    ])('quotes one that %s', async (_, user, code, sentence) => {
      const url = `postgresql://${user}:a%20password@127.0.0.1:${port}/main`;
      const refused = await at(url).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code });
      expect(String(refused)).toMatch(sentence);
      expect(String(refused)).not.toContain('a password');
    });

    it('still says plainly what is wrong with password and database', async () => {
      const wrong = `postgresql://owner:wrong@127.0.0.1:${port}/main`;
      await expect(at(wrong)).rejects.toMatchObject({ code: 'REGISTRY_PASSWORD' });
      const none = `postgresql://owner:a%20password@127.0.0.1:${port}/none`;
      await expect(at(none)).rejects.toMatchObject({ code: 'REGISTRY_DATABASE_MISSING' });
    });
  });
});

/** Asks everybody for the password in plain text, as PostgreSQL may. */
async function listen(onData: (data: Buffer) => void): Promise<{ port: number; close: () => Promise<void> }> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      onData(data);
      // AuthenticationCleartextPassword, then the refusal of whatever comes.
      if (data[0] === 0) socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      else socket.end(errorResponse('28P01', 'password authentication failed'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function errorResponse(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
