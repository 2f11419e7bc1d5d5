// Reads a board's log after its reset until the rules are met, broken, or the time is over.
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { BootLog, type BootRules, type BootVerdict } from './boot-log.js';
import { START_BAUD } from '../link/open-link.js';
import type { Link } from '../link/transport.js';
import { Deadline } from '../wait.js';

export interface BootWatchOptions extends BootRules {
  /** Milliseconds from now; a board that joins Wi-Fi needs some seconds. */
  readonly timeoutMs: number;
  /** Of the application's console; 115200 when absent. */
  readonly baud?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface BootReport {
  /** The line that met the rules, secrets masked. */
  readonly line: string;
  readonly durationMs: number;
  /** The last lines of the log, secrets masked. */
  readonly lines: readonly string[];
}

/** @throws BOOT_FAILED, BOOT_TIMEOUT, BOOT_LOG_UNREADABLE, LINK_CLOSED, CANCELLED */
export async function watchBoot(link: Link, options: BootWatchOptions): Promise<BootReport> {
  const { timeoutMs, baud = START_BAUD, signal } = options;
  if (link.hasFixedBaud !== true && link.baud !== baud) await link.setBaud(baud);
  link.hideSecrets?.(options.secrets ?? []);
  const deadline = new Deadline(timeoutMs);
  const log = new BootLog(options);
  let verdict: BootVerdict | undefined;
  while (verdict === undefined && !deadline.passed) {
    verdict = await readSome(link, log, deadline, signal);
  }
  verdict ??= log.finish();
  const port = link.address;
  const lastLine = log.lines.at(-1) ?? '';
  if (verdict === undefined && log.isUnreadable) {
    throw new EspmintError('BOOT_LOG_UNREADABLE', { port, baud: link.baud, lines: log.lines });
  }
  if (verdict === undefined)
    throw new EspmintError('BOOT_TIMEOUT', { port, timeoutMs, lastLine, lines: log.lines });
  if (!verdict.passed) {
    throw new EspmintError('BOOT_FAILED', {
      port,
      reason: verdict.reason,
      lastLine: verdict.line,
      lines: log.lines,
    });
  }
  return { line: verdict.line, durationMs: timeoutMs - deadline.remainingMs, lines: log.lines };
}

async function readSome(
  link: Link,
  log: BootLog,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<BootVerdict | undefined> {
  try {
    return log.push(await link.read({ timeoutMs: deadline.remainingMs, signal }));
  } catch (error) {
    if (isEspmintError(error, 'LINK_TIMEOUT')) return undefined;
    throw error;
  }
}
