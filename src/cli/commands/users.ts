// `espmint users`: who may sign in to the service.
import { shownTime } from '../output/format.js';
import { Command, Option } from 'commander';
import { invalidInput } from '../../core/errors/index.js';
import type { People } from '../../service/access/people.js';
import type { User } from '../../service/contract/index.js';
import { ROLES, type Role } from '../../service/contract/roles.js';
import { dataDirOf } from '../compose/compose.js';
import type { CliIo, GlobalOptions } from '../io.js';
import { lister, type Json, type ListForm } from '../output/show.js';
import { readPassword } from '../prompt/password.js';

interface Options extends GlobalOptions, Json {
  readonly role: Role;
  readonly passwordFile?: string;
}

/** As the HTTP API asks for. */
const MIN_PASSWORD_CHARS = 10;
const NAME = /^[\p{L}\p{N}._@-]{1,64}$/u;

export function usersCommand(io: CliIo): Command {
  const users = new Command('users');
  users
    .command('add')
    .description('add a person; the first one must be an admin')
    .argument('<name>')
    .addOption(new Option('--role <role>', 'what they may do').choices(ROLES).default('operator'))
    .option('--password-file <file>', 'read the password from a file instead of asking for it')
    .action((name: string, _: unknown, self: Command) => add(io, name, self.optsWithGlobals<Options>()));
  users
    .command('passwd')
    .description('give a person a new password; their sessions end')
    .argument('<name>')
    .option('--password-file <file>', 'read the password from a file instead of asking for it')
    .action(async (name: string, _: unknown, self: Command) => {
      const options = self.optsWithGlobals<Options>();
      await (await peopleOf(io, options)).setPassword(name, await newPassword(io, options));
    });
  users
    .command('remove')
    .description('remove a person; their sessions end')
    .argument('<name>')
    .action(async (name: string, _: unknown, self: Command) =>
      (await peopleOf(io, self.optsWithGlobals<Options>())).removeUser(name),
    );
  users
    .command('list')
    .description('list the people')
    .option('--json', 'print one JSON object a line')
    .action((_: unknown, self: Command) => list(io, self.optsWithGlobals<Options>()));
  return users;
}

async function add(io: CliIo, name: string, options: Options): Promise<void> {
  if (!NAME.test(name)) {
    throw invalidInput(
      'The name',
      'has other characters than letters, digits, dots, dashes, underscores and @',
      'choose another one of at most 64 characters',
    );
  }
  await (await peopleOf(io, options)).addUser(name, options.role, await newPassword(io, options));
}

async function list(io: CliIo, options: Options): Promise<void> {
  const users = await (await peopleOf(io, options)).users();
  lister(io, options, USERS)(users);
}

const USERS: ListForm<User> = {
  type: 'user',
  heads: ['NAME', 'ROLE', 'SINCE'],
  cells: ({ name, role, createdAt }) => [name, role, shownTime(createdAt)],
};

async function newPassword(io: CliIo, { passwordFile }: Options): Promise<string> {
  const password = await readPassword(io, passwordFile);
  if (password.length >= MIN_PASSWORD_CHARS) return password;
  throw invalidInput(
    'The password',
    `has fewer than ${MIN_PASSWORD_CHARS} characters`,
    'choose a longer one; several words are easy to remember',
  );
}

async function peopleOf(io: CliIo, options: GlobalOptions): Promise<People> {
  const { People } = await import('../../service/access/people.js');
  return new People(dataDirOf(io, options));
}
