// Makes PostgreSQL's data directory: complete or not at all, whoever crashes and however many try at once.
import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import { codeOf, renamePatiently } from '../../files/index.js';
import { readAccountFile, removeAccountTree } from './account-files.js';
import { type Binaries, programPath } from './binaries.js';
import type { ServerHome } from './home.js';
import { makeRolesOnLoopback, withPasswordFile } from './loopback.js';
import { isAlive } from './processes.js';
import { hasRoles, makeRoles, renewRoles, SUPERUSER } from './roles.js';
import { run } from './run.js';
import { removeStaleLocks } from './server-process.js';

const INITDB_TIMEOUT_MS = 120_000;
const DRAFT = /^cluster\.draft-(\d+)-[0-9a-f]+$/;
const WAIT_FOR_MAKER_MS = 25;

/**
 * Makes the cluster unless there is one, checks that these programs can run it, and that nobody gets into it with more
 * rights than espmint needs.
 *
 * @returns false while another process is at work in it: look again before a server is started
 * @throws EMBEDDED_OTHER_MAJOR, EMBEDDED_START_FAILED, DISK_FULL
 */
export async function ensureCluster(
  home: ServerHome,
  binaries: Binaries,
  signal?: AbortSignal,
): Promise<boolean> {
  let found = await clusterMajor(home);
  while (found === undefined) {
    // Correctness comes from the rename below; waiting for somebody who is at it already only saves his work's double.
    if (await somebodyIsMaking(home)) await new Promise((resolve) => setTimeout(resolve, WAIT_FOR_MAKER_MS));
    else await makeCluster(home, binaries, signal);
    if (signal?.aborted === true) throw new EspmintError('CANCELLED', { what: 'Opening the registry' });
    found = await clusterMajor(home);
  }
  if (found !== String(binaries.major)) {
    throw new EspmintError('EMBEDDED_OTHER_MAJOR', {
      path: home.cluster,
      found,
      ours: String(binaries.major),
    });
  }
  if (await hasRoles(home)) return true;
  const renewed = await renewRoles(home, { binaries, signal });
  if (renewed.kind === 'failed') throw failure(home, 'postgres --single', renewed.output);
  if (renewed.kind === 'held') await removeStaleLocks(home);
  return renewed.kind === 'done';
}

/** The version of a cluster whose server may be started as it is; undefined where something is to be done first. */
export async function readyMajor(home: ServerHome): Promise<number | undefined> {
  const major = Number(await clusterMajor(home));
  return major > 0 && (await hasRoles(home)) ? major : undefined;
}

async function clusterMajor(home: ServerHome): Promise<string | undefined> {
  return (await readAccountFile(join(home.cluster, 'PG_VERSION')))?.trim();
}

/** Also removes what a maker that died has left. */
async function somebodyIsMaking(home: ServerHome): Promise<boolean> {
  let making = false;
  for (const name of await readdir(home.path)) {
    const pid = Number(DRAFT.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid)) continue;
    if (pid === process.pid) continue;
    if (isAlive(pid) || (await isFresh(join(home.path, name)))) making = true;
    else await removeAccountTree(join(home.path, name), home.account);
  }
  return making;
}

/** Its maker may run in another container, where its process id says nothing to us. */
async function isFresh(draft: string): Promise<boolean> {
  const found = await stat(draft).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  return found !== undefined && Math.abs(Date.now() - found.mtimeMs) < DRAFT_FRESH_MS;
}
/** initdb makes folders in it all the time. */
const DRAFT_FRESH_MS = 10_000;

async function makeCluster(home: ServerHome, binaries: Binaries, signal?: AbortSignal): Promise<void> {
  const draft = join(home.path, `cluster.draft-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    if (home.isOnLoopback) {
      await withPasswordFile(home, async (file, superPassword) => {
        await initialize(home, { binaries, signal }, [...initdbArguments(draft), ...byPassword(file)]);
        const roles = await makeRolesOnLoopback(home, draft, { binaries, superPassword });
        if (roles.exitCode !== 0) throw failure(home, 'postgres', roles.output);
      });
    } else {
      await initialize(home, { binaries, signal }, [...initdbArguments(draft), '--auth-host=reject']);
      const roles = await makeRoles(home, draft, { binaries, signal });
      if (roles.exitCode !== 0) throw failure(home, 'postgres --single', roles.output);
    }
    await renamePatiently(draft, home.cluster).catch(async (error: unknown) => {
      // Somebody else's cluster stands there already: use that one.
      if ((await clusterMajor(home)) === undefined) throw error;
    });
  } finally {
    await removeAccountTree(draft, home.account);
  }
}

async function initialize(
  home: ServerHome,
  { binaries, signal }: { readonly binaries: Binaries; readonly signal?: AbortSignal | undefined },
  args: readonly string[],
): Promise<void> {
  const ran = await run(programPath(binaries, 'initdb'), args, {
    account: home.account,
    cwd: home.path,
    timeoutMs: INITDB_TIMEOUT_MS,
    signal,
  });
  if (ran.exitCode !== 0) throw failure(home, 'initdb', ran.output);
}

const byPassword = (file: string): string[] => ['--auth-host=scram-sha-256', `--pwfile=${file}`];

/** Who gets through the socket's folder is let in by the rules that stand in roles.ts; the network is not listened to. */
function initdbArguments(folder: string): string[] {
  return [
    `--pgdata=${folder}`,
    `--username=${SUPERUSER}`,
    '--auth-local=reject',
    '--encoding=UTF8',
    '--locale=C',
    '--data-checksums',
    '--no-instructions',
  ];
}

function failure(home: ServerHome, program: string, output: string): EspmintError {
  if (/no space left|disk quota/i.test(output)) return new EspmintError('DISK_FULL', { where: home.path });
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const telling =
    lines.find((line) => /error|fatal|cannot|could not/i.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  const reason = `${program}: ${telling.trim()}`;
  return new EspmintError('EMBEDDED_START_FAILED', { path: home.path, reason });
}
