// A network that comes otherwise than over the cable: the access point's WPS window, or SmartConfig packets. The board's
// log and, with SmartConfig, its acknowledgement say how it went.
import { EspmintError, isEspmintError, warningOf } from '../core/errors/index.js';
import { parsePsk } from '../core/psk.js';
import type { OperatorAction, WifiRecord } from '../core/stages.js';
import { deviceWpsPin } from '../core/wifi-device-secrets.js';
import type { Board, Link } from '../driver/index.js';
import {
  diagnoseSilence,
  HOST_AIR,
  runWpsWindow,
  watchJoin,
  type Joined,
  type OwnNetwork,
  type SharedAir,
} from '../wifi/index.js';
import type { ProvisionPlan, SmartConfigHandOver, WpsHandOver } from './plan.js';
import type { Try } from './try.js';

/** What a hand-over needs of the run. */
export interface HandOverOptions {
  /** Every line that the board prints, secrets masked. */
  readonly onLine: (line: string) => void;
  readonly secrets: readonly string[];
}

const airOf = ({ parts, port }: Try): SharedAir => parts.airOf?.(port) ?? HOST_AIR;

/** Whether boards of a plan must wait for one another: two windows for the button at once end both. */
export const needsWpsTurn = ({ handOver }: ProvisionPlan): boolean =>
  handOver?.mode === 'wps' && handOver.method === 'button';

/** Waits until no other board has the button. @returns what gives the turn on @throws CANCELLED */
export function takeWpsTurn(run: Try): Promise<() => void> {
  const { port, emit, signal } = run;
  return airOf(run).wpsTurn(signal, () => emit({ type: 'action', port, action: 'wps-turn' }));
}

/**
 * @throws WPS_HOOK_FAILED, WPS_WINDOW_OVER, WIFI_JOIN_FAILED, SMARTCONFIG_SOCKET, SMARTCONFIG_NO_ACKNOWLEDGEMENT, LINK_CLOSED,
 *   CANCELLED
 */
export async function bringByAir(
  run: Try,
  board: Board,
  psk: string,
  how: WpsHandOver | SmartConfigHandOver,
  options: HandOverOptions,
): Promise<WifiRecord> {
  const { plan, signal } = run;
  const found = await board.useFirmware(
    (link) =>
      how.mode === 'wps'
        ? byWps(run, link, psk, how, options)
        : bySmartConfig(run, board, link, how, options),
    { baud: plan.boot?.baud, signal },
  );
  return { mode: how.mode, result: 'joined', ...found };
}

type Found = Pick<WifiRecord, 'ssid' | 'proof' | 'address'>;

async function byWps(
  { port, emit, signal }: Try,
  link: Link,
  psk: string,
  { method, hook, timeoutMs }: WpsHandOver,
  { onLine }: HandOverOptions,
): Promise<Found> {
  const action: OperatorAction = hook === undefined ? 'wps-button' : 'wps-window';
  emit({ type: 'action', port, action, withinMs: timeoutMs });
  const joined = await runWpsWindow(link, {
    pin: method === 'pin' ? deviceWpsPin(parsePsk(psk)) : undefined,
    hook,
    windowMs: timeoutMs,
    signal,
    onLine,
  });
  return { ssid: joined.ssid, proof: 'log', address: joined.address };
}

async function bySmartConfig(
  run: Try,
  board: Board,
  link: Link,
  { protocol, key, bssid, timeoutMs }: SmartConfigHandOver,
  { onLine, secrets }: HandOverOptions,
): Promise<Found> {
  const { port, plan, emit, signal } = run;
  if (plan.wifi === undefined) throw new EspmintError('INTERNAL', { reason: 'no network to send' });
  const { ssid, password = '' } = plan.wifi;
  if (key === undefined) emit({ type: 'warning', port, ...warningOf('SMARTCONFIG_READABLE', { protocol }) });
  const end = new AbortController();
  const both = signal === undefined ? end.signal : AbortSignal.any([signal, end.signal]);
  /** What came up meanwhile. */
  const seen: { network?: OwnNetwork; received: boolean } = { received: false };
  let sending: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (sending = resolve));
  emit({ type: 'action', port, action: 'smartconfig-turn' });
  const request = {
    protocol,
    ssid,
    password,
    key: key === undefined ? undefined : new TextEncoder().encode(key),
    bssid: bssid === undefined ? undefined : bytesOf(bssid),
  };
  const acknowledged = airOf(run).smartConfig(request, board.facts.mac, {
    signal: both,
    onSending: (into) => {
      seen.network = into;
      emit({ type: 'action', port, action: 'smartconfig', withinMs: timeoutMs });
      sending();
    },
  });
  // Its log tells a wrong password, which no packet does; it is read from when packets go out.
  const logged = (): Promise<Joined> =>
    watchJoin(link, {
      ssid,
      timeoutMs,
      secrets: [...secrets, password],
      waitsForSilentBoard: true,
      signal: both,
      onLine: (line) => {
        seen.received ||= /smartconfig.*(got|ssid)/i.test(line);
        onLine(line);
      },
    });
  try {
    await Promise.race([begun, acknowledged]);
    const reading = logged();
    const first = await Promise.race([acknowledged, reading]);
    // The link is given back with nobody reading it.
    end.abort();
    await reading.catch(() => undefined);
    return { ssid, proof: 'joined' in first ? 'log' : 'acknowledgement', address: first.address };
  } catch (error) {
    if (!isEspmintError(error, 'WIFI_JOIN_UNPROVEN')) throw error;
    throw silence(ssid, { protocol, key, timeoutMs }, seen);
  } finally {
    end.abort();
    await acknowledged.catch(() => undefined);
  }
}

/** Neither acknowledgement nor log: what is likely. */
function silence(
  ssid: string,
  { protocol, key, timeoutMs }: Pick<SmartConfigHandOver, 'protocol' | 'key' | 'timeoutMs'>,
  { network, received }: { readonly network?: OwnNetwork; readonly received: boolean },
): EspmintError {
  const boardSays = received ? 'received' : 'nothing';
  const facts = { protocol, ssid, encrypted: key !== undefined, network, foreign: 0, boardSays } as const;
  const seconds = Math.round(timeoutMs / 1000);
  const diagnosis = diagnoseSilence(facts).join(' ');
  return new EspmintError('SMARTCONFIG_NO_ACKNOWLEDGEMENT', { ssid, seconds, diagnosis });
}

const bytesOf = (mac: string): Uint8Array =>
  Uint8Array.from(mac.split(/[:-]/), (part) => Number.parseInt(part, 16));
