// `npm run soak -- NAME [options]`: campaigns that run for minutes; each is a file in test/soak.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../test/soak/', import.meta.url));
const [name, ...args] = process.argv.slice(2);
if (name === undefined || !existsSync(`${folder}${name}.mjs`)) {
  const names = readdirSync(folder).flatMap((file) => (file.endsWith('.mjs') ? [file.slice(0, -4)] : []));
  console.error(`usage: npm run soak -- NAME; there are: ${names.join(', ')}`);
  process.exit(2);
}
process.exit(
  spawnSync(process.execPath, [`${folder}${name}.mjs`, ...args], { stdio: 'inherit' }).status ?? 1,
);
