// The proof of connection as rules of a boot check: what the driver reads after a reset, judged line by line.
import { isEspmintError, type EspmintError } from '../core/errors/index.js';
import type { LinePattern } from '../core/line-pattern.js';
import { JoinLog, type Joined } from './join-log.js';
import { elsewhere, joinFailed, joinUnproven, type ReasonText } from './reasons.js';

export interface JoinRulesOptions {
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

export function joinRules({ port, ssid, timeoutMs }: JoinRulesOptions): JoinRules {
  const log = new JoinLog();
  let joined: Joined | undefined;
  let failed: ReasonText | undefined;
  const hasFailed = (line: string): boolean => {
    const verdict = log.push(line);
    if (verdict?.joined === false) failed = verdict;
    else if (verdict !== undefined && isElsewhere(verdict, ssid))
      failed = elsewhere(verdict.ssid, 'remove the credentials that the firmware has of its own');
    else joined = verdict ?? joined;
    return failed !== undefined;
  };
  return {
    boot: {
      // Each line is asked for failures first: that is where the log hears it.
      failure: [{ test: hasFailed }],
      success: { pattern: { test: () => joined !== undefined } },
      timeoutMs,
    },
    joined: () => {
      if (joined !== undefined) return joined;
      throw joinUnproven(port, 'its log said nothing of it');
    },
    explain: (error) => {
      const given = failed ?? log.finish();
      if (given !== undefined) return joinFailed({ port, ssid: ssid ?? '' }, given);
      if (!isEspmintError(error, 'BOOT_TIMEOUT')) return error;
      return log.lineCount === 0
        ? joinUnproven(port, 'the board printed no log', { why: 'no-log' })
        : joinUnproven(port, `its log said nothing of it within ${timeoutMs} ms`);
    },
  };
}

/** A boot check reads ASCII only: a name beyond it cannot be compared. */
const isElsewhere = (joined: Joined, ssid: string | undefined): boolean =>
  ssid !== undefined && joined.ssid !== undefined && /^[\x20-\x7e]+$/.test(ssid) && joined.ssid !== ssid;
