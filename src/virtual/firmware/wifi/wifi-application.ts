// Applications that get onto Wi-Fi at run time, one for each way, as programs of the virtual chip.
import type { Machine } from '../../machine.js';
import { busy, print, receive, send, type Firmware, type Next, type Steps } from '../../steps.js';
import { APPLICATION_START } from '../boot-text.js';
import { joinLog } from './air.js';
import { ConsoleDevice } from './console-device.js';
import { EsptouchReceiver } from './esptouch-receiver.js';
import { ImprovDevice, type Act } from './improv-device.js';
import type { ProtocommSettings } from './handshakes.js';
import { ProtocommDevice } from './protocomm-device.js';
import type { Radio } from './radio.js';
import { readStoredWifi, type StoredWifi } from './settings.js';

export type WifiApplication =
  'wifi' | 'wifi-console' | 'wifi-improv' | 'wifi-protocomm' | 'wifi-wps' | 'wifi-smartconfig';

const FRAMES = 1_024;
const SLOW_JOIN_MS = 3_000;
const CONSOLE_PROMPT = '\r\n>> ';
const MOST_LINE = 255;
/** Every piece as it came: these programs find their own packets. */
const RAW = { push: (bytes: Uint8Array): Uint8Array[] => (bytes.length === 0 ? [] : [bytes.slice()]) };

export function wifiFirmware(name: WifiApplication, machine: Machine, radio: Radio): Firmware {
  const program = {
    wifi: () => followNvs(machine, radio),
    'wifi-wps': () => followNvs(machine, radio, 'wps'),
    'wifi-smartconfig': () => followNvs(machine, radio, 'smartconfig'),
    'wifi-console': () => serialConsole(radio),
    'wifi-improv': () => improv(machine, radio),
    'wifi-protocomm': () => protocommConsole(machine, radio),
  }[name];
  return { decoder: RAW, frameBuffers: FRAMES, run: program };
}

/**
 * Follows the keys that the host has written: the mode, and what belongs to it.
 * @param always the one mode of its firmware, whatever the keys say
 */
function* followNvs(machine: Machine, radio: Radio, always?: string): Steps<Next> {
  yield* print(APPLICATION_START);
  const stored = readStoredWifi(machine.flash);
  switch (always ?? stored.mode) {
    case 'portal':
      radio.portal = new ProtocommDevice(radio.air, portalSettings(radio, stored));
      yield* print(['I (500) app: waiting for provisioning on the access point PROV_BOARD']);
      break;
    case 'smartconfig':
      radio.receiver = new EsptouchReceiver(keyOf(stored.item('wifi_sc_key')?.value));
      yield* print(['I (500) app: SmartConfig started']);
      break;
    case 'wps':
      radio.wps = stored.item('wifi_wps_pin')?.value ?? 'button';
      yield* print(['I (500) app: WPS started']);
      break;
    default:
      yield* joinStored(radio, stored);
  }
  for (;;) {
    yield receive;
    yield* print(radio.takeLines());
  }
}

function* joinStored(radio: Radio, { network }: StoredWifi): Steps {
  if (network === undefined) {
    yield* print(['E (500) app: no usable Wi-Fi settings in NVS']);
    return;
  }
  if (radio.air.fault === 'slow') yield busy(SLOW_JOIN_MS, 'command');
  if (radio.air.fault === 'silent') return;
  yield* print(joinLog(network, radio.air.join(network)));
}

const keyOf = (text: string | undefined): Uint8Array | undefined =>
  text === undefined ? undefined : new TextEncoder().encode(text);

function portalSettings(radio: Radio, stored: StoredWifi): ProtocommSettings {
  const { settings } = radio.air;
  const security = stored.item('wifi_sec_ver')?.value;
  return {
    ...ownSettings(radio),
    ...(security === undefined ? {} : { security: Number(security) as 0 | 1 | 2 }),
    proof: stored.item('wifi_pop')?.value ?? settings.proof ?? 'abcd1234',
    salt: stored.item('wifi_sec2_salt')?.blob,
    verifier: stored.item('wifi_sec2_vrf')?.blob,
  };
}

function ownSettings({ air: { settings } }: Radio): ProtocommSettings {
  const { security = 1, securityPatch = 1, proof = 'abcd1234', username = 'wifiprov' } = settings;
  return { security, securityPatch, proof, username };
}

function* serialConsole(radio: Radio): Steps<Next> {
  const device = new ConsoleDevice(radio.air, radio.consoleMemory);
  yield* print(APPLICATION_START);
  let next = yield* perform(device.start(), radio);
  while (next === undefined) next = yield* perform(device.receive(yield receive), radio);
  return next;
}

function* improv(machine: Machine, radio: Radio): Steps<Next> {
  const facts = {
    chip: machine.spec.name,
    mac: Array.from(machine.identity.mac, (byte) => byte.toString(16).padStart(2, '0')).join(':'),
  };
  const device = new ImprovDevice(radio.air, facts);
  yield* print(APPLICATION_START);
  let next: Next | undefined;
  while (next === undefined) next = yield* perform(device.receive(yield receive), radio);
  return next;
}

/** What a task beside the console logs: it may fall into the line of a prompt, and has words that answers have too. */
function* makeNoise({ air }: Radio): Steps {
  if (air.fault !== 'noisy') return;
  const text = '\u001b[0;33mW (2210) sensor: status ok, saved 3 values > error 0, ip=0.0.0.0\u001b[0m\r\n';
  yield send(new TextEncoder().encode(text));
}

/** @returns how the program ends; undefined where it goes on */
function* perform(acts: readonly Act[], radio: Radio): Steps<Next | undefined> {
  yield* makeNoise(radio);
  for (const act of acts) {
    if ('say' in act) {
      yield send(act.say);
      if (act.say.length > 1) yield* makeNoise(radio);
    } else if ('waitMs' in act) yield busy(act.waitMs, 'command');
    else return 'restart' in act ? 'reset' : 'halt';
  }
  return undefined;
}

/** `endpoint session hex`, answered by a line of hex digits; the prompt alone says that the handler failed. */
function* protocommConsole(machine: Machine, radio: Radio): Steps<Next> {
  yield* print(APPLICATION_START);
  radio.portal = new ProtocommDevice(radio.air, portalSettings(radio, readStoredWifi(machine.flash)));
  const say = (text: string): ReturnType<typeof send> => send(new TextEncoder().encode(text));
  yield say(CONSOLE_PROMPT);
  let line = '';
  for (;;) {
    const bytes = yield receive;
    for (const byte of bytes) {
      if (byte !== 0x0d) {
        if (byte >= 0x20 && line.length < MOST_LINE) line += String.fromCharCode(byte);
        yield say(String.fromCharCode(byte));
        continue;
      }
      const [endpoint = '', session = '', hex = ''] = line.split(' ');
      line = '';
      const answer = radio.request(endpoint, Number.parseInt(session, 10) || 0, Buffer.from(hex, 'hex'));
      if (radio.air.fault === 'slow') yield busy(SLOW_JOIN_MS / 10, 'command');
      yield* makeNoise(radio);
      yield say(
        answer === undefined
          ? CONSOLE_PROMPT
          : `\r\n${Buffer.from(answer).toString('hex')}\r\n${CONSOLE_PROMPT}`,
      );
    }
    yield* print(radio.takeLines());
  }
}
