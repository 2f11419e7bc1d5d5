// `npm run soak -- NAME [options]`: campaigns that run for minutes; each is a file in test/soak.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { prepare } from './install.mjs';

const folder = fileURLToPath(new URL('../test/soak/', import.meta.url));
const [name, ...args] = process.argv.slice(2);
const names = readdirSync(folder).flatMap((file) => (isCampaign(file) ? [file.slice(0, -4)] : []));
if (!names.includes(name)) {
  console.error(`usage: npm run soak -- NAME; there are: ${names.join(', ')}`);
  process.exit(2);
}
prepare('soak');
process.exit(
  spawnSync(process.execPath, [`${folder}${name}.mjs`, ...args], { stdio: 'inherit' }).status ?? 1,
);

/** Others beside them are loaded into the processes of a campaign. */
function isCampaign(file) {
  return file.endsWith('.mjs') && readFileSync(`${folder}${file}`, 'utf8').startsWith('// `npm run soak -- ');
}
