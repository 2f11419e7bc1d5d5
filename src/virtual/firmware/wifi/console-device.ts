// Firmware with an esp_console: echoes what is typed, splits arguments as ESP-IDF does, knows four commands.
import { joinLog, type Air, type JoinAttempt, type JoinOutcome } from './air.js';
import type { Act } from './improv-device.js';

const PROMPT = 'esp> ';
const MOST_LINE = 255;
const SLOW_MS = 3_000;
const HELP = [
  'help  [<string>]',
  '  Print the summary of all registered commands',
  '',
  'wifi_config  [-s <ssid>] [-p <password>]',
  '  Set the Wi-Fi network',
  '',
  'wifi_enable  [-ed]',
  '  Enable or disable Wi-Fi',
  '',
  'wifi_status ',
  '  Show the state of Wi-Fi',
  '',
  'restart ',
  '  Software reset of the chip',
];

/** Survives a restart, as settings in flash do. */
export interface ConsoleMemory {
  network?: JoinAttempt;
  enabled?: boolean;
}

export class ConsoleDevice {
  private line: number[] = [];
  private outcome: JoinOutcome | undefined;
  private answers = 0;

  constructor(
    private readonly air: Air,
    private readonly memory: ConsoleMemory,
  ) {}

  /** What it prints at its start. */
  start(): Act[] {
    const { network, enabled } = this.memory;
    const acts: Act[] = [];
    if (network !== undefined && enabled === true) {
      this.outcome = this.air.join(network);
      if (this.air.fault === 'slow') acts.push({ waitMs: SLOW_MS });
      if (this.air.fault !== 'silent') acts.push(...joinLog(network, this.outcome).map(lineAct));
    }
    return [...acts, say(`\r\n${PROMPT}`)];
  }

  receive(bytes: Uint8Array): Act[] {
    const acts: Act[] = [];
    for (const byte of bytes) {
      if (byte === 0x0d || byte === 0x0a) {
        // One line end, however it is written.
        if (byte === 0x0a && this.line.length === 0) continue;
        const text = Buffer.from(this.line).toString();
        this.line = [];
        acts.push(say('\r\n'), ...this.run(text));
      } else if (this.line.length < MOST_LINE) {
        this.line.push(byte);
        acts.push({ say: Uint8Array.of(byte) });
      }
    }
    return acts;
  }

  private run(text: string): Act[] {
    const [command = '', ...args] = splitArguments(text);
    if (this.air.fault === 'drops' && command !== '' && ++this.answers % 2 === 1) return [];
    switch (command) {
      case '':
        return [say(PROMPT)];
      case 'help':
        return [...HELP.map(lineAct), say(PROMPT)];
      case 'wifi_config':
        return [...this.configure(args), say(PROMPT)];
      case 'wifi_enable':
        this.memory.enabled = args.includes('-e');
        return [lineAct(this.memory.enabled ? 'Wi-Fi enabled' : 'Wi-Fi disabled'), say(PROMPT)];
      case 'wifi_status':
        return [lineAct(this.status()), say(PROMPT)];
      case 'restart':
        return this.air.fault === 'closes' ? [{ leave: true }] : [lineAct('Restarting'), { restart: true }];
      default:
        return [lineAct(`Unrecognized command`), say(PROMPT)];
    }
  }

  private configure(args: readonly string[]): Act[] {
    const option = (name: string): string | undefined => {
      const at = args.indexOf(name);
      return at === -1 ? undefined : args[at + 1];
    };
    const ssid = option('-s');
    if (ssid === undefined) {
      return [
        lineAct('wifi_config: missing option -s'),
        lineAct('Command returned non-zero error code: 0x1 (ERROR)'),
      ];
    }
    if (this.air.fault === 'rejects')
      return [lineAct('Command returned non-zero error code: 0x103 (ESP_ERR_INVALID_STATE)')];
    this.memory.network = { ssid, password: option('-p') ?? '' };
    return [lineAct(`Network "${ssid}" saved`)];
  }

  private status(): string {
    if (this.outcome?.joined === true) return `Status: connected, IP: ${this.outcome.address}`;
    if (this.outcome === undefined) return 'Status: not connected';
    const why = { 15: 'wrong password', 201: 'no such network', 0: 'no address yet' }[this.outcome.reason];
    return `Status: not connected (${why ?? this.outcome.reason})`;
  }
}

const say = (text: string): Act => ({ say: new TextEncoder().encode(text) });
const lineAct = (text: string): Act => say(`${text}\r\n`);

/** esp_console_split_argv: blanks part arguments, double quotes hold them together, a backslash takes the next as it is. */
export function splitArguments(text: string): string[] {
  const args: string[] = [];
  let current: string | undefined;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text.charAt(at);
    if (letter === '\\' && at + 1 < text.length) current = (current ?? '') + text.charAt(++at);
    else if (letter === '"') {
      quoted = !quoted;
      current ??= '';
    } else if (letter === ' ' && !quoted) {
      if (current !== undefined) args.push(current);
      current = undefined;
    } else current = (current ?? '') + letter;
  }
  if (current !== undefined) args.push(current);
  return args;
}
