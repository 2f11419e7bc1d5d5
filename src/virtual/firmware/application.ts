// What runs when the chip starts from flash: a stock application that prints its start and then is quiet.
import { send, type Firmware } from '../steps.js';

const STOCK_LOG = [
  'I (29) boot: ESP-IDF v5.4 2nd stage bootloader',
  'I (57) boot: Loaded app from partition at offset 0x10000',
  'I (312) main_task: Calling app_main()',
  'I (331) app: started',
];

/** The application in flash. */
export function startApplication(): Firmware {
  return {
    frameBuffers: 0,
    *run() {
      for (const line of STOCK_LOG) yield send(new TextEncoder().encode(`${line}\r\n`));
      return 'halt';
    },
  };
}
