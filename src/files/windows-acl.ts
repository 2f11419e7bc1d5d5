// Private on Windows: an access list of this user and the system alone, set and then read again by icacls, which is part of
// Windows. Where that fails nothing is claimed: the user gets a warning, and goes on.
import { userInfo } from 'node:os';
import { join, resolve, sep } from 'node:path';

/** LocalSystem, in every language of Windows. */
const SYSTEM_SID = '*S-1-5-18';
const ICACLS_TIMEOUT_MS = 10_000;
/** `HOST\me:(OI)(CI)(F)` ends a line for each entry, with (I) in it where it comes from the folder above. */
const ENTRY = /:((?:\([A-Z,]+\))+)\s*$/gm;
/** The user and the system; one where the user is the system. */
const MOST_ENTRIES = 2;

type Tell = (warning: string) => void;
const toProcess: Tell = (warning) => process.emitWarning(warning, 'NotPrivateWarning');
let tell = toProcess;
const readableByOthers = new Set<string>();
/** What is made in them inherits their rights, whatever those are. */
const doneFolders = new Set<string>();

/** Called, with one sentence, for a file that could not be made private. Undefined: Node's own warnings. */
export function tellWhatIsNotPrivate(listener: Tell | undefined): void {
  tell = listener ?? toProcess;
}

/** Whether nothing is known against what was made private by this process. */
export const isPrivate = (path: string): boolean =>
  !readableByOthers.has(path) && !isIn(readableByOthers, path);

const isIn = (folders: ReadonlySet<string>, path: string): boolean =>
  [...folders].some((folder) => resolve(path).startsWith(resolve(folder) + sep));

/**
 * Takes from a new file or folder what it inherits, and gives this user and the system all rights; what is made in the
 * folder later inherits that. Does nothing elsewhere than on Windows, and never throws.
 *
 * @param name what it will be called, for a draft that is moved there
 */
export async function restrictToUser(path: string, kind: 'file' | 'folder', name = path): Promise<void> {
  if (process.platform !== 'win32' || isIn(doneFolders, path)) return;
  if (kind === 'folder') doneFolders.add(path);
  const rights = kind === 'folder' ? '(OI)(CI)F' : 'F';
  const grants = [`${accountName()}:${rights}`, `${SYSTEM_SID}:${rights}`];
  const set = await icacls([path, '/inheritance:r', '/grant:r', ...grants]);
  const reason = set.failure ?? whyOpen(await icacls([path]));
  if (reason === undefined) return;
  readableByOthers.add(name);
  const what = kind === 'folder' ? 'The folder' : 'The file';
  tell(
    `${what} ${name} could not be made private (${reason}): other users of this computer may be able to read it; ` +
      'keep it where only you get in.',
  );
}

/** With its domain, where there is one: a user of this computer may have the same name. */
function accountName(): string {
  const { username } = userInfo();
  const domain = process.env['USERDOMAIN'] ?? '';
  return domain === '' ? username : `${domain}\\${username}`;
}

function whyOpen({ failure, output }: Said): string | undefined {
  if (failure !== undefined) return failure;
  const entries = [...output.matchAll(ENTRY)].map(([, rights = '']) => rights);
  if (entries.length === 0) return 'icacls lists no rights of it';
  if (entries.length > MOST_ENTRIES || entries.some((rights) => rights.includes('(I)')))
    return 'icacls lists rights of others';
  return undefined;
}

interface Said {
  readonly failure?: string;
  readonly output: string;
}

/** By its full path: a folder on PATH may hold another program of that name. */
function icacls(args: readonly string[]): Promise<Said> {
  const windows = process.env['SystemRoot'] ?? 'C:\\Windows';
  const program = join(windows, 'System32', 'icacls.exe');
  // Loaded here: every command loads this file.
  const { spawn } = process.getBuiltinModule('node:child_process');
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(program, args, {
      env: { SystemRoot: windows },
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
      timeout: ICACLS_TIMEOUT_MS,
    });
    child.stdout.setEncoding('latin1').on('data', (text: string) => (output += text));
    child.on('error', (error) => {
      resolve({ failure: `icacls does not run: ${error.message}`, output });
    });
    child.on('close', (code) => {
      resolve(code === 0 ? { output } : { failure: `icacls ended with ${code ?? 'a signal'}`, output });
    });
  });
}
