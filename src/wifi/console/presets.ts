// Scripts of consoles that are known: how each takes credentials, and how it says that it did.
import type { CONSOLE_PRESET_NAMES } from '../../core/profile/console-script.js';
import type { ConsoleScript, ConsoleStep } from './script.js';

/** Words of the board's own answers, not of a log that runs beside them (`I (312) …`, `rst:0x1 …`). */
const answers = (words: string): string =>
  String.raw`^\s*(?:(?:[^EWIDVr\s]|[EWIDV][^ ]|[EWIDV] [^(]|r[^s]|rs[^t]|rst[^:]).*\b)?(?:${words})\b`;
const DONE = answers('ok|done|saved|stored|set|updated|success(?:ful(?:ly)?)?|enabled|configured');
const REFUSED = answers(
  'not ok|fail(?:ed|ure)?|error|invalid|unknown|denied|not (?:saved|stored|set|found|supported)',
);
/** The first number tells an address from 0.0.0.0. */
const ADDRESS = String.raw`\b(?:ip|ip address|got ip|sta ip|address)\s*[:= ]\s*(?<ip>[1-9]\d{0,2}(?:\.\d{1,3}){3})(?:[^\d.]|\.?\s|\.?$)`;
/** After a restart: the ROM's banner, or the first words of bootloader and application. */
const RESTARTED = String.raw`^(ets |rst:0x|ESP-ROM:|[EWIDV] \(\d+\) (boot|cpu_start|main_task)|restarting)`;

/** The board may be at its prompt, in the middle of a line, or not listening yet. */
const WAKE: ConsoleStep = { name: 'wake', send: '', timeoutMs: 2_000, optional: true };

export type ConsolePreset = (typeof CONSOLE_PRESET_NAMES)[number];

export const CONSOLE_PRESETS = {
  /** `wifi_config -s … -p …`, `wifi_enable -e`, `restart`, `wifi_status`. */
  zc: {
    lineEnd: 'crlf',
    steps: [
      WAKE,
      {
        name: 'wifi_config',
        send: 'wifi_config -s {{ssid}} [[-p {{password}}]]',
        expect: [DONE],
        orPrompt: true,
        fail: [REFUSED],
        timeoutMs: 5_000,
      },
      {
        name: 'wifi_enable',
        send: 'wifi_enable -e',
        expect: [DONE],
        orPrompt: true,
        fail: [REFUSED],
        timeoutMs: 5_000,
      },
      { name: 'restart', send: 'restart', expect: [RESTARTED], timeoutMs: 10_000 },
      {
        name: 'wifi_status',
        send: 'wifi_status',
        expect: [ADDRESS],
        fail: [answers('wrong password|auth(?:entication)? fail(?:ed|ure)?|no such network|ap not found')],
        timeoutMs: 30_000,
        repeatMs: 3_000,
      },
    ],
  },
  /** `join SSID PASSWORD` of ESP-IDF's console example, which prints "Connected" or "Connection timed out". */
  join: {
    lineEnd: 'crlf',
    steps: [
      WAKE,
      {
        name: 'join',
        send: 'join {{ssid}} [[{{password}}]]',
        expect: ['\\bConnected\\b', ADDRESS],
        fail: ['Connection timed out', 'Failed to connect'],
        timeoutMs: 30_000,
      },
    ],
  },
  /** `sta_connect SSID PASSWORD` of ESP-IDF's Wi-Fi command component. */
  sta_connect: {
    lineEnd: 'crlf',
    steps: [
      WAKE,
      {
        name: 'sta_connect',
        send: 'sta_connect {{ssid}} [[{{password}}]]',
        expect: [ADDRESS, 'WIFI_CONNECT_OK', '\\bSTA_CONNECTED\\b'],
        fail: ['connect.*\\bfailed\\b', 'WIFI_CONNECT_FAIL'],
        timeoutMs: 30_000,
      },
    ],
  },
} as const satisfies Record<ConsolePreset, ConsoleScript>;

/** The command by which each preset's firmware is recognised in its `help`, most specific first. */
export const PRESET_COMMANDS: readonly (readonly [command: string, preset: ConsolePreset])[] = [
  ['wifi_config', 'zc'],
  ['sta_connect', 'sta_connect'],
  ['join', 'join'],
];
