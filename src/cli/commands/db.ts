// `espmint db`: the registry's database itself: is it well, bring it up to date, copy it, move it.
import { shownTime } from '../output/format.js';
import { Command } from 'commander';
import { EXIT } from '../../core/errors/index.js';
import type { DatabaseReport, RegistryOptions } from '../../registry/index.js';
import { deadCommand } from './db-dead.js';
import { checkEnding } from '../arguments/file-form.js';
import { dataDirOf, registryOptions } from '../compose/compose.js';
import type { CliIo, GlobalOptions } from '../io.js';
import { show, type Json } from '../output/show.js';

export function dbCommand(io: CliIo): Command {
  const optionsOf = (command: Command): RegistryOptions =>
    registryOptions(io, command.optsWithGlobals<GlobalOptions>());
  return new Command('db')
    .addCommand(
      reportCommand(io, optionsOf, 'check', 'connect, and say precisely what is wrong if anything is'),
    )
    .addCommand(reportCommand(io, optionsOf, 'status', 'what is in it, and what it still lacks'))
    .addCommand(migrateCommand(io, optionsOf))
    .addCommand(deadCommand(io))
    .addCommand(
      new Command('backup')
        .description('write everything to a file; keys in it are as sealed as in the database')
        .argument('<file>', 'NAME.backup or .gz: gzipped JSON lines, made with mode 0600')
        .action(async (file: string, _options: object, command: Command) => {
          checkEnding({ field: 'FILE', path: file, forms: ['backup', 'gz'] });
          const { backUp } = await import('../../registry/index.js');
          const { rows, masterIds } = await backUp(optionsOf(command), file);
          tell(io, 'backed up', rows);
          if (masterIds.length === 0) return;
          io.stderr(
            `It opens with the master key ${masterIds.join(', ')} only: keep a copy of that (master.key in the data directory, or what your variable names) apart from it.\n`,
          );
        }),
    )
    .addCommand(
      new Command('restore')
        .description('take a backup into an empty registry')
        .argument('<file>', 'what `db backup` wrote')
        .action(async (file: string, _options: object, command: Command) => {
          const { restore } = await import('../../registry/index.js');
          tell(io, 'restored', (await restore(optionsOf(command), file)).rows);
        }),
    )
    .addCommand(
      new Command('move')
        .description('copy everything to a server and prove that all has arrived')
        .requiredOption('--to <url>', 'the empty database to fill: postgresql://user@host/database')
        .action(async ({ to }: { to: string }, command: Command) => {
          const { moveTo } = await import('../../registry/index.js');
          const from = optionsOf(command);
          tell(io, 'moved', (await moveTo(from, { ...from, databaseUrl: to })).rows);
          io.stderr(
            'From now on give that address as --database-url. What was copied from stays as it is.\n',
          );
        }),
    );
}

type OptionsOf = (command: Command) => RegistryOptions;

function reportCommand(io: CliIo, optionsOf: OptionsOf, name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'print one JSON object')
    .action(async (json: Json, command: Command) => {
      const options = optionsOf(command);
      const { checkDatabase, inspectSpool } = await import('../../registry/index.js');
      // First: it is wanted most where the database cannot be reached.
      const spool = await inspectSpool(dataDirOf(io, command.optsWithGlobals<GlobalOptions>()));
      for (const { message } of spool) io.stderr(`${message}\n`);
      const report = await checkDatabase(options);
      const faults = spool.map(({ code, details, message }) => ({ code, details, message }));
      show(io, json, { type: 'database', ...report, spool: faults }, describe(report, spool.length));
      if (name === 'check' && report.faults.length + spool.length > 0) io.setExitCode(EXIT.registry);
    });
}

function migrateCommand(io: CliIo, optionsOf: OptionsOf): Command {
  return new Command('migrate')
    .description('bring the schema up to date; nothing is ever removed')
    .action(async (_options: object, command: Command) => {
      const { migrateDatabase } = await import('../../registry/index.js');
      const ran = await migrateDatabase(optionsOf(command));
      io.stdout(ran.length === 0 ? 'The schema is up to date.\n' : `Ran ${ran.join(', ')}.\n`);
    });
}

function describe(report: DatabaseReport, spoolFaults: number): string {
  const {
    target,
    serverVersion,
    encrypted,
    role,
    roundTripMs,
    migrationsMissing,
    devices,
    databaseBytes,
    pendingSync,
    conflicts,
    listsCopiedAt,
    pushes,
    masterIds,
    faults,
  } = report;
  const counts = Object.entries(devices).map(([status, count]) => `${count} ${status}`);
  const lines = [
    `registry      ${target}`,
    `server        PostgreSQL ${serverVersion}, ${encrypted ? 'encrypted' : 'not encrypted'}, ${roundTripMs.toFixed(1)} ms`,
    `role          ${role.name}`,
    ...(role.hostRights.length === 0 ? [] : [`WARNING       ${warningOf(role)}`]),
    `schema        ${migrationsMissing.length === 0 ? 'up to date' : `wants ${migrationsMissing.join(', ')} (db migrate)`}`,
    `devices       ${counts.length === 0 ? 'none' : counts.join(', ')}`,
    `size          ${(databaseBytes / 1e6).toFixed(1)} MB`,
    `pending sync  ${pendingSync}`,
    `spool         ${spoolFaults === 0 ? 'in order' : `${spoolFaults} not in order, see above`}`,
    `conflicts     ${conflicts === 0 ? 'none' : `${conflicts} wait for a decision (devices conflicts)`}`,
    `lists copied  ${listsCopiedAt === undefined ? 'never on this station' : shownTime(listsCopiedAt)}`,
    `master key    ${masterIds.length === 0 ? 'none needed yet' : masterIds.join(', ')}`,
    ...faults.map(({ message }) => `FAULT         ${message}`),
    ...(pushes === undefined ? [] : [`pushes        ${pushes.pending} pending, ${pushes.dead} dead`]),
  ];
  return `${lines.join('\n')}\n`;
}

function warningOf({ name, hostRights }: DatabaseReport['role']): string {
  return `The role "${name}" has rights to the host of the server (${hostRights.join(', ')}), and whoever gets through espmint to the database has them too; work as a role that only owns the database, see "Rights of the role" in 'espmint help guides/registry'.`;
}

function tell(io: CliIo, verb: string, rows: Readonly<Record<string, number>>): void {
  const parts = Object.entries(rows).map(([table, count]) => `${count} ${table}`);
  io.stdout(`${verb} and verified: ${parts.join(', ')}\n`);
}
