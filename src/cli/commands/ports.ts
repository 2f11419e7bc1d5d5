// `espmint ports`: what a board could be plugged in at.
import { Command } from 'commander';
import { jsonLine, type CliIo } from '../io.js';
import { Table } from '../output/table.js';

export function portsCommand(io: CliIo): Command {
  return new Command('ports')
    .option('--json', 'print JSON Lines: one port a line')
    .action(async (options: { json?: boolean }) => {
      const { listPorts } = await import('../../driver/ports/ports.js');
      const ports = await listPorts();
      if (options.json === true) for (const port of ports) io.stdout(jsonLine({ type: 'port', ...port }));
      else
        new Table(io, ['PORT', 'ADAPTER', 'USB LOCATION', 'SERIAL NUMBER']).add(
          ports.map(({ path, adapter, manufacturer, location, serialNumber }) => [
            path,
            adapter ?? manufacturer,
            location,
            serialNumber,
          ]),
        );
      if (ports.length === 0 && options.json !== true) {
        io.stderr('No serial port found; plug a board in with a data cable, or try `espmint demo`.\n');
      }
    });
}
