// `espmint tokens`: bearer tokens with which machines call the HTTP API.
import { shownTime } from '../output/format.js';
import { Command, Option } from 'commander';
import { invalidInput } from '../../core/errors/index.js';
import type { People } from '../../service/access/people.js';
import type { Token } from '../../service/contract/index.js';
import { ROLES, type Role } from '../../service/contract/roles.js';
import { dataDirOf } from '../compose/compose.js';
import { lister, show, type Json, type ListForm } from '../output/show.js';
import type { CliIo, GlobalOptions } from '../io.js';

interface Options extends GlobalOptions, Json {
  readonly role: Role;
}

/** As the HTTP API takes it. */
const MOST_LABEL_CHARS = 100;

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
      if (label.trim() === '' || label.length > MOST_LABEL_CHARS)
        throw invalidInput(
          '<label>',
          'is empty or too long',
          `say in up to ${MOST_LABEL_CHARS} characters what it is for`,
        );
      const token = await (await peopleOf(io, options)).createToken(label, options.role);
      show(io, options, { type: 'token', ...token }, `${token.token}\n`);
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
  // When it was last used is known to the service alone.
  lister(io, options, TOKENS)(all.map(({ id, label, role, createdAt }) => ({ id, label, role, createdAt })));
}

const TOKENS: ListForm<Omit<Token, 'lastUsedAt'>> = {
  type: 'token',
  heads: ['ID', 'ROLE', 'SINCE', 'LABEL'],
  cells: ({ id, label, role, createdAt }) => [id, role, shownTime(createdAt), label],
};

async function peopleOf(io: CliIo, options: GlobalOptions): Promise<People> {
  const { People } = await import('../../service/access/people.js');
  return new People(dataDirOf(io, options));
}
