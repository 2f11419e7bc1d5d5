// The help: what must be given is marked, and each example is a command line that the program takes.
import { describe, expect, it } from 'vitest';
import { refusalOf, shellWords } from '../../test/support/parse-only.js';
import { runInProcess } from '../../test/support/cli-in-process.js';
import { EXAMPLES } from './examples.js';
import { COMMAND_NAMES } from './program.js';

const examples = Object.entries(EXAMPLES).flatMap(([path, lines]) =>
  lines.map((line) => [line, path] as const),
);

describe('the help', () => {
  it('has one or two examples for each command', () => {
    const counts = COMMAND_NAMES.map((name) => [name, EXAMPLES[name]?.length ?? 0] as const);
    expect(counts.filter(([, count]) => count < 1 || count > 2)).toEqual([]);
  });

  it.each(examples)('shows %s, which can be run', async (line, path) => {
    const [, command = ''] = /\bespmint ([^|)]*)/.exec(line) ?? [];
    expect(command.trim().split(' ').slice(0, path.split(' ').length).join(' ').startsWith(path)).toBe(true);
    expect(await refusalOf(shellWords(command.trim()))).toBeUndefined();
    const help = await runInProcess([...path.split(' '), '--help']);
    expect(help.stdout).toContain(`Examples:\n`);
    expect(help.stdout).toContain(`  ${line}\n`);
  });

  it('marks the options that must be given, and no others', async () => {
    const { stdout } = await runInProcess(['batch', 'create', '--help']);
    const marked = stdout
      .replaceAll(/\n {10,}/g, ' ')
      .split('\n')
      .filter((line) => line.includes('(required)'));
    expect(marked.map((line) => /--\w+/.exec(line)?.[0])).toEqual(['--profile', '--quantity']);
  });
});
