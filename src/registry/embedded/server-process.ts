// Starts and stops the server process of one home. Who may do so and when is decided in presence.ts.
import { spawn } from 'node:child_process';
import { type FileHandle, lstat, readlink, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EspmintError } from '../../core/errors/index.js';
import { openAccountLog, readAccountFile } from './account-files.js';
import { type Binaries, findBinaries, programPath } from './binaries.js';
import type { ServerHome } from './home.js';
import { commandOf, isAlive } from './processes.js';
import { run, serverEnvironment } from './run.js';
import { startArguments, stopByPgCtl } from './loopback.js';
import { serverArguments, serverSettings, SOCKET_PORT } from './settings.js';

/** A log beyond this size starts anew with the next server. */
const LOG_MAX_BYTES = 1_000_000;
const STOP_TIMEOUT_MS = 20_000;
const POLL_MS = 10;
const BY_HAND = { cwd: '/', timeoutMs: 10_000 };
/** A server that is starting writes its lock at once; one that is empty for so long was left by a crash. */
const EMPTY_LOCK_MS = 3000;

/** A server process that was started and may still be on its way up. */
export interface Starting {
  /** Undefined while it runs; what ended it, once it has ended. */
  ended(): Promise<Ended | undefined>;
}

/**
 * `lost`: another server holds the data directory, which is as good as our own; or ours was killed, or was stopped in
 * good order by a process that entered it before us and left as the last. Either way: look again.
 */
type Ended = { readonly kind: 'lost' } | { readonly kind: 'failed'; readonly error: EspmintError };

/**
 * Starts `postgres`, free of this process: it outlives us if we crash, and the next espmint finds it running.
 * Two starts at once are settled by PostgreSQL's own postmaster.pid: one of them ends as `lost`.
 */
export async function startServer(home: ServerHome, binaries: Binaries): Promise<Starting> {
  const { log, from } = await openLog(home);
  let exited = false;
  let wasStopped = false;
  let failure: Error | undefined;
  try {
    const [program, args] = home.isOnLoopback
      ? ([
          'pg_ctl',
          await startArguments(home.cluster, home.logFile, serverSettings(home, binaries)),
        ] as const)
      : (['postgres', serverArguments(home, binaries)] as const);
    const child = spawn(programPath(binaries, program), args, {
      cwd: home.path,
      env: serverEnvironment(),
      // On Windows it would have no console then, and make a window for one. pg_ctl's server outlives us anyway.
      detached: process.platform !== 'win32',
      stdio: home.isOnLoopback ? 'ignore' : ['ignore', log.fd, log.fd],
      windowsHide: true,
      ...(home.account ?? {}),
    });
    child.on('exit', (code, signal) => {
      exited = true;
      wasStopped = code === 0 || signal !== null;
    });
    child.on('error', (error) => {
      failure = error;
      exited = true;
    });
    child.unref();
  } finally {
    await log.close();
  }
  return {
    async ended() {
      if (!exited) return undefined;
      if (wasStopped) return { kind: 'lost' };
      return judgeEnd(home, failure?.message ?? (await tailOf(home.logFile, from)));
    },
  };
}

/** @returns with the size from which on the log tells of this start */
async function openLog({ logFile, account }: ServerHome): Promise<{ log: FileHandle; from: number }> {
  const log = await openAccountLog(logFile, account);
  const { size } = await log.stat();
  if (size <= LOG_MAX_BYTES) return { log, from: size };
  await log.truncate();
  return { log, from: 0 };
}

async function tailOf(logFile: string, fromBytes: number): Promise<string> {
  const text = (await readAccountFile(logFile).catch(() => undefined)) ?? '';
  return Buffer.from(text).subarray(fromBytes).toString('utf8');
}

