// The reference pages that are made from the code, so that they cannot say anything else.
import type { Command, Option } from 'commander';
import { PassThrough } from 'node:stream';
import { CATALOG, EXIT, WARNINGS, type ErrorCode, type WarningCode } from '../core/errors/index.js';
import { CSV_WARNINGS, NVS_FINDINGS } from '../core/nvs/index.js';
import { profileJsonSchema } from '../core/profile/schema.js';
import { openApiFile } from '../service/openapi-file.js';
import { httpApiPage } from '../service/reference.js';
import { rolesPage } from '../service/roles-page.js';
import type { CliIo } from './io.js';
import { formOf, type CodeRow } from './output/code-text.js';
import { buildProgram, COMMAND_NAMES } from './program.js';
import { VERSION } from './version.js';

/** File name under docs/reference and its text. */
export async function generatedDocs(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['cli.md', await cliPage()],
    ['errors.md', errorPage()],
    ['http-api.md', httpApiPage()],
    ['openapi.json', openApiFile(VERSION)],
    ['roles.md', rolesPage()],
    ['profile.schema.json', `${JSON.stringify(profileJsonSchema(), null, 2)}\n`],
  ]);
}

const EXIT_MEANING: Record<keyof typeof EXIT, string> = {
  ok: 'all went well',
  internal: 'espmint met something it does not handle',
  input: 'the command, a file or a value is wrong: change it and run again',
  link: 'the port or the link to the board failed',
  board: 'the chip or the board refused, or is not the one expected',
  registry: 'the registry or the local state could not be read or written',
  proof: 'what was written is not what the chip holds',
  cancelled: 'stopped by the user',
};

function errorPage(): string {
  const exits = Object.entries(EXIT_MEANING).map(
    ([name, meaning]) => `| ${EXIT[name as keyof typeof EXIT]} | ${meaning} |`,
  );
  const codes = (Object.keys(CATALOG) as ErrorCode[]).sort();
  return [
    '# Errors, warnings and exit codes',
    '',
    'Made from the table of codes by `npm run docs`. Every failure has a stable code, one sentence and an exit code.',
    '',
    '## Exit codes',
    '',
    '| exit | means |',
    '|---|---|',
    ...exits,
    '',
    '## Codes',
    '',
    'Words in ‹angle quotes› are filled in. "Again" says whether the same request can succeed without a change.',
    '',
    '| code | exit | HTTP | again | sentence |',
    '|---|---|---|---|---|',
    ...codes.map((code) => errorRow(code)),
    '',
    ...warningSections(),
  ].join('\n');
}

function warningSections(): string[] {
  const codes = (Object.keys(WARNINGS) as WarningCode[]).sort();
  return [
    '## Warnings',
    '',
    'A warning ends nothing: the run goes on. Where a failed attempt is followed by another, and where an option turned a refusal',
    'into a warning, the warning has the code of the error.',
    '',
    '| code | sentence |',
    '|---|---|',
    ...codes.map((code) => `| \`${code}\` | ${sentenceOf(WARNINGS[code])} |`),
    '',
    '## Warnings about NVS CSV files',
    '',
    'From `espmint nvs generate`; with `--strict` they are refusals, and `espmint nvs merge` always refuses.',
    '',
    '| code | what is in the file, and what comes of it |',
    '|---|---|',
    ...Object.entries(CSV_WARNINGS).map(([code, text]) => `| \`${code}\` | ${text} |`),
    '',
    '## Findings of `espmint nvs verify`',
    '',
    '| code | | what the device does |',
    '|---|---|---|',
    ...Object.entries(NVS_FINDINGS).map(
      ([code, { severity, consequence }]) => `| \`${code}\` | ${severity} | ${consequence} |`,
    ),
    '',
  ];
}

function errorRow(code: ErrorCode): string {
  const { exit, http, retryable } = CATALOG[code];
  return `| \`${code}\` | ${exit} | ${http} | ${retryable ? 'yes' : 'no'} | ${sentenceOf(CATALOG[code])} |`;
}

function sentenceOf(row: CodeRow): string {
  const { problem, next } = formOf(row);
  return `${problem}; ${next}.`.replaceAll('|', '\\|');
}

async function cliPage(): Promise<string> {
  const program = await buildProgram(silentIo(), COMMAND_NAMES);
  const sections = program.commands.flatMap((command) => commandSections(command, 'espmint'));
  return [
    '# Commands',
    '',
    'Made from the program by `npm run docs`. Options of every command:',
    '',
    ...optionTable(program.options),
    ...sections,
  ].join('\n');
}

function commandSections(command: Command, parent: string): string[] {
  const name = `${parent} ${command.name()}`;
  const args = command.registeredArguments.map((argument) => {
    const text = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? ` <${text}>` : ` [${text}]`;
  });
  if (command.commands.length > 0) {
    return [
      `## ${name}`,
      '',
      `${command.description()}.`,
      '',
      ...optionTable(command.options),
      ...command.commands.flatMap((child) => commandSections(child, name)),
    ];
  }
  return [
    `${parent === 'espmint' ? '##' : '###'} ${name}${args.join('')}`,
    '',
    `${command.description()}.`,
    '',
    ...optionTable(command.options),
  ];
}

function optionTable(options: readonly Option[]): string[] {
  if (options.length === 0) return [];
  const rows = options.map(({ flags, description, argChoices, defaultValue, mandatory }) => {
    const choices = argChoices === undefined ? '' : ` (${argChoices.join(', ')})`;
    const fallback = defaultValue === undefined ? '' : `; default ${String(defaultValue)}`;
    const required = mandatory && defaultValue === undefined ? '; required' : '';
    return `| \`${flags.replaceAll('|', '\\|')}\` | ${description}${choices}${fallback}${required} |`;
  });
  return ['| option | |', '|---|---|', ...rows, ''];
}

/** Says nothing and hears nothing: for looking at commands without running them. */
export function silentIo(): CliIo {
  const nothing = (): void => undefined;
  return {
    stdout: nothing,
    drained: () => Promise.resolve(),
    stderr: nothing,
    stdin: new PassThrough(),
    env: {},
    interactive: false,
    columns: 80,
    outputColumns: Infinity,
    signal: new AbortController().signal,
    setExitCode: nothing,
  };
}
