// Builds dist/ from src/: TypeScript first, then the files that the compiler does not carry, then the dashboard, each of
// its files beside a compressed one.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const CARRIED = /\.(sql)$/;
const COMPRESSED = /\.(js|css|html|json|svg)$/;

const tsc = join(root, 'node_modules/typescript/bin/tsc');
if (!existsSync(join(root, 'dist/cli/main.js'))) rmSync(join(root, 'dist'), { recursive: true, force: true });
const compiled = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

for (const file of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
  if (CARRIED.test(file)) cpSync(join(root, 'src', file), join(root, 'dist', file));
}

const vite = join(root, 'node_modules/vite/bin/vite.js');
const page = ['build', '--config', join(root, 'src/web/vite.config.ts'), '--logLevel', 'warn'];
const bundled = spawnSync(process.execPath, [vite, ...page], { stdio: 'inherit' });
if (bundled.status !== 0) process.exit(bundled.status ?? 1);

const web = join(root, 'dist/web');
for (const file of readdirSync(web, { recursive: true, encoding: 'utf8' })) {
  if (!COMPRESSED.test(file)) continue;
  writeFileSync(join(web, `${file}.gz`), gzipSync(readFileSync(join(web, file)), { level: 9 }));
}
