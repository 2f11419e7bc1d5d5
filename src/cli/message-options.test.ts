// What a message advises can be typed: every option that any text of the program names is one that a command has.
import { readdirSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { silentIo } from '../../test/support/cli-io.js';
import { buildProgram, COMMAND_NAMES } from './program.js';

/** Files whose options are those of other programs, which they start. */
const OTHER_PROGRAMS = /src\/(driver\/esptool-cli\/esptool-board|registry\/embedded\/(cluster|roles))\.ts$/;
/** Options that are no option of a command: those of commander itself, and of programs that a message tells to call. */
const ALWAYS = ['--help', '--version', '--username', '--pgdata', '--upgrade'];

const optionsOf = (command: Command): string[] => [
  ...command.options.flatMap(({ long }) => long ?? []),
  ...command.commands.flatMap(optionsOf),
];

/** In text only, not in comments or code. */
function namedIn(source: string): readonly string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
  const texts = code.match(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g) ?? [];
  return texts.flatMap((text) => text.match(/(?<![\w-])--[a-z][a-z0-9]*(?:-[a-z0-9]+)*/g) ?? []);
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

  it('would be found out', () => {
    expect(namedIn("next: () => 'start it without --no-virtual', // not --this one")).toEqual([
      '--no-virtual',
    ]);
  });
});
