// The folder that the embedded server lives in: where it is, who owns it, what is in it.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lchown, lstat, mkdir, open, readlink, realpath, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import {
  PRIVATE_DIR,
  codeOf,
  makePrivateDir,
  readPrivateFile,
  reasonOf,
  replaceOwnFile,
} from '../../files/index.js';
import { changeableByOthers } from './account-files.js';
import { type Account, firstObstacle, serverAccount } from './account.js';
import { sha256Hex } from '../../core/digest.js';

/** Places and owner of one embedded server. */
export interface ServerHome {
  /** Belongs to the server's account, 0700; everything below is inside it. */
  readonly path: string;
  /** PostgreSQL's own data directory; appears complete or not at all. */
  readonly cluster: string;
  /** Holds the socket, 0700: who can reach it is trusted. */
  readonly socketDir: string;
  readonly logFile: string;
  /** Where a copy of the programs may be put: belongs to us, so that the account cannot exchange what we copy. */
  readonly spareDir: string;
  /** Reached by a port of 127.0.0.1 instead of a socket: Windows. */
  readonly isOnLoopback: boolean;
  /** Undefined: the server runs as ourselves. */
  readonly account: Account | undefined;
}

/** Where clusters of root go when the data directory lies behind a folder that the server's account cannot enter. */
const ELSEWHERE = '/var/lib/espmint/clusters';

/** sockaddr_un.sun_path holds 108 bytes on Linux, 104 on macOS and BSD, each with its final zero. */
const SOCKET_PATH_MAX_BYTES = process.platform === 'linux' ? 107 : 103;
/** The longest name that PostgreSQL makes in the socket folder. */
const SOCKET_NAME = '/.s.PGSQL.65535.lock';

/**
 * Makes the home of the server of this data directory, or finds it.
 *
 * @throws DATA_DIR_UNUSABLE
 */
export async function openHome(
  dataDir: string,
  isOnLoopback = process.platform === 'win32',
): Promise<ServerHome> {
  try {
    const { path, account } = await placeHome(await realpath(dataDir));
    const socketDir = isOnLoopback ? path : await placeSocketDir(path, account);
    const spareDir = account === undefined ? path : dirname(path);
    const [cluster, logFile] = [join(path, 'cluster'), join(path, 'server.log')];
    return { path, cluster, socketDir, logFile, spareDir, isOnLoopback, account };
  } catch (error) {
    if (isEspmintError(error)) throw error;
    throw new EspmintError('DATA_DIR_UNUSABLE', { path: dataDir, reason: reasonOf(error) });
  }
}

async function placeHome(dataDir: string): Promise<{ path: string; account: Account | undefined }> {
  const near = join(dataDir, 'postgres');
  const pointed = await ownLinkAt(near);
  const account = await serverAccount(pointed === '' ? near : pointed);
  if (account === undefined) {
    await makePrivateDir(near);
    return { path: near, account };
  }
  if (pointed === '' && (await openWayTo(dataDir, account)))
    return { path: await give(near, account), account };
  const far = pointed === '' ? await choosePlaceElsewhere(near) : pointed;
  await requireRootsOwn(ELSEWHERE);
  await claimPlace(far, dataDir);
  return { path: await give(far, account), account };
}

/**
 * A copy of the data directory has the link and not what is behind it: both would work with one database. So the place
 * says, beside it and where only root may write, whose it is. A directory that was moved is not there any more.
 *
 * @throws EMBEDDED_SHARED
 */
async function claimPlace(far: string, dataDir: string): Promise<void> {
  const note = `${far}.data-dir`;
  const owner = await readPrivateFile(note);
  if (owner === dataDir) return;
  if (owner !== undefined && (await leadsTo(join(owner, 'postgres'), far)) && !(await isSame(owner, dataDir)))
    throw new EspmintError('EMBEDDED_SHARED', {
      path: dataDir,
      from: owner,
      place: far,
      link: join(dataDir, 'postgres'),
    });
  await replaceOwnFile(note, dataDir);
}

async function leadsTo(link: string, target: string): Promise<boolean> {
  try {
    return (await readlink(link)) === target;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EINVAL'].includes(codeOf(error) ?? '')) return false;
    throw error;
  }
}

/** One folder under two paths, as a mount makes it. */
async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => stat(path, { bigint: true })));
  return a?.dev === b?.dev && a?.ino === b?.ino;
}

