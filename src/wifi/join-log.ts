// Proof of connection from a board's log, whatever brought it onto Wi-Fi: joined, got an address, or why not. Pure.
import { judged, LineSplitter } from './lines.js';
import { reasonText, WRONG_PASSWORD_REASONS, type ReasonText } from './reasons.js';

/** Patterns of firmware that says it in its own words; they come before the built-in ones. */
export interface JoinPatterns {
  /** A line that says that the board is on the network; a group named `ip` is its address. */
  readonly success?: RegExp | undefined;
  readonly failure?: readonly FailurePattern[] | undefined;
}

/** A line that says that it failed, and the words for that. */
export interface FailurePattern extends Partial<ReasonText> {
  readonly pattern: RegExp;
}

export interface Joined {
  readonly joined: true;
  /** Dotted; absent where only the firmware's own line said it. */
  readonly address?: string | undefined;
  readonly ssid?: string | undefined;
  readonly bssid?: string | undefined;
  readonly channel?: number | undefined;
  readonly line: string;
}
export interface NotJoined extends ReasonText {
  readonly joined: false;
  /** Number of esp_wifi (wifi_err_reason_t), where one was printed. */
  readonly reason?: number | undefined;
  readonly line: string;
}
export type JoinVerdict = Joined | NotJoined;

