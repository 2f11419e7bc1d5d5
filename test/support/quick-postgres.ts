// PostgreSQL for test runs: the real programs, with an initdb that does its work once for each set of arguments and then
// copies what it made. It takes a second of processor time, and a run of all tests makes a hundred clusters.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverAccount } from '../../src/registry/embedded/account.js';
import { findBinaries } from '../../src/registry/embedded/binaries.js';
import { browserAvailable } from './browser.js';
import { OTHER_POSTGRES, otherPostgresBin } from '../registry/other-postgres.js';

const MEMORY = '/dev/shm';
const ROOM_BYTES = 4_000_000_000;

/** Who comes while the first one is at it makes his own. */
const initdb = (real: string, templates: string): string => `#!/bin/sh
set -eu
data= key=$(id -u)
for arg; do
  case $arg in
    --pgdata=*) data=\${arg#--pgdata=} ;;
    --pwfile=*) ;;
    *) key="$key $arg" ;;
  esac
done
template="${templates}/$(printf %s "$key" | cksum | tr -d ' ')"
if [ ! -e "$template" ] && mkdir "$template.lock" 2>/dev/null; then
  "${real}/initdb" "$@" "--pgdata=$template.draft" >&2
  mv "$template.draft" "$template"
fi
[ -e "$template" ] || exec "${real}/initdb" "$@"
cp -a "$template" "$data"
`;

/** A folder of programs like that of `real`. */
function quickBin(folder: string, real: string): string {
  const templates = join(folder, 'templates');
  const bin = join(folder, 'bin');
  for (const made of [bin, templates]) mkdirSync(made, { recursive: true });
  // The server's account makes them.
  chmodSync(templates, 0o1777);
  for (const program of ['postgres', 'pg_ctl']) symlinkSync(join(real, program), join(bin, program));
  writeFileSync(join(bin, 'initdb'), initdb(real, templates), { mode: 0o755 });
  return bin;
}

/** Gives tests the folder for temporary files and the PostgreSQL programs by the environment. @returns what removes both */
export default async function setup(): Promise<(() => void) | undefined> {
  if (process.platform === 'win32') return undefined;
  const folder = makeTemporary();
  process.env['TMPDIR'] = folder;
  // Two files that unpack it there at once would start half of it.
  await browserAvailable();
  const { bin } = await findBinaries(await serverAccount(folder), folder);
  process.env['ESPMINT_POSTGRES_BIN'] = quickBin(join(folder, 'shipped'), bin);
  const other = otherPostgresBin();
  if (existsSync(join(other, 'initdb'))) process.env[OTHER_POSTGRES] = quickBin(join(folder, 'other'), other);
  return () => rmSync(folder, { recursive: true, force: true });
}

/** In memory where there is room: a cluster on a disk costs most of its time in the system's calls. */
function makeTemporary(): string {
  // Short names: the path of a socket has a hundred bytes.
  if (existsSync(MEMORY)) {
    const { bavail, bsize } = statfsSync(MEMORY);
    const folder = mkdtempSync(join(MEMORY, 'em-'));
    chmodSync(folder, 0o755);
    if (bavail * bsize > ROOM_BYTES && runsPrograms(folder)) return folder;
    rmSync(folder, { recursive: true });
  }
  const folder = mkdtempSync(join(tmpdir(), 'em-'));
  chmodSync(folder, 0o755);
  return folder;
}

/** Containers often forbid it there. */
function runsPrograms(folder: string): boolean {
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
  return spawnSync(program).status === 0;
}
