// What runs when a chip starts from flash: a few personalities, distinguished by what they print.
import type { FlashMemory } from '../flash/memory.js';
import type { Machine } from '../machine.js';
import { busy, print, type Firmware, type Next, type Steps } from '../steps.js';
import { APPLICATION_START } from './boot-text.js';
import { readNvs, type NvsItem } from './nvs-reader.js';
import type { Radio } from './wifi/radio.js';
import { nvsPartition } from './wifi/settings.js';
import { wifiFirmware, type WifiApplication } from './wifi/wifi-application.js';

export const APPLICATIONS = {
  stock: 'starts, joins Wi-Fi and says so',
  nvs: 'reads its NVS partition and prints what it found, secrets by their length',
  'nvs-leaky': 'the same, secrets in clear: what a careless application does',
  silent: 'prints nothing at all',
  panic: 'crashes after its start and restarts, again and again',
  brownout: 'loses its supply at start, again and again',
  'no-app': 'has no application in flash: the ROM finds an invalid header and restarts',
  wifi: 'follows the Wi-Fi keys in its NVS: joins, or waits for a portal, SmartConfig or WPS',
  'wifi-console': 'an esp_console that takes wifi_config, wifi_enable, restart, wifi_status',
  'wifi-improv': 'waits for a network by Improv Serial',
  'wifi-protocomm': 'waits for unified provisioning on its serial console',
  'wifi-wps': 'waits for the button of the access point',
  'wifi-smartconfig': 'waits for a network over the air (ESPTouch)',
} as const;
export type ApplicationName = keyof typeof APPLICATIONS;

const PANIC = [
  "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.",
  'Backtrace: 0x400d1234:0x3ffb4f00 0x400d5678:0x3ffb4f20',
  'Rebooting...',
];
const SECRET_KEYS: readonly string[] = ['psk_secret', 'wifi_password'];
/** Between two restarts of something that fails. */
const RESTART_AFTER_MS = 200;

export function startApplication(name: ApplicationName, machine: Machine, radio: Radio): Firmware {
  if (isWifi(name)) return wifiFirmware(name, machine, radio);
  return { frameBuffers: 0, run: () => PROGRAMS[name](machine) };
}

const isWifi = (name: ApplicationName): name is WifiApplication => name.startsWith('wifi');

const PROGRAMS: Readonly<
  Record<Exclude<ApplicationName, WifiApplication>, (machine: Machine) => Steps<Next>>
> = {
  *stock() {
    yield* print([
      ...APPLICATION_START,
      'I (1931) esp_netif_handlers: sta ip: 192.168.4.2, mask: 255.255.255.0, gw: 192.168.4.1',
      'I (1932) app: got ip:192.168.4.2',
    ]);
    return 'halt';
  },
  *nvs({ flash }) {
    yield* print([...APPLICATION_START, ...tell(flash, masked), 'I (451) app: started']);
    return 'halt';
  },
  *'nvs-leaky'({ flash }) {
    yield* print([...APPLICATION_START, ...tell(flash, ({ value }) => value), 'I (451) app: started']);
    return 'halt';
  },
  *silent() {
    return 'halt';
  },
  panic: () => failing([...APPLICATION_START, ...PANIC]),
  brownout: () => failing(['', 'Brownout detector was triggered', '']),
  'no-app': () => failing(['invalid header: 0xffffffff', 'invalid header: 0xffffffff']),
};

function* failing(lines: readonly string[]): Steps<Next> {
  yield* print(lines);
  yield busy(RESTART_AFTER_MS, 'boot');
  return 'reset';
}

function tell(flash: FlashMemory, show: (item: NvsItem) => string): string[] {
  const partition = nvsPartition(flash);
  if (partition === undefined) return ['E (400) app: no NVS partition'];
  const items = readNvs(partition);
  if (items.length === 0) return ['W (400) app: NVS is empty'];
  const shown = items.filter(({ blob }) => blob === undefined);
  return shown.map((item) => `I (400) app: ${item.namespace}/${item.key} = ${show(item)}`);
}

const masked = ({ key, value }: NvsItem): string =>
  SECRET_KEYS.includes(key) ? `(${value.length} characters)` : value;
