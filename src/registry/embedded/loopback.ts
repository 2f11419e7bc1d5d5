// How the embedded server is reached where there are no private sockets (Windows): a port of 127.0.0.1 that is another one
// after each start, and a password by SCRAM. pg_ctl starts and stops it: a server refuses an administrator's rights,
// which pg_ctl gives up for it, and a signal would end it without a farewell.
import { randomBytes } from 'node:crypto';
import { chown, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { EventEmitter } from 'node:events';
import { join } from 'node:path';
import pg from 'pg';
import { codeOf, readPrivateFile, replaceOwnFile, unreadable } from '../../files/index.js';
import { shortReason } from '../reason.js';
import { type Binaries, programPath } from './binaries.js';
import type { ServerHome } from './home.js';
import { isAlive } from './processes.js';
import { DATABASE, ROLE, statementsFor, SUPERUSER } from './roles.js';
import { type Ran, run } from './run.js';
import { serverSettings } from './settings.js';

/** Lines of postmaster.pid (pidfile.h of PostgreSQL). */
const PID_LINE = 0;
const PORT_LINE = 3;
const HOST = '127.0.0.1';
const PASSWORD_FILE = 'espmint.password';
const PASSWORD_BYTES = 32;
const START_TIMEOUT_S = 60;
const STOP_TIMEOUT_S = 20;
const CONNECT_TIMEOUT_MS = 20_000;

/** How to connect to the server that runs now; undefined where none runs. @throws FILE_UNREADABLE */
export async function loopbackConnection(home: ServerHome): Promise<pg.ClientConfig | undefined> {
  const path = join(home.cluster, 'postmaster.pid');
  const lock = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw unreadable(path, error);
  });
  const lines = lock.split('\n');
  const [pid, port] = [Number(lines[PID_LINE]), Number(lines[PORT_LINE])];
  if (!(pid > 0) || !(port > 0) || !isAlive(pid)) return undefined;
  const password = (await readPrivateFile(join(home.cluster, PASSWORD_FILE)))?.trim();
  return { host: HOST, port, user: ROLE, database: DATABASE, password, ssl: false };
}

/**
 * The password is shown to nobody: another program that has got the port of a dead server may ask for it as it is, or
 * for a digest that can be guessed. By SCRAM it would have to know it already.
 */
export function refuseOtherThanScram(client: pg.Client): void {
  const { connection } = client as unknown as {
    connection: EventEmitter & { stream: { destroy(error: Error): void } };
  };
  for (const request of ['authenticationCleartextPassword', 'authenticationMD5Password']) {
    connection.prependListener(request, () =>
      connection.stream.destroy(new Error('what answers at its port is no server of espmint')),
    );
  }
}

/** Arguments of pg_ctl that start the server at a free port and wait until it answers or has ended. */
export async function startArguments(
  cluster: string,
  logFile: string,
  settings: Readonly<Record<string, string | number>>,
): Promise<string[]> {
  const options = Object.entries({ ...settings, port: await freePort() })
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
  const waiting = ['-w', '-t', String(START_TIMEOUT_S)];
  return ['start', '-D', cluster, '-l', logFile, ...waiting, '-o', options];
}

/** Connections are cut, everything committed is kept. Returns when it is gone, or after 20 s. */
export async function stopByPgCtl(home: ServerHome, cluster: string, binaries: Binaries): Promise<void> {
  await run(
    programPath(binaries, 'pg_ctl'),
    ['stop', '-D', cluster, '-m', 'fast', '-w', '-t', String(STOP_TIMEOUT_S)],
    { account: home.account, cwd: home.path, timeoutMs: (STOP_TIMEOUT_S + 10) * 1000 },
  );
}

/** A new password for `initdb`, in a file that only lives as long as `use` takes. */
export async function withPasswordFile<T>(
  home: ServerHome,
  use: (file: string, password: string) => Promise<T>,
): Promise<T> {
  const password = randomBytes(PASSWORD_BYTES).toString('hex');
  const file = join(home.path, `initdb-${randomBytes(4).toString('hex')}`);
  try {
    await replaceOwnFile(file, password);
    if (home.account !== undefined) await chown(file, home.account.uid, home.account.gid);
    return await use(file, password);
  } finally {
    await rm(file, { force: true });
  }
}

/** As makeRoles, over a connection: `postgres --single` refuses an administrator, whom pg_ctl may run it for. */
export async function makeRolesOnLoopback(
  home: ServerHome,
  cluster: string,
  options: { readonly binaries: Binaries; readonly superPassword: string },
): Promise<Ran> {
  const { binaries, superPassword } = options;
  const logFile = join(home.path, 'server.log');
  const args = await startArguments(cluster, logFile, serverSettings(home, binaries));
  const started = await run(programPath(binaries, 'pg_ctl'), args, {
    account: home.account,
    cwd: home.path,
    timeoutMs: (START_TIMEOUT_S + 10) * 1000,
    isOutputLeft: true,
  });
  if (started.exitCode !== 0) return { ...started, output: await readFile(logFile, 'utf8').catch(() => '') };
  try {
    const password = randomBytes(PASSWORD_BYTES).toString('hex');
    await replaceOwnFile(join(cluster, PASSWORD_FILE), password);
    const running = await loopbackConnection({ ...home, cluster });
    const client = new pg.Client({
      ...running,
      user: SUPERUSER,
      database: 'postgres',
      password: superPassword,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      for (const statement of statementsFor(home, cluster, password)) await client.query(statement);
    } finally {
      await client.end().catch(() => undefined);
    }
    return { exitCode: 0, output: '' };
  } catch (error) {
    return { exitCode: undefined, output: shortReason(error) };
  } finally {
    await stopByPgCtl(home, cluster, binaries);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, HOST, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
