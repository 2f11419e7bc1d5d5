// A network that comes otherwise than over the cable: the access point's WPS window, or SmartConfig packets. The board's
// log and, with SmartConfig, its acknowledgement say how it went.
import { EspmintError, warningOf } from '../../core/errors/index.js';
import { parsePsk } from '../../core/psk.js';
import type { OperatorAction, WifiRecord } from '../../core/stages.js';
import { deviceWpsPin } from '../../core/wifi-device-secrets.js';
import type { Board, Link } from '../../driver/index.js';
import { HOST_AIR, runWpsWindow, sendToBoard, type SharedAir } from '../../wifi/index.js';
import type { ProvisionPlan, SmartConfigHandOver, WpsHandOver } from '../plan/plan.js';
import type { Try } from '../parts.js';

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
    onWarning: (warning) => emit({ type: 'warning', port, ...warning }),
  });
  return { ssid: joined.ssid, proof: 'log', address: joined.address };
}

async function bySmartConfig(
  run: Try,
  board: Board,
  link: Link,
  how: SmartConfigHandOver,
  { onLine, secrets }: HandOverOptions,
): Promise<Found> {
  const { port, plan, emit, signal } = run;
  if (plan.wifi === undefined) throw new EspmintError('INTERNAL', { reason: 'no network to send' });
  const { ssid, password = '' } = plan.wifi;
  const { protocol, key, bssid, timeoutMs } = how;
  if (key === undefined) emit({ type: 'warning', port, ...warningOf('SMARTCONFIG_READABLE', { protocol }) });
  emit({ type: 'action', port, action: 'smartconfig-turn' });
  const request = { protocol, ssid, password, key, bssid, timeoutMs };
  return sendToBoard(link, airOf(run), request, {
    mac: board.facts.mac,
    signal,
    secrets,
    onLine,
    onSending: () => emit({ type: 'action', port, action: 'smartconfig', withinMs: timeoutMs }),
  });
}
