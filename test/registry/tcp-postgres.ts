// A PostgreSQL server on the network, as a user has one: passwords, TLS if wanted, and it can be stopped and started.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { appendFileSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';

/** Root may not run it: then it runs as the account of the distribution's package. */
export function serverAccount(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const row = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'postgres' || name === 'nobody');
  return { uid: Number(row?.[2]), gid: Number(row?.[3]) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export interface TcpPostgres {
  readonly port: number;
  /** With user `owner`, who may make databases. */
  url(database: string): string;
  /** One statement; in the database `postgres`, where none is named. */
  sql(statement: string, database?: string): Promise<void>;
  /** Unless it runs. */
  start(): Promise<void>;
  /** At once, as a power cut would. */
  kill(): Promise<void>;
}

const PASSWORD = 'a password';

/** Makes and starts one in `folder`, which must be reachable for everybody. */
export async function makeTcpPostgres(binDir: string, folder: string, settings = ''): Promise<TcpPostgres> {
  const account = serverAccount();
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, PASSWORD);
  const data = join(folder, 'data');
  const made = spawnSync(
    join(binDir, 'initdb'),
    [
      `--pgdata=${data}`,
      '-U',
      'owner',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--locale=C',
      '--encoding=UTF8',
      '--no-sync',
    ],
    { encoding: 'utf8', cwd: folder, ...account },
  );
  if (made.status !== 0) throw new Error(made.stderr);
  appendFileSync(
    join(data, 'postgresql.conf'),
    `listen_addresses = '127.0.0.1'\nport = ${port}\nunix_socket_directories = ''\nshared_buffers = 16MB\nfsync = off\n${settings}\n`,
  );
  let process_: ChildProcess | undefined;
  const url = (database: string) =>
    `postgresql://owner:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${database}`;

  async function sql(statement: string, database = 'postgres'): Promise<void> {
    const client = new pg.Client({ connectionString: url(database) });
    client.on('error', () => undefined);
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }

  async function start(): Promise<void> {
    if (process_ !== undefined) return;
    process_ = spawn(join(binDir, 'postgres'), ['-D', data], { stdio: 'ignore', cwd: folder, ...account });
    for (let tries = 0; ; tries++) {
      try {
        await sql('select 1');
        return;
      } catch (error) {
        if (tries > 400) throw error;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
  }

  async function kill(): Promise<void> {
    const running = process_;
    process_ = undefined;
    if (running === undefined) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    // SIGQUIT of a postmaster is its immediate shutdown: no checkpoint, children cut off, recovery at the next start.
    running.kill('SIGQUIT');
    await ended;
  }

  await start();
  return { port, url, sql, start, kill };
}
