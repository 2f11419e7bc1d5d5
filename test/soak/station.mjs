// `npm run soak -- station --boards 500`: the campaign of station.test.ts with a batch of that size.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { boards: { type: 'string', default: '500' } } });
const root = fileURLToPath(new URL('../..', import.meta.url));
const env = { ...process.env, ESPMINT_SOAK_BOARDS: values.boards };
const args = ['node_modules/vitest/vitest.mjs', 'run', 'test/soak/station.test.ts'];
process.exit(spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1);
