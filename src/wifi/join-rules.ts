// The proof of connection as rules of a boot check: what the driver reads after a reset, judged line by line.
import { EspmintError, type ErrorCode } from '../core/errors/index.js';
import type { LinePattern } from '../core/line-pattern.js';
import { JoinLog, type Joined, type JoinPatterns, type NotJoined } from './join-log.js';
import type { ReasonText } from './reasons.js';

export interface JoinRulesOptions extends JoinPatterns {
  readonly port: string;
  /** The network that it is to join; absent: any. */
  readonly ssid?: string | undefined;
  readonly timeoutMs: number;
}

export interface JoinRules {
  /** For the driver's boot check. */
  readonly boot: {
    readonly success: { readonly pattern: LinePattern };
    readonly failure: readonly LinePattern[];
    readonly timeoutMs: number;
  };
  /** What the log proved. @throws WIFI_JOIN_UNPROVEN where it did not */
  joined(): Joined;
  /** The boot check's failure, in the words of Wi-Fi where the log said something of it. */
  explain(error: EspmintError): EspmintError;
}

export function joinRules({ port, ssid, timeoutMs, ...patterns }: JoinRulesOptions): JoinRules {
  const log = new JoinLog(patterns);
  let joined: Joined | undefined;
  let failed: NotJoined | undefined;
  const failure = ({ why, text, hint }: ReasonText): EspmintError =>
    new EspmintError('WIFI_JOIN_FAILED', { port, ssid: ssid ?? '', reason: text, hint, why });
  const hear = (line: string): 'failed' | undefined => {
    const verdict = log.push(line);
    if (verdict === undefined) return undefined;
    if (!verdict.joined) failed = verdict;
    else if (isElsewhere(verdict, ssid)) {
      const text = `it is on "${verdict.ssid ?? ''}" instead`;
      failed = {
        joined: false,
        why: 'other-network',
        text,
        hint: 'remove the credentials that the firmware has of its own',
        line,
      };
    } else joined = verdict;
    return failed === undefined ? undefined : 'failed';
  };
  return {
    boot: {
      // Each line is asked for failures first: that is where the log hears it.
      failure: [{ test: (line) => hear(line) === 'failed' }],
      success: { pattern: { test: () => joined !== undefined } },
      timeoutMs,
    },
    joined: () => {
      if (joined !== undefined) return joined;
      throw new EspmintError('WIFI_JOIN_UNPROVEN', {
        port,
        reason: 'its log said nothing of it',
        why: 'not-said',
        lastLine: '',
      });
    },
    explain: (error) => {
      const given = failed ?? log.finish();
      if (given !== undefined) return failure(given);
      if (error.code !== ('BOOT_TIMEOUT' satisfies ErrorCode)) return error;
      const silent = log.lineCount === 0;
      const reason = silent
        ? 'the board printed no log'
        : `its log said nothing of it within ${timeoutMs} ms`;
      const why = silent ? 'no-log' : 'not-said';
      return new EspmintError('WIFI_JOIN_UNPROVEN', { port, reason, why, lastLine: '' });
    },
  };
}

/** A boot check reads ASCII only: a name beyond it cannot be compared. */
const isElsewhere = (joined: Joined, ssid: string | undefined): boolean =>
  ssid !== undefined && joined.ssid !== undefined && /^[\x20-\x7e]+$/.test(ssid) && joined.ssid !== ssid;
