// `espmint station ports`: what each port has done; a bad cable or fixture shows by its share of passes and its rate.
import { Command } from 'commander';
import type { PortRecord } from '../../../registry/index.js';
import { withProduction } from '../../compose/parts-of-database.js';
import { requireKnownNames } from '../../compose/known-names.js';
import type { CliIo, GlobalOptions } from '../../io.js';
import { lister, type Json, type ListForm } from '../../output/show.js';
import { shownTime } from '../../output/format.js';

interface Options extends GlobalOptions, Json {
  readonly name?: string;
}

export function portListCommand(io: CliIo): Command {
  return new Command('ports')
    .description('what each port of the stations of this database has done')
    .option('--name <station>', 'only ports of this station')
    .option('--json', 'print one JSON object a line')
    .action((_: unknown, self: Command) => show(io, self.optsWithGlobals<Options>()));
}

async function show(io: CliIo, options: Options): Promise<void> {
  const { name: station } = options;
  const ports = await withProduction(io, options, async (production) => {
    const found = await production.ports(station);
    if (found.length === 0) await requireKnownNames(production, { station, stationOption: '--name' });
    return found;
  });
  if (ports.length === 0 && options.json !== true) {
    const which = station === undefined ? 'No station has' : `The station "${station}" has not`;
    io.stderr(`${which} made a board with this database yet.\n`);
  }
  lister(io, options, PORTS)(ports);
}

const PORTS: ListForm<PortRecord> = {
  type: 'port',
  heads: ['STATION', 'PORT', 'ATTEMPTS', 'PASSED', 'BAUD', 'LAST'],
  cells: ({ station, port, attempts, passes, baud, lastSeenAt }) => {
    const share = attempts === 0 ? '' : ` (${Math.round((passes / attempts) * 100)} %)`;
    return [station, port, String(attempts), `${passes}${share}`, baud?.toString(), shownTime(lastSeenAt)];
  },
};
