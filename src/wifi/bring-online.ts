// Hands a network to a board in the way that it speaks, and waits for the proof of connection.
import { isEspmintError, type OnWarning } from '../core/errors/index.js';
import type { WifiProof } from '../core/stages.js';
import type { Link } from '../driver/link/transport.js';
import { CONSOLE_PRESETS } from './console/presets.js';
import { runScript } from './console/run-script.js';
import type { ConsoleScript, ConsoleValues } from './console/script.js';
import type { FoundWay } from './find-way.js';
import { ImprovClient } from './improv/client.js';
import { ProtocommClient } from './protocomm/client.js';
import { ConsoleTransport } from './protocomm/console-transport.js';
import { JoinLog } from './join-log.js';
import { settle } from './lines.js';
import { joinFailed, joinUnproven } from './reasons.js';
import { masker } from '../core/masking/masker.js';

export interface Credentials {
  readonly ssid: string;
  /** Empty: an open network. */
  readonly password: string;
}

export interface BringOptions {
  readonly proof?: string | undefined;
  readonly username?: string | undefined;
  readonly joinTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Lines of the board, secrets masked. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Beside the password and the proof: texts to mask in what the board prints. */
  readonly secrets?: readonly string[] | undefined;
  readonly onStep?: ((text: string) => void) | undefined;
  readonly onWarning?: OnWarning | undefined;
}

export interface Online {
  readonly way: FoundWay['way'];
  /** The board's address, where it reported one. */
  readonly address?: string | undefined;
  /** Its own page. */
  readonly url?: string | undefined;
  readonly proof: WifiProof;
  /** The board's own line that says so, secrets masked. */
  readonly line?: string | undefined;
}

/** @throws WIFI_JOIN_FAILED, WIFI_JOIN_UNPROVEN, WIFI_REFUSED, WIFI_PROOF_REFUSED, WIFI_STEP_FAILED, ... */
export async function bringOnline(
  link: Link,
  found: FoundWay,
  credentials: Credentials,
  options: BringOptions = {},
): Promise<Online> {
  const { ssid, password } = credentials;
  const { signal, joinTimeoutMs } = options;
  const mask = masker([password, options.proof, ...(options.secrets ?? [])]);
  const onLine = (line: string): void => options.onLine?.(mask(line));
  link.hideSecrets?.([password, options.proof ?? '', ...(options.secrets ?? [])]);
  switch (found.way) {
    case 'improv': {
      // Improv has one error for all causes; the log that runs between its packets says which it is.
      let log: JoinLog | undefined;
      const client = new ImprovClient(link, {
        signal,
        onSent: () => (log = new JoinLog()),
        onLine: (line) => {
          log?.push(line);
          onLine(line);
        },
      });
      const { url } = await client.provision(ssid, password, joinTimeoutMs).catch((error: unknown) => {
        throw joinFailure(error, log, { port: link.address, ssid });
      });
      return { way: 'improv', url, proof: 'firmware' };
    }
    case 'protocomm': {
      const { proof, username, onWarning, onStep } = options;
      const client = new ProtocommClient(new ConsoleTransport(link, { signal, onLine }), {
        proof,
        username,
        signal,
        joinTimeoutMs,
        onWarning,
        onState: ({ state }) => onStep?.(`the board ${STATE_TEXTS[state]}`),
      });
      const { address } = await client.provision(ssid, password);
      return { way: 'protocomm', address, proof: 'firmware' };
    }
    case 'console':
      return runConsole(link, CONSOLE_PRESETS[found.preset], credentials, options);
  }
}

const STATE_TEXTS = {
  connected: 'is connected',
  connecting: 'is connecting',
  disconnected: 'is not connected',
  failed: 'could not connect',
} as const;

/** The values that a script's commands may name. */
export const consoleValues = ({ ssid, password }: Credentials): ConsoleValues => ({
  ssid: { text: ssid },
  password: { text: password, secret: true },
});

/** @throws as runScript; WIFI_JOIN_UNPROVEN where the last step of the script gives no address */
export async function runConsole(
  link: Link,
  script: ConsoleScript,
  credentials: Credentials,
  { signal, onLine, onStep, joinTimeoutMs, secrets }: BringOptions,
): Promise<Online> {
  const last = script.steps.length - 1;
  const steps = script.steps.map((step, index) =>
    index === last && joinTimeoutMs !== undefined ? { ...step, timeoutMs: joinTimeoutMs } : step,
  );
  await settle(link, { signal, onLine });
  // Until the board has the new network, and has started anew where it does, its log tells of the one before.
  const names = steps.findIndex(({ send = '' }) => /\{\{(ssid|password)\b/.test(send));
  let log: JoinLog | undefined;
  const results = await runScript(
    link,
    { ...script, steps },
    {
      values: consoleValues(credentials),
      secrets,
      signal,
      onLine: (line) => {
        if (log !== undefined && BANNER.test(line)) log = new JoinLog();
        log?.push(line);
        onLine?.(line);
      },
      onStep: ({ index, of, name }) => {
        if (index === names) log = new JoinLog();
        onStep?.(`step ${index + 1} of ${of}: ${name}`);
      },
    },
  ).catch((error: unknown) => {
    throw joinFailure(error, log, { port: link.address, ssid: credentials.ssid });
  });
  const end = results.at(-1);
  const address = results.map(({ captured }) => captured['ip']).findLast((ip) => ip !== undefined);
  if (end?.line !== undefined) return { way: 'console', address, proof: 'firmware', line: end.line };
  throw joinUnproven(link.address, 'the last step of the script had no answer');
}

/** Failures that leave the cause open. */
const CAUSE_OPEN = [
  'WIFI_STEP_FAILED',
  'WIFI_STEP_TIMEOUT',
  'WIFI_JOIN_FAILED',
  'WIFI_JOIN_UNPROVEN',
] as const;

/** First words of a ROM. */
const BANNER = /^(ets |rst:0x|ESP-ROM:)/;

/** The failure in the words of Wi-Fi, where the board's log says why it is not on the network. */
function joinFailure(
  error: unknown,
  log: JoinLog | undefined,
  names: { readonly port: string; readonly ssid: string },
): unknown {
  const isOpen = CAUSE_OPEN.some((code) => isEspmintError(error, code));
  const failed = isOpen ? log?.finish() : undefined;
  return failed === undefined ? error : joinFailed(names, failed, error);
}
