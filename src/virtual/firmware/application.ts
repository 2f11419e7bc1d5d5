// What runs when a chip starts from flash: a few personalities, told apart by what they print.
import type { FlashMemory } from '../flash/memory.js';
import type { Machine } from '../machine.js';
import { viewOf } from '../packet.js';
import { TABLE_ADDRESS } from '../partition-table.js';
import { busy, send, type Firmware, type Next, type Steps } from '../steps.js';
import { readNvs, type NvsItem } from './nvs-reader.js';

export const APPLICATIONS = {
  stock: 'starts, joins Wi-Fi and says so',
  nvs: 'reads its NVS partition and prints what it found, secrets by their length',
  'nvs-leaky': 'the same, secrets in clear: what a careless application does',
  silent: 'prints nothing at all',
  panic: 'crashes after its start and restarts, again and again',
  brownout: 'loses its supply at start, again and again',
  'no-app': 'has no application in flash: the ROM finds an invalid header and restarts',
} as const;
export type ApplicationName = keyof typeof APPLICATIONS;

const START = [
  'I (29) boot: ESP-IDF v5.4 2nd stage bootloader',
  'I (57) boot: Loaded app from partition at offset 0x10000',
  'I (312) main_task: Calling app_main()',
];
const PANIC = [
  "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.",
  'Backtrace: 0x400d1234:0x3ffb4f00 0x400d5678:0x3ffb4f20',
  'Rebooting...',
];
const SECRET_KEYS: readonly string[] = ['psk_secret', 'wifi_password'];
/** Between two restarts of something that fails. */
const RESTART_AFTER_MS = 200;
/** Entries of the partition table: type 1, subtype 2 is NVS. */
const ENTRY_BYTES = 32;
const ENTRY_MAGIC = 0x50aa;
const NVS_TYPE = 0x0201;

export function startApplication(name: ApplicationName, machine: Machine): Firmware {
  return { frameBuffers: 0, run: () => PROGRAMS[name](machine) };
}

const PROGRAMS: Readonly<Record<ApplicationName, (machine: Machine) => Steps<Next>>> = {
  *stock() {
    yield* print([
      ...START,
      'I (1931) esp_netif_handlers: sta ip: 192.168.4.2, mask: 255.255.255.0, gw: 192.168.4.1',
      'I (1932) app: got ip:192.168.4.2',
    ]);
    return 'halt';
  },
  *nvs({ flash }) {
    yield* print([...START, ...tell(flash, masked), 'I (451) app: started']);
    return 'halt';
  },
  *'nvs-leaky'({ flash }) {
    yield* print([...START, ...tell(flash, ({ value }) => value), 'I (451) app: started']);
    return 'halt';
  },
  *silent() {
    return 'halt';
  },
  panic: () => failing([...START, ...PANIC]),
  brownout: () => failing(['', 'Brownout detector was triggered', '']),
  'no-app': () => failing(['invalid header: 0xffffffff', 'invalid header: 0xffffffff']),
};

function* print(lines: readonly string[]): Steps {
  for (const line of lines) yield send(new TextEncoder().encode(`${line}\r\n`));
}

function* failing(lines: readonly string[]): Steps<Next> {
  yield* print(lines);
  yield busy(RESTART_AFTER_MS, 'boot');
  return 'reset';
}

function tell(flash: FlashMemory, show: (item: NvsItem) => string): string[] {
  const partition = findNvs(flash);
  if (partition === undefined) return ['E (400) app: no NVS partition'];
  const items = readNvs(partition);
  if (items.length === 0) return ['W (400) app: NVS is empty'];
  return items.map((item) => `I (400) app: ${item.namespace}/${item.key} = ${show(item)}`);
}

const masked = ({ key, value }: NvsItem): string =>
  SECRET_KEYS.includes(key) ? `(${value.length} characters)` : value;

function findNvs(flash: FlashMemory): Uint8Array | undefined {
  for (let at = TABLE_ADDRESS; ; at += ENTRY_BYTES) {
    const view = viewOf(flash.read(at, ENTRY_BYTES));
    if (view.getUint16(0, true) !== ENTRY_MAGIC) return undefined;
    if (view.getUint16(2, true) === NVS_TYPE)
      return flash.read(view.getUint32(4, true), view.getUint32(8, true));
  }
}
