// `npm run demo`: from a fresh clone to four provisioned virtual boards. Arguments go to `espmint demo`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
install();
console.log('build: half a minute');
const built = spawnSync(process.execPath, [`${root}scripts/build.mjs`], { stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);
const { main } = await import('../dist/program/main.js');
process.exitCode = await main(['demo', ...process.argv.slice(2)]);
