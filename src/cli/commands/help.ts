// `espmint help [topic...]`: explains a command, a code or a guide, each from the place where it is written once.
import { Command } from 'commander';
import { CATALOG, WARNINGS, type ErrorCode, type WarningCode } from '../../core/errors/index.js';
import { NVS_FINDINGS } from '../../core/nvs/findings.js';
import { CSV_WARNINGS } from '../../core/nvs/warnings.js';
import { helpPages } from '../help-pages.js';
import type { CliIo } from '../io.js';
import { formOf } from '../output/code-text.js';
import { Table } from '../output/table.js';
import { unknownTopic } from '../arguments/usage.js';

export function helpCommand(io: CliIo): Command {
  return new Command('help')
    .argument(
      '[topic...]',
      'a command, an error code, or a topic; "topics" lists the guides and reference pages',
    )
    .action(async (words: string[], _options: unknown, command: Command) => {
      const program = command.parent;
      if (program === null) throw new Error('the help command stands in no program');
      await explain(words, program, io);
    });
}

async function explain(words: readonly string[], program: Command, io: CliIo): Promise<void> {
  const [first] = words;
  if (first === undefined) {
    program.outputHelp();
    return;
  }
  const code = words.length === 1 ? explainCode(first) : undefined;
  if (code !== undefined) {
    io.stdout(code);
    return;
  }
  const command = commandAt(program, words);
  const names = program.commands.map((one) => one.name());
  if (command !== undefined) command.outputHelp();
  const pages = await helpPages(names);
  if (command !== undefined) {
    const more = pages.filter(({ topic }) => topic.endsWith(`/${first}`));
    if (more.length > 0)
      io.stdout(`\nMore:\n${more.map(({ topic }) => `  espmint help ${topic}\n`).join('')}`);
    return;
  }
  if (words.length === 1 && first === 'topics') {
    new Table(io, ['TOPIC', 'IS ABOUT']).add(pages.map(({ topic, title }) => [topic, title]));
    return;
  }
  const page = words.length === 1 ? pages.find(({ topic }) => topic === first.toLowerCase()) : undefined;
  if (page === undefined)
    throw unknownTopic(words.join(' '), program, [...pages.map(({ topic }) => topic), ...allCodes()]);
  io.stdout(page.text);
}

/** `devices list`: all words must be commands. */
function commandAt(program: Command, words: readonly string[]): Command | undefined {
  let command: Command | undefined = program;
  for (const word of words) command = command?.commands.find((one) => one.name() === word);
  return command;
}

function allCodes(): string[] {
  return [CATALOG, WARNINGS, CSV_WARNINGS, NVS_FINDINGS].flatMap((table) => Object.keys(table));
}

function explainCode(word: string): string | undefined {
  const code = allCodes().find((one) => one.toLowerCase() === word.toLowerCase());
  if (code === undefined) return undefined;
  if (Object.hasOwn(CATALOG, code)) {
    const row = CATALOG[code as ErrorCode];
    const again = row.retryable
      ? 'The same request can succeed later.'
      : 'The same request fails again without a change.';
    return `${problemAndAdvice(code, formOf(row))}${again}\nExit code ${String(row.exit)}, HTTP status ${String(row.http)}.\n`;
  }
  if (Object.hasOwn(WARNINGS, code))
    return `${problemAndAdvice(code, formOf(WARNINGS[code as WarningCode]))}A warning: the run goes on.\n`;
  if (Object.hasOwn(CSV_WARNINGS, code))
    return `${code}\n\n${CSV_WARNINGS[code as keyof typeof CSV_WARNINGS]}\n\nA warning about an NVS CSV file.\n`;
  const { severity, consequence } = NVS_FINDINGS[code as keyof typeof NVS_FINDINGS];
  return `${code}\n\n${consequence}\n\nA finding in an NVS image (${severity}).\n`;
}

function problemAndAdvice(
  code: string,
  { problem, next }: { readonly problem: string; readonly next: string },
): string {
  return `${code}\n\nProblem:     ${problem}.\nWhat to do:  ${next}.\n\nWords in ‹angle quotes› are filled in. `;
}
