// Whose a folder of the spool, of `work`, or of a service is: one process writes to it, and says all the time that it lives.
//
// The folder holds `owner.json`, whose time of change is the heartbeat. A process that is seen to be gone, because its id
// is free or was given to another one, leaves its folder at once. Where that cannot be seen (it ran in another container
// or on another computer) the folder is free when the heartbeat has stopped for a while. A process that only slept finds
// out with its next append that its folder is not its own any more: see log.ts.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { constants, copyFile, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EspmintError } from '../../core/errors/index.js';
import { codeOf, makePrivateDir, pidNamespace, PRIVATE_FILE, toWriteError } from '../../files/index.js';
import { isAlive } from '../embedded/processes.js';

const OWNER_FILE = 'owner.json';
const HEARTBEAT_MS = 5_000;
/** Six heartbeats. */
const LEASE_MS = 30_000;

/** What tells a process from every other one, as far as the system says; an empty text is unknown. */
export interface Owner {
  readonly host: string;
  /** Of this start of the computer. */
  readonly boot: string;
  /** In which process ids are counted: a container has its own. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** Clock ticks since the boot: ids are given again. */
  readonly startedTicks: string;
}

export function thisProcess(): Owner {
  return {
    host: hostname(),
    boot: textOf('/proc/sys/kernel/random/boot_id'),
    pidNamespace: pidNamespace(),
    pid: process.pid,
    startedTicks: startOf(process.pid),
  };
}

const ownerText = (): string => `${JSON.stringify(thisProcess())}\n`;

export async function writeOwner(folder: string): Promise<void> {
  const how = { mode: PRIVATE_FILE, flag: 'wx', flush: true };
  await writeFile(join(folder, OWNER_FILE), ownerText(), how);
}

/** Heartbeats of a folder until the returned function is called. They keep no process running. */
export function beginHeartbeat(folder: string): () => void {
  const timer = setInterval(() => {
    const now = new Date();
    // A folder that was taken over meanwhile has no use for it.
    utimes(join(folder, OWNER_FILE), now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Folders of this very process that `ownFolder` gave it. */
const OWN = new Set<string>();
const LOOK_AGAIN_MS = 1_000;
/** Far longer than moving one file aside and back. */
const TAKE_OVER_MS = 100;

/**
 * Makes a folder of the data directory that stays this process's own until the returned function is called, or it dies.
 * One whose owner cannot be seen (a container that was made anew) is waited for until its heartbeat has stopped.
 *
 * @param what has it, for the message: `An espmint serve`
 * @throws DATA_DIR_UNUSABLE where another process has it; FILE_UNWRITABLE, DISK_FULL
 */
export async function ownFolder(dataDir: string, name: string, what: string): Promise<() => Promise<void>> {
  const folder = join(dataDir, name);
  const file = join(folder, OWNER_FILE);
  await makePrivateDir(folder);
  const deadline = performance.now() + LEASE_MS + HEARTBEAT_MS;
  for (;;) {
    const held = await readFile(file, 'utf8').catch(() => undefined);
    const state = await ownerState(folder, OWN.has(folder));
    if (state === 'gone') {
      if (held !== undefined) await removeOwner(file, held);
      try {
        await writeOwner(folder);
        OWN.add(folder);
        // Others who saw the dead owner too may just have this one aside: then it may become another's.
        if (held === undefined || (await isStillOwn(file))) break;
        OWN.delete(folder);
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw toWriteError(file, error);
      }
    } else if (state === 'alive' || performance.now() > deadline) {
      const { pid, host } = parseOwner(held ?? '') ?? {};
      const reason = `${what} uses it: process ${pid ?? 'unknown'} on ${host ?? 'another computer'}; stop that one first`;
      throw new EspmintError('DATA_DIR_UNUSABLE', { path: dataDir, reason });
    }
    await sleep(LOOK_AGAIN_MS);
  }
  const endHeartbeat = beginHeartbeat(folder);
  return async () => {
    endHeartbeat();
    OWN.delete(folder);
    await rm(file, { force: true }).catch(() => undefined);
  };
}

/** Whether this process has it when all who wanted it with this one are done. */
async function isStillOwn(file: string): Promise<boolean> {
  await sleep(TAKE_OVER_MS);
  return (await readFile(file, 'utf8').catch(() => '')) === ownerText();
}

/** Of a process that is gone; one that another process has written meanwhile is put back, unless a third has it now. */
async function removeOwner(file: string, held: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw toWriteError(file, error);
  }
  if ((await readFile(aside, 'utf8')) !== held)
    await copyFile(aside, file, constants.COPYFILE_EXCL).catch(() => undefined);
  await rm(aside, { force: true });
}

/**
 * Whether nobody writes to this folder any more. In doubt somebody does.
 *
 * @param isOpenHere what counts for a folder of this very process
 */
export async function isAbandoned(folder: string, isOpenHere: boolean): Promise<boolean> {
  return (await ownerState(folder, isOpenHere)) === 'gone';
}

async function ownerState(folder: string, isOpenHere: boolean): Promise<Liveness> {
  const file = join(folder, OWNER_FILE);
  try {
    const { mtimeMs } = await stat(file);
    const isSilent = Math.abs(Date.now() - mtimeMs) > LEASE_MS;
    const owner = parseOwner(await readFile(file, 'utf8'));
    const state = owner === undefined ? 'unknown' : stateOf(owner, isOpenHere);
    return state === 'unknown' && isSilent ? 'gone' : state;
  } catch (error) {
    // A folder has had this file since before it bore its name: somebody removed it.
    return codeOf(error) === 'ENOENT' ? 'gone' : 'unknown';
  }
}

function stateOf(owner: Owner, isOpenHere: boolean): Liveness {
  const { host, boot, pidNamespace: namespace, pid, startedTicks } = owner;
  const here = thisProcess();
  if (JSON.stringify(owner) === JSON.stringify(here)) return isOpenHere ? 'alive' : 'gone';
  if (host !== here.host) return 'unknown';
  if (boot !== here.boot) return boot === '' || here.boot === '' ? 'unknown' : 'gone';
  if (namespace !== here.pidNamespace) return 'unknown';
  if (!isAlive(pid)) return 'gone';
  const started = startOf(pid);
  if (started === '' || startedTicks === '') return 'unknown';
  return started === startedTicks ? 'alive' : 'gone';
}

type Liveness = 'alive' | 'gone' | 'unknown';

function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Owner;
    return Number.isSafeInteger(owner.pid) && owner.pid > 0 ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** proc(5): the 22nd field; the second one may hold spaces and brackets. */
function startOf(pid: number): string {
  const text = textOf(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
