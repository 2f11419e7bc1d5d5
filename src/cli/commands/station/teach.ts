// `espmint station teach`: boards plugged in one after the other tell which place is which slot.
import { Teaching } from '../../../station/index.js';
import { dataDirOf } from '../../compose/compose.js';
import { SlotFile } from '../../../service/index.js';
import type { CliIo, GlobalOptions } from '../../io.js';
import { stationPorts, type PortOptions } from './ports.js';
import { counted } from '../../../core/text.js';

export type TeachOptions = PortOptions;

export async function teach(io: CliIo, options: TeachOptions & GlobalOptions): Promise<void> {
  const teaching = new Teaching();
  const ports = stationPorts(io, options);
  io.stderr('Plug a board into slot 1, then into slot 2, and so on; Ctrl-C saves.\n');
  await ports.watch((change) => {
    if (change.type !== 'arrived') return;
    const { pin, isNew } = teaching.arrived(change.place);
    io.stderr(`slot ${pin.slot} is ${pin.place}${isNew ? '' : ' (known already)'}\n`);
  }, io.signal);
  if (teaching.pins.length === 0) {
    io.stderr('No board was plugged in; nothing is changed.\n');
    return;
  }
  const slots = new SlotFile(dataDirOf(io, options));
  await slots.write(teaching.pins);
  io.stdout(`saved in ${slots.path}: ${counted(teaching.pins.length, 'slot')}\n`);
}
