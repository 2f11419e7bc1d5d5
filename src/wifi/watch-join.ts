// Waits for the proof of connection in the log of a board that has started or was given a network.
import type { Link } from '../driver/link/transport.js';
import { Deadline } from '../driver/wait.js';
import { JoinLog, type Joined, type JoinPatterns } from './join-log.js';
import { LineSplitter, readSome } from './lines.js';
import { elsewhere, joinFailed, joinUnproven } from './reasons.js';
import { masker } from '../core/masking/masker.js';

export const JOIN_TIMEOUT_MS = 30_000;
/** A board that prints no line in this time has no log on this port, which says nothing of its Wi-Fi. */
const FIRST_LINE_MS = 5_000;

export interface WatchJoinOptions extends JoinPatterns {
  /** What it is to join, for messages; absent: whatever it joins. */
  readonly ssid?: string | undefined;
  readonly timeoutMs?: number | undefined;
  /** Texts masked in lines that are shown. */
  readonly secrets?: readonly (string | undefined)[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Every line, secrets masked. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Waits to the end for a first line: of a board that prints only when something happens. */
  readonly waitsForSilentBoard?: boolean | undefined;
  /** What has been read of the log before. */
  readonly begun?: Uint8Array | undefined;
}

/** @throws WIFI_JOIN_FAILED, WIFI_JOIN_UNPROVEN, LINK_CLOSED, CANCELLED */
export async function watchJoin(link: Link, options: WatchJoinOptions): Promise<Joined> {
  const { timeoutMs = JOIN_TIMEOUT_MS, signal, ssid = '' } = options;
  const port = link.address;
  const mask = masker(options.secrets ?? []);
  const log = new JoinLog(options);
  const shown = new LineSplitter();
  const deadline = new Deadline(timeoutMs);
  const firstLine = new Deadline(
    options.waitsForSilentBoard === true ? timeoutMs : Math.min(timeoutMs, FIRST_LINE_MS),
  );
  let bytes = options.begun;
  for (;;) {
    for (const line of bytes === undefined ? [] : shown.push(bytes)) options.onLine?.(mask(line.trim()));
    const verdict = bytes === undefined ? undefined : log.pushBytes(bytes);
    if (verdict?.joined === true)
      return checkNetwork(port, options.ssid, { ...verdict, line: mask(verdict.line) });
    if (verdict !== undefined) throw joinFailed({ port, ssid }, verdict);
    if (deadline.passed || (firstLine.passed && log.lineCount === 0)) break;
    const waitMs = log.lineCount === 0 ? firstLine.remainingMs : deadline.remainingMs;
    bytes = await readSome(link, { timeoutMs: Math.max(1, waitMs), signal });
  }
  const failed = log.finish();
  if (failed !== undefined) throw joinFailed({ port, ssid }, failed);
  const reason =
    log.lineCount === 0
      ? `the board printed no log within ${Math.round(firstLine.timeoutMs)} ms`
      : `its log said nothing of it within ${timeoutMs} ms`;
  const why = log.lineCount === 0 ? 'no-log' : 'not-said';
  throw joinUnproven(port, reason, { why, lastLine: mask(log.lastLine) });
}

/** An address on another network than the one that was asked for proves nothing. */
function checkNetwork(port: string, wanted: string | undefined, joined: Joined): Joined {
  if (wanted === undefined || joined.ssid === undefined || isNameIn(joined.ssid, wanted)) return joined;
  const hint = 'the firmware has other credentials of its own: remove them, or name that network';
  throw joinFailed({ port, ssid: wanted }, elsewhere(joined.ssid, hint));
}

/** A line of a log has no control characters, and bytes that are no UTF-8 as U+FFFD. */
const isNameIn = (logged: string, wanted: string): boolean =>
  // eslint-disable-next-line no-control-regex -- that is what is taken out
  logged.trim() === wanted.replaceAll(/[\u0000-\u0008\u000a-\u001f]/g, '').trim();
