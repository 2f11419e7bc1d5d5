// Completion scripts, asked as the shells ask them.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess } from '../../../test/support/cli-in-process.js';
import { SHELLS } from './scripts.js';

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'espmint-completion-'));
  for (const shell of SHELLS) {
    const { code, stdout } = await runInProcess(['completion', shell]);
    expect(code).toBe(0);
    writeFileSync(join(folder, `espmint.${shell}`), stdout);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;
const CASES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['espmint dev', ['devices'], ['db']],
  ['espmint devices ', ['list', 'export', 'reveal'], ['devices', 'provision']],
  ['espmint --data-dir devices dev', ['devices'], ['list']],
  ['espmint devices list --li', ['--limit'], ['--quantity']],
  ['espmint devices list --dat', ['--data-dir'], ['--limit']],
  ['espmint --secrets ', ['sealed', 'plain'], ['devices']],
  ['espmint completion ', ['bash', 'zsh', 'fish'], ['devices']],
  ['espmint help tro', ['troubleshooting'], ['bash']],
  ['espmint help prov', ['provision'], ['--port']],
  ['espmint batch create --quantity 3 --prof', ['--profile'], ['--quantity']],
];

describe.skipIf(!has('bash'))('completion in bash', () => {
  it.each(CASES)('of "%s" offers %j, not %j', (line, wanted, unwanted) => {
    const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _espmint; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const args = ['--norc', '-u', '-c', script, 'bash', join(folder, 'espmint.bash'), ...line.split(' ')];
    const offered = execFileSync('bash', args, { encoding: 'utf8' }).trim().split('\n');
    expect(offered).toEqual(expect.arrayContaining([...wanted]));
    for (const word of unwanted) expect(offered).not.toContain(word);
  });

  it('is set up for espmint, with files where nothing is known', () => {
    const script = 'source "$1"; complete -p espmint';
    const out = execFileSync('bash', ['--norc', '-c', script, 'bash', join(folder, 'espmint.bash')]);
    expect(String(out).trim()).toBe('complete -o default -F _espmint espmint');
  });
});

describe.skipIf(!has('fish'))('completion in fish', () => {
  it.each(CASES)('of "%s" offers %j, not %j', (line, wanted, unwanted) => {
    const script = `source ${join(folder, 'espmint.fish')}; complete -C '${line}'`;
    const env = { ...process.env, HOME: folder };
    const offered = execFileSync('fish', ['--no-config', '-c', script], { encoding: 'utf8', env })
      .split('\n')
      .map((text) => text.split('\t')[0]);
    expect(offered).toEqual(expect.arrayContaining([...wanted]));
    for (const word of unwanted) expect(offered).not.toContain(word);
  });
});

describe.skipIf(!has('zsh'))('completion in zsh', () => {
  it.each(CASES)('of "%s" offers %j, not %j', (line, wanted, unwanted) => {
    const script = `compdef() { }; source "$1"; shift; words=("$@"); CURRENT=$#
      compadd() { shift; print -l -- "$@"; }; _files() { print files; }; _espmint`;
    const args = ['-f', '-c', script, 'zsh', join(folder, 'espmint.zsh'), ...line.split(' ')];
    const typed = line.split(' ').at(-1) ?? '';
    // compadd itself leaves out what does not begin with the typed word.
    const all = execFileSync('zsh', args, { encoding: 'utf8' }).trim().split('\n');
    const offered = all.filter((word) => word.startsWith(typed));
    expect(offered).toEqual(expect.arrayContaining([...wanted]));
    for (const word of unwanted) expect(offered).not.toContain(word);
  });
});
