// `espmint ports`: what a board could be plugged in at.
import { Command } from 'commander';
import type { PortInfo } from '../../driver/index.js';
import type { CliIo } from '../io.js';
import { lister, type Json, type ListForm } from '../output/show.js';

export function portsCommand(io: CliIo): Command {
  return new Command('ports')
    .option('--json', 'print JSON Lines: one port a line')
    .action(async (options: Json) => {
      const { listPorts } = await import('../../driver/ports/ports.js');
      const ports = await listPorts();
      lister(io, options, PORTS)(ports);
      if (ports.length === 0 && options.json !== true) {
        io.stderr('No serial port found; plug a board in with a data cable, or try `espmint demo`.\n');
      }
    });
}

const PORTS: ListForm<PortInfo> = {
  type: 'port',
  heads: ['PORT', 'ADAPTER', 'USB LOCATION', 'SERIAL NUMBER'],
  cells: (port) => [port.path, port.adapter ?? port.manufacturer, port.location, port.serialNumber],
};
