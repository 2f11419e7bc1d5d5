// The documentation cannot drift: generated pages equal the code, links lead somewhere, commands that are shown exist.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { performancePage, readWholeRun } from '../../bench/support/performance-page.js';
import { generatedDocs } from '../../src/cli/reference.js';
import { CATALOG, WARNINGS } from '../../src/core/errors/index.js';
import { createApp } from '../../src/service/app.js';
import type { Job } from '../../src/service/contract/index.js';
import { ROOT } from '../support/reference-tools.js';
import { buildProgram, COMMAND_NAMES } from '../../src/cli/program.js';
import { silentIo } from '../support/cli-io.js';
import { wrongCommandsIn } from '../support/named-commands.js';
import { refusalOf, shellWords } from '../support/parse-only.js';
import { createBench } from '../support/service-bench.js';

const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const generated = await generatedDocs();
const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

describe('the documentation', () => {
  it.each([...generated])('%s is what `npm run docs` makes', (name, text) => {
    expect(read(join('docs/reference', name))).toBe(text);
  });

  it('performance.md and its pictures are what the figures of the last whole run make', () => {
    const { markdown, pictures } = performancePage(readWholeRun(join(ROOT, 'bench/results/one-run')));
    expect(read('docs/reference/performance.md')).toBe(markdown);
    for (const [name, svg] of pictures) expect(read(join('docs/images', name))).toBe(svg);
  });

  it.each(pages)('%s only links to what is there', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([]);
  });

  it.each(pages)('%s only shows commands that espmint has', (page) => {
    const known = [...(generated.get('cli.md') ?? '').matchAll(/^#+ espmint (\S+)/gm)].map(
      ([, name]) => name,
    );
    const inline = [...read(page).matchAll(/`espmint ([a-z]+)[^`]*`/g)];
    const fenced = read(page)
      .split('```')
      .filter((_, index) => index % 2 === 1)
      .join('\n');
    const lines = [...fenced.matchAll(/^ *(?:\$ )?(?:espmint|node bin\/espmint\.js) ([a-z]+)\b/gm)];
    const shown = page === 'docs/reference/cli.md' ? [] : [...inline, ...lines].map(([, name]) => name);
    expect(shown.filter((name) => !known.includes(name))).toEqual([]);
  });

  it.each(pages)('%s names only commands, and options of theirs, that there are', async (page) => {
    const program = await buildProgram(silentIo(), COMMAND_NAMES);
    const inline = [
      ...read(page)
        .replaceAll(/```[^]*?```/g, '')
        .matchAll(/`(espmint [^`]+)`/g),
    ];
    expect(inline.flatMap(([, text = '']) => wrongCommandsIn(`"${text}"`, program))).toEqual([]);
  });

  it.each(pages)('%s names only options that some command has', (page) => {
    if (
      /reference\/(driver|registry|reliability|virtual-chip|nvs|library)\.md|CHANGELOG|ARCHITECTURE/.test(
        page,
      )
    )
      return;
    const known = [...(generated.get('cli.md') ?? '').matchAll(/--[a-z][a-z0-9-]*/g)].map(([name]) => name);
    const text = read(page).replaceAll(/```[^]*?```/g, '');
    const inline = [...text.matchAll(/`(--[a-z][a-z0-9-]*)/g)].map(([, name = '']) => name);
    expect(inline.filter((name) => !known.includes(name))).toEqual([]);
  });

  it.each(pages)('%s shows command lines that the program takes, options and all', async (page) => {
    const fenced = read(page)
      .split('```')
      .filter((_, index) => index % 2 === 1)
      .join('\n')
      .replaceAll(/\\\n\s*/g, ' ');
    const lines = [...fenced.matchAll(/^ *(?:\$ )?(?:espmint|node bin\/espmint\.js) ([a-z]+(?: .*)?)$/gm)];
    const refused: string[] = [];
    for (const [, line = ''] of lines) {
      const command = line.replace(/\s+(?:#|[|>]).*$/, '');
      const refusal = await refusalOf(shellWords(command));
      if (refusal !== undefined) refused.push(`${command}: ${refusal}`);
    }
    expect(refused).toEqual([]);
  });

  it('ARCHITECTURE.md names files and folders that there are, and every layer', () => {
    const text = read('ARCHITECTURE.md').replaceAll(/```[^]*?```/g, '');
    const missing: string[] = [];
    for (const line of text.split('\n')) {
      // A bare name, as `baud.ts`, lies in a folder that its line has named before.
      const folders = [ROOT, join(ROOT, 'src')];
      for (const [, name = ''] of line.matchAll(/`([\w.-]+\/[\w./-]*|[\w-]+\.(?:tsx?|sql))`/g)) {
        const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
        if (found === undefined) missing.push(name);
        else folders.push(/\.\w+$/.test(name) ? dirname(found) : found);
      }
    }
    expect(missing).toEqual([]);
    const layers = readdirSync(join(ROOT, 'src')).filter((layer) => !text.includes(`| \`src/${layer}\` |`));
    expect(layers).toEqual([]);
  });

  it('names no error code in backticks that the table does not have', () => {
    // These pages also name constants, the loader's commands and words of SQL, which look the same.
    const others = ['driver', 'library', 'virtual-chip', 'registry-schema'].map(
      (name) => `docs/reference/${name}.md`,
    );
    const codes = pages
      .filter((page) => !others.includes(page))
      .flatMap((page) =>
        [...read(page).matchAll(/`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)`/g)].map(([, code = '']) => code),
      );
    const known: readonly string[] = [...Object.keys(CATALOG), ...Object.keys(WARNINGS)];
    expect(codes.filter((code) => !known.includes(code) && !/^ESP(MINT|_ERR)_/.test(code))).toEqual([]);
  });
});

const hasCurl = ['curl', 'jq', 'bash'].every((tool) => spawnSync(tool, ['--version']).status === 0);
if (!hasCurl)
  process.stderr.write(
    'SKIPPED: the guide to the HTTP API is not run, as curl, jq or bash is not installed.\n',
  );

describe.skipIf(!hasCurl)('the guide to the HTTP API', () => {
  it('provisions a board with the lines that it shows, as they stand there', async () => {
    const bench = await createBench();
    const app = await createApp(bench.parts, { version: '1.2.3', dataDir: bench.dataDir });
    try {
      const url = await app.listen({ port: 0, host: '127.0.0.1' });
      const cwd = mkdtempSync(join(bench.dataDir, 'curl-'));
      const made = (file: string): string => readFileSync(join(cwd, file), 'utf8');
      writeFileSync(join(cwd, 'password.txt'), 'canary-of-maria\n', { mode: 0o600 });
      const blocks = [...read('docs/guides/rest-api.md').matchAll(/```sh\n(.*?)```/gs)].map(
        ([, lines = '']) => lines,
      );
      const shown = blocks.join('\n');
      expect(shown).toContain('http://127.0.0.1:8484');
      const script = [
        `espmint() { '${process.execPath}' '${join(ROOT, 'bin/espmint.js')}' "$@"; }`,
        'espmint users add maria --role admin --password-file password.txt',
        shown.replace('http://127.0.0.1:8484', url),
      ].join('\n');
      const env = { ...process.env, ESPMINT_DATA_DIR: bench.dataDir };
      const run = promisify(execFile);
      const { stdout, stderr } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd, env });
      const job = JSON.parse(made('job.json')) as Job;
      expect(job).toMatchObject({ state: 'passed', profile: { name: 'rest-lamp' } });
      const mac = String(job.mac);
      expect(stdout).toContain(`${job.port} ${mac} passed\n`);
      expect(made('events.txt')).toContain(job.id);
      for (const file of ['devices.json', 'devices.csv']) expect(made(file)).toContain(mac);
      expect(made('metrics.txt')).toContain('espmint_boards_total{result="passed"} 1\n');
      expect(stderr).toContain('404\n');
      expect(JSON.parse(made('error.json'))).toMatchObject({ code: 'DEVICE_UNKNOWN', retryable: false });
      expect(stdout).toContain('"name":"maria"');
      expect(stdout.trimEnd().endsWith('{"ok":true}')).toBe(true);
      expect((await fetch(`${url}/api/v1/ports`)).status).toBe(401);
      expect([stdout, stderr, ...bench.logged].join('\n')).not.toContain('canary-of-maria');
    } finally {
      await app.close();
      await bench.dispose();
    }
  });
});
