// `espmint ports`: what a board could be plugged in at.
import { Command } from 'commander';
import { listPorts, portLabel } from '../../driver/index.js';
import { jsonLine, type CliIo } from '../io.js';

export function portsCommand(io: CliIo): Command {
  return new Command('ports')
    .option('--json', 'print JSON Lines: one port a line')
    .action(async (options: { json?: boolean }) => {
      const ports = await listPorts();
      for (const port of ports) {
        if (options.json === true) io.stdout(jsonLine({ type: 'port', ...port }));
        else io.stdout(`${portLabel(port)}\n`);
      }
      if (ports.length === 0 && options.json !== true) {
        io.stderr('No serial port found; plug a board in with a data cable, or try `espmint demo`.\n');
      }
    });
}
