// `espmint help`: commands, codes and pages, each as it is written where it stands; a slip gets the nearest topics.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runInProcess } from '../../../test/support/cli-in-process.js';
import { CATALOG, WARNINGS } from '../../core/errors/index.js';
import { CSV_WARNINGS, NVS_FINDINGS } from '../../core/nvs/index.js';
import { COMMAND_NAMES } from '../program.js';

const help = (...words: string[]): ReturnType<typeof runInProcess> => runInProcess(['help', ...words]);

describe('espmint help', () => {
  it('without a word is the help of the program', async () => {
    const { code, stdout } = await help();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: espmint /);
    for (const name of COMMAND_NAMES) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  it.each(['identity', 'devices list', 'nvs generate'])('%s is its --help', async (line) => {
    const words = line.split(' ');
    const asked = await help(...words);
    const { stdout } = await runInProcess([...words, '--help']);
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect(asked.stdout.startsWith(stdout)).toBe(true);
  });

  it('of a command names the pages that have its name, and they can be printed', async () => {
    expect((await help('nvs')).stdout).toMatch(
      /\nMore:\n {2}espmint help guides\/nvs\n {2}espmint help reference\/nvs\n$/,
    );
    expect((await help('reference/nvs')).stdout).toBe(readFileSync('docs/reference/nvs.md', 'utf8'));
  });

  it('topics lists pages with their titles, and prints each of them', async () => {
    const { stdout, code } = await help('topics');
    expect(code).toBe(0);
    const rows = stdout.trimEnd().split('\n').slice(1);
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) {
      const [, topic = '', title = ''] = /^(\S+) +(\S.*)$/.exec(row) ?? [];
      const page = await help(topic);
      expect(page).toMatchObject({ code: 0, stderr: '' });
      expect(page.stdout.startsWith(`# ${title}\n`), topic).toBe(true);
      expect(COMMAND_NAMES).not.toContain(topic);
    }
  });

  it('of a code tells problem, advice and exit code, in any case of letters', async () => {
    const asked = await help('port_busy');
    const row = CATALOG.PORT_BUSY;
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect(asked.stdout).toMatch(/^PORT_BUSY\n\nProblem: {5}.*‹port›.*\.\nWhat to do: {2}\S.*\.\n/);
    expect(asked.stdout).toContain(`Exit code ${String(row.exit)}, HTTP status ${String(row.http)}.`);
  });

  it('explains every code that espmint can print', async () => {
    for (const code of [CATALOG, WARNINGS, CSV_WARNINGS, NVS_FINDINGS].flatMap((table) =>
      Object.keys(table),
    )) {
      const asked = await help(code);
      expect(asked).toMatchObject({ code: 0, stderr: '' });
      expect(asked.stdout.startsWith(`${code}\n\n`), code).toBe(true);
      expect(asked.stdout.slice(code.length)).not.toMatch(/undefined|NaN|\[object/);
    }
  });

  it.each([
    ['lables', '"espmint help labels"'],
    ['PORT_BUSSY', '"espmint help PORT_BUSY"'],
    ['provison', '"espmint help provision"'],
    ['trouble', '"espmint help troubleshooting"'],
    ['devices lst', '"devices lst" is no command, topic or code'],
    ['../../package', '"espmint help topics" lists the guides'],
  ])('%s is a slip: one sentence with what was meant, exit 2', async (line, sentence) => {
    const run = await help(...line.split(' '));
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(/^espmint: [^\n]*\[INPUT_INVALID\]\n$/);
    expect(run.stderr).toContain(sentence);
  });
});
