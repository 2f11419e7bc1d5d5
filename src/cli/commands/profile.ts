// `espmint profile init|check`: a commented profile to begin with, and what is wrong with one.
import { Command } from 'commander';
import { EXIT } from '../../core/errors/index.js';
import { checkProfile } from '../../core/profile/parse.js';
import { PROFILE_EXAMPLE } from '../../core/profile/example.js';
import { profileJsonSchema } from '../../core/profile/schema.js';
import { createFile, readTextFile } from '../../files/index.js';
import { jsonLine, type CliIo } from '../io.js';

export function profileCommand(io: CliIo): Command {
  const profile = new Command('profile');
  profile
    .command('init')
    .description('write a commented profile (never over an existing file)')
    .argument('[file]', 'name of the new file', 'espmint.yaml')
    .action(async (file: string) => {
      await createFile(file, PROFILE_EXAMPLE);
      io.stderr(`Wrote ${file}; edit it, then run \`espmint profile check ${file}\`.\n`);
    });
  profile
    .command('check')
    .description('say what is wrong with a profile, with line and column')
    .argument('<file>')
    .option('--json', 'print JSON Lines: one finding a line, then the result')
    .action(async (file: string, options: { json?: boolean }) => check(io, file, options.json === true));
  profile
    .command('schema')
    .description('print the JSON Schema of a profile, for editors')
    .action(() => io.stdout(`${JSON.stringify(profileJsonSchema(), null, 2)}\n`));
  return profile;
}

async function check(io: CliIo, file: string, json: boolean): Promise<void> {
  const result = checkProfile(await readTextFile(file));
  const findings = 'findings' in result ? result.findings : [];
  for (const { line, column, path, reason } of findings) {
    if (json) io.stdout(jsonLine({ type: 'finding', file, line, column, path, reason }));
    else io.stdout(`${file}:${line}:${column}: ${path === '' ? 'the profile' : path} ${reason}\n`);
  }
  if (json) io.stdout(jsonLine({ type: 'result', ok: findings.length === 0, file }));
  else if ('profile' in result)
    io.stdout(`${file}: ${result.profile.name}, version ${result.profile.version}: ok\n`);
  if (findings.length > 0) io.setExitCode(EXIT.input);
}
