// As whom the embedded server runs. PostgreSQL refuses to run as root, so for root it runs as an account without rights.
import { readFile, stat } from 'node:fs/promises';
import { dirname, parse } from 'node:path';
import { codeOf } from '../../files/index.js';

/** A user of a POSIX system to run a process as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** In this order: the account a distribution's PostgreSQL brings, then the one that owns nothing. */
const CANDIDATES = ['postgres', '_postgres', 'nobody'];
const NOBODY: Account = { uid: 65_534, gid: 65_534 };

/**
 * The account to run as, or undefined to run as ourselves (anybody but root). A folder that a server already owns
 * decides: its files stay readable when another candidate appears on the machine.
 */
export async function serverAccount(existingHome: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(existingHome).catch((error: unknown) => {
    // Its files would become another account's.
    if (codeOf(error) !== 'ENOENT') throw error;
    return undefined;
  });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const rows = passwd.split('\n').map((line) => line.split(':'));
  for (const candidate of CANDIDATES) {
    const row = rows.find(([name]) => name === candidate);
    const [uid, gid] = [Number(row?.[2]), Number(row?.[3])];
    if (Number.isInteger(uid) && Number.isInteger(gid) && uid > 0) return { uid, gid };
  }
  return NOBODY;
}

/** Whether the account may search the folder, by its mode bits alone. */
async function maySearch(folder: string, account: Account): Promise<boolean> {
  const { mode, uid, gid } = await stat(folder);
  if (uid === account.uid) return (mode & 0o100) !== 0;
  if (gid === account.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

/** The first folder, from the root down to `path` itself, that the account cannot enter; undefined if it can reach it. */
export async function firstObstacle(path: string, account: Account): Promise<string | undefined> {
  const folders: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    folders.unshift(at);
    if (at === parse(at).root) break;
  }
  for (const folder of folders) {
    if (!(await maySearch(folder, account))) return folder;
  }
  return undefined;
}
