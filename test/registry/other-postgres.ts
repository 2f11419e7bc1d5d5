// The PostgreSQL that this machine's distribution brings, as a second major version beside the embedded one.
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Set by a test run: the folder to use. */
export const OTHER_POSTGRES = 'ESPMINT_TEST_OTHER_POSTGRES';

/** Folder of its programs; a path that does not exist when there is none. */
export function otherPostgresBin(): string {
  const given = process.env[OTHER_POSTGRES];
  if (given !== undefined) return given;
  const installed = '/usr/lib/postgresql';
  const versions = existsSync(installed) ? readdirSync(installed).sort() : [];
  const folders = [
    ...versions.map((version) => join(installed, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  const found = folders.filter(
    (folder) => existsSync(join(folder, 'postgres')) && existsSync(join(folder, 'initdb')),
  );
  return found.at(-1) ?? '/usr/lib/postgresql/any/bin';
}
