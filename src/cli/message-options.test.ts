// What a message advises can be typed: every option that any text of the program names is one that a command has.
import { readdirSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { silentIo } from '../../test/support/cli-io.js';
import { wrongCommandsIn } from '../../test/support/named-commands.js';
import { buildProgram, COMMAND_NAMES } from './program.js';

/** Files whose options are those of other programs, which they start. */
const OTHER_PROGRAMS = /src\/(driver\/esptool-cli\/esptool-board|registry\/embedded\/(cluster|roles))\.ts$/;
/** Options that are no option of a command: those of commander itself, and of programs that a message tells to call. */
const ALWAYS = ['--help', '--version', '--username', '--pgdata', '--upgrade'];

const optionsOf = (command: Command): string[] => [
  ...command.options.flatMap(({ long }) => long ?? []),
  ...command.commands.flatMap(optionsOf),
];

function namedIn(source: string): readonly string[] {
  return textsIn(source).flatMap((text) => text.match(/(?<![\w-])--[a-z][a-z0-9]*(?:-[a-z0-9]+)*/g) ?? []);
}

/** String literals, with their quotes: not comments, not code. */
function textsIn(source: string): readonly string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
  return code.match(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g) ?? [];
}

/** Files of a layer whose commands are there. */
const isReachable = (file: string): boolean => COMMAND_NAMES.includes('wifi') || !/wifi/.test(file);

describe('a message', () => {
  it('names no option that no command has', async () => {
    const known = new Set([...ALWAYS, ...optionsOf(await buildProgram(silentIo(), COMMAND_NAMES))]);
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .map((file) => `src/${file}`)
      .filter(
        (file) =>
          file.endsWith('.ts') &&
          !/\.test\.ts$|src\/web\/|\/stubs\//.test(file) &&
          !OTHER_PROGRAMS.test(file) &&
          isReachable(file),
      );
    const unknown = files.flatMap((file) =>
      namedIn(readFileSync(file, 'utf8'))
        .filter((name) => !known.has(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(files.length).toBeGreaterThan(200);
    expect(unknown).toEqual([]);
  }, 60_000);

  it('names no command that the program lacks, and no option that this command lacks', async () => {
    const program = await buildProgram(silentIo(), COMMAND_NAMES);
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
      (file) => /\.tsx?$/.test(file) && !/\.test\.ts$|^virtual\/firmware|\/stubs\//.test(file),
    );
    const wrong = files.flatMap((file) =>
      textsIn(readFileSync(`src/${file}`, 'utf8'))
        .flatMap((text) => wrongCommandsIn(text.slice(1, -1).replaceAll(/\\?["`]/g, '"'), program))
        .map((fault) => `${file}: ${fault}`),
    );
    expect(wrong).toEqual([]);
  }, 60_000);

  it('with an unknown command or option would be found out', async () => {
    const program = await buildProgram(silentIo(), COMMAND_NAMES);
    const text = 'see "espmint devices show MAC --json", `espmint devices --jason` or "espmint devics show"';
    expect(wrongCommandsIn(text, program)).toEqual([
      '`espmint devices --jason: no --jason',
      '"espmint devics show: no such command',
    ]);
    expect(wrongCommandsIn('run espmint db backup --fast, then wait', program)).toHaveLength(1);
    expect(wrongCommandsIn('espmint is stopping', program)).toEqual([]);
  });

  it('would be found out', () => {
    expect(namedIn("next: () => 'start it without --no-virtual', // not --this one")).toEqual([
      '--no-virtual',
    ]);
  });
});
