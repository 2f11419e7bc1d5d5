// `espmint station list`: the stations that share the database, and when each was last heard of.
import { Command } from 'commander';
import { withProduction } from '../../compose/compose-production.js';
import { shownTime } from '../../output/format.js';
import { jsonLine, type CliIo, type GlobalOptions } from '../../io.js';

export function stationsCommand(io: CliIo): Command {
  return new Command('list')
    .description('the stations of this database')
    .option('--json', 'print one JSON object a line')
    .action((_: unknown, self: Command) =>
      list(io, self.optsWithGlobals<{ json?: boolean } & GlobalOptions>()),
    );
}

async function list(io: CliIo, options: { json?: boolean } & GlobalOptions): Promise<void> {
  await withProduction(io, options, async ({ batches }) => {
    const stations = await batches.stations();
    if (stations.length === 0) io.stderr('No station has worked with this database yet.\n');
    for (const station of stations) {
      if (options.json === true) {
        io.stdout(jsonLine({ type: 'station', ...station }));
        continue;
      }
      const { station: name, host, batch = '-', mode, slots, running, seenAt, alive } = station;
      const seen = alive ? mode : `not heard of since ${shownTime(seenAt)}`;
      io.stdout(`${name} on ${host}: batch ${batch}, ${slots} slots, ${running} boards in work, ${seen}\n`);
    }
  });
}
