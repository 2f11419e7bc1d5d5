// One WPS window: the access point's own command starts it, the board's log ends it, and after 120 s it is over.
import { execFile } from 'node:child_process';
import { EspmintError, isEspmintError, warningOf, type OnWarning } from '../../core/errors/index.js';
import type { Link } from '../../driver/link/transport.js';
import type { FailurePattern, Joined } from '../join-log.js';
import { homedir } from 'node:os';
import { commandEnvironment } from '../../core/child-environment.js';
import { masker } from '../../core/masking/masker.js';
import { watchJoin } from '../watch-join.js';

export const WPS_WINDOW_MS = 120_000;
const HOOK_MS = 10_000;

export interface WpsHook {
  /** Program and arguments. Run without a shell. */
  readonly start: readonly string[];
  /** A line for the standard input of `start`, `{{pin}}` replaced: who lists the processes of this computer reads arguments. */
  readonly input?: string | undefined;
  /** Run at the end of the window; for hostapd `hostapd_cli wps_cancel`. */
  readonly cancel?: readonly string[] | undefined;
}

/** Whether it opens the window for one PIN, and not for whoever presses the button. */
export function asksForPin(hook: WpsHook | undefined): boolean {
  return hook?.input?.includes(PIN) === true;
}
const PIN = '{{pin}}';

export interface WpsOptions {
  /** Eight digits; absent: the button. */
  readonly pin?: string | undefined;
  readonly hook?: WpsHook | undefined;
  readonly ssid?: string | undefined;
  readonly windowMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
  /** Every second: milliseconds left. */
  readonly onTick?: ((leftMs: number) => void) | undefined;
  /** WPS_WINDOW_OPEN. */
  readonly onWarning?: OnWarning | undefined;
}

/** What esp_wifi's example and Arduino say, and what it means. */
const failures = (pin: string | undefined): readonly FailurePattern[] => [
  {
    pattern: /WPS_ER_PBC_OVERLAP|\bWPS.*\boverlap/i,
    text: 'WPS: another device was in the button window too, which ends both',
    hint: 'wait two minutes, see that only one device and one access point are in WPS mode, and try again',
  },
  {
    pattern: /WPS_ER_TIMEOUT|\bWPS.*\btime(d|r)? ?out\b/i,
    text: 'WPS: the board found no access point whose window was open',
    hint: 'press the button within the window, nearer to the access point; see that the network has WPS switched on, is not hidden and not WPA3 only',
  },
  {
    pattern: /WPS_ER_FAILED|\bWPS failed\b/i,
    text:
      pin === undefined
        ? 'WPS: the access point ended the exchange'
        : 'WPS: the access point ended the exchange, as it does when the PIN is another',
    hint:
      pin === undefined
        ? 'try again; see that the access point is not WPA3 only and that its WPS is not locked'
        : "give the access point this board's PIN, see that its WPS is not locked, and try again",
  },
];

/**
 * Opens the window at the access point, where there is a hook, and waits for the board.
 * @param link to the board's log
 * @throws WPS_HOOK_FAILED, WPS_WINDOW_OVER, WIFI_JOIN_FAILED, CANCELLED
 */
export async function runWpsWindow(link: Link, options: WpsOptions): Promise<Joined> {
  const { pin, hook, windowMs = WPS_WINDOW_MS, signal, onTick } = options;
  const started = performance.now();
  const ticker = setInterval(() => onTick?.(Math.max(0, windowMs - (performance.now() - started))), 1_000);
  let joined = false;
  try {
    // Stopped in the middle, it may have opened the window all the same: it is closed below.
    if (hook !== undefined) await runHook(hook.start, { pin, input: hook.input }, signal);
    const result = await watchJoin(link, {
      ssid: options.ssid,
      timeoutMs: windowMs,
      failure: failures(pin),
      secrets: [pin],
      signal,
      onLine: options.onLine,
      waitsForSilentBoard: true,
    });
    joined = true;
    return result;
  } catch (error) {
    if (!isEspmintError(error, 'WIFI_JOIN_UNPROVEN')) throw error;
    throw new EspmintError('WPS_WINDOW_OVER', { port: link.address, seconds: Math.round(windowMs / 1000) });
  } finally {
    clearInterval(ticker);
    // An open window lets in whoever comes first: it is closed whatever happened, also after Ctrl-C.
    if (!joined && hook?.cancel !== undefined)
      await runHook(hook.cancel, { pin }, undefined).catch((error: unknown) =>
        options.onWarning?.(warningOf('WPS_WINDOW_OPEN', { port: link.address, reason: reasonIn(error) })),
      );
  }
}

/**
 * Runs the access point's command. hostapd_cli ends with success also where it answers FAIL.
 * @returns what it printed, the PIN masked
 * @throws WPS_HOOK_FAILED, CANCELLED
 */
export function runHook(
  command: readonly string[],
  { pin, input }: { readonly pin?: string | undefined; readonly input?: string | undefined },
  signal: AbortSignal | undefined,
): Promise<string> {
  const [program = '', ...args] = command;
  const mask = masker([pin]);
  const shown = command.join(' ');
  const fail = (reason: string): EspmintError =>
    new EspmintError('WPS_HOOK_FAILED', { command: shown, reason });
  if (program === '') return Promise.reject(fail('it is empty'));
  if (command.some((part) => part.includes(PIN)))
    return Promise.reject(
      fail('it has {{pin}} among its arguments, which other users of this computer can read'),
    );
  if (pin === undefined && input?.includes(PIN) === true)
    return Promise.reject(fail('it asks for a PIN, and the board is provisioned by the button'));
  return new Promise((resolve, reject) => {
    const options = {
      timeout: HOOK_MS,
      killSignal: 'SIGKILL' as const,
      env: commandEnvironment(process.env),
      cwd: homedir(),
      ...(signal === undefined ? {} : { signal }),
    };
    const running = execFile(program, args, options, (error, stdout, stderr) => {
      const said = mask(`${stdout}${stderr}`).trim();
      if (signal?.aborted === true) reject(new EspmintError('CANCELLED', { what: 'The WPS window' }));
      else if (error !== null) reject(fail(said === '' ? reasonOf(error) : said));
      else if (REFUSAL.test(said)) reject(fail(REFUSAL.exec(said)?.[1] ?? said));
      else resolve(said);
    });
    // A program that reads nothing ends all the same.
    running.stdin?.on('error', () => undefined);
    running.stdin?.end(input === undefined ? '' : `${input.replaceAll(PIN, pin ?? '')}\n`);
  });
}

/** hostapd_cli prints a prompt before its answer where its commands come by standard input. */
const REFUSAL = /^(?:> *)*((?:FAIL|UNKNOWN COMMAND|Unknown command).*)/m;

/** What a hook's failure says beside its command. */
function reasonIn(error: unknown): string {
  return isEspmintError(error, 'WPS_HOOK_FAILED') ? error.details.reason : String(error);
}

/** Without the command line: it is in the message already. */
function reasonOf(error: Error & { code?: unknown; signal?: unknown; killed?: boolean }): string {
  if (error.killed === true) return `it did not end within ${HOOK_MS} ms`;
  return error.code === 'ENOENT'
    ? 'there is no such program'
    : `it ended with ${String(error.code ?? error.signal)}`;
}
