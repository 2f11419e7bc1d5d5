// Hands the network to firmware that has just started, over its cable, by WPS or over the air, and waits for proof.
import { masker } from '../../core/masking/masker.js';
import { EspmintError, isEspmintError, type Warning } from '../../core/errors/index.js';
import { parsePsk } from '../../core/psk.js';
import type { WifiRecord } from '../../core/stages.js';
import { deviceProof } from '../../core/wifi-device-secrets.js';
import type { WifiCredentials } from '../../core/wifi.js';
import type { Board } from '../../driver/index.js';
import {
  bringOnline,
  findWay,
  runConsole,
  scriptMs,
  type Credentials,
  type Online,
} from '../../wifi/index.js';
import { bringByAir, type HandOverOptions } from './hand-over-air.js';
import type { CableHandOver, HandOver, ProvisionPlan } from '../plan/plan.js';
import type { Try } from '../parts.js';

/** Of asking what the board speaks: firmware that starts slowly answers in a later one. */
const ROUNDS = 8;
const ROUND_MS = 1_500;
/** As long as a way usually takes to join. */
const JOIN_MS = 45_000;

/** Milliseconds that handing over may take in all: what a run's deadline must leave room for. */
export function handOverMs(how: HandOver): number {
  if (how.mode === 'wps' || how.mode === 'smartconfig') return how.timeoutMs;
  const { script, timeoutMs = JOIN_MS } = how;
  return ROUNDS * ROUND_MS + timeoutMs + (script === undefined ? 0 : scriptMs(script));
}

/**
 * @param psk of the device: its proof of possession and its PIN follow from it
 * @throws WIFI_NO_ANSWER, WIFI_JOIN_FAILED, WIFI_JOIN_UNPROVEN, WIFI_REFUSED, WIFI_STEP_FAILED, LINK_CLOSED, CANCELLED, ...
 */
export async function handOver(
  run: Try,
  board: Board,
  psk: string,
  options: HandOverOptions,
): Promise<WifiRecord> {
  const { handOver: how, wifi } = run.plan;
  if (how?.mode === 'wps' || how?.mode === 'smartconfig') return bringByAir(run, board, psk, how, options);
  if (how === undefined || wifi === undefined) throw new EspmintError('INTERNAL', { reason: 'no hand-over' });
  return byCable(run, board, psk, { ...how, ...options, wifi });
}

async function byCable(
  { port, plan, emit, signal }: Try,
  board: Board,
  psk: string,
  how: CableHandOver & HandOverOptions & { readonly wifi: WifiCredentials },
): Promise<WifiRecord> {
  const { mode, script, timeoutMs, onLine, secrets } = how;
  const { ssid, password = '' } = how.wifi;
  const credentials: Credentials = { ssid, password };
  const mask = masker(secrets);
  const options = {
    proof: deviceProof(parsePsk(psk)),
    joinTimeoutMs: timeoutMs,
    signal,
    secrets,
    onLine: (line: string) => onLine(mask(line)),
    onWarning: (warning: Warning) => emit({ type: 'warning', port, ...warning }),
  };
  const online = await board.useFirmware(
    async (link): Promise<Online> => {
      if (script !== undefined) return runConsole(link, script, credentials, options);
      const way = mode === 'portal' ? 'protocomm' : 'improv';
      const found = await findWay(link, { ways: [way], rounds: ROUNDS, ...options });
      if (found === undefined) {
        const what = way === 'improv' ? 'answer by Improv' : 'answer by unified provisioning on the console';
        throw new EspmintError('WIFI_NO_ANSWER', { port, what, timeoutMs: ROUNDS * ROUND_MS });
      }
      return bringOnline(link, found, credentials, options).catch((error: unknown) => {
        throw inThisRun(error, port);
      });
    },
    { baud: plan.boot?.baud, signal },
  );
  return { mode, result: 'joined', ssid, proof: online.proof, address: online.address ?? hostOf(online.url) };
}

/** The proof comes from the device's key: nobody can be asked for another. */
function inThisRun(error: unknown, port: string): unknown {
  if (!isEspmintError(error, 'WIFI_PROOF_REFUSED')) return error;
  const hint =
    'make the firmware take it from wifi_pop in its NVS (espmint help guides/wifi), with the security that the profile names';
  const what = 'the proof of possession of this device';
  const { reason } = error.details;
  return new EspmintError('WIFI_REFUSED', { port, what, reason, hint }, { cause: error });
}

/** What a device's own page says of its address. */
function hostOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : url;
}

/** The way of a plan onto Wi-Fi; undefined where its boards have none. */
export const wifiModeOf = ({ wifiPlan, wifi }: ProvisionPlan): WifiRecord['mode'] | undefined =>
  wifiPlan?.mode ?? (wifi === undefined ? undefined : 'static');

/** What an attempt keeps of a network that was not reached; undefined where nobody tried. */
export function failedWifi(plan: ProvisionPlan, error: EspmintError): WifiRecord | undefined {
  const mode = wifiModeOf(plan);
  if (mode === undefined || (plan.join === undefined && plan.handOver === undefined)) return undefined;
  const { details, code, problem } = error;
  const port = 'port' in details && typeof details.port === 'string' ? `${details.port}: ` : '';
  const says = isEspmintError(error, 'WIFI_JOIN_FAILED') || isEspmintError(error, 'WIFI_JOIN_UNPROVEN');
  const reason = says
    ? error.details.reason
    : problem.startsWith(port)
      ? problem.slice(port.length)
      : problem;
  const refused = code.startsWith('WIFI_') && !UNPROVEN.includes(code);
  const why = says ? error.details.why : undefined;
  return { mode, result: refused ? 'failed' : 'unproven', ssid: plan.wifi?.ssid, reason, why };
}
/** Of these nobody knows whether the board has joined. */
const UNPROVEN: readonly string[] = [
  'WIFI_JOIN_UNPROVEN',
  'WIFI_NO_ANSWER',
  'WIFI_ANSWER_BROKEN',
  'WIFI_STEP_TIMEOUT',
  'SMARTCONFIG_NO_ACKNOWLEDGEMENT',
];
