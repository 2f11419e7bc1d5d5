// What a start of the program loads, as counts of modules: figures that do not depend on the machine.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/core/errors/index.js';
import { ROOT } from '../support/reference-tools.js';

/** Writes each module that is loaded to standard error, from the loader's own thread. */
const HOOK = `
import { writeSync } from 'node:fs';
export function load(url, context, next) {
  writeSync(2, 'loaded ' + url + '\\n');
  return next(url, context);
}`;
const dataUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
const REGISTER = dataUrl(
  `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(HOOK))});`,
);

const folder = mkdtempSync(join(tmpdir(), 'espmint-start-'));
afterAll(() => rmSync(folder, { recursive: true }));

function modulesOf(args: readonly string[], status = 0): string[] {
  const run = spawnSync(process.execPath, ['--import', REGISTER, join(ROOT, 'bin/espmint.js'), ...args], {
    encoding: 'utf8',
  });
  expect(run.status).toBe(status);
  return [...run.stderr.matchAll(/^loaded (\S+)/gm)].map(([, url = '']) => url);
}

describe('a start of the program', () => {
  it.each([['--version'], ['--help']])('loads no command for %s', (flag) => {
    const loaded = modulesOf([flag]);
    expect(
      loaded.filter((url) =>
        /\/(provision|registry|driver|service|station)-|node_modules\/(?!commander|@noble\/hashes)/.test(url),
      ),
    ).toEqual([]);
    const ours = loaded.filter((url) => url.startsWith('file:') && !url.includes('node_modules'));
    expect(ours.length).toBeGreaterThan(1);
    expect(ours.length).toBeLessThan(12);
  });

  it('loads neither database nor serial port to make an identity', () => {
    const loaded = modulesOf(['identity', 'a4:cf:12:34:56:78']);
    expect(loaded.filter((url) => /node_modules\/(pg|serialport|fastify|zod|yaml)\//.test(url))).toEqual([]);
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
      without: [...ELSEWHERE, 'pg', 'pg-copy-streams'],
    },
    { what: 'a list of devices', args: ['devices', 'list', '--help'], status: 0, without: ELSEWHERE },
    {
      what: 'a service, up to where it may listen,',
      args: ['serve', '--host', '192.0.2.1', '--registry', 'none', '--data-dir', folder].concat([
        '--keys-to',
        join(folder, 'keys.jsonl'),
      ]),
      status: EXIT.input,
      // Those of labels and reports.
      without: ['fontkit', 'pdfkit'],
    },
    { what: 'virtual boards', args: ['virtual', '--help'], status: 0, without: ['pg', 'yaml', 'zod'] },
  ])('loads only what $what is made with', ({ args, status, without }) => {
    const loaded = modulesOf(args, status);
    const packages = loaded.map((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? '');
    expect(packages.filter((name) => without.includes(name))).toEqual([]);
    if (args[0] !== 'serve') expect(loaded.length).toBeLessThan(110);
  });
});
