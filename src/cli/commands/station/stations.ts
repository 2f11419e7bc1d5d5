// `espmint station list`: the stations that share the database, and when each was last heard of.
import { Command } from 'commander';
import { withProduction } from '../../compose/parts-of-database.js';
import type { StationRecord } from '../../../registry/index.js';
import { shownTime } from '../../output/format.js';
import { Table, type Row } from '../../output/table.js';
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
    if (options.json === true)
      for (const station of stations) io.stdout(jsonLine({ type: 'station', ...station }));
    else new Table(io, HEADINGS).add(stations.map(cells));
  });
}

const HEADINGS = ['STATION', 'STATE', 'HOST', 'BATCH', 'SLOTS', 'IN WORK'];

function cells({ station, host, batch, mode, slots, running, seenAt, alive }: StationRecord): Row {
  const counts = alive && mode !== 'stopped' ? [slots, running].map(String) : [];
  const state =
    mode === 'stopped'
      ? `ended ${shownTime(seenAt)}`
      : alive
        ? mode
        : `not heard of since ${shownTime(seenAt)}`;
  return [station, state, host, batch, ...counts];
}
