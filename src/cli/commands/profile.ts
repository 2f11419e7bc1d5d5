// `espmint profile init|check`: a commented profile to begin with, and what is wrong with one.
import { Command } from 'commander';
import { dirname, resolve } from 'node:path';
import { EXIT, toEspmintError } from '../../core/errors/index.js';
import type { ProfileFinding } from '../../core/profile/parse.js';
import type { Profile } from '../../core/profile/schema.js';
import { createFile, readTextFile } from '../../files/index.js';
import type { CliIo } from '../io.js';
import { type Json, show } from '../output/show.js';

export function profileCommand(io: CliIo): Command {
  const profile = new Command('profile');
  profile
    .command('init')
    .description('write a commented profile (never over an existing file)')
    .argument('[file]', 'name of the new file', 'espmint.yaml')
    .option('--matter', 'of a Matter product: factory data from a list of values')
    .action(async (file: string, { matter }: { matter?: boolean }) => {
      const { PROFILE_EXAMPLE } = await import('../../core/profile/example.js');
      const { MATTER_EXAMPLE } = await import('../../core/profile/matter-example.js');
      await createFile(file, matter === true ? MATTER_EXAMPLE : PROFILE_EXAMPLE);
      io.stderr(`Wrote ${file}; edit it, then run \`espmint profile check ${file}\`.\n`);
    });
  profile
    .command('check')
    .description(
      'say what is wrong with a profile and which of its secrets are missing here, with line and column',
    )
    .argument('<file>')
    .option('--json', 'print JSON Lines: one finding a line, then the result')
    .action((file: string, options: Json) => check(io, file, options));
  profile
    .command('schema')
    .description('print the JSON Schema of a profile, for editors')
    .action(async () => {
      const { profileJsonSchema } = await import('../../core/profile/schema.js');
      io.stdout(`${JSON.stringify(profileJsonSchema(), null, 2)}\n`);
    });
  return profile;
}

async function check(io: CliIo, file: string, options: Json): Promise<void> {
  const { checkProfile } = await import('../../core/profile/parse.js');
  const source = await readTextFile(file);
  const result = checkProfile(source);
  const findings =
    'findings' in result ? result.findings : await missingSecrets(result.profile, source, file, io.env);
  for (const { line, column, path, reason } of findings) {
    const text = `${file}:${line}:${column}: ${path === '' ? 'the profile' : path} ${reason}\n`;
    show(io, options, { type: 'finding', file, line, column, path, reason }, text);
  }
  const ok = 'profile' in result && findings.length === 0;
  const text = ok ? `${file}: ${result.profile.name}, version ${result.profile.version}: ok\n` : '';
  show(io, options, { type: 'result', ok, file }, text);
  if (!ok) io.setExitCode(EXIT.input);
}

/** Secrets that the profile refers to and this computer does not have: no board could be provisioned with it. */
async function missingSecrets(
  { wifi }: Profile,
  text: string,
  file: string,
  env: CliIo['env'],
): Promise<ProfileFinding[]> {
  const { locateSetting } = await import('../../core/profile/parse.js');
  const { resolveSecret } = await import('../compose/plan.js');
  const references = [
    ['wifi.password', wifi?.password],
    ['wifi.smartconfig.key', wifi?.smartconfig?.key],
  ] as const;
  const findings: ProfileFinding[] = [];
  const folder = dirname(resolve(file));
  for (const [path, reference] of references) {
    if (reference === undefined) continue;
    const failure = await resolveSecret(reference, folder, env).then(() => undefined, toEspmintError);
    if (failure === undefined) continue;
    const reason = `refers to a secret that this computer does not have, ${reference} (${failure.code}: ${failure.message.replace(/\.$/, '')}); store it with \`${storing(reference, folder)}\``;
    findings.push({ ...locateSetting(text, path), path, reason });
  }
  return findings;
}

/** A command that asks for the secret, so that it stands in no history of commands. */
function storing(reference: string, folder: string): string {
  const name = reference.slice(reference.indexOf(':') + 1);
  const isFile = reference.startsWith('file:');
  if (process.platform === 'win32') {
    const quoted = resolve(folder, name).replaceAll("'", "''");
    return isFile
      ? `Set-Content -NoNewline -LiteralPath '${quoted}' -Value (Read-Host 'secret')`
      : `$env:${name} = Read-Host 'secret'`;
  }
  const quoted = `'${resolve(folder, name).replaceAll("'", "'\\''")}'`;
  return isFile
    ? `(umask 077; IFS= read -r s && printf %s "$s" >${quoted})`
    : `IFS= read -r ${name} && export ${name}`;
}