/**
 * Where our own link leads that choosePlaceElsewhere has left; empty where there is none. Any other link is refused: the
 * superuser would give its target to the server's account.
 */
async function ownLinkAt(near: string): Promise<string> {
  const found = await lstat(near).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found?.isSymbolicLink() !== true) return '';
  const target = await readlink(near);
  if (found.uid === process.getuid?.() && dirname(target) === ELSEWHERE) return target;
  throw unusable(near, `it is a link that espmint has not made, to ${target}`);
}

/**
 * Whether the account can get into the data directory. A private directory of root's own is opened for passing through,
 * by the account's group alone; what stands above it is left as it is.
 */
async function openWayTo(dataDir: string, account: Account): Promise<boolean> {
  const obstacle = await firstObstacle(dataDir, account);
  if (obstacle === undefined) return true;
  // The folder that is looked at is the one that is opened.
  const folder = await open(dataDir, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const { uid, mode } = await folder.stat();
    if (obstacle !== dataDir || uid !== 0 || (mode & 0o077) !== 0) {
      // Another process may have opened the way between the two looks.
      return (await firstObstacle(dataDir, account)) === undefined;
    }
    await folder.chown(0, account.gid);
    await folder.chmod(PRIVATE_DIR | 0o010);
    return true;
  } finally {
    await folder.close();
  }
}

/** Leaves a link to a new place; of several processes at once the first one's link holds. */
async function choosePlaceElsewhere(near: string): Promise<string> {
  await mkdir(ELSEWHERE, { recursive: true, mode: 0o711 });
  try {
    await symlink(join(ELSEWHERE, randomBytes(8).toString('hex')), near);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  return ownLinkAt(near);
}

/** What root keeps under a folder that another user may change, that user could exchange. @throws DATA_DIR_UNUSABLE */
async function requireRootsOwn(path: string): Promise<void> {
  const changeable = await changeableByOthers(path);
  if (changeable === undefined) return;
  throw unusable(
    changeable,
    "another user than root may change it, and root's databases are to lie under it",
  );
}

/** A private folder that belongs to the account. What stands there must be a folder of ours or of the account's. */
async function give(path: string, account: Account): Promise<string> {
  await mkdir(path, { mode: PRIVATE_DIR }).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
  // The folder that is looked at is the one that is given away, and never one behind a link.
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(
    (error: unknown) => {
      const isOther = ['ELOOP', 'ENOTDIR'].includes(codeOf(error) ?? '');
      throw isOther ? unusable(path, 'it is a link or a file where a folder is wanted') : error;
    },
  );
  try {
    const { uid, mode } = await folder.stat();
    if (uid !== account.uid && uid !== process.getuid?.())
      throw unusable(path, `it belongs to the user ${uid}, not to the server's account ${account.uid}`);
    if ((mode & 0o077) !== 0) await folder.chmod(PRIVATE_DIR);
    await folder.chown(account.uid, account.gid);
  } finally {
    await folder.close();
  }
  return path;
}

function unusable(path: string, reason: string): EspmintError {
  return new EspmintError('DATA_DIR_UNUSABLE', { path, reason });
}

/** `run` in the home, or a folder of a short name in /tmp: every process must find the same one, whatever its TMPDIR. */
async function placeSocketDir(home: string, account: Account | undefined): Promise<string> {
  const near = join(home, 'run');
  const fits = Buffer.byteLength(near + SOCKET_NAME) <= SOCKET_PATH_MAX_BYTES;
  const path = fits ? near : `/tmp/espmint-${sha256Hex(home).slice(0, 16)}`;
  if (account !== undefined && fits) return give(path, account);
  await mkdir(path, { recursive: true, mode: PRIVATE_DIR });
  if (!fits) await claimSharedDir(path, account);
  return path;
}

/** /tmp is everybody's: a folder of that name is used only if it is ours, private, and no link. */
async function claimSharedDir(path: string, account: Account | undefined): Promise<void> {
  const ours = account?.uid ?? process.getuid?.() ?? 0;
  const found = await lstat(path);
  const mayTake =
    found.isDirectory() && (found.mode & 0o077) === 0 && (found.uid === ours || found.uid === 0);
  if (!mayTake) throw unusable(path, 'it belongs to somebody else');
  if (account !== undefined && found.uid === 0) await lchown(path, account.uid, account.gid);
}
