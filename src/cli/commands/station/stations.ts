// `espmint station list`: the stations that share the database, and when each was last heard of.
import { Command } from 'commander';
import { withProduction } from '../../compose/parts-of-database.js';
import type { StationRecord } from '../../../registry/index.js';
import { shownTime } from '../../output/format.js';
import type { CliIo, GlobalOptions } from '../../io.js';
import { lister, type Json, type ListForm } from '../../output/show.js';

export function stationsCommand(io: CliIo): Command {
  return new Command('list')
    .description('the stations of this database')
    .option('--json', 'print one JSON object a line')
    .action((_: unknown, self: Command) => list(io, self.optsWithGlobals<Json & GlobalOptions>()));
}

async function list(io: CliIo, options: Json & GlobalOptions): Promise<void> {
  await withProduction(io, options, async ({ batches }) => {
    const stations = await batches.stations();
    if (stations.length === 0) io.stderr('No station has worked with this database yet.\n');
    lister(io, options, STATIONS)(stations);
  });
}

const STATIONS: ListForm<StationRecord> = {
  type: 'station',
  heads: ['STATION', 'STATE', 'HOST', 'BATCH', 'SLOTS', 'IN WORK'],
  cells: ({ station, host, batch, mode, slots, running, seenAt, alive }) => {
    const counts = alive && mode !== 'stopped' ? [slots, running].map(String) : [];
    const away = mode === 'stopped' ? 'ended' : 'not heard of since';
    const state = alive && mode !== 'stopped' ? mode : `${away} ${shownTime(seenAt)}`;
    return [station, state, host, batch, ...counts];
  },
};