// The prefix of a log line of ESP-IDF is left standing: patterns look for what follows it.
// A name may hold any of these words itself.
const ASSOCIATED: readonly RegExp[] = ['.+(?=, aid = \\d+, channel)', '.+(?=, channel)'].map(
  (name) =>
    new RegExp(
      String.raw`wifi:\s?connected with (?<ssid>${name}), (?:aid = \d+, )?channel (?<channel>\d+).*bssid = (?<bssid>[0-9a-f:]{17})`,
      'i',
    ),
);
const IP = String.raw`(?<ip>\d{1,3}(?:\.\d{1,3}){3})(?![\d.…])`;
const ADDRESSES: readonly RegExp[] = [
  new RegExp(String.raw`esp_netif_handlers: .*\bip: ${IP}, mask: .*, gw: `, 'i'),
  new RegExp(String.raw`\bgot (?:ip|ipv4|ip address)\b(?: address)?\s*[:=]?\s*${IP}`, 'i'),
  new RegExp(String.raw`\b(?:sta|station) ip\s*[:=]\s*${IP}`, 'i'),
  new RegExp(String.raw`\bipv4(?: address)?\s*[:=]\s*${IP}`, 'i'),
];
/** The board's own access point has an address too. */
const OWN_ACCESS_POINT = /\b(ap|softap|wifi_ap)\b[ _]?(netif )?ip\b|esp_netif_handlers: \w*ap\w* ip/i;
const REASONS: readonly RegExp[] = [
  /\breason\s*[:=]?\s*(?<reason>\d{1,3})\b/i,
  /\bWi-Fi disconnected,? \(?(?<reason>\d{1,3})\b/i,
];
/** The driver's own line: the reason stands above the low byte, which is the kind of frame. */
const STATE_LINE = /wifi:\s?state: \S+ -> init \((?:0x)?(?<code>[0-9a-f]+)\)/i;
const PLAIN_FAILURE = /\bconnect(?:ion)? to the ap fail(?:ed)?\b/i;
/** Own leaving and roaming. */
const NO_FAILURES: readonly number[] = [8, 207];
const DEAD: readonly (readonly [RegExp, string])[] = [
  [/guru meditation error/i, 'the firmware panicked'],
  [/\babort\(\) was called/i, 'the firmware aborted'],
  [/brownout detector was triggered/i, 'the supply voltage fell too low'],
  [/invalid header: 0x/i, 'there is no firmware in flash'],
];
const RESTART = /^rst:0x[0-9a-f]+/i;
/** Our own restart, and one more that a firmware may need after new settings. */
const MAX_STARTS = 2;
/** So often a firmware has tried before its password is held to be wrong. */
const TRIES_BEFORE_VERDICT = 3;

/** Takes a log as it comes and says when there is nothing more to wait for. */
export class JoinLog {
  readonly #splitter = new LineSplitter();
  readonly #counts = new Map<number, number>();
  #associated: Pick<Joined, 'ssid' | 'bssid' | 'channel'> = {};
  #lastReason: { reason: number; line: string } | undefined;
  #plainFailure: string | undefined;
  #starts = 0;
  #lines = 0;
  #lastLine = '';

  constructor(private readonly patterns: JoinPatterns = {}) {}

  /** Lines so far. */
  get lineCount(): number {
    return this.#lines;
  }
  get lastLine(): string {
    return this.#lastLine;
  }
  /** Whether the radio link stood, with or without an address. */
  get isAssociated(): boolean {
    return this.#associated.bssid !== undefined;
  }

  pushBytes(bytes: Uint8Array): JoinVerdict | undefined {
    for (const line of this.#splitter.push(bytes)) {
      const verdict = this.push(line);
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }

  /** Judges one line. @returns what is certain now: an address, or a failure after which no success can come */
  push(whole: string): JoinVerdict | undefined {
    const line = judged(whole);
    this.#lines += 1;
    this.#lastLine = line.trim();
    return this.#own(line) ?? this.#dead(line) ?? this.#address(line) ?? this.#failure(line);
  }

  /** What is known at the deadline; undefined where the log said nothing of Wi-Fi. */
  finish(): NotJoined | undefined {
    const line = this.#splitter.flush();
    if (line !== '') this.push(line);
    const last = this.#lastReason;
    if (last !== undefined) return this.#notJoined(this.#mostFrequent(last.reason), last.line);
    if (this.#plainFailure !== undefined) {
      return { joined: false, ...reasonText(undefined), line: this.#plainFailure };
    }
    if (!this.isAssociated) return undefined;
    return {
      joined: false,
      why: 'no-address',
      text: 'it joined the network but got no address',
      hint: 'check the DHCP server of the network',
      line: this.#lastLine,
    };
  }

  #own(line: string): JoinVerdict | undefined {
    const match = this.patterns.success?.exec(line);
    if (match) return { joined: true, ...this.#associated, address: match.groups?.['ip'], line: line.trim() };
    const failed = this.patterns.failure?.find(({ pattern }) => pattern.test(line));
    if (failed === undefined) return undefined;
    const { text = 'it says that it failed', hint = reasonText(undefined).hint, why = 'not-said' } = failed;
    return { joined: false, why, text, hint, line: line.trim() };
  }

  #dead(line: string): JoinVerdict | undefined {
    const found = DEAD.find(([pattern]) => pattern.test(line));
    const hint = 'mend the firmware or the supply first: Wi-Fi is not the cause';
    if (found !== undefined)
      return { joined: false, why: 'firmware', text: found[1], hint, line: line.trim() };
    if (!RESTART.test(line) || ++this.#starts <= MAX_STARTS) return undefined;
    return { joined: false, why: 'firmware', text: 'it restarts again and again', hint, line: line.trim() };
  }

  #address(line: string): JoinVerdict | undefined {
    const link = ASSOCIATED.map((pattern) => pattern.exec(line)).find((found) => found !== null)?.groups;
    if (link !== undefined) {
      this.#associated = { ssid: link['ssid'], bssid: link['bssid'], channel: Number(link['channel']) };
      return undefined;
    }
    if (OWN_ACCESS_POINT.test(line)) return undefined;
    for (const pattern of ADDRESSES) {
      const ip = pattern.exec(line)?.groups?.['ip'];
      if (ip !== undefined && isUsable(ip)) {
        return { joined: true, ...this.#associated, address: ip, line: line.trim() };
      }
    }
    return undefined;
  }

  #failure(line: string): JoinVerdict | undefined {
    const reason = reasonIn(line);
    if (reason === undefined) {
      if (PLAIN_FAILURE.test(line)) this.#plainFailure = line.trim();
      return undefined;
    }
    if (NO_FAILURES.includes(reason) || reason === 0) return undefined;
    this.#associated = {};
    this.#lastReason = { reason, line: line.trim() };
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const wrong = WRONG_PASSWORD_REASONS.reduce((sum, one) => sum + (this.#counts.get(one) ?? 0), 0);
    return wrong >= TRIES_BEFORE_VERDICT ? this.#notJoined(reason, line.trim()) : undefined;
  }

  /** Firmware tries again and again: of equally frequent reasons the last counts. */
  #mostFrequent(last: number): number {
    let best = last;
    for (const [reason, count] of this.#counts) {
      if (count > (this.#counts.get(best) ?? 0)) best = reason;
    }
    return best;
  }

  #notJoined(reason: number, line: string): NotJoined {
    return { joined: false, reason, ...reasonText(reason), line };
  }
}

function reasonIn(line: string): number | undefined {
  const code = STATE_LINE.exec(line)?.groups?.['code'];
  if (code !== undefined) return Number.parseInt(code, 16) >> 8;
  if (!/wi-?fi|sta|disconnect|connect|reason/i.test(line)) return undefined;
  for (const pattern of REASONS) {
    const text = pattern.exec(line)?.groups?.['reason'];
    if (text !== undefined) return Number(text);
  }
  return undefined;
}

const isUsable = (ip: string): boolean =>
  ip.split('.').every((part) => Number(part) <= 255) && ip !== '0.0.0.0' && !ip.startsWith('255.');
