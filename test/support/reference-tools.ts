// Where the reference tools are, and what happens to a test when one of them is missing.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Python of the prepared venv: `python -m esptool`, `python -m esp_idf_nvs_partition_gen`. */
export const PYTHON = `${ROOT}.cache/venv/${process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python'}`;

/**
 * Whether a reference tool is installed. Missing: false and a warning on a developer's computer; an exception under
 * `CI=true`, where a test that silently does not run would be taken for one that passed.
 */
export function toolAvailable(name: string, path: string): boolean {
  if (existsSync(path)) return true;
  const message = `${name} is missing (${path}): run \`node scripts/prepare.mjs\``;
  if (process.env['CI'] === 'true') throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return false;
}
