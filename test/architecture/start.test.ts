// What a start of the program loads, as counts of modules: figures that do not depend on the machine.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/core/errors/index.js';
import { ROOT } from '../support/reference-tools.js';

/** Writes each ES module that is loaded to standard error, from the loader's own thread. */
const HOOK = `
import { writeSync } from 'node:fs';
export function load(url, context, next) {
  writeSync(2, 'loaded ' + url + '\\n');
  return next(url, context);
}`;
/** The account's home in these starts, so that no compiled code of a test stays in the real one. */
const ENV_HOME = 'ESPMINT_TEST_HOME';
/**
 * Writes each CommonJS module too, and what is asked of V8 and of Node's cache of compiled code, which Node 20 does not have.
 */
const PRELOAD = `
const { writeSync } = require('node:fs');
const Module = require('node:module');
const os = require('node:os');
const { pathToFileURL } = require('node:url');
const note = (text) => writeSync(2, text + '\\n');
require('node:v8').setFlagsFromString = (flag) => note('asked ' + flag);
const { uid } = os.userInfo();
os.userInfo = () => ({ uid, username: 'tester', homedir: process.env.${ENV_HOME} });
Module.enableCompileCache = (folder) => note('asked compile cache in ' + folder);
const load = Module._load;
const seen = new Set();
Module._load = function (request, parent, isMain) {
  const name = Module._resolveFilename(request, parent, isMain);
  const isBuiltin = Module.isBuiltin(name);
  if (!seen.has(name)) note('loaded ' + (isBuiltin ? 'node:' + name.replace('node:', '') : pathToFileURL(name).href));
  seen.add(name);
  return load.call(this, request, parent, isMain);
};
Module.register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(HOOK)}));`;

/** Their options name what virtual boards and Wi-Fi clients can do. */
const WITH_PARTS = ['virtual', 'wifi'];

const folder = mkdtempSync(join(tmpdir(), 'espmint-start-'));
const preload = join(folder, 'preload.cjs');
writeFileSync(preload, PRELOAD);
const home = join(folder, 'home');
mkdirSync(home);
const CACHE = `compile cache in ${join(home, '.cache/espmint')}`;
afterAll(() => rmSync(folder, { recursive: true }));

function startOf(args: readonly string[], status = 0): { loaded: string[]; asked: string[] } {
  const run = spawnSync(process.execPath, ['--require', preload, join(ROOT, 'bin/espmint.js'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, [ENV_HOME]: home },
  });
  expect(run.status).toBe(status);
  const noted = (verb: string): string[] =>
    [...run.stderr.matchAll(new RegExp(`^${verb} (.+)`, 'gm'))].map(([, what = '']) => what);
  return { loaded: noted('loaded'), asked: noted('asked') };
}

/** Of our own bundles: what is read and compiled. */
const bytesOf = (loaded: readonly string[]): number =>
  ours(loaded).reduce((sum, url) => sum + statSync(new URL(url)).size, 0);
const ours = (loaded: readonly string[]): string[] => loaded.filter((url) => url.startsWith('file:'));
const packagesOf = (loaded: readonly string[]): string[] =>
  loaded.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);

