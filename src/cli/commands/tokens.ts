// `espmint tokens`: bearer tokens with which machines call the HTTP API.
import { shownTime } from '../output/format.js';
import { Command, Option } from 'commander';
import type { People } from '../../service/access/people.js';
import { ROLES, type Role } from '../../service/contract/roles.js';
import { dataDirOf } from '../compose/compose.js';
import { Table } from '../output/table.js';
import { jsonLine, type CliIo, type GlobalOptions } from '../io.js';

interface Options extends GlobalOptions {
  readonly role: Role;
  readonly json?: boolean;
}

export function tokensCommand(io: CliIo): Command {
  const tokens = new Command('tokens');
  tokens
    .command('create')
    .description('make a token and print it: it is shown only this once')
    .argument('<label>', 'what it is for')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).default('operator'))
    .option('--json', 'print one JSON object')
    .action(async (label: string, _: unknown, self: Command) => {
      const options = self.optsWithGlobals<Options>();
      const token = await (await peopleOf(io, options)).createToken(label.slice(0, 100), options.role);
      io.stdout(options.json === true ? jsonLine({ type: 'token', ...token }) : `${token.token}\n`);
    });
  tokens
    .command('list')
    .description('list the tokens, without the tokens themselves')
    .option('--json', 'print one JSON object a line')
    .action((_: unknown, self: Command) => list(io, self.optsWithGlobals<Options>()));
  tokens
    .command('revoke')
    .description('end a token')
    .argument('<id>', 'as "tokens list" shows it')
    .action(async (id: string, _: unknown, self: Command) =>
      (await peopleOf(io, self.optsWithGlobals<Options>())).revokeToken(id),
    );
  return tokens;
}

async function list(io: CliIo, options: Options): Promise<void> {
  const all = await (await peopleOf(io, options)).tokens();
  if (options.json === true)
    for (const { id, label, role, createdAt } of all)
      io.stdout(jsonLine({ type: 'token', id, label, role, createdAt }));
  else
    new Table(io, ['ID', 'ROLE', 'SINCE', 'LABEL']).add(
      all.map(({ id, label, role, createdAt }) => [id, role, shownTime(createdAt), label]),
    );
}

async function peopleOf(io: CliIo, options: GlobalOptions): Promise<People> {
  const { People } = await import('../../service/access/people.js');
  return new People(dataDirOf(io, options));
}