async function judgeEnd(home: ServerHome, said: string): Promise<Ended> {
  // Another program was quicker at the port that was free: another one is chosen.
  if (/could not create any TCP\/IP sockets/.test(said)) return { kind: 'lost' };
  // Before the locks: a full disk is met first where they are written.
  if (/no space left on device|disk quota/i.test(said)) return diskFull(home);
  if (/(?<!could not (?:create|write) )lock file "|pre-existing shared memory block/.test(said)) {
    await removeStaleLocks(home);
    return { kind: 'lost' };
  }
  const fatal = said.split('\n').findLast((line) => /FATAL|PANIC|ERROR|cannot|could not/.test(line));
  const reason = (fatal ?? said.trim().split('\n').at(-1) ?? '')
    .replace(/^.*?(FATAL|PANIC|ERROR):\s*/, '')
    .trim();
  // The log lies on the same disk: where that is full, it cannot say so.
  if (fatal === undefined && (await isDiskFull(home.path))) return diskFull(home);
  const details = {
    path: home.cluster,
    reason: reason === '' ? 'it ended at once' : reason,
    log: home.logFile,
  };
  return { kind: 'failed', error: new EspmintError('EMBEDDED_START_FAILED', details) };
}

function diskFull({ path }: ServerHome): Ended {
  return { kind: 'failed', error: new EspmintError('DISK_FULL', { where: path }) };
}

async function isDiskFull(path: string): Promise<boolean> {
  const disk = await statfs(path).catch(() => undefined);
  return disk !== undefined && disk.blocks > 0 && disk.bavail === 0;
}

/**
 * PostgreSQL tidies the lock of a process that is gone. It cannot when the id was given to another process since, as
 * happens after a reboot or in a new container, nor when a crash left the file empty: such locks are removed here.
 */
export async function removeStaleLocks(home: ServerHome): Promise<void> {
  for (const file of [
    join(home.cluster, 'postmaster.pid'),
    join(home.socketDir, `.s.PGSQL.${SOCKET_PORT}.lock`),
  ]) {
    const found = await lstat(file).catch(() => undefined);
    const text = await readAccountFile(file).catch(() => undefined);
    if (found === undefined || text === undefined) continue;
    const stale = text.trim() === '' ? Date.now() - found.mtimeMs > EMPTY_LOCK_MS : await isForeign(text);
    if (stale) await removeIfUnchanged(file, text);
  }
}

/** Whether the process named in a lock is alive and something else than a server. */
async function isForeign(lock: string): Promise<boolean> {
  const pid = Number(lock.split('\n', 1)[0]);
  if (!(pid > 0) || !isAlive(pid)) return false;
  const command = await commandOf(pid);
  return command !== undefined && !command.includes('postgres');
}

/** Removes by renaming first: a lock that somebody renewed in between is put back, well before its owner looks. */
async function removeIfUnchanged(file: string, expected: string): Promise<void> {
  const aside = `${file}.stale-${process.pid}`;
  await rename(file, aside).catch(() => undefined);
  const moved = await readAccountFile(aside).catch(() => undefined);
  if (moved === undefined) return;
  if (moved === expected) await rm(aside, { force: true });
  else await rename(aside, file);
}

/**
 * Stops the server fast: connections are cut, everything committed is kept. Only for the holder of the exclusive
 * presence lock. The server's account may write anything into postmaster.pid, and a server in another container has an id
 * that means another process here: the one that is signalled must be the server of this very folder, and it is signalled
 * by the account. Returns when it is gone, or after 20 s.
 */
export async function stopServer(
  home: ServerHome,
  programs = (): Promise<Binaries> => findBinaries(home.account, home.spareDir),
): Promise<void> {
  if (home.isOnLoopback) return stopByPgCtl(home, home.cluster, await programs());
  const text = (await readAccountFile(join(home.cluster, 'postmaster.pid'))) ?? '';
  const pid = Number(text.split('\n', 1)[0]);
  if (!Number.isSafeInteger(pid) || pid <= 1) return;
  if (!(await isServerOf(home, pid))) return;
  if (home.account === undefined) process.kill(pid, 'SIGINT');
  else await run('sh', ['-c', 'kill -INT "$1"', 'sh', String(pid)], { ...BY_HAND, account: home.account });
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while (isAlive(pid) && performance.now() < deadline) await sleep(POLL_MS);
}

/** By its command line, or by its working folder, which stays right where the data directory was moved. */
async function isServerOf({ cluster }: ServerHome, pid: number): Promise<boolean> {
  const command = await commandOf(pid);
  if (command?.includes('postgres') !== true) return false;
  return (
    command.includes(` -D ${cluster} -c `) ||
    (await readlink(`/proc/${pid}/cwd`).catch(() => undefined)) === cluster
  );
}
