// The folder of `npm run portable` is started from anywhere, by the Node in it and by no other.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
// @ts-expect-error a script without types
import { writeStarters } from '../../scripts/portable.mjs';

const write = writeStarters as (folder: string, system: string) => void;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'espmint portable-'));
  mkdirSync(join(folder, 'node_modules/espmint/bin'), { recursive: true });
  mkdirSync(join(folder, 'elsewhere'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it.skipIf(process.platform === 'win32')('on Linux and macOS, also through links, with all arguments', () => {
  write(folder, 'linux');
  const program = join(folder, 'node_modules/espmint/bin/espmint.js');
  writeFileSync(program, 'console.log(JSON.stringify([process.argv0, ...process.argv.slice(2)]))');
  writeFileSync(join(folder, 'package.json'), '{}');
  symlinkSync(process.execPath, join(folder, 'node'));
  symlinkSync('../espmint', join(folder, 'elsewhere/link'));
  symlinkSync(join(folder, 'elsewhere/link'), join(folder, 'elsewhere/second'));
  // Nothing that a system needs for it but a shell's own tools.
  const env = { PATH: '/usr/bin:/bin' };
  const said = execFileSync(join(folder, 'elsewhere/second'), ['a b', '$HOME'], {
    cwd: '/',
    env,
    encoding: 'utf8',
  });
  expect(JSON.parse(said)).toEqual([join(folder, 'node'), 'a b', '$HOME']);
});

it('on Windows by a command file, and the dashboard by a double click', () => {
  write(folder, 'win');
  const lines = readFileSync(join(folder, 'espmint.cmd'), 'utf8');
  expect(lines).toContain('"%~dp0node.exe" "%~dp0node_modules\\espmint\\bin\\espmint.js" %*\r\n');
  expect(readFileSync(join(folder, 'start-espmint.cmd'), 'utf8')).toContain('if exist "%HERE%node.exe"');
});