describe('a start of the program', () => {
  it('tells its version with three files, and shows its help with no command', () => {
    const version = startOf(['--version']);
    expect(version.asked).toEqual([CACHE]);
    expect(ours(version.loaded).map((url) => url.replace(/.*\/(\w+)\b.*/, '$1'))).toEqual([
      'espmint',
      'main',
      'version',
    ]);
    const help = startOf(['--help']).loaded;
    expect(packagesOf(help)).toEqual([]);
    expect(ours(help).length).toBeLessThan(7);
  });

  it.each([
    {
      args: ['identity', 'a4:cf:12:34:56:78'],
      most: 9,
      mostBytes: 140_000,
      without: ['node:child_process', 'node:crypto', 'node:fs/promises', 'node:readline'],
    },
    {
      args: ['nvs', 'generate', join(ROOT, 'examples/nvs/none.csv'), 'x.bin', '0x6000'],
      most: 17,
      mostBytes: 300_000,
      without: ['node:child_process', 'node:crypto'],
    },
  ])('makes $args.0 with few files of its own and no package', ({ args, most, mostBytes, without }) => {
    const { loaded } = startOf(args, args[0] === 'nvs' ? EXIT.input : 0);
    expect(packagesOf(loaded)).toEqual([]);
    expect(ours(loaded).length).toBeLessThan(most);
    expect(bytesOf(loaded)).toBeLessThan(mostBytes);
    expect(loaded.filter((url) => without.includes(url))).toEqual([]);
  });

  it('keeps no compiled code in a folder that others can write', () => {
    const own = join(home, '.cache/espmint');
    expect(startOf(['--version']).asked).toEqual([CACHE]);
    expect(statSync(own).mode & 0o777).toBe(0o700);
    for (const open of [own, join(home, '.cache'), home]) {
      const { mode } = statSync(open);
      chmodSync(open, 0o777);
      expect(startOf(['--version']).asked, open).toEqual([]);
      chmodSync(open, mode);
    }
  });

  it
    .skipIf(process.platform !== 'linux')
    .each(['--version', '--help', 'nvs --help', 'identity a4:cf:12:34:56:78'])(
    'fails where nobody can be told what %s says',
    (args) => {
      const full = openSync('/dev/full', 'w');
      const program = [join(ROOT, 'bin/espmint.js'), ...args.split(' ')];
      const run = spawnSync(process.execPath, program, { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
      closeSync(full);
      expect(run.status).toBe(EXIT.input);
      expect(run.stderr).toContain('The file standard output cannot be written (the disk is full)');
    },
  );

  it('defines every command without the parts that do its work: a help waits for none of them', () => {
    const program = join(ROOT, 'dist/cli/program.js');
    const script = `const { buildProgram, COMMAND_NAMES } = await import(${JSON.stringify(pathToFileURL(program).href)});
      await buildProgram({}, COMMAND_NAMES.filter((name) => !${JSON.stringify(WITH_PARTS)}.includes(name)));`;
    const run = spawnSync(process.execPath, ['--require', preload, '--input-type=module', '--eval', script], {
      encoding: 'utf8',
    });
    expect(run.status).toBe(0);
    const loaded = [...run.stderr.matchAll(/^loaded (\S+)/gm)].map(([, url = '']) => url);
    expect(loaded.length).toBeGreaterThan(50);
    expect(
      loaded.filter((url) =>
        /dist\/(registry|driver|provision|station|service|wifi|virtual)\/(index|open|start)\.js/.test(url),
      ),
    ).toEqual([]);
    const heavy = [
      'pg',
      'serialport',
      'fastify',
      'pino',
      'pdfkit',
      'fontkit',
      'prom-client',
      '@noble/ciphers',
    ];
    expect(packagesOf(loaded).filter((name) => heavy.includes(name))).toEqual([]);
  });

  const ELSEWHERE = ['@noble/curves', 'fastify', 'pdfkit', 'pino', 'serialport', 'yaml', 'zod'];
  it.each([
    {
      what: 'a board by flags, whose key goes to a file',
      args: ['provision', '--registry', 'none', '--keys-to', join(folder, 'keys.jsonl')].concat([
        '--data-dir',
        folder,
        '--ca-url',
        'https://ca.example.com',
        '--port',
        'tcp://127.0.0.1:1',
      ]),
      status: EXIT.link,
      without: [...ELSEWHERE, 're2js', 'pg', 'pg-copy-streams'],
    },
    { what: 'a list of devices', args: ['devices', 'list', '--help'], status: 0, without: ELSEWHERE },
    {
      what: 'a service, up to where it may listen,',
      args: ['serve', '--host', '192.0.2.1', '--registry', 'none', '--data-dir', folder].concat([
        '--keys-to',
        join(folder, 'keys.jsonl'),
      ]),
      status: EXIT.input,
      // Those of labels, reports, metrics and profiles.
      without: ['fontkit', 'pdfkit', 'prom-client', 'yaml'],
    },
    { what: 'virtual boards', args: ['virtual', '--help'], status: 0, without: ['pg', 'yaml', 'zod'] },
  ])('loads only what $what is made with', ({ args, status, without }) => {
    const { loaded, asked } = startOf(args, status);
    expect(packagesOf(loaded).filter((name) => without.includes(name))).toEqual([]);
    const isLasting = args[0] === 'serve';
    // A heap that grows as far as what lives in it (bench/memory.ts).
    const frugal = ['--semi-space-growth-factor=1', '--heap-growing-percent=30'];
    expect(asked).toEqual([CACHE, ...(isLasting ? frugal : [])]);
    expect(ours(loaded).length).toBeLessThan(isLasting ? 370 : 60);
  });
});
